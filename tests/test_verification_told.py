"""What the verification chapter tells and draws: printed gains by hand, arms with and without records."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from discriminative.disputed import Disputed
from discriminative.evidence import Arms, collapsed
from discriminative.figures.takeaways import NOTHING
from discriminative.ledger import Ledger
from discriminative.measures import measure
from discriminative.papers import claims, experiment
from discriminative.papers.verification import experiments, figures, takeaways, told
from discriminative.runs import Schedule
from discriminative.study import Fewer
from discriminative.training import train_any
from discriminative.verdicts import verdicts

SHORT = Schedule(40)


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory) -> Arms:
    """Softmax and NormFace on digits, two seeds each, 40 steps."""
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "records")
    found = [
        replace(arm, run=replace(arm.run, schedule=SHORT), seeds=(0, 1))
        for arm in experiment("unseen-characters").at("quick")[:2]
    ]
    for arm in found:
        for run in arm.runs():
            ledger.write(*train_any(run))
    return Arms(found, ledger)


@pytest.fixture
def none(tmp_path: Path) -> Arms:
    return Arms([], Ledger(tmp_path / "records"))


def test_printed_gains_by_hand() -> None:
    gains = {name: after - before for name, before, after in told.gains()}
    assert gains["thesis: L-Softmax m = 4 over softmax"] == pytest.approx(98.71 - 96.53)
    assert gains["incay: RN beside A-Softmax"] == pytest.approx(99.47 - 99.42)
    assert gains["reconstruction: beside center loss"] == pytest.approx(1.22 - 1.47)
    heads, rows = told.gains_rows()
    assert all(len(row) == len(heads) for row in rows)
    found = {row[0]: row[1:] for row in rows}
    assert found["incay: RN beside A-Softmax"] == ["+0.05 points", "3", "+0.4", "p = 0.25"]
    assert told.sign_test(1) == 1.0


def test_the_smallest_effect_is_a_third_of_the_printed_log_ratio() -> None:
    test = claims()["C-OS1"].test
    assert isinstance(test, Fewer)
    assert test.counts_from == pytest.approx(np.log(3.47 / 1.29) / 3)
    test = claims()["C-OS6"].test
    assert isinstance(test, Fewer)
    assert test.counts_from == pytest.approx(np.log(1.48 / 0.94) / 3)


def test_every_arm_is_tried_equally_often_under_tuning_seeds() -> None:
    for tuning, count in ((experiments.CHARACTER_TUNING, 4), (experiments.FACE_TUNING, 3)):
        names = [arm.name.split(" rate ")[0] for arm in tuning]
        assert {names.count(name) for name in names} == {count}
        assert len({arm.run.id for arm in tuning}) == len(tuning)
    assert {arm.name.split(" rate ")[0] for arm in experiments.FACE_TUNING} == set(experiments.FACE_NAMES)


def test_at_common_rates_two_arms_differ_in_nothing_but_the_loss() -> None:
    arms = {arm.name: arm.run for arm in experiment("unseen-characters-common").at("laptop")}
    for rate in (0.05, 0.1):
        baseline = arms[f"softmax rate {rate:g}"]
        assert baseline.optimizer.rate == rate
        for name in experiments.COMMON[1:]:
            run = arms[f"{name} rate {rate:g}"]
            assert run.terms
            assert replace(run, terms=()) == baseline
    first, second = arms["NormFace rate 0.1"], arms["ArcFace rate 0.1"]
    assert replace(second, head=first.head) == first
    assert dict(second.head.arguments)["scale"] == dict(first.head.arguments)["scale"]


def test_a_network_that_never_learned_has_collapsed_whatever_its_pairs_say(arms: Arms) -> None:
    record = json.loads(json.dumps(arms.finished("softmax")[0]))
    assert not collapsed(record)
    images = record["metrics"]["train"]["images"]
    record["metrics"]["train"]["wrong"] = round(0.89 * images)
    assert not collapsed(record)
    record["metrics"]["train"]["wrong"] = round(0.91 * images)
    assert collapsed(record)
    assert 2 * record["metrics"]["test"]["wrong"] < record["metrics"]["test"]["images"]


def test_arms_that_did_not_train_are_named_and_left_out(arms: Arms, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told.trained(arms, ("softmax", "NormFace", "CosFace")) == ["softmax", "NormFace"]
    assert told.untrained(arms) == "none"
    monkeypatch.setattr(Arms, "lost", lambda self, name=None: (0, 1 if name == "NormFace" else 0))
    assert told.trained(arms, ("softmax", "NormFace")) == ["softmax"]
    assert told.untrained(arms) == "NormFace"
    heads, rows = told.arms_rows(arms, one_shot=False)
    assert heads[1] == "Training error (%)"
    assert rows[1][-1].endswith("1 did not train")


def test_the_measures_of_a_record_by_hand(arms: Arms) -> None:
    record = arms.finished("softmax")[0]
    pairs = record["metrics"]["pairs"]
    found = measure("cosine over L2").value(record)
    assert found == pytest.approx((pairs["l2"]["wrong"] - pairs["cosine"]["wrong"]) / 20)
    geometry = record["geometry"]
    assert measure("overlap").value(record) == geometry["largest_within"] - geometry["smallest_between"]
    assert measure("equal error").value(record) == pairs["cosine"]["equal_error"]
    assert measure("true accepts").value(record) == pairs["cosine"]["tar_at"]["0.01"]


def test_tables_of_arms_have_a_row_each_and_say_where_there_is_none(arms: Arms, none: Arms) -> None:
    heads, rows = told.arms_rows(arms, one_shot=False)
    assert [row[0] for row in rows] == ["softmax", "NormFace"]
    assert all(len(row) == len(heads) for row in rows)
    assert rows[0][-1] == "2"
    heads, rows = told.pair_rows(arms)
    assert [row[0] for row in rows] == ["NormFace"]
    assert all(int(cell.replace(",", "")) <= 2000 for cell in rows[0][1:])
    for heads, rows in (told.arms_rows(none, one_shot=True), told.pair_rows(none)):
        assert rows == [["no record yet", *["–"] * (len(heads) - 1)]]
    heads, rows = told.open_set_rows(none, none)
    assert all(row[3].startswith("not run") and row[4] == "not run" for row in rows)
    found = told.open_set_rows(arms, none)[1][0]
    assert found[3].endswith("n = 2")
    assert found[4] == "not run"


def test_every_open_set_row_of_the_papers_stands_beside_ours_or_carries_its_reference(none: Arms) -> None:
    heads, rows = told.open_set_rows(none, none)
    assert all(len(row) == len(heads) for row in rows)
    assert len(rows) == 41
    quoted = told.quoted_rows()
    assert len(quoted) == 30
    assert all(len(row) == len(heads) for row in quoted)
    assert all(re.search(r"\[\d+\]$|\(\d{4}a?c?\)\)$", row[0]) for row in quoted)
    assert ["A-Softmax(Liu et al. (2017a))", "incay, 1", "99.26", "–", "–", "–"] in quoted
    printed = {(row[0], row[1]): (row[2], row[5]) for row in rows}
    assert printed["W-Softmax (alpha = 1.5)", "W-Softmax, 4"] == ("99.48", "–")
    assert printed["DeepID+Lre", "reconstruction, 2"] == ("98.34", "95.47")
    assert printed["IE [P]", "include-exclude, 6"] == ("99.15", "94.12")
    known = {arm.name for arm in (*experiments.FACE_TUNING, *experiments.CHARACTER_TUNING)}
    for *_, ran in told.OPEN_SET:
        for face, character in ran.values():
            assert face.startswith("not run") or any(name.startswith(f"{face} rate") for name in known)
            assert not character or any(name.startswith(f"{character} rate") for name in known)


def test_differences_on_characters_have_an_interval_over_characters_too() -> None:
    asked = {name: Arms.of(name, "laptop") for name in ("unseen-characters", "unseen-characters-common")}
    judged = verdicts("verification")
    found = told.crossed(judged.values(), asked)
    of_errors = {id for id, each in judged.items() if each.claim.experiment in asked and len(each.claim.test.arms) == 2}
    assert {each.claim.id for each in found} == of_errors
    for each in found:
        verdict = judged[each.claim.id].verdict
        assert -each.mean == pytest.approx(verdict.points)
        assert each.seeds == pytest.approx((-verdict.points_high, -verdict.points_low))
    wider = [each.both[1] - each.both[0] > each.seeds[1] - each.seeds[0] for each in found]
    assert all(wider)
    heads, rows = told.crossed_rows(found)
    assert all(len(row) == len(heads) for row in rows)
    said = told.beyond_nought(found)
    assert int(said["crossed_both"]) <= int(said["crossed_seeds"]) <= int(said["crossed_count"]) == len(found)
    assert told.crossed_rows([])[1] == [["no record yet", *["–"] * 4]]


def test_what_arms_lost_is_told_arm_by_arm(arms: Arms, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told.lost_by_arm(arms) == "none"
    monkeypatch.setattr(Arms, "lost", lambda self, name=None: (1, 1) if name == "NormFace" else (0, 0))
    assert told.lost_by_arm(arms) == "NormFace: 1 diverged and 1 did not train of 2"
    assert "2 of 2 failed" not in told.open_set_rows(arms, arms)[1][0][3]
    assert told.rates(arms) == "0.05 for softmax"


def test_a_rate_at_the_edge_of_its_grid_is_told() -> None:
    arm = next(a for a in experiments.CHARACTER_TUNING if a.name == "softmax rate 0.1")
    ledger = Ledger(Path("nowhere"))
    inside = Arms([replace(arm, name="softmax")], ledger)
    assert told.at_edges(inside, 4) == "none"
    assert told.at_edges(inside, 2) == "softmax at the highest, 0.1"
    lowest = next(a for a in experiments.CHARACTER_TUNING if a.name == "ArcFace rate 0.05")
    assert told.at_edges(Arms([replace(lowest, name="ArcFace")], ledger), 4) == "ArcFace at the lowest, 0.05"


def test_the_least_is_over_arms_that_trained(arms: Arms, monkeypatch: pytest.MonkeyPatch) -> None:
    least = min(arms.mean(name, "training error") for name in arms)
    assert told.least(arms, "training error") == least
    best = min(arms, key=lambda name: arms.mean(name, "training error"))
    monkeypatch.setattr(Arms, "lost", lambda self, name=None: (0, 2 if name == best else 0))
    assert told.least(arms, "training error") > least


def test_projected_features_have_an_error_where_they_were_projected(arms: Arms) -> None:
    heads, rows = told.arms_rows(arms, one_shot=False)
    place = heads.index("Cosine along 32 axes (%)")
    assert [row[place] for row in rows] == ["–", "–"]  # 32 numbers have no 32 leading axes
    assert told.signed(arms, "softmax", "projection") == "nan"
    faces = Arms.of("unseen-faces", "laptop", "softmax")
    cell = told.arms_rows(faces, one_shot=False)[1][0][place]
    errors = [r["metrics"]["pairs"]["projected"] / r["metrics"]["test"]["images"] for r in faces.finished()]
    assert cell.startswith(f"{100 * np.mean(errors):.1f} [")


def test_a_curve_has_the_rates_that_every_run_can_show(arms: Arms) -> None:
    far, tar = figures.rates(arms, "softmax")
    assert tar.shape == (2, len(far))
    assert far[-1] == 1.0
    assert (np.diff(tar, axis=1) >= 0).all()
    assert (tar[:, -1] == 1).all()


def test_pictures_are_drawn_with_and_without_records(arms: Arms, none: Arms) -> None:
    for each in (arms, none):
        for draw in (figures.roc, figures.histograms):
            plt.close(draw(each))
        plt.close(figures.drawings(each, each))
    assert takeaways.drawings(none, none) == NOTHING
    plt.close(figures.chain())
    plt.close(figures.printed_gains(told.gains()))


def test_a_loss_has_pairs_of_its_own_where_most_runs_of_one_side_are_right_and_of_the_other_wrong(
    monkeypatch: pytest.MonkeyPatch, none: Arms
) -> None:
    pair = Disputed("ArcFace", True, True, 0, (0.25, 0.75), (0.0, 0.0), (0.0, 0.0))
    found = [
        pair,
        replace(pair, right=False, shares=(0.75, 0.6)),
        replace(pair, arm="RN", right=False, shares=(1.0, 0.0)),
    ]
    monkeypatch.setattr(takeaways, "disputed", lambda arms, names, baseline: found)
    said = takeaways.drawings(none, ("ArcFace", "RN", "CosFace"))
    assert said.startswith(
        "1 of 3 losses have pairs that most of their runs answer right and most of softmax's wrong, 1 "
    )
