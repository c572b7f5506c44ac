"""The claims of feed-backward reconstruction, with criteria that were fixed before their records.

Two are confirmatory, and both are our predictions: at the paper's coefficient the loss changes the error of the
workhorse by less than 0.3 points (the paper's relative gain on ResNet-32, a third of it taken as the smallest that
counts, is 0.4 points at an error of 3.4 %); and the direct penalty, which the paper holds unsuitable to train, lowers
e(W) tenfold. e(W) is compared by its decimal logarithm: 0.07 is 15 %, a third of what the paper prints for DenseNet
on CIFAR-10; its changes on CIFAR-100, some of a few per cent, are smaller and not tested. An angle counts from one
degree, a Fisher ratio from a quarter more.
"""

from __future__ import annotations

import math

from discriminative.papers import printed
from discriminative.study import Claim, Fewer, Less, More, Within

__all__ = ["CLAIMS"]

SMALL = "2,000 MNIST images, LeNet-64"
THREE = "600 MNIST images of the digits 0, 1 and 5, LeNet-64"
CELLS = printed("reconstruction", "1")
RESNET = (float(CELLS["ResNet-32 (He et al. 2016)", "C10"]), float(CELLS["ResNet-32+Lre", "C10"]))
PAPERS_CIFAR = "all of CIFAR-10, ResNet-32"

CLAIMS = (
    Claim(
        "C-FBR1",
        "Table 1",
        "With the reconstruction loss, at its coefficient of 0.001, the network errs less.",
        SMALL,
        Fewer("L_re 0.001", "softmax", paper=RESNET),
        "reconstruction",
        paper_scale=PAPERS_CIFAR,
    ),
    Claim(
        "C-FBR1a",
        "Table 1",
        "At a coefficient of 0.001 the reconstruction loss changes the error by less than 0.3 points.",
        SMALL,
        Within("test error", "L_re 0.001", "softmax", smallest=0.3),
        "reconstruction",
        says="our prediction",
        confirmatory=True,
    ),
    Claim(
        "C-FBR1b",
        "Table 1",
        "With the reconstruction loss at a coefficient of 1 the network errs less.",
        SMALL,
        Fewer("L_re 1", "softmax", paper=RESNET),
        "reconstruction",
        says="our reading",
        paper_scale=PAPERS_CIFAR,
    ),
    *(
        Claim(
            f"C-FBR3{letter}",
            "Table 1",
            f"The reconstruction loss, at its coefficient of 0.001, lowers e(W){told}.",
            SMALL,
            Less(measure, "L_re 0.001", "softmax", smallest=0.07),
            "reconstruction",
        )
        for letter, told, measure in (("a", "", "log e(W)"), ("b", " of unit columns", "log unit e(W)"))
    ),
    *(
        Claim(
            f"C-FBR3{letter}",
            "Table 1",
            f"The reconstruction loss, at a coefficient of 1, lowers e(W){told}.",
            SMALL,
            Less(measure, "L_re 1", "softmax", smallest=0.07),
            "reconstruction",
            says="our reading",
        )
        for letter, told, measure in (("c", "", "log e(W)"), ("d", " of unit columns", "log unit e(W)"))
    ),
    Claim(
        "C-FBR4",
        "Figure 3",
        "Under plain training e(W) is gradually decreased.",
        SMALL,
        Less("trend of e(W)", "softmax", than=0.0, smallest=0.8),
        "reconstruction",
    ),
    Claim(
        "C-FBR4a",
        "Figure 3",
        "Under plain training e(W) of unit columns is gradually decreased.",
        SMALL,
        Less("trend of unit e(W)", "softmax", than=0.0, smallest=0.8),
        "reconstruction",
        says="our reading",
    ),
    *(
        Claim(
            f"C-FBR6{letter}",
            "Figure 2",
            f"Features before a still orthonormal classifier are better separated than before a {kind} one.",
            THREE,
            More("log Fisher ratio", "frozen orthonormal", f"frozen {kind}", smallest=round(math.log10(1.25), 3)),
            "reconstruction-figure-2",
        )
        for letter, kind in (("a", "random"), ("b", "dependent"))
    ),
    Claim(
        "C-FBR6c",
        "Figure 2",
        "Before a still classifier ten digits are told apart with fewer errors if it is orthonormal, not dependent.",
        SMALL,
        Fewer("frozen orthonormal", "frozen dependent", smallest=0.1),
        "reconstruction-heads",
        says="our reading",
    ),
    Claim(
        "C-FBR7",
        "Tables 1 and 2",
        "After training e(W) is of the order of 1e-8.",
        SMALL,
        Within("log e(W)", "softmax", target=-8.0, smallest=1.0),
        "reconstruction",
        says="our reading",
    ),
    Claim(
        "C-FBR8",
        "section 4.1",
        "The metric as an objective can be trained: at a coefficient of 0.01 it lowers e(W) tenfold.",
        SMALL,
        Less("log e(W)", "e(W) 0.01", "softmax", smallest=1.0),
        "reconstruction-penalty",
        says="our prediction",
        confirmatory=True,
    ),
    Claim(
        "C-FBR8a",
        "section 4.1",
        "The direct penalty at 0.01 changes the error by less than 0.3 points.",
        SMALL,
        Within("test error", "e(W) 0.01", "softmax", smallest=0.3),
        "reconstruction-penalty",
        says="our prediction",
    ),
    Claim(
        "C-FBR9",
        "Figure 6",
        "The reconstruction loss turns features towards the weight of their class.",
        SMALL,
        Less("own angle", "L_re 0.001", "softmax", smallest=1.0),
        "reconstruction",
        says="our reading",
    ),
    Claim(
        "C-FBR9a",
        "Figure 6",
        "The reconstruction loss, at a coefficient of 1, turns features towards the weight of their class.",
        SMALL,
        Less("own angle", "L_re 1", "softmax", smallest=1.0),
        "reconstruction",
        says="our reading",
    ),
)
