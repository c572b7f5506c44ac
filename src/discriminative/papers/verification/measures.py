"""Numbers of a record of a run with unseen identities, where a wrong answer is a pair."""

from __future__ import annotations

from typing import Any

from discriminative.study import Measure

__all__ = ["MEASURES"]


def _percent(record: dict[str, Any], wrong: int) -> float:
    return 100.0 * wrong / int(record["metrics"]["test"]["images"])


def _over_l2(record: dict[str, Any]) -> float:
    pairs = record["metrics"]["pairs"]
    return _percent(record, pairs["l2"]["wrong"] - pairs["cosine"]["wrong"])


def _projection(record: dict[str, Any]) -> float:
    pairs = record["metrics"]["pairs"]
    if pairs["projected"] is None:
        raise KeyError("a feature of so few dimensions was not projected")
    return _percent(record, pairs["cosine"]["wrong"] - pairs["projected"])


def _overlap(record: dict[str, Any]) -> float:
    return float(record["geometry"]["largest_within"]) - float(record["geometry"]["smallest_between"])


def _one_shot(record: dict[str, Any]) -> float:
    found = record["metrics"]["one_shot"]
    return 100.0 * float(found["wrong"]) / float(found["images"])


MEASURES = {
    "cosine over L2": Measure(
        _over_l2, "points", "more", "fewer", "pairs that the distance answers wrong less those of the cosine"
    ),
    "overlap": Measure(
        _overlap, "degrees", "of overlap", "of a gap", "largest angle within an identity less the smallest between two"
    ),
    "one-shot error": Measure(_one_shot, "points", "more", "fewer", "error of the 20-way one-shot trials"),
    "equal error": Measure(
        lambda record: float(record["metrics"]["pairs"]["cosine"]["equal_error"]),
        "points", "more", "fewer", "equal error rate by the cosine",
    ),
    "true accepts": Measure(
        lambda record: float(record["metrics"]["pairs"]["cosine"]["tar_at"]["0.01"]),
        "points", "more", "fewer", "same pairs accepted at one false accept in a hundred",
    ),
    "projected cosine over L2": Measure(
        lambda record: _over_l2(record) + _projection(record),
        "points", "more", "fewer", "pairs that the distance answers wrong less those of the cosine along 32 axes",
    ),
    "projection": Measure(
        _projection,
        "points", "more", "fewer", "pairs answered wrong without the projection less those with it",
    ),
}  # fmt: skip
