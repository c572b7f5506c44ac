"""Every measure that a record keeps, against numbers worked by hand."""

from __future__ import annotations

import base64
import math
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from discriminative.data import Dataset, Split
from discriminative.geometry import describe, describe_classes, describe_norms, probe_error
from discriminative.runs import Head, Run, Schedule, Term
from discriminative.training.curves import Curves, pulls
from discriminative.training.evaluation import contrast, evaluate, forward, label_free, summary
from discriminative.training.model import Model, Parts

LN3 = math.log(3)

# Four features of two classes in the plane, and their scores under two weights at a right angle.
X = torch.tensor([[3.0, 4.0], [0.0, 2.0], [-1.0, 0.0], [2.0, 0.0]])
Y = torch.tensor([0, 1, 0, 1])
W = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
SCORES = torch.tensor([[3.0, 8.0], [0.0, 4.0], [-1.0, 0.0], [2.0, 0.0]])

BY_HAND = {
    "separability_raw": 4.5,  # W W^T - I = diag(0, 3): 9 / 2
    "separability_unit": 0.0,
    "weight_cosine_mean": 0.0,
    "weight_cosine_max": 0.0,
    "weight_cosine_sd": 0.0,
    "weight_norm_mean": 1.5,
    "feature_norm_mean": 2.5,  # 5, 2, 1, 2
    "feature_norm_sd": 1.5,  # 8.5 - 6.25 = 2.25
    "own_angle": (math.degrees(math.acos(0.6)) + 0 + 180 + 90) / 4,
    "rival_angle": (math.degrees(math.acos(0.8)) + 90 + 90 + 0) / 4,
    "angle_gap": (math.degrees(math.acos(0.8) - math.acos(0.6)) + 90 - 90 - 90) / 4,
    "negative_own_share": 0.25,  # own scores 3, 4, -1, 0
    "mean_energy_share": 3.25 / 8.5,  # the mean is (1, 1.5); squares 25, 4, 1, 4
    "within_distance": (2 * math.sqrt(8) + 2 * math.sqrt(2)) / 4,  # from (1, 2) and from (1, 1)
    "between_distance": 1.0,
    "within_cosine": -0.3,  # (.6, .8) . (-1, 0) and (0, 1) . (1, 0)
    "between_cosine": 0.1,  # .8, .6, 0, -1
    "between_cosine_max": 0.1,
    "fisher_ratio": 1 / 20,
    "angle_error": 75.0,  # only the second lies nearest to its own weight
}


def test_the_scores_are_those_of_the_features() -> None:
    assert torch.equal(X @ W.T, SCORES)


@pytest.mark.parametrize("name", BY_HAND)
def test_the_geometry_of_four_features(name: str) -> None:
    assert describe(X, Y, W, SCORES)[name] == pytest.approx(BY_HAND[name], abs=2e-5)


def test_no_measure_of_the_geometry_is_without_its_number() -> None:
    assert describe(X, Y, W, SCORES).keys() == BY_HAND.keys()


def test_the_geometry_of_three_weights() -> None:
    weight = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]])  # cosines 0, 1/sqrt 2, 1/sqrt 2
    features = torch.tensor([[1.0, 0.0], [0.0, 1.0], [5.0, 5.0]])
    got = describe(features, torch.arange(3), weight, features @ weight.T)
    root = math.sqrt(0.5)
    expected = {
        "separability_raw": (0 + 9 + 17**2 + 2 * (9 + 36)) / 3,
        "separability_unit": 2 / 3,
        "weight_cosine_mean": 2 * root / 3,
        "weight_cosine_max": root,
        "weight_cosine_sd": root * math.sqrt(2) / 3,
        "weight_norm_mean": (1 + 2 + 3 * math.sqrt(2)) / 3,
        "within_cosine": 0.0,  # no pairs
        "between_cosine": 2 * root / 3,
        "between_cosine_max": root,
        "negative_own_share": 0.0,
        "angle_error": 0.0,
    }
    assert {name: got[name] for name in expected} == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_weights_norms_and_errors_by_class() -> None:
    got = describe_classes(X, Y, torch.tensor([[3.0, 4.0], [0.0, 2.0], [1.0, 0.0]]), SCORES)
    assert got["class_weight_norm"] == [5.0, 2.0, 1.0]
    assert got["class_feature_norm"][:2] == [3.0, 2.0]  # 5 and 1; 2 and 2
    assert got["class_error"][:2] == [100.0, 50.0]
    assert math.isnan(got["class_feature_norm"][2])
    assert math.isnan(got["class_error"][2])


