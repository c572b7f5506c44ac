"""What is trained for the thesis' Chapter 2, table by table and figure by figure."""

from __future__ import annotations

from dataclasses import replace

from discriminative.papers import Arm, Experiment
from discriminative.runs import TUNING_SEEDS, BlendSchedule, Head, Optimizer, Run, Schedule

__all__ = ["CHOSEN", "EXPERIMENTS", "FLOORS", "MARGINS"]

MARGINS = (2, 3, 4)
FLOORS = (5.0, 1.0, 0.1)
RATES = (0.01, 0.03, 0.05, 0.1)
DECAYS = (1e-4, 5e-4, 2e-3)


def _steps(images: int, batch: int, epochs: int) -> int:
    return epochs * (images // batch)


def _head(margin: int) -> Head:
    return Head("Softmax") if margin == 1 else Head("LSoftmax", {"margin": margin})


def _row(margin: int) -> str:
    return "Softmax" if margin == 1 else f"L-Softmax (m={margin})"


def _name(margin: int, floor: float | None = None) -> str:
    return "softmax" if margin == 1 else f"m={margin}" if floor is None else f"m={margin} floor {floor:g}"


# ---------------------------------------------------------------------------------------------------------------------
# The workhorse: LeNet with a 64-d feature on 2,000 MNIST images, 10 epochs.

WORKHORSE = Run(
    "mnist", "lenet", 64, Head("Softmax"), 0, train_size=2000, batch_size=64, schedule=Schedule(_steps(2000, 64, 10))
)


def _workhorse(margin: int, rate: float, decay: float = 5e-4, floor: float | None = None) -> Run:
    return replace(
        WORKHORSE,
        head=_head(margin),
        optimizer=Optimizer(rate=rate, weight_decay=decay),
        blend=None if floor is None else BlendSchedule(floor),
    )


# Twelve configurations each, on validation, over the tuning seeds: softmax over rate and decay, each margin over rate
# and floor (the decay is the thesis'). Runs under these seeds are never evidence.
TUNING = tuple(
    [
        Arm(f"softmax rate {rate:g} decay {decay:g}", _workhorse(1, rate, decay), TUNING_SEEDS)
        for rate in RATES
        for decay in DECAYS
    ]
    + [
        Arm(f"m={m} floor {floor:g} rate {rate:g}", _workhorse(m, rate, floor=floor), TUNING_SEEDS)
        for m in MARGINS
        for floor in FLOORS
        for rate in RATES
    ]
)

# What that tuning chose (``report.choose`` computes it from the records; a test holds the two equal).
CHOSEN: dict[str, dict[str, float]] = {}

EXPERIMENTS = (
    Experiment("margin-tuning", "section 2.2.7", "Rate, decay and blend floor on validation", {"laptop": TUNING}),
)
