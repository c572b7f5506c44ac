"""Wu et al.: a hinge between the own centre and the nearest other ones, in two readings."""

from discriminative.papers.include_exclude.claims import CLAIMS
from discriminative.papers.include_exclude.experiments import EXPERIMENTS, TUNINGS
from discriminative.papers.include_exclude.full_scale import POWERFUL
from discriminative.papers.include_exclude.measures import MEASURES
from discriminative.study import Paper

__all__ = ["PAPER"]

PAPER = Paper(
    name="include_exclude",
    title="Exponential discriminative metric embedding in deep learning",
    citation="wu2018exponential",
    notebook="include_exclude",
    prefix="ie",
    experiments=(*EXPERIMENTS, *POWERFUL),
    claims=CLAIMS,
    tunings=TUNINGS,
    measures=MEASURES,
    colours={
        "A.1": "#1d4ed8",
        "Eq. 6": "#ea580c",
        "Q=1": "#60a5fa",
        "L-Softmax": "#075985",
    },
    thumbnail="ie-courses",
    words={
        "A.1": "include-exclude as differentiated",
        "A.1 of twelve": "include-exclude as differentiated, best of twelve",
        "A.1 of fourteen": "include-exclude as differentiated, best of fourteen",
        "A.1 fixed, tuned": "include-exclude as differentiated, variance fixed, tuned",
        "A.1 free, tuned": "include-exclude as differentiated, variance a free parameter, tuned",
        "Eq. 6": "include-exclude as printed",
        "Eq. 6 placed": "include-exclude as printed, centres placed",
        "A.1 lambda=0.2": "include-exclude as differentiated, coefficient 0.2",
        "A.1 lambda=1": "include-exclude as differentiated, coefficient 1",
        "center": "center loss",
        "center of twelve": "center loss, best of twelve",
        "center of fourteen": "center loss, best of fourteen",
        "triplet of twelve": "triplet loss, best of twelve",
    },
    idea="Hold every feature nearer to the centre of its own class than to the centres of the others, by a hinge.",
)