def test_norms_of_right_and_wrong_images_and_the_accuracy_by_norm() -> None:
    """Twenty norms 1 to 20, shuffled; those up to 5 and the 20th are told wrong."""
    order = torch.randperm(20, generator=torch.Generator().manual_seed(0))
    norm = torch.arange(1.0, 21.0)[order]
    features = torch.stack([0.6 * norm, -0.8 * norm], 1)
    wrong = (norm <= 5) | (norm == 20)
    scores = torch.stack([wrong.float(), 1 - wrong.float()], 1)
    got = describe_norms(features, torch.ones(20, dtype=torch.int64), scores)
    assert got["norm_right_wrong"] == pytest.approx([sum(range(6, 20)) / 14, (15 + 20) / 6])
    assert got["norm_deciles"] == pytest.approx([1 + 1.9 * i for i in range(11)])
    assert got["norm_decile_accuracy"] == [0.0, 0.0, 50.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 50.0]


def test_where_none_is_wrong_there_is_no_norm_of_the_wrong() -> None:
    right, wrong = describe_norms(X, SCORES.argmax(1), SCORES)["norm_right_wrong"]
    assert right == 2.5
    assert math.isnan(wrong)


@pytest.mark.parametrize(("x", "told"), [(2.9, 0), (3.1, 1)])
def test_the_probe_turns_where_ridge_regression_does(x: float, told: int) -> None:
    """Features 0, 0, 0, 4 about their mean 1: scatter 12, penalty 12 at ridge 1, slope 3 / 24; it turns at 1 + 2."""
    seen, labels = torch.tensor([[0.0], [0.0], [0.0], [4.0]]), torch.tensor([0, 0, 0, 1])
    for label in (0, 1):
        error = probe_error(seen, labels, torch.tensor([[x]]), torch.tensor([label]), 2, ridge=1.0)
        assert error == (0.0 if label == told else 100.0)


def test_the_probe_of_features_that_are_all_alike_tells_the_commonest_class() -> None:
    seen = torch.ones(3, 2)
    assert probe_error(seen, torch.tensor([0, 1, 1]), seen, torch.tensor([1, 1, 0]), 2) == pytest.approx(100 / 3)


def test_wrong_answers_and_the_loss_of_a_part() -> None:
    scores = torch.tensor([[LN3, 0.0], [0.0, 0.0], [0.0, LN3]])  # right class at 3/4, 1/2, 1/4
    told = summary(scores, torch.tensor([0, 1, 0]))
    assert told == {"wrong": 2, "images": 3, "loss": pytest.approx(math.log(4 / 3 * 2 * 4) / 3, rel=1e-3)}


# --- in a run: a head of two classes over 2-D features, its weight set by hand ---------------------------------------


def model(weight: list[list[float]], **changes: Any) -> Model:
    run = Run("digits", "mlp", 2, Head("Softmax"), 0, classes=(0, 1), schedule=Schedule(4))
    made = Model(replace(run, **changes), 2, torch.device("cpu"))
    with torch.no_grad():
        made.head.get_parameter("weight").copy_(torch.tensor(weight))
    return made


EYE = [[1.0, 0.0], [0.0, 1.0]]


def test_is_the_loss_small_whatever_the_class() -> None:
    """Each image has probability 3/4 of its class; at the mean feature, 0, every class has 1/2."""
    features, labels = torch.tensor([[LN3, 0.0], [-LN3, 0.0]]), torch.tensor([0, 1])
    scores = torch.tensor([[-1.0, -2.0], [-1.0, 3.0], [0.0, -1.0], [1.0, 1.0]])
    told = label_free(model(EYE), features, labels, scores)
    assert told == pytest.approx(
        {"trained_loss": math.log(4 / 3), "mean_feature_loss": math.log(2), "all_negative_share": 0.25}
    )


def test_the_label_free_loss_is_that_of_the_bent_logits() -> None:
    """Feature t (-1, -1): W-Softmax at alpha 1 turns the rival e_2 to (1, 1) / sqrt 2, whose score is lower still."""
    told = label_free(
        model(EYE, head=Head("WSoftmax", {"alpha": 1.0})), torch.full((2, 2), -2.0), torch.tensor([0, 1]), SCORES
    )
    bent = math.log1p(math.exp(-2 * math.sqrt(2) + 2))
    assert told["trained_loss"] == told["mean_feature_loss"] == pytest.approx(bent)
    assert bent < math.log(2)


