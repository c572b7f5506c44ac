"""What a page shows is computed from records: chosen settings, tables, verdicts, checks."""

from __future__ import annotations

import copy
import html
import inspect
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from discriminative import papers, report
from discriminative.checks import checked, exact, refuted
from discriminative.ledger import Ledger, arm_key
from discriminative.papers.shared import FLOORS, MARGINS
from discriminative.provenance import source_hash
from discriminative.report import Column
from discriminative.runs import Optimizer, Run
from discriminative.site.provenance import MEANING
from discriminative.statistics import Verdict, judge, judge_equivalence, judge_errors
from discriminative.study import Arm, Claim, Fewer, Less, More, Within
from discriminative.training import train

RESULTS = Ledger(Path(__file__).parents[1] / "results")


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


def test_only_confirmatory_verdicts_are_corrected_and_all_of_them_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "_judge_claim", lambda *_: Verdict("reproduced", p=0.02))
    found = report.verdicts("thesis", Ledger(tmp_path))
    named = sum(claim.confirmatory for claim, _ in found.values())
    judged = {claim.id: verdict for claim, verdict in found.values() if claim.confirmatory and verdict.p == 0.02}
    assert [verdict.holm_p for verdict in judged.values()] == pytest.approx([0.02 * named] * len(judged))
    assert judged["C-LSM1"].word == "inconclusive"
    assert found["C-LSM1a"][1] == Verdict("reproduced", p=0.02)


@pytest.fixture
def ledger(tmp_path: Path, plain: Run) -> tuple[Ledger, Arm]:
    ledger, arm = Ledger(tmp_path), Arm("softmax", plain, (0, 1), "Softmax")
    for run in arm.runs():
        ledger.write(*train(run))
    return ledger, arm


def column(arm: Arm, ledger: Ledger) -> Column:
    return Column({arm.row or "": (arm, "discriminative run x")}, ledger)


def rows(shown: str) -> dict[str, str]:
    """The rows of a table by their heading."""
    return {row.split("</th>")[0]: row for row in re.findall(r'<th scope="row">(.*?)</tr>', shown, flags=re.DOTALL)}


def test_a_table_puts_ours_beside_the_papers_cell(ledger: tuple[Ledger, Arm]) -> None:
    shown = report.paper_table("thesis", "2.2", {"ours": column(ledger[1], ledger[0])}, title="Errors.")
    errors = [100 * wrong / 360 for wrong in report.arm_errors(ledger[1], ledger[0]).values() if wrong is not None]
    row = rows(shown)["Softmax"]
    assert ">0.40<" in row
    assert f"{sum(errors) / 2:.2f}" in row
    assert "n = 2" in row
    assert len(rows(shown)) == 13
    assert shown.index("Errors.") < shown.index("<table")
    assert '<th scope="col">Paper, error %</th>' in shown


def test_every_empty_cell_carries_its_reason_in_sight(tmp_path: Path, plain: Run) -> None:
    arm = Arm("softmax", plain, (0,), "Softmax")
    shown = report.paper_table("thesis", "2.2", {"ours": column(arm, Ledger(tmp_path))}, title="Errors.")
    found = rows(shown)
    assert "–<sup>1</sup>" in found["Hinge Loss"]
    assert "–<sup>2</sup>" in found["Softmax"]
    assert "<sup>1</sup> not run at this scale." in shown
    assert "<sup>2</sup> not run: <code>discriminative run x</code>." in shown
    assert "quoted from elsewhere" in found["R-CNN [51]"]
    assert sum("quoted from elsewhere" in row for row in found.values()) == 8
    assert "title=" not in shown


def test_a_cell_whose_runs_all_diverged_says_so(tmp_path: Path, plain: Run) -> None:
    ledger, arm = Ledger(tmp_path), Arm("softmax", replace(plain, optimizer=Optimizer(1e12)), (0, 1), "Softmax")
    for run in arm.runs():
        ledger.write(*train(run))
    shown = report.paper_table("thesis", "2.2", {"ours": column(arm, ledger)}, title="Errors.")
    assert "diverged <small>2 of 2</small>" in rows(shown)["Softmax"]
    assert "<sup>1</sup> every run diverged." in report.arms_table([arm], ledger, "discriminative run x", title="Arms.")


