"""One style for the whole book: a colour for each loss wherever it stands, and no colour for a loss that has none."""

from __future__ import annotations

import seaborn as sns

from discriminative._checks import require
from discriminative.papers import papers

__all__ = ["CLASSES", "COLOURS", "MARKERS", "WIDTH", "colour", "family", "label", "marker", "use_style"]

# Softmax is the neutral grey in every figure; the members of a family share a hue and darken with the margin.
COLOURS = {
    "softmax": "#6b7280",
    "m=1": "#6b7280",
    "m=2": "#7cc4ec",
    "m=3": "#2f8fcf",
    "m=4": "#0b5394",
    "softmax-bias": "#9ca3af",
    "weight-normalised": "#374151",
    "NormFace": "#8c7a00",
    "hinge": "#8a5a44",
    "A-Softmax": "#0f8a6d",
    "CosFace": "#d98200",
    "ArcFace": "#b8325e",
    "center": "#15803d",
    "triplet": "#a3a310",
    "contrastive": "#db2777",
}
# A loss beside others is told by a shape as well; what has none here is round. Diamonds are the papers' numbers.
MARKERS = {
    "A-Softmax": "s", "ArcFace": "^", "CosFace": "v", "NormFace": "P", "hinge": "X", "weight-normalised": "p",
    "center": "h", "triplet": "<", "contrastive": ">",
}  # fmt: skip
LABELS = {
    "softmax-bias": "softmax, bias", "weight-normalised": "weight-norm.", "m=1": "softmax", "m=2": "L-Softmax m = 2",
    "m=3": "L-Softmax m = 3", "m=4": "L-Softmax m = 4",
}  # fmt: skip
WIDTH = 5.5  # inches: nearly as wide as the column, and on a phone letters of ten points still have eight pixels
CLASSES = [
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9"),
    *("#d55e00", "#8c7a00", "#5b3a8e", "#1b1b1b", "#9a9a9a"),
]


def use_style() -> None:
    """Call once a notebook: white in both modes, thin frames, direct labels."""
    sns.set_theme(
        context="notebook",
        style="ticks",
        rc={
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "figure.dpi": 110,
            "savefig.dpi": 160,
            "figure.constrained_layout.use": True,
            "font.family": "sans-serif",
            "font.size": 11,
            "axes.labelsize": 11,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.edgecolor": "#374151",
            "axes.linewidth": 0.8,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
            "lines.linewidth": 2.0,
            "legend.frameon": False,
        },
    )


def family(name: str) -> str:
    """The loss that an arm's name begins with: the longest name of one that has a colour.

    Raises:
        ValueError: if it begins with none: a loss of a new paper gets its colour in ``PAPER.colours``.
    """
    known = _known()
    found = [loss for loss in known if name == loss or name.startswith(f"{loss} ")]
    require(bool(found), "{!r} begins with no loss that has a colour; those are {}", name, sorted(known))
    return max(found, key=len)


def colour(name: str) -> str:
    """The colour of an arm, by the loss that its name begins with."""
    return _known()[family(name)]


def marker(name: str) -> str:
    """The shape of an arm's point, by the loss that its name begins with."""
    return MARKERS.get(family(name), "o")


def label(name: str) -> str:
    """A loss as a legend names it."""
    return LABELS.get(name, name)


def _known() -> dict[str, str]:
    known = dict(COLOURS)
    for paper in papers():
        for loss, tint in paper.colours.items():
            require(loss not in known, "two losses are called {!r}; {} repeats it", loss, paper.name)
            known[loss] = tint
    return known
