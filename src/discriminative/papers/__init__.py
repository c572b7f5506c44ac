"""What each paper prints, and what we run for it: tables, experiments, claims."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from discriminative._checks import require
from discriminative.study import Experiment

__all__ = ["PAPERS", "experiment", "experiments", "fashion_labels", "printed"]

PAPERS = ("thesis",)


@cache
def experiments() -> dict[str, Experiment]:
    """Every experiment of every paper, by name."""
    from discriminative.papers.thesis.experiments import EXPERIMENTS

    return {experiment.name: experiment for experiment in EXPERIMENTS}


def experiment(name: str) -> Experiment:
    found = experiments()
    require(name in found, "experiment must be one of {}, got {!r}", sorted(found), name)
    return found[name]


@cache
def fashion_labels() -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The class of every test image of Fashion-MNIST and the classes' names: what a record got wrong, without the data.

    Example:
        >>> labels, names = fashion_labels()
        >>> len(labels), names[labels[0]]
        (10000, 'ankle boot')
    """
    stored = json.loads((Path(__file__).parent / "fashion_labels.json").read_text())
    return tuple(map(int, stored["labels"])), tuple(stored["names"])


@cache
def _cells(paper: str) -> tuple[dict[str, Any], ...]:
    require(paper in PAPERS, "paper must be one of {}, got {!r}", PAPERS, paper)
    return tuple(json.loads((Path(__file__).parent / paper / "tables.json").read_text()))


def printed(paper: str, table: str) -> dict[tuple[str, str], float | str]:
    """The printed cells of a paper's table, by (row, column); a cell that is no number is its text.

    Example:
        >>> printed("thesis", "2.2")["Softmax", "Error Rate"]
        0.4
    """
    cells = {
        (cell["row"], cell["column"]): cell["printed"] if cell["value"] is None else cell["value"]
        for cell in _cells(paper)
        if cell["table"] == table
    }
    require(bool(cells), "{} has no table {!r}", paper, table)
    return cells
