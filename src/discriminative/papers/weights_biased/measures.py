"""Numbers of a record that only the claims on W-Softmax use."""

from __future__ import annotations

import math
from typing import Any

from discriminative.study import Measure

__all__ = ["MEASURES"]


def _off_simplex(record: dict[str, Any]) -> float:
    """Root mean square distance of the weights' cosines from that of a simplex, -1 / (C - 1)."""
    geometry = record["geometry"]
    mean = float(geometry["weight_cosine_mean"]) + 1 / (len(geometry["class_error"]) - 1)
    return math.hypot(mean, float(geometry["weight_cosine_sd"]))


def _narrower(record: dict[str, Any]) -> float:
    """How many classes have a smaller mean own angle in training than in the test."""
    geometry = record["geometry"]
    pairs = zip(geometry["class_own_angle_train"], geometry["class_own_angle"], strict=True)
    return float(sum(seen is not None and met is not None and seen < met for seen, met in pairs))


def _lost(record: dict[str, Any]) -> float:
    """By how much the own angle is smaller in training, in percent of that in the test."""
    geometry = record["geometry"]
    return 100 * (1 - float(geometry["own_angle_train"]) / float(geometry["own_angle"]))


MEASURES = {
    "negative own scores": Measure(
        lambda record: 100 * float(record["geometry"]["negative_own_share"]),
        "points",
        "more",
        "fewer",
        "share of the test images whose own score is negative, in percent",
    ),
    "cosines off the simplex": Measure(
        _off_simplex,
        "",
        "farther",
        "nearer",
        "root mean square distance of the cosines between class weights from that of a simplex",
    ),
    "classes narrower in training": Measure(
        _narrower, "classes", "more", "fewer", "number of classes whose mean own angle is less in training than in test"
    ),
    "angle lost in training": Measure(
        _lost, "percent", "more", "less", "own angle's shortfall in training, in percent of that in the test"
    ),
    "own angle in training": Measure(
        lambda record: float(record["geometry"]["own_angle_train"]),
        "degrees",
        "wider",
        "narrower",
        "mean angle between training features and their own weight",
    ),
    "right in training only": Measure(
        lambda record: 100 * float(record["geometry"]["right_in_training_only"]),
        "points",
        "more",
        "fewer",
        "share of the training images that are right under the bent logits and wrong under the test scores, in percent",
    ),
    "Fisher ratio": Measure(
        lambda record: float(record["geometry"]["fisher_ratio"]),
        "",
        "higher",
        "lower",
        "variance between the classes' mean features over that within a class",
    ),
    "largest class cosine": Measure(
        lambda record: float(record["geometry"]["between_cosine_max"]),
        "",
        "higher",
        "lower",
        "largest mean cosine between the features of two classes",
    ),
    "loss of the mean feature": Measure(
        lambda record: float(record["geometry"]["mean_feature_loss"]),
        "nats",
        "higher",
        "lower",
        "training loss where every feature is replaced by the mean feature",
    ),
}
