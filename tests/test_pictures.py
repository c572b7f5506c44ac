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
