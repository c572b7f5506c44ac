"""Which choices of the first chapter stand at an end of their grids, and what larger decays change of softmax."""

from __future__ import annotations

from collections.abc import Iterable

from discriminative.grids import at_ends, configuration
from discriminative.papers.shared import CONTROLS, FAMILY_TUNING, MARGIN_TUNING, best
from discriminative.papers.thesis.answers import SMOOTHED, SMOOTHING_TUNING
from discriminative.papers.thesis.wider import SOFTMAX_TUNING

__all__ = ["ends_told", "kept"]


def ends_told(names: Iterable[str]) -> str:
    """Which of the losses tuned on 2,000 images, and the smoothed softmax, stand at an end of what was tried for them.

    Args:
        names: of the arms that stand for their losses.
    """
    told = []
    for name in names:
        tuning = MARGIN_TUNING if name in MARGIN_TUNING.chosen else FAMILY_TUNING
        told.append((name, at_ends(tuning.among(name), CONTROLS[name].run)))
    smoothed = best(SMOOTHING_TUNING, f"{SMOOTHED} rate")
    told.append((SMOOTHED, at_ends(SMOOTHING_TUNING, smoothed) if smoothed else ""))
    return ", ".join(f"{name.replace('=', ' = ')} ({ends.replace('the ', '')})" for name, ends in told if ends)


def kept() -> str:
    """What validation says of softmax' decays beyond its first grid: whether the choice stays, and where it lies."""
    tried = (*MARGIN_TUNING.among("softmax"), *SOFTMAX_TUNING)
    run, first = best(tried, "softmax rate"), CONTROLS["softmax"].run
    if run is None:
        return "these have not run yet"
    end = at_ends(tried, run)
    place = f", still {end}" if end else ""
    same = run.optimizer == first.optimizer
    return f"{'validation stays with' if same else 'validation goes to'} {configuration(tried, run)}{place}"
