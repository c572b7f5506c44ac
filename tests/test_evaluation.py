"""What a record keeps of training images, by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from discriminative.runs import Head, Run
from discriminative.training import train
from discriminative.training.evaluation import in_training, own_angles
from discriminative.training.model import Model


def test_own_angles_are_means_by_class_and_not_a_number_where_a_class_has_no_image() -> None:
    features = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 5.0]])
    weight = torch.tensor([[2.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    first, second, third = own_angles(features, torch.tensor([0, 0, 1]), weight)
    assert first == pytest.approx((0 + 45) / 2)
    assert second == pytest.approx(90)
    assert math.isnan(third)


def test_right_in_training_only_counts_what_the_test_scores_then_get_wrong(plain: Run) -> None:
    """Of these four, W-Softmax calls the second and third right, and the test scores the third wrong.

    Weights (1, 0) and (0, 1), alpha = 3/4: the rival's logit is (3/4 own + other) / 1.25, against the own score.
    """
    head = Head("WSoftmax", {"alpha": 0.75})
    model = Model(replace(plain, feature_dim=2, head=head), 2, torch.device("cpu"))
    with torch.no_grad():
        model.head.get_parameter("weight").copy_(torch.eye(2))
    features = torch.tensor([[3.0, 2.0], [3.0, 1.0], [-2.0, -1.5], [-2.0, -0.5]])  # rivals' logits 3.4, 2.6, -2.4, -1.6
    labels = torch.zeros(4, dtype=torch.int64)
    found = in_training(model, features, labels, model.head(features))
    assert found["right_in_training_only"] == 0.25
    angles = [math.degrees(math.atan2(2, 3)), math.degrees(math.atan2(1, 3))]
    angles += [180 - math.degrees(math.atan2(1.5, 2)), 180 - math.degrees(math.atan2(0.5, 2))]
    assert found["own_angle_train"] == pytest.approx(sum(angles) / 4)


def test_a_record_of_a_hundred_classes_keeps_its_size(plain: Run) -> None:
    """Lists by class are the longest part of it: filled with a hundred each, it must still be one."""
    geometry = train(plain)[0]["geometry"]
    lists = [name for name in geometry if name.startswith("class_")]
    assert {"class_own_angle", "class_own_angle_train"} <= set(lists)
    assert len(lists) * 100 * len("123.4, ") < 4096
