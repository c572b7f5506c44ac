"""What a reader of the built book would trip over."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from discriminative.site.finish import repeated_ids

__all__ = ["content_pages", "look_over"]


def content_pages(folder: Path) -> Iterator[Path]:
    """The pages that were written for reading: not the search page, the index and what the theme brings."""
    for path in sorted(folder.rglob("*.html")):
        if path.relative_to(folder).parts[0] not in ("_static", "_sources") and path.name not in (
            "search.html",
            "genindex.html",
        ):
            yield path


def look_over(folder: Path, expected: Iterable[str] = ()) -> list[str]:
    """What a reader would trip over: outside hosts, images without a description, raw directives, an empty index.

    Args:
        folder: the built book.
        expected: pages that must be there, by their paths in it.
    """
    problems = []
    index = folder / "searchindex.js"
    if not index.exists() or index.stat().st_size < 1000:
        problems.append("the search index is empty")
    pages = list(content_pages(folder))
    problems += [f"{name} is missing" for name in ("index.html", *expected) if not (folder / name).exists()]
    for path in pages:
        text, page = path.read_text(), path.relative_to(folder)
        outside = re.findall(r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=\"(?:https?:)?//[^\"]+\"[^>]*>", text)
        problems += [f"{page} asks an outside host: {tag[:90]}" for tag in outside if 'rel="canonical"' not in tag]
        article = text[text.find("<article") : text.find("</article>")]
        for tag in re.findall(r"<img\b[^>]*>", article):
            found = re.search(r'alt="([^"]*)"', tag)
            alt = html.unescape(found.group(1)) if found else ""
            if len(alt) < 20 or alt.startswith(("../", "_images")):
                problems.append(f"{page} has an image without a description: {tag[:90]}")
        problems += [f"{page} has two places with the id {id!r}" for id in repeated_ids(text)]
        for link in re.findall(r"href=\"([^\":#?]+\.pdf)\"", text):
            if not (path.parent / link).exists():
                problems.append(f"{page} links to {link}, which is not there")
        if re.search(r"\{(prf:ref|eq|numref|cite:[pt]|glue:\w+)\}", article):
            problems.append(f"{page} shows a raw directive")
    return problems
