"""Numbers of a record, by name, with their units and words; whether more is good is for a claim to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from discriminative._checks import require
from discriminative.papers import papers
from discriminative.study import Measure

__all__ = ["MEASURES", "measure", "percent_wrong"]


def percent_wrong(record: dict[str, Any], part: str = "test") -> float:
    """The error on a part of the data, in percent."""
    return 100.0 * float(record["metrics"][part]["wrong"]) / float(record["metrics"][part]["images"])


def _steps_to_95(record: dict[str, Any]) -> float:
    """The share of the run, in percent, until the training accuracy first reaches 95 % of its last value.

    The accuracy of the test scores: that of the logits which a margin bends is low as long as the margin is not met.
    """
    curves, margin = record["curves"], "margin" in record["run"]["head"]["arguments"]
    name = "plain_error" if margin or "plain_error" in curves else "train_error"  # old records under a margin lack it
    accuracy = [1 - error for error in curves[name]]
    first = next(i for i, value in enumerate(accuracy) if value >= 0.95 * accuracy[-1])
    return 100.0 * float(record["curves"]["step"][first]) / float(record["curves"]["step"][-1])


def _geometry(key: str) -> Callable[[dict[str, Any]], float]:
    return lambda record: float(record["geometry"][key])


MEASURES: dict[str, Measure] = {
    "test error": Measure(percent_wrong, "points", "more", "fewer", "test error"),
    "training error": Measure(lambda r: percent_wrong(r, "train"), "points", "more", "fewer", "training error"),
    "validation error": Measure(
        lambda r: percent_wrong(r, "validation"), "points", "more", "fewer", "validation error"
    ),
    "train-test gap": Measure(
        lambda r: percent_wrong(r) - percent_wrong(r, "train"),
        "points",
        "larger",
        "smaller",
        "test error less training error",
    ),
    "test loss": Measure(
        lambda r: float(r["metrics"]["test"]["loss"]), "nats", "higher", "lower", "mean cross-entropy on test images"
    ),
    "slow start": Measure(
        _steps_to_95, "% of the run", "later", "earlier", "when 95 % of the last training accuracy is reached"
    ),
    "own angle": Measure(
        _geometry("own_angle"), "degrees", "wider", "narrower", "mean angle between features and their own weight"
    ),
    "angle gap": Measure(
        _geometry("angle_gap"),
        "degrees",
        "wider",
        "narrower",
        "mean gap between the angles to the own and to the nearest rival class",
    ),
    "within-class cosine": Measure(_geometry("within_cosine"), "", "higher", "lower", "mean cosine within a class"),
    "between-class cosine": Measure(_geometry("between_cosine"), "", "higher", "lower", "mean cosine between classes"),
    "feature norm": Measure(_geometry("feature_norm_mean"), "", "longer", "shorter", "mean norm of the test features"),
    "weight norm": Measure(_geometry("weight_norm_mean"), "", "longer", "shorter", "mean norm of the class weights"),
    "weight cosine": Measure(
        _geometry("weight_cosine_mean"), "", "higher", "lower", "mean cosine between the weights of two classes"
    ),
    "contrast turn": Measure(
        _geometry("contrast_turn"),
        "degrees",
        "of turn",
        "of turn",
        "mean angle by which features turn at half the contrast",
    ),
    "contrast norm": Measure(
        _geometry("contrast_norm"),
        "",
        "above",
        "below",
        "norm of features at half the contrast as a share of what it was",
    ),
    "angle-only excess": Measure(
        lambda r: float(r["geometry"]["angle_error"]) - percent_wrong(r),
        "points",
        "more",
        "fewer",
        "error by angle less error by score",
    ),
}


def measure(name: str) -> Measure:
    """A measure of the book, or of one of its papers, by name."""
    found = dict(MEASURES)
    for paper in papers():
        for own, value in paper.measures.items():
            require(own not in found, "two measures are called {!r}; {} repeats it", own, paper.name)
            found[own] = value
    require(name in found, "measure must be one of {}, got {!r}", sorted(found), name)
    return found[name]
