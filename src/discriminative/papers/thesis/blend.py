"""The blend as an experiment: the same runs without it, with other paces, with twice the steps; and literal ArcFace."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from discriminative.papers.shared import DECAYS, MARGINS, SEEDS, WORKHORSE, control, margin_head
from discriminative.runs import TUNING_SEEDS, BlendSchedule, Head, Optimizer
from discriminative.study import Arm, Tuning

__all__ = ["BLEND", "LITERAL", "LONGER", "PURE_TUNING"]

# The pure margins need rates of their own: twelve configurations each, as every family has, and three more at a third
# of the lowest rate, which had been the best one for m = 3 and 4. Besides, all three at one common rate and decay, at
# which none diverged under the tuning seeds, for the prediction that odd margins get off the ground first.

PURE_TUNING = Tuning(
    "pure-tuning",
    "section 2.2.7",
    "Rate and decay without the blend, on validation",
    tuple(
        Arm(
            f"m={m} no blend rate {rate:g} decay {decay:g}",
            replace(WORKHORSE, head=margin_head(m), optimizer=Optimizer(rate=rate, weight_decay=decay)),
            TUNING_SEEDS,
        )
        for m in MARGINS
        for rate, decay in product((0.0003, 0.001, 0.003, 0.01, 0.03), DECAYS)
    ),
    {
        "m=2 no blend": "m=2 no blend rate 0.003 decay 0.002",
        "m=3 no blend": "m=3 no blend rate 0.001 decay 0.002",
        "m=4 no blend": "m=4 no blend rate 0.001 decay 0.0001",
    },
)

COMMON = "rate 0.003 decay 0.0005"


def _paced(name: str, label: str, reached: float | None) -> Arm:
    run = control(name).run
    floor = run.blend.floor if run.blend is not None else 1.0
    return Arm(label, replace(run, blend=None if reached is None else BlendSchedule(floor, reached=reached)), SEEDS)


def _common(margin: int) -> Arm:
    name = f"m={margin} no blend"
    return Arm(f"{name}, common rate", PURE_TUNING.configuration(f"{name} {COMMON}"), SEEDS)


BLEND = (
    *(replace(control(f"m={m}"), row=f"L-Softmax (m={m})") for m in MARGINS),
    *(PURE_TUNING.arm(name, 12) for name in PURE_TUNING.chosen),
    *(_common(m) for m in MARGINS),
    *(_paced(f"m={m}", f"m={m} no blend, rate as with it", None) for m in MARGINS),
    _paced("m=4", "m=4 reached at 10 %", 0.1),
    _paced("m=4", "m=4 reached at 80 %", 0.8),
)

LONGER = tuple(
    control(name, 12, schedule=replace(WORKHORSE.schedule, steps=2 * WORKHORSE.schedule.steps))
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
