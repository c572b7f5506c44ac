"""What is trained for the thesis' Chapter 2, table by table and figure by figure."""

from __future__ import annotations

from dataclasses import replace

from discriminative.papers.shared import (
    DIGITS,
    FAMILY,
    FAMILY_TUNING,
    FLOORS,
    MARGIN_TUNING,
    MARGINS,
    WORKHORSE_ARMS,
    arm_name,
    margin_head,
    named,
    steps,
    table_row,
)  # fmt: skip
from discriminative.papers.thesis.alike import ALIKE
from discriminative.papers.thesis.answers import ANSWERS
from discriminative.papers.thesis.blend import BLEND, LITERAL, LONGER, PURE_TUNING
from discriminative.papers.thesis.full_scale import FULL_SCALE
from discriminative.papers.thesis.wider import WIDER
from discriminative.runs import TUNING_SEEDS, BlendSchedule, Head, Optimizer, Run, Schedule
from discriminative.study import Arm, Experiment, Tuning

__all__ = ["EXPERIMENTS", "TUNINGS"]

# ---------------------------------------------------------------------------------------------------------------------
# LeNet with the feature of Caffe's example, 500 wide, on the whole of MNIST, 5 epochs. Three configurations each, one
# tuning seed, on validation: softmax over rate and decay, each margin over its floors at the rate the workhorse chose.

WHOLE = Run("mnist", "lenet", 500, Head("Softmax"), 0, batch_size=64, schedule=Schedule(steps(55_000, 64, 5)))

_TRIED = ("softmax rate 0.05 decay 0.002", "softmax rate 0.05 decay 0.0005", "softmax rate 0.03 decay 0.0005")

WHOLE_TUNING = Tuning(
    "whole-tuning",
    "section 2.2.7",
    "The same on the whole of MNIST",
    tuple(
        Arm(
            arm.name,
            replace(WHOLE, head=arm.run.head, optimizer=arm.run.optimizer, blend=arm.run.blend),
            TUNING_SEEDS[:1],
        )
        for arm in MARGIN_TUNING.arms
        if arm.name in (*_TRIED, *(MARGIN_TUNING.chosen[arm_name(m, floor)] for m in MARGINS for floor in FLOORS))
    ),
    {
        "softmax": "softmax rate 0.03 decay 0.0005",
        "m=2": "m=2 floor 5 rate 0.05",
        "m=3": "m=3 floor 1 rate 0.05",
        "m=4": "m=4 floor 5 rate 0.05",
    },
)

# ---------------------------------------------------------------------------------------------------------------------
# Digits, and 2-D features for Figure 2.2.


def _digits(margin: int, feature_dim: int = 32) -> Run:
    return replace(
        DIGITS,
        network="mlp" if feature_dim > 2 else "mlp-linear",
        feature_dim=feature_dim,
        head=margin_head(margin),
        blend=None if margin == 1 else BlendSchedule(1.0),
        schedule=Schedule(480 if feature_dim > 2 else 1600),
    )


def _plane(margin: int) -> Run:
    return replace(
        WHOLE,
        network="lenet-linear",
        feature_dim=2,
        head=margin_head(margin),
        optimizer=Optimizer(0.01),  # at 0.03 every arm diverged within twenty steps: those records are kept
        blend=None if margin == 1 else BlendSchedule(1.0),
    )


ALL = (1, *MARGINS)

EXPERIMENTS = (
    Experiment(
        "workhorse",
        "Table 2.2",
        "L-Softmax against softmax where twelve seeds can tell",
        {
            "quick": tuple(Arm(arm_name(m), _digits(m), tuple(range(5)), table_row(m)) for m in ALL),
            "laptop": WORKHORSE_ARMS,
        },
    ),
    Experiment(
        "table-2-2",
        "Table 2.2",
        "L-Softmax against softmax on the whole of MNIST",
        {"laptop": tuple(WHOLE_TUNING.arm(arm_name(m), 5, table_row(m)) for m in ALL)},
    ),
    Experiment(
        "figure-2-2",
        "Figure 2.2",
        "Two-dimensional features for m = 1 to 4",
        {
            "quick": tuple(Arm(f"m={m}", _digits(m, feature_dim=2), (0,)) for m in ALL),
            "laptop": tuple(Arm(f"m={m}", _plane(m), tuple(range(12))) for m in ALL),
        },
    ),
    Experiment("blend", "section 2.2.7", "What the blend is worth", {"laptop": BLEND}),
    Experiment("longer", "section 2.2.7", "Twice the steps", {"laptop": LONGER}),
    Experiment("literal", "Part I", "Literal ArcFace at large margins and scales", {"laptop": LITERAL}),
    Experiment(
        "curve-500",
        "section 2.2.5",
        "Eight losses on 500 images, as many steps as on 2,000",
        {"laptop": named(train_size=500)},
    ),
    Experiment(
        "curve-8000",
        "section 2.2.5",
        "Eight losses on 8,000 images, 10 epochs",
        {"laptop": named(train_size=8000, schedule=Schedule(steps(8000, 64, 10)))},
    ),
    Experiment(
        "fashion",
        "Table 2.2",
        "Eight losses on 5,000 images of Fashion-MNIST, 10 epochs",
        {"laptop": named(dataset="fashion-mnist", train_size=5000, schedule=Schedule(steps(5000, 64, 10)))},
    ),
    Experiment("family", "Part I", "The whole family of margin losses, one budget", {"laptop": FAMILY}),
    *ANSWERS,
    *WIDER,
    *ALIKE,
    *FULL_SCALE,
)

TUNINGS = (FAMILY_TUNING, MARGIN_TUNING, PURE_TUNING, WHOLE_TUNING)
