"""What the first chapter says of its grids: an end of a range that validation chose is said to be one."""

from __future__ import annotations

from dataclasses import replace

from discriminative.papers.shared import CONTROLS, FAMILY_TUNING, MARGIN_TUNING, WORKHORSE
from discriminative.papers.thesis import grids, wider
from discriminative.runs import BlendSchedule, Optimizer
from discriminative.study import Arm


def arms(*settings: tuple[float, float]) -> list[Arm]:
    made = [replace(WORKHORSE, optimizer=Optimizer(rate), blend=BlendSchedule(floor)) for rate, floor in settings]
    return [Arm(f"rate {run.optimizer.rate:g} floor {run.blend}", run, (100,)) for run in made]


def test_both_ends_are_named_and_what_does_not_vary_is_not() -> None:
    tried = arms((0.01, 5.0), (0.1, 5.0), (1.0, 5.0), (1.0, 1.0))
    assert grids.at_ends(tried, tried[-1].run) == "the greatest rate and the least floor"
    assert grids.at_ends(tried, tried[1].run) == "the greatest floor"
    inside = arms((0.01, 5.0), (0.1, 5.0), (1.0, 5.0))
    assert grids.at_ends(inside, inside[1].run) == ""
    assert grids.configuration(tried, tried[-1].run) == "the rate 1 and the floor 1"


def test_the_choices_by_hand_that_stand_at_an_end_are_all_told() -> None:
    told = grids.ends_told(["softmax", "m=2", "m=4", "NormFace", "A-Softmax m=4"])
    assert told.startswith("softmax (greatest decay), m = 2 (least floor), NormFace (greatest rate and least scale)")
    assert "m = 4" not in told
    assert "A-Softmax" not in told


def test_larger_decays_leave_softmax_where_it_was_and_inside_its_grid() -> None:
    """The chapter says that C-LSM1k is C-LSM1 again, and that larger decays were none better."""
    tried = (*MARGIN_TUNING.among("softmax"), *wider.SOFTMAX_TUNING)
    assert grids.kept().startswith("validation stays with")
    assert grids.at_ends(tried, CONTROLS["softmax"].run) == ""


def test_the_wider_grid_of_normface_holds_its_first() -> None:
    tried = {arm.run.id for arm in (*FAMILY_TUNING.among("NormFace"), *wider.NORMFACE_TUNING)}
    assert CONTROLS["NormFace"].run.id in tried
    assert len(tried) == 21
