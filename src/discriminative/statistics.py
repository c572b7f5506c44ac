"""Effects, intervals and verdicts: the rules by which records answer a claim, fixed before the runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from discriminative._tensors import require

__all__ = ["Verdict", "effect", "holm", "interval", "judge"]

WORDS = ("reproduced", "contradicted", "reversed", "inconclusive", "not run")


def error_rate(wrong: float, images: int) -> float:
    """(k + 1/2) / (n + 1): an error rate that is never zero, so that its logarithm exists."""
    return (wrong + 0.5) / (images + 1)


def effect(baseline_wrong: int, arm_wrong: int, images: int) -> float:
    """g = ln(error of the baseline / error of the arm): positive where the arm errs less."""
    return math.log(error_rate(baseline_wrong, images) / error_rate(arm_wrong, images))


def interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float, float]:
    """Mean and Student t interval of independent values; the bounds are infinite for fewer than two.

    Example:
        >>> mean, low, high = interval([1.0, 2.0, 3.0])
        >>> round(mean, 3), round(low, 3), round(high, 3)
        (2.0, -0.484, 4.484)
    """
    require(len(values) > 0, "values must hold at least one number, got {}", len(values))
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, -math.inf, math.inf
    half = float(stats.t.ppf((1 + level) / 2, len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values)))
    return mean, mean - half, mean + half


@dataclass(frozen=True)
class Verdict:
    """What the records say of a claim.

    ``effect``, ``low``, ``high`` are the log ratio of errors with its 95 % interval; ``points``, ``points_low``,
    ``points_high`` the difference in percentage points, positive where the arm errs less; ``smallest`` the effect that
    counts, ``detectable`` the effect this many seeds find with 80 % power, ``seeds_needed`` how many would find
    ``smallest``; ``correlation`` that of the two arms' errors over seeds; ``diverged`` the arm's runs that diverged
    and ``collapsed`` those that finished above 50 % error, of ``started``.
    """

    word: str
    reason: str = ""
    n: int = 0
    effect: float = math.nan
    low: float = math.nan
    high: float = math.nan
    points: float = math.nan
    points_low: float = math.nan
    points_high: float = math.nan
    smallest: float = math.nan
    detectable: float = math.nan
    seeds_needed: int | None = None
    correlation: float = math.nan
    p: float = math.nan
    diverged: int = 0
    collapsed: int = 0
    started: int = 0
    holm_p: float | None = None


def judge(
    baseline: dict[int, int | None], arm: dict[int, int | None], images: int, paper_effect: float
) -> Verdict:  # fmt: skip
    """The verdict on "the arm errs less than the baseline" from test errors by seed.

    Args:
        baseline: wrong answers by seed, ``None`` for a run that diverged.
        arm: likewise.
        images: size of the test set.
        paper_effect: g of the paper's printed errors; a third of it is the smallest effect that counts.
    """
    smallest = abs(paper_effect) / 3
    started = sorted(baseline.keys() & arm.keys())
    diverged = sum(arm[seed] is None for seed in started)
    pairs = [(b, a) for seed in started if (b := baseline[seed]) is not None and (a := arm[seed]) is not None]
    base = Verdict("not run", "no record yet", smallest=smallest, diverged=diverged, started=len(started))
    if not started:
        return base
    if len(pairs) < 3:
        reason = f"{diverged} of {len(started)} runs diverged" if diverged else f"only {len(pairs)} seeds so far"
        return replace(base, word="inconclusive", reason=reason, n=len(pairs))
    gains = [effect(b, a, images) for b, a in pairs]
    points = [100 * (b - a) / images for b, a in pairs]
    g, low, high = interval(gains)
    mean_points, points_low, points_high = interval(points)
    n, sd = len(pairs), float(np.std(gains, ddof=1))
    if high < 0:
        word, reason = "reversed", "the interval lies below 0"
    elif high < smallest:
        word, reason = "contradicted", "the interval lies below the smallest effect that counts"
    elif low > 0 and g >= smallest and not diverged:
        word, reason = "reproduced", "the interval lies above 0 and the mean reaches the smallest effect that counts"
    else:
        word, reason = "inconclusive", "the interval does not decide"
        if diverged:
            reason = f"{diverged} of {len(started)} runs diverged"
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.std([b for b, _ in pairs]) > 0 and np.std([a for _, a in pairs]) > 0
        correlation = float(np.corrcoef(np.array(pairs, dtype=float).T)[0, 1]) if spread else math.nan
    return replace(
        base,
        word=word,
        reason=reason,
        n=n,
        effect=g,
        low=low,
        high=high,
        points=mean_points,
        points_low=points_low,
        points_high=points_high,
        detectable=_detectable(sd, n),
        seeds_needed=_seeds_needed(sd, smallest),
        correlation=correlation,
        p=float(2 * stats.t.sf(abs(g) * math.sqrt(n) / sd, n - 1)) if sd > 0 else (0.0 if g else 1.0),
        collapsed=sum(a > images / 2 for _, a in pairs),
    )


def _detectable(sd: float, n: int) -> float:
    """The effect that a two-sided 5 % test over n pairs finds with 80 % power."""
    return float((stats.t.ppf(0.975, n - 1) + stats.t.ppf(0.8, n - 1)) * sd / math.sqrt(n))


def _seeds_needed(sd: float, smallest: float) -> int | None:
    """How many pairs would find ``smallest`` with 80 % power, if no more than 10,000."""
    return next((n for n in range(3, 10_001) if _detectable(sd, n) <= smallest), None)


def holm(verdicts: dict[str, Verdict], level: float = 0.05) -> dict[str, Verdict]:
    """Holm's correction over confirmatory verdicts: a "reproduced" that does not survive it becomes "inconclusive"."""
    ranked = sorted(
        (name for name, verdict in verdicts.items() if not math.isnan(verdict.p)), key=lambda k: verdicts[k].p
    )
    result, largest = dict(verdicts), 0.0
    for i, name in enumerate(ranked):
        largest = min(1.0, max(largest, (len(ranked) - i) * verdicts[name].p))
        corrected = replace(verdicts[name], holm_p=largest)
        if corrected.word == "reproduced" and largest > level:
            corrected = replace(corrected, word="inconclusive", reason="it does not survive Holm's correction")
        result[name] = corrected
    return result
