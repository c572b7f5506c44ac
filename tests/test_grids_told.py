"""What the first chapter says of its grids: an end of a range that validation chose is said to be one."""

from __future__ import annotations

import math
from dataclasses import replace

from discriminative.losses import suggest_scale
from discriminative.papers.shared import CONTROLS, FAMILY_TUNING, MARGIN_TUNING, WORKHORSE
from discriminative.papers.thesis import grids, told, wider
from discriminative.runs import BlendSchedule, Optimizer
from discriminative.study import Arm
from discriminative.verdicts import verdicts


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
    found = grids.ends_told(["softmax", "m=2", "m=4", "NormFace", "A-Softmax m=4"])
    assert found.startswith("softmax (greatest decay), m = 2 (least floor), NormFace (greatest rate and least scale)")
    assert "m = 4" not in found
    assert "A-Softmax" not in found


def test_larger_decays_leave_softmax_where_it_was_and_inside_its_grid() -> None:
    """The chapter says that C-LSM1k is C-LSM1 again, and that larger decays were none better."""
    tried = (*MARGIN_TUNING.among("softmax"), *wider.SOFTMAX_TUNING)
    assert grids.kept().startswith("validation stays with")
    assert grids.at_ends(tried, CONTROLS["softmax"].run) == ""


def test_the_wider_grid_of_normface_holds_its_first() -> None:
    tried = {arm.run.id for arm in (*FAMILY_TUNING.among("NormFace"), *wider.NORMFACE_TUNING)}
    assert CONTROLS["NormFace"].run.id in tried
    assert len(tried) == 21


def test_with_batch_norm_classes_are_lost_where_the_loss_came_down_and_not_at_the_rates_chosen_last() -> None:
    """What the chapter says of m = 3 and 4 in words, held to the rows of its table."""
    heads, rows, said = told.normed_ended()
    assert heads[2:4] == ["Last training loss", "Classes above 90 % error, per run"]
    assert heads[4] == "Weights shorter than 0.1, per run"
    least = {3: said["normed_loss_3"], 4: said["normed_loss_4"]}
    for m in least:
        ours = sorted((float(name.split("rate ")[1]), *map(float, row)) for name, *row in rows if name[4] == str(m))
        (_, _, loss, lost, short, _), *larger = ours
        assert lost == short == 0
        assert loss >= least[m] - 0.05 > math.log(10)
        assert len(larger) == 2
        assert all(loss < math.log(10) and lost > 1 and short > 1 for _, _, loss, lost, short, _ in larger)


def test_validation_prefers_a_smaller_scale_than_the_page_of_losses_asks_for_ten_classes_at_the_greatest_rate() -> None:
    run = told.worth_arms()[wider.WIDEST].run
    assert run.head.arguments["scale"] < suggest_scale(10, 0.9)  # the least target of the page's table
    assert run.optimizer.rate == max(arm.run.optimizer.rate for arm in wider.NORMFACE_TUNING)


def test_no_loss_with_a_margin_is_ahead_of_normface_so_tuned() -> None:
    """The chapter's advice rests on it: to be read again should a record change it."""
    said = told.controls()[2]
    assert said["ahead_of_widest"].startswith("0 of ")
    assert {"contradicted", "inconclusive", "reversed"} >= {
        judged.verdict.word for id, judged in verdicts("thesis").items() if id[:-1] == "C-LSM11" and id[-1] in "cdefgh"
    }


def test_at_still_larger_rates_no_choice_stands_at_the_greatest() -> None:
    said = told.grid()[2]
    assert "rate tried" in said["wider_told"]
    assert "rate tried" in said["small_scale_told"]
    for key in ("fastest_told", "small_fast_told"):
        assert "the rate" in said[key]
        assert "rate tried" not in said[key]
    assert int(said["near_best"]) > 0
