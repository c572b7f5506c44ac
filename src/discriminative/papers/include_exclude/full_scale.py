"""The rows [P] of Tables 3 and 4: WRN-28-10, softmax from the start and the other losses fine-tuned from it.

As printed: WRN-28-10 "with some differences", batches of 128, and on CIFAR-10 "the standard data augmentation", here
crops padded by 4 and flips; flips alone on CIFAR-100; the other losses "fine-tune ... from the softmax baseline model".

What the paper leaves open, and what we chose:

- the differences: none, the network is its source's (``cifar_networks``), without dropout;
- rate, decay and length of the baseline: its source's, 0.1 divided by 5 at 60, 120 and 160 of 200 epochs, 5e-4; plain
  momentum of 0.9, as the paper has it, where the source's is Nesterov's;
- rate and length of the fine-tuning: another 100 epochs, from a fifth of the first rate, divided by 5 at 40 and 70. A
  baseline goes on as long without a term, which the paper's does not: that alone may gain;
- lambda: no sweep is printed for these rows, so they take the one that the normal network of the data set has; the rest
  is as there;
- global contrast normalization, on CIFAR-10: ours is by mean and deviation alone;
- the final fit uses all 50,000 images, and trains in bfloat16.
"""

from __future__ import annotations

from dataclasses import replace

from discriminative.papers.include_exclude.experiments import BEST_PRINTED, included, with_term
from discriminative.papers.shared import steps
from discriminative.runs import Head, Optimizer, Run, Schedule, Stage
from discriminative.study import Arm, Experiment

__all__ = ["BASELINE", "POWERFUL", "powerful_rows"]

SEEDS = (0, 1, 2)
EPOCHS, MORE = 200, 100
BASELINE = Run(
    "cifar10", "wide-resnet-28-10", 640, Head("Softmax"), 0, batch_size=128, precision="bfloat16",
    optimizer=Optimizer(0.1), schedule=Schedule(steps(50_000, 128, EPOCHS), (0.3, 0.6, 0.8), 0.2),
    augmentation=("crop4", "flip"), fit_on="train+validation",
)  # fmt: skip
# The baseline, whose rate is then a 125th of the first, and as much again at 25 times that.
LONGER = Schedule(
    steps(50_000, 128, EPOCHS + MORE), tuple(epoch / (EPOCHS + MORE) for epoch in (60, 120, 160, 240, 270)), 0.2
)


def _powerful(dataset: str, coefficient: float) -> tuple[Arm, ...]:
    base = replace(BASELINE, dataset=dataset, augmentation=("crop4", "flip") if dataset == "cifar10" else ("flip",))
    on = replace(base, schedule=LONGER, stages=(Stage(EPOCHS / (EPOCHS + MORE), rate=25.0),))
    late = {"starts": EPOCHS / (EPOCHS + MORE)}
    return (
        Arm("softmax", base, SEEDS, "Softmax [P]"),
        Arm("softmax for as long", on, SEEDS),
        Arm("L-Softmax added", with_term(on, "AddedLSoftmax", 1.0, margin=4, **late), SEEDS, "L-Softmax [P]"),
        Arm("center", with_term(on, "CenterLoss", coefficient, 0.5, **late), SEEDS, "Center [P]"),
        Arm("A.1", included(on, "A.1", coefficient, 0.5, **late), SEEDS, "IE [P]"),
        Arm("Eq. 6", included(on, "Eq. 6", coefficient, 0.5, **late), SEEDS),
    )


POWERFUL = tuple(
    Experiment(
        f"ie-table-{number}-powerful",
        f"Table {number}",
        f"{title}, WRN-28-10 and fine-tuning from it",
        {"paper": _powerful(dataset, coefficient)},
    )
    for number, dataset, title, coefficient in BEST_PRINTED
    if dataset != "mnist"
)


def powerful_rows(table: str) -> dict[str, tuple[str, str]]:
    """Of Table 3 or 4: the experiment and the arm of each row [P]."""
    (found,) = (item for item in POWERFUL if item.place == f"Table {table}")
    return {arm.row: (found.name, arm.name) for arm in found.at("paper") if arm.row}
