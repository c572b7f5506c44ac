"""Yuan et al.'s feature incay: a term that makes feature norms grow."""

from discriminative.papers.incay.claims import CLAIMS
from discriminative.papers.incay.experiments import EXPERIMENTS, TUNINGS
from discriminative.papers.incay.measures import MEASURES
from discriminative.study import Paper

__all__ = ["PAPER"]

PAPER = Paper(
    name="incay",
    title="Feature Incay for Representation Regularization",
    citation="yuan2017feature",
    notebook="feature_incay",
    prefix="inc",
    experiments=EXPERIMENTS,
    claims=CLAIMS,
    tunings=TUNINGS,
    measures=MEASURES,
    colours={
        "RN": "#c2410c",
        "LogN": "#7c3aed",
        "LN": "#0e7490",
        "scale": "#4b6b2f",
        "decay": "#7a5c3e",
        "head": "#a16207",
    },
    idea="Add a term that makes every feature longer, the short ones most: the opposite of weight decay.",
    thumbnail="inc-pulls",
    words={
        "RN": "feature incay",
        "LogN": "feature incay, its logarithmic form",
        "LN": "feature incay, its linear form",
        "RN lambda=0": "the same without incay",
        "scale": "features multiplied by",
        "decay": "weight decay",
    },
)
