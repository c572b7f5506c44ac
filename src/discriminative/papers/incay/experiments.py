"""What is trained for the feature-incay paper: its tables and figures, and the controls that it lacks.

At ``laptop`` everything is the workhorse of the book: LeNet with a 64-d feature on 2,000 MNIST images, 10 epochs. Where
an arm is not tuned itself it has the rate and the weight decay that validation chose for plain softmax, so that
nothing but the named change differs. RN is the paper's reciprocal norm loss, LogN and LN its logarithmic and linear
forms; every epsilon is 1e-3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

from discriminative.papers.shared import BASES, DIGITS, SEEDS, SMALL_CIFAR, control, steps
from discriminative.runs import TUNING_SEEDS, BlendSchedule, Head, Optimizer, Run, Schedule, Term
from discriminative.study import Arm, Experiment, Tuning

__all__ = ["EXPERIMENTS", "LAMBDAS", "TUNINGS", "incay"]

FEW, FEWER = tuple(range(5)), tuple(range(3))
LAMBDAS = (1.0, 0.1, 0.01)  # the paper's three
FORMS = {"RN": ("reciprocal", LAMBDAS), "LogN": ("log", (0.1, 0.01, 0.001)), "LN": ("linear", (1e-4, 1e-5, 1e-6))}
RATES = (0.01, 0.03, 0.05, 0.1)  # those that plain softmax was tuned over
SOFTMAX = control("softmax")  # tuned over as many configurations, 20 seeds; the whole book's baseline


def incay(coefficient: float, form: str = "reciprocal", upper: float | None = None, **when: Any) -> tuple[Term, ...]:
    """Feature incay as a run's only term."""
    arguments: dict[str, Any] = {} if form == "reciprocal" else {"form": form}
    if upper is not None:
        arguments["upper"] = upper
    return (Term("FeatureIncay", coefficient, arguments, **when),)


def _with(base: Run, *terms: Term) -> Run:
    return replace(base, terms=terms)


# ---------------------------------------------------------------------------------------------------------------------
# Tuning: twelve configurations a form on validation, three coefficients by four rates, at the decay that softmax chose
# from twelve of its own.


def _configurations() -> Iterator[Arm]:
    for name, (form, coefficients) in FORMS.items():
        for coefficient, rate in product(coefficients, RATES):
            settings = replace(SOFTMAX.run.optimizer, rate=rate)
            run = replace(SOFTMAX.run, terms=incay(coefficient, form), optimizer=settings)
            yield Arm(f"{name} lambda={coefficient:g} rate {rate:g}", run, TUNING_SEEDS)


INCAY_TUNING = Tuning(
    "incay-tuning",
    "section 4.1",
    "Coefficient and rate of incay on validation",
    tuple(_configurations()),
    {
        "RN": "RN lambda=0.01 rate 0.05",
        "LogN": "LogN lambda=0.001 rate 0.05",
        "LN": "LN lambda=1e-06 rate 0.05",
    },
)
TUNINGS = (INCAY_TUNING,)
TUNED = (SOFTMAX, *(INCAY_TUNING.arm(form, len(SEEDS)) for form in INCAY_TUNING.chosen))


# ---------------------------------------------------------------------------------------------------------------------
# The workhorse, and what of a run the force is felt in.

# Table 3 without a tuning between: RN at the paper's coefficients. That of 0 trains exactly as softmax does, but its
# records hold what a term's records hold: norms, and what incay would pull.
BY_LAMBDA = tuple(
    Arm(f"RN lambda={coefficient:g}", _with(SOFTMAX.run, *incay(coefficient)), SEEDS, row)
    for coefficient, row in ((0.0, "λ = 0"), (0.01, "λ = 0.01"), (0.1, "λ = 0.1"), (1.0, "λ = 1"))
)
LATE: tuple[tuple[float, str, dict[str, Any], tuple[int, ...]], ...] = (
    (0.1, "after a tenth", {"starts": 0.1}, SEEDS),
    (1.0, "after a tenth", {"starts": 0.1}, FEW),
    (1.0, "first tenth only", {"stops": 0.1}, FEW),
    (1.0, "after two thirds", {"starts": 2 / 3}, FEWER),
)
WHEN = (
    SOFTMAX,
    *(Arm(f"RN lambda={c:g} {told}", _with(SOFTMAX.run, *incay(c, **when)), seeds) for c, told, when, seeds in LATE),
)

