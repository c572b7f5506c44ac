"""What the chapter on include-and-exclude tells in words: errors, what a start is worth, what is not run and why."""

from __future__ import annotations

import math

from discriminative.evidence import Arms

__all__ = ["NOT_RUN", "NOT_RUN_HEADS", "against", "error", "errors_told", "spread_told", "tuning_told"]

NOT_RUN_HEADS = ["Control", "What it would tell", "Why it is not run"]
NOT_RUN = [
    [
        "Center loss divided by the batch's variance",
        "whether A.1's range of coefficients comes of the division or of the rivals",
        "a loss that the paper does not have; it needs a tuning of its own, and was thought of after the records",
    ],
    [
        "Center loss with the moving rule of its paper",
        "whether center loss is held back by centres that SGD moves slowly",
        "the book's runs move trained centres by SGD, as Algorithm 1 does; the rule is checked above, not trained with",
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
