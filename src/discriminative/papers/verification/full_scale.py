"""Faces at the papers' scale: two papers' networks on CASIA-WebFace, asked about the ten folds of LFW.

As printed: batches of 256; the thesis' network for about 30 epochs, the 27 layers of include-and-exclude for 28,000
steps, its rate of 0.1 divided by 10 at 16,000 and 24,000. What is left open, and what we chose: the thesis lowers its
rate when the loss stands still, here at the same shares of the run; margins end at a blend floor of 1, as on the
workhorse; terms have their first coefficient on characters, include-and-exclude a fifth of the rivals in a batch.
"""

from __future__ import annotations

from dataclasses import replace

from discriminative.papers.shared import steps
from discriminative.papers.verification.experiments import TERMS
from discriminative.runs import BlendSchedule, Head, Optimizer, Run, Schedule
from discriminative.study import Arm, Experiment

__all__ = ["FULL_SCALE", "THESIS", "TWENTY_SEVEN"]

IMAGES, BATCH = 494_414, 256
SEEDS = (0, 1, 2)
RIVALS = 51  # a fifth of the others in a batch
THESIS = Run(
    "casia-webface", "thesis-lfw", 512, Head("Softmax"), 0, batch_size=BATCH, precision="bfloat16",
    optimizer=Optimizer(0.1, weight_decay=5e-4), schedule=Schedule(steps(IMAGES, BATCH, 30), (4 / 7, 6 / 7)),
    fit_on="train+validation",
)  # fmt: skip
TWENTY_SEVEN = replace(THESIS, network="include-exclude-27", schedule=Schedule(28_000, (4 / 7, 6 / 7)))


def _margin(base: Run, margin: int) -> Run:
    return replace(base, head=Head("LSoftmax", {"margin": margin}), blend=BlendSchedule(1.0))


def _term(name: str) -> Run:
    changes, coefficients = TERMS[name]
    term = replace(changes["terms"][0], coefficient=coefficients[0])
    if "nearest" in term.arguments:
        term = replace(term, arguments={**term.arguments, "nearest": RIVALS})
    return replace(TWENTY_SEVEN, terms=(term,))


FULL_SCALE = (
    Experiment(
        "webface-thesis",
        "thesis, Table 2.5",
        "L-Softmax on CASIA-WebFace by the thesis' network, asked about LFW",
        {
            "paper": (
                Arm("softmax", THESIS, SEEDS),
                *(Arm(f"m={margin}", _margin(THESIS, margin), SEEDS) for margin in (2, 3, 4)),
            )
        },
    ),
    Experiment(
        "webface-include-exclude",
        "include-and-exclude, Table 6",
        "Include-and-exclude and its rivals on CASIA-WebFace by 27 layers, asked about LFW",
        {
            "paper": (
                Arm("softmax", TWENTY_SEVEN, SEEDS),
                Arm("m=4", _margin(TWENTY_SEVEN, 4), SEEDS),
                *(Arm(name, _term(name), SEEDS) for name in ("triplet loss", "center loss", "include-exclude loss")),
            )
        },
    ),
)
