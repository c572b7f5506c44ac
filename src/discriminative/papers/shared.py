"""What several papers train against: the workhorse, the digits, and losses tuned on them by one budget.

The workhorse is LeNet with a 64-d feature on 2,000 MNIST images, 10 epochs. Every loss is tuned over twelve
configurations under the tuning seeds, on validation. An arm with a swept margin, scale or floor takes the best of its
own configurations; the arm that stands for its family (``"CosFace"``, ``"m=4"``) takes the best of all twelve.

A paper's experiment names what it is measured against by ``control("softmax")``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from discriminative._checks import require
from discriminative.ledger import Ledger
from discriminative.runs import TUNING_SEEDS, BlendSchedule, Head, Optimizer, Run, Schedule
from discriminative.study import Arm, Tuning

__all__ = [
    "BASES", "CIFAR10", "QUICK_CIFAR", "SMALL_CIFAR",
    "CONTROLS", "DECAYS", "DIGITS", "FAMILY", "FAMILY_TUNING", "FLOORS", "MARGINS", "MARGIN_TUNING", "SEEDS",
    "WORKHORSE", "WORKHORSE_ARMS", "arm_name", "best", "control", "margin_head", "named", "steps", "table_row",
    "tuned",
]  # fmt: skip

SEEDS = tuple(range(12))
MARGINS = (2, 3, 4)
FLOORS = (5.0, 1.0, 0.1)
RATES = (0.01, 0.03, 0.05, 0.1)
DECAYS = (1e-4, 5e-4, 2e-3)


def steps(images: int, batch: int, epochs: int) -> int:
    return epochs * (images // batch)


def margin_head(margin: int) -> Head:
    return Head("Softmax") if margin == 1 else Head("LSoftmax", {"margin": margin})


def table_row(margin: int) -> str:
    return "Softmax" if margin == 1 else f"L-Softmax (m={margin})"


def arm_name(margin: int, floor: float | None = None) -> str:
    return "softmax" if margin == 1 else f"m={margin}" if floor is None else f"m={margin} floor {floor:g}"


WORKHORSE = Run(
    "mnist", "lenet", 64, Head("Softmax"), 0, train_size=2000, batch_size=64, schedule=Schedule(steps(2000, 64, 10))
)
# Digits, for every build of the book: an MLP on 1,077 images of 8 x 8.
DIGITS = Run("digits", "mlp", 32, Head("Softmax"), 0, batch_size=64, schedule=Schedule(480), optimizer=Optimizer(0.05))


# The thesis' networks at its own scale, by its tables and figures (``thesis.full_scale`` tells what was chosen).
CIFAR10 = Run("cifar10", "thesis-cifar10", 256, Head("Softmax"), 0, precision="bfloat16", fit_on="train+validation")
BASES = {
    "2.2": replace(CIFAR10, dataset="mnist", network="thesis-mnist"),
    "2.3": CIFAR10,
    "2.3+": replace(CIFAR10, augmentation=("crop4", "flip")),
    "2.4": replace(CIFAR10, dataset="cifar100", network="thesis-cifar100", feature_dim=512),
    # at the printed rate softmax with a bare 2-D feature diverged within a dozen steps: those records are kept
    "figure 2.2": replace(
        CIFAR10, dataset="mnist", network="thesis-mnist-2d", feature_dim=2, optimizer=Optimizer(rate=0.01)
    ),
}
# CIFAR-10 on a CPU: Caffe's quick network on 10,000 images, 30 epochs.
QUICK_CIFAR = Run(
    "cifar10", "cifar-quick", 64, Head("Softmax"), 0, train_size=10_000, batch_size=100,
    optimizer=Optimizer(0.02), schedule=Schedule(3000),
)  # fmt: skip
# The same on 4,000 images for six epochs: a minute a run, and errors near a half.
SMALL_CIFAR = replace(QUICK_CIFAR, train_size=4000, batch_size=64, schedule=Schedule(400))


# ---------------------------------------------------------------------------------------------------------------------
# Softmax over rate and decay; each margin of L-Softmax over rate and floor (the decay is the thesis').


def _margins() -> Iterator[tuple[str, Run]]:
    for rate, decay in product(RATES, DECAYS):
        yield (
            f"softmax rate {rate:g} decay {decay:g}",
            replace(WORKHORSE, optimizer=Optimizer(rate=rate, weight_decay=decay)),
        )
    for m, floor, rate in product(MARGINS, FLOORS, RATES):
        run = replace(WORKHORSE, head=margin_head(m), optimizer=Optimizer(rate), blend=BlendSchedule(floor))
        yield f"m={m} floor {floor:g} rate {rate:g}", run


MARGIN_TUNING = Tuning(
    "margin-tuning",
    "section 2.2.7",
    "Rate, decay and blend floor on validation",
    tuple(Arm(name, run, TUNING_SEEDS) for name, run in _margins()),
    {
        "softmax": "softmax rate 0.05 decay 0.002",
        "m=2 floor 5": "m=2 floor 5 rate 0.05",
        "m=2 floor 1": "m=2 floor 1 rate 0.05",
        "m=2 floor 0.1": "m=2 floor 0.1 rate 0.05",
        "m=3 floor 5": "m=3 floor 5 rate 0.05",
        "m=3 floor 1": "m=3 floor 1 rate 0.05",
        "m=3 floor 0.1": "m=3 floor 0.1 rate 0.03",
        "m=4 floor 5": "m=4 floor 5 rate 0.05",
        "m=4 floor 1": "m=4 floor 1 rate 0.05",
        "m=4 floor 0.1": "m=4 floor 0.1 rate 0.03",
        "m=2": "m=2 floor 0.1 rate 0.05",
        "m=3": "m=3 floor 0.1 rate 0.03",
        "m=4": "m=4 floor 1 rate 0.05",
    },
)
WORKHORSE_ARMS = (
    MARGIN_TUNING.arm("softmax", 20, table_row(1)),
    *(MARGIN_TUNING.arm(arm_name(m, floor), 12) for m in MARGINS for floor in FLOORS),
    *(MARGIN_TUNING.arm(arm_name(m), 12, table_row(m)) for m in MARGINS),  # the floor that validation chose
)


# ---------------------------------------------------------------------------------------------------------------------
# The other losses with and without a margin.

SCALES = (4.0, 8.0, 16.0, 32.0)
SCALE_RATES = (0.01, 0.03, 0.1)
MARGIN_SCALES = (8.0, 16.0)
COSFACE = (0.1, 0.2, 0.35)
ARCFACE = (0.1, 0.3, 0.5)


def _family() -> Iterator[tuple[str, Run]]:
    for rate, decay in product((0.01, 0.03, 0.05, 0.1), DECAYS):
        settings = Optimizer(rate=rate, weight_decay=decay)
        yield (
            f"softmax-bias rate {rate:g} decay {decay:g}",
            replace(WORKHORSE, head=Head("Softmax", {"bias": True}), optimizer=settings),
        )
    for rate, decay in product((0.03, 0.05, 0.1, 0.2), DECAYS):
        settings = Optimizer(rate=rate, weight_decay=decay)
        yield (
            f"weight-normalised rate {rate:g} decay {decay:g}",
            replace(WORKHORSE, head=Head("WeightNormalizedSoftmax"), optimizer=settings),
        )
    for rate, decay in product((0.001, 0.003, 0.01, 0.02), DECAYS):
        settings = Optimizer(rate=rate, weight_decay=decay)
        yield f"hinge rate {rate:g} decay {decay:g}", replace(WORKHORSE, loss="hinge", optimizer=settings)
    for scale, rate in product(SCALES, SCALE_RATES):
        run = replace(WORKHORSE, head=Head("NormFace", {"scale": scale}), optimizer=Optimizer(rate))
        yield f"NormFace s={scale:g} rate {rate:g}", run
    for m, floor, rate in product(MARGINS, FLOORS, (0.03, 0.05, 0.1, 0.2)):
        head = Head("ASoftmax", {"margin": m})
        run = replace(WORKHORSE, head=head, blend=BlendSchedule(floor), optimizer=Optimizer(rate))
        yield f"A-Softmax m={m} floor {floor:g} rate {rate:g}", run
    for name, margins in (("CosFace", COSFACE), ("ArcFace", ARCFACE)):
        for margin, scale, rate in product(margins, MARGIN_SCALES, (0.03, 0.1)):
            run = replace(WORKHORSE, head=Head(name, {"margin": margin, "scale": scale}), optimizer=Optimizer(rate))
            yield f"{name} m={margin:g} s={scale:g} rate {rate:g}", run


FAMILY_TUNING = Tuning(
    "family-tuning",
    "Part I",
    "Rates, decays, floors, margins and scales on validation",
    tuple(Arm(name, run, TUNING_SEEDS) for name, run in _family()),
    {
        "softmax-bias": "softmax-bias rate 0.05 decay 0.002",
        "weight-normalised": "weight-normalised rate 0.1 decay 0.002",
        "hinge": "hinge rate 0.01 decay 0.0005",
        "NormFace s=4": "NormFace s=4 rate 0.1",
        "NormFace s=8": "NormFace s=8 rate 0.1",
        "NormFace s=16": "NormFace s=16 rate 0.03",
        "NormFace s=32": "NormFace s=32 rate 0.01",
        "NormFace": "NormFace s=4 rate 0.1",
        "A-Softmax m=2": "A-Softmax m=2 floor 1 rate 0.1",
        "A-Softmax m=3": "A-Softmax m=3 floor 1 rate 0.05",
        "A-Softmax m=4": "A-Softmax m=4 floor 1 rate 0.05",
        "CosFace m=0.1 s=8": "CosFace m=0.1 s=8 rate 0.1",
        "CosFace m=0.1 s=16": "CosFace m=0.1 s=16 rate 0.03",
        "CosFace m=0.2 s=8": "CosFace m=0.2 s=8 rate 0.1",
        "CosFace m=0.2 s=16": "CosFace m=0.2 s=16 rate 0.03",
        "CosFace m=0.35 s=8": "CosFace m=0.35 s=8 rate 0.1",
        "CosFace m=0.35 s=16": "CosFace m=0.35 s=16 rate 0.03",
        "CosFace": "CosFace m=0.35 s=16 rate 0.03",
        "ArcFace m=0.1 s=8": "ArcFace m=0.1 s=8 rate 0.1",
        "ArcFace m=0.1 s=16": "ArcFace m=0.1 s=16 rate 0.03",
        "ArcFace m=0.3 s=8": "ArcFace m=0.3 s=8 rate 0.1",
        "ArcFace m=0.3 s=16": "ArcFace m=0.3 s=16 rate 0.03",
        "ArcFace m=0.5 s=8": "ArcFace m=0.5 s=8 rate 0.1",
        "ArcFace m=0.5 s=16": "ArcFace m=0.5 s=16 rate 0.03",
        "ArcFace": "ArcFace m=0.5 s=8 rate 0.1",
    },
)
FAMILY = tuple(FAMILY_TUNING.arm(name, 12) for name in FAMILY_TUNING.chosen)

CONTROLS = {arm.name: replace(arm, row=None) for arm in (*WORKHORSE_ARMS, *FAMILY)}


def control(name: str, seeds: int = 0, **changes: Any) -> Arm:
    """A tuned arm of the workhorse by its name, e.g. ``"softmax"``, ``"NormFace"``, ``"weight-normalised"``, ``"m=4"``.

    Args:
        name: one of ``CONTROLS``.
        seeds: how many; all that it has (softmax 20, the others 12) for 0.
        changes: settings of the run to change, e.g. ``train_size=500`` or ``dataset="fashion-mnist"``.
    """
    require(name in CONTROLS, "name must be one of {}, got {!r}", sorted(CONTROLS), name)
    arm = CONTROLS[name]
    return replace(arm, run=replace(arm.run, **changes), seeds=tuple(range(seeds)) if seeds else arm.seeds)


def named(**changes: Any) -> tuple[Arm, ...]:
    """The eight arms that stand for their families, with the run changed: other amounts of data, another data set."""
    names = ("softmax", "hinge", "NormFace", "m=2", "m=4", "A-Softmax m=4", "CosFace", "ArcFace")
    return tuple(control(name, 12, **changes) for name in names)


# ---------------------------------------------------------------------------------------------------------------------
# Settings that the records of a tuning choose when they are there (an experiment that waits for it names it in
# ``after``), where ``study.Tuning`` holds a choice that a test computes again.


def best(tuning: Sequence[Arm], start: str) -> Run | None:
    """The configuration with the fewest wrong answers on validation; ``None`` while a record is missing.

    Args:
        tuning: arms under tuning seeds; one that diverged under any of them is out.
        start: how the names of those begin that are compared.
    """
    ledger, wrong = Ledger.of("laptop"), {}
    for arm in tuning:
        if not arm.name.startswith(start):
            continue
        found = [ledger.find(run) for run in arm.runs()]
        records = [record for record in found if record is not None]
        if len(records) < len(found):
            return None
        if all(record["status"] == "finished" for record in records):
            wrong[arm.name] = sum(record["metrics"]["validation"]["wrong"] for record in records)
    return next(arm.run for arm in tuning if arm.name == min(wrong, key=lambda name: wrong[name])) if wrong else None


def tuned(tuning: Sequence[Arm], names: Sequence[str], seeds: tuple[int, ...]) -> tuple[Arm, ...]:
    """The arms of these names, each at the configuration that the tuning chose for it, as far as it has run."""
    found = {name: best(tuning, f"{name} rate") for name in names}
    return tuple(Arm(name, run, seeds) for name, run in found.items() if run is not None)
