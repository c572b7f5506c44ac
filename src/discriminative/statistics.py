"""Effects, intervals and verdicts: the rules by which records answer a claim, fixed before the runs."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np

from discriminative._checks import require

__all__ = [
    "Values",
    "Verdict",
    "effect",
    "error_rate",
    "holm",
    "interval",
    "judge",
    "judge_equivalence",
    "judge_errors",
    "judge_flat",
    "judge_ordered",
    "proportion",
    "rank_correlation",
    "two_sided",
]


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
    half = _student((1 + level) / 2, len(values) - 1) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return mean, mean - half, mean + half


def proportion(count: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper and Pearson's exact interval of a share: for counts, where Student's may end beyond 0 or 1.

    Example:
        >>> low, high = proportion(4, 5)
        >>> round(low, 3), round(high, 3)
        (0.284, 0.995)
    """
    require(0 <= count <= trials > 0, "count must be of one trial or more, got {} of {}", count, trials)
    from scipy.stats import beta

    low = float(beta.ppf((1 - level) / 2, count, trials - count + 1)) if count else 0.0
    high = float(beta.ppf((1 + level) / 2, count + 1, trials - count)) if count < trials else 1.0
    return low, high


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Spearman's rank correlation; NaN below seven points, where it says nothing.

    Example:
        >>> round(rank_correlation([1, 2, 3, 4, 5, 6, 7], [7, 6, 5, 4, 3, 1, 2]), 2)
        -0.96
    """
    require(len(first) == len(second), "first and second must be as long, got {} and {}", len(first), len(second))
    if len(first) < 7:
        return math.nan
    from scipy.stats import spearmanr  # here and below: a machine that only trains need not have it

    return float(spearmanr(first, second).statistic)


@dataclass(frozen=True)
class Verdict:
    """What the records say of a claim.

    ``effect``, ``low``, ``high`` are the mean over seeds with its interval (95 %, or 90 % for an equivalence), in the
    units of the measure: for errors the log ratio. ``points``, ``points_low``, ``points_high`` are, for errors, the
    difference in percentage points, positive where the arm errs less. ``smallest`` is the effect that counts,
    ``detectable`` what this many seeds find with 80 % power (for an equivalence the bounds that they can show where the
    truth is zero), ``seeds_needed`` how many would find ``smallest``;
    ``correlation`` that of the two arms over seeds; ``diverged`` the arm's runs that diverged and
    ``baseline_diverged`` the baseline's, of ``started``; ``collapsed`` those of the arm that finished above 50 % error.
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
    baseline_diverged: int = 0
    collapsed: int = 0
    started: int = 0
    holm_p: float | None = None


Values = dict[int, float | None]


def judge(
    baseline: Values, arm: Values, smallest: float, *, or_baseline_diverges: bool = False, level: float = 0.95
) -> Verdict:
    """The verdict on "the arm has more of it than the baseline" from a measure by seed, ``None`` where a run diverged.

    Args:
        baseline: the measure by seed.
        arm: likewise; pairs are by seed.
        smallest: the smallest difference that counts, >= 0.
        or_baseline_diverges: the claim also holds where three of five baseline runs or more diverge and no arm's does.
        level: of the interval.
    """
    started = sorted(baseline.keys() & arm.keys())
    base = Verdict(
        "not run",
        "no record yet",
        smallest=smallest,
        diverged=sum(arm[seed] is None for seed in started),
        baseline_diverged=sum(baseline[seed] is None for seed in started),
        started=len(started),
    )
    if not started:
        return base
    pairs = [(b, a) for seed in started if (b := baseline[seed]) is not None and (a := arm[seed]) is not None]
    if or_baseline_diverges and not base.diverged and 5 * base.baseline_diverged >= 3 * len(started) >= 9:
        told = f"{base.baseline_diverged} of {len(started)} runs without it diverged"
        return replace(base, word="reproduced", reason=told, n=len(pairs))
    lost = f"{base.diverged} of {len(started)} runs diverged"
    if len(pairs) < 3:
        reason = lost if base.diverged else f"only {len(pairs)} seeds so far"
        return replace(base, word="inconclusive", reason=reason, n=len(pairs))
    differences = [a - b for b, a in pairs]
    mean, low, high = interval(differences, level)
    n, sd = len(pairs), float(np.std(differences, ddof=1))
    if high < 0:
        word, reason = "reversed", "the interval lies below 0"
    elif high < smallest:
        word, reason = "contradicted", "the interval lies below the smallest effect that counts"
    elif low > 0 and mean >= smallest and not base.diverged:
        word, reason = "reproduced", "the interval lies above 0 and the mean reaches the smallest effect that counts"
    else:
        word, reason = "inconclusive", lost if base.diverged else "the interval does not decide"
    spread = min(np.std([b for b, _ in pairs]), np.std([a for _, a in pairs])) > 0
    return replace(
        base,
        word=word,
        reason=reason,
        n=n,
        effect=mean,
        low=low,
        high=high,
        detectable=_detectable(sd, n),
        seeds_needed=_seeds_needed(sd, smallest) if smallest > 0 else None,
        correlation=float(np.corrcoef(np.array(pairs).T)[0, 1]) if spread else math.nan,
        p=two_sided(abs(mean) * math.sqrt(n) / sd, n - 1) if sd > 0 else (0.0 if mean else 1.0),
    )