def test_a_table_of_accuracies_is_not_headed_error() -> None:
    faces = Column({}, RESULTS, "no data")
    shown = report.paper_table("thesis", "2.5", {"ours": faces}, title="Faces.", column="Accuracy", unit="accuracy %")
    assert "Paper, accuracy %" in shown
    assert "error" not in shown
    assert "<sup>1</sup> no data." in shown


def test_the_papers_scale_fills_its_column_as_records_come(paper_scale: Ledger) -> None:
    here = {"ours": Column.of("thesis-table-2-3", "paper")}
    found = rows(report.paper_table("thesis", "2.3", here, title="Errors.", column="CIFAR10"))
    assert "8.10" in found["L-Softmax (m=4)"]
    assert "n = 5" in found["Softmax"]
    assert "–<sup>" in found["L-Softmax (m=2)"]


def test_before_the_tuning_the_margins_cells_say_what_they_wait_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCRIMINATIVE_ROOT", str(tmp_path))
    shown = report.paper_table("thesis", "2.4", {"ours": Column.of("thesis-table-2-4", "paper")}, title="Errors.")
    command = "<code>discriminative run thesis-tuning thesis-table-2-4 --profile paper</code>"
    assert f"<sup>1</sup> not run: {command}." in shown
    assert f"<sup>2</sup> not run, and thesis-tuning has to choose its setting first: {command}." in shown
    assert "–<sup>1</sup>" in rows(shown)["Softmax"]
    assert "–<sup>2</sup>" in rows(shown)["L-Softmax (m=4)"]


def test_a_column_takes_arms_of_other_experiments_with_their_commands() -> None:
    found = Column.of("workhorse", "laptop", also={"Hinge Loss": ("family", "hinge")}).cells
    assert set(found) == {"Hinge Loss", "Softmax", *(f"L-Softmax (m={m})" for m in MARGINS)}
    arm, command = found["Hinge Loss"]
    assert (arm.run.loss, command) == ("hinge", "discriminative run family --profile laptop")


@pytest.fixture
def old(tmp_path: Path, plain: Run) -> tuple[Ledger, Arm]:
    """An arm of one record that other code made."""
    ledger, arm = Ledger(tmp_path), Arm("softmax", plain, (0,), "Softmax")
    record, arrays = train(plain.with_seed(0))
    record["source"]["hash"] = "0" * 16
    ledger.write(record, arrays)
    return ledger, arm


def test_what_other_code_made_is_marked_until_it_is_verified(old: tuple[Ledger, Arm]) -> None:
    ledger, arm = old
    run = arm.runs()[0]

    def shown() -> str:
        return (
            report.paper_table("thesis", "2.2", {"ours": column(arm, ledger)}, title="Errors.")
            + report.arms_table([arm], ledger, "discriminative run x", title="Arms.")
            + report.plain_table(["Arm"], [[f"softmax {report.mark([ledger.read(run)], ledger)}"]], title="Arms.")
            + report.caption([arm], ledger)
        )

    def counts() -> tuple[int, int, int]:
        told = shown()
        return told.count("‡"), told.count("§"), told.count('href="../book/provenance.html"')

    assert counts() == (7, 0, 3)
    assert "‡ Rests on unchecked records: made by other code" in shown()
    assert "‡ 1 of 1 records unchecked: made by other code" in shown()
    for equal, expected in ((False, (0, 7, 3)), (True, (0, 0, 0))):
        key = arm_key(run), "0" * 16
        ledger.note_verified({key: {"hash": source_hash(run), "equal": equal, "run": run.id}})
        assert counts() == expected


def test_every_standing_but_the_best_has_a_mark() -> None:
    assert {"checked", *report.MARKS} == set(MEANING)


def test_a_caption_is_told_by_the_records(ledger: tuple[Ledger, Arm]) -> None:
    told = report.caption([ledger[1]], ledger[0])
    assert told.startswith("200 training images, 60 steps, 2 seeds, ")
    assert "diverged" not in told
    assert report.caption([], ledger[0]) == "No record yet."


