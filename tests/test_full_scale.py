"""The thesis at its own scale: as printed, and margins only once validation has chosen a floor."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from discriminative.cli import main
from discriminative.data import DATASETS
from discriminative.ledger import Ledger
from discriminative.networks import TABLE_2_1
from discriminative.papers import experiment, printed
from discriminative.papers.thesis.claims import CLAIMS
from discriminative.papers.thesis.full_scale import FULL_SCALE, TUNING, chosen_decay, chosen_floor, waiting
from discriminative.runs import TUNING_SEEDS, Run
from discriminative.study import Arm
from discriminative.training import train

TABLES = {
    "thesis-table-2-2": ("2.2", "Error Rate", 60_000),
    "thesis-table-2-3": ("2.3", "CIFAR10", 50_000),
    "thesis-table-2-3-plus": ("2.3", "CIFAR10+", 50_000),
    "thesis-table-2-4": ("2.4", "Error Rate", 50_000),
}


@pytest.fixture
def tuned(root: Path, plain: Run) -> Ledger:
    """Records of the tuning, made up: floor 1 and decay 2e-3 err least, floor 0.1 diverged."""
    ledger = Ledger.of("paper", root)
    template = train(plain)[0]
    wrong = {"m=4 floor 5": 300, "m=4 floor 1": 280, "softmax decay 0.002": 310}
    for arm in TUNING:
        run = arm.runs()[0]
        record: dict[str, Any] = copy.deepcopy(template)
        record |= {"id": run.id, "run": run.to_json()}
        record["metrics"]["validation"]["wrong"] = wrong.get(arm.name, 400)
        record["metrics"]["final_blend"] = None if run.blend is None else run.blend.floor
        if arm.name == "m=4 floor 0.1":
            record["status"] = "diverged"
            record["metrics"] = {"train_images": 1, "steps": 50, "first_bad_step": 3}
        ledger.write(record)
    return ledger


def arms(name: str) -> dict[str, Arm]:
    return {arm.name: arm for arm in experiment(name).at("paper")}


def test_every_run_has_the_thesis_settings(tuned: Ledger) -> None:
    for item in FULL_SCALE:
        for arm in item.at("paper"):
            run = arm.run
            assert (run.batch_size, run.schedule.steps) == (256, 18_000)
            bare = item.name == "thesis-figure-2-2" and arm.name != "m=1 at the printed rate"
            first = 0.01 if bare else 0.1
            assert [run.schedule.rate(run.optimizer.rate, step) for step in (11_999, 12_000, 15_000)] == pytest.approx(
                [first, first / 10, first / 100]
            )
            assert run.optimizer.momentum == 0.9
            assert run.optimizer.weight_decay == 5e-4 or arm.name in ("softmax tuned",) or "decay" in arm.name
            assert run.network in TABLE_2_1
            assert run.augmentation == (("crop4", "flip") if "plus" in item.name or "10+" in arm.name else ())


@pytest.mark.parametrize("name", TABLES)
def test_every_row_that_we_can_run_stands_beside_the_printed_one(tuned: Ledger, name: str) -> None:
    number, column, images = TABLES[name]
    rows = {row for row, printed_column in printed("thesis", number) if printed_column == column}
    found = {arm.row for arm in arms(name).values() if arm.row}
    assert found == {row for row in rows if row.startswith(("Softmax", "L-Softmax", "Hinge"))}
    for arm in arms(name).values():
        assert arm.run.fit_on == "train+validation"
        assert sum(DATASETS[arm.run.dataset].parts[:2]) == images
        assert len(arm.seeds) == 5
        assert not set(arm.seeds) & set(TUNING_SEEDS)


def test_without_the_tuning_no_margin_is_planned_and_the_plan_says_so(root: Path) -> None:
    assert chosen_floor() is None
    assert chosen_decay() is None
    for name in TABLES:
        assert set(arms(name)) == {"softmax", "hinge"}
    assert len(waiting()) == 6
    assert len(waiting(["thesis-table-2-4"])) == 2


def test_validation_chooses_the_floor_and_the_decay(tuned: Ledger) -> None:
    assert chosen_floor() == 1.0
    assert chosen_decay() == 2e-3
    found = arms("thesis-table-2-3")
    assert set(found) == {"softmax", "hinge", "m=2", "m=3", "m=4", "softmax tuned"}
    assert found["m=3"].run.blend is not None
    assert found["m=3"].run.blend.floor == 1.0
    assert found["softmax"].run.optimizer.weight_decay == 5e-4  # the row is the printed setting
    assert found["softmax tuned"].run.optimizer.weight_decay == 2e-3
    assert waiting() == []


def test_tuning_is_fair_and_never_evidence() -> None:
    names = [arm.name for arm in TUNING]
    assert sum(name.startswith("softmax") for name in names) == sum(name.startswith("m=4") for name in names) == 3
    assert {arm.seeds for arm in TUNING} == {TUNING_SEEDS[:1]}
    assert {arm.run.fit_on for arm in TUNING} == {"train"}


def test_figures_read_records_of_the_tables(tuned: Ledger) -> None:
    tables = {run.id for name in TABLES for arm in arms(name).values() for run in arm.runs()}
    assert {run.id for arm in arms("thesis-figure-2-5").values() for run in arm.runs()} <= tables
    assert len(arms("thesis-figure-2-5")) == 6


def test_claims_name_arms_that_exist(tuned: Ledger) -> None:
    ours = [claim for claim in CLAIMS if claim.experiment.startswith("thesis-")]
    assert {claim.id for claim in ours} >= {"C-LSM1g", "C-LSM2", "C-LSM3", "C-LSM4"}
    for claim in ours:
        assert set(claim.test.arms) <= set(arms(claim.experiment))
        assert claim.test.counts_from > 0


def test_arms_that_come_into_being_are_trained_in_the_same_call(
    root: Path, tuned: Ledger, plain: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Training is made up here: the queue asks twice, and the second time there is more to do."""
    from discriminative import data, queue

    tuning = [tuned.read(arm.runs()[0]) for arm in TUNING]
    for record in tuning:
        tuned.path(Run.from_json(record["run"])).unlink()
    asked: list[int] = []

    def pretend(todo: list[Run], *_: Any) -> dict[str, int]:
        asked.append(len(todo))
        for record in tuning:
            tuned.write(record)
        return {"finished": len(todo)}

    monkeypatch.setattr(queue, "run_missing", pretend)
    monkeypatch.setattr(data, "fetch", lambda name: name)
    names = ["thesis-tuning", "thesis-table-2-3"]
    assert main(["run", *names, "--profile", "paper", "--device", "cpu", "--seeds", "1"]) == 0
    assert asked == [6 + 2, 4]  # tuning, softmax and hinge; then three margins and the tuned softmax
