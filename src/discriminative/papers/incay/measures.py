"""Numbers of a record that only this paper's claims use; norms and losses are compared by their ratio: 100 ln."""

from __future__ import annotations

import math
from typing import Any

from discriminative.study import Measure

__all__ = ["MEASURES"]


def _log(value: float) -> float:
    return 100 * math.log(value)


def _right_over_wrong(record: dict[str, Any]) -> float:
    right, wrong = record["geometry"]["norm_right_wrong"]
    return _log(right / wrong)


def _short_excess(record: dict[str, Any]) -> float:
    """The error of the tenth of the test images with the shortest features over that of all, half an error added."""
    test, accuracy = record["metrics"]["test"], record["geometry"]["norm_decile_accuracy"]
    tenth = test["images"] / 10
    short = ((100 - accuracy[0]) / 100 * tenth + 0.5) / (tenth + 1)
    return _log(short / ((test["wrong"] + 0.5) / (test["images"] + 1)))


MEASURES = {
    "log feature norm": Measure(
        lambda r: _log(r["geometry"]["feature_norm_mean"]),
        "log %",
        "longer",
        "shorter",
        "100 ln of the mean feature norm",
    ),
    "log weight norm": Measure(
        lambda r: _log(r["geometry"]["weight_norm_mean"]),
        "log %",
        "longer",
        "shorter",
        "100 ln of the mean norm of the class weights",
    ),
    "log norm spread": Measure(
        lambda r: _log(r["geometry"]["feature_norm_sd"] / r["geometry"]["feature_norm_mean"]),
        "log %",
        "wider",
        "narrower",
        "100 ln of the relative spread of the feature norms",
    ),
    "log test loss": Measure(
        lambda r: _log(r["metrics"]["test"]["loss"]),
        "log %",
        "higher",
        "lower",
        "100 ln of the cross-entropy on test images",
    ),
    "log train loss": Measure(
        lambda r: _log(r["metrics"]["train"]["loss"]),
        "log %",
        "higher",
        "lower",
        "100 ln of the cross-entropy on training images",
    ),
    "log within distance": Measure(
        lambda r: _log(r["geometry"]["within_distance"]),
        "log %",
        "wider",
        "narrower",
        "100 ln of the mean distance within classes",
    ),
    "log between distance": Measure(
        lambda r: _log(r["geometry"]["between_distance"]),
        "log %",
        "wider",
        "narrower",
        "100 ln of the mean distance between classes",
    ),
    "right over wrong": Measure(
        _right_over_wrong,
        "log %",
        "longer",
        "shorter",
        "100 ln of the mean norm of right over that of wrong test images",
    ),
    "excess of the short": Measure(
        _short_excess, "log %", "higher", "lower", "100 ln of the error of the shortest tenth over that of all"
    ),
}