def test_a_caption_counts_the_seeds_of_each_arm_that_are_drawn(ledger: tuple[Ledger, Arm], plain: Run) -> None:
    ledger_, arm = ledger
    other = Arm("m=4", replace(plain, batch_size=16), (0, 1))
    third = Arm("m=2", replace(plain, batch_size=8), (0,))
    absent = Arm("CosFace", replace(plain, batch_size=4), (0,))
    for run in (*other.runs()[:1], *third.runs()):
        ledger_.write(*train(run))
    assert ", 2 seeds for softmax, 1 for m = 4, " in report.caption([arm, other], ledger_).replace("\xa0", " ")
    assert ", 2 seeds for softmax, 1 for the others, " in report.caption([arm, other, third], ledger_)
    assert ", no seeds for CosFace, 1 for the others, " in report.caption([other, third, absent], ledger_)
    assert ", 1 seed, " in report.caption([arm, other], ledger_, seeds=(0,))


def test_a_caption_says_what_went_wrong(tmp_path: Path, plain: Run) -> None:
    ledger = Ledger(tmp_path)
    wild = Arm("wild", replace(plain, optimizer=Optimizer(1e12)), (0, 1))
    idle = Arm("idle", replace(plain, optimizer=Optimizer(1e-9)), (0,))
    for arm in (wild, idle):
        for run in arm.runs():
            ledger.write(*train(run))
    assert " Of 3 runs 2 diverged and 1 ended above 50 % error." in report.caption([wild, idle], ledger)


def test_an_arm_counts_its_runs_above_half_wrong_as_collapsed(tmp_path: Path, plain: Run) -> None:
    ledger, arm = Ledger(tmp_path), Arm("softmax", plain, (0, 1, 2))
    for run, wrong in zip(arm.runs(), (180, 181, 324), strict=True):  # of 360
        record = train(run)[0]
        record["metrics"]["test"]["wrong"] = wrong
        ledger.write(record)
    assert re.findall(r">([^<]*)</td>", report.arms_table([arm], ledger, "discriminative run x", title="Runs."))[
        -3:
    ] == [
        "3",
        "0",
        "2",
    ]


def test_a_chip_is_readable_without_its_colour() -> None:
    assert ">▼ reversed<" in report.chip(Verdict("reversed"))


def told(claimed: float, low: float, high: float, test: Any) -> str:
    claim = Claim("C-X", "Table 1", "It is so.", "here", test, "workhorse")
    return re.sub("<.*?>", "", report.told_difference(claim, claimed, low, high))


def test_a_difference_is_told_in_words_with_its_unit() -> None:
    fewer = Fewer("a", "b", smallest=0.1)
    assert told(0.852, 0.723, 0.982, fewer) == "0.85 points fewer [0.72 to 0.98]"
    assert told(-4.28, -4.39, -4.17, fewer) == "4.28 points more [4.17 to 4.39]"
    assert told(0.046, -0.0026, 0.0946, fewer) == "0.05 points fewer [0.09 fewer to 0.00 more]"
    assert told(8.64, 3.77, 13.5, More("angle gap", "a", "b", 1.0)) == "8.6 degrees wider [3.8 to 13.5]"
    assert told(0.215, 0.193, 0.238, Less("between-class cosine", "a", "b", 0.1)) == "0.21 lower [0.19 to 0.24]"
    excess = Within("angle-only excess", "a", smallest=1.0)
    assert told(6.56, -2.18, 15.3, excess) == "6.6 points more [2.2 fewer to 15.3 more]"
    half = Within("contrast norm", "a", target=0.5, smallest=0.05)
    assert told(-0.1, -0.2, -0.05, half) == "0.10 below 0.5 [0.05 to 0.20]"


def detailed(verdict: Verdict, test: Any) -> str:
    claim = Claim("C-X", "Table 1", "It errs less.", "here", test, "workhorse")
    return " | ".join(report._details(claim, verdict)).replace("\xa0", " ")


