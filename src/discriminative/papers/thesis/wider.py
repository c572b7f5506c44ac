"""Where a first grid ended at an end of its range, or left a setting alone: wider ones, named before their runs.

- Fashion-MNIST: the floor of the blend had been chosen on MNIST. Validation there chooses among ten configurations of
  each arm, the four rates of ``fashion-tuning`` and six more: for m = 4 the floors 5 and 0.1 at three rates, for
  softmax two more decays at the same rates. C-LSM12f: m = 4 errs less than softmax, both so tuned, on new seeds.
- NormFace: its choice, s = 4 at the rate 0.1, was a corner of its grid. Smaller scales and larger rates join it; the
  choice of m = 4 lay inside its own. C-LSM11c: m = 4 errs less than NormFace at the best of all.
- Softmax itself: its choice, the decay 0.002 at the rate 0.05, had the greatest decay of its grid. Larger decays join
  it at the two greatest rates at which none of its tuning runs diverged. C-LSM1k: m = 4 errs less than softmax at the
  best of all. None was better, so that this is C-LSM1 and withdrawn.
- A margin where the loss without it does best: NormFace at its scale of the wider grid, beside CosFace and A-Softmax
  with that same fixed scale, margin and one of the two greatest rates chosen on validation among six settings each.
  C-LSM11d, e: with the margin the error is less. Named when C-LSM11c was known, before any run of the two.
- All three stood at 0.4, the greatest rate of those grids. Twice and four times that rate join all three, at NormFace's
  scales from 2 to 4 and at the margins that were tried. C-LSM11f to h ask what c to e ask, at the best of everything.
- The thesis' networks have batch norm, the workhorse has none. With one before the head of both, softmax and m = 4 with
  its blend, rate and decay chosen on validation among eight settings each. C-LSM1l: m = 4 errs less. And NormFace so,
  scale and rate among eight. C-LSM11i, named when C-LSM1l was known: m = 4 errs less than NormFace.
- Without a blend and behind a batch norm m = 3 and 4 end, after the workhorse's steps, well above softmax. Ten times as
  many at the same settings: whether they were unfinished.

C-LSM11 asks what the thesis does not, the others are our reading of it; all are exploratory. What counts is a third of
the thesis' log ratio.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from discriminative.papers.shared import FAMILY_TUNING, MARGIN_TUNING, SEEDS, WORKHORSE, best, control, tuned
from discriminative.papers.thesis.answers import ANSWERS, FASHION_TUNING, NEW_SEEDS, TUNED_THERE
from discriminative.runs import TUNING_SEEDS, BlendSchedule, Head, Optimizer, Run
from discriminative.study import Arm, Experiment

__all__ = [
    "FASTEST", "FASTEST_TUNING", "FLOOR_TUNING", "NORMED_BLEND", "NORMED_BLEND_TUNING", "NORMED_NORMFACE",
    "NORMED_NORMFACE_TUNING", "NORMFACE_TUNING", "SOFTMAX_TUNING", "SOFTMAX_WIDEST", "WIDER", "WIDEST",
]  # fmt: skip

WIDEST = "NormFace of the wider grid"
FASTEST = "NormFace of the widest grid"
SOFTMAX_WIDEST = "softmax of the wider grid"


def _fashion() -> tuple[Arm, ...]:
    softmax, margin = (next(arm.run for arm in FASHION_TUNING if arm.name.startswith(name)) for name in TUNED_THERE)
    found = []
    for rate in (0.02, 0.05, 0.1):
        for floor in (5.0, 0.1):
            run = replace(margin, blend=BlendSchedule(floor), optimizer=replace(margin.optimizer, rate=rate))
            found.append(Arm(f"m=4 rate {rate:g} floor {floor:g}", run, TUNING_SEEDS[:2]))
        for decay in (5e-4, 1e-4):
            run = replace(softmax, optimizer=Optimizer(rate, weight_decay=decay))
            found.append(Arm(f"softmax rate {rate:g} decay {decay:g}", run, TUNING_SEEDS[:2]))
    return tuple(found)


FLOOR_TUNING = _fashion()


def _floor_tuned() -> tuple[Arm, ...]:
    found = tuned((*FASHION_TUNING, *FLOOR_TUNING), TUNED_THERE, NEW_SEEDS)
    return tuple(replace(arm, name=f"{arm.name} all tuned") for arm in found)


def _normface_at(scale: float, rate: float) -> Arm:
    run = replace(WORKHORSE, head=Head("NormFace", {"scale": scale}), optimizer=Optimizer(rate))
    return Arm(f"NormFace s={scale:g} rate {rate:g}", run, TUNING_SEEDS)


FAST_RATES, FASTEST_RATES = (0.2, 0.4), (0.8, 1.6)
NORMFACE_TUNING = tuple(
    _normface_at(*settings) for settings in (*product((2.0, 3.0), (0.1, 0.2, 0.4)), (4.0, 0.2), (4.0, 0.4), (8.0, 0.2))
)
FASTEST_TUNING = tuple(_normface_at(*settings) for settings in product((2.0, 3.0, 4.0), FASTEST_RATES))


def _normface() -> tuple[Arm, ...]:
    plain = tuple(control(name, 12) for name in ("softmax", "m=4", "NormFace s=4"))
    widest = best((*FAMILY_TUNING.arms, *NORMFACE_TUNING), "NormFace s=")
    return plain if widest is None else (*plain, Arm(WIDEST, widest, SEEDS))


SOFTMAX_TUNING = tuple(
    Arm(
        f"softmax rate {rate:g} decay {decay:g}",
        replace(WORKHORSE, optimizer=Optimizer(rate, weight_decay=decay)),
        TUNING_SEEDS,
    )
    for rate, decay in product((0.03, 0.05), (0.005, 0.01, 0.02))
)


def _fastest() -> tuple[Arm, ...]:
    run = best((*FAMILY_TUNING.arms, *NORMFACE_TUNING, *FASTEST_TUNING), "NormFace s=")
    plain = (control("softmax", 12), control("m=4", 12))
    return plain if run is None else (*plain, Arm(FASTEST, run, SEEDS))


def _softmax() -> tuple[Arm, ...]:
    plain = tuple(control(name, 12) for name in ("softmax", "m=4"))
    widest = best((*MARGIN_TUNING.arms, *SOFTMAX_TUNING), "softmax rate")
    return plain if widest is None else (*plain, Arm(SOFTMAX_WIDEST, widest, SEEDS))


def _at_widest() -> tuple[Run, ...]:
    widest = best((*FAMILY_TUNING.arms, *NORMFACE_TUNING), "NormFace s=")
    return () if widest is None else (widest,)


def _margin_tuning(*rates: float) -> tuple[Arm, ...]:
    """CosFace and A-Softmax at the scale of NormFace's best, three margins each at these rates."""
    found = []
    for plain, rate in product(_at_widest(), rates):
        scale = plain.head.arguments["scale"]
        run = replace(plain, optimizer=replace(plain.optimizer, rate=rate))
        for margin in (0.1, 0.2, 0.35):
            head = Head("CosFace", {"margin": margin, "scale": scale})
            found.append(Arm(f"CosFace rate {rate:g} m={margin:g}", replace(run, head=head), TUNING_SEEDS))
        for m in (2, 3, 4):
            bent = replace(run, head=Head("ASoftmax", {"margin": m, "scale": scale}), blend=BlendSchedule(1.0))
            found.append(Arm(f"A-Softmax rate {rate:g} m={m}", bent, TUNING_SEEDS))
    return tuple(found)


