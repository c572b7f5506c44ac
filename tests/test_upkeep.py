"""Old records under new code: cleared where one seed comes out equal, else stale and trained again."""

from __future__ import annotations

import copy
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from discriminative.cli import main
from discriminative.ledger import Ledger, standing
from discriminative.provenance import describe_environment, same_machine, told_machine
from discriminative.runs import Run
from discriminative.training import Interrupted, train
from discriminative.upkeep import agreement, pooled, retire, unchecked_arms, verify


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
    assert "torch 1.0, here" in found[0].told
    assert "2 finished records do not say what seeds differ by" in found[0].told
    for seed in (3, 4):
        changed(old, tiny.with_seed(seed), "environment", device="cuda", device_name="a GPU", torch="2.0")
    assert [v.told for v in verify(old)] == ["recorded on a GPU, torch 2.0: verify it there"]
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


# On a machine that gives other digits


@pytest.fixture
def abroad(root: Path, tiny: Run) -> Ledger:
    """Six seeds of one arm, by other code, whose machine nobody knows; they differ by some ten wrong answers."""
    ledger = Ledger.of("laptop", root)
    record = train(tiny)[0]
    del record["environment"]["capability"]
    for seed, wrong in enumerate((60, 70, 80, 65, 75, 85)):
        run = tiny.with_seed(seed)
        metrics = {**record["metrics"], "test": {**record["metrics"]["test"], "wrong": wrong}}
        source = {"revision": "old", "hash": "0" * 16}
        ledger.write({**record, "id": run.id, "run": run.to_json(), "metrics": metrics, "source": source})
    return ledger


def moved(ledger: Ledger, *shifts: int, status: str = "finished") -> Any:
    """A loop that gives the recorded wrong answers and a shift of them, seed by seed."""

    def trained(run: Run, **how: Any) -> Any:
        record = copy.deepcopy(ledger.read(run))
        record["metrics"]["test"]["wrong"] += shifts[run.seed % len(shifts)]
        return {**record, "status": status}, {}

    return trained


def test_seeds_that_differ_no_more_than_seeds_do_make_an_arm_consistent(abroad: Ledger) -> None:
    found = verify(abroad, train=moved(abroad, 5, -8, 1), seeds=3)
    assert [(v.outcome, v.records) for v in found] == [("consistent", 6)]
    assert "capability unknown" in found[0].told
    assert "over 3 seeds -0.7 wrong answers" in found[0].told
    assert standings(abroad) == ["consistent"] * 6
    assert verify(abroad, train=moved(abroad, 100)) == []
    assert retire(abroad) == []


def test_a_shift_that_seeds_do_not_explain_is_stale_and_one_between_is_undecided(abroad: Ledger) -> None:
    found = verify(abroad, train=moved(abroad, 30, 25, 20))
    assert [v.outcome for v in found] == ["undecided"]
    assert standings(abroad) == ["unchecked"] * 6
    assert [v.outcome for v in verify(abroad, train=moved(abroad, 100, 90, 95))] == ["stale"]
    assert standings(abroad) == ["stale"] * 6


def test_equal_digits_on_an_unknown_machine_are_equal_all_the_same(abroad: Ledger) -> None:
    assert [v.outcome for v in verify(abroad, train=moved(abroad, 0))] == ["equal"]
    assert standings(abroad) == ["checked"] * 6


def test_a_seed_that_diverges_now_decides_nothing(abroad: Ledger) -> None:
    found = verify(abroad, train=moved(abroad, 1, status="diverged"))
    assert [v.outcome for v in found] == ["undecided"]
    assert "3 of 3 seeds diverge now and did not" in found[0].told


def test_the_agreement_is_students_t_of_the_mean_difference_in_sd_between_seeds() -> None:
    found = agreement([60, 70], [75, 65], [60, 70, 80, 65, 75, 85])
    sd = math.sqrt(sum((x - 72.5) ** 2 for x in (60, 70, 80, 65, 75, 85)) / 5)
    assert (found.seeds, found.freedom, found.shift) == (2, 5, 5.0)
    assert found.t == pytest.approx(5.0 / sd)
    angle = math.atan(found.t / math.sqrt(5))  # the distribution function for 5 degrees of freedom, in closed form
    within = 2 / math.pi * (angle + math.sin(angle) * (math.cos(angle) + 2 / 3 * math.cos(angle) ** 3))
    assert found.p == pytest.approx(1 - within)
    assert agreement([5] * 4, [5, 5, 5, 9], [5] * 4).t == pytest.approx(math.sqrt(2))  # an sd of one answer at least
    with pytest.raises(ValueError, match="at least 3 counts, got 2"):
        agreement([1], [1], [1, 2])


