"""Li and Wang's weights-biased softmax: every rival's weight turned towards the own class."""

from discriminative.papers.weights_biased.claims import CLAIMS
from discriminative.papers.weights_biased.experiments import EXPERIMENTS, TUNING
from discriminative.papers.weights_biased.measures import MEASURES
from discriminative.study import Paper

__all__ = ["PAPER"]

PAPER = Paper(
    name="weights_biased",
    title="Learning discriminative features via weights-biased softmax loss",
    citation="li2020learning",
    notebook="weights_biased_softmax",
    prefix="wsm",
    experiments=EXPERIMENTS,
    claims=CLAIMS,
    tunings=(TUNING,),
    measures=MEASURES,
    colours={
        "literal": "#b45309",
        "stopped": "#0f766e",
        "W-Softmax": "#0f766e",
        "guarded": "#4338ca",
        "centred": "#be185d",
    },
    idea="Turn every rival's weight towards the sample's own by a real number alpha: a margin of any size.",
    thumbnail="wsm-map",
    words={
        "stopped": "W-Softmax, gradient stopped,",
        "literal": "W-Softmax, whole gradient,",
        "weight-normalised": "weights of length one",
    },
)
