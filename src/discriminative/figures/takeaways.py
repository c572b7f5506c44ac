"""The bold beginning of a caption: what a figure of arms shows, in a sentence that the records make.

A sentence names the arms and the numbers of today's records, so it holds whichever way they came out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np

from discriminative.evidence import Arms, means, paired_gains, rank, unpaired
from discriminative.figures import arms as drawn
from discriminative.figures.claims import shown_of
from discriminative.figures.style import label
from discriminative.measures import measure
from discriminative.statistics import interval
from discriminative.verdicts import WORDS, Judged, readable

__all__ = [
    "DEFAULTS",
    "NOTHING",
    "by_errors",
    "by_pictures",
    "by_verdict",
    "ends_of",
    "extremes",
    "last",
    "listed",
    "named",
    "percent",
    "short",
]

Key = TypeVar("Key")
NOTHING = "No run has finished yet."
FEWEST = 3  # pairs or runs of an interval


def percent(value: float) -> str:
    """An error in percent, three digits."""
    return f"{value:.2f} %" if abs(value) < 9.995 else f"{value:.1f} %"


def short(value: float) -> str:
    """A number of three digits."""
    return "–" if math.isnan(value) else f"{value:.3g}"


def listed(texts: Iterable[str]) -> str:
    """``a, b and c``."""
    found = list(texts)
    return " and ".join(filter(None, (", ".join(found[:-1]), found[-1]))) if found else ""


def named(arm: str) -> str:
    """An arm as a sentence names it."""
    return readable(label(arm)).replace("lambda=", "λ\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")


def last(arms: Arms, name: str, key: str, term: int | None = None) -> float:
    """Where a curve ends, the mean over the runs that finished; NaN where there is none."""
    found = [record["curves"][key] for record in arms.finished(name) if key in record["curves"]]
    ends = [curve[-1] if term is None else curve[term][-1] for curve in found]
    return float(np.mean(ends)) if ends else math.nan


def ends_of(values: Mapping[Key, float]) -> tuple[Key, Key]:
    """The names of the least and of the largest value."""
    order = sorted(values, key=lambda name: values[name])
    return order[0], order[-1]


def extremes(values: Mapping[str, float], what: str = "errs") -> str:
    """Which of some errors is the least and which the largest."""
    if not values:
        return NOTHING
    least, most = ends_of(values)
    told = f"{named(least)} {what} {percent(values[least])}"
    return f"{told}." if least == most else f"{told}, the least, {named(most)} {percent(values[most])}, the most."


def by_errors(arms: Arms, baseline: str = "") -> str:
    """How many arms err less than a baseline by the intervals of their pairs, how many more, and which errs least.

    The baseline is the first arm of softmax, unless given; without one the extremes are told.
    """
    errors = {name: arms.mean(name) for name in arms if arms.numbers(name)}
    baseline = baseline or next((name for name in errors if named(name).startswith("softmax")), "")
    others = [name for name in errors if name != baseline]
    if not baseline or not others:
        return extremes(errors)
    words = Counter(_beside(arms, baseline, name) for name in others)
    least, _ = ends_of(errors)
    return (
        f"{_counted(words, f'Beside {named(baseline)}', 'arm')}; {named(least)} errs least, {percent(errors[least])}."
    )


SAYS = {
    "less": ("errs less", "err less"),
    "more": ("errs more", "err more"),
    "open": ("cannot be told from it", "cannot be told from it"),
    "few": ("has too few pairs", "have too few pairs"),
}


def _beside(arms: Arms, baseline: str, name: str) -> str:
    found = arms.errors_against(baseline, name)
    if found.n < FEWEST or math.isnan(found.points_low):
        return "few"
    return "less" if found.points_low > 0 else "more" if found.points_high < 0 else "open"


def _counted(words: Mapping[str, int], begins: str, what: str) -> str:
    """``Beside softmax 9 of 12 arms err less, 1 errs more and 2 cannot be told from it``."""
    total = sum(words.values())
    parts = [f"{words[word]} {says[words[word] > 1]}" for word, says in SAYS.items() if words.get(word)]
    if set(words) == {"open"} and total > 1:
        return f"{begins} none of {total} {what}s can be told from it"
    first, *others = parts
    count, rest = first.split(" ", 1)
    whole = f"the one {what}" if total == 1 else f"all {total} {what}s" if not others else f"{count} of {total} {what}s"
    return f"{begins} {listed([f'{whole} {rest}', *others])}"


def by_measure(arms: Arms, of: str, name: str = "") -> str:
    """How many arms lie on either side of nought in a difference, by the interval of their runs."""
    kind, sides = measure(of), Counter[str]()
    for arm in arms:
        values = arms.numbers(arm, of)
        if len(values) >= FEWEST:
            _, low, high = interval(values)
            sides["above" if low > 0 else "below" if high < 0 else "open"] += 1
    if not sides:
        return NOTHING
    total = sides.total()
    return (
        f"Of {total} arms {sides['above']} lie above nought, {sides['below']} below and {sides['open']} on either side "
        f"({name or kind.what})."
    )


def by_rank(panels: Mapping[str, Arms], x: str = "angle gap", y: str = "test error") -> str:
    """The rank correlation of two measures over the arms of every panel that has enough of them."""
    told = []
    for title, arms in panels.items():
        number, rho = rank(means(arms, x, y), x, y)
        if not math.isnan(rho):
            told.append(f"{rho:.2f} over {number} arms of {title}")
    return f"Rank correlation of the {y} with the {x}: {listed(told)}." if told else NOTHING


def by_size(found: Mapping[int, Arms], baseline: str = "softmax") -> str:
    """At each number of images, the arm that changes the baseline's error for the best.

    One of which a run collapsed that is in no pair is not named: its pairs do not say what it does.
    """
    gains = paired_gains(found, baseline)
    told = []
    for size in sorted(found):
        here = {
            name: 100 * math.expm1(-float(np.mean(sizes[size][1])))
            for name, sizes in gains.items()
            if size in sizes and len(sizes[size][1]) >= FEWEST and not unpaired(found[size], name, baseline)
        }
        if here:
            best = min(here, key=lambda name: here[name])
            told.append(f"{named(best)} at {size:,} images ({here[best]:+.0f} %)")
    return f"Least error beside {baseline}: {listed(told)}." if told else NOTHING


def by_end(panels: Mapping[str, Arms]) -> str:
    """With what training error each arm ends, the least and the largest over all panels."""
    ends: dict[str, float] = {}
    for arms in panels.values():
        for name in arms:
            plain = last(arms, name, "plain_error")
            ends[name] = 100 * (last(arms, name, "train_error") if math.isnan(plain) else plain)
    return extremes({name: end for name, end in ends.items() if not math.isnan(end)}, "ends with a training error of")


def by_first(arms: Arms, *_: Any) -> str:
    """The mean errors of the arms whose first runs are drawn, over all runs of each that finished."""
    whole = Arms(arms.arms, arms.ledger)
    errors = {name: whole.mean(name) for name in whole if whole.finished(name)}
    runs = [len(whole.finished(name)) for name in errors]
    if max(runs, default=1) == 1:
        return extremes(errors)
    count = f"{min(runs)} to {max(runs)}" if min(runs) < max(runs) else f"{max(runs)}"
    return f"{extremes(errors).removesuffix('.')} (means of {count} runs)."


def by_cosines(arms: Arms) -> str:
    """The mean cosine between features of two classes, of the first seed of each arm."""
    told = []
    for arm in arms.arms:
        if "arrays" in (arms.ledger.find(arm.runs()[0]) or {}):
            matrix = arms.ledger.arrays(arm.runs()[0])["class_cosines"]
            off = matrix[~np.eye(len(matrix), dtype=bool)].mean()
            told.append(f"{off:.2f} under {named(arm.name)}")
    return f"Mean cosine between two classes: {listed(told)}." if told else NOTHING


def by_verdict(found: Iterable[Judged], printed_for: Mapping[str, str]) -> str:
    """How the verdicts on the rows of a forest came out."""
    words = Counter(each.verdict.word for each in shown_of(found, printed_for))
    told = listed(f"{words[word]} {word}" for word in WORDS if words[word])
    return f"Of {words.total()} comparisons with the paper {told}." if told else NOTHING


def by_pictures(shots: Mapping[str, Mapping[str, Any]], *_: Any) -> str:
    """The errors of the networks whose features are drawn."""
    return extremes({name: 100 * float(shot["wrong"]) / float(shot["images"]) for name, shot in shots.items()})


# What a figure says where its paper says nothing else of it (``papers/<paper>/takeaways.py``).
DEFAULTS: dict[Callable[..., Any], Callable[..., str]] = {
    drawn.errors_by_arm: by_errors,
    drawn.by_arm: by_measure,
    drawn.against: by_rank,
    drawn.learning_curves: by_size,
    drawn.training_curves: by_end,
    drawn.feature_planes: by_first,
    drawn.cosine_matrices: by_cosines,
}
