"""What the first chapter says of Fashion-MNIST: the class that is given up, its weight, and four losses tuned there."""

from __future__ import annotations

import numpy as np
import pytest

from discriminative.data import fashion_labels
from discriminative.evidence import Arms
from discriminative.papers.shared import control
from discriminative.papers.thesis import alike, given_up
from discriminative.papers.thesis.wider import FLOOR_TUNING


def test_the_shortest_weights_are_those_of_the_classes_in_which_softmax_errs_most() -> None:
    arms = Arms.of("fashion-causes", "laptop")
    errors = np.mean([record["geometry"]["class_error"] for record in arms.finished("softmax")], axis=0)
    names = fashion_labels()[1]
    hardest = {names[c] for c in np.argsort(-errors)[:4]}
    said = given_up.causes()[2]
    for key in ("m4", "floor"):
        told = said[f"shortest_{key}"].split(", the others")[0]
        assert {each.rsplit(" ", 1)[0] for each in told.split(", ")} == hardest
    assert said["shortest_m4"].startswith("shirt 0.00, ")


def test_what_counts_on_fashion_mnist_is_a_share_of_its_error() -> None:
    assert given_up._least_that_counts(10.0) == pytest.approx(10 * (1 - (0.31 / 0.40) ** (1 / 3)))


def test_every_loss_that_is_tuned_there_has_as_many_settings() -> None:
    counts = {name: len(given_up._tried_for(name.removesuffix(" all tuned"))) for name in alike.CERTAIN}
    assert set(counts.values()) == {10}, counts
    chosen = Arms.of("fashion-certain", "laptop")["NormFace all tuned"].run
    assert (chosen.head, chosen.optimizer) == (control("NormFace").run.head, control("NormFace").run.optimizer)
    assert not set(alike.FRESH) & {seed for arm in FLOOR_TUNING for seed in arm.seeds}


def test_of_the_settings_of_the_margin_those_at_the_greatest_floor_alone_come_near_softmax() -> None:
    names = ("fashion-tuning", "fashion-floor-tuning")
    arms = Arms.of(names[0], "laptop") | Arms.of(names[1], "laptop")
    least = min(arms.mean(name, "validation error") for name in arms if name.startswith("softmax"))
    near = [name for name in arms if name.startswith("m=4") and arms.mean(name, "validation error") < least + 2]
    assert sorted(near) == [f"m=4 rate {rate} floor 5" for rate in (0.02, 0.05, 0.1)]


def test_at_the_tuned_floor_the_class_still_errs_more_and_the_others_less() -> None:
    said = given_up.certain()[2]
    arms = Arms.of("fashion-certain", "laptop")
    assert said["shirt_in"] == "12 of 12"
    assert float(said["shirt_more"].split(" ")[0]) > 10 * arms.errors_against(*alike.CERTAIN[:2]).points > 0
    assert said["pooled"] == 18


def test_tuned_there_a_smoothed_label_errs_least_and_the_gap_does_not_follow() -> None:
    """What the chapter says of the four: to be read again should a record change it."""
    arms = Arms.of("fashion-certain", "laptop")
    softmax, margin, smoothed, scaled = alike.CERTAIN
    assert min(alike.CERTAIN, key=arms.mean) == smoothed
    assert all(arms.errors_against(name, smoothed).points_low > 0 for name in (softmax, margin))
    other = arms.errors_against(alike.TAKEN_OVER, margin)
    assert other.points_low < 0 < other.points_high
    assert arms.errors_against(softmax, alike.TAKEN_OVER).points_low > 0
    gain = {name: arms.errors_against(softmax, name) for name in alike.CERTAIN[1:]}
    counts = given_up._least_that_counts(arms.mean(softmax))
    assert max(found.points_high for found in gain.values()) < counts
    assert gain[scaled].points_low < 0 < gain[scaled].points_high
    gaps = {name: arms.mean(name, "angle gap") for name in alike.CERTAIN}
    assert min(gaps[margin], gaps[scaled]) > 1.9 * max(gaps[softmax], gaps[smoothed])


def test_a_table_of_losses_tuned_there_has_a_row_for_each() -> None:
    heads, rows, said = given_up.certain()
    assert [row[0] for row in rows] == [*alike.CERTAIN, alike.TAKEN_OVER]
    assert {len(row) for row in rows} == {len(heads)}
    assert said["certain_tried"] == "10"
    assert said["certain_told"].count("the rate") == 4