def judge_errors(
    baseline: dict[int, int | None],
    arm: dict[int, int | None],
    images: int,
    smallest: float,
    *,
    or_baseline_diverges: bool = False,
) -> Verdict:
    """The verdict on "the arm errs less": :func:`judge` on minus the log error, with the difference in points.

    Args:
        baseline: wrong answers by seed, ``None`` for a run that diverged.
        arm: likewise.
        images: size of the test set.
        smallest: the smallest log ratio that counts: a third of the paper's.
        or_baseline_diverges: as for :func:`judge`.
    """

    def logs(wrong: dict[int, int | None]) -> Values:
        return {seed: None if k is None else -math.log(error_rate(k, images)) for seed, k in wrong.items()}

    verdict = judge(logs(baseline), logs(arm), smallest, or_baseline_diverges=or_baseline_diverges)
    both = [
        (b, a)
        for seed in sorted(baseline.keys() & arm.keys())
        if (b := baseline[seed]) is not None and (a := arm[seed]) is not None
    ]
    if not both:
        return verdict
    points, low, high = interval([100 * (b - a) / images for b, a in both])
    collapsed = sum(a > images / 2 for _, a in both)
    return replace(verdict, points=points, points_low=low, points_high=high, collapsed=collapsed)


def judge_equivalence(values: Values, half_width: float, level: float = 0.9) -> Verdict:
    """The verdict on "it is within ``half_width`` of zero": reproduced where the interval of that level lies inside.

    Contradicted where the interval lies outside altogether.
    """
    finished = [value for value in values.values() if value is not None]
    diverged = len(values) - len(finished)
    base = Verdict("not run", "no record yet", smallest=half_width, diverged=diverged, started=len(values))
    if not values:
        return base
    if len(finished) < 3:
        return replace(base, word="inconclusive", reason=f"only {len(finished)} seeds so far", n=len(finished))
    mean, low, high = interval(finished, level)
    word, reason = "inconclusive", "the interval does not decide"
    if low > -half_width and high < half_width and not diverged:
        word, reason = "reproduced", "the 90 % interval lies inside the bounds"
    elif low > half_width or high < -half_width:
        word, reason = "contradicted", "the 90 % interval lies outside the bounds"
    sd = float(np.std(finished, ddof=1))
    return replace(
        base,
        word=word,
        reason=reason,
        n=len(finished),
        effect=mean,
        low=low,
        high=high,
        detectable=_detectable(sd, len(finished), EQUIVALENCE),
        seeds_needed=_seeds_needed(sd, half_width, EQUIVALENCE),
    )


def judge_ordered(arms: Sequence[Values], smallest: float) -> Verdict:
    """The verdict on "it rises from each arm to the next", paired by seed; its numbers are those of the weakest step.

    Reproduced where every step is, each at 95 %: a test that needs all of them keeps the level of one. A step that
    contradicts or reverses does so at a level divided by the number of steps, since any of them would do.
    """
    require(len(arms) >= 2, "arms must be at least two, got {}", len(arms))
    steps = [judge(before, after, smallest) for before, after in pairwise(arms)]
    strict = [judge(before, after, smallest, level=1 - 0.05 / len(steps)) for before, after in pairwise(arms)]
    weakest = min(steps, key=lambda step: -math.inf if math.isnan(step.effect) else step.effect)
    lost = max(steps, key=lambda step: step.diverged + step.baseline_diverged)
    for word in ("not run", "reversed", "contradicted"):
        among = steps if word == "not run" else strict
        at = next((i for i, step in enumerate(among) if step.word == word), None)
        if at is not None:
            return replace(steps[at], word=word, reason=among[at].reason, p=math.nan)
    if all(step.word == "reproduced" for step in steps):
        p = max(step.p for step in steps)
        return replace(weakest, reason="every step reaches the smallest effect that counts", p=p)
    reason = lost.reason if lost.diverged or lost.baseline_diverged else "not every step is decided"
    return replace(weakest, word="inconclusive", reason=reason, p=max(step.p for step in steps))