def test_an_inconclusive_verdict_says_what_its_seeds_could_find() -> None:
    base, third = {0: 67, 1: 60, 2: 66, 3: 72, 4: 66}, math.log(0.40 / 0.31) / 3
    verdict = judge_errors(base, {0: 62, 1: 64, 2: 60, 3: 66, 4: 60}, 10_000, third)
    assert verdict.word == "inconclusive"
    shown = detailed(verdict, Fewer("m=4", "softmax", paper=(0.40, 0.31)))
    found = f"{100 * math.expm1(-verdict.detectable):.0f} %".replace("-", "−")
    assert "n = 5 | the interval holds both no change and −8 %, the smallest that counts" in shown
    assert f"with 80 % power n = 5 finds {found}; −8 % needs n = {verdict.seeds_needed}" in shown


def test_lost_pairs_are_told_with_whose_they_are() -> None:
    base: dict[int, float | None] = dict.fromkeys(range(12), 1.0)
    arm: dict[int, float | None] = {seed: 2.0 + seed / 10 for seed in range(12)}
    verdict = judge(base | {3: None}, arm | {3: None, 5: None}, 0.0)
    shown = detailed(verdict, More("slow start", "m=4", "softmax", smallest=0.0))
    assert "2 of 12 pairs lost: m = 4 diverged twice, softmax once" in shown
    assert "a loss that diverged is never reproduced" in shown
    verdict = judge(dict.fromkeys(range(12)), arm, 0.0, or_baseline_diverges=True)
    assert (
        detailed(verdict, Fewer("m=4", "softmax", smallest=0.0)) == "softmax diverged in 12 of 12 runs, m = 4 in none"
    )


def test_an_equivalence_is_told_by_its_bounds() -> None:
    verdict = judge_equivalence({0: 2.0, 1: 6.0, 2: 11.0}, 1.0)
    excess = Within("angle-only excess", "m=4", smallest=1.0)
    assert "the interval reaches beyond ±1.00 points" in detailed(verdict, excess)
    assert f"±1.00 points needs n = {verdict.seeds_needed}" in detailed(verdict, excess)


def text(shown: str) -> str:
    return html.unescape(re.sub(r"<.*?>", " ", shown)).replace("\xa0", " ")


def test_the_table_of_verdicts_has_units_what_is_printed_of_what_and_confirmatory_claims_first() -> None:
    shown = report.verdicts_table("thesis", RESULTS)
    found = {name.split(":")[0]: text(row) for name, row in rows(shown).items()}
    for claim, verdict in report.verdicts("thesis", RESULTS).values():
        row = found[claim.id]
        if verdict.word == "not run":
            continue
        if isinstance(claim.test, Fewer) and math.isfinite(verdict.effect):
            assert re.search(r" points (fewer|more) ", row)
        if claim.paper_effect is not None:
            assert claim.paper_scale in row
        assert ("‡" in row) == bool(report.mark(_records(claim), RESULTS).count("‡"))
    assert "all of MNIST, the thesis' network" in found["C-LSM1f"]
    assert "all of CIFAR-10, the thesis' network" in found["C-LSM2c"]
    order = [name.split(":")[0] for name in rows(shown)]
    assert order[:2] == ["C-LSM1", "C-LSM1f"]
    assert 'href="#prop-concentration"' in rows(shown)[next(name for name in rows(shown) if "C-TH4" in name)]


def _records(claim: Claim) -> list[dict[str, Any]]:
    return [record for arm in report.claim_arms(claim) for record in report.arm_records(arm, RESULTS)]


def test_what_was_not_run_is_folded_below_with_its_reason_and_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCRIMINATIVE_ROOT", str(tmp_path))
    shown = report.verdicts_table("thesis")
    above, below = shown.split('<details class="not-run">')
    assert list(rows(above)) == [next(name for name in rows(shown) if "C-TH4" in name)]
    found = {name.split(":")[0]: text(row) for name, row in rows(below).items()}
    assert "discriminative run workhorse --profile laptop" in found["C-LSM1"]
    assert "no record yet" in found["C-LSM1"]
    assert "discriminative run thesis-tuning thesis-table-2-3 --profile paper" in found["C-LSM2"]
    assert "thesis-tuning has to choose its setting first" in found["C-LSM2"]
    assert [name.split(":")[0] for name in rows(below)][:5] == ["C-LSM1", "C-LSM1f", "C-LSM2", "C-LSM3", "C-LSM4"]


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
