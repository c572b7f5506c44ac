"""Claims as a figure: ours with its interval beside the paper's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib.figure import Figure

from discriminative.figures.style import WIDTH, colour, marker
from discriminative.verdicts import Judged, arms_of

__all__ = ["forest", "shown_of"]


def shown_of(found: Iterable[Judged], printed_for: Mapping[str, str]) -> list[Judged]:
    """The paper's own claims of those tables that have a printed number and an interval of ours.

    What we infer from a table is left out: it may be about another baseline than the paper's.
    """
    of_tables = [each for each in found if each.claim.place in printed_for and each.claim.says == "paper"]
    return [each for each in of_tables if each.claim.paper_effect and math.isfinite(each.verdict.low)]


def forest(found: Iterable[Judged], printed_for: Mapping[str, str]) -> Figure:
    """Each claim's change of error, ours as a mean with its 95 % interval, above it what was run and the verdict.

    Args:
        found: claims with their verdicts; those of no table in ``printed_for``, of our own reading, without printed
            numbers or without an interval are left out.
        printed_for: the data set of each of the paper's tables, e.g. ``{"Table 2.2": "mnist"}``. Where ours is another
            one, the paper printed nothing to set beside it, and there is no diamond.
    """
    rows = shown_of(found, printed_for)
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 0.56 * max(len(rows), 1) + 1.1))

    def percent(gain: float) -> float:
        return 100 * math.expm1(-gain)

    for i, judged in enumerate(rows):
        claim, verdict = judged.claim, judged.verdict
        arm = arms_of(claim)[-1]
        tint = colour(arm.name)
        ends = [percent(verdict.low), percent(verdict.high)]
        axes.plot(ends, [i, i], color=tint, linewidth=2.6, solid_capstyle="butt")
        axes.plot([percent(verdict.effect)], [i], marker(arm.name), color=tint, markersize=8)
        if printed_for.get(claim.place) == arm.run.dataset:
            paper = percent(claim.paper_effect or 0.0)
            axes.plot([paper], [i], "D", color="#374151", markersize=6, markerfacecolor="white")
        axes.plot([percent(verdict.smallest)] * 2, [i - 0.2, i + 0.2], color="#4b5563", linewidth=1.2, linestyle=":")
        for x, side, text in (
            (0, "left", f"{arm.name.replace('=', ' = ')}, {claim.scale}"),
            (1, "right", verdict.word),
        ):
            axes.annotate(
                text, (x, i - 0.42), xycoords=("axes fraction", "data"), ha=side, va="center", fontsize=10,
                color="#374151", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
            )  # fmt: skip
    axes.axvline(0, color="#374151", linewidth=0.8, zorder=0)
    axes.set(yticks=[], xlabel="change of the test error against softmax (%): left is better")
    axes.set_ylim(len(rows) - 0.5, -0.75)
    axes.grid(axis="x", color="#e5e7eb", linewidth=0.8)
    sns.despine(ax=axes, left=True)
    return figure
