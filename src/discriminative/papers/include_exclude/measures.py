"""Numbers of a record that only this paper's claims use."""

from __future__ import annotations

import math
from typing import Any

from discriminative.study import Measure

__all__ = ["MEASURES"]


def _scatter(record: dict[str, Any]) -> float:
    return -math.log10(float(record["geometry"]["fisher_ratio"]))


MEASURES = {
    "log scatter": Measure(
        _scatter, "decades", "more", "less", "decimal logarithm of the scatter within classes over that between them"
    ),
}
