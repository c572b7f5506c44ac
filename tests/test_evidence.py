"""Arms as numbers: what is read, paired, lost and chosen."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from pathlib import Path

import pytest

from discriminative.evidence import Arms, choose, once
from discriminative.ledger import Ledger
from discriminative.runs import Optimizer, Run
from discriminative.study import Arm
from discriminative.training import train


@pytest.fixture
def arms(plain: Run, tmp_path: Path) -> Arms:
    """Softmax over five seeds, one diverged; another arm over the same, one of them collapsed. Of 10,000 images."""
    ledger, record = Ledger(tmp_path), train(plain)[0]
    first, other = Arm("softmax", plain, tuple(range(5))), Arm("m=2", replace(plain, feature_dim=5), tuple(range(5)))
    for arm, wrong in ((first, (400, 410, 420, 430, None)), (other, (300, 310, 320, 5001, 330))):
        for run, count in zip(arm.runs(), wrong, strict=True):
            made = copy.deepcopy(record) | {"run": run.to_json(), "id": run.id}
            if count is None:
                made["status"] = "diverged"
            else:
                made["metrics"]["test"] |= {"wrong": count, "images": 10_000}
            ledger.write(made)
    return Arms([first, other], ledger, "discriminative run x")


def test_a_run_that_diverged_is_in_no_mean_and_one_that_collapsed_is(arms: Arms) -> None:
    assert arms.lost() == (1, 1)
    assert arms.lost("softmax") == (1, 0)
    assert arms.lost_told() == "of 10 runs 1 diverged and 1 collapsed"
    assert arms.only("m=2").lost_told() == "of 5 runs 1 collapsed"
    assert arms.at_seeds(0, 1).lost_told() == "of 4 runs none"
    assert arms.mean("softmax") == pytest.approx(4.15)
    assert arms.mean("m=2") == pytest.approx((3.0 + 3.1 + 3.2 + 50.01 + 3.3) / 5)
    assert math.isnan(Arms([replace(arms["softmax"], seeds=(9,))], arms.ledger).mean("softmax"))


def test_pairs_are_by_seed_and_lost_with_either_run(arms: Arms) -> None:
    assert arms.wrong("softmax") == {0: 400, 1: 410, 2: 420, 3: 430, 4: None}
    assert arms.pairs("softmax", "m=2")[0] == (pytest.approx(4.0), pytest.approx(3.0))
    assert len(arms.pairs("softmax", "m=2")) == 4
    found = arms.errors_against("softmax", "m=2")
    assert (found.n, found.baseline_diverged, found.collapsed) == (4, 1, 1)


def test_what_a_record_from_before_lacks_is_left_out(arms: Arms) -> None:
    for record in arms.records("m=2")[:2]:
        del record["geometry"]["angle_gap"]
    assert list(arms.values("m=2", "angle gap")) == [2, 3, 4]
    assert len(arms.numbers("softmax", "angle gap")) == 4


def test_arms_are_taken_by_name_and_each_setting_once(arms: Arms) -> None:
    assert list(arms.only("m=2")) == ["m=2"]
    assert len(arms.frame()) == 9
    assert set(arms.frame()["arm"]) == {"softmax", "m=2"}
    with pytest.raises(ValueError, match="arm must be one of"):
        arms.only("nothing")
    again = replace(arms["softmax"], name="the same")
    assert list(arms + Arms([again], arms.ledger)) == ["softmax", "m=2"]
    assert once([arms["softmax"], again]) == [arms["softmax"]]
    assert list(Arms.of("workhorse", "laptop", "softmax", "m=4")) == ["softmax", "m=4"]
    with pytest.raises(ValueError, match="arm must be one of"):
        Arms.of("workhorse", "laptop", "m=5")


def test_choosing_needs_every_record_and_leaves_out_what_diverged(tmp_path: Path, plain: Run) -> None:
    ledger, arm = Ledger(tmp_path), Arm("softmax", plain, (0, 1))
    for run in arm.runs():
        ledger.write(*train(run))
    wild = Arm("wild", replace(plain, optimizer=Optimizer(1e12)), (0, 1))
    with pytest.raises(ValueError, match="wild lacks records"):
        choose([arm, wild], ledger)
    for run in wild.runs():
        ledger.write(*train(run))
    assert choose([wild, arm], ledger) is arm
    with pytest.raises(ValueError, match="every arm diverged: wild"):
        choose([wild], ledger)