def test_what_pulls_at_the_features() -> None:
    """Probabilities 3/4 and 1/4 at both: the pull is y - p, (1/4, -1/4) for class 0, (-3/4, 3/4) for class 1."""
    terms = (
        Term("FeatureIncay", 0.5, {"form": "linear"}),  # pulls by 2 f, outwards
        Term("CenterLoss", 2.0),  # by f, to its centre at the origin
        Term("WeightSeparability", 1.0),  # at no feature
        Term("FeatureIncay", 1.0, {"form": "linear"}, stops=0.5),
        Term("FeatureIncay", -3.0, {"form": "linear"}, on="preactivation"),
    )
    features, labels = torch.tensor([[LN3, 0.0], [LN3, 0.0]]), torch.tensor([0, 1])
    inner = torch.tensor([[0.0, 1.0], [3.0, 0.0]])
    got = [float(value) for value in pulls(model(EYE, terms=terms), features, inner, labels, 3)]
    assert got == pytest.approx([-0.25, 0.5, LN3, 2 * LN3, 0.0, 0.0, 12.0])
    scaled = [float(v) for v in pulls(model(EYE, feature_scale=0.5), 2 * features, inner, labels, 0)]
    assert scaled == pytest.approx([-0.125, 0.25])


def test_the_state_of_features_and_weights_where_a_fortieth_ends() -> None:
    made = model([[3.0, 4.0], [0.0, 2.0]])
    curves = Curves(made.run, False)
    features, labels = torch.tensor([[LN3, 0.0], [0.0, 4.0]]), torch.tensor([0, 1])
    curves.measure(made, features, features, labels, 0)
    parts = Parts(torch.tensor(1.0), torch.tensor(1.0), SCORES, SCORES, {})
    curves.add(0, parts, Y, 0.1, None)
    told = curves.result(1)
    assert told["measured"] == [1]
    assert told["feature_norm"] == [pytest.approx((LN3 + 4) / 2, rel=5e-3)]
    assert told["weight_norm"] == [3.5]
    assert told["separability_raw"] == [pytest.approx((24**2 + 64 + 64 + 9) / 2, rel=5e-3)]
    assert told["separability_unit"] == [0.64]


def test_losses_errors_and_terms_are_means_over_their_fortieth() -> None:
    run = Run("digits", "mlp", 2, Head("Softmax"), 0, schedule=Schedule(80), terms=(Term("FeatureIncay", 1.0),))
    curves = Curves(run, True)
    right, swapped = SCORES, SCORES.flip(1)  # bent logits wrong in 3 of 4, test scores in 1 of 4

    def parts(total: float, loss: float, terms: dict[int, float]) -> Parts:
        values = {i: torch.tensor(value) for i, value in terms.items()}
        return Parts(torch.tensor(total), torch.tensor(loss), right, swapped, values)

    curves.add(0, parts(9.0, 1.0, {0: 2.0}), Y, 0.1, 4.0)
    curves.add(1, parts(9.0, 2.0, {0: 4.0}), Y, 0.2, 3.0)
    curves.add(2, parts(9.0, 5.0, {}), Y, 0.2, 3.0)
    curves.add(3, parts(9.0, 5.0, {}), Y, 0.2, 3.0)
    told = curves.result(4)
    assert told["step"] == [2, 4]
    assert told["loss"] == [1.5, 5.0]
    assert told["train_error"] == [0.75, 0.75]
    assert told["plain_error"] == [0.25, 0.25]
    assert told["terms"] == [[3.0, None]]
    assert told["rate"] == [0.2, 0.2]
    assert told["blend"] == [3.0, 3.0]


@pytest.mark.parametrize(("total", "loss"), [(math.nan, 1.0), (math.inf, 1.0), (1.0, math.nan)])
def test_a_term_that_is_no_number_is_a_divergence_too(total: float, loss: float) -> None:
    curves = Curves(Run("digits", "mlp", 2, Head("Softmax"), 0, schedule=Schedule(80)), False)
    for step, values in enumerate([(1.0, 1.0), (total, loss), (1.0, 1.0)]):
        curves.add(step, Parts(torch.tensor(values[0]), torch.tensor(values[1]), SCORES, SCORES, {}), Y, 0.1, None)
    assert curves.look() == 1


@pytest.mark.parametrize(
    ("loss", "wrong", "chance"), [(1.0, 4, True), (1.04, 4, False), (0.96, 4, False), (1.0, 3, False)]
)
def test_chance_is_a_loss_of_log_c_and_the_error_of_guessing(loss: float, wrong: int, chance: bool) -> None:
    curves = Curves(Run("digits", "mlp", 2, Head("Softmax"), 0, schedule=Schedule(40)), False)
    value = torch.tensor(loss * math.log(10))
    guesses = torch.nn.functional.one_hot(torch.tensor([1] * wrong + [0] * (4 - wrong)), 2).float()
    curves.add(0, Parts(value, value, guesses, guesses, {}), torch.zeros(4, dtype=torch.int64), 0.1, None)
    curves.look()
    assert curves.at_chance(1, math.log(10), 0.9) is chance
    assert not curves.at_chance(0, math.log(10), 0.9)


