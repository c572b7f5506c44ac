"""What the figures of the first chapter show, by the records."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from discriminative.evidence import Arms
from discriminative.figures.takeaways import NOTHING, by_verdict, ends_of, last, listed, named, percent
from discriminative.papers.thesis.wider import WIDEST

__all__ = ["TAKEAWAYS"]


def gains(arms: Arms, beside: Mapping[str, str]) -> str:
    """How many losses save errors over softmax, over the same without the margin, and over NormFace, tuned twice."""
    told, margins = [], [name for name, control in beside.items() if control]
    for baselines, what in (
        (dict.fromkeys(beside, "softmax"), "softmax"),
        (
            {name: control for name, control in beside.items() if control not in ("", "softmax")},
            "the same without a margin",
        ),
        (dict.fromkeys(margins, "NormFace s=4"), "NormFace at s = 4"),
        (dict.fromkeys(margins, WIDEST), WIDEST),
    ):
        if any(control not in arms for control in baselines.values()):
            continue
        found = [arms.errors_against(baseline, name).points_low for name, baseline in baselines.items() if name in arms]
        found = [low for low in found if not math.isnan(low)]
        told.append(f"{sum(low > 0 for low in found)} of {len(found)} losses over {what}")
    return f"By their intervals {listed(told)} save errors."


def planes(arms: Arms, *_: object) -> str:
    """The mean angle gap of each margin over all of its runs, the ones that are drawn among them."""
    whole = Arms(arms.arms, arms.ledger)
    found = {name: whole.numbers(name, "angle gap") for name in whole}
    told = [f"{sum(gaps) / len(gaps):.1f} degrees ({named(name)})" for name, gaps in found.items() if gaps]
    runs = max(map(len, found.values()), default=0)
    if not told:
        return NOTHING
    return f"{f'Mean angle gap over {runs} runs' if runs > 1 else 'Angle gap'}: {listed(told)}."


def blend(arms: Arms) -> str:
    """The largest mean error with the blend and the least without it."""
    errors = {name: arms.mean(name) for name in arms if arms.numbers(name)}
    bare = {name: error for name, error in errors.items() if "no blend" in name}
    blended = {name: error for name, error in errors.items() if name not in bare}
    if not bare or not blended:
        return NOTHING
    least, _ = ends_of(bare)
    return (
        f"With the blend no mean error is above {percent(max(blended.values()))}, without it none below "
        f"{percent(bare[least])} ({named(least)})."
    )


def norms(arms: Arms) -> str:
    """Where the loss ends without a blend, beside log 10, and softmax's."""
    ends = {name: last(arms, name, "loss") for name in arms if arms.finished(name)}
    bare = [end for name, end in ends.items() if name != "softmax" and not math.isnan(end)]
    if not bare:
        return NOTHING
    return (
        f"Without a blend the training loss ends between {min(bare):.2f} and {max(bare):.2f}, log 10 being "
        f"{math.log(10):.2f}; softmax's at {ends.get('softmax', math.nan):.3f}."
    )


TAKEAWAYS: dict[str, Callable[..., str]] = {
    "worth": gains,
    "blend": blend,
    "planes": planes,
    "planes-quick": planes,
    "norms": norms,
    "forest": by_verdict,
}
