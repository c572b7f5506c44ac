# The book in a box: the versions of requirements.lock, `make book` inside. For a GPU run it with --gpus all.
FROM python:3.12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends chromium git make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /book
COPY . .
RUN make setup
CMD ["make", "book"]