def test_its_size_and_power_are_those_that_are_told() -> None:
    """Pairs that are as far apart as two seeds: 5 % of arms are not consistent, 80 % where they shift by that much."""
    generator = np.random.default_rng(0)
    shift = agreement([0], [0], [0, 1, 2, 3]).detectable
    assert shift == pytest.approx((3.182 + 0.978) * math.sqrt(2), abs=2e-3)
    not_consistent = dict.fromkeys((0.0, 1.0), 0)
    detectable = agreement([0] * 3, [0] * 3, list(range(12))).detectable
    for times in not_consistent:
        for _ in range(2000):
            recorded = np.round(generator.normal(300, 20, 12)).astype(int).tolist()
            now = np.round(generator.normal(300 + times * detectable * 20, 20, 3)).astype(int).tolist()
            not_consistent[times] += agreement(recorded[:3], now, recorded).outcome != "consistent"
    assert 0.03 < not_consistent[0.0] / 2000 < 0.07
    assert 0.76 < not_consistent[1.0] / 2000 < 0.84


def test_one_pooled_test_finds_a_shift_that_no_arm_shows() -> None:
    assert pooled([]) is None
    arms, z, p = pooled([(0.9, 11)] * 40) or (0, 0.0, 0.0)
    assert (arms, z) == (40, pytest.approx(0.8643 * math.sqrt(40), abs=1e-3))  # P(T_11 > .9) = P(Z > .8643) = .1937
    assert p < 1e-5
    # One degree of freedom in closed form: t = 1 has a quarter of the probability beyond it.
    assert (pooled([(1.0, 1)]) or (0, 0.0, 0.0))[1:] == (pytest.approx(0.6745, abs=1e-4), pytest.approx(0.5))
    assert (pooled([(0.9, 11), (-0.9, 11)]) or (0, 0.0, 0.0))[2] == pytest.approx(1.0)


def test_two_processes_verify_two_arms(old: Ledger, plain: Run) -> None:
    record = train(plain)[0]
    record["source"]["hash"] = "0" * 16
    old.write(record)
    assert sorted(v.outcome for v in verify(old, jobs=2)) == ["equal", "equal"]
    assert standings(old) == ["checked"] * 3


def test_the_command_takes_seeds_and_tells_the_pooled_test(abroad: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    verify(abroad, train=moved(abroad, 5, -8, 1))
    assert main(["ledger", "verify", "--seeds", "2", "--jobs", "1"]) == 0
    assert "over all 1 arms that were compared in pairs: z = -" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["capability", "processor", "torch", "onednn", "pins"])
def test_a_part_of_the_machine_that_differs_makes_it_another(tiny: Run, name: str) -> None:
    here = describe_environment(torch.device("cpu"))
    assert same_machine(here, here)
    assert not same_machine({**here, name: "other"}, here)
    unknown = {part: value for part, value in here.items() if part != "capability"}
    assert not same_machine(unknown, unknown)
    assert "capability unknown" in told_machine(unknown)


def test_the_power_that_the_page_tells_is_that_of_the_tests() -> None:
    page = " ".join((Path(__file__).parents[1] / "book" / "rerun.md").read_text().split())
    alone = [agreement([0] * 3, [0] * 3, list(range(count))).detectable for count in (12, 3)]
    assert f"a shift of {alone[0]:.1f} standard deviations between seeds is found" in page
    assert f"and one of {alone[1]:.1f} where only three seeds are recorded" in page
    generator = np.random.default_rng(0)
    for count, common, told in (
        (12, 0.23, "of twelve seeds a common shift of 0.23 standard deviations"),
        (3, 0.26, "a hundred of three seeds one of 0.26"),
    ):
        assert told in page
        found = {0.0: 0, common: 0}
        for shift in found:
            for _ in range(400):
                before, now = generator.normal(size=(100, count)), generator.normal(shift, size=(100, 3))
                error = before.std(axis=1, ddof=1) * math.sqrt(2 / 3)
                t = (now.mean(axis=1) - before[:, :3].mean(axis=1)) / error
                found[shift] += (pooled((float(value), count - 1) for value in t) or (0, 0.0, 1.0))[2] < 0.05
        assert 0.02 < found[0.0] / 400 < 0.08
        assert 0.73 < found[common] / 400 < 0.87
