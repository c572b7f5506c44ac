"""Measures worked by hand."""

from __future__ import annotations

import pytest

from discriminative.measures import MEASURES, measure


def test_a_measure_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match=r"measure must be one of \[.*'angle gap'.*\], got 'beauty'"):
        measure("beauty")


def test_the_gap_between_test_and_training_error_is_in_points() -> None:
    record = {"metrics": {"train": {"wrong": 2, "images": 200}, "test": {"wrong": 18, "images": 360}}}
    assert measure("train-test gap").value(record) == pytest.approx(5.0 - 1.0)
    assert measure("test error").value(record) == pytest.approx(5.0)
    assert measure("training error").value(record) == pytest.approx(1.0)


def test_a_slow_start_lasts_until_95_percent_of_the_last_training_accuracy() -> None:
    curves = {"step": [10, 20, 30, 40, 50], "train_error": [0.9, 0.5, 0.25, 0.22, 0.2]}  # 95 % of 0.8 is 0.76
    record = {"curves": curves, "run": {"head": {"arguments": {}}}}
    assert measure("slow start").value(record) == pytest.approx(80.0)
    bent = {"plain_error": curves["train_error"], "train_error": [1.0] * 5}  # under a margin the test scores count
    for arguments in ({"margin": 4}, {"alpha": 0.5}):  # or whatever else bends the logits
        record = {"curves": curves | bent, "run": {"head": {"arguments": arguments}}}
        assert measure("slow start").value(record) == pytest.approx(80.0)
    with pytest.raises(KeyError, match="plain_error"):  # a record from before that curve does not tell
        measure("slow start").value({"curves": curves, "run": {"head": {"arguments": {"margin": 4}}}})


def test_the_excess_by_angle_is_what_it_errs_more_than_by_score() -> None:
    record = {"metrics": {"test": {"wrong": 18, "images": 360}}, "geometry": {"angle_error": 7.5}}
    assert measure("angle-only excess").value(record) == pytest.approx(2.5)


def test_a_measure_says_in_words_what_a_difference_is() -> None:
    for found in MEASURES.values():
        assert found.more
        assert found.less
        assert found.what == found.what.strip(". ")
