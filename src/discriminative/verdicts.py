"""Every claim of every paper, judged once by the same rules: Holm over the book's fourteen places; why, in words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from discriminative.evidence import Arms, collapse_told
from discriminative.ledger import Ledger
from discriminative.measures import measure
from discriminative.papers import claims, experiment, paper
from discriminative.statistics import Verdict, holm
from discriminative.study import Arm, Claim, Fewer, Flat, Less, More, Ordered, Proved, Within

__all__ = [
    "PLACES", "WORDS", "Judged", "arms_of", "by_default", "kind", "losses_told", "numbers", "ours_told", "pairs_lost",
    "percent_told", "readable", "verdicts",
]  # fmt: skip

PLACES = 14  # confirmatory claims that the book may name; unused places count as p = 1
WORDS = ("reproduced", "contradicted", "reversed", "inconclusive", "not run")


@dataclass(frozen=True)
class Judged:
    """A claim with its verdict and what its arms lost: arm to (runs, diverged, collapsed), and what collapsing was.

    ``arms`` are those of :func:`arms_of`.
    """

    claim: Claim
    verdict: Verdict
    lost: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    collapse: str = "ended above 50 % error"
    arms: tuple[Arm, ...] = ()


def arms_of(claim: Claim) -> tuple[Arm, ...]:
    """The arms that a claim is about, what it measures against first; none where one of them does not exist yet."""
    if not claim.experiment:
        return ()
    found = {arm.name: arm for arm in experiment(claim.experiment).at(claim.profile)}
    return tuple(found[name] for name in claim.test.arms) if found.keys() >= set(claim.test.arms) else ()


def verdicts(name: str | None = None, ledger: Ledger | None = None) -> dict[str, Judged]:
    """Every claim of a paper, or of all of them, judged by the records of its own profile.

    Args:
        name: of the paper, e.g. ``"thesis"``; all of them for ``None``.
        ledger: where records are looked for; the project's, unless given.
    """
    asked = list(claims().values() if name is None else paper(name).claims)
    named = [claim for claim in claims().values() if claim.confirmatory]  # the whole family, whoever asks
    found = {claim.id: _judge(claim, ledger) for claim in {claim.id: claim for claim in (*asked, *named)}.values()}
    corrected = holm({claim.id: found[claim.id].verdict for claim in named}, places=PLACES)
    return {
        claim.id: replace(found[claim.id], verdict=corrected.get(claim.id, found[claim.id].verdict)) for claim in asked
    }


def _judge(claim: Claim, ledger: Ledger | None) -> Judged:
    arms = arms_of(claim)
    if claim.experiment and not arms:
        return Judged(
            claim, Verdict("not run", f"{experiment(claim.experiment).after} has to choose its setting first")
        )
    evidence = Arms(arms, Ledger.of(claim.profile) if ledger is None else ledger)
    lost = {name: (len(evidence.records(name)), *evidence.lost(name)) for name in evidence}
    return Judged(claim, claim.test.judge(evidence), lost, collapse_told(evidence.records()), arms)


def kind(claim: Claim) -> Literal["proved", "confirmatory", "exploratory"]:
    return "proved" if isinstance(claim.test, Proved) else "confirmatory" if claim.confirmatory else "exploratory"


# ---------------------------------------------------------------------------------------------------------------------
# In words. Text, not HTML.


# A hyphen that stands for a minus: before a number, and behind nothing that it could join to it.
SIGN = re.compile(r"(?<![\w%)\]./\N{EN DASH}\N{MINUS SIGN}\N{DEGREE SIGN}-])-(?=\.?\d)")


def readable(text: str) -> str:
    """An arm's name or a sentence as a reader would write it, a margin never parted from its number."""
    return "softmax" if text == "m=1" else re.sub(r"\bm ?= ?", "m\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}", text)


def percent_told(gain: float) -> str:
    """A log ratio of errors as the relative change of the error, e.g. −22 %."""
    return f"{100 * math.expm1(-gain):+.0f} %".replace("-", "−")


def ours_told(judged: Judged) -> tuple[str, str]:
    """A claim's difference and its interval, by words and not by signs: ``8.6 degrees wider``, ``3.8 to 13.5``.

    Of errors it is the difference in points. Two empty texts where there is no number.
    """
    claim, verdict = judged.claim, judged.verdict
    if not math.isfinite(verdict.effect):
        return "", ""
    of, sign = measure(claim.test.measure), _sign(claim)
    ends = (verdict.effect, verdict.low, verdict.high)
    if isinstance(claim.test, Fewer):
        ends = (verdict.points, verdict.points_low, verdict.points_high)
    value, low, high = ends if sign > 0 else (-ends[0], -ends[2], -ends[1])
    size = max(abs(value), abs(low), abs(high))
    if low < 0 <= high:
        between = f"{_three(low, size)} {of.less} to {_three(high, size)} {of.more}"
    else:
        between = " to ".join(_three(end, size) for end in sorted((low, high), key=abs))
    word = of.more if value > 0 or (value == 0 and sign > 0) else of.less
    if isinstance(claim.test, Within) and claim.test.target:
        word += f" {claim.test.target:g}"
    if isinstance(claim.test, (More, Less)) and claim.test.than:
        word += f" than {claim.test.than:g}"
    return " ".join(filter(None, (_three(value, size), of.unit, word, claim.whose))), between


