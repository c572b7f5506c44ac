"""What the literal ArcFace and the guarded one make of the same starts: the toy of the usage page.

    python benchmarks/guarded.py

Thirty-two inputs whose class is the largest of the first four, a small network without batch norm before the head,
six seeds. For each head, scale and rate: the accuracy on samples not trained on, and the last epoch's loss. They go to
``benchmarks/guarded.json``, the loss curves of one cell with them; seconds on one core.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from discriminative.losses import ArcFace, GuardedArcFace

RESULT = Path(__file__).parent / "guarded.json"
HEADS = {"ArcFace": ArcFace, "GuardedArcFace": GuardedArcFace}
CELLS = [(16.0, 0.01), (30.0, 0.01), (64.0, 0.01), (64.0, 0.05)]  # scale and rate
CURVE = (30.0, 0.01)
MARGIN, SEEDS, EPOCHS, SAMPLES = 0.5, 6, 40, 512


def samples(seed: int) -> tuple[Tensor, Tensor]:
    images = torch.randn(SAMPLES, 32, generator=torch.Generator().manual_seed(seed))
    return images, images[:, :4].argmax(1)


def train(name: str, scale: float, rate: float, seed: int, epochs: int = EPOCHS) -> tuple[list[float], float]:
    """The mean loss of each epoch, and the share of new samples told right at the end."""
    torch.manual_seed(seed)
    backbone = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 16))
    head = HEADS[name](16, 4, margin=MARGIN, scale=scale)
    optimizer = torch.optim.SGD([*backbone.parameters(), *head.parameters()], lr=rate, momentum=0.9)
    images, labels = samples(100 + seed)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for x, y in zip(images.split(64), labels.split(64), strict=True):
            loss = F.cross_entropy(head(backbone(x), y), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x) / SAMPLES
        losses.append(total)
    images, labels = samples(200 + seed)
    with torch.no_grad():
        return losses, (head(backbone(images)).argmax(1) == labels).float().mean().item()


def tables(record: dict[str, Any]) -> str:
    """What the usage page prints: accuracy by cell, and both loss curves of the first seed that parts them."""
    lines = ["| head | scale | rate | accuracy, six seeds | seeds below .25 | largest last loss |", "|" + " --- |" * 6]
    for row in record["rows"]:
        accuracy = ", ".join(f"{value:.2f}" for value in row["accuracy"])
        failed, last = sum(value < 0.25 for value in row["accuracy"]), max(row["last_loss"])
        lines.append(f"| `{row['head']}` | {row['scale']:g} | {row['rate']:g} | {accuracy} | {failed} | {last:.2g} |")
    accuracy = {row["head"]: row["accuracy"] for row in record["rows"] if (row["scale"], row["rate"]) == CURVE}
    seed = next(i for i, value in enumerate(accuracy["ArcFace"]) if value < 0.25)
    epochs = [1, 2, 5, 10, 20, record["epochs"]]
    lines += ["", f"| loss of seed {seed} at scale {CURVE[0]:g}, after epoch | " + " | ".join(map(str, epochs)) + " |"]
    lines.append("|" + " --- |" * (1 + len(epochs)))
    for name, runs in record["curves"].items():
        lines.append(f"| `{name}` | " + " | ".join(f"{runs[seed][epoch - 1]:.2g}" for epoch in epochs) + " |")
    return "\n".join(lines)


def main() -> None:
    torch.set_num_threads(1)
    rows: list[dict[str, Any]] = []
    curves: dict[str, list[list[float]]] = {}
    for scale, rate in CELLS:
        for name in HEADS:
            runs = [train(name, scale, rate, seed) for seed in range(SEEDS)]
            rows.append(
                {
                    "head": name,
                    "scale": scale,
                    "rate": rate,
                    "accuracy": [round(accuracy, 3) for _, accuracy in runs],
                    "last_loss": [float(f"{losses[-1]:.3g}") for losses, _ in runs],
                }
            )
            if (scale, rate) == CURVE:
                curves[name] = [[float(f"{value:.4g}") for value in losses] for losses, _ in runs]
    what = {"margin": MARGIN, "epochs": EPOCHS, "samples": SAMPLES, "torch": torch.__version__}
    RESULT.write_text(json.dumps({**what, "rows": rows, "curves": curves}) + "\n")


if __name__ == "__main__":
    main()
