"""The claims of feed-backward reconstruction, with criteria that were fixed before their records.

Two are confirmatory, and both are our predictions: at the paper's coefficient the loss changes the error of the
workhorse by less than 0.3 points (the paper's relative gain on ResNet-32, a third of it taken as the smallest that
counts, is 0.4 points at an error of 3.4 %); and the direct penalty, which the paper holds unsuitable to train, lowers
e(W) tenfold. e(W) is compared by its decimal logarithm: 0.07 is 15 %, a third of what the paper prints for DenseNet
on CIFAR-10; its changes on CIFAR-100, some of a few per cent, are smaller and not tested. An angle counts from one
degree, a Fisher ratio from a quarter more. A center loss of equal strength counts as equal within 0.25 points, a third
of what the loss gains at a coefficient of 1; that gain was known, the records of the center losses were not. C-FBR5a
and c were written with their records at hand, and so were C-FBR5d to f, which ask the same of unit columns, C-FBR5g and
h, which ask it of the other margin, C-FBR1f and C-FBR8c. C-FBR6a was once told as the paper's, whose layer is another,
and C-FBR8 once said that the metric can be trained, too; their tests are as they were. C-FBR12d is the control that
C-FBR12a to c lack, and was named before its records. C-FBR6d to f put the contrast of Figure 2 before 10 features,
where it is large, and were named before their records. C-FBR12e to g and C-FBR1g ask of another strength and of other
data what C-FBR12d and 1b ask, and were named before theirs: what the loss gains at 0.1 was known, of Fashion-MNIST only
what softmax errs there, 13 %, of which a fiftieth is a quarter of a point. C-FBR6d is told as the paper's no more: its
classifier has three of the paper's ten columns. C-FBR6i, of which six seeds had run, 13 and 13a
were written with records at hand. C-FBR6g and h, 1h and i and 12h, of other rates and of one strength, were named
before theirs; what the pull to the origin saves at 3 was known. C-FBR5i and j ask C-FBR5a and d of the loss that the
paper names, 5k to 5n ask 5c, h, f and g at one decay, 6j and k ask 6h of columns of one length; all were named before
their records, when four runs of the first outside the ledger, six seeds of softmax at that decay, and drawn columns
brought to one length, outside the ledger too, were known.
"""

from __future__ import annotations

import math
from typing import Any

from discriminative.papers import printed
from discriminative.papers.reconstruction.experiments import DECAYED, SPHERE
from discriminative.study import Claim, Fewer, Less, More, Within

__all__ = ["CLAIMS"]

SMALL = "2,000 MNIST images, LeNet-64"
THREE = "600 MNIST images of the digits 0, 1 and 5, LeNet-64"
SQUARE = "600 MNIST images of the digits 0, 1 and 5, LeNet-10", "2,000 MNIST images, LeNet-10"
FASHION = "5,000 Fashion-MNIST images, LeNet-64"
RESNET = "5,000 CIFAR-10 images, ResNet-20, 4 epochs"
LONGER = "10,000 CIFAR-10 images, ResNet-20, 20 epochs"
CELLS = printed("reconstruction", "1")
PAPERS_CIFAR = "all of CIFAR-10, ResNet-32"
FISHER = round(math.log10(1.25), 3)
READING: dict[str, Any] = {"says": "our reading"}
PREDICTION: dict[str, Any] = {"says": "our prediction"}
OF = {"": "", " of unit columns": "unit "}  # e(W), raw and of unit columns: as told, as its measures are called


def _errors(column: str) -> tuple[float, float]:
    """What Table 1 prints for ResNet-32 without the loss and with it."""
    return float(CELLS["ResNet-32 (He et al. 2016)", column]), float(CELLS["ResNet-32+Lre", column])


def _of(experiment: str, scale: str = SMALL) -> Any:
    """A maker of claims that one experiment's records decide: number, place, statement, test, and what is not usual."""

    def claim(number: str, place: str, statement: str, test: Any, **more: Any) -> Claim:
        return Claim(f"C-FBR{number}", place, statement, scale, test, experiment, **more)

    return claim


def _errs_less(claim: Any, number: str, coefficient: float) -> Claim:
    """A residual network errs less with the loss: at its coefficient as the paper says it, at 1 as we read it."""
    told = ", at its coefficient of 0.001, the residual" if coefficient < 1 else " at a coefficient of 1 the residual"
    found: Claim = claim(
        number,
        "Table 1",
        f"With the reconstruction loss{told} network errs less.",
        Fewer(f"L_re {coefficient:g}", "softmax", paper=_errors("C10")),
        paper_scale=PAPERS_CIFAR,
        **({} if coefficient < 1 else READING),
    )
    return found