def why(judged: Judged) -> list[str]:
    """n with the correlation of the pairs, why the verdict is what it is, and where it is open what could be found."""
    verdict = judged.verdict
    if isinstance(judged.claim.test, Proved):
        return [verdict.reason]
    seeds = f"n = {verdict.n}" if math.isfinite(verdict.effect) else ""
    if seeds and verdict.n > 2 and math.isfinite(verdict.correlation):  # of two pairs it is 1 or -1
        seeds += f", correlation of the pairs {verdict.correlation:.2f}".replace("-", "\N{MINUS SIGN}")
    told = (seeds, by_default(judged), *losses_told(judged), _interval_said(judged), _power(judged))
    return [re.sub(r"\bn = ", "n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}", reason) for reason in told if reason]


def _sign(claim: Claim) -> int:
    """1 where the verdict's numbers are differences of the measure, -1 where they are minus those."""
    falls = isinstance(claim.test, Fewer | Less) or (isinstance(claim.test, Ordered) and not claim.test.rising)
    return -1 if falls else 1


def _equivalence(claim: Claim) -> bool:
    return isinstance(claim.test, Within | Flat)


def by_default(judged: Judged) -> str:
    """Says of a claim that is reproduced that its rival lost half of its runs or more; empty where it did not."""
    arms = judged.claim.test.arms
    if judged.verdict.word != "reproduced" or len(arms) != 2:
        return ""
    runs, diverged, collapsed = judged.lost.get(arms[0], (0, 0, 0))
    gone = diverged + collapsed
    return f"holds against a rival that failed, {readable(arms[0])}" if runs and 2 * gone >= runs else ""


def losses_told(judged: Judged) -> list[str]:
    """What its arms lost: the pairs without an answer, and the runs that collapsed; nothing where all went well."""
    return list(filter(None, (pairs_lost(judged), *_collapsed(judged))))


def _collapsed(judged: Judged) -> list[str]:
    """How many runs of each arm collapsed; they are in the numbers."""
    return [
        f"{collapsed} of {runs} runs of {readable(name)} {judged.collapse}"
        for name, (runs, _, collapsed) in reversed(judged.lost.items())
        if collapsed
    ]


def pairs_lost(judged: Judged) -> str:
    """How many pairs are lost to divergence, and whose; empty where none is."""
    claim, verdict = judged.claim, judged.verdict
    if isinstance(claim.test, Ordered | Flat):
        whose = [(readable(name), diverged) for name, (_, diverged, _) in judged.lost.items() if diverged]
    else:
        baseline = claim.test.arms[0] if len(claim.test.arms) > 1 else ""
        both = ((claim.test.arm, verdict.diverged), (baseline, verdict.baseline_diverged))
        whose = [(readable(name), count) for name, count in both if count]
    if not whose:
        return ""
    if verdict.word == "reproduced" and not math.isfinite(verdict.effect):
        (name, count), started = whose[0], verdict.started
        return f"{name} diverged in {count} of {started} runs, {readable(claim.test.arm)} in none"
    told = ", ".join(f"{name}{'' if i else ' diverged'} {_times(count)}" for i, (name, count) in enumerate(whose))
    what = {1: "runs", 2: "pairs"}.get(len(claim.test.arms), "sweeps")
    return f"{verdict.started - verdict.n} of {verdict.started} {what} lost: {told}"


def _interval_said(judged: Judged) -> str:
    """What decides, or keeps from deciding; empty where the word and the numbers beside it say it."""
    claim, verdict = judged.claim, judged.verdict
    smallest = _size(claim, verdict.smallest)
    if verdict.word == "reversed":
        return "the other way round than claimed"
    if isinstance(claim.test, Flat) and math.isfinite(verdict.effect):
        return f"{verdict.reason}, {smallest}"
    if isinstance(claim.test, Within) and math.isfinite(verdict.effect):
        place = {"reproduced": "lies within", "contradicted": "lies outside"}.get(verdict.word, "reaches beyond")
        return f"the interval {place} {smallest}"
    if verdict.word == "contradicted":
        return f"the interval leaves out {smallest}, the smallest change that counts"
    if verdict.word != "inconclusive":
        return ""
    if verdict.diverged:
        return "a loss that diverged is never reproduced"
    if not math.isfinite(verdict.effect):
        return f"only {verdict.n} seed{'' if verdict.n == 1 else 's'} so far"
    if isinstance(claim.test, Ordered):
        return verdict.reason
    if verdict.low <= 0:
        counts = f"both no change and {smallest}, the smallest that counts"
        return f"the interval holds {counts if verdict.smallest > 0 else 'no change'}"
    if verdict.effect < verdict.smallest:
        return f"the mean falls short of {smallest}, the smallest that counts"
    return verdict.reason


