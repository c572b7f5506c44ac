"""Numbers of a record that only the claims on W-Softmax use."""

from __future__ import annotations

from typing import Any

from discriminative.study import Measure

__all__ = ["MEASURES"]


def _off_simplex(record: dict[str, Any]) -> float:
    """The mean cosine between the class weights less that of a simplex, -1 / (C - 1)."""
    classes = len(record["geometry"]["class_error"])
    return float(record["geometry"]["weight_cosine_mean"]) + 1 / (classes - 1)


MEASURES = {
    "negative own scores": Measure(
        lambda record: 100 * float(record["geometry"]["negative_own_share"]),
        "points",
        "more",
        "fewer",
        "share of the test images whose own score is negative, in percent",
    ),
    "cosine off the simplex": Measure(
        _off_simplex, "", "higher", "lower", "mean cosine between the class weights less that of a simplex"
    ),
    "own angle in training": Measure(
        lambda record: float(record["geometry"]["own_angle_train"]),
        "degrees",
        "wider",
        "narrower",
        "mean angle between training features and their own weight",
    ),
    "train-test angle": Measure(
        lambda record: float(record["geometry"]["own_angle"]) - float(record["geometry"]["own_angle_train"]),
        "degrees",
        "wider",
        "narrower",
        "own angle on test images less that on training images",
    ),
    "right in training only": Measure(
        lambda record: 100 * float(record["geometry"]["right_in_training_only"]),
        "points",
        "more",
        "fewer",
        "share of the training images that are right under the bent logits and wrong under the test scores, in percent",
    ),
    "loss of the mean feature": Measure(
        lambda record: float(record["geometry"]["mean_feature_loss"]),
        "nats",
        "higher",
        "lower",
        "training loss where every feature is replaced by the mean feature",
    ),
}
