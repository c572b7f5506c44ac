"""What the first chapter says in words about its grids and its collapsed runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from discriminative.evidence import Arms, unpaired
from discriminative.figures.takeaways import NOTHING, by_size
from discriminative.papers.shared import FAMILY_TUNING
from discriminative.papers.thesis import takeaways, told


def test_a_choice_on_the_edge_of_its_grid_is_named_with_its_end() -> None:
    rates = [0.001, 0.01, 0.1]
    chosen = {"softmax": 0.1, "m=2": 0.01, "m=3": 0.001, "m=4": 0.001}
    assert told.at_edges(rates, chosen) == "the least for m = 3 and m = 4, the greatest for softmax"
    assert told.at_edges(rates, {"m=2": 0.01}) == "none at an end of the grid"


class Made(dict[str, Any]):
    """Arms with these wrong answers by seed, of 100 test images."""

    images = 100

    def wrong(self, name: str) -> dict[int, int | None]:
        found: dict[int, int | None] = self[name]
        return found

    def finished(self, name: str) -> list[dict[str, Any]]:
        return [
            {"status": "finished", "run": {"seed": seed}, "metrics": {"test": {"wrong": wrong, "images": 100}}}
            for seed, wrong in self[name].items()
            if wrong is not None
        ]

    def mean(self, name: str) -> float:
        return float(np.mean([wrong for wrong in self[name].values() if wrong is not None]))


def test_a_collapsed_run_counts_where_its_pair_is_kept_and_not_where_softmax_diverged() -> None:
    kept = Made({"softmax": {0: 3, 1: 4}, "ArcFace": {0: 2, 1: 99}})
    lost = Made({"softmax": {0: 3, 1: None}, "ArcFace": {0: 2, 1: 99}})
    sizes: Any = {500: lost, 2000: kept}
    outside = "1 of ArcFace at 500 images (with it the mean error is 50.5 %)"
    assert told.collapsed_pairs(sizes) == {
        "curve_collapsed": "1 of ArcFace at 2,000 images",
        "curve_unpaired": outside,
    }
    only: Any = {2000: kept}
    assert told.collapsed_pairs(only)["curve_unpaired"] == "none"


def test_a_run_in_the_plane_that_its_scores_lose_is_told_with_the_digit_and_its_weight() -> None:
    def run(wrong: int, angle_error: float, norm: float, seed: int = 0, gap: float = 9.0) -> dict[str, Any]:
        errors, norms = [0.0] * 10, [2.0] * 10
        errors[7], norms[7] = 80.0, norm
        geometry = {"angle_error": angle_error, "class_error": errors, "class_weight_norm": norms, "angle_gap": gap}
        return {"run": {"seed": seed}, "metrics": {"test": {"wrong": wrong, "images": 100}}, "geometry": geometry}

    assert told.odd_plane([run(5, 4.5, 1.0)]) == ""
    assert told.odd_plane([]) == ""
    found = told.odd_plane([run(5, 4.5, 1.0), run(9, 4.0, 1.0)])
    assert "9.0 % by its scores and 4.0 % by angle alone: digit 7, wrong in 80 % of its images" in found
    assert "a weight of length 1.00, the shortest, where the ten have 1.90" in found
    assert "shortest" not in told.odd_plane([run(9, 4.0, 3.0)])
    two = [run(9, 4.0, 3.0, seed=1, gap=2.0), run(5, 5.0, 3.0, seed=2, gap=7.0)]
    assert told.odd_plane(two, [run(5, 5.0, 3.0, seed=seed, gap=4.0) for seed in (1, 2, 3)]).endswith(
        "is 3.00 degrees."
    )


def test_features_on_spokes_are_told_by_their_own_directions_and_not_by_those_of_weights_that_lean() -> None:
    order = np.random.default_rng(1).permutation(300)
    turn = (np.random.default_rng(0).normal(0, 0.02, 300) + np.repeat([0.0, 2.0, 4.0], 100))[order]
    labels = np.repeat([0, 1, 2], 100)[order]
    features = np.stack([np.cos(turn), np.sin(turn)], 1)
    leaning, lengths = np.array([1.6, 2.6, 4.0]), np.array([[1.0], [1.5], [1.0]])
    weight = lengths * np.stack([np.cos(leaning), np.sin(leaning)], 1)
    assert told.by_own_directions(features, labels, weight) == (0.0, pytest.approx(100 / 3))


def test_tossed_signs_give_the_exact_p_of_a_mean() -> None:
    assert told._toss([2.0, 2.0, 2.0, 2.0], [1.0, 1.0, 1.0, 1.0]) == pytest.approx(2 / 16)
    assert math.isnan(told._toss([1.0], [2.0]))


def test_in_the_plane_angles_to_the_classes_own_directions_do_as_well_as_scores() -> None:
    said = told.planes()
    low, high = said["own_directions_1"].split("[")[1].rstrip("]").replace("−", "-").split(", ")
    assert -1 < float(low) < float(high) < 1
    assert said["weight_directions_1"] != said["own_directions_1"]


def test_behind_a_batch_norm_each_loss_is_told_with_its_own_choice() -> None:
    said = told.normed_blend()
    assert said["normed_blend_tried"] == "8"
    assert "for softmax the rate" in said["normed_blend_told"]
    assert "for m = 4 the rate" in said["normed_blend_told"]
    assert float(said["normed_blend_softmax"].split(" ")[0]) > 0


def test_a_loss_pulls_features_inward_with_a_pure_margin_and_outward_without() -> None:
    """What the chapter says of the force of prop-lengths: to be read again should a record change it."""
    said = told.collapse()[2]
    assert said["pure_outward"] == "0"
    assert int(said["softmax_outward"].split(" ")[0]) > int(said["pull_points"]) / 2
    assert said["pure_norm_share"] < 1


def test_a_step_of_the_angle_gap_is_counted_where_all_of_them_grow() -> None:
    assert told._grow([1.0, 2.0, 3.0])
    assert not told._grow([1.0, 3.0, 3.0])
    grow, seeds = map(int, told.planes()["plane_all_grow"].split(" of "))
    assert 0 < grow <= seeds == 12


def test_at_the_least_rate_behind_a_batch_norm_two_pure_margins_are_ahead_of_softmax() -> None:
    said = told.normed_by_rate()[2]
    errors = said["normed_at_least"].replace(" and", ",").replace(" %", "").split(", ")
    softmax, second, third, fourth = map(float, errors)
    assert max(third, fourth) < softmax < second
    assert float(said["normed_least_rate"]) == min(told.rates_tried())
    long, lost = map(int, said["normed_long"].split(" of "))
    assert 0 < long < lost


def test_the_picture_of_features_says_what_all_runs_have_and_not_which_drawn_run_errs_least() -> None:
    arms = Arms.of("figure-2-2", "laptop")
    says = takeaways.TAKEAWAYS["planes"](arms.at_seeds(0))
    gaps = [arms.mean(name, "angle gap") for name in arms]
    assert says.startswith("Mean angle gap over 12 runs: ")
    assert [f"{gap:.1f} degrees" in says for gap in gaps] == [True] * 4
    assert takeaways.planes(arms.only()) == NOTHING


def test_the_loss_as_validation_chose_it_stands_in_the_table_with_its_collapsed_run() -> None:
    assert set(told.BESIDE) - set(told.DRAWN) == {FAMILY_TUNING.chosen["ArcFace"].removesuffix(" rate 0.1")}
    arms = told.worth_arms()
    (name,) = set(told.BESIDE) - set(told.DRAWN)
    assert arms.lost(name)[1] == 1
    assert name in [row[0] for row in told.controls()[1]]


def test_beyond_the_ends_of_the_grids_softmax_gains_and_the_choice_of_the_margin_stays() -> None:
    said = told.normed_further()
    assert said["further_tried"] == "17"
    assert all(f"for {loss} the rate" in said["further_told"] for loss in ("softmax", "m = 4", "NormFace"))
    first = told.normed_blend()
    assert said["further_m4"] == first["normed_blend_saved"]
    assert float(said["further_softmax"].split(" ")[0]) > float(first["normed_blend_softmax"].split(" ")[0])


def test_a_collapsed_run_whose_partner_diverged_is_told_and_its_arm_is_not_named_the_best() -> None:
    sizes = {size: Arms.of(f"curve-{size}", "laptop") for size in (500, 8000)}
    assert unpaired(sizes[500], "ArcFace") == unpaired(sizes[8000], "ArcFace") == [6]
    assert sizes[500].wrong("softmax")[6] is None
    found = told.collapsed_pairs(sizes)
    assert found["curve_collapsed"] == "none"
    assert found["curve_unpaired"].startswith("1 of ArcFace at 500 images (with it the mean error is 12.6 %)")
    assert (
        by_size(sizes)
        .replace("\N{NO-BREAK SPACE}", " ")
        .startswith("Least error beside softmax: A-Softmax m = 4 at 500")
    )
    assert "ArcFace" not in by_size(sizes)
    arms = told.worth_arms()
    assert told.saved(arms, "softmax smoothed", "ArcFace m=0.5 s=8").endswith("1 collapsed in no pair")
    assert "collapsed" not in told.saved(arms, "softmax", "m=4")


def test_what_more_images_leave_is_told_of_margins_and_of_losses_without_one() -> None:
    found = told.by_images({size: Arms.of(f"curve-{size}", "laptop") for size in (500, 8000)})
    assert found["many_most"].startswith("0.14 [0.08, 0.20]")
    assert found["many_kept"].startswith("NormFace (0.18 [0.11, 0.24]")
    assert found["many_kept"].count("(") == 4
    assert found["normface_over_m2_8000"].startswith("0.05 [−0.02")
    assert found["a4_over_normface_500"].startswith("0.24 [0.05")


def test_a_loss_without_a_margin_compacts_and_opens_as_much() -> None:
    found = told.alike()
    assert found["alike_within"] == "0.86 at s = 4 and 0.91 at s = 3"
    assert (found["alike_within_m4"], found["alike_between_m4"]) == ("0.91", "−0.03")
    assert found["gap_smoothed"] < 25 < 60 < found["gap_normface"]
    assert told.normed_rate() == {"one_rate": "0.4", "one_rate_saved": "0.81 [0.65, 0.96]"}
    assert told.starting()["new_start_behind"] == "6 of 6"