def _power(judged: Judged) -> str:
    """What an inconclusive verdict's seeds find with 80 % power, and how many would find what counts."""
    claim, verdict = judged.claim, judged.verdict
    if verdict.word != "inconclusive" or not math.isfinite(verdict.detectable):
        return ""
    verb = "shows" if _equivalence(claim) else "finds"
    told = f"with 80 % power n = {verdict.n} {verb} {_size(claim, verdict.detectable)}"
    if not verdict.smallest > 0:
        return told
    needed = "n over 10,000" if verdict.seeds_needed is None else f"n = {verdict.seeds_needed:,}"
    return f"{told}; {_size(claim, verdict.smallest)} needs {needed}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _size(claim: Claim, value: float) -> str:
    """An effect that counts or can be found, in the claim's own unit."""
    if isinstance(claim.test, Fewer):
        return percent_told(value)
    return f"{'±' if _equivalence(claim) else ''}{_three(value)} {measure(claim.test.measure).unit}".strip()


def _three(value: float, beside: float = 0.0) -> str:
    """A size without its sign, to as many decimals as leave three digits to the largest one beside it."""
    largest = max(abs(value), beside)
    return f"{abs(value):.{2 if largest < 10 else 1 if largest < 100 else 0}f}"


# ---------------------------------------------------------------------------------------------------------------------
# As numbers


def numbers(judged: Judged) -> dict[str, Any]:
    """Every number and word of a verdict, flat: what a chapter glues under the claim's id, and what is published.

    Besides the fields of ``statistics.Verdict``: ``value``, ``value_low``, ``value_high``, the difference in the
    measure's own sign and unit (of errors in points: negative where the arm errs less); of errors ``percent``,
    ``percent_low``, ``percent_high``, their relative change, and ``percent_smallest``, the change that counts; of
    printed errors ``percent_paper``; and ``line``, the verdict in one line.
    """
    claim, verdict = judged.claim, judged.verdict
    found = {each.name: getattr(verdict, each.name) for each in fields(Verdict) if each.name != "reason"}
    found["holm_p"] = math.nan if verdict.holm_p is None else verdict.holm_p
    found["seeds_needed"] = math.nan if verdict.seeds_needed is None else verdict.seeds_needed
    found["line"] = _line(judged)
    if isinstance(claim.test, Proved):
        return {"word": verdict.word, "line": found["line"]}
    errors = isinstance(claim.test, Fewer)
    ends = (verdict.points, verdict.points_low, verdict.points_high) if errors else ()
    value, low, high = ends or (verdict.effect, verdict.low, verdict.high)
    found |= dict(zip(("value", "value_low", "value_high"), _signed(_sign(claim), value, low, high), strict=True))
    if not errors:
        return {name: each for name, each in found.items() if not name.startswith("points")}
    effects = {"": verdict.effect, "_low": verdict.high, "_high": verdict.low, "_smallest": verdict.smallest}
    if claim.paper_effect is not None:
        effects["_paper"] = claim.paper_effect
    return found | {f"percent{name}": 100 * math.expm1(-effect) for name, effect in effects.items()}


def _signed(sign: int, value: float, low: float, high: float) -> tuple[float, float, float]:
    return (value, low, high) if sign > 0 else (-value, -high, -low)


def _line(judged: Judged) -> str:
    """The verdict in one line, e.g. "reproduced: 0.85 points fewer [0.72 to 0.98], n = 12", and what its arms lost."""
    value, between = ours_told(judged)
    if not value:
        reason = "" if isinstance(judged.claim.test, Proved) else judged.verdict.reason
        return f"{judged.verdict.word}: {reason}" if reason else "proved"
    line = f"{judged.verdict.word}: {value} [{between}], n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{judged.verdict.n}"
    return "; ".join(filter(None, (line, by_default(judged), *losses_told(judged))))


def counted(judged: Iterable[Judged]) -> dict[str, int]:
    """How many claims have each verdict, those that are proved apart."""
    judged = list(judged)
    decided = [each for each in judged if kind(each.claim) != "proved"]
    return {word: sum(each.verdict.word == word for each in decided) for word in WORDS} | {
        "proved": len(judged) - len(decided)
    }