def _margin_at_widest() -> tuple[Arm, ...]:
    plain = tuple(Arm(WIDEST, run, SEEDS) for run in _at_widest())
    found = tuned(_margin_tuning(*FAST_RATES), ("CosFace", "A-Softmax"), SEEDS)
    return (*plain, *(replace(arm, name=f"{arm.name} at its scale") for arm in found))


def _margin_at_fastest() -> tuple[Arm, ...]:
    plain = tuple(arm for arm in _fastest() if arm.name == FASTEST)
    found = tuned(_margin_tuning(*FAST_RATES, *FASTEST_RATES), ("CosFace", "A-Softmax"), SEEDS)
    return (*plain, *(replace(arm, name=f"{arm.name} at any rate") for arm in found))


NORMED_BLEND = "softmax and batch norm", "m=4 blend and batch norm"


def _normed_blend() -> tuple[Arm, ...]:
    """Softmax and m = 4 with its blend, a batch norm before the head of both."""
    found = []
    for name, plain in zip(NORMED_BLEND, (control("softmax", 12).run, control("m=4", 12).run), strict=True):
        for rate, decay in product((0.05, 0.1, 0.2, 0.4), (5e-4, 2e-3)):
            run = replace(plain, batch_norm=True, optimizer=Optimizer(rate, weight_decay=decay))
            found.append(Arm(f"{name} rate {rate:g} decay {decay:g}", run, TUNING_SEEDS[:2]))
    return tuple(found)


NORMED_BLEND_TUNING = _normed_blend()
NORMED_NORMFACE = "NormFace and batch norm"
NORMED_NORMFACE_TUNING = tuple(
    Arm(
        f"{NORMED_NORMFACE} rate {rate:g} s={scale:g}",
        replace(_normface_at(scale, rate).run, batch_norm=True),
        TUNING_SEEDS,
    )
    for scale, rate in product((2.0, 4.0), (0.1, 0.2, 0.4, 0.8))
)


