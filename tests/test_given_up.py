"""What the first chapter says of Fashion-MNIST: the class that is given up, its weight, and four losses tuned there."""

from __future__ import annotations

import numpy as np
import pytest

from discriminative.data import fashion_labels
from discriminative.evidence import Arms
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
    assert not set(alike.FRESH) & {seed for arm in FLOOR_TUNING for seed in arm.seeds}
