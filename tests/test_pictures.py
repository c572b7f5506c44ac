"""A picture is that of the run's own network: as wrong as its record, its axes those of the features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from discriminative import pictures
from discriminative.runs import Run
from discriminative.training import train


def test_a_picture_is_of_the_network_that_its_record_tells_of(plain: Run) -> None:
    record, arrays = train(replace(plain, seed=0))[0], pictures.picture(replace(plain, seed=0))
    assert int(arrays["wrong"]) == record["metrics"]["test"]["wrong"]
    assert int(arrays["images"]) == record["metrics"]["test"]["images"]
    found = np.linalg.norm(arrays["class_weights"], axis=1)
    assert found == pytest.approx(record["geometry"]["class_weight_norm"], rel=5e-3)
    assert arrays["features"].shape == (360, 3)  # digits have fewer test images than a picture takes
    assert arrays["weight"].shape == (10, 3)


def test_its_axes_are_those_along_which_the_features_vary_most(plain: Run) -> None:
    arrays = pictures.picture(plain)
    spread = np.cov(arrays["features"].T, bias=True)
    assert np.abs(spread - np.diag(np.diag(spread))).max() < 1e-4 * spread[0, 0]
    assert np.all(np.diff(np.diag(spread)) < 0)
    assert np.diag(spread) / spread[0, 0] == pytest.approx(arrays["share"] / arrays["share"][0], rel=1e-4)
    for label in range(10):
        mean = arrays["class_means"][label] - arrays["class_means"].mean(0)
        assert np.isfinite(mean).all()


def test_what_was_taken_is_not_taken_again(plain: Run, root: Path) -> None:
    assert pictures.taken(plain) is None
    assert pictures.take([plain]) == 1
    assert pictures.take([plain]) == 0
    arrays = pictures.taken(plain)
    assert arrays is not None
    assert arrays["features"].shape[1] == pictures.AXES


def test_a_plane_holds_training_and_test_features_of_the_network_that_its_record_tells_of(
    plain: Run, root: Path
) -> None:
    run = replace(plain, network="mlp-linear", feature_dim=2)
    record, stored = train(run)
    assert pictures.take([run], pictures.plane, "-plane") == 1
    assert pictures.taken(run) is None
    arrays = pictures.taken(run, "-plane")
    assert arrays is not None
    assert stored is not None
    assert int(arrays["test_wrong"]) == record["metrics"]["test"]["wrong"]
    assert int(arrays["train_wrong"]) == record["metrics"]["train"]["wrong"]
    assert arrays["test_features"] == pytest.approx(stored["features"][: len(arrays["test_features"])], abs=1e-2)
    assert arrays["train_features"].shape == (min(pictures.IMAGES, int(arrays["train_images"])), 2)
    scores = arrays["train_features"] @ arrays["weight"].T
    wrong = int((scores.argmax(1) != arrays["train_labels"]).sum())
    assert wrong <= int(arrays["train_wrong"]) + 1
    with pytest.raises(ValueError, match="feature_dim must be 2, got"):
        pictures.plane(plain)
