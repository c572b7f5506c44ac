"""Open-set verification, the part in which all five papers end: no paper of its own, but a chapter of the book."""

from discriminative.papers.verification.claims import CLAIMS
from discriminative.papers.verification.experiments import EXPERIMENTS
from discriminative.papers.verification.full_scale import FULL_SCALE
from discriminative.papers.verification.measures import MEASURES
from discriminative.study import Paper

__all__ = ["PAPER"]

PAPER = Paper(
    name="verification",
    title="Open-set verification, in all five papers",
    citation="huang2008labeled",
    notebook="verification",
    prefix="os",
    experiments=(*EXPERIMENTS, *FULL_SCALE),
    claims=CLAIMS,
    measures=MEASURES,
    colours={
        "guarded W-Softmax": "#6366f1",
        "include-exclude loss": "#1e3a8a",
        "include-exclude loss Q=all": "#7dd3fc",
    },
    thumbnail="os-chain",
    idea="Tell whether two images are of one class that training never saw, by the cosine of their features.",
)
