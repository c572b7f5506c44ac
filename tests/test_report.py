"""What a page shows is computed from records: chosen settings, tables, verdicts, checks."""

from __future__ import annotations

import copy
import inspect
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from discriminative import papers, report
from discriminative.ledger import Ledger
from discriminative.papers import Arm
from discriminative.papers.thesis.experiments import WHOLE_CHOSEN, WHOLE_TUNING
from discriminative.papers.thesis.family import FAMILY_CHOSEN, FAMILY_TUNING
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
        if claim.proved_by:
            assert (claim.experiment, claim.arm, claim.baseline) == ("", "", None)
            continue
        experiment = papers.experiment(claim.experiment)
        assert claim.profile in experiment.arms
        assert claim.measure == "error" or claim.measure in report.MEASURES
        assert claim.counts_from >= 0
        arms = {arm.name: arm for arm in experiment.at(claim.profile)}
        for name in (claim.arm, claim.baseline):
            # at full scale the margins' arms wait until validation has chosen their floor
            if name is not None and (name in arms or not experiment.after):
                assert arms[name].seeds[:3] == (0, 1, 2)


def test_the_proof_of_a_claim_is_in_a_chapter() -> None:
    from discriminative.papers.thesis.claims import CLAIMS

    text = "".join(path.read_text() for path in (Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
    labels = {claim.proved_by for claim in CLAIMS if claim.proved_by}
    assert "prop-concentration" in labels
    for label in labels:
        assert f":label: {label}\\n" in text


def test_a_claim_that_is_proved_needs_no_record(tmp_path: Path) -> None:
    claim, verdict = report.verdicts("thesis", Ledger(tmp_path))["C-TH4"]
    assert (verdict.word, verdict.reason) == ("reproduced", "proved, and checked where the proof stands")
    assert report.claim_arms(claim) == ()


@pytest.fixture
def paper_scale(tmp_path: Path, plain: Run, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Records, made up, of the tuning and of C-LSM2: m = 4 errs a fifth less than softmax, seed by seed."""
    from discriminative.papers.thesis.full_scale import TUNING

    monkeypatch.setenv("DISCRIMINATIVE_ROOT", str(tmp_path))
    ledger, template = Ledger.of("paper"), train(plain)[0]

    def pretend(run: Run, **wrong: int) -> None:
        record = copy.deepcopy(template) | {"id": run.id, "run": run.to_json()}
        for part, count in wrong.items():
            record["metrics"][part] |= {"wrong": count, "images": 10_000}
        record["metrics"]["final_blend"] = None if run.blend is None else run.blend.floor
        ledger.write(record)

    for arm in TUNING:
        pretend(arm.run.with_seed(arm.seeds[0]), validation=400)
    for name, wrong in (("softmax", 1000), ("m=4", 800)):
        for run in papers.experiment("thesis-table-2-3").arm("paper", name).runs():
            pretend(run, test=wrong + 5 * run.seed)
    return ledger


def test_a_claim_at_the_papers_scale_is_judged_as_soon_as_its_records_are_there(paper_scale: Ledger) -> None:
    claim, verdict = report.verdicts("thesis")["C-LSM2"]
    assert claim.profile == "paper"
    assert (verdict.word, verdict.n) == ("reproduced", 5)
    assert verdict.points == pytest.approx(2.0)
    assert report.verdicts("thesis")["C-LSM3"][1].word == "not run"


def test_an_experiment_names_the_one_command_that_fills_it() -> None:
    full, small = papers.experiment("thesis-table-2-3"), papers.experiment("workhorse")
    assert full.command("paper") == "discriminative run thesis-tuning thesis-table-2-3 --profile paper"
    assert small.command("laptop") == "discriminative run workhorse --profile laptop"
    waits = {item.after for item in papers.experiments().values() if item.after}
    assert waits <= set(papers.experiments())


def test_printed_cells_are_the_papers() -> None:
    cells = papers.printed("thesis", "2.2")
    assert cells["L-Softmax (m=4)", "Error Rate"] == 0.31
    assert papers.printed("thesis", "2.3")["FitNet [47]", "CIFAR10"] == "N/A"
    with pytest.raises(ValueError, match=r"has no table '9\.9'"):
        papers.printed("thesis", "9.9")


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


def test_a_chip_is_readable_without_its_colour() -> None:
    told = report.chip(Verdict("reversed", n=5, points=-0.5, points_low=-0.7, points_high=-0.3))
    assert "▼ reversed" in told
    assert "−0.50 [−0.70, −0.30], n = 5" in told
    assert "no record yet" in report.chip(Verdict("not run", "no record yet"))


def test_checks_can_fail(capsys: pytest.CaptureFixture[str]) -> None:
    checked("prop-a", torch.tensor([1e-13, 0.0]), at_most=1e-12, what="the bound")
    with pytest.raises(ValueError, match=r"prop-a fails: the worst case is 0\.5"):
        checked("prop-a", 0.5, at_most=0.1, what="the bound")
    with pytest.raises(ValueError, match="prop-a fails"):
        checked("prop-a", math.nan, at_most=0.1, what="the bound")
    refuted("erratum-a", 1.0, at_least=0.5, what="the gap")
    with pytest.raises(ValueError, match="is not refuted"):
        refuted("erratum-a", 0.1, at_least=0.5, what="the gap")
    with pytest.raises(ValueError, match="prop-b fails: the corrected line"):
        exact("prop-b", False, "the corrected line")


def test_a_check_says_what_it_checked() -> None:
    with pytest.raises(ValueError, match="what must say what was checked of erratum-a"):
        exact("erratum-a", True, "")
    for check in (checked, exact, refuted):
        assert inspect.signature(check).parameters["what"].default is inspect.Parameter.empty
