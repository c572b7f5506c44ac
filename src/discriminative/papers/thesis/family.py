"""The whole family of the thesis' Part I and Chapter 2 on the workhorse: one budget, one tuning, twelve seeds.

Every family is tuned over twelve configurations under the tuning seeds, on validation, as softmax and L-Softmax are in
``experiments``. An arm with a swept margin or scale takes the best of its own configurations; the arm that stands for
its family (``"CosFace"``) takes the best of all twelve.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from discriminative.papers.thesis.workhorse import (
    DECAYS,
    FLOORS,
    MARGINS,
    WORKHORSE,
    WORKHORSE_ARMS,
    chosen,
    margin_head,
)
from discriminative.runs import TUNING_SEEDS, BlendSchedule, Head, Optimizer, Run
from discriminative.study import Arm

__all__ = [
    "BLEND",
    "FAMILY",
    "FAMILY_CHOSEN",
    "FAMILY_TUNING",
    "LITERAL",
    "LONGER",
    "PURE_CHOSEN",
    "PURE_TUNING",
    "named",
]

SEEDS = tuple(range(12))
SCALES = (4.0, 8.0, 16.0, 32.0)
MARGIN_SCALES = (8.0, 16.0)
COSFACE = (0.1, 0.2, 0.35)
ARCFACE = (0.1, 0.3, 0.5)


def _configurations() -> Iterator[tuple[str, Run]]:
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
    for scale, rate in product(SCALES, (0.01, 0.03, 0.1)):
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


FAMILY_TUNING = tuple(Arm(name, run, TUNING_SEEDS) for name, run in _configurations())

# What that tuning chose (``report.choose``; a test holds the two equal).
FAMILY_CHOSEN = {
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
}

FAMILY = tuple(chosen(name, FAMILY_TUNING, FAMILY_CHOSEN, 12) for name in FAMILY_CHOSEN)

# ---------------------------------------------------------------------------------------------------------------------
# The blend as an experiment: the same runs without it, with other paces, with twice the steps. The pure margins need
# rates of their own: twelve configurations each, as every family has, and three more at a third of the lowest rate,
# which had been the best one for m = 3 and 4. Besides, all three at one common rate and decay, at which none diverged
# under the tuning seeds, for the prediction that odd margins get off the ground first.

PURE_TUNING = tuple(
    Arm(
        f"m={m} no blend rate {rate:g} decay {decay:g}",
        replace(WORKHORSE, head=margin_head(m), optimizer=Optimizer(rate=rate, weight_decay=decay)),
        TUNING_SEEDS,
    )
    for m in MARGINS
    for rate, decay in product((0.0003, 0.001, 0.003, 0.01, 0.03), DECAYS)
)

# What that tuning chose (``report.choose``; a test holds the two equal).
PURE_CHOSEN = {
    "m=2 no blend": "m=2 no blend rate 0.003 decay 0.002",
    "m=3 no blend": "m=3 no blend rate 0.001 decay 0.002",
    "m=4 no blend": "m=4 no blend rate 0.001 decay 0.0001",
}

COMMON = "rate 0.003 decay 0.0005"
PURE = (
    *(chosen(name, PURE_TUNING, PURE_CHOSEN, 12) for name in PURE_CHOSEN),
    *(
        chosen(name, PURE_TUNING, {name: f"m={m} no blend {COMMON}"}, 12)
        for m in MARGINS
        for name in (f"m={m} no blend, common rate",)
    ),
)

_MARGIN = {arm.name: arm for arm in WORKHORSE_ARMS}


def _paced(name: str, label: str, reached: float | None) -> Arm:
    run = _MARGIN[name].run
    floor = run.blend.floor if run.blend is not None else 1.0
    return Arm(label, replace(run, blend=None if reached is None else BlendSchedule(floor, reached=reached)), SEEDS)


BLEND = (
    *(_MARGIN[f"m={m}"] for m in MARGINS),
    *PURE,
    *(_paced(f"m={m}", f"m={m} no blend, rate as with it", None) for m in MARGINS),
    _paced("m=4", "m=4 reached at 10 %", 0.1),
    _paced("m=4", "m=4 reached at 80 %", 0.8),
)

LONGER = tuple(
    Arm(
        name,
        replace(_MARGIN[name].run, schedule=replace(WORKHORSE.schedule, steps=2 * WORKHORSE.schedule.steps)),
        SEEDS,
    )
    for name in ("softmax", "m=4")
)

# Literal ArcFace away from where it is usual: large margins and scales, where its label-free value is small.
LITERAL = tuple(
    Arm(
        f"ArcFace m={margin:g} s={scale:g}",
        replace(WORKHORSE, head=Head("ArcFace", {"margin": margin, "scale": scale}), optimizer=Optimizer(0.03)),
        SEEDS[:3],
    )
    for margin, scale in product((0.5, 1.0, 1.5), (16.0, 64.0))
)


# ---------------------------------------------------------------------------------------------------------------------
# Eight named arms, at the settings of the workhorse, on other amounts of data and on Fashion-MNIST.


def named(**changes: object) -> tuple[Arm, ...]:
    """The eight arms that stand for their families, with the run changed."""
    found = {arm.name: arm for arm in (*WORKHORSE_ARMS, *FAMILY)}
    names = ("softmax", "hinge", "NormFace", "m=2", "m=4", "A-Softmax m=4", "CosFace", "ArcFace")
    return tuple(Arm(name, replace(found[name].run, **changes), SEEDS) for name in names if name in found)  # type: ignore[arg-type]
