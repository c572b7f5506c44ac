"""The thesis' claims as tests over records. Criteria are fixed here before the records that they read exist.

C-LSM1 is confirmatory: the error of L-Softmax with m = 4, its blend floor and rate chosen on validation under the
tuning seeds, against softmax with rate and decay chosen likewise, over 12 paired seeds, by the log ratio of the
errors; the paper's effect is ln(0.40 / 0.31), the smallest that counts a third of it. So is its repetition on
Fashion-MNIST, C-LSM1f, at the settings of the workhorse. So are C-LSM2, C-LSM3 and C-LSM4: the
same comparison at the thesis' own scale on CIFAR-10, on CIFAR-10 with crops and flips, and on CIFAR-100, over five
paired seeds, the floor chosen as ``full_scale`` says. All others are exploratory. C-TH4 needs no record: it is proved.
"""

from __future__ import annotations

from typing import Any

from discriminative.papers import printed
from discriminative.study import Claim, Fewer, Less, More, Proved, Within

__all__ = ["CLAIMS"]

SMALL, WHOLE = "2,000 MNIST images, LeNet-64", "55,000 MNIST images, LeNet-500"
FASHION, PLANE = "5,000 Fashion-MNIST images, LeNet-64", "55,000 MNIST images, LeNet with a 2-D feature"

# What the printed errors are about, where the claim is judged on less of it or on something else.
PAPERS_MNIST, PAPERS_CIFAR = "all of MNIST, the thesis' network", "all of CIFAR-10, the thesis' network"

# C-LSM1 to 4 at the thesis' own scale: number, experiment, scale, table, column.
FULL = (
    (1, "thesis-table-2-2", "60,000 MNIST images, the thesis' network", "2.2", "Error Rate"),
    (2, "thesis-table-2-3", "50,000 CIFAR-10 images, the thesis' network", "2.3", "CIFAR10"),
    (3, "thesis-table-2-3-plus", "50,000 CIFAR-10 images, crops and flips, the thesis' network", "2.3", "CIFAR10+"),
    (4, "thesis-table-2-4", "50,000 CIFAR-100 images, the thesis' network", "2.4", "Error Rate"),
)


def _error(
    id: str, margin: int, experiment: str, scale: str, table: str = "2.2", column: str = "Error Rate", **more: Any
) -> Claim:
    cells = printed("thesis", table)
    errors = float(cells["Softmax", column]), float(cells[f"L-Softmax (m={margin})", column])
    return Claim(
        id,
        f"Table {table}",
        f"L-Softmax with m = {margin} errs less than softmax.",
        scale,
        Fewer(f"m={margin}", "softmax", paper=errors),
        experiment,
        **more,
    )


