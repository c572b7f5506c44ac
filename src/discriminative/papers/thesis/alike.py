"""Losses without a margin tuned wherever m = 4 was, and the grids that went on since: named before their runs.

- Fashion-MNIST: softmax and m = 4 had been tuned there over ten configurations each, the losses without a margin not at
  all. A smoothed label now has ten of rate, decay and smoothing, NormFace ten of scale and rate. All four, each at its
  choice, over twelve seeds that no record of that data set has. C-LSM12g, h: the smoothed label, and NormFace, err less
  than softmax. C-LSM12i, j: m = 4 errs less than either. Named when six runs of a smoothed label outside the ledger,
  with one setting, were known to be ahead of softmax.
- A smoothed label on 2,000 MNIST images: validation had chosen the rate 0.1, at which eight of twelve runs diverged,
  and C-LSM11a stands on the four others. Larger smoothings and the rate 0.02 join its grid at rates up to 0.05.
  C-LSM11j: m = 4 errs less than the best of it.
- Behind a batch norm all three stood at ends of their grids: m = 4 at the least rate and decay, with one floor, softmax
  at the greatest rate and decay, NormFace at the least scale. Nine configurations join each beyond its end, the floor 5
  among those of m = 4. C-LSM1m: m = 4 errs less than softmax; C-LSM11k: than NormFace.

C-LSM1m is our reading, the others are our questions; all are exploratory. What counts is a third of the thesis' log
ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from discriminative.papers.shared import SEEDS, WORKHORSE, best, control, tuned
from discriminative.papers.thesis.answers import (
    FASHION,
    FASHION_TUNING,
    SMOOTHED,
    SMOOTHING_TUNING,
    TUNED_THERE,
)
from discriminative.papers.thesis.wider import (
    FLOOR_TUNING,
    NORMED_BLEND,
    NORMED_BLEND_TUNING,
    NORMED_NORMFACE,
    NORMED_NORMFACE_TUNING,
)
from discriminative.runs import TUNING_SEEDS, BlendSchedule, Head, Optimizer, Run
from discriminative.study import Arm, Experiment

__all__ = [
    "ALIKE", "CERTAIN", "CERTAIN_TUNING", "FRESH", "NORMED_FURTHER", "NORMED_FURTHER_TUNING", "SLOW",
    "SMOOTHED_FURTHER", "SMOOTHING_FURTHER_TUNING", "TAKEN_OVER",
]  # fmt: skip

FRESH = tuple(range(18, 30))

# ---------------------------------------------------------------------------------------------------------------------
# Fashion-MNIST

TAKEN_OVER = "softmax as on MNIST"
CERTAIN = ("softmax all tuned", "m=4 all tuned", f"{SMOOTHED} all tuned", "NormFace all tuned")


def _there(name: str, **changes: Any) -> Arm:
    there: dict[str, Any] = FASHION | changes
    return Arm(name, replace(WORKHORSE, **there), TUNING_SEEDS[:2])


def _certain() -> tuple[Arm, ...]:
    smoothings = (
        *product((0.02, 0.05), (5e-4,), (0.05, 0.106, 0.2)),
        *product((0.02, 0.05), (2e-3,), (0.106,)),
        *product((0.1,), (5e-4, 2e-3), (0.106,)),
    )
    found = [
        _there(
            f"{SMOOTHED} rate {rate:g} decay {decay:g} by {smoothing:g}",
            optimizer=Optimizer(rate, weight_decay=decay),
            label_smoothing=smoothing,
        )
        for rate, decay, smoothing in smoothings
    ]
    for scale, rate in (*product((2.0, 4.0, 8.0), (0.1, 0.2, 0.4)), (4.0, 0.05)):
        head = Head("NormFace", {"scale": scale})
        found.append(_there(f"NormFace rate {rate:g} s={scale:g}", head=head, optimizer=Optimizer(rate)))
    return tuple(found)


CERTAIN_TUNING = _certain()


def _all_four() -> tuple[Arm, ...]:
    tried = (*FASHION_TUNING, *FLOOR_TUNING, *CERTAIN_TUNING)
    found = tuned(tried, (*TUNED_THERE, SMOOTHED, "NormFace"), FRESH)
    taken_over = control("softmax", 12, **FASHION).run  # for the choice there rests on two tuning seeds
    return (*(replace(arm, name=f"{arm.name} all tuned") for arm in found), Arm(TAKEN_OVER, taken_over, FRESH))


# ---------------------------------------------------------------------------------------------------------------------
# A smoothed label on MNIST, at rates where it trains

SLOW = 0.05  # the greatest rate at which none of its runs diverged
SMOOTHED_FURTHER = f"{SMOOTHED} of the wider grid"
SMOOTHING_FURTHER_TUNING = tuple(
    Arm(
        f"{SMOOTHED} rate {rate:g} decay {decay:g} by {smoothing:g}",
        replace(WORKHORSE, optimizer=Optimizer(rate, weight_decay=decay), label_smoothing=smoothing),
        TUNING_SEEDS[:2],
    )
    for rate, smoothings in ((0.02, (0.106, 0.2, 0.3, 0.5)), (0.05, (0.3, 0.5)))
    for decay, smoothing in product((5e-4, 2e-3), smoothings)
)


def _smoothed() -> tuple[Arm, ...]:
    slow = tuple(arm for arm in SMOOTHING_TUNING if arm.run.optimizer.rate <= SLOW)
    run = best((*slow, *SMOOTHING_FURTHER_TUNING), f"{SMOOTHED} rate")
    plain = (control("softmax", 12), control("m=4", 12))
    return plain if run is None else (*plain, Arm(SMOOTHED_FURTHER, run, SEEDS))


# ---------------------------------------------------------------------------------------------------------------------
# Behind a batch norm

NORMED_FURTHER = tuple(f"{name}, further" for name in (*NORMED_BLEND, NORMED_NORMFACE))


def _further(name: str, plain: Run, settings: Sequence[tuple[float, float]]) -> list[Arm]:
    return [
        Arm(
            f"{name} rate {rate:g} decay {decay:g}",
            replace(plain, batch_norm=True, optimizer=Optimizer(rate, weight_decay=decay)),
            TUNING_SEEDS[:2],
        )
        for rate, decay in settings
    ]


def _normed() -> tuple[Arm, ...]:
    softmax, margin = (control(name, 12).run for name in ("softmax", "m=4"))
    faster = (*product((0.8,), (5e-4, 2e-3, 5e-3, 1e-2)), *product((0.2, 0.4), (5e-3, 1e-2)), (0.1, 5e-3))
    slower = (*product((0.02,), (1e-4, 5e-4, 2e-3)), *product((0.05, 0.1, 0.2), (1e-4,)))
    found = _further(NORMED_BLEND[0], softmax, faster) + _further(NORMED_BLEND[1], margin, slower)
    floored = replace(margin, blend=BlendSchedule(5.0))
    for arm in _further(NORMED_BLEND[1], floored, [(rate, 5e-4) for rate in (0.05, 0.1, 0.2)]):
        found.append(replace(arm, name=f"{arm.name} floor 5"))
    first = NORMED_NORMFACE_TUNING[0].run
    for scale, rate in (*product((1.0, 3.0), (0.2, 0.4, 0.8, 1.6)), (2.0, 1.6)):
        run = replace(first, head=Head("NormFace", {"scale": scale}), optimizer=Optimizer(rate))
        found.append(Arm(f"{NORMED_NORMFACE} rate {rate:g} s={scale:g}", run, TUNING_SEEDS))
    return tuple(found)


NORMED_FURTHER_TUNING = _normed()


def _normed_further() -> tuple[Arm, ...]:
    tried = (*NORMED_BLEND_TUNING, *NORMED_NORMFACE_TUNING, *NORMED_FURTHER_TUNING)
    found = tuned(tried, (*NORMED_BLEND, NORMED_NORMFACE), SEEDS)
    return tuple(replace(arm, name=f"{arm.name}, further") for arm in found)


ALIKE = (
    Experiment(
        "fashion-certain-tuning",
        "section 2.2.5",
        "A smoothed label and NormFace on Fashion-MNIST's validation",
        {"laptop": CERTAIN_TUNING},
    ),
    Experiment(
        "fashion-certain",
        "section 2.2.5",
        "Fashion-MNIST: m = 4 beside three losses without a margin, all tuned there",
        {"laptop": _all_four},
        "fashion-certain-tuning",
    ),
    Experiment(
        "smoothing-further-tuning",
        "section 2.2.5",
        "Larger smoothings and a smaller rate, on validation",
        {"laptop": SMOOTHING_FURTHER_TUNING},
    ),
    Experiment(
        "smoothing-further",
        "section 2.2.5",
        "m = 4 beside a smoothed label of the wider grid",
        {"laptop": _smoothed},
        "smoothing-further-tuning",
    ),
    Experiment(
        "normed-further-tuning",
        "section 2.2.7",
        "Behind a batch norm: smaller rates and decays, another floor, other scales, on validation",
        {"laptop": NORMED_FURTHER_TUNING},
    ),
    Experiment(
        "normed-further",
        "section 2.2.7",
        "m = 4 with its blend beside softmax and NormFace, behind a batch norm, at the wider grids",
        {"laptop": _normed_further},
        "normed-further-tuning",
    ),
)
