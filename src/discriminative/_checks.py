"""Checks of plain values: what was wrong, what was expected."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

__all__ = ["check_integer", "check_number", "require"]


def require(condition: bool, message: str, *values: Any) -> None:
    """Raise ``ValueError`` with ``message.format(*values)`` unless ``condition`` holds."""
    if not condition:
        raise ValueError(message.format(*values))


def check_number(name: str, value: Any, *, above: float = -math.inf, at_least: float = -math.inf) -> float:
    """``value`` as a float; ``TypeError`` if it is no number, ``ValueError`` outside its range."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    number = float(value)
    finite = number - number == 0  # math.isfinite, in words that torch.compile can trace for a float that varies
    require(finite, "{} must be finite, got {!r}", name, value)
    require(number > above, "{} must be greater than {:g}, got {!r}", name, above, value)
    require(number >= at_least, "{} must be at least {:g}, got {!r}", name, at_least, value)
    return number


def check_integer(name: str, value: Any, *, at_least: int = 1) -> int:
    """``value`` as an int; ``TypeError`` if it is no number, ``ValueError`` if not an integer in range."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be an integer >= {at_least}, got {value!r}")
    if not isinstance(value, Integral) or int(value) < at_least:
        raise ValueError(f"{name} must be an integer >= {at_least}, got {value!r}")
    return int(value)
