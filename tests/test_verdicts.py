"""Claims against records: judged by their own profile, corrected together, told in words."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from discriminative import papers
from discriminative import verdicts as judging
from discriminative.ledger import Ledger
from discriminative.papers.shared import FLOORS, MARGINS
from discriminative.runs import Run
from discriminative.statistics import Verdict, judge, judge_equivalence, judge_errors
from discriminative.study import Arm, Claim, Experiment, Fewer, Less, More, Ordered, Paper, Within
from discriminative.tables import brief, lost_note
from discriminative.training import train
from discriminative.verdicts import Judged, arms_of, by_default, counted, numbers, ours_told, verdicts, why

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


def test_a_claim_that_is_proved_needs_no_record_and_is_counted_apart(tmp_path: Path) -> None:
    found = verdicts("thesis", Ledger(tmp_path))
    judged = found["C-TH4"]
    assert (judged.verdict.word, judged.verdict.reason) == ("reproduced", "proved, and checked where the proof stands")
    assert arms_of(judged.claim) == ()
    assert numbers(judged) == {"word": "reproduced", "line": "proved"}
    counts = counted(found.values())
    assert (counts["proved"], counts["reproduced"], counts["not run"]) == (1, 0, len(found) - 1)


def test_a_claim_at_the_papers_scale_is_judged_as_soon_as_its_records_are_there(paper_scale: Ledger) -> None:
    found = verdicts("thesis")
    claim, verdict = found["C-LSM2"].claim, found["C-LSM2"].verdict
    assert claim.profile == "paper"
    assert (verdict.word, verdict.n) == ("reproduced", 5)
    assert verdict.points == pytest.approx(2.0)
    assert found["C-LSM3"].verdict.word == "not run"


def test_confirmatory_verdicts_are_corrected_over_the_books_fourteen_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pretend(claim: Claim, _: object) -> Judged:
        return Judged(claim, Verdict("reproduced", p=0.003))

    monkeypatch.setattr(judging, "_judge", pretend)
    found = verdicts(None, Ledger(tmp_path))
    named = [judged.verdict for judged in found.values() if judged.claim.confirmatory]
    assert [verdict.holm_p for verdict in named] == pytest.approx([14 * 0.003] * len(named))
    assert {verdict.word for verdict in named} == {"reproduced"}
    assert found["C-LSM1a"].verdict == Verdict("reproduced", p=0.003)
    monkeypatch.setattr(judging, "_judge", lambda claim, _: Judged(claim, Verdict("reproduced", p=0.004)))
    assert verdicts("thesis", Ledger(tmp_path))["C-LSM1"].verdict.word == "inconclusive"  # 0.056


def told(claimed: float, low: float, high: float, test: Any) -> str:
    claim = Claim("C-X", "Table 1", "It is so.", "here", test, "workhorse")
    verdict = Verdict(
        "inconclusive", effect=claimed, low=low, high=high, points=claimed, points_low=low, points_high=high
    )
    return "{} [{}]".format(*ours_told(Judged(claim, verdict)))


def test_a_difference_is_told_in_words_with_its_unit() -> None:
    fewer = Fewer("a", "b", smallest=0.1)
    assert told(0.852, 0.723, 0.982, fewer) == "0.85 points fewer [0.72 to 0.98]"
    assert told(-4.28, -4.39, -4.17, fewer) == "4.28 points more [4.17 to 4.39]"
    assert told(0.046, -0.0026, 0.0946, fewer) == "0.05 points fewer [0.09 fewer to 0.00 more]"
    assert told(8.64, 3.77, 13.5, More("angle gap", "a", "b", 1.0)) == "8.6 degrees wider [3.8 to 13.5]"
    assert told(0.215, 0.193, 0.238, Less("between-class cosine", "a", "b", 0.1)) == "0.21 lower [0.19 to 0.24]"
    excess = Within("angle-only excess", "a", smallest=1.0)
    assert told(6.56, -2.18, 15.3, excess) == "6.6 points more [2.2 fewer to 15.3 more]"
    classes = More("classes narrower in training", "a", smallest=0.5, than=9.0)
    assert told(0.8, 0.24, 1.36, classes) == "0.80 classes more than 9 [0.24 to 1.36]"
    lost = Less("angle lost in training", "a", smallest=1.0, than=10.0)
    assert told(-6.15, -6.87, -5.44, lost) == "6.15 percent more than 10 [5.44 to 6.87]"
    assert told(6.15, 5.44, 6.87, lost) == "6.15 percent less than 10 [5.44 to 6.87]"
    assert "than" not in told(0.8, 0.24, 1.36, More("classes narrower in training", "a", "b", smallest=0.5))
    half = Within("contrast norm", "a", target=0.5, smallest=0.05)
    assert told(-0.1, -0.2, -0.05, half) == "0.10 below 0.5 [0.05 to 0.20]"


def detailed(verdict: Verdict, test: Any, **lost: tuple[int, int, int]) -> str:
    claim = Claim("C-X", "Table 1", "It errs less.", "here", test, "workhorse")
    return " | ".join(why(Judged(claim, verdict, lost))).replace("\N{NO-BREAK SPACE}", " ")


def test_a_number_of_the_arm_without_the_papers_term_says_so() -> None:
    verdict = judge_errors({0: 300, 1: 310, 2: 305}, {0: 320, 1: 325, 2: 330}, 10_000, 0.05)
    claim = Claim("a", "Table 1", "b", "c", Fewer("plain", "with the term", smallest=0.05), "d", whose="without it")
    assert ours_told(Judged(claim, verdict))[0] == "0.20 points more without it"
    for found in papers.claims().values():
        arms = {arm.name: arm.run for arm in arms_of(found)}
        if isinstance(found.test, Fewer) and len(arms) > 1:
            baseline, arm = (arms[name] for name in found.test.arms)
            assert found.whose or len(arm.terms) >= len(baseline.terms), found.id


def test_an_inconclusive_verdict_says_what_its_seeds_could_find() -> None:
    base, third = {0: 67, 1: 60, 2: 66, 3: 72, 4: 66}, math.log(0.40 / 0.31) / 3
    verdict = judge_errors(base, {0: 62, 1: 64, 2: 60, 3: 66, 4: 60}, 10_000, third)
    assert verdict.word == "inconclusive"
    shown = detailed(verdict, Fewer("m=4", "softmax", paper=(0.40, 0.31)))
    found = f"{100 * math.expm1(-verdict.detectable):.0f} %".replace("-", "−")
    correlation = f"{verdict.correlation:.2f}".replace("-", "−")
    holds = "the interval holds both no change and −8 %, the smallest that counts"
    assert f"n = 5, correlation of the pairs {correlation} | {holds}" in shown
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


def test_collapsed_runs_of_arm_and_baseline_are_told() -> None:
    verdict = judge({0: 1.0, 1: 2.0, 2: 3.5}, {0: 2.0, 1: 3.5, 2: 4.0}, 0.0)
    shown = detailed(verdict, Fewer("arm", "base", smallest=0.1), base=(12, 0, 2), arm=(12, 0, 1))
    assert "1 of 12 runs of arm ended above 50 % error | 2 of 12 runs of base ended above 50 % error" in shown


def test_a_claim_that_holds_against_a_rival_that_failed_says_so_wherever_its_verdict_stands() -> None:
    verdict = judge({0: 1.0, 1: 2.0, 2: 3.5}, {0: 2.0, 1: 3.5, 2: 4.6}, 0.0)
    assert verdict.word == "reproduced"
    test = Fewer("arm", "base", smallest=0.1)
    claim = Claim("C-X", "Table 1", "The arm errs less.", "digits", test, "workhorse")
    half = Judged(claim, verdict, {"base": (12, 2, 4), "arm": (12, 0, 0)}, "erred on over 90 % of the training images")
    told = "holds against a rival that failed, base"
    assert by_default(half) == told
    assert told in why(half)
    assert told in numbers(half)["line"]
    assert "4 of 12 runs of base erred on over 90 % of the training images" in numbers(half)["line"]
    assert told in brief({"C-X": half}, "C-X")
    assert told in lost_note(half)
    assert by_default(replace(half, lost={"base": (12, 2, 3), "arm": (12, 0, 12)})) == ""
    assert by_default(replace(half, verdict=replace(verdict, word="contradicted"))) == ""


def test_a_baselines_collapsed_runs_are_counted_and_stay_in_the_numbers(
    tmp_path: Path, plain: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    arms = {"base": Arm("base", plain, (0, 1, 2)), "arm": Arm("arm", replace(plain, batch_size=16), (0, 1, 2))}
    ledger, template = Ledger(tmp_path), train(plain)[0]
    for name, counts in (("base", (30, 300, 40)), ("arm", (30, 31, 32))):
        for run, wrong in zip(arms[name].runs(), counts, strict=True):
            record = copy.deepcopy(template) | {"id": run.id, "run": run.to_json()}
            record["metrics"]["test"] |= {"wrong": wrong, "images": 360}
            ledger.write(record)
    claim = Claim("C-X", "Table 1", "It errs less.", "here", Fewer("arm", "base", smallest=0.1), "made")
    experiment = Experiment("made", "here", "Made up", {"laptop": tuple(arms.values())})
    made = Paper("made", "Made up", "nobody", "made", "made", [experiment], [claim])
    monkeypatch.setattr(papers, "PAPERS", ("made",))
    monkeypatch.setattr(papers, "paper", {"made": made}.__getitem__)
    monkeypatch.setattr(judging, "paper", {"made": made}.__getitem__)
    papers._experiments.cache_clear()
    judged = verdicts("made", ledger)["C-X"]
    papers._experiments.cache_clear()
    assert judged.lost == {"base": (3, 0, 1), "arm": (3, 0, 0)}
    assert judged.verdict.n == 3
    assert judged.verdict.points == pytest.approx(100 * (30 + 300 + 40 - 30 - 31 - 32) / 3 / 360)


def test_numbers_have_the_measures_own_sign() -> None:
    verdict = judge_errors({0: 400, 1: 410, 2: 420}, {0: 300, 1: 305, 2: 312}, 10_000, 0.1)
    fewer = Claim("C-X", "Table 1", "It errs less.", "here", Fewer("a", "b", paper=(4.0, 3.0)), "workhorse")
    found = numbers(Judged(fewer, verdict))
    assert found["value"] == -found["points"] == pytest.approx(-1.0433, abs=1e-3)
    assert (found["value_low"], found["value_high"]) == (-found["points_high"], -found["points_low"])
    assert found["percent"] == pytest.approx(100 * math.expm1(-verdict.effect))
    assert found["percent_low"] < found["percent"] < found["percent_high"] < 0
    assert found["percent_paper"] == pytest.approx(-25.0)
    assert found["line"].startswith("reproduced: 1.04 points fewer [")
    arms = ({0: 20.0, 1: 21.0, 2: 22.5}, {0: 10.0, 1: 10.5, 2: 11.0})
    less = Claim("C-Y", "Table 1", "It is less.", "here", Less("angle gap", "a", "b", smallest=1.0), "workhorse")
    falling = Ordered("angle gap", ("b", "a"), 1.0, rising=False)
    for claim in (less, replace(less, test=falling)):
        minus = judge(*({seed: -value for seed, value in arm.items()} for arm in arms), 1.0)
        found = numbers(Judged(claim, minus))
        assert found["effect"] > 0 > found["value"]
        assert found["value"] == -found["effect"]
        assert "points" not in found
    more = replace(less, test=More("angle gap", "a", "b", smallest=1.0))
    assert numbers(Judged(more, judge(*arms, 1.0)))["value"] < 0


def test_every_verdict_of_the_book_has_its_reasons_and_its_line() -> None:
    for judged in verdicts(None, RESULTS).values():
        found = numbers(judged)
        assert found["line"].startswith(("proved", found["word"]))
        if judged.verdict.word == "inconclusive":
            assert why(judged)
        if math.isfinite(judged.verdict.effect):
            assert all(ours_told(judged))
