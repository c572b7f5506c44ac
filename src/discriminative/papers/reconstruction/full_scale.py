"""Tables 1 and 2 at the paper's scale: five networks on CIFAR-10 and CIFAR-100, with and without crops and flips.

As printed: SGD, momentum 0.9, batches of 128, 300 epochs, rate 0.1 divided by 10 at 100, 200 and 250, each network with
and without the loss at 0.001. What the paper leaves open, and what we chose: its "learning rate decay of 0.0001" is a
weight decay; "simple data augmentation" pads by 4, crops and flips; the final fit uses all 50,000 images; the networks
are those of their sources (``cifar_networks``), which at this rate may diverge where they have no batch norm: an
outcome. A schedule of a fifth of the epochs stands beside. CASIA-WebFace, which Table 2 needs, is no longer
distributed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from discriminative.cifar_networks import WIDTHS
from discriminative.networks import flops
from discriminative.papers.shared import steps
from discriminative.runs import Head, Optimizer, Run, Schedule, Term
from discriminative.study import Arm, Experiment

__all__ = ["FACES", "FULL_SCALE", "ROWS", "face_hours", "waiting"]

# The rows of Table 1, without the loss and with it, by our network.
ROWS = {
    "network-in-network": ("Network in Network (Lin, Chen, and Yan 2013)", "Network in Network+Lre"),
    "vgg-16": ("VGG-16 (Simonyan and Zisserman 2014)", "VGG-16+Lre"),
    "highway-11": ("Highway Network (Srivastava, Greff, and Schmidhuber 2015)", "Highway Network+Lre"),
    "resnet-32": ("ResNet-32 (He et al. 2016)", "ResNet-32+Lre"),
    "densenet-40": ("DenseNet-40 (k = 12) (Huang et al. 2017)", "DenseNet-40+Lre (k = 12)"),
}
SEEDS = tuple(range(5))
DROPS = (1 / 3, 2 / 3, 5 / 6)
COLUMNS = {
    "C10": ("cifar10", False),
    "C10+": ("cifar10", True),
    "C100": ("cifar100", False),
    "C100+": ("cifar100", True),
}


def _run(network: str, dataset: str, augmented: bool, epochs: int) -> Run:
    return Run(
        dataset, network, WIDTHS[network], Head("Softmax"), 0, batch_size=128, precision="bfloat16",
        optimizer=Optimizer(0.1, weight_decay=1e-4), schedule=Schedule(steps(50_000, 128, epochs), DROPS),
        augmentation=("crop4", "flip") if augmented else (), fit_on="train+validation",
    )  # fmt: skip


def _pairs(column: str, epochs: int, networks: Sequence[str] = tuple(ROWS)) -> tuple[Arm, ...]:
    term = (Term("FeedBackwardReconstruction", 1e-3),)
    arms = []
    for network in networks:
        run, (without, with_loss) = _run(network, *COLUMNS[column], epochs), ROWS[network]
        arms += [
            Arm(f"softmax {network}", run, SEEDS, without),
            Arm(f"L_re 0.001 {network}", replace(run, terms=term), SEEDS, with_loss),
        ]
    return tuple(arms)


def _name(column: str) -> str:
    return f"reconstruction-{column.lower().replace('+', '-plus')}"


FULL_SCALE = (
    *(
        Experiment(
            _name(column), "Table 1", f"{column} at the paper's scale, 300 epochs", {"paper": _pairs(column, 300)}
        )
        for column in COLUMNS
    ),
    *(
        Experiment(
            f"{_name(column)}-short",
            "Table 1",
            f"{column} in a fifth of the epochs, ResNet-32 and DenseNet-40",
            {"paper": _pairs(column, 60, ("resnet-32", "densenet-40"))},
        )
        for column in COLUMNS
    ),
)

FACES = 494_414
TABLE_2_ROWS, FACE_EPOCHS = 12, 30  # as many epochs as the thesis trains faces for


def face_hours() -> float:
    """Hours of a GPU for the rows of Table 2, one seed each, on the thesis' network for faces."""
    return TABLE_2_ROWS * FACES * FACE_EPOCHS * flops("thesis-lfw", 512) / 150e12 / 3600


def waiting(names: Sequence[str] = ()) -> list[str]:
    """Table 2, which no plan can list."""
    if names and not any(name.startswith("reconstruction-c") for name in names):
        return []
    return [
        f"  reconstruction, Table 2: {TABLE_2_ROWS} rows, one seed each, on the thesis' network for faces about "
        f"{face_hours():.0f} GPU-hours, wait for CASIA-WebFace"
    ]
