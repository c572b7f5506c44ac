"""Numbers of a record that only this paper's claims use."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from discriminative.statistics import rank_correlation
from discriminative.study import Measure

__all__ = ["MEASURES"]


def _decimal(key: str) -> Callable[[dict[str, Any]], float]:
    return lambda record: math.log10(float(record["geometry"][key]))


def _trend(key: str) -> Callable[[dict[str, Any]], float]:
    def value(record: dict[str, Any]) -> float:
        curves = record["curves"]
        return rank_correlation(list(curves["measured"]), list(curves[key]))

    return value


MEASURES = {
    "log e(W)": Measure(_decimal("separability_raw"), "decades", "higher", "lower", "decimal logarithm of e(W)"),
    "log unit e(W)": Measure(
        _decimal("separability_unit"), "decades", "higher", "lower", "decimal logarithm of e(W) of unit columns"
    ),
    "log Fisher ratio": Measure(
        _decimal("fisher_ratio"), "decades", "higher", "lower", "decimal logarithm of the Fisher ratio of test features"
    ),
    "trend of e(W)": Measure(
        _trend("separability_raw"), "", "more rising", "more falling", "rank correlation of step and e(W) over the run"
    ),
    "trend of unit e(W)": Measure(
        _trend("separability_unit"),
        "",
        "more rising",
        "more falling",
        "rank correlation of step and e(W) of unit columns over the run",
    ),
}
