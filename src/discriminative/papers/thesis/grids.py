"""Where a setting that validation chose lies among those that were tried: an end of a range is said to be one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from discriminative.papers.shared import CONTROLS, FAMILY_TUNING, MARGIN_TUNING, best
from discriminative.papers.thesis.answers import SMOOTHED, SMOOTHING_TUNING
from discriminative.papers.thesis.wider import SOFTMAX_TUNING
from discriminative.runs import Run
from discriminative.study import Arm

__all__ = ["at_ends", "configuration", "ends_told", "kept"]

# What a tuning may vary, by its name in a sentence; None where a run has no such setting.
SETTINGS: dict[str, Callable[[Run], float | None]] = {
    "rate": lambda run: run.optimizer.rate,
    "decay": lambda run: run.optimizer.weight_decay,
    "floor": lambda run: None if run.blend is None else run.blend.floor,
    "scale": lambda run: run.head.arguments.get("scale"),
    "margin": lambda run: run.head.arguments.get("margin"),
    "smoothing": lambda run: run.label_smoothing,
}


def configuration(tried: Sequence[Arm], run: Run) -> str:
    """What was varied among the arms, as the run has it, e.g. ``"the rate 0.1 and the scale 4"``."""
    return " and ".join(f"the {name} {_of(name, run):g}" for name in _varied(tried))


def at_ends(tried: Sequence[Arm], run: Run) -> str:
    """In words, which settings of a run are the least or the greatest that were tried; empty where none is."""
    told = []
    for name in _varied(tried):
        values = _values(tried, name)
        if _of(name, run) in (values[0], values[-1]):
            told.append(f"the {'least' if _of(name, run) == values[0] else 'greatest'} {name}")
    return " and ".join(told)


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


def _of(name: str, run: Run) -> float:
    value = SETTINGS[name](run)
    assert value is not None
    return float(value)


def _values(tried: Sequence[Arm], name: str) -> list[float]:
    return sorted({float(value) for arm in tried if (value := SETTINGS[name](arm.run)) is not None})


def _varied(tried: Sequence[Arm]) -> list[str]:
    return [name for name in SETTINGS if len(_values(tried, name)) > 1]
