"""What the chapter on include-and-exclude tells in words: errors, what a start is worth, what is not run and why."""

from __future__ import annotations

import math
from collections.abc import Mapping

from discriminative.evidence import Arms
from discriminative.runs import Run
from discriminative.statistics import interval

__all__ = [
    "NOT_RUN", "NOT_RUN_HEADS", "against", "apart", "ends", "error", "errors_told", "later", "spread_told",
    "tuning_told", "way_of_centres",
]  # fmt: skip

NOT_RUN_HEADS = ["Control", "What it would tell", "Why it is not run"]
NOT_RUN = [
    [
        "Center loss divided by the batch's variance",
        "whether A.1 bears larger coefficients because of the division or of the rivals",
        "a loss that the paper does not have; it needs a tuning of its own, and was thought of after the records",
    ],
    [
        "A penalty on the length of features, tuned",
        "how few errors come of centres that never leave the origin",
        "its one coefficient is that of the chapter on reconstruction, whose records were there",
    ],
    [
        "The test loss at a temperature fitted on validation",
        "whether C-IE7's lower loss is less over-fitting or another scale of the logits",
        "the records hold mean losses and no logits",
    ],
    [
        "A free variance that begins at the size of the batch's",
        "whether freedom itself does harm, which a start at 0.5 cannot say",
        "the paper names no start; 0.5 is the value of its Equation 7",
    ],
    [
        "Rows [P], WRN-28-10",
        "whether the order of the losses holds on a powerful network",
        "the network is not among the book's, and what the paper changed in it is not printed",
    ],
]


def error(arms: Arms, name: str) -> str:
    """The mean test error of an arm; a dash where it has no record."""
    mean = arms.mean(name) if name in arms else math.nan
    return "–" if math.isnan(mean) else f"{mean:.2f} %"


def errors_told(arms: Arms, *names: str, beside: str) -> str:
    """The errors of those arms that have records, by name, each against one of them."""
    found = [name for name in names if name in arms and arms.finished(name)]
    told = [f"{name} {error(arms, name)} ({against(arms, beside, name)})" for name in found]
    return "; ".join(told) or "not run"


def spread_told(arms: Arms) -> str:
    """How far apart the mean errors of a sweep's settings lie, and over how many seeds each is."""
    found = [arms.numbers(name) for name in arms if arms.numbers(name)]
    if len(found) < 2:
        return "not run"
    means, counts = [sum(each) / len(each) for each in found], sorted({len(each) for each in found})
    seeds = " to ".join(str(count) for count in dict.fromkeys((counts[0], counts[-1])))
    told = f"n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{seeds} each"
    return f"the means of {len(found)} settings lie within {max(means) - min(means):.2f} points, {told}"


def against(arms: Arms, baseline: str, arm: str) -> str:
    """By how many points the arm errs less than the baseline or more, paired by seed, with its 95 % interval."""
    found = arms.errors_against(baseline, arm)
    if not math.isfinite(found.points):
        return "not run"
    low, high = found.points_low, found.points_high
    size = f"{abs(found.points):.2f} points {'fewer' if found.points > 0 else 'more'}"
    if low == high == 0:
        return f"as many errors at each of {found.n} seeds"
    if low < 0 < high:
        between = f"{-low:.2f} more to {high:.2f} fewer"
    else:
        between = " to ".join(f"{end:.2f}" for end in sorted((abs(low), abs(high))))
    return f"{size} [{between}], n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{found.n}"


def tuning_told(arms: Arms) -> str:
    """How much of a tuning has been run."""
    planned, there = sum(len(arm.seeds) for arm in arms.arms), len(arms.records())
    if not there:
        return f"none of their {planned} tuning runs is there yet, so they are not run"
    return f"{'all' if there == planned else there} of their {planned} tuning runs are there"


def _between(first: list[float], second: list[float], places: int, unit: str, level: float = 0.95) -> str:
    """Mean and interval of the pairs' differences, the second less the first, each with its sign."""
    if not first:
        return "not run"
    mean, low, high = (
        f"{value:+.{places}f}".replace("-", "\N{MINUS SIGN}")
        for value in interval([b - a for a, b in zip(first, second, strict=True)], level)
    )
    return f"{mean}{unit} [{low}, {high}], n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{len(first)}"


def apart(arms: Arms, measure: str, baseline: str, arm: str, places: int = 2, unit: str = "") -> str:
    """A measure of the arm less that of the baseline, paired by seed, with its 95 % interval."""
    if baseline not in arms or arm not in arms:
        return "not run"
    pairs = arms.pairs(baseline, arm, measure)
    return _between([a for a, _ in pairs], [b for _, b in pairs], places, unit)


def later(arms: Arms, baseline: str, arm: str, share: float) -> str:
    """How much later the arm reaches that share of its last training accuracy, in % of the run, with 90 % intervals."""
    first, second = (
        {r["run"]["seed"]: _reached(r["curves"], share) for r in arms.finished(name)} for name in (baseline, arm)
    )
    seeds = sorted(first.keys() & second.keys())
    return _between([first[seed] for seed in seeds], [second[seed] for seed in seeds], 1, " % of the run", 0.9)


def _reached(curves: Mapping[str, list[float]], share: float) -> float:
    accuracy = [1 - error for error in curves["train_error"]]
    first = next(i for i, value in enumerate(accuracy) if value >= share * accuracy[-1])
    return 100 * curves["step"][first] / curves["step"][-1]


def ends(arms: Arms, name: str) -> str:
    """The least and the most that the value of an arm's term is at the end, over its seeds."""
    last = [float(record["curves"]["terms"][0][-1]) for record in arms.finished(name)] if name in arms else []
    if not last:
        return "–"
    low, high = f"{min(last):.2f}", f"{max(last):.2f}"
    return low if low == high else f"{low} to {high}"


def way_of_centres(run: Run, classes: int = 10, momentum: float = 0.9) -> float:
    """Which fraction of its way to its class a centre of center loss covers in a run, the class standing still."""
    (term,) = run.terms
    first = run.optimizer.rate if term.rate is None else term.rate
    rates = sum(run.schedule.rate(first, step) for step in range(run.schedule.steps))
    return -math.expm1(-term.coefficient * rates / classes / (1 - momentum))