def _lower(claim: Any, numbers: str, coefficient: float, **more: Any) -> list[Claim]:
    """The loss lowers e(W): raw, and of unit columns, a number each."""
    told = ", at its coefficient of 0.001," if coefficient < 1 else ", at a coefficient of 1,"
    return [
        claim(
            f"3{letter}",
            "Table 1",
            f"The reconstruction loss{told} lowers e(W){of}.",
            Less(f"log {OF[of]}e(W)", f"L_re {coefficient:g}", "softmax", smallest=0.07),
            **more,
        )
        for letter, of in zip(numbers, OF, strict=True)
    ]


def _falls(claim: Any, numbers: tuple[str, str]) -> list[Claim]:
    """Figure 3: raw as the paper says it, of unit columns as we read it."""
    return [
        claim(
            number,
            "Figure 3",
            f"Under plain training e(W){of} is gradually decreased.",
            Less(f"trend of {OF[of]}e(W)", "softmax", than=0.0, smallest=0.8),
            **(READING if of else {}),
        )
        for number, of in zip(numbers, OF, strict=True)
    ]


def _at_scale(number: str, column: str, told: str) -> Claim:
    """Table 1 as it is printed, at the paper's own scale."""
    short, errors = f"reconstruction-{column.lower().replace('+', '-plus')}", _errors(column)
    return Claim(
        f"C-FBR{number}",
        "Table 1",
        f"On {told} ResNet-32 errs less with the reconstruction loss.",
        f"all of {told}, ResNet-32, 300 epochs",
        Fewer("L_re 0.001 resnet-32", "softmax resnet-32", paper=errors),
        short,
        profile="paper",
    )


loss, penalty, three = _of("reconstruction"), _of("reconstruction-penalty"), _of("reconstruction-figure-2", THREE)
figure_4, own_four = _of("reconstruction-figure-4"), _of("reconstruction-own-four")
drawn, drawn_ten = _of("reconstruction-drawn", SQUARE[0]), _of("reconstruction-drawn-ten", SQUARE[1])
origin, fashion = _of("reconstruction-origin"), _of("reconstruction-origin-fashion", FASHION)
drawn_slow = _of("reconstruction-drawn-slower", SQUARE[0])
ten_slow = _of("reconstruction-drawn-ten-slower", SQUARE[1])
slower, strength = _of("reconstruction-slower"), _of("reconstruction-strength")
heads, center = _of("reconstruction-heads"), _of("reconstruction-center")
resnet, longer = _of("reconstruction-resnet", RESNET), _of("reconstruction-resnet-longer", LONGER)