# The same norms without incay, and other ways to make norms or logits larger. The numbers were set under a tuning seed,
# to move the norm by about as much as RN with lambda = 1 does, a fifth to a quarter.
CONTROLS = (
    SOFTMAX,
    BY_LAMBDA[-1],
    Arm("scale 0.75", replace(SOFTMAX.run, feature_scale=0.75), FEW),
    Arm("head decay 0.007", replace(SOFTMAX.run, optimizer=replace(SOFTMAX.run.optimizer, head_decay=0.007)), FEW),
    Arm("head start 0.5", replace(SOFTMAX.run, head_start=0.5), FEWER),
)

# More than the paper's coefficients, before the non-linearity, and with the threshold of section 3.4: (1 + sqrt 2)
# times the mean norm, 15.6 under a tuning seed; and one at that mean, which leaves the longer half alone.
FURTHER = (
    SOFTMAX,
    Arm("RN lambda=10", _with(SOFTMAX.run, *incay(10.0)), FEWER),
    Arm("LogN lambda=0.1", _with(SOFTMAX.run, *incay(0.1, "log")), FEWER),
    Arm("LN lambda=0.0001", _with(SOFTMAX.run, *incay(1e-4, "linear")), FEWER),
    Arm("RN lambda=1 before PReLU", _with(SOFTMAX.run, *incay(1.0, on="preactivation")), FEWER),
    Arm("RN lambda=1 below 37.7", _with(SOFTMAX.run, *incay(1.0, upper=37.7)), FEWER),
    Arm("RN lambda=1 below 15.6", _with(SOFTMAX.run, *incay(1.0, upper=15.6)), FEWER),
)


def _beside(name: str, coefficient: float, seeds: tuple[int, ...] = FEWER) -> Arm:
    return Arm(f"{name} + RN lambda={coefficient:g}", _with(control(name).run, *incay(coefficient)), seeds)


MARGINS = (
    *(control(name) for name in ("m=2", "m=4", "A-Softmax m=4", "NormFace")),
    *(_beside("m=4", coefficient, FEW if coefficient == 0.1 else FEWER) for coefficient in (0.1, 1.0)),
    _beside("m=2", 0.1),
    _beside("A-Softmax m=4", 0.1),
    _beside("NormFace", 0.1),
    _beside("NormFace", 1.0),
)

# ---------------------------------------------------------------------------------------------------------------------
# Tables 4 and 7: the feature scaled, at three rates, for where it diverges; the weight decay, with and without a scale.

SCALES = (1, 2, 4, 6, 8, 12)
SCALE = tuple(
    Arm(
        f"scale {scale} rate {rate:g}",
        replace(SOFTMAX.run, feature_scale=float(scale), optimizer=replace(SOFTMAX.run.optimizer, rate=rate)),
        FEWER,
    )
    for rate, scale in product((0.05, 0.01, 0.002), SCALES)
)
DECAYS = (1e-5, 5e-5, 5e-4, 2e-3, 5e-3)


def _decay(decay: float, scale: float = 1.0) -> Run:
    return replace(SOFTMAX.run, feature_scale=scale, optimizer=replace(SOFTMAX.run.optimizer, weight_decay=decay))


DECAY = (
    *(Arm(f"decay {decay:g}", _decay(decay), FEWER) for decay in DECAYS),
    *(Arm(f"decay {decay:g} scale 0.5", _decay(decay, 0.5), FEWER) for decay in (1e-5, 5e-4, 5e-3)),
)

# ---------------------------------------------------------------------------------------------------------------------
# Other data: Fashion-MNIST at the settings of the workhorse, and Caffe's quick network on 4,000 images of CIFAR-10.

FASHION = tuple(
    Arm(
        arm.name,
        replace(arm.run, dataset="fashion-mnist", train_size=5000, schedule=Schedule(steps(5000, 64, 10))),
        FEWER,
    )
    for arm in (*BY_LAMBDA[:1], *BY_LAMBDA[2:])
)
CIFAR_MARGIN = replace(SMALL_CIFAR, head=Head("LSoftmax", {"margin": 2}), blend=BlendSchedule(1.0))
CIFAR = (
    *(Arm(f"RN lambda={c:g}", _with(SMALL_CIFAR, *incay(c)), FEW) for c in (0.0, 0.1, 1.0)),
    Arm("m=2", CIFAR_MARGIN, FEW),
    Arm("m=2 + RN lambda=0.1", _with(CIFAR_MARGIN, *incay(0.1)), FEW),
)

# ---------------------------------------------------------------------------------------------------------------------
# Digits, for every build of the book.

