"""Old records under new code: cleared where one seed comes out equal, else stale and trained again."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from discriminative.cli import main
from discriminative.ledger import Ledger, standing
from discriminative.runs import Run
from discriminative.training import Interrupted, train
from discriminative.upkeep import retire, unchecked_arms, verify


@pytest.fixture
def old(root: Path, tiny: Run) -> Ledger:
    """Two seeds of one arm whose records say that other code made them."""
    ledger = Ledger.of("laptop", root)
    for seed in (3, 4):
        record = train(tiny.with_seed(seed))[0]
        record["source"]["hash"] = "0" * 16
        ledger.write(record)
    return ledger


def standings(ledger: Ledger) -> list[str]:
    return [standing(record, ledger.verified()) for record in ledger.records()]


def changed(ledger: Ledger, run: Run, part: str, **values: Any) -> None:
    record = ledger.read(run)
    record[part] = {**record[part], **values}
    ledger.path(run).unlink()
    ledger.write(record)


def test_one_equal_seed_clears_the_arm_once_and_for_all(old: Ledger) -> None:
    trained = []

    def counted(run: Run, **how: Any) -> Any:
        trained.append((run.seed, torch.get_num_threads()))
        return train(run, **how)

    found = verify(old, train=counted)
    assert [(v.outcome, v.records, v.told) for v in found] == [("equal", 2, "")]
    assert len(trained) == 1
    assert standings(old) == ["checked", "checked"]
    assert verify(old, train=counted) == []


def test_another_result_makes_the_arm_stale_and_it_is_trained_again(
    old: Ledger, tiny: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in (3, 4):
        wrong = old.read(tiny.with_seed(seed))["metrics"]["test"]
        changed(old, tiny.with_seed(seed), "metrics", test={**wrong, "wrong": wrong["wrong"] + 1})
    assert main(["ledger", "verify"]) == 0
    told = capsys.readouterr().out
    assert "stale: digits, mlp, LSoftmax, seed" in told
    assert "metrics test differs" in told
    assert standings(old) == ["stale", "stale"]
    assert [run.seed for run in retire(old, [tiny.with_seed(4).id])] == [4]  # another experiment's stay
    assert [run.seed for run in retire(old)] == [3]
    assert old.records() == []
    assert len(list((old.folder / "superseded" / "digits").iterdir())) == 2


def test_a_geometry_that_the_record_lacks_is_no_difference_and_one_that_changed_is(old: Ledger, tiny: Run) -> None:
    def with_more(run: Run, **how: Any) -> Any:
        record, arrays = train(run, **how)
        record["geometry"]["newly_described"] = 1.0
        return record, arrays

    assert [v.outcome for v in verify(old, train=with_more)] == ["equal"]
    (old.folder / "verified.json").unlink()
    for seed in (3, 4):
        changed(old, tiny.with_seed(seed), "geometry", own_angle=1.0)
    assert [v.told.split(":")[0] for v in verify(old)] == ["geometry own_angle differs"]


def test_what_cannot_be_decided_here_stays_unchecked(old: Ledger, tiny: Run) -> None:
    for seed in (3, 4):
        changed(old, tiny.with_seed(seed), "environment", torch="1.0")
    assert [v.outcome for v in verify(old)] == ["equal"]  # whatever made it, it is the same
    (old.folder / "verified.json").unlink()
    for seed in (3, 4):
        changed(old, tiny.with_seed(seed), "metrics", steps=61)
    found = verify(old)
    assert found[0].outcome == "undecided"
    assert "and was 1.0" in found[0].told
    for seed in (3, 4):
        changed(old, tiny.with_seed(seed), "environment", device_name="another processor")
    assert [v.told for v in verify(old)] == ["recorded on another processor: verify it there"]
    assert standings(old) == ["unchecked", "unchecked"]


def test_a_device_that_does_not_repeat_itself_decides_nothing(
    old: Ledger, tiny: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from discriminative import upkeep

    told = {**old.read(tiny)["environment"], "device": "cuda", "device_name": "a GPU"}
    for seed in (3, 4):
        changed(old, tiny.with_seed(seed), "environment", **told)
    monkeypatch.setattr(upkeep, "describe_environment", lambda _: told)
    record = old.read(tiny)
    rounds = iter(range(100))

    def wavering(run: Run, **how: Any) -> Any:
        result = copy.deepcopy(record)
        result["metrics"]["test"]["wrong"] = 1000 + next(rounds)
        return result, {}

    assert [v.outcome for v in verify(old, device="cuda", train=wavering)] == ["undecided"]

    def steady(run: Run, **how: Any) -> Any:
        result = copy.deepcopy(record)
        result["metrics"]["test"]["wrong"] = 1000
        return result, {}

    assert [v.outcome for v in verify(old, device="cuda", train=steady)] == ["stale"]


def test_a_budget_ends_it_and_nothing_is_decided(old: Ledger) -> None:
    found = verify(old, deadline=time.time())
    assert [v.outcome for v in found] == ["stopped"]
    assert standings(old) == ["unchecked", "unchecked"]

    def interrupted(run: Run, **how: Any) -> Any:
        raise Interrupted("stopped")

    assert [v.outcome for v in verify(old, train=interrupted)] == ["stopped"]


def test_arms_can_be_chosen(old: Ledger) -> None:
    assert unchecked_arms(old, keys=["no such arm"]) == []
    assert [len(group) for group in unchecked_arms(old)] == [2]


def test_run_stale_moves_old_records_and_trains_them_anew(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "workhorse", "--seeds", "1", "--jobs", "1"]) == 0
    ledger = Ledger.of("quick", root)
    record = ledger.records()[0]
    run = Run.from_json(record["run"])
    record["source"]["hash"] = "0" * 16
    changed(ledger, run, "source", hash="0" * 16)
    changed(ledger, run, "metrics", steps=1)
    assert main(["ledger", "verify", "workhorse", "--profile", "quick"]) == 0
    assert main(["run", "workhorse", "--seeds", "1", "--jobs", "1", "--stale"]) == 0
    assert "1 records of other code moved" in capsys.readouterr().out
    assert ledger.read(run)["metrics"]["steps"] == 480
    assert len(list((ledger.folder / "superseded").rglob("*.json"))) == 1


def test_a_quick_record_of_other_code_is_trained_again_unasked(root: Path) -> None:
    assert main(["run", "workhorse", "--seeds", "1", "--jobs", "1"]) == 0
    ledger = Ledger.of("quick", root)
    run = Run.from_json(ledger.records()[0]["run"])
    changed(ledger, run, "source", hash="0" * 16)
    changed(ledger, run, "metrics", steps=1)
    assert main(["run", "workhorse", "--seeds", "1", "--jobs", "1"]) == 0
    assert ledger.read(run)["metrics"]["steps"] == 480
