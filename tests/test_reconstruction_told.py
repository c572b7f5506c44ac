"""What the chapter on reconstruction is told: printed values beside floors, networks beside counts, claims alike."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from discriminative.evidence import Arms
from discriminative.geometry import weight_separability
from discriminative.ledger import Ledger
from discriminative.losses import CenterLoss
from discriminative.papers import claims, experiment
from discriminative.papers.reconstruction import figures, told
from discriminative.papers.reconstruction.experiments import DECAYED, SPHERE
from discriminative.papers.reconstruction.full_scale import waiting
from discriminative.statistics import judge_equivalence
from discriminative.study import Fewer, Less


def test_the_printed_values_lie_decades_below_either_floor() -> None:
    found = told.below()
    assert found["below_rows"].count(";") == 3
    assert found["settled_least"] == pytest.approx(math.log10(1 / 10_575 / 11.67e-8), abs=1e-6)
    assert found["settled_most"] == pytest.approx(math.log10(0.1 / 6.55e-8), abs=1e-6)
    assert found["shape_least"] == pytest.approx(math.log10((1 - 4096 / 10_575) / 11.67e-8), abs=1e-6)
    assert found["shape_most"] == pytest.approx(math.log10((1 - 128 / 10_575) / 9.78e-8), abs=1e-6)


def test_the_networks_are_told_with_what_the_paper_prints_of_them() -> None:
    heads, rows = told.networks()
    assert all(len(row) == len(heads) for row in rows)
    found = {row[0]: row[1:5] for row in rows}
    assert found["densenet-40"] == ["40", "1.0M", "1.02M", "448"]
    assert found["resnet-32"] == ["36", "1.7M", "0.46M", "64"]


def test_distance_and_cosine_are_of_mean_activation_and_weight() -> None:
    shot = {"class_means": np.array([[3.0, 4.0], [1.0, 0.0]]), "class_weights": np.array([[0.0, 4.0], [0.0, 2.0]])}
    assert figures.apart(shot) == [(3.0, 0.8), (pytest.approx(math.sqrt(5)), 0.0)]
    nearer = {"class_means": shot["class_means"], "class_weights": shot["class_means"]}
    found = told.nearer({"one": shot, "other": nearer})
    assert found == {"nearer_distance": 2, "nearer_cosine": 2, "nearer_neurons": 1, "nearer_of": 2}


def test_over_the_neurons_a_constant_and_a_scale_change_nothing() -> None:
    weights = np.array([[0.0, 4.0, 1.0], [0.0, 2.0, -1.0]])
    assert figures.together({"class_means": 3 * weights + 5, "class_weights": weights}) == pytest.approx([1, 1])
    assert figures.together({"class_means": -weights, "class_weights": weights}) == pytest.approx([-1, -1])


def test_a_picture_stands_beside_the_record_of_its_run() -> None:
    arms = Arms.of("reconstruction-resnet", "laptop")
    shown = told.shots("reconstruction-resnet", "softmax", "L_re 0.001", "L_re 1")
    heads, rows = told.neurons({"ResNet-20": (shown, arms)})
    assert [row[0] for row in rows] == ["softmax, ResNet-20", "L_re 0.001, ResNet-20", "L_re 1, ResNet-20"]
    for row, (name, shot) in zip(rows, shown.items(), strict=True):
        assert len(row) == len(heads)
        assert row[4] == f"{100 * int(shot['wrong']) / 10_000:.2f}"
        assert row[5] == f"{arms.wrong(name)[0] / 100:.2f}"
    workhorse = told.shots("reconstruction-figure-4", "softmax")
    ((*_, drawn, recorded),) = told.neurons({"LeNet": (workhorse, Arms.of("reconstruction-figure-4", "laptop"))})[1]
    assert drawn == recorded


def test_where_the_loss_sees_it_aligns_a_residual_network_neuron_by_neuron() -> None:
    shown = told.shots("reconstruction-resnet", "softmax", "L_re 0.001", "L_re 1")
    plain = np.mean(figures.together(shown["softmax"]))
    assert np.mean(figures.together(shown["L_re 1"])) > plain + 0.2
    assert abs(np.mean(figures.together(shown["L_re 0.001"])) - plain) < 0.05


def test_the_fisher_ratio_tells_of_compactness_at_either_coefficient_and_network() -> None:
    found = told.compact(Arms.of("reconstruction", "laptop"), Arms.of("reconstruction-resnet", "laptop"))
    assert list(found) == ["compact_paper", "compact_loss", "compact_deep_paper", "compact_deep_loss"]
    assert found["compact_paper"].startswith("−0.003 [−0.007")
    assert found["compact_loss"].startswith("+0.105 [0.093")


def test_a_fall_of_the_error_counts_from_a_third_of_the_papers() -> None:
    found = told.pending(Arms.of("reconstruction-resnet", "laptop"))
    assert found["resnet_seeds"] == 5
    assert found["resnet_counts"] == pytest.approx(found["resnet_error"] * (1 - (6.01 / 8.64) ** (1 / 3)))
    assert found["resnet_pending"] == ""


def test_the_longer_runs_of_the_residual_network_have_ten_times_the_steps_and_are_told_apart() -> None:
    short, longer = (Arms.of(f"reconstruction-resnet{end}", "laptop") for end in ("", "-longer"))
    assert list(short) == list(longer)
    for name in short:
        ratio = longer[name].run.schedule.steps / short[name].run.schedule.steps
        assert ratio == pytest.approx(10, rel=1e-2)
    found = told.longer(longer)
    assert found["longer_error"] < told.pending(short)["resnet_error"]
    assert 0 <= found["longer_train"] < found["longer_error"]
    assert found["longer_norm_loss"] < found["longer_norm_softmax"]


def test_the_scale_of_the_paper_is_planned_and_what_cannot_be_is_told() -> None:
    short = experiment("reconstruction-c10-short").at("paper")
    full = experiment("reconstruction-c10").at("paper")
    assert len(full) == 10
    assert {5 * arm.run.schedule.steps for arm in short} == {arm.run.schedule.steps for arm in full} == {117_000}
    assert len(waiting()) == 1
    assert "CASIA-WebFace" in waiting()[0]
    assert not waiting(["thesis-tuning"])
    hours = told.hours()
    assert hours["hours_long"] > 5 * hours["hours_short"] > 0


def test_claims_of_one_shape_are_made_alike() -> None:
    found = claims()
    for number, measure, coefficient in (("3a", "log e(W)", "0.001"), ("3h", "log unit e(W)", "1")):
        test = found[f"C-FBR{number}"].test
        assert isinstance(test, Less)
        assert (test.measure, test.arm, test.baseline) == (measure, f"L_re {coefficient}", "softmax")
    scaled = found["C-FBR10a"]
    assert isinstance(scaled.test, Fewer)
    assert (scaled.profile, scaled.experiment) == ("paper", "reconstruction-c100-plus")
    assert scaled.test.paper == (31.37, 29.48)


@pytest.mark.parametrize("letter", ["a", "b"])
def test_a_center_loss_has_the_strength_of_the_loss_beside_it(letter: str) -> None:
    arms = {arm.name: arm.run for arm in experiment("reconstruction-center").at("laptop")}
    kind = {"a": "tied", "b": "own"}[letter]
    for coefficient in (0.001, 1.0):
        (term,) = arms[f"{kind} center as L_re {coefficient:g}"].terms
        assert term.coefficient == pytest.approx(coefficient / 64)
        assert term.rate is None if kind == "tied" else term.rate == pytest.approx(32 / coefficient)


def test_centres_that_stay_at_the_origin_shorten_features_at_the_same_strength() -> None:
    arms = {arm.name: arm.run for arm in experiment("reconstruction-center").at("laptop")}
    (term,) = arms["origin center as L_re 1"].terms
    assert (term.name, term.coefficient, term.rate) == ("CenterLoss", 1 / 64, 0.0)
    assert not CenterLoss(feature_dim=3, num_classes=2).centers.any()
    assert "origin center as L_re 1" not in [arm.name for arm in experiment("reconstruction-figure-4").at("laptop")]


def test_elsewhere_the_pull_to_the_origin_differs_by_its_strength_or_by_the_data_alone() -> None:
    known = experiment("reconstruction-center").at("laptop")[-1].run
    for arm in experiment("reconstruction-origin").at("laptop"):
        if arm.name.startswith("origin"):
            (term,) = arm.run.terms
            assert term.coefficient == float(arm.name.split()[-1]) / 64
            assert replace(arm.run, terms=known.terms) == known
    softmax, loss, origin = (arm.run for arm in experiment("reconstruction-origin-fashion").at("laptop"))
    assert origin.terms == known.terms
    assert replace(loss, terms=()) == replace(origin, terms=()) == softmax
    assert softmax in [arm.run for arm in experiment("fashion").at("laptop")]


def test_the_course_is_told_from_its_peak_on() -> None:
    found = told.courses(Arms.of("reconstruction", "laptop"))
    assert found["course_first"] < found["course_last"] < found["course_peak"]
    assert 0 < found["course_step"] < found["course_steps"] / 3
    assert found["course_after"].startswith("−0.8")


def test_arms_of_one_order_are_no_two_of_one_loss() -> None:
    found = told.order(_of("reconstruction-figure-4"), _of("reconstruction-own-four"))
    assert found["order_arms"] == 9
    assert found["order_rank_raw"] == pytest.approx(-0.3)
    assert (found["order_pairs_raw"], found["order_pairs_unit"], found["order_pairs"]) == (3, 5, 6)
    assert found["order_pairs_unit_two"] == 2
    assert found["length_decades"] == pytest.approx(0.949, abs=1e-3)  # of 0.97 in all, by other code
    assert (found["length_seeds"], found["length_softmax"]) == (12, pytest.approx(1.53, abs=5e-3))  # of 20: 1.55


def test_what_length_alone_makes_of_e_is_that_of_longer_weights() -> None:
    weights = torch.randn(10, 64, generator=torch.Generator().manual_seed(0)).double() / 8
    records = []
    for k in (1.0, 1.5):
        geometry = {
            "separability_raw": float(weight_separability(k * weights)),
            "class_weight_norm": (k * weights).norm(dim=1).tolist(),
        }
        records.append({"run": {"seed": 0}, "geometry": geometry})
    whole = math.log10(records[1]["geometry"]["separability_raw"] / records[0]["geometry"]["separability_raw"])
    to, back = told.lengthened(records[:1], records[1:])
    assert (to, back) == ([pytest.approx(whole)], [pytest.approx(whole)])


def test_an_arm_without_records_is_told_as_not_run() -> None:
    arms = Arms(experiment("reconstruction").at("laptop"), Ledger(Path("nowhere")))
    assert told._larger(arms, 3) == "a coefficient of 3 is not run"
    assert told._saved(arms, "L_re 1") == "not run"
    assert told._chosen(arms) == "none"
    assert "no run" in told._how_lost(arms)
    assert "None of these runs" in told.pending(arms)["resnet_pending"]


def test_a_coefficient_whose_runs_diverged_is_not_told_as_not_run_and_never_chosen() -> None:
    arms = Arms.of("reconstruction", "laptop")
    assert told._larger(arms, 10) == "at 10, all 6 runs diverged"
    assert told._larger(arms, 3).startswith("at 3, 2 of 6 runs diverged, the others save 0.77 [0.25, 1.28], n = 4")
    assert told._larger(arms, 3).endswith("where 1 saves 0.65 [0.07, 1.22], n = 4")
    assert arms.mean("L_re 3", "validation error") < arms.mean("L_re 1", "validation error")
    assert told._chosen(arms) == "1"
    assert "by step 26" in told._how_lost(arms)


def test_a_pull_to_the_origin_saves_what_a_pull_to_a_class_saves() -> None:
    found = told.centers()
    assert found["saved_loss"].startswith("0.78 ")
    assert found["saved_origin"].startswith("0.77 ")
    assert found["e_origin"] == "25"


def test_a_pull_to_the_origin_is_swept_and_runs_that_diverged_are_counted() -> None:
    swept = Arms.of("reconstruction-origin", "laptop")
    found = told.origins(swept, Arms.of("reconstruction-origin-fashion", "laptop"))
    errors = swept.numbers("softmax")[:12], swept.numbers("origin center as L_re 0.1")
    assert found["origin_tenth"].startswith(f"{np.mean(errors[0]) - np.mean(errors[1]):.2f} [")
    assert found["origin_ten"].endswith("n = 3")
    assert found["origin_lost"] == "3 of 6 runs of origin center as L_re 10 diverged"
    assert found["origin_ten_lost"] == "3 of 6 runs diverged"
    assert swept.mean("origin center as L_re 10", "validation error") < swept.mean(
        "origin center as L_re 3", "validation error"
    )
    assert found["origin_chosen"] == "3"
    fashion = Arms.of("reconstruction-origin-fashion", "laptop")
    gains = [a - b for a, b in fashion.pairs("softmax", "L_re 1")]
    assert found["fashion_loss"].startswith(f"{np.mean(gains):.2f} [")
    assert found["fashion_alike"] == judge_equivalence(dict(enumerate(gains)), 0.25).word
    names = "reconstruction-origin", "reconstruction-origin-fashion"
    found = told.origins(*(Arms(experiment(name).at("laptop"), Ledger(Path("nowhere"))) for name in names))
    assert (found["origin_chosen"], found["origin_ten"], found["fashion_loss"]) == ("none", "not run", "not run")


def test_pulls_stand_kind_by_kind_from_the_smallest_on() -> None:
    both = Arms.of("reconstruction-center", "laptop") | Arms.of("reconstruction-origin", "laptop")
    names = list(told.by_kind(both))
    assert names[:5] == ["softmax", "L_re 0.001", "L_re 0.1", "L_re 1", "tied center as L_re 0.001"]
    assert [name.split()[-1] for name in names if name.startswith("origin")] == ["0.1", "1", "3", "10"]
    assert sorted(names) == sorted(both)


def test_shorter_features_without_a_pull_on_them_save_nothing() -> None:
    found = told.centers()
    assert found["features_tenth"] < found["features_held_norm"] < found["features_hundredth"]
    assert found["saved_features_held"].startswith("−0.04 ")
    assert found["saved_hundredth"].startswith("0.15 ")
    heads, rows = told.causes()
    assert all(len(row) == len(heads) for row in rows)
    assert [row[0] for row in rows][-2:] == ["softmax", "L_re 1, features held"]
    named = {row[0]: row for row in rows}
    assert named["L_re 1, features held"][2:5] == ["9.3", "3.01", "27.9"]
    assert named["softmax"][1] == ""


def test_where_the_loss_sees_it_agrees_with_the_tied_center_loss() -> None:
    found = told.aligned((0,))
    assert (found["aligned_plain_loss"], found["aligned_plain_tied"]) == ("0.783", "0.955")
    assert found["aligned_centred_loss"] == found["aligned_centred_tied"] == "0.957"
    assert found["aligned_seeds"] == 1
    assert told.aligned(())["aligned_plain_loss"] == "not drawn"


def test_a_pull_to_the_origin_turns_features_farther_than_one_to_the_class() -> None:
    found = told.turned()
    assert found["turned_loss"].startswith("−7.1 ")
    assert found["turned_origin"].startswith("−18.9 ")
    assert found["unit_apart"].startswith("+0.093 ")


def test_the_sign_of_unit_separability_is_one_of_margin_and_floor() -> None:
    found = told.margins()
    assert (found["unit_settings"], found["unit_rise"]) == (9, 6)
    assert found["unit_saved"] == "0.50 to 0.92"
    assert found["unit_least"] < 0 < found["unit_most"]
    assert found["unit_weighted"].startswith("+0.145 ")
    assert found["saved_weighted"].startswith("0.25 ")


def test_runs_that_diverged_before_still_classifiers_are_told_by_arm() -> None:
    drawn = told.lost(Arms.of("reconstruction-drawn", "laptop"))
    assert drawn.startswith("2 of 6 runs of frozen as drawn diverged and 4 of 6 runs of frozen orthogonal, lengthened")
    assert told.lost(Arms.of("reconstruction-heads", "laptop")) == "no run diverged"
    assert told.lost(Arms(experiment("reconstruction").at("laptop"), Ledger(Path("nowhere")))) == "nothing is run yet"


def test_decay_of_a_run_is_counted_over_its_rates() -> None:
    run = experiment("reconstruction").at("laptop")[0].run
    by_hand = 10 * 0.05 * 0.002 * (207 + 0.1 * 52 + 0.01 * 51)
    assert told.folds(run) == pytest.approx(by_hand, rel=0.02)
    assert told.folds(experiment("reconstruction-c10").at("paper")[0].run) == pytest.approx(4.3, abs=0.05)


def test_a_simplex_of_ten_costs_little_where_near_copies_cost_much() -> None:
    heads = Arms.of("reconstruction-heads", "laptop")
    found = told.still_ten(heads)
    errors = {kind: heads.numbers(f"frozen {kind}") for kind in ("orthonormal", "simplex", "dependent")}
    lost = {kind: np.mean(errors[kind]) - np.mean(errors["orthonormal"]) for kind in ("simplex", "dependent")}
    assert found["ten_simplex"].startswith(f"{lost['simplex']:+.2f} [")
    assert found["ten_dependent"].startswith(f"{lost['dependent']:+.2f} [")
    assert abs(lost["simplex"]) < lost["dependent"]
    near = [record["geometry"]["weight_cosine_max"] for record in heads.finished("frozen dependent")]
    assert found["ten_near"] == f"{min(near):.2f} to {max(near):.2f}"


def test_the_still_classifiers_are_drawn_with_the_worst_of_the_dependent_ones() -> None:
    found = told.still_shots()
    assert list(found) == ["orthonormal", "simplex", "random", "dependent", "dependent, draw 1"]
    assert int(found["dependent, draw 1"]["wrong"]) == 1147
    assert int(found["dependent"]["wrong"]) == 29


def test_bounds_that_other_losses_keep_as_well_are_named() -> None:
    assert told.alike(Arms.of("reconstruction-figure-4", "laptop")) == {
        "alike_a": "NormFace and m=4",
        "alike_c": "softmax",
    }


def test_the_harm_of_a_dependent_classifier_is_that_of_near_copies() -> None:
    found = told.still(Arms.of("reconstruction-figure-2", "laptop"))
    assert (found["still_shown"], found["still_worst"], found["still_worst_draw"]) == (29, 1147, 1)
    assert "4 draws" in found["still_copies"]


def test_the_tuned_center_loss_orders_fewer_pairs_than_the_one_of_equal_strength() -> None:
    found = told.order(_of("reconstruction-figure-4"), _of("reconstruction-own-four"))
    assert (found["order_pairs_raw_tuned"], found["order_pairs_unit_tuned"]) == (2, 3)
    assert found["tuned_raw"].startswith("+0.974 ")
    assert found["length_back"] == pytest.approx(0.934, abs=1e-3)


def test_center_losses_differ_by_strength_and_not_by_their_centres() -> None:
    found = told.centers()
    assert found["tuned_strength"] == pytest.approx(3.2)
    assert found["own_apart"].startswith("−0.00 [")
    assert found["tuned_apart"].startswith("0.13 [0.08")
    assert found["edge_lost"] == "1 of 3 runs diverged"
    assert found["edge_beyond"] < found["edge_chosen"]
    assert told.strength()["strength_apart"].startswith("0.01 [")
    own, origin = (arm.run for arm in experiment("reconstruction-strength").at("laptop")[1:])
    assert own.terms[0].coefficient == origin.terms[0].coefficient == 0.05
    assert own in [arm.run for arm in experiment("ie-wider").at("laptop")]


def test_softmax_alone_diverges_too_under_some_seeds() -> None:
    found = told.plain()
    assert found["plain_runs"] == found["plain_lost"] + found["plain_kept"] >= 60
    assert found["plain_lost"] >= 2
    assert found["plain_trend_raw"].startswith("−")
    assert found["plain_trend_unit"].startswith("0.")


def test_six_draws_that_favour_an_orthonormal_layer_are_followed_by_six_that_do_not() -> None:
    found = told.still_ten(Arms.of("reconstruction-heads", "laptop"))
    assert found["ten_random_early"] == "+0.24 [0.04, 0.44]"
    assert found["ten_random_late"].startswith("−0.03 [")
    assert found["ten_draws"] == 12


def test_lower_rates_change_the_rate_alone() -> None:
    for ending in ("", "-ten"):
        slower = experiment(f"reconstruction-drawn{ending}-slower").at("laptop")
        assert [arm.name for arm in slower[3:]] == ["frozen random", "frozen random, lengthened"]  # there alone
        for fast, slow in zip(experiment(f"reconstruction-drawn{ending}").at("laptop"), slower[:3], strict=True):
            assert replace(slow.run, optimizer=fast.run.optimizer) == fast.run
            assert slow.run.optimizer == replace(fast.run.optimizer, rate=fast.run.optimizer.rate / 5)
    assert told.at_lower_rate(Arms.of("reconstruction-drawn-ten-slower", "laptop"))["ten_slow_fisher"].startswith(
        "+0.0"
    )


def test_what_unit_columns_do_after_the_peak_and_where_they_fall_is_told() -> None:
    assert told.courses(Arms.of("reconstruction", "laptop"))["course_after_unit"].startswith("0.10 [")
    found = told.margins()
    assert found["unit_falls"].count("rate 0.03") == 2
    assert found["unit_falls"].count("rate 0.05") == 1
    assert told.turned()["closer_origin"].startswith("+0.103 ")


def _of(name: str, *names: str) -> Arms:
    return Arms.of(name, "laptop", *names)


def _gap(first: list[float], second: list[float]) -> float:
    return float(np.mean(np.subtract(first, second)))


def test_still_layers_are_told_by_angle_at_equal_length_and_by_length_at_equal_angle() -> None:
    fast, slow = (
        {key: _of(f"reconstruction-drawn{ten}{end}") for key, ten in (("three", ""), ("ten", "-ten"))}
        for end in ("", "-slower")
    )
    found = told.angle_and_length(fast, slow)
    unit, drawn, long, _, random = (slow["ten"].numbers(name) for name in slow["ten"])
    assert found["by_angle_ten"].startswith(f"{_gap(drawn, long):.2f} [")
    assert found["by_equal_ten"].startswith(f"{_gap(random, long):.2f} [")
    assert found["by_length_ten"].startswith(f"{_gap(unit, long):.2f} [")
    assert found["by_equal_n_three"] == found["by_equal_n_ten"] == 6
    assert found["by_length_fast_n"] == 5
    assert found["drawn_length_three"] == "1.14 to 1.98"  # by other code; the lengthened ones have 1.83
    long_run, random_run = (slow["ten"][f"frozen {kind}, lengthened"].run for kind in ("orthogonal", "random"))
    assert replace(long_run, feature_scale=1.0) == slow["ten"]["frozen orthonormal"].run
    assert replace(random_run, fixed_weight="orthonormal") == long_run


def test_what_a_decay_does_to_raw_separability_is_not_told_as_the_margins() -> None:
    named = _of("reconstruction-own-four")
    plain, decayed, margin = (named[name].run for name in ("softmax", DECAYED, "m=4"))
    assert decayed.optimizer == margin.optimizer
    assert replace(decayed, optimizer=plain.optimizer) == plain
    found = told.decays(named)
    assert found["decay_own"] == 4 * found["decay_other"]
    assert found["decay_apart"] == "+0.25 [0.24, 0.25]"
    assert (found["decay_n"], found["sphere_at"], found["sphere_rate"]) == (12, "4", "0.1")
    head = named[SPHERE].run.head
    assert (head.name, named[SPHERE].run.optimizer.weight_decay) == ("L2ConstrainedSoftmax", 5e-4)


def test_the_interval_at_the_level_of_all_places_is_wider_and_holds_a_decade() -> None:
    assert told.corrected(_of("reconstruction-penalty")) == "[0.91, 1.01]"


def test_the_loss_at_a_lower_rate_stands_beside_the_softmax_that_was_tuned() -> None:
    slower = _of("reconstruction-slower")
    found = told.beside_tuned(slower)
    tuned = _of("reconstruction", "softmax").numbers("softmax")[:6]
    assert found["slow_cost"].startswith(f"{_gap(slower.numbers('softmax'), tuned):.2f} [")
    assert found["slow_three"].startswith(f"{_gap(tuned, slower.numbers('L_re 3')):.2f} [")
    one = _of("reconstruction", "L_re 1").numbers("L_re 1")[:6]
    assert found["slow_three_behind"].startswith(f"{_gap(slower.numbers('L_re 3'), one):.2f} [")
    assert found["slow_ten"].endswith("n = 3")
    assert told.beside_tuned(Arms(slower.arms, Ledger(Path("nowhere"))))["slow_three"] == "not run"


def test_the_stronger_center_loss_moves_its_centres_at_another_speed() -> None:
    found = told.advised()
    assert (found["speed_own"], found["speed_slow"]) == (0.5, pytest.approx(0.025))
    assert found["speeds"] == pytest.approx(20)
    strong = _of("reconstruction-strength").numbers("origin center as L_re 3.2")
    one = _of("reconstruction-center").numbers("origin center as L_re 1")
    assert found["strong_apart"].startswith(f"{_gap(one, strong):.2f} [")
    assert found["strong_saved"].endswith("n = 12")
    assert found["at_strong_angle"] < found["at_slow_angle"] < found["at_own_angle"]


def test_errors_saved_and_the_loss_on_test_images_are_told_apart() -> None:
    found = told.advised()
    assert found["test_loss_strong"].startswith("+0.030 [")
    assert found["test_loss_loss"].startswith("−0.017 [")
    assert found["test_loss_apart"].startswith("+0.019 [")
    assert found["beyond_times"] == pytest.approx(1.4)
    assert found["beyond_lost"] == "1 of 15 runs diverged"
    assert found["beyond_validation"] < found["beyond_validation_chosen"]
    assert found["beyond_apart"].endswith("n = 11")


def test_of_the_direct_penalty_errors_and_features_are_told_in_both_residual_runs() -> None:
    short, longer = _of("reconstruction-resnet"), _of("reconstruction-resnet-longer")
    found = told.direct(short, longer)
    for key, arms in (("short", short), ("long", longer)):
        pairs = arms.pairs("softmax", "e(W) 0.01")
        gap = np.mean([a - b for a, b in pairs])
        assert found[f"penalty_{key}_saved"].startswith(f"{gap:.2f} [".replace("-", "−"))
        assert found[f"penalty_{key}_saved"].endswith(f"n = {len(pairs)}")
    assert found["penalty_long_angle"].startswith("−")
    assert found["penalty_short_fisher"] == "+0.05 [0.01, 0.09]"


def test_length_alone_makes_less_of_e_where_the_weights_change_less() -> None:
    short, longer = _of("reconstruction-resnet"), _of("reconstruction-resnet-longer")
    found = told.by_length(short, longer)
    assert found["alone_short"].startswith("+0.14 [")
    assert found["whole_short"].startswith("+0.23 [")
    assert found["norm_long"][0] == found["alone_long"][0] == "−"
    assert int(found["ends_long"]) > 10 * int(found["ends_short"]) == 160
    nothing = Arms(short.arms, Ledger(Path("nowhere")))
    assert told.by_length(nothing, nothing)["alone_long"] == "not run"


def test_two_measures_of_compactness_disagree_about_the_pull_to_the_origin() -> None:
    found = told.compact_measures(_of("reconstruction-heads"))
    assert found["compact_hundredth"].startswith("−0.011 [")
    assert found["compact_tenth"].startswith("+0.008 [")
    assert [found[f"within_{key}"][0] for key in ("loss", "own", "origin", "tied")] == ["+", "+", "−", "−"]
    assert found["fisher_dependent"].startswith("+0.062 [")


def test_the_sign_of_unit_separability_is_one_of_scale_and_of_the_blend_as_well() -> None:
    found = told.scales()
    assert [found[f"normed_{s}"][0] for s in (4, 8, 16)] == ["−", "+", "−"]
    assert [found[f"blend_{p}"][0] for p in (80, 40, 10)] == ["+", "−", "−"]
    runs = [arm.run for arm in _of("blend", "m=4", "m=4 reached at 10 %", "m=4 reached at 80 %").arms]
    assert all(replace(run, blend=runs[0].blend) == runs[0] for run in runs)
    assert {run.blend.floor for run in runs if run.blend} == {1.0}


def test_the_scale_of_the_scores_goes_with_the_gain_but_for_one_family() -> None:
    found = told.scale()
    assert found["scale_arms"] == 22
    assert found["scale_rank"] < -0.5
    assert found["norm_rank"] == pytest.approx(-0.83, abs=0.005)
    assert found["scale_penalty"] < found["scale_softmax"]
    assert (found["included_arms"], found["included_saved"]) == (4, "0.81 to 0.95")  # by other code
    assert found["included_scales"] == "22.1 to 30.8"
    assert found["norm_softmax"] < found["included_norm"]
    arms = [_of(item, *names)[name].run for item, names in told.INCLUDED for name in names]
    softmax = _of("reconstruction")["softmax"].run
    assert all(replace(run, terms=()) == softmax for run in arms)


def test_over_trained_classifiers_alone_the_ranks_are_others() -> None:
    arms = _of("reconstruction") | _of("reconstruction-penalty") | _of("reconstruction-heads")
    found = told.without_still(arms)
    assert found["trained_arms"] == len([name for name in arms if "frozen" not in name]) - 1  # one never finished
    assert found["trained_rank_unit"] < found["trained_rank_raw"] < 0


def test_an_arm_that_lost_runs_is_told_on_the_seeds_that_it_finished() -> None:
    swept = _of("reconstruction")
    found = told.survivors(swept)
    assert found["three_lost"] == "2 of 6 runs diverged"
    one = {record["run"]["seed"]: record for record in swept.finished("L_re 1")}
    seeds = [record["run"]["seed"] for record in swept.finished("L_re 3")]
    wrong = [one[seed]["metrics"]["test"]["wrong"] for seed in seeds]
    assert found["three_one"] == pytest.approx(np.mean(wrong) / 100)
    assert found["three_over_one"].startswith(f"{found['three_one'] - found['three_errs']:.2f} [")


def test_on_fashion_mnist_another_decay_would_have_been_chosen_for_softmax() -> None:
    found = told.fashion_decay(_of("reconstruction-origin-fashion"))
    assert found["fashion_validation_less"] < found["fashion_validation"]
    assert found["fashion_decay_own"] == 4 * found["fashion_decay"]
    assert int(found["fashion_decay_saved"].split("n = ")[1]) >= 3
