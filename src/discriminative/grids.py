"""Where a setting that validation chose lies among those that were tried: an end of a range is said to be one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from discriminative.runs import Run
from discriminative.study import Arm

__all__ = ["at_ends", "configuration"]


def _margin(run: Run) -> float | None:
    """That of the one term, else the head's."""
    found = _of_term(run, lambda term: term.arguments.get("margin"))
    return run.head.arguments.get("margin") if found is None else found


def _of_term(run: Run, look: Callable[..., float | None]) -> float | None:
    return look(run.terms[0]) if len(run.terms) == 1 else None


# What a tuning may vary, by its name in a sentence; None where a run has no such setting.
SETTINGS: dict[str, Callable[[Run], float | None]] = {
    "rate": lambda run: run.optimizer.rate,
    "decay": lambda run: run.optimizer.weight_decay,
    "floor": lambda run: None if run.blend is None else run.blend.floor,
    "scale": lambda run: run.head.arguments.get("scale"),
    "coefficient": lambda run: _of_term(run, lambda term: term.coefficient),
    "rate of the centres": lambda run: _of_term(run, lambda term: term.rate),
    "margin": _margin,
    "smoothing": lambda run: run.label_smoothing,
}


def configuration(tried: Sequence[Arm], run: Run) -> str:
    """What was varied among the arms, as the run has it, e.g. ``"the rate 0.1 and the scale 4"``."""
    return " and ".join(f"the {name} {_of(name, run):g}" for name in _varied(tried))


def at_ends(tried: Iterable[Arm], run: Run) -> str:
    """In words, which settings of a run are the least or the greatest that were tried; empty where none is."""
    told, tried = [], list(tried)
    for name in _varied(tried):
        values = _values(tried, name)
        if _of(name, run) in (values[0], values[-1]):
            told.append(f"the {'least' if _of(name, run) == values[0] else 'greatest'} {name}")
    return " and ".join(told)


def _of(name: str, run: Run) -> float:
    value = SETTINGS[name](run)
    assert value is not None
    return float(value)


def _values(tried: Sequence[Arm], name: str) -> list[float]:
    return sorted({float(value) for arm in tried if (value := SETTINGS[name](arm.run)) is not None})


def _varied(tried: Sequence[Arm]) -> list[str]:
    return [name for name in SETTINGS if len(_values(tried, name)) > 1]
