"""What a figure counts, leaves out and colours; how it looks is for the eye."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

from discriminative import plots
from discriminative.ledger import Ledger
from discriminative.runs import Run
from discriminative.study import Arm
from discriminative.training import train

mpl.use("Agg")


def put(ledger: Ledger, record: dict[str, Any], run: Run, wrong: int | None, gap: float = 30.0) -> None:
    """A record of that run with so many of 10,000 test images wrong; ``None`` for one that diverged."""
    made = copy.deepcopy(record)
    made |= {"run": run.to_json(), "id": run.id, "status": "finished" if wrong is not None else "diverged"}
    if wrong is not None:
        made["metrics"]["test"] |= {"wrong": wrong, "images": 10_000}
        made["geometry"]["angle_gap"] = gap
    ledger.write(made)


@pytest.fixture
def arms(tiny: Run, tmp_path: Path) -> tuple[Ledger, Arm, Arm]:
    """Softmax over five seeds, one diverged; another arm over the same, one of them collapsed."""
    ledger, record = Ledger(tmp_path), train(tiny)[0]
    plain = Arm("softmax", tiny, tuple(range(5)))
    other = Arm("m=2", replace(tiny, feature_dim=5), tuple(range(5)))
    for run, wrong in zip(plain.runs(), (400, 410, 420, 430, None), strict=True):
        put(ledger, record, run, wrong, gap=20.0)
    for run, wrong in zip(other.runs(), (300, 310, 320, 5001, 330), strict=True):
        put(ledger, record, run, wrong, gap=40.0)
    return ledger, plain, other


def test_runs_that_diverged_or_collapsed_are_counted_and_stand_in_no_mean(arms: tuple[Ledger, Arm, Arm]) -> None:
    ledger, plain, other = arms
    assert plots.left_out([plain, other], ledger) == (1, 1)
    assert plots.left_out_told([plain, other], ledger) == "of 10 runs 1 diverged and 1 collapsed"
    assert plots.left_out_told([other], ledger) == "of 5 runs 1 collapsed"
    (name, gap, error, _), (_, _, other_error, _) = plots.arm_means([plain, other], ledger)
    assert (name, gap) == ("softmax", 20.0)
    assert error == pytest.approx(4.15)
    assert other_error == pytest.approx(3.15)


def test_a_pair_is_lost_with_either_of_its_runs_and_the_figure_says_how_many_are_left(
    arms: tuple[Ledger, Arm, Arm],
) -> None:
    ledger, plain, other = arms
    gains = plots.paired_gains({500: [plain, other]}, ledger)
    started, kept = gains["m=2"][500]
    assert (started, len(kept)) == (5, 3)
    assert kept[0] == pytest.approx(math.log(400.5 / 300.5))
    assert plots.pairs_told(gains) == "500 images: 3 of 5"
    gains["hinge"] = {500: (5, kept[:2]), 2000: (4, kept)}
    assert plots.pairs_told(gains) == "500 images: 3 of 5 (m=2), 2 of 5 (hinge); 2,000 images: 3 of 4"


def test_an_arm_that_stands_for_its_family_is_drawn_once(tiny: Run) -> None:
    first, second = Arm("NormFace s=4", tiny, (0,)), Arm("m=2", replace(tiny, feature_dim=5), (0,))
    assert plots.once([first, second, replace(first, name="NormFace")]) == [first, second]


def test_a_rank_correlation_needs_seven_arms() -> None:
    means = [(str(i), 10.0 * i, 9.0 - i, 0.1) for i in range(8)]
    assert plots.gap_rank(means) == (8, pytest.approx(-1.0))
    assert plots.gap_rank(means, beyond=10) == (7, pytest.approx(-1.0))
    number, rank = plots.gap_rank(means, beyond=20)
    assert number == 6
    assert math.isnan(rank)


@pytest.mark.parametrize("between", [1, 10, 20, 28, 29, 40, 90, 150])
def test_two_classes_are_confused_by_arcface_where_and_only_where_their_weights_are_closer_than_the_margin(
    between: float,
) -> None:
    """What the discs of ArcFace's figure show: right for its label in training and wrong at test time."""
    margin, half = 0.5, math.radians(between) / 2
    phi = np.linspace(-math.pi, math.pi, 36_001)
    first, second = np.cos(phi - half), np.cos(phi + half)
    bent = np.cos(np.arccos(first.clip(-1, 1)) + margin)
    lost = phi[(bent > second + 1e-12) & (first < second - 1e-12)]
    assert bool(len(lost)) == (math.radians(between) < margin)
    both = (bent > second) & (np.cos(np.arccos(second.clip(-1, 1)) + margin) > first)
    assert both[(bent > second + 1e-9) & (first < second - 1e-9)].all()  # the wedge that is right for either label


def test_every_figure_that_needs_no_record_can_be_drawn() -> None:
    plots.use_style()
    for draw in (
        *(plots.psi_curves, plots.decision_regions, plots.binary_margins, plots.arcface_region),
        *(plots.label_free_values, plots.classification_pipeline, plots.open_and_closed_sets),
    ):
        figure = draw()
        assert figure.get_size_inches()[0] == plots.WIDTH
        plots.plt.close(figure)
