"""Controls, causes and starts: what validation chooses among them, and that every arm changes one thing."""

from __future__ import annotations

import copy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from discriminative.ledger import Ledger
from discriminative.papers import experiment
from discriminative.papers.shared import WORKHORSE_ARMS
from discriminative.papers.thesis.answers import FASHION_TUNING, NORMED, NORMED_TUNING, SMOOTHING_TUNING
from discriminative.runs import TUNING_SEEDS, Run
from discriminative.study import Arm
from discriminative.training import train

DEPENDENT = {"batch-norm": NORMED_TUNING, "controls": SMOOTHING_TUNING, "fashion-tuned": FASHION_TUNING}


def arms(name: str) -> dict[str, Arm]:
    return {arm.name: arm for arm in experiment(name).at("laptop")}


@pytest.fixture
def tuned(root: Path, plain: Run) -> Ledger:
    """Records of the tunings, made up: one configuration errs least, another errs less still and diverged once."""
    ledger = Ledger.of("laptop", root)
    template = train(plain)[0]
    for arm in (*NORMED_TUNING, *SMOOTHING_TUNING, *FASHION_TUNING):
        for run in arm.runs():
            record: dict[str, Any] = copy.deepcopy(template)
            record |= {"id": run.id, "run": run.to_json()}
            record["metrics"]["validation"]["wrong"] = 300 if "rate 0.03" in arm.name else 400
            record["metrics"]["final_blend"] = None if run.blend is None else run.blend.floor
            if "rate 0.1" in arm.name and run.seed == TUNING_SEEDS[1]:
                record["status"] = "diverged"
                record["metrics"] = {"train_images": 1, "steps": 50, "first_bad_step": 3}
            elif "rate 0.1" in arm.name:
                record["metrics"]["validation"]["wrong"] = 1
            ledger.write(record)
    return ledger


@pytest.mark.parametrize("name", DEPENDENT)
def test_no_control_exists_before_validation_has_chosen_it(name: str, root: Path) -> None:
    assert not [arm for arm in arms(name) if "smoothed" in arm or "batch norm" in arm or "tuned" in arm]
    assert "tuning" in experiment(name).after


def test_validation_chooses_the_configuration_that_errs_least_and_never_diverged(tuned: Ledger) -> None:
    found = arms("batch-norm")
    assert tuple(found) == NORMED
    for arm in found.values():
        assert arm.run.optimizer.rate == 0.03
        assert arm.run.batch_norm
        assert arm.run.blend is None
    assert arms("controls")["softmax smoothed"].run.optimizer.rate == 0.05
    assert set(arms("fashion-tuned")) == {"softmax tuned there", "m=4 tuned there"}


@pytest.mark.parametrize("tuning", [SMOOTHING_TUNING, NORMED_TUNING, FASHION_TUNING])
def test_every_arm_of_a_tuning_has_as_many_configurations_under_the_tuning_seeds(tuning: tuple[Arm, ...]) -> None:
    counts = {name: sum(arm.name.startswith(f"{name} rate") for arm in tuning) for name in names_of(tuning)}
    assert len(set(counts.values())) == 1
    assert sum(counts.values()) == len(tuning)
    assert {seed for arm in tuning for seed in arm.seeds} <= set(TUNING_SEEDS)


def names_of(tuning: tuple[Arm, ...]) -> set[str]:
    return {arm.name.split(" rate ")[0] for arm in tuning}


def test_a_cause_changes_one_thing_of_the_run_beside_it() -> None:
    def differing(one: Run, other: Run) -> set[str]:
        return {key for key, value in asdict(one).items() if value != asdict(other)[key]}

    found = {name: arm.run for name, arm in arms("fashion-causes").items()}
    assert differing(found["m=4"], found["m=4 batch norm"]) == {"batch_norm"}
    assert differing(found["softmax"], found["softmax batch norm"]) == {"batch_norm"}
    assert differing(found["m=4"], found["m=4 floor 5"]) == {"blend"}
    starts = {name: arm.run for name, arm in arms("starts").items()}
    for name, run in starts.items():
        assert differing(run, starts["softmax"]) == (set() if name == "softmax" else {"head"})


def test_new_seeds_have_no_older_record_of_the_same_setting() -> None:
    """Starts and causes are judged on seeds that no arm of the workhorse's scale had."""
    old = {run.id for arm in WORKHORSE_ARMS for run in arm.runs() if arm.name != "softmax"}
    old |= {run.id for name in ("fashion", "blend") for arm in arms(name).values() for run in arm.runs()}
    new = {run.id for name in ("starts", "fashion-causes") for arm in arms(name).values() for run in arm.runs()}
    assert not old & new
