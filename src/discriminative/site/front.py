"""What the first page counts: the verdicts of every paper."""

from __future__ import annotations

from collections import Counter

from discriminative import papers, report

__all__ = ["with_counts"]

MARK = "<!-- counts -->"
WORDS = ("reproduced", "contradicted", "reversed", "inconclusive", "not run")


def with_counts(text: str) -> str:
    """The page with a card a word where its mark stands: how many of the book's claims came out so."""
    counts = Counter(verdict.word for name in papers.PAPERS for _, verdict in report.verdicts(name).values())
    cards = [f":::{{grid-item-card}} {counts[word]}\n{word}\n:::\n" for word in WORDS]
    grid = "::::{grid} 2 3 5 5\n:gutter: 2\n:class-container: counts\n\n" + "".join(cards) + "::::"
    return text.replace(MARK, grid)
