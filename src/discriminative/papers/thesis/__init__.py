"""Liu's thesis: large-margin and angular softmax on the hypersphere."""

from discriminative.papers.thesis.claims import CLAIMS
from discriminative.papers.thesis.experiments import EXPERIMENTS, TUNINGS
from discriminative.papers.thesis.full_scale import waiting
from discriminative.papers.thesis.measures import MEASURES
from discriminative.study import Paper

__all__ = ["PAPER"]

PAPER = Paper(
    name="thesis",
    title="Deep Representation Learning on Hypersphere",
    citation="liu2020deep",
    notebook="large_margin_softmax",
    prefix="",
    experiments=EXPERIMENTS,
    claims=CLAIMS,
    tunings=TUNINGS,
    measures=MEASURES,
    waiting=waiting,
    idea="Multiply the angle between a feature and its class weight by a whole number m: a harder task, with a margin.",
    thumbnail="regions",
)
