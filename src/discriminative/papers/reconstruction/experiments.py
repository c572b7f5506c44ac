"""What is trained for feed-backward reconstruction: its loss, the direct penalty, heads that stand still, and controls.

Every arm at the workhorse takes the rate and the decay that validation chose for softmax, so that an arm differs from
the baseline by its term or by its head alone; a coefficient is swept and every value of it reported. The paper's own
networks run 300 epochs on a GPU: they are planned, not run.
"""

from __future__ import annotations

from dataclasses import replace

from discriminative.papers.shared import DIGITS, SOFTMAX
from discriminative.runs import Head, Run, Term
from discriminative.study import Arm, Experiment

__all__ = ["EXPERIMENTS"]

LAMBDAS = (1e-3, 1e-2, 1e-1, 1.0)
PENALTIES = (1e-3, 1e-2, 1e-1)
FROZEN = ("orthonormal", "simplex", "random", "dependent")


def _reconstruction(run: Run, coefficient: float, **arguments: object) -> Run:
    return replace(run, terms=(Term("FeedBackwardReconstruction", coefficient, dict(arguments)),))


def _penalty(run: Run, coefficient: float, unit: bool = False) -> Run:
    return replace(run, terms=(Term("WeightSeparability", coefficient, {"unit": True} if unit else {}),))


RECONSTRUCTION = (
    SOFTMAX,
    *(Arm(f"L_re {c:g}", _reconstruction(SOFTMAX.run, c), tuple(range(12 if c in (1e-3, 1.0) else 6))) for c in LAMBDAS),
    Arm("L_re 1, features held", _reconstruction(SOFTMAX.run, 1.0, stop="features"), tuple(range(6))),
    Arm("L_re 1, weights held", _reconstruction(SOFTMAX.run, 1.0, stop="weight"), tuple(range(6))),
)

PENALTY = (
    SOFTMAX,
    *(Arm(f"e(W) {c:g}", _penalty(SOFTMAX.run, c), tuple(range(12 if c == 1e-2 else 6))) for c in PENALTIES),
    *(Arm(f"unit e(W) {c:g}", _penalty(SOFTMAX.run, c, unit=True), tuple(range(6))) for c in (1e-1, 1.0)),
)

HEADS = (
    SOFTMAX,
    *(Arm(f"frozen {kind}", replace(SOFTMAX.run, fixed_weight=kind), tuple(range(6))) for kind in FROZEN),
)

# Figure 2: three classes, the classifier frozen, one draw of it a seed.
THREE = replace(SOFTMAX.run, classes=(0, 1, 5), train_size=600)
FIGURE_2 = tuple(Arm(f"frozen {kind}", replace(THREE, fixed_weight=kind), tuple(range(10))) for kind in FROZEN)

DIGITS_ARMS = (
    Arm("softmax", DIGITS, tuple(range(3))),
    Arm("L_re 1", _reconstruction(DIGITS, 1.0), tuple(range(3))),
    Arm("e(W) 0.01", _penalty(DIGITS, 1e-2), tuple(range(3))),
    Arm("frozen orthonormal", replace(DIGITS, fixed_weight="orthonormal"), tuple(range(3))),
)
