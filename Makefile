# Two commands: `make book` and `make test`. Each sets itself up in .venv and redoes only what changed.

PROFILE ?= quick
PYTHON ?= python3
BIN := .venv/bin

.PHONY: book pdf test lint bless clean setup pages

setup: .venv/ready

# SYSTEM_TORCH=1 keeps the torch and torchvision that $(PYTHON) already has, e.g. a CPU-only pair.
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; name one with PYTHON=..."; exit 1; }
	@echo "setting up .venv (about 5 GB to download where torch comes with its GPU libraries)"
	@$(PYTHON) -m venv $(if $(SYSTEM_TORCH),--system-site-packages) .venv
ifdef SYSTEM_TORCH
	@grep -vE '^(torch|torchvision|triton|nvidia-|cuda-)' requirements.lock > .venv/without-torch.txt
	@$(BIN)/python -m pip install --quiet --progress-bar on -r .venv/without-torch.txt
	@$(BIN)/python -c 'import torch, torchvision' || \
	  { echo "$(PYTHON) has no working torch and torchvision; leave SYSTEM_TORCH out"; exit 1; }
else
	@$(BIN)/python -m pip install --quiet --progress-bar on -r requirements.lock
endif
	@$(BIN)/python -m pip install --quiet --no-deps -e .
	@touch $@

book: setup
	@$(BIN)/python -m discriminative book --run --profile $(PROFILE)

# `book` prints the PDF too where there is a Chromium and a chapter was executed; here it is always printed.
pdf: setup
	@$(BIN)/python -m discriminative book --run --profile $(PROFILE) --pdf
	@echo "the PDF: build/html/discriminative-features.pdf"

# The book that the tests look at, if there is none yet.
pages: setup
	@test -f build/html/index.html || $(MAKE) --no-print-directory book

test: pages
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bless: setup
	@$(BIN)/python -m discriminative book --run --bless

clean:
	rm -rf build
