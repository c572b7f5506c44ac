"""Yu and Oh: weight separability, and a reconstruction loss that should raise it."""

from discriminative.papers.reconstruction.claims import CLAIMS
from discriminative.papers.reconstruction.experiments import EXPERIMENTS
from discriminative.papers.reconstruction.full_scale import waiting
from discriminative.papers.reconstruction.measures import MEASURES
from discriminative.study import Paper

__all__ = ["PAPER"]

PAPER = Paper(
    name="reconstruction",
    title="Boosting Network Weight Separability via Feed-Backward Reconstruction",
    citation="yu2019boosting",
    notebook="feedback_reconstruction",
    prefix="fbr",
    experiments=EXPERIMENTS,
    claims=CLAIMS,
    measures=MEASURES,
    colours={
        "L_re": "#8c564b",
        "e(W)": "#17becf",
        "unit": "#155e75",
        "frozen": "#9467bd",
        "tied": "#854d0e",
        "own": "#d97706",
        "origin": "#65a30d",
        "l2-norm softmax": "#9f1239",
    },
    waiting=waiting,
    idea="Feed the label backwards through the last layer and ask for the feature again: nearly orthonormal weights.",
    thumbnail="fbr-courses",
    words={"L_re": "reconstruction loss, coefficient"},
)
