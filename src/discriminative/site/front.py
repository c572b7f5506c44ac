"""What the first page counts: the verdicts of every paper."""

from __future__ import annotations

from collections.abc import Iterable

from discriminative.verdicts import WORDS, Judged, counted

__all__ = ["with_counts"]

MARK = "<!-- counts -->"


def with_counts(text: str, judged: Iterable[Judged]) -> str:
    """The page with a card a word where its mark stands: how many of the book's claims came out so, by records.

    What is proved is counted apart: no record could have decided it.
    """
    counts = counted(judged)
    cards = [f":::{{grid-item-card}} {counts[word]}\n{word}\n:::\n" for word in (*WORDS, "proved")]
    grid = "::::{grid} 2 3 3 6\n:gutter: 2\n:class-container: counts\n\n" + "".join(cards) + "::::"
    return text.replace(MARK, grid)
