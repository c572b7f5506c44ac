"""Other spellings of what a page calls by a word, so that a search for a sign finds what a search for its name does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from discriminative._checks import require

__all__ = ["ALIASES", "with_aliases", "write_aliases"]

# What a reader may type, in lower case, and the entry of the glossary that it leads to.
ALIASES = {
    "ψ": "psi", "\\psi": "psi", "λ": "blend", "ρ": "rank correlation",
    "rho": "rank correlation", "e(w)": "weight separability", "h(y)": "h(y)",
    "rn": "feature incay", "incay": "feature incay",
}  # fmt: skip
WHOLE = re.compile(r"Search\.setIndex\((.*)\)\s*$", flags=re.DOTALL)


def with_aliases(index: str) -> str:
    """Sphinx' search index with the aliases: each leads to its entry, a sign also to every page with its name.

    Raises:
        ValueError: if an alias stands for an entry that is none.
    """
    found = WHOLE.match(index)
    require(found is not None, "the search index must be a call of {}", "Search.setIndex")
    assert found is not None
    told: dict[str, Any] = json.loads(found[1])
    entries = {_name(entry): places for entry, places in told["indexentries"].items()}
    for alias, entry in ALIASES.items():
        require(entry in entries, "{!r} stands for {!r}, which is no entry of the glossary", alias, entry)
        told["indexentries"][alias] = entries[entry]
        if len(alias) == 1 and entry in told["terms"]:
            told["terms"].setdefault(alias, told["terms"][entry])
    return f"Search.setIndex({json.dumps(told, ensure_ascii=False)})"


def _name(entry: str) -> str:
    """An entry by the first of its names."""
    return entry.split(",")[0].strip().lower()


def write_aliases(pages: Path) -> None:
    """Put the aliases into the index of a built site that has a glossary."""
    path = pages / "searchindex.js"
    if path.exists() and (pages / "book" / "glossary.html").exists():
        path.write_text(with_aliases(path.read_text()))