QUICK = tuple(
    Arm(f"RN lambda={coefficient:g}", _with(DIGITS, *incay(coefficient)), FEW) for coefficient in (0.0, 0.1, 1.0)
)
QUICK_WHEN = (
    Arm("RN lambda=1 after a tenth", _with(DIGITS, *incay(1.0, starts=0.1)), FEW),
    Arm("RN lambda=1 first tenth only", _with(DIGITS, *incay(1.0, stops=0.1)), FEW),
)

# ---------------------------------------------------------------------------------------------------------------------
# The paper's own scale, on a GPU: section 4.1 with the networks of Table 8, which are the thesis' but for their widths.
# Where the paper is silent (batches, steps, batch norm, activation, m of L-Softmax, the floor of a blend) these runs
# are as the thesis' in ``full_scale``. The rate drops "when the training error stops decreasing"; ours at fixed steps.


def _paper(network: str, dataset: str, dimension: int) -> tuple[Arm, ...]:
    base = replace(
        BASES["2.3"], dataset=dataset, network=network, feature_dim=dimension, augmentation=("flip",),
        optimizer=Optimizer(), schedule=Schedule(18_000, (0.5, 0.75, 0.9)),
    )  # fmt: skip
    margin = replace(base, head=Head("LSoftmax", {"margin": 4}), blend=BlendSchedule(1.0))
    return (
        Arm("softmax", base, FEW, "Softmax"),
        *(Arm(f"RN lambda={c:g}", _with(base, *incay(c)), FEW, "RN + Softmax" if c == 0.1 else None) for c in LAMBDAS),
        Arm("m=4", margin, FEW, "L-Softmax"),
        *(
            Arm(f"m=4 + RN lambda={c:g}", _with(margin, *incay(c)), FEW, "RN + L-Softmax" if c == 0.1 else None)
            for c in LAMBDAS
            if c == 0.1 or dataset == "cifar10"
        ),
        *(
            Arm(f"{name} lambda={c:g}", _with(base, *incay(c, form)), FEWER)
            for name, form, c in (("LogN", "log", 0.01), ("LN", "linear", 1e-6))
        ),
        *(
            Arm(f"scale {scale}", replace(base, feature_scale=float(scale)), FEWER)
            for scale in (2, 4, 6, 8, 12)
            if dataset == "cifar10"
        ),
        *(
            Arm(f"decay {decay:g}", replace(base, optimizer=Optimizer(weight_decay=decay)), FEWER)
            for decay in (1e-5, 5e-5, 5e-3)
            if dataset == "cifar10"
        ),
    )


FULL_SCALE = (
    ("incay-paper-mnist", "MNIST at the paper's scale", _paper("thesis-mnist", "mnist", 256)),
    ("incay-paper-cifar10", "CIFAR-10 at the paper's scale", _paper("incay-cifar10", "cifar10", 512)),
    ("incay-paper-cifar100", "CIFAR-100 at the paper's scale", _paper("incay-cifar100", "cifar100", 512)),
)

EXPERIMENTS = (
    Experiment("incay-lambda", "Table 3", "RN at the paper's coefficients", {"quick": QUICK, "laptop": BY_LAMBDA}),
    Experiment(
        "incay-when", "section 3.3", "Incay from the start, late, and early only",
        {"quick": QUICK_WHEN, "laptop": WHEN},
    ),
    Experiment("incay-forms", "Tables 2 and 6", "The three forms, tuned", {"laptop": TUNED}, after="incay-tuning"),
    Experiment("incay-controls", "Table 4", "The same norm without incay", {"laptop": CONTROLS}),
    Experiment("incay-margins", "Table 2", "Incay beside other heads", {"laptop": MARGINS}),
    Experiment("incay-scale", "Table 4", "The feature scaled, at three rates", {"laptop": SCALE}),
    Experiment("incay-further", "section 3.4", "Larger coefficients, thresholds, before PReLU", {"laptop": FURTHER}),
    Experiment("incay-decay", "Table 7", "Weight decay, with and without a scale", {"laptop": DECAY}),
    Experiment("incay-fashion", "Figure 6", "5,000 images of Fashion-MNIST", {"laptop": FASHION}),
    Experiment("incay-cifar", "Figures 1 to 6", "4,000 CIFAR-10 images, quick network", {"laptop": CIFAR}),
    *(Experiment(name, "Tables 2 to 7", title, {"paper": arms}) for name, title, arms in FULL_SCALE),
)  # fmt: skip