def _normed_normface() -> tuple[Arm, ...]:
    margin = tuned(NORMED_BLEND_TUNING, NORMED_BLEND[1:], SEEDS)
    return (*margin, *tuned(NORMED_NORMFACE_TUNING, (NORMED_NORMFACE,), SEEDS))


def _unblended() -> tuple[Arm, ...]:
    """The arms of ``batch-norm`` with m = 3 and 4 over ten times the steps."""
    arms = next(each for each in ANSWERS if each.name == "batch-norm").at("laptop")
    return tuple(
        Arm(
            f"{arm.name}, ten times the steps",
            replace(arm.run, schedule=replace(arm.run.schedule, steps=10 * arm.run.schedule.steps)),
            SEEDS[:2],
        )
        for arm in arms
        if arm.name.startswith(("m=3", "m=4"))
    )


WIDER = (
    Experiment(
        "blend-norm-tuning",
        "section 2.2.7",
        "Batch norm before the head of softmax and of m = 4 with its blend, on validation",
        {"laptop": NORMED_BLEND_TUNING},
    ),
    Experiment(
        "blend-norm",
        "Table 2.2",
        "m = 4 with its blend beside softmax, batch norm before the head of both",
        {"laptop": lambda: tuned(NORMED_BLEND_TUNING, NORMED_BLEND, SEEDS)},
        "blend-norm-tuning",
    ),
    Experiment(
        "normface-norm-tuning",
        "section 2.2.5",
        "Batch norm before the head of NormFace, on validation",
        {"laptop": NORMED_NORMFACE_TUNING},
    ),
    Experiment(
        "normface-norm",
        "section 2.2.5",
        "m = 4 with its blend beside NormFace, batch norm before the head of both",
        {"laptop": _normed_normface},
        "normface-norm-tuning",
    ),
    Experiment(
        "batch-norm-longer",
        "section 2.2.7",
        "Pure margins behind a batch norm over ten times the steps",
        {"laptop": _unblended},
        "batch-norm",
    ),
    Experiment(
        "fashion-floor-tuning",
        "section 2.2.7",
        "The floor for m = 4 and the decay for softmax on Fashion-MNIST's validation",
        {"laptop": FLOOR_TUNING},
    ),
    Experiment(
        "fashion-floor-tuned",
        "section 2.2.7",
        "Fashion-MNIST with the floor tuned there too",
        {"laptop": _floor_tuned},
        "fashion-floor-tuning",
    ),
    Experiment(
        "normface-tuning",
        "section 2.2.5",
        "Smaller scales and larger rates for NormFace, on validation",
        {"laptop": NORMFACE_TUNING},
    ),
    Experiment(
        "normface-wider",
        "section 2.2.5",
        "m = 4 beside NormFace of the wider grid",
        {"laptop": _normface},
        "normface-tuning",
    ),
    Experiment(
        "softmax-decay-tuning",
        "section 2.2.7",
        "Larger decays for softmax, on validation",
        {"laptop": SOFTMAX_TUNING},
    ),
    Experiment(
        "softmax-wider",
        "Table 2.2",
        "m = 4 beside softmax of the wider grid",
        {"laptop": _softmax},
        "softmax-decay-tuning",
    ),
    Experiment(
        "small-scale-tuning",
        "section 2.2.5",
        "Margins at the scale where NormFace does best, on validation",
        {"laptop": lambda: _margin_tuning(*FAST_RATES)},
        "normface-tuning",
    ),
    Experiment(
        "small-scale",
        "section 2.2.5",
        "Margins at the scale where NormFace does best",
        {"laptop": _margin_at_widest},
        "small-scale-tuning",
    ),
    Experiment(
        "normface-fastest-tuning",
        "section 2.2.5",
        "Larger rates still for NormFace, on validation",
        {"laptop": FASTEST_TUNING},
    ),
    Experiment(
        "normface-fastest",
        "section 2.2.5",
        "m = 4 beside NormFace of the widest grid",
        {"laptop": _fastest},
        "normface-fastest-tuning",
    ),
    Experiment(
        "small-scale-fastest-tuning",
        "section 2.2.5",
        "Larger rates still for margins at the scale where NormFace does best, on validation",
        {"laptop": lambda: _margin_tuning(*FASTEST_RATES)},
        "normface-tuning",
    ),
    Experiment(
        "small-scale-fastest",
        "section 2.2.5",
        "Margins at that scale and any of these rates",
        {"laptop": _margin_at_fastest},
        "small-scale-fastest-tuning",
    ),
)