def judge_flat(arms: Sequence[Values], half_width: float) -> Verdict:
    """The verdict on "it does not change along the sweep": within ``half_width``, by 90 % intervals over seeds.

    Two things must hold for every seed's sweep: the change from first to last of the fitted line, and how far each
    arm lies from the sweep's mean. The numbers are those of the line. What contradicts may be any of them, at a level
    divided by their number.
    """
    require(len(arms) >= 2, "arms must be at least two, got {}", len(arms))
    started = sorted(set.intersection(*(set(arm) for arm in arms)))
    sweeps = {seed: [arm[seed] for arm in arms] for seed in started}
    whole = {seed: np.array(values, dtype=float) for seed, values in sweeps.items() if None not in values}
    place = np.linspace(-0.5, 0.5, len(arms))
    place = place / float(place @ place)

    def looked_at(of: Callable[[np.ndarray], float]) -> Values:
        return {seed: of(whole[seed]) if seed in whole else None for seed in started}

    trend = looked_at(lambda values: float(place @ values))
    offs = [looked_at(lambda values, i=i: float(values[i] - values.mean())) for i in range(len(arms))]  # type: ignore[misc]
    verdict = judge_equivalence(trend, half_width)
    if not math.isfinite(verdict.effect):
        return verdict
    strict = 1 - 0.1 / (1 + len(offs))
    if any(judge_equivalence(each, half_width, level=strict).word == "contradicted" for each in (trend, *offs)):
        return replace(verdict, word="contradicted", reason="the trend or an arm lies outside the bounds")
    if all(judge_equivalence(each, half_width).word == "reproduced" for each in (trend, *offs)):
        return replace(verdict, word="reproduced", reason="trend and arms lie inside the bounds")
    reason = verdict.reason if verdict.diverged else "the trend or an arm does not decide"
    return replace(verdict, word="inconclusive", reason=reason)


# Quantiles of what decides and of 80 % power: a two-sided 5 % test for a difference; two one-sided 5 % tests, which
# must both succeed, for none.
DIFFERENCE, EQUIVALENCE = (0.975, 0.8), (0.95, 0.9)


def _detectable(sd: float, n: int, quantiles: tuple[float, float] = DIFFERENCE) -> float:
    """The effect that n values find with 80 % power; for an equivalence the bounds that they can show around zero."""
    return float(sum(_student(quantile, n - 1) for quantile in quantiles) * sd / math.sqrt(n))


@cache
def _student(quantile: float, freedom: int) -> float:
    """A quantile of Student's t, kept: searches for a number of seeds ask for the same ones over and over."""
    from scipy.stats import t

    return float(t.ppf(quantile, freedom))


def two_sided(size: float, freedom: int) -> float:
    """The chance that Student's t with this many degrees of freedom is as far from zero as ``size``, on either side."""
    from scipy.stats import t

    return float(2 * t.sf(size, freedom))


def _seeds_needed(sd: float, smallest: float, quantiles: tuple[float, float] = DIFFERENCE) -> int | None:
    """How many values would find ``smallest`` with 80 % power, if no more than 10,000: more values find less."""
    n = bisect_left(range(10_001), True, lo=3, key=lambda n: _detectable(sd, n, quantiles) <= smallest)
    return n if n <= 10_000 else None


def holm(verdicts: dict[str, Verdict], level: float = 0.05, places: int = 0) -> dict[str, Verdict]:
    """Holm's correction over confirmatory verdicts: a "reproduced" that does not survive it becomes "inconclusive".

    A claim without a p-value yet counts as p = 1, so that its record, when it comes, withdraws no verdict shown before.

    Args:
        verdicts: of every claim that is named confirmatory, those without a record among them.
        level: the error rate of the whole family.
        places: how many verdicts the family has places for; unused ones count as p = 1.
    """
    require(places == 0 or places >= len(verdicts), "places must be at least {}, got {}", len(verdicts), places)
    family = max(places, len(verdicts))
    ranked = sorted(
        (name for name, verdict in verdicts.items() if not math.isnan(verdict.p)), key=lambda k: verdicts[k].p
    )
    result, largest = dict(verdicts), 0.0
    for i, name in enumerate(ranked):
        largest = min(1.0, max(largest, (family - i) * verdicts[name].p))
        corrected = replace(verdicts[name], holm_p=largest)
        if corrected.word == "reproduced" and largest > level:
            corrected = replace(corrected, word="inconclusive", reason="it does not survive Holm's correction")
        result[name] = corrected
    return result
