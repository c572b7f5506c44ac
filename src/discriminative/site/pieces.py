"""HTML that several pages share: counts of verdicts, an interval as a drawing, links to a claim and to an arm."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from discriminative.tables import SHAPES
from discriminative.verdicts import WORDS, Judged, losses_told, ours_told, percent_told, readable

__all__ = ["Axis", "interval_drawn", "raw", "strip", "told_in_short"]


def raw(text: str) -> str:
    """HTML in a page of Markdown."""
    return f"```{{raw}} html\n{text}\n```"


def strip(found: Mapping[str, int], words: Iterable[str] = WORDS) -> str:
    """Counts by verdict, each a shape, a number and, for who cannot see the shape, a word; none for nothing."""
    return " ".join(
        f'<span class="count chip-{word.replace(" ", "-")}" title="{word}"><b aria-hidden="true">{SHAPES[word]}</b>'
        f'{found[word]}<span class="visually-hidden"> {word}</span></span>'
        for word in words
        if found.get(word)
    )


@dataclass(frozen=True)
class Axis:
    """Changes of the error in percent, as places from left to right; what lies beyond its ends stands at them."""

    low: float
    high: float

    @classmethod
    def over(cls, values: Iterable[float], at_most: float = 100.0) -> Axis:
        """Wide enough for the values, in steps of 20, nought among them."""
        values = [0.0, *filter(math.isfinite, values)]
        low, high = 20 * math.floor(min(values) / 20), 20 * math.ceil(max(values) / 20)
        return cls(min(low, -20), min(max(high, 20), at_most))

    def at(self, value: float) -> float:
        return 100 * (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)

    @property
    def ticks(self) -> list[int]:
        step = 20 if self.high - self.low <= 100 else 40
        return [tick for tick in range(-400, 401, step) if self.low <= tick <= self.high]


def interval_drawn(judged: Sequence[Judged], axis: Axis, beside: bool) -> str:
    """SVG: our changes of the error with their intervals, one below the other, and the paper's as diamonds.

    Args:
        judged: claims about errors.
        axis: where a change stands.
        beside: whether the paper's numbers are about the same data; without, there is no diamond.
    """
    drawn = []
    for i, each in enumerate(judged):
        verdict, y = each.verdict, f"{100 * (i + 0.5) / len(judged):.1f}%"
        low, mean, high = (100 * math.expm1(-value) for value in (verdict.high, verdict.effect, verdict.low))
        drawn.append(f'<line class="ours" x1="{axis.at(low):.1f}%" x2="{axis.at(high):.1f}%" y1="{y}" y2="{y}"/>')
        shape = '<path class="ours" d="M-11-6L0 0L-11 6Z"/>' if mean > axis.high else '<circle class="ours" r="4.5"/>'
        drawn.append(_at(axis.at(mean), y, shape))
        if beside and each.claim.paper_effect is not None:
            paper = axis.at(100 * math.expm1(-each.claim.paper_effect))
            drawn.append(_at(paper, y, '<path class="paper" d="M-5.5 0L0-5.5L5.5 0L0 5.5Z"/>'))
    nought = f'<line class="nought" x1="{axis.at(0):.1f}%" x2="{axis.at(0):.1f}%" y1="0" y2="100%"/>'
    size = f'style="height:{max(1.6, 0.85 * len(judged)):.2f}rem"'
    return f'<svg class="interval" {size} aria-hidden="true" focusable="false">{nought}{"".join(drawn)}</svg>'


def _at(x: float, y: str, shape: str) -> str:
    return f'<svg x="{x:.1f}%" y="{y}" overflow="visible">{shape}</svg>'


def told_in_short(judged: Judged, beside: bool) -> str:
    """The change of the error in words: ours with its interval, the paper's, and what our arms lost."""
    verdict = judged.verdict
    told = f"{percent_told(verdict.effect)} [{percent_told(verdict.high)}, {percent_told(verdict.low)}]"
    if beside and judged.claim.paper_effect is not None:
        told += f"; the paper {percent_told(judged.claim.paper_effect)}"
    return html.escape(
        "; ".join([f"{readable(judged.claim.test.arm)}: {told}, {ours_told(judged)[0]}", *losses_told(judged)])
    )