CLAIMS = (
    loss(
        "1",
        "Table 1",
        "With the reconstruction loss, at its coefficient of 0.001, the network errs less.",
        Fewer("L_re 0.001", "softmax", paper=_errors("C10")),
        paper_scale=PAPERS_CIFAR,
    ),
    loss(
        "1a",
        "Table 1",
        "At a coefficient of 0.001 the reconstruction loss changes the error by less than 0.3 points.",
        Within("test error", "L_re 0.001", "softmax", smallest=0.3),
        confirmatory=True,
        **PREDICTION,
    ),
    loss(
        "1b",
        "Table 1",
        "With the reconstruction loss at a coefficient of 1 the network errs less.",
        Fewer("L_re 1", "softmax", paper=_errors("C10")),
        paper_scale=PAPERS_CIFAR,
        **READING,
    ),
    loss(
        "1f",
        "Table 1",
        "With the loss at 0.1, near what 0.001 summed over a batch of 128 is in our mean, the network errs less.",
        Fewer("L_re 0.1", "softmax", paper=_errors("C10")),
        paper_scale=PAPERS_CIFAR,
        **READING,
    ),
    *(_errs_less(claim, number, 1e-3) for claim, number in ((resnet, "1c"), (longer, "1j"))),
    *(_errs_less(claim, number, 1.0) for claim, number in ((resnet, "1d"), (longer, "1k"))),
    fashion(
        "1g",
        "Table 1",
        "On Fashion-MNIST too the network errs less with the reconstruction loss at a coefficient of 1.",
        Fewer("L_re 1", "softmax", paper=_errors("C10")),
        paper_scale=PAPERS_CIFAR,
        **READING,
    ),
    *(
        slower(
            f"1{letter}",
            "Table 1",
            f"At two fifths of the rate the network errs less with the reconstruction loss at {coefficient}.",
            Fewer(f"L_re {coefficient}", "softmax", paper=_errors("C10")),
            paper_scale=PAPERS_CIFAR,
            **READING,
        )
        for letter, coefficient in (("h", 3), ("i", 10))
    ),
    _at_scale("1e", "C10", "CIFAR-10"),
    _at_scale("2", "C100", "CIFAR-100"),
    *_lower(loss, "ab", 1e-3),
    *_lower(loss, "cd", 1.0, **READING),
    *_lower(resnet, "ef", 1e-3),
    *_lower(resnet, "gh", 1.0, **READING),
    *_lower(longer, "ij", 1e-3),
    *_lower(longer, "kl", 1.0, **READING),
    *_falls(loss, ("4", "4a")),
    *_falls(resnet, ("4b", "4c")),
    *_falls(longer, ("4d", "4e")),
    *(
        figure_4(
            f"5{letter}",
            "Figure 4",
            f"{told}, which errs less than softmax, has the smaller e(W){of}.",
            Less(f"log {OF[of]}e(W)", arm, "softmax", smallest=0.07),
            **READING,
        )
        for of, letters in zip(OF, ("abch", "defg"), strict=True)
        for letter, (arm, told) in zip(
            letters,
            (
                ("NormFace", "The softmax of features and weights of one length"),
                ("own center as L_re 1", "Center loss"),
                ("m=4", "L-Softmax with m = 4, at a smaller decay"),
                ("m=2", "L-Softmax with m = 2, at a smaller decay"),
            ),
            strict=True,
        )
    ),
    *(
        own_four(
            f"5{letter}",
            "Figure 4",
            f"{told} has the smaller e(W){of}.",
            Less(f"log {OF[of]}e(W)", arm, beside, smallest=0.07),
            **READING,
        )
        for letters, arm, beside, told in (
            ("ij", SPHERE, "softmax", "The softmax of features of one length, the paper's own,"),
            ("km", "m=4", DECAYED, "Beside softmax at the same rate and decay, L-Softmax with m = 4"),
            ("ln", "m=2", DECAYED, "Beside softmax at the same rate and decay, L-Softmax with m = 2"),
        )
        for letter, of in zip(letters, OF, strict=True)
    ),
    *(
        three(
            f"6{letter}",
            "Figure 2",
            f"Features before a still orthonormal classifier are better separated than before a {kind}.",
            More("log Fisher ratio", "frozen orthonormal", f"frozen {kind.split()[0]}", smallest=FISHER),
            **more,
        )
        for letter, kind, more in (("a", "random one of lengths one", READING), ("b", "dependent one", {}))
    ),
    heads(
        "6c",
        "Figure 2",
        "Before a still classifier ten digits are told apart with fewer errors if it is orthonormal, not of rank five.",
        Fewer("frozen orthonormal", "frozen dependent", smallest=0.1),
        **READING,
    ),
    drawn(
        "6d",
        "Figure 2",
        "With 10 features, three digits are better separated before a still orthonormal classifier than as drawn.",
        More("log Fisher ratio", "frozen orthonormal", "frozen as drawn", smallest=FISHER),
        **READING,
    ),
    drawn_ten(
        "6e",
        "Figure 2",
        "Ten digits are better separated before a still orthonormal 10 x 10 classifier than before one as drawn.",
        More("log Fisher ratio", "frozen orthonormal", "frozen as drawn", smallest=FISHER),
        **READING,
    ),
    drawn_ten(
        "6f",
        "Figure 2",
        "Ten digits are told apart with fewer errors before a still orthonormal 10 x 10 classifier than as drawn.",
        Fewer("frozen orthonormal", "frozen as drawn", smallest=0.1),
        **READING,
    ),
    drawn_slow(
        "6g",
        "Figure 2",
        "At a fifth of the rate three digits are better separated before the orthonormal classifier than as drawn.",
        More("log Fisher ratio", "frozen orthonormal", "frozen as drawn", smallest=FISHER),
        **READING,
    ),
    ten_slow(
        "6h",
        "Figure 2",
        "At a fifth of the rate ten digits are told apart with fewer errors before the orthonormal than as drawn.",
        Fewer("frozen orthonormal", "frozen as drawn", smallest=0.1),
        **READING,
    ),
    *(
        claim(
            f"6{letter}",
            "Figure 2",
            f"At a fifth of the rate {told} digits are told apart with fewer errors before an orthogonal still "
            "classifier than before a random one, all columns of one length.",
            Fewer("frozen orthogonal, lengthened", "frozen random, lengthened", smallest=0.1),
            **READING,
        )
        for letter, claim, told in (("j", drawn_slow, "three"), ("k", ten_slow, "ten"))
    ),
    heads(
        "6i",
        "Figure 2",
        "Before a still classifier ten digits are told apart with fewer errors if it is orthonormal, not random.",
        Fewer("frozen orthonormal", "frozen random", smallest=0.1),
        **READING,
    ),
    loss(
        "7",
        "Tables 1 and 2",
        "After training e(W) is of the order of 1e-8.",
        Within("log e(W)", "softmax", target=-8.0, smallest=1.0),
        **READING,
    ),
    penalty(
        "8",
        "section 4.2",
        "The direct penalty at a coefficient of 0.01 lowers e(W) by a full decade.",
        Less("log e(W)", "e(W) 0.01", "softmax", smallest=1.0),
        confirmatory=True,
        **PREDICTION,
    ),
    penalty(
        "8a",
        "section 4.2",
        "The direct penalty at 0.01 changes the error by less than 0.3 points.",
        Within("test error", "e(W) 0.01", "softmax", smallest=0.3),
        **PREDICTION,
    ),
    penalty(
        "8c",
        "section 4.2",
        "The metric as an objective can be trained: at a coefficient of 0.1 it lowers e(W) by a full decade.",
        Less("log e(W)", "e(W) 0.1", "softmax", smallest=1.0),
        **READING,
    ),
    *(
        claim(
            number,
            "section 4.2",
            "In a residual network the direct penalty at 0.01 lowers e(W) tenfold.",
            Less("log e(W)", "e(W) 0.01", "softmax", smallest=1.0),
            **PREDICTION,
        )
        for claim, number in ((resnet, "8b"), (longer, "8d"))
    ),
    loss(
        "9",
        "Figure 6",
        "The reconstruction loss turns features towards the weight of their class.",
        Less("own angle", "L_re 0.001", "softmax", smallest=1.0),
        **READING,
    ),
    loss(
        "9a",
        "Figure 6",
        "The reconstruction loss, at a coefficient of 1, turns features towards the weight of their class.",
        Less("own angle", "L_re 1", "softmax", smallest=1.0),
        **READING,
    ),
    *(
        claim(
            number,
            "Figure 6",
            f"In a residual network the {told} turns features towards the weight of their class.",
            Less("own angle", arm, "softmax", smallest=1.0),
            **READING,
        )
        for claim, numbers in ((resnet, ("9b", "9c")), (longer, ("9d", "9e")))
        for number, arm, told in zip(
            numbers,
            ("L_re 0.001", "L_re 1"),
            ("reconstruction loss", "loss, at a coefficient of 1,"),
            strict=True,
        )
    ),
    _at_scale("10", "C10+", "CIFAR-10 with crops and flips"),
    _at_scale("10a", "C100+", "CIFAR-100 with crops and flips"),
    *(
        center(
            f"12{letter}",
            "section 5, Analysis",
            f"At {coefficient:g} the loss is worth what a center loss of its strength is: {told}, within 0.25 points.",
            Within("test error", f"L_re {coefficient:g}", f"{kind} center as L_re {coefficient:g}", smallest=0.25),
            **PREDICTION,
        )
        for letter, coefficient, kind, told in (
            ("a", 1.0, "tied", "its centre the class weight"),
            ("b", 1.0, "own", "a centre of its own"),
            ("c", 1e-3, "tied", "its centre the class weight"),
        )
    ),
    center(
        "12d",
        "section 5, Analysis",
        "At 1 the loss is worth what a pull of all features to the origin is, within 0.25 points.",
        Within("test error", "L_re 1", "origin center as L_re 1", smallest=0.25),
        **PREDICTION,
    ),
    origin(
        "12e",
        "section 5, Analysis",
        "At 0.1 too the loss is worth what a center loss of its strength with all centres at the origin is.",
        Within("test error", "L_re 0.1", "origin center as L_re 0.1", smallest=0.25),
        **PREDICTION,
    ),
    fashion(
        "12f",
        "section 5, Analysis",
        "On Fashion-MNIST too the loss at 1 is worth what a center loss with all centres at the origin is.",
        Within("test error", "L_re 1", "origin center as L_re 1", smallest=0.25),
        **PREDICTION,
    ),
    fashion(
        "12g",
        "section 5, Analysis",
        "On Fashion-MNIST too the network errs less with a center loss whose centres stay at the origin.",
        Fewer("origin center as L_re 1", "softmax", smallest=0.02),
        **PREDICTION,
    ),
    strength(
        "12h",
        "section 5, Analysis",
        "At the strength that tuning chose, a center loss is worth what a pull to the origin is, within 0.1 points.",
        Within("test error", "own center as L_re 3.2", "origin center as L_re 3.2", smallest=0.1),
        **PREDICTION,
    ),
    *(
        loss(
            f"13{letter}",
            "section 5, Analysis",
            f"At {coefficient} the reconstruction loss makes features of a class more compact, by the Fisher ratio.",
            More("log Fisher ratio", f"L_re {coefficient}", "softmax", smallest=FISHER),
            **READING,
        )
        for letter, coefficient in (("", "0.001"), ("a", "1"))
    ),
)
