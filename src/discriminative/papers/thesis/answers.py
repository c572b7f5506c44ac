"""What the margin is worth beside controls that have none, why pure margins collapse, and why a class is given up.

Each control is tuned on validation under tuning seeds; what depends on that choice exists once the tuning has run
(``after``). Seeds from 12 on are new: no record of the same setting existed when these experiments were named.

The questions, with what counts, named before these runs (all exploratory; a third of the thesis' log ratio of
.40 to .31 is .085):

- C-LSM11a, b: m = 4 errs less than softmax with a smoothed label, and than NormFace at s = 4; .085.
- C-LSM7d, e, f: with batch norm and no blend m = 2, 3, 4 err less than softmax with batch norm; a third of the thesis'.
- C-LSM10a, b: at one rate without the blend m = 3 passes 75 % training error before m = 2 and before m = 4; by 2.5 % of
  the run, the distance of two points of a curve.
- C-LSM12a to d: on Fashion-MNIST m = 4 errs less than softmax where both have batch norm; at the floor 5; at rates that
  both have tuned there; with weights of length one. A third of the thesis'.
- C-LSM12e: with weights of length one on both sides, A-Softmax with m = 4 errs less than the loss without a margin.

``wider`` asks on where a first grid ended at an end of its range.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from discriminative.ledger import Ledger
from discriminative.papers.shared import (
    MARGINS,
    QUICK_CIFAR,
    SEEDS,
    WORKHORSE,
    best,
    control,
    margin_head,
    named,
    steps,
    tuned,
)
from discriminative.papers.thesis.blend import BLEND
from discriminative.papers.thesis.full_scale import QUICK_ARMS
from discriminative.runs import TUNING_SEEDS, BlendSchedule, Optimizer, Schedule
from discriminative.study import Arm, Experiment

__all__ = [
    "ANSWERS", "CIFAR_TUNING", "FASHION_SEEDS", "FASHION_TUNING", "NEW_SEEDS", "NORMED", "NORMED_SEEDS", "SLOWER",
    "SMOOTHED", "SMOOTHING_TUNING", "TUNED_THERE", "normed_grids", "rates_tried",
]  # fmt: skip

NEW_SEEDS = tuple(range(12, 18))
FASHION_SEEDS = tuple(range(12, 15))


# ---------------------------------------------------------------------------------------------------------------------
# A smoothed label instead of a margin: twelve configurations, as softmax and every margin had. The smoothing .106 is
# what NormFace's scale of 4 amounts to for ten classes.

SMOOTHED = "softmax smoothed"
SLOWER = f"{SMOOTHED} at rate 0.05"  # the best at softmax' own rate: added when runs at the chosen 0.1 had diverged
SMOOTHING_TUNING = tuple(
    Arm(
        f"{SMOOTHED} rate {rate:g} decay {decay:g} by {smoothing:g}",
        replace(WORKHORSE, optimizer=Optimizer(rate=rate, weight_decay=decay), label_smoothing=smoothing),
        TUNING_SEEDS[:2],
    )
    for rate, decay, smoothing in product((0.05, 0.1), (5e-4, 2e-3), (0.05, 0.106, 0.2))
)


def _controls() -> tuple[Arm, ...]:
    names = ("softmax", "m=2", "m=3", "m=4", "NormFace s=4")
    slower = best(SMOOTHING_TUNING, f"{SMOOTHED} rate 0.05")
    return (
        *(control(name, 12) for name in names),
        *tuned(SMOOTHING_TUNING, (SMOOTHED,), SEEDS),
        *([] if slower is None else [Arm(SLOWER, slower, SEEDS)]),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Batch norm before the head, as the thesis' networks have it, and no blend: plain SGD. Softmax with it is the baseline.

NORMED = tuple(f"{'softmax' if m == 1 else f'm={m}'} batch norm" for m in (1, *MARGINS))
NORMED_SEEDS = SEEDS[:6]
NORMED_TUNING = tuple(
    Arm(
        f"{name} rate {rate:g}",
        replace(WORKHORSE, head=margin_head(m), batch_norm=True, optimizer=Optimizer(rate)),
        TUNING_SEEDS[:2],
    )
    for m, name in zip((1, *MARGINS), NORMED, strict=True)
    for rate in (0.01, 0.03, 0.1)
)


def _normed_at(*rates: float) -> tuple[Arm, ...]:
    """The four arms of the first grid at other rates."""
    return tuple(
        replace(
            arm, name=arm.name.replace("rate 0.01", f"rate {rate:g}"), run=replace(arm.run, optimizer=Optimizer(rate))
        )
        for arm in NORMED_TUNING
        if arm.name.endswith("rate 0.01")
        for rate in rates
    )


# Smaller rates, since the first grid ended at its least for m = 4, and the second for m = 3 and 4: each set joins the
# grid once all of it has run.
SLOWER_NORMED_TUNING = _normed_at(0.001, 0.003)
SLOWEST_NORMED_TUNING = _normed_at(0.0001, 0.0003)


def normed_grids() -> list[tuple[Arm, ...]]:
    """The first grid with batch norm, and each wider one that has run."""
    ledger, grids = Ledger.of("laptop"), [NORMED_TUNING]
    for further in (SLOWER_NORMED_TUNING, SLOWEST_NORMED_TUNING):
        if all(ledger.has(run) for arm in further for run in arm.runs()):
            grids.append(grids[-1] + further)
    return grids


def _normed() -> tuple[Arm, ...]:
    return tuned(normed_grids()[-1], NORMED, NORMED_SEEDS)


def rates_tried() -> list[float]:
    """The rates among which validation chooses with batch norm, the smaller ones once they have run."""
    return sorted({arm.run.optimizer.rate for arm in normed_grids()[-1]})


# ---------------------------------------------------------------------------------------------------------------------
# Fashion-MNIST, where a class is given up: the same runs under new seeds for the measures by class, and what might
# prevent it, one change at a time: weights of length one, batch norm, a higher floor, a rate that is tuned there.

FASHION = {"dataset": "fashion-mnist", "train_size": 5000, "schedule": Schedule(steps(5000, 64, 10))}
_ON_FASHION = {arm.name: arm.run for arm in named(**FASHION)}
TUNED_THERE = ("softmax", "m=4")
FASHION_TUNING = tuple(
    Arm(
        f"{name} rate {rate:g}",
        replace(_ON_FASHION[name], optimizer=replace(_ON_FASHION[name].optimizer, rate=rate)),
        TUNING_SEEDS[:2],
    )
    for name in TUNED_THERE
    for rate in (0.01, 0.02, 0.05, 0.1)
)


def _causes() -> tuple[Arm, ...]:
    runs = {name: _ON_FASHION[name] for name in ("softmax", "m=4", "A-Softmax m=4")}
    for name in ("softmax", "m=4"):
        runs[f"{name} batch norm"] = replace(runs[name], batch_norm=True)
    runs["m=4 floor 5"] = replace(runs["m=4"], blend=BlendSchedule(5.0))
    return tuple(Arm(name, run, FASHION_SEEDS) for name, run in runs.items())


# What A-Softmax is without its margin, at the settings of the workhorse as all the others.
FASHION_CONTROL = tuple(
    replace(control(name, 12, **FASHION), row=None) for name in ("softmax", "weight-normalised", "A-Softmax m=4")
)


def _tuned_there() -> tuple[Arm, ...]:
    found = tuned(FASHION_TUNING, TUNED_THERE, FASHION_SEEDS)
    return tuple(replace(arm, name=f"{arm.name} tuned there") for arm in found)


# ---------------------------------------------------------------------------------------------------------------------
# How pure margins start: one rate and decay for all, new seeds, with feature and weight norms in the curves.

PLAIN = (
    control("softmax"),
    *(arm for arm in BLEND if arm.name.endswith(("no blend", "no blend, common rate"))),
)
COMMON = Optimizer(rate=0.003)
STARTS = tuple(
    Arm(
        "softmax" if m == 1 else f"m={m} no blend",
        replace(WORKHORSE, head=margin_head(m), optimizer=COMMON),
        NEW_SEEDS,
    )
    for m in (1, *MARGINS)
)

# ---------------------------------------------------------------------------------------------------------------------
# CIFAR-10 with Caffe's quick network: two more seeds, with the measures by class, and the tuning that chose the rate.

CIFAR_TUNING = tuple(
    Arm(
        f"{arm.name} rate {rate:g}",
        replace(arm.run, optimizer=Optimizer(rate), schedule=replace(QUICK_CIFAR.schedule, steps=400)),
        TUNING_SEEDS[:1],
    )
    for arm in QUICK_ARMS
    for rate in (0.05, 0.02)
)

ANSWERS = (
    Experiment(
        "smoothing-tuning",
        "section 2.2.5",
        "Rate, decay and label smoothing on validation",
        {"laptop": SMOOTHING_TUNING},
    ),
    Experiment(
        "controls",
        "section 2.2.5",
        "L-Softmax with m = 4 beside what has no margin",
        {"laptop": _controls},
        "smoothing-tuning",
    ),
    Experiment(
        "batch-norm-tuning",
        "section 2.2.7",
        "The rate with batch norm and without the blend, on validation",
        {"laptop": NORMED_TUNING},
    ),
    Experiment(
        "batch-norm",
        "section 2.2.7",
        "Plain SGD with batch norm before the head",
        {"laptop": _normed},
        "batch-norm-tuning",
    ),
    Experiment(
        "batch-norm-slower-tuning",
        "section 2.2.7",
        "Smaller rates with batch norm and without the blend, on validation",
        {"laptop": SLOWER_NORMED_TUNING},
    ),
    Experiment(
        "batch-norm-slowest-tuning",
        "section 2.2.7",
        "The same at a tenth of those rates",
        {"laptop": SLOWEST_NORMED_TUNING},
    ),
    Experiment("plain-sgd", "section 2.2.7", "Pure margins beside softmax", {"laptop": PLAIN}),
    Experiment(
        "starts",
        "section 2.2.7",
        "Pure margins at one rate, with their norms",
        {"laptop": STARTS},
    ),
    Experiment(
        "fashion-causes", "Table 2.2", "Fashion-MNIST, class by class, one change at a time", {"laptop": _causes()}
    ),
    Experiment(
        "fashion-control",
        "Table 2.2",
        "Weights of length one on Fashion-MNIST, with a margin and without",
        {"laptop": FASHION_CONTROL},
    ),
    Experiment(
        "fashion-tuning", "section 2.2.7", "Softmax and m = 4 tuned on Fashion-MNIST", {"laptop": FASHION_TUNING}
    ),
    Experiment(
        "fashion-tuned",
        "section 2.2.7",
        "Fashion-MNIST at the rates that its own validation chose",
        {"laptop": _tuned_there},
        "fashion-tuning",
    ),
    Experiment(
        "cifar-quick-tuning",
        "Table 2.3",
        "The rate of Caffe's quick network, on validation",
        {"laptop": CIFAR_TUNING},
    ),
)