@pytest.mark.parametrize(
    ("classes", "terms", "bent", "every"),
    [(10, 1, False, 1), (100, 1, False, 2), (10, 2, False, 2), (100, 2, False, 4), (10, 0, True, 1), (10, 1, True, 2)],
)
def test_many_classes_and_terms_are_measured_less_often(classes: int, terms: int, bent: bool, every: int) -> None:
    run = Run("digits", "mlp", 2, Head("Softmax"), 0, schedule=Schedule(40))
    run = replace(run, terms=(Term("FeatureIncay", 1.0),) * terms)
    assert Curves(run, bent, classes).every == every


# --- the whole record ------------------------------------------------------------------------------------------------


class Through(torch.nn.Module):
    """A network that gives its images back: features worked by hand."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)[:, :2]


def evaluated(seed: int, **changes: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    made = model([[1.0, 0.0], [0.0, 2.0]], seed=seed, **changes)
    made.network = Through()
    images = torch.tensor([[3, 4], [0, 2], [1, 0], [2, 0]], dtype=torch.uint8).view(4, 1, 1, 2)
    part = Split(images, Y)
    data = Dataset("digits", part, part, part, 2, 1.0, torch.zeros(1))
    record: dict[str, Any] = {"metrics": {}}
    arrays = evaluate(record, made, data, part, nullcontext(), forward(made, part, data, nullcontext()))
    return record, arrays


def test_a_record_holds_all_its_measures() -> None:
    """Features (3, 4), (0, 2), (1, 0), (2, 0); scores (3, 8), (0, 4), (1, 0), (2, 0): the first and last are wrong."""
    record, _ = evaluated(1)
    metrics, told = record["metrics"], record["geometry"]
    assert metrics["test"]["wrong"] == metrics["validation"]["wrong"] == metrics["train"]["wrong"] == 2
    bits = np.unpackbits(np.frombuffer(base64.b64decode(metrics["test_correct"]), dtype=np.uint8))
    assert bits[:4].tolist() == [0, 1, 1, 0]
    loss = sum(math.log1p(math.exp(rival)) for rival in (5, -4, -1, 2)) / 4
    assert told["trained_loss"] == metrics["train"]["loss"] == pytest.approx(loss, rel=1e-3)
    # the mean feature is (1.5, 1.5), its scores (1.5, 3)
    assert told["mean_feature_loss"] == pytest.approx(
        (math.log1p(math.exp(1.5)) + math.log1p(math.exp(-1.5))) / 2, 1e-3
    )
    assert told["all_negative_share"] == 0.0
    assert told["class_weight_norm"] == [1.0, 2.0]
    assert told["class_feature_norm"] == [3.0, 2.0]
    assert told["class_error"] == [50.0, 50.0]
    assert told["norm_right_wrong"] == [1.5, 3.5]
    assert told["norm_decile_accuracy"][0] == 100.0
    assert {"norm_deciles", "probe_error", "contrast_turn", *BY_HAND} <= told.keys()


def test_seed_zero_keeps_the_norm_of_every_test_feature() -> None:
    _, arrays = evaluated(0)
    assert arrays["norms"].dtype == np.float16
    assert arrays["norms"].tolist() == [5.0, 2.0, 1.0, 2.0]
    assert "norms" not in evaluated(1)[1]


def test_norms_beyond_half_precision_keep_theirs() -> None:
    made = model(EYE)
    made.network = Through()
    part = Split(torch.full((2, 1, 1, 2), 255, dtype=torch.uint8), torch.tensor([0, 1]))
    data = Dataset("digits", part, part, part, 2, 1e-3, torch.zeros(1))
    arrays = evaluate({"metrics": {}}, made, data, part, nullcontext(), forward(made, part, data, nullcontext()))
    assert arrays["norms"].dtype == np.float32
    assert arrays["norms"].tolist() == pytest.approx([255e3 * math.sqrt(2)] * 2)


def test_contrast_is_the_turn_and_the_ratio_of_norms() -> None:
    """Half of (3, 4) in whole numbers is (1, 2): 63.43 against 53.13 degrees, sqrt 5 against 5."""
    made = model(EYE)
    made.network = Through()
    part = Split(torch.tensor([[[[2, 0]]], [[[0, 4]]]], dtype=torch.uint8), torch.tensor([0, 1]))
    data = Dataset("digits", part, part, part, 2, 1.0, torch.tensor([1.0]))  # the mean is taken away: (1, -1), (-1, 3)
    features = forward(made, part, data, nullcontext())[0]
    told = contrast(made, data, features, nullcontext())  # (0, -1), (-1, 1)
    turn = (45 + math.degrees(math.acos(4 / math.sqrt(20)))) / 2
    assert told["contrast_turn"] == pytest.approx(turn, abs=1e-3)
    assert told["contrast_norm"] == pytest.approx((1 / math.sqrt(2) + math.sqrt(2 / 10)) / 2, abs=1e-5)
