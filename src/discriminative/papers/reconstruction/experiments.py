"""What is trained for feed-backward reconstruction: its loss, the direct penalty, heads that stand still, and controls.

Every arm at the workhorse takes the rate and the decay that validation chose for softmax, so that an arm differs from
the baseline by its term or by its head alone; a coefficient is swept, and every value of it is reported.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import Any, Literal, get_args

from discriminative.papers.reconstruction.full_scale import FULL_SCALE
from discriminative.papers.shared import DIGITS, SCALE_RATES, SCALES, SEEDS, WORKHORSE, control, steps, tuned
from discriminative.runs import TUNING_SEEDS, Head, Optimizer, Run, Schedule, Term
from discriminative.study import Arm, Experiment

__all__ = ["DECAYED", "EXPERIMENTS", "FROZEN", "LAMBDAS", "PENALTIES", "RESNET", "SPHERE"]

SOFTMAX = control("softmax")
FASHION: dict[str, Any] = {
    "dataset": "fashion-mnist", "train_size": 5000, "schedule": Schedule(steps(5000, 64, 10)),
}  # fmt: skip
LAMBDAS = (1e-3, 1e-2, 1e-1, 1.0, 3.0, 10.0)  # the last two came when validation had chosen 1, the end of the sweep
PENALTIES = (1e-3, 1e-2, 1e-1)
Frozen = Literal["orthonormal", "simplex", "random", "dependent"]
FROZEN: tuple[Frozen, ...] = get_args(Frozen)


def _reconstruction(run: Run, coefficient: float, **arguments: object) -> Run:
    return replace(run, terms=(Term("FeedBackwardReconstruction", coefficient, dict(arguments)),))


def _penalty(run: Run, coefficient: float, unit: bool = False) -> Run:
    return replace(run, terms=(Term("WeightSeparability", coefficient, {"unit": True} if unit else {}),))


RECONSTRUCTION = (
    SOFTMAX,
    *(Arm(f"L_re {c:g}", _reconstruction(SOFTMAX.run, c), SEEDS if c <= 1 else SEEDS[:6]) for c in LAMBDAS),
    Arm("L_re 1, features held", _reconstruction(SOFTMAX.run, 1.0, stop="features"), SEEDS),
    Arm("L_re 1, weights held", _reconstruction(SOFTMAX.run, 1.0, stop="weight"), SEEDS),
)
PENALTY = (
    SOFTMAX,
    *(Arm(f"e(W) {c:g}", _penalty(SOFTMAX.run, c), SEEDS) for c in PENALTIES),
    *(Arm(f"unit e(W) {c:g}", _penalty(SOFTMAX.run, c, unit=True), SEEDS) for c in (1e-1, 1.0)),
)
HEADS = (
    SOFTMAX,
    *(Arm(f"frozen {kind}", replace(SOFTMAX.run, fixed_weight=kind), SEEDS) for kind in FROZEN),
)


# A center loss of equal strength: where features and weights are small, the loss times lambda is lambda / 2D of the
# squared distance, a center loss times lambda / D. Its centre is the class weight ("tied"), or one of its own, whose
# rate makes up for the coefficient: a sample moves it by half its distance, divided by the batch.
def _center(coefficient: float, tied: bool) -> Run:
    strength = coefficient / SOFTMAX.run.feature_dim
    term = Term("TiedCenterLoss", strength) if tied else Term("CenterLoss", strength, rate=0.5 / strength)
    return replace(SOFTMAX.run, terms=(term,))


# The same with its centres at the origin, where they begin, for good: it shortens features and pulls them to no class.
def _origin(coefficient: float) -> Run:
    return replace(SOFTMAX.run, terms=(Term("CenterLoss", coefficient / SOFTMAX.run.feature_dim, rate=0.0),))


ORIGIN = Arm("origin center as L_re 1", _origin(1.0), SEEDS)
# Swept as the loss is, and on other data at the settings of the workhorse, beside the loss.
ORIGINS = (
    SOFTMAX,
    *(Arm(f"origin center as L_re {c:g}", _origin(c), SEEDS if c <= 1 else SEEDS[:6]) for c in (0.1, 1.0, 3.0, 10.0)),
    Arm("L_re 0.1", _reconstruction(SOFTMAX.run, 0.1), SEEDS),
)
ON_FASHION = tuple(
    Arm(arm.name, replace(arm.run, **FASHION), SEEDS)
    for arm in (SOFTMAX, Arm("L_re 1", _reconstruction(SOFTMAX.run, 1.0), SEEDS), ORIGIN)
)


# A pull to the origin of the strength, and beside it the very run, of the center loss that its own tuning chose.
CENTER = Arm("own center as L_re 3.2", replace(SOFTMAX.run, terms=(Term("CenterLoss", 0.05, rate=0.5),)), SEEDS)
STRENGTH = (SOFTMAX, CENTER, Arm("origin center as L_re 3.2", _origin(3.2), SEEDS))
# The larger coefficients, of which runs diverge at softmax's rate, at two fifths of it.
SLOW = replace(SOFTMAX.run, optimizer=replace(SOFTMAX.run.optimizer, rate=0.02))
SLOWER = (
    Arm("softmax", SLOW, SEEDS[:6]),
    *(Arm(f"L_re {c:g}", _reconstruction(SLOW, c), SEEDS[:6]) for c in (3.0, 10.0)),
)


CENTERS = (
    SOFTMAX,
    *(Arm(f"L_re {c:g}", _reconstruction(SOFTMAX.run, c), SEEDS) for c in (1e-3, 1.0)),
    *(
        Arm(f"{'tied' if tied else 'own'} center as L_re {c:g}", _center(c, tied), SEEDS)
        for tied in (True, False)
        for c in (1e-3, 1.0)
    ),
)

# Figure 4: other losses at the settings that validation chose for each, center loss as above.
OTHERS = (
    SOFTMAX,
    *(control(name) for name in ("NormFace", "weight-normalised", "m=2", "m=4")),
    *CENTERS[1:],
    PENALTY[2],
)

# The paper's own l2-norm softmax: features of one length, weights free (NormFace holds both). Its scale and rate are
# chosen as NormFace's were, from as many and the same values. Decay alone changes the length of weights and so e(W):
# softmax at the decay of the losses that validation chose no decay for stands beside them.
SPHERE, DECAYED = "l2-norm softmax", "softmax at decay 0.0005"
SPHERE_TUNING = tuple(
    Arm(
        f"{SPHERE} rate {rate:g} s={scale:g}",
        replace(WORKHORSE, head=Head("L2ConstrainedSoftmax", {"scale": scale}), optimizer=Optimizer(rate)),
        TUNING_SEEDS,
    )
    for scale, rate in product(SCALES, SCALE_RATES)
)
OWN_FOUR = (
    SOFTMAX,
    Arm(DECAYED, replace(SOFTMAX.run, optimizer=control("m=4").run.optimizer), SEEDS),
    *tuned(SPHERE_TUNING, (SPHERE,), SEEDS),
    *(control(name) for name in ("m=2", "m=4")),
    next(arm for arm in CENTERS if arm.name == "own center as L_re 1"),
)

# ResNet-20 on a CPU: 5,000 images for 4 epochs and not 50,000 for 300. Rate, momentum and decay are the paper's, the
# batch is half its 128, and the rate drops at two thirds and five sixths. A coefficient of 1 is the one that the
# validation images of the workhorse choose.
RESNET = Run(
    "cifar10", "resnet-20", 64, Head("Softmax"), 0, train_size=5000, batch_size=64,
    optimizer=Optimizer(0.1, weight_decay=1e-4), schedule=Schedule(steps(5000, 64, 4)),
)  # fmt: skip


def _on_cifar(plain: Run) -> tuple[Arm, ...]:
    return (
        Arm("softmax", plain, SEEDS[:5]),
        *(Arm(f"L_re {c:g}", _reconstruction(plain, c), SEEDS[:5]) for c in (1e-3, 1.0)),
        Arm("e(W) 0.01", _penalty(plain, 1e-2), SEEDS[:5]),
    )


# Twice the images and five times the epochs: whether what the short runs say is of their shortness.
LONGER = replace(RESNET, train_size=10_000, schedule=Schedule(steps(10_000, 64, 20)))

# Figure 2: the digits 0, 1 and 5, the classifier standing still, a draw of it a seed.
THREE = replace(SOFTMAX.run, classes=(0, 1, 5), train_size=600, schedule=Schedule(steps(600, 64, 10)))

# The same with the paper's 10 features, where the contrast is large, and entries of the variance of U[-1, 1], which is
# 1/3 (a head starts from normal entries of the variance 2/10). The paper has ten columns and shows three digits; a run
# of three digits has three columns. The third arm has the mean squared length of the second and the angles of the
# first. Long still columns may not train at softmax's rate: a fifth of it stands beside, with random columns of one
# length, unit and lengthened, as the second's are not of one.
DRAWN = math.sqrt(1 / 3 / (2 / 10))


def _drawn(run: Run, rate: float | None = None) -> tuple[Arm, ...]:
    optimizer = run.optimizer if rate is None else replace(run.optimizer, rate=rate)
    small = replace(run, feature_dim=10, optimizer=optimizer)
    orthonormal, random = (replace(small, fixed_weight=kind) for kind in ("orthonormal", "random"))
    found = (
        Arm("frozen orthonormal", orthonormal, SEEDS[:6]),
        Arm("frozen as drawn", replace(small, trainable="network", head_start=DRAWN), SEEDS[:6]),
        Arm("frozen orthogonal, lengthened", replace(orthonormal, feature_scale=math.sqrt(10 / 3)), SEEDS[:6]),
    )
    if rate is None:
        return found
    return (
        *found,
        Arm("frozen random", random, SEEDS[:6]),
        Arm("frozen random, lengthened", replace(random, feature_scale=math.sqrt(10 / 3)), SEEDS[:6]),
    )


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
        "section 4.2",
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
    Experiment(
        "reconstruction-drawn",
        "Figure 2",
        "Three digits, 10 features, before a classifier that stands still: orthonormal, or with entries as drawn",
        {"laptop": _drawn(THREE)},
    ),
    Experiment(
        "reconstruction-drawn-ten",
        "Figure 2",
        "Ten digits, 10 features, before a classifier that stands still: orthonormal, or with entries as drawn",
        {"laptop": _drawn(SOFTMAX.run)},
    ),
    *(
        Experiment(
            f"reconstruction-drawn{ending}-slower",
            "Figure 2",
            f"{told} digits, 10 features, before a classifier that stands still, at a fifth of the rate",
            {"laptop": _drawn(run, 0.01)},
        )
        for ending, told, run in (("", "Three", THREE), ("-ten", "Ten", SOFTMAX.run))
    ),
    Experiment(
        "reconstruction-slower",
        "Equation 10",
        "The reconstruction loss at larger coefficients, at two fifths of the rate",
        {"laptop": SLOWER},
    ),
    Experiment(
        "reconstruction-strength",
        "section 5, Analysis",
        "A pull of all features to the origin, as strong as the center loss that its own tuning chose",
        {"laptop": STRENGTH},
    ),
    Experiment(
        "reconstruction-center",
        "Equation 10",
        "A center loss of equal strength beside the reconstruction loss",
        {"laptop": (*CENTERS, ORIGIN)},
    ),
    Experiment(
        "reconstruction-origin",
        "section 5, Analysis",
        "A pull of all features to the origin, its strength swept",
        {"laptop": ORIGINS},
    ),
    Experiment(
        "reconstruction-origin-fashion",
        "section 5, Analysis",
        "The loss at 1 and a pull to the origin of its strength on 5,000 images of Fashion-MNIST",
        {"laptop": ON_FASHION},
    ),
    Experiment("reconstruction-figure-4", "Figure 4", "The losses of Figure 4 at the workhorse", {"laptop": OTHERS}),
    Experiment(
        "reconstruction-sphere-tuning",
        "Figure 4",
        "Scale and rate of the l2-norm softmax on validation",
        {"laptop": SPHERE_TUNING},
    ),
    Experiment(
        "reconstruction-own-four",
        "Figure 4",
        "The four losses that Figure 4 names, and softmax at the decay of the others",
        {"laptop": OWN_FOUR},
        after="reconstruction-sphere-tuning",
    ),
    Experiment(
        "reconstruction-resnet",
        "Figures 3 and 6",
        "ResNet-20 on 5,000 CIFAR-10 images, 4 epochs",
        {"laptop": _on_cifar(RESNET)},
    ),
    Experiment(
        "reconstruction-resnet-longer",
        "Figures 3 and 6",
        "ResNet-20 on 10,000 CIFAR-10 images, 20 epochs",
        {"laptop": _on_cifar(LONGER)},
    ),
    *FULL_SCALE,
)
