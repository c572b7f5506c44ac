"""What a notebook says in one line: verdicts, tables, figures with their captions, numbers for its prose.

    chapter = Chapter("incay", profile)            # "incay": the paper's name; profile: the notebook's parameter
    chapter.verdicts()                             # the table of claims, and every number of every verdict for prose
    chapter.brief("C-INC1", "C-INC2")              # those claims, a line each, for "In three minutes"

    arms = chapter.arms("incay-workhorse")         # evidence.Arms at "laptop"; more names take some of them
    small = chapter.arms("incay-workhorse", "softmax", "incay 0.1", profile="quick")
    chapter.figure("workhorse", errors_by_arm, arms)       # glues the picture "fig-workhorse", what its records show as
                                                           # "workhorse.says", its data line as "workhorse"
    chapter.table("2", {"MNIST": chapter.column("incay-workhorse")}, title="Table 2: errors on MNIST.")
    chapter.arms_table(arms, title="Every arm of the figure above.")
    chapter.rows(["Arm", "Points"], [["incay", "0.3"]], title="What a choice is worth.")
    chapter.printed_table("1", title="Table 1, as printed.")
    chapter.setup("incay-lambda", "incay-fashion")         # boxed: data, network, steps, rates, seeds of experiments
    chapter.say(scale_sweep="3.1 % at s = 4", runs=12)     # {glue:text}`scale_sweep`, {glue:text}`runs`

Prose reads {glue:text}`C-INC2.word`, {glue:text}`C-INC2.value:.2f`, {glue:text}`C-INC2.line`. The names after the dot
are those of ``verdicts.numbers``: ``word``, ``line`` (the verdict in one line), ``n``; ``value``, ``value_low``,
``value_high`` (the difference in the measure's own sign and unit; of errors in points, negative where the arm errs
less); ``effect``, ``low``, ``high`` (positive as claimed; of errors the log ratio); of errors also ``points``,
``points_low``, ``points_high`` (positive as claimed) and ``percent``, ``percent_low``, ``percent_high``,
``percent_smallest``, ``percent_paper`` (change of the error); ``smallest``, ``detectable``, ``seeds_needed``,
``correlation``, ``p``, ``holm_p``, ``diverged``, ``baseline_diverged``, ``collapsed``, ``started``. A number that does
not exist is NaN. How many claims have a verdict: {glue:text}`count_reproduced` and so on, ``count_proved`` apart.

A figure of the paper's own stands in ``papers/<paper>/figures.py``: a function of ``Arms`` (or of nothing) that returns
a matplotlib figure, in the colours of ``figures.style.colour``. A picture that is glued is placed, captioned and
described (``:name:``, ``:alt:``) where the prose wants it, by the directive ``{glue:figure} fig-workhorse``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from discriminative._checks import require
from discriminative.evidence import Arms
from discriminative.figures.caption import caption
from discriminative.figures.files import darken_texts, keep, sign_texts
from discriminative.figures.style import use_style
from discriminative.figures.takeaways import DEFAULTS
from discriminative.ledger import Ledger
from discriminative.papers import experiment, paper, printed, takeaways
from discriminative.runs import PROFILES
from discriminative.setup import setup_box
from discriminative.tables import (
    Column,
    arms_table,
    brief,
    paper_table,
    plain_table,
    printed_table,
    verdicts_table,
)
from discriminative.verdicts import Judged, counted, numbers, verdicts

__all__ = ["Chapter"]


class Chapter:
    """A paper's chapter while its notebook runs.

    Args:
        name: the paper, one of ``papers.PAPERS``.
        profile: what this build trains where it is missing: ``"quick"``, ``"laptop"`` or ``"paper"``.
    """

    def __init__(self, name: str, profile: str) -> None:
        require(profile in PROFILES, "profile must be one of {}, got {!r}", PROFILES, profile)
        self.paper, self.profile = paper(name), profile
        self.judged: dict[str, Judged] = verdicts(name)
        self._said: set[str] = set()
        self._takeaways: Mapping[str, Callable[..., str]] = takeaways(name)
        use_style()
        self.say(profile=profile)

    # -- numbers

    def say(self, _: Mapping[str, Any] | None = None, **values: Any) -> None:
        """Glue numbers and texts for the prose, by name; a mapping takes names that are no identifiers."""
        from myst_nb import glue

        for name, value in {**(_ or {}), **values}.items():
            require(name not in self._said, "{} was said before", name)
            self._said.add(name)
            glue(
                name, value.item() if isinstance(value, np.generic) else value, display=False
            )  # numpy's have no plain text

    def arms(self, name: str, *names: str, profile: str = "laptop") -> Arms:
        """The arms of an experiment, those of these names or all, with the records of that profile."""
        return Arms.of(name, profile, *names)

    def printed(self, table: str) -> dict[tuple[str, str], float | str]:
        """The printed cells of one of the paper's tables, by (row, column)."""
        return printed(self.paper.name, table)

    # -- claims

    def verdicts(self) -> None:
        """Show the table of claims, and glue every number of every verdict under the claim's id."""
        for id, judged in self.judged.items():
            self.say({f"{id}.{name}": value for name, value in numbers(judged).items()})
        self.say({f"count_{word.replace(' ', '_')}": n for word, n in counted(self.judged.values()).items()})
        _show(verdicts_table(self.paper.name))

    def brief(self, *ids: str) -> None:
        """Show a few claims, each a line with its verdict, its one number and a link to its row in the table."""
        unknown = [id for id in ids if id not in self.judged]
        require(not unknown, "{} has no claim {!r}", self.paper.name, unknown)
        _show(brief(self.judged, *ids))

    # -- tables

    def column(
        self,
        name: str,
        profile: str = "laptop",
        also: Mapping[str, tuple[str, str]] | None = None,
        rows: Mapping[str, str] | None = None,
    ) -> Column:
        """Our column of a table: the arms of an experiment that stand in a row.

        Args:
            name: of the experiment.
            profile: whose arms.
            also: row to (experiment, arm), for arms of other experiments at the same scale.
            rows: row to arm of this experiment, where the arms do not name their rows themselves.
        """
        return Column.of(name, profile, also={row: (name, arm) for row, arm in (rows or {}).items()} | dict(also or {}))

    def nothing(self, reason: str) -> Column:
        """A column without a number, and why."""
        return Column({}, Ledger.of("paper"), reason)

    def table(self, number: str, columns: Mapping[str, Column], *, title: str, **options: Any) -> None:
        """Show a printed table beside our columns; ``column`` and ``unit`` say which printed one (``paper_table``)."""
        _show(paper_table(self.paper.name, number, columns, title=title, **options))

    def printed_table(self, number: str, *, title: str) -> None:
        """Show a table of the paper as it is printed."""
        _show(printed_table(self.paper.name, number, title=title))

    def arms_table(self, arms: Arms, *, title: str) -> None:
        """Show one row an arm: errors with intervals, angles, seeds, what was lost."""
        _show(arms_table(arms, title=title))

    def rows(
        self, heads: list[str], rows: Iterable[list[str]], *, title: str, quoted: Iterable[list[str]] = ()
    ) -> None:
        """Show a table of texts, the first of each row its heading; rows that a paper quotes are folded under it."""
        _show(plain_table(heads, rows, title=title, quoted=quoted))

    def setup(self, *names: str, profile: str = "laptop", title: str = "", arms: Iterable[str] = ()) -> None:
        """Show what experiments train, boxed: data, network with its layers, steps, batch, rates, seeds.

        Args:
            names: of the experiments that the next section shows.
            profile: whose arms.
            title: a sentence, in place of "How these runs were made.".
            arms: those that count; all unless given.
        """
        _show(setup_box([experiment(name) for name in names], profile, title, arms))

    def command(self, name: str, profile: str = "laptop") -> str:
        """What trains an experiment."""
        return experiment(name).command(profile)

    # -- figures

    def figure(self, key: str, draw: Callable[..., Any], *data: Any, **options: Any) -> None:
        """Draw a figure and glue it as ``fig-<key>``, what its records show as ``<key>.says``, its runs as ``<key>``.

        Its drawing and its data are kept as files for the pages (``figures.files``). What it shows is told by the
        function of that key in the paper's ``takeaways``, or by that of its kind in ``figures.takeaways``.

        Args:
            key: unique in the chapter.
            draw: a function of ``data`` and ``options`` that returns a figure.
            data: among them the arms (``Arms``, or a mapping to them) whose records the caption tells.
            options: further arguments of ``draw``.
        """
        import matplotlib.pyplot as plt
        from myst_nb import glue

        require(f"fig-{key}" not in self._said, "figure {} was drawn before", key)
        self._said.add(f"fig-{key}")
        figure = draw(*data, **options)
        groups = [arms for each in data for arms in _arms_in(each)]
        darken_texts(figure)
        sign_texts(figure)
        keep(self.paper.notebook, key, figure, groups)
        glue(f"fig-{key}", figure, display=False)
        plt.close(figure)
        if groups:
            self.say({key: f"Data: {caption(*groups)}"})
        says = self._takeaways.get(key, DEFAULTS.get(draw))
        if says:
            self.say({f"{key}.says": says(*data)})


def _arms_in(data: Any) -> list[Arms]:
    if isinstance(data, Arms):
        return [data]
    return [arms for each in data.values() for arms in _arms_in(each)] if isinstance(data, Mapping) else []


def _show(shown: str) -> None:
    from IPython.display import HTML, display

    display(HTML(shown))
