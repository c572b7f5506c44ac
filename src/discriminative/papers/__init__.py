"""The registry: one word a paper, the folder that holds all that is of it.

A paper's folder has ``PAPER`` (``study.Paper``) in its ``__init__.py`` and the printed cells in ``tables.json``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from discriminative._checks import require
from discriminative.study import Claim, Experiment, Paper

__all__ = ["PAPERS", "claims", "experiment", "experiments", "paper", "papers", "printed", "printed_rows", "takeaways"]

PAPERS: tuple[str, ...] = ("thesis", "incay", "weights_biased", "include_exclude", "reconstruction", "verification")


def paper(name: str) -> Paper:
    """A registered paper by its name."""
    require(name in PAPERS, "paper must be one of {}, got {!r}", PAPERS, name)
    found: Paper = import_module(f"{__name__}.{name}").PAPER
    require(found.name == name, "the paper in the folder {} calls itself {!r}", name, found.name)
    return found


def papers() -> list[Paper]:
    """Every registered paper, in the book's order."""
    return [paper(name) for name in PAPERS]


def takeaways(name: str) -> Mapping[str, Callable[..., str]]:
    """What the figures of a paper's chapter show, by their keys; nothing where its folder has no ``takeaways``."""
    module = f"{__name__}.{name}.takeaways"
    found: Mapping[str, Callable[..., str]] = import_module(module).TAKEAWAYS if find_spec(module) else {}
    return found


def experiments() -> dict[str, Experiment]:
    """Every experiment of every paper, by name, those that tune among them."""
    return _experiments(PAPERS)


@cache
def _experiments(names: tuple[str, ...]) -> dict[str, Experiment]:
    found: dict[str, Experiment] = {}
    for name in names:
        for item in paper(name).all_experiments():
            require(item.name not in found, "two experiments are called {!r}; {} repeats it", item.name, name)
            found[item.name] = item
    return found


def experiment(name: str) -> Experiment:
    found = experiments()
    require(name in found, "experiment must be one of {}, got {!r}", sorted(found), name)
    return found[name]


def claims() -> dict[str, Claim]:
    """Every claim of every paper, by id."""
    found: dict[str, Claim] = {}
    for each in papers():
        for claim in each.claims:
            require(claim.id not in found, "two claims are called {!r}; {} repeats it", claim.id, each.name)
            found[claim.id] = claim
    return found


@cache
def _cells(file: Path) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(file.read_text()))


def printed(paper: str, table: str) -> dict[tuple[str, str], float | str]:
    """The printed cells of a paper's table, by (row, column); a cell that is no number is its text.

    It reads a folder that need not be registered yet, and does not import it.

    Example:
        >>> printed("thesis", "2.2")["Softmax", "Error Rate"]
        0.4
    """
    return {(row, column): value for row, cells in printed_rows(paper, table) for column, value in cells.items()}


def printed_rows(paper: str, table: str) -> list[tuple[str, dict[str, float | str]]]:
    """The printed rows of a table in their order, the name and the cells by column: two rows may have one name.

    Example:
        >>> [cells["mAcc"] for name, cells in printed_rows("incay", "1") if name.startswith("A-Softmax(")]
        [99.26, 99.42]
    """
    spec = find_spec(f"{__name__}.{paper}")
    require(spec is not None and spec.origin is not None, "there is no folder papers/{}", paper)
    rows: dict[tuple[str, int], dict[str, float | str]] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for cell in _cells(Path(spec.origin or "").parent / "tables.json"):  # type: ignore[union-attr]
        if cell["table"] == table:
            place = cell["row"], cell["column"]
            rows.setdefault((cell["row"], seen[place]), {})[cell["column"]] = (
                cell["printed"] if cell["value"] is None else cell["value"]
            )
            seen[place] += 1
    require(bool(rows), "{} has no table {!r}", paper, table)
    return [(name, cells) for (name, _), cells in rows.items()]
