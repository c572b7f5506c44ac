"""Who wrote what: authors and year of an entry of the bibliography, and its text for others to copy."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from discriminative._checks import require

__all__ = ["bibtex", "byline", "is_title"]


@cache
def _entries(path: Path) -> dict[str, Any]:
    from pybtex.database import parse_file

    return dict(parse_file(str(path)).entries.items())


def _entry(root: Path, key: str) -> Any:
    found = _entries(root / "book" / "references.bib")
    require(key in found, "citation must be an entry of references.bib, got {!r}", key)
    return found[key]


def byline(root: Path, key: str) -> str:
    """Authors and year, e.g. ``"Li and Wang, 2020"``."""
    from pybtex.richtext import Text

    entry = _entry(root, key)
    names = [str(Text.from_latex(" ".join([*who.prelast_names, *who.last_names]))) for who in entry.persons["author"]]
    told = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{told}, {entry.fields['year']}"


def is_title(root: Path, key: str, title: str) -> bool:
    """Whether an entry is the work of that title, whatever its capitals: a chapter may be of no paper at all."""
    words = [re.findall(r"\w+", text.lower()) for text in (_entry(root, key).fields["title"], title)]
    return words[0] == words[1]


def bibtex(root: Path, *keys: str) -> str:
    """The entries as BibTeX."""
    from pybtex.database import BibliographyData

    return str(BibliographyData({key: _entry(root, key) for key in keys}).to_string("bibtex")).strip()