CLAIMS = (
    _error("C-LSM1a", 2, "workhorse", SMALL, paper_scale=PAPERS_MNIST),
    _error("C-LSM1b", 3, "workhorse", SMALL, paper_scale=PAPERS_MNIST),
    _error("C-LSM1", 4, "workhorse", SMALL, paper_scale=PAPERS_MNIST, confirmatory=True),
    _error("C-LSM1c", 2, "table-2-2", WHOLE, paper_scale=PAPERS_MNIST),
    _error("C-LSM1d", 3, "table-2-2", WHOLE, paper_scale=PAPERS_MNIST),
    _error("C-LSM1e", 4, "table-2-2", WHOLE, paper_scale=PAPERS_MNIST),
    _error("C-LSM1f", 4, "fashion", FASHION, paper_scale=PAPERS_MNIST, confirmatory=True),
    *(
        _error(
            f"C-LSM{number}{letter}",
            margin,
            experiment,
            scale,
            table,
            column,
            profile="paper",
            confirmatory=number > 1 and margin == 4,
        )
        for number, experiment, scale, table, column in FULL
        for letter, margin in (
            ("g" if number == 1 else "", 4),
            ("h" if number == 1 else "a", 2),
            ("i" if number == 1 else "b", 3),
        )
    ),
    _error(
        "C-LSM2c",
        4,
        "cifar-quick",
        "10,000 CIFAR-10 images, Caffe's quick network",
        "2.3",
        "CIFAR10",
        paper_scale=PAPERS_CIFAR,
    ),
    *(
        Claim(
            f"C-LSM5{letter}",
            "Figure 2.2",
            f"With m = {margin} the angular gap between the classes is wider than with softmax.",
            PLANE,
            More("angle gap", f"m={margin}", "m=1", smallest=0.0),
            "figure-2-2",
        )
        for letter, margin in (("", 4), ("a", 2), ("b", 3))
    ),
    Claim(
        "C-LSM6a",
        "Figure 2.5",
        "With m = 4 features of one class are more alike.",
        SMALL,
        More("within-class cosine", "m=4", "softmax", smallest=0.0),
        "workhorse",
    ),
    Claim(
        "C-LSM6b",
        "Figure 2.5",
        "With m = 4 features of different classes are less alike.",
        SMALL,
        Less("between-class cosine", "m=4", "softmax", smallest=0.0),
        "workhorse",
    ),
    Claim(
        "C-LSM7",
        "section 2.2.7",
        "Without the blend m = 4 diverges or errs more.",
        SMALL,
        Fewer("m=4", "m=4 no blend", smallest=0.0, or_baseline_diverges=True),
        "blend",
    ),
    *(
        Claim(
            f"C-LSM8{letter}",
            "section 2.2.5",
            "With m = 4 test and training errors lie closer together than with softmax.",
            f"{size:,} MNIST images, LeNet-64",
            Less("train-test gap", "m=4", "softmax", smallest=0.0),
            "workhorse" if size == 2000 else f"curve-{size}",
        )
        for letter, size in (("a", 500), ("b", 2000), ("c", 8000))
    ),
    Claim(
        "C-LSM9a",
        "section 2.2.5",
        "With m = 4, blended, training is slower than softmax.",
        SMALL,
        More("slow start", "m=4", "softmax", smallest=0.0),
        "workhorse",
    ),
    Claim(
        "C-LSM9b",
        "section 2.2.5",
        "Without the blend, training with m = 4 is slower than with m = 2.",
        SMALL,
        More("slow start", "m=4 no blend", "m=2 no blend", smallest=0.0),
        "blend",
    ),
    *(
        Claim(
            f"C-LSM10{letter}",
            "section 2.2.2",
            f"Without the blend m = 3 errs less than m = {margin} at one rate (our prediction).",
            SMALL,
            Fewer("m=3 no blend, common rate", f"m={margin} no blend, common rate", smallest=0.0),
            "blend",
            says="our prediction",
        )
        for letter, margin in (("a", 2), ("b", 4))
    ),
    Claim(
        "C-TH5a",
        "section 1.1",
        "Halving an image's contrast turns its feature by less than 5 degrees.",
        SMALL,
        Within("contrast turn", "softmax", smallest=5.0),
        "workhorse",
        says="our reading",
    ),
    Claim(
        "C-TH5b",
        "section 1.1",
        "Halving an image's contrast halves its feature's norm, within a twentieth.",
        SMALL,
        Within("contrast norm", "softmax", target=0.5, smallest=0.05),
        "workhorse",
        says="our reading",
    ),
    *(
        Claim(
            f"C-TH3{letter}",
            "Figure 1.3",
            f"2-D features of {name} classify as well by angle alone, within one point.",
            PLANE,
            Within("angle-only excess", arm, smallest=1.0),
            "figure-2-2",
            says="our reading",
        )
        for letter, arm, name in (("a", "m=1", "softmax"), ("b", "m=4", "L-Softmax, m = 4,"))
    ),
    Claim(
        "C-TH4",
        "section 1.1",
        "In high dimension random vectors' relative distances tend to 1; and so do their cosines to 0.",
        "any number of dimensions",
        Proved("prop-concentration"),
    ),
)
