"""Executed checks of what the book proves and of what it corrects."""

from __future__ import annotations

import html
from typing import Any

from discriminative._checks import require

__all__ = ["checked", "exact", "refuted"]


def checked(label: str, worst: Any, *, at_most: float, what: str) -> None:
    """Assert that a proof's executed check stays within its bound, and say so in a line that is the same everywhere.

    Args:
        label: the label of the proposition, e.g. ``"prop-psi-bound"``.
        worst: the largest violation or gap found, a number or a tensor (its maximum is taken).
        at_most: the bound.
        what: what was checked, in words: all of a statement or a part of it.

    The worst case goes into the output's metadata, for the page that lists every proof and its check.
    """
    plain = worst.detach() if hasattr(worst, "detach") else worst  # torch warns of a number that has a gradient
    value = float(plain.max()) if hasattr(plain, "max") else float(plain)
    require(value <= at_most, "{} fails: the worst case is {!r}, the bound {!r}", label, value, at_most)
    _say(label, what, f"holds, within {at_most:g}" if at_most else "holds", worst=value, at_most=at_most)


def exact(label: str, holds: bool, what: str) -> None:
    """Assert a check that has no rounding: a symbolic identity, a count."""
    require(bool(holds), "{} fails: {}", label, what)
    _say(label, what, "holds exactly")


def refuted(label: str, gap: float, *, at_least: float, what: str) -> None:
    """Assert that a printed statement fails by at least that much: the check of an erratum."""
    require(gap >= at_least, "{} is not refuted: the gap is {!r}, expected at least {!r}", label, gap, at_least)
    _say(label, what, f"the printed statement fails, by at least {at_least:g}", worst=gap, at_least=at_least)


def _say(label: str, what: str, told: str, **numbers: float) -> None:
    """Print a line; in a notebook its output carries the numbers as metadata.

    It always says what was checked: beside an erratum a bare "holds" would be read as said of the printed line.
    """
    require(bool(what), "what must say what was checked of {}, got {!r}", label, what)
    line = f"{label}, {what}: {told}"
    try:
        from IPython.display import display
    except ImportError:
        print(line)
    else:
        check = {"label": label, "what": what, **numbers}
        shown = f'<p class="check">✓ {html.escape(f"{what[:1].upper()}{what[1:]}")}: {told}</p>'
        display({"text/plain": line, "text/html": shown}, metadata={"check": check}, raw=True)
