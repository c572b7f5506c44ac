"""What is trained for feed-backward reconstruction: its loss, the direct penalty, heads that stand still, and controls.

Every arm at the workhorse takes the rate and the decay that validation chose for softmax, so that an arm differs from
the baseline by its term or by its head alone; a coefficient is swept, and every value of it is reported.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

from discriminative.papers.shared import DIGITS, control, steps
from discriminative.runs import Run, Schedule, Term
from discriminative.study import Arm, Experiment

__all__ = ["EXPERIMENTS", "FROZEN", "LAMBDAS", "PENALTIES"]

SOFTMAX = control("softmax")
LAMBDAS = (1e-3, 1e-2, 1e-1, 1.0)
PENALTIES = (1e-3, 1e-2, 1e-1)
Frozen = Literal["orthonormal", "simplex", "random", "dependent"]
FROZEN: tuple[Frozen, ...] = get_args(Frozen)


def _reconstruction(run: Run, coefficient: float, **arguments: object) -> Run:
    return replace(run, terms=(Term("FeedBackwardReconstruction", coefficient, dict(arguments)),))


def _penalty(run: Run, coefficient: float, unit: bool = False) -> Run:
    return replace(run, terms=(Term("WeightSeparability", coefficient, {"unit": True} if unit else {}),))


RECONSTRUCTION = (
    SOFTMAX,
    *(
        Arm(f"L_re {c:g}", _reconstruction(SOFTMAX.run, c), tuple(range(12 if c in (1e-3, 1.0) else 3)))
        for c in LAMBDAS
    ),
    Arm("L_re 1, features held", _reconstruction(SOFTMAX.run, 1.0, stop="features"), tuple(range(3))),
    Arm("L_re 1, weights held", _reconstruction(SOFTMAX.run, 1.0, stop="weight"), tuple(range(3))),
)
PENALTY = (
    SOFTMAX,
    *(Arm(f"e(W) {c:g}", _penalty(SOFTMAX.run, c), tuple(range(12 if c == 1e-2 else 3))) for c in PENALTIES),
    *(Arm(f"unit e(W) {c:g}", _penalty(SOFTMAX.run, c, unit=True), tuple(range(3))) for c in (1e-1, 1.0)),
)
HEADS = (
    SOFTMAX,
    *(
        Arm(f"frozen {kind}", replace(SOFTMAX.run, fixed_weight=kind), tuple(range(6)))
        for kind in FROZEN
        if kind in ("orthonormal", "dependent")
    ),
)

# Figure 2: the digits 0, 1 and 5, the classifier standing still, a draw of it a seed.
THREE = replace(SOFTMAX.run, classes=(0, 1, 5), train_size=600, schedule=Schedule(steps(600, 64, 10)))

EXPERIMENTS = (
    Experiment(
        "reconstruction",
        "Equation 10",
        "The reconstruction loss beside softmax, its coefficient swept, and its gradient held on one side",
        {
            "quick": (
                Arm("softmax", DIGITS, tuple(range(3))),
                Arm("L_re 0.001", _reconstruction(DIGITS, 1e-3), tuple(range(3))),
                Arm("L_re 1", _reconstruction(DIGITS, 1.0), tuple(range(3))),
            ),
            "laptop": RECONSTRUCTION,
        },
    ),
    Experiment(
        "reconstruction-penalty",
        "section 4.1",
        "The direct penalty on e(W), raw and with unit columns",
        {
            "quick": (
                Arm("softmax", DIGITS, tuple(range(3))),
                Arm("e(W) 0.01", _penalty(DIGITS, 1e-2), tuple(range(3))),
            ),
            "laptop": PENALTY,
        },
    ),
    Experiment(
        "reconstruction-figure-2",
        "Figure 2",
        "Three digits before a classifier that stands still: orthonormal, simplex, random, dependent",
        {
            "laptop": tuple(
                Arm(f"frozen {kind}", replace(THREE, fixed_weight=kind), tuple(range(10))) for kind in FROZEN
            )
        },
    ),
    Experiment(
        "reconstruction-heads",
        "section 2",
        "All ten digits before a classifier that stands still",
        {"laptop": HEADS},
    ),
)
