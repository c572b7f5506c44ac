"""What a page shows is computed from records: chosen settings, tables, verdicts, checks."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from discriminative import papers, report
from discriminative.ledger import Ledger
from discriminative.papers import Arm, Claim
from discriminative.papers.thesis.experiments import WHOLE_CHOSEN, WHOLE_TUNING
from discriminative.papers.thesis.family import FAMILY_CHOSEN, FAMILY_TUNING, PURE_CHOSEN, PURE_TUNING
from discriminative.papers.thesis.workhorse import CHOSEN, FLOORS, MARGINS, TUNING
from discriminative.report import checked, exact, refuted
from discriminative.runs import TUNING_SEEDS, Run
from discriminative.statistics import Verdict
from discriminative.training import train

RESULTS = Ledger(Path(__file__).parents[1] / "results")


@pytest.mark.parametrize("name", CHOSEN)
def test_the_workhorses_settings_are_those_that_validation_chose(name: str) -> None:
    among = [arm for arm in TUNING if arm.name.startswith(f"{name} ")]
    assert len(among) == (12 if " " not in name else 4)
    assert report.choose(among, RESULTS).name == CHOSEN[name]


@pytest.mark.parametrize("name", FAMILY_CHOSEN)
def test_the_familys_settings_are_those_that_validation_chose(name: str) -> None:
    among = [arm for arm in FAMILY_TUNING if arm.name.startswith(f"{name} ")]
    assert report.choose(among, RESULTS).name == FAMILY_CHOSEN[name]


@pytest.mark.parametrize("name", PURE_CHOSEN)
def test_the_settings_without_a_blend_are_those_that_validation_chose(name: str) -> None:
    among = [arm for arm in PURE_TUNING if arm.name.startswith(f"{name} ")]
    assert len(among) == 15
    assert report.choose(among, RESULTS).name == PURE_CHOSEN[name]


def test_every_family_is_tuned_over_twelve_settings() -> None:
    families = ("softmax-bias", "weight-normalised", "hinge", "NormFace", "CosFace", "ArcFace")
    for name in (*families, *(f"A-Softmax m={m}" for m in MARGINS)):
        assert sum(arm.name.startswith(f"{name} ") for arm in FAMILY_TUNING) == 12, name


@pytest.mark.parametrize("name", WHOLE_CHOSEN)
def test_the_whole_sets_settings_are_those_that_validation_chose(name: str) -> None:
    among = [arm for arm in WHOLE_TUNING if arm.name.startswith(f"{name} ")]
    assert len(among) == 3
    assert report.choose(among, RESULTS).name == WHOLE_CHOSEN[name]


def test_every_arm_is_tuned_over_the_same_number_of_settings() -> None:
    counts = {name: sum(arm.name.startswith(f"{name} ") for arm in TUNING) for name in ("softmax", "m=2", "m=3", "m=4")}
    assert set(counts.values()) == {12}
    assert all(arm.seeds == TUNING_SEEDS for arm in TUNING)


def test_no_evidence_comes_from_a_tuning_seed() -> None:
    for experiment in papers.experiments().values():
        if "tuning" not in experiment.name:
            for profile in experiment.arms:
                assert all(seed not in TUNING_SEEDS for arm in experiment.at(profile) for seed in arm.seeds)


def test_an_experiment_differs_between_its_arms_in_what_it_says() -> None:
    arms = {arm.name: arm.run for arm in papers.experiment("workhorse").at("laptop")}
    for m in MARGINS:
        for floor in FLOORS:
            run = arms[f"m={m} floor {floor:g}"]
            assert run.head.arguments == {"margin": m}
            assert run.blend is not None
            assert run.blend.floor == floor
            same = replace(run, head=arms["softmax"].head, blend=None, optimizer=arms["softmax"].optimizer)
            assert same == arms["softmax"]


def test_claims_are_few_and_name_arms_that_exist() -> None:
    from discriminative.papers.thesis.claims import CLAIMS

    assert sum(claim.confirmatory for claim in CLAIMS) <= 14
    for claim in CLAIMS:
        experiment = papers.experiment(claim.experiment)
        profile = "laptop" if experiment.at("laptop") else "paper"
        assert claim.measure == "error" or claim.measure in report.MEASURES
        assert claim.counts_from >= 0
        arms = {arm.name: arm for arm in experiment.at(profile)}
        for name in (claim.arm, claim.baseline):
            # at full scale the margins' arms wait until validation has chosen their floor
            if name is not None and not (profile == "paper" and name.startswith("m=") and name not in arms):
                assert arms[name].seeds[:3] == (0, 1, 2)


def test_printed_cells_are_the_papers() -> None:
    cells = papers.printed("thesis", "2.2")
    assert cells["L-Softmax (m=4)", "Error Rate"] == 0.31
    assert papers.printed("thesis", "2.3")["FitNet [47]", "CIFAR10"] == "N/A"
    with pytest.raises(ValueError, match=r"has no table '9\.9'"):
        papers.printed("thesis", "9.9")


def test_only_confirmatory_verdicts_are_corrected_and_all_of_them_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "_judge_claim", lambda *_: Verdict("reproduced", p=0.02))
    found = report.verdicts("thesis", "laptop", Ledger(tmp_path))
    named = sum(claim.confirmatory for claim, _ in found.values())
    judged = {claim.id: verdict for claim, verdict in found.values() if claim.confirmatory and verdict.p == 0.02}
    assert [verdict.holm_p for verdict in judged.values()] == pytest.approx([0.02 * named] * len(judged))
    assert judged["C-LSM1"].word == "inconclusive"
    assert found["C-LSM1a"][1] == Verdict("reproduced", p=0.02)


def test_a_third_of_the_papers_effect_counts() -> None:
    """ln(0.40 / 0.31) = 0.25489."""
    claim = Claim("C-X", "Table 2.2", "It errs less.", "workhorse", "m=4", "softmax", "digits", paper_baseline=0.40)
    assert replace(claim, paper_arm=0.31).counts_from == pytest.approx(0.08496, abs=1e-5)
    assert replace(claim, smallest=0.5).counts_from == 0.5


def test_the_gap_between_training_and_test_counts_against_the_arm() -> None:
    record = {"metrics": {"train": {"wrong": 2, "images": 200}, "test": {"wrong": 18, "images": 360}}}
    assert report.MEASURES["small train-test gap"][1](record) == pytest.approx(1.0 - 5.0)


def test_a_slow_start_lasts_until_95_percent_of_the_last_training_accuracy() -> None:
    curves = {"step": [10, 20, 30, 40, 50], "train_error": [0.9, 0.5, 0.25, 0.22, 0.2]}  # 95 % of 0.8 is 0.76
    record = {"curves": curves, "run": {"head": {"arguments": {}}}}
    assert report.MEASURES["slow start"][1](record) == pytest.approx(80.0)
    bent = {"plain_error": curves["train_error"], "train_error": [1.0] * 5}  # under a margin the test scores count
    record = {"curves": curves | bent, "run": {"head": {"arguments": {"margin": 4}}}}
    assert report.MEASURES["slow start"][1](record) == pytest.approx(80.0)


@pytest.fixture
def ledger(tmp_path: Path, plain: Run) -> tuple[Ledger, Arm]:
    ledger, arm = Ledger(tmp_path), Arm("softmax", plain, (0, 1), "Softmax")
    for run in arm.runs():
        ledger.write(*train(run))
    return ledger, arm


def test_a_table_puts_ours_beside_the_papers_cell(ledger: tuple[Ledger, Arm]) -> None:
    shown = report.paper_table("thesis", "2.2", {"ours": ((ledger[1],), ledger[0], "discriminative run x")})
    errors = [100 * wrong / 360 for wrong in report.arm_errors(ledger[1], ledger[0]).values() if wrong is not None]
    row = next(part for part in shown.split("<tr>") if '"row">Softmax<' in part)
    assert ">0.40<" in row
    assert f"{sum(errors) / 2:.2f}" in row
    assert "n = 2" in row
    assert shown.count('scope="row"') == 13


def test_an_empty_cell_carries_its_reason(tmp_path: Path, plain: Run) -> None:
    arm = Arm("softmax", plain, (0,), "Softmax")
    shown = report.paper_table("thesis", "2.2", {"ours": ((arm,), Ledger(tmp_path), "discriminative run x")})
    assert 'title="not run: discriminative run x">–' in shown


def test_a_caption_is_told_by_the_records(ledger: tuple[Ledger, Arm]) -> None:
    told = report.caption([ledger[1]], ledger[0])
    assert told.startswith("200 training images, 60 steps, 2 seeds, ")
    assert report.caption([], ledger[0]) == "No record yet."


def test_choosing_needs_every_record_and_leaves_out_what_diverged(ledger: tuple[Ledger, Arm], plain: Run) -> None:
    ledger_, arm = ledger
    wild = Arm("wild", replace(plain, optimizer=replace(plain.optimizer, rate=1e12)), (0, 1))
    with pytest.raises(ValueError, match="wild lacks records"):
        report.choose([arm, wild], ledger_)
    for run in wild.runs():
        ledger_.write(*train(run))
    assert report.choose([wild, arm], ledger_) is arm
    with pytest.raises(ValueError, match="every arm diverged: wild"):
        report.choose([wild], ledger_)


def test_an_arm_counts_its_runs_above_half_wrong_as_collapsed(tmp_path: Path, plain: Run) -> None:
    ledger, arm = Ledger(tmp_path), Arm("softmax", plain, (0, 1, 2))
    for run, wrong in zip(arm.runs(), (180, 181, 324), strict=True):  # of 360
        record = train(run)[0]
        record["metrics"]["test"]["wrong"] = wrong
        ledger.write(record)
    assert re.findall(r">([^<]*)</td>", report.arms_table([arm], ledger, "discriminative run x"))[-3:] == [
        "3",
        "–",
        "2",
    ]


def test_a_chip_is_readable_without_its_colour() -> None:
    told = report.chip(Verdict("reversed", n=5, points=-0.5, points_low=-0.7, points_high=-0.3))
    assert "▼ reversed" in told
    assert "−0.50 [−0.70, −0.30], n = 5" in told
    assert "no record yet" in report.chip(Verdict("not run", "no record yet"))


def test_checks_can_fail(capsys: pytest.CaptureFixture[str]) -> None:
    checked("prop-a", torch.tensor([1e-13, 0.0]), at_most=1e-12)
    with pytest.raises(ValueError, match=r"prop-a fails: the worst case is 0\.5"):
        checked("prop-a", 0.5, at_most=0.1)
    with pytest.raises(ValueError, match="prop-a fails"):
        checked("prop-a", math.nan, at_most=0.1)
    refuted("erratum-a", 1.0, at_least=0.5)
    with pytest.raises(ValueError, match="is not refuted"):
        refuted("erratum-a", 0.1, at_least=0.5)
    with pytest.raises(ValueError, match="prop-b fails"):
        exact("prop-b", False)
