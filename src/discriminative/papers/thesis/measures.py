"""Measures that only this paper's claims use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from discriminative.study import Measure

__all__ = ["MEASURES"]


def until(share: float) -> Callable[[dict[str, Any]], float]:
    """When the training error by the test scores first lies below a share, in percent of the run; 100 if never."""

    def first(record: dict[str, Any]) -> float:
        curves = record["curves"]
        errors = curves.get("plain_error", curves["train_error"])
        at = (step for step, error in zip(curves["step"], errors, strict=True) if error < share)
        return 100.0 * float(next(at, curves["step"][-1])) / float(curves["step"][-1])

    return first


def _below(percent: int) -> Measure:
    what = f"when the training error, by the test scores, is first below {percent} %"
    return Measure(until(percent / 100), "% of the run", "later", "earlier", what)


MEASURES = {f"until {percent} % training error": _below(percent) for percent in (10, 75)} | {
    "brightness turn": Measure(
        lambda record: float(record["geometry"]["brightness_turn"]),
        "degrees",
        "of turn",
        "of turn",
        "mean angle by which features turn where a tenth of the full scale is added to every pixel",
    ),
    "classes given up": Measure(
        lambda record: float(sum(error > 90 for error in record["geometry"]["class_error"])),
        "classes",
        "more",
        "fewer",
        "classes with more than 90 % of their test images wrong",
    ),
    "shortest weight": Measure(
        lambda record: float(min(record["geometry"]["class_weight_norm"])),
        "",
        "longer",
        "shorter",
        "norm of the shortest class weight",
    ),
}
