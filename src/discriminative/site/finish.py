"""A page at its last step: one id a place, a minus that is one, checks inside answers, words for who shares it."""

from __future__ import annotations

import html
import os
import re
from pathlib import Path

from discriminative.verdicts import SIGN

__all__ = [
    "finished",
    "plain",
    "repeated_ids",
    "with_checks_in_folds",
    "with_description",
    "with_minus",
    "with_stacked",
    "without_ids",
]

MINUS = "\N{MINUS SIGN}"
# Texts and tags; what is code or a formula is a token of its own, and stays as it is.
TOKEN = re.compile(
    r"<!--.*?-->|<(script|style|pre|code|textarea|svg)\b.*?</\1>|<(span|div)\b[^>]*\bclass=\"[^\"]*\bmath\b.*?</\2>|<[^>]*>|[^<]+",
    flags=re.DOTALL,
)
SAID = re.compile(r'(\s(?:title|alt|aria-label)=")([^"]*)(")')
SAME = ("proof", "proof-content")  # ids that sphinx-proof gives to every proof of a page
WIDE = 4  # columns
SHARED = "_static/result.png"


def finished(page: str, path: Path, pages: Path) -> str:
    """A built page as readers get it.

    Args:
        page: its HTML.
        path: where it stands.
        pages: the folder of the site.
    """
    page = with_stacked(with_checks_in_folds(without_ids(page)))
    return with_description(with_minus(page), path, pages)


def without_ids(page: str) -> str:
    """A page less the ids that every proof has."""
    return re.sub(rf' id="(?:{"|".join(SAME)})"', "", page)


def repeated_ids(page: str) -> list[str]:
    """The ids that stand at two places of a page or more."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    found = re.findall(r'<[a-z][^>]*?\sid="([^"]*)"', bare)
    return sorted({id for id in found if found.count(id) > 1})


def with_minus(page: str) -> str:
    """A page in whose prose, tables and tooltips a number below nought has a minus and no hyphen."""
    begin, end = page.find("<article"), page.rfind("</article>")
    if begin < 0:
        return page
    before, made = "", []
    for match in TOKEN.finditer(page, begin, end):
        token = match[0]
        if not token.startswith("<"):
            token = SIGN.sub(MINUS, before + token)[len(before) :]
            before = token[-1]
        elif match[1] is None and match[2] is None:
            token = SAID.sub(lambda said: said[1] + SIGN.sub(MINUS, said[2]) + said[3], token)
        else:
            before = "x"  # a name or a formula: a hyphen behind it is none of a number
        made.append(token)
    return page[:begin] + "".join(made) + page[end:]


def with_checks_in_folds(page: str) -> str:
    """A page on which the folded answer of an exercise holds the check that follows it."""
    parts, place = [], 0
    for match in re.finditer(r'<div class="dropdown admonition">', page):
        end = _end(page, match.start())
        after = end
        while check := re.match(r'\s*(?=<div class="cell [^"]*\btag_hide-input\b)', page[after:]):
            after = _end(page, after + check.end())
        if after > end and match.start() >= place:
            parts += [page[place : end - len("</div>")], page[end:after], "</div>"]
            place = after
    return "".join(parts) + page[place:]


def with_stacked(page: str) -> str:
    """A page whose wide tables of prose can be stacked on a phone: each cell carries the name of its column."""

    def stacked(match: re.Match[str]) -> str:
        heads = [plain(head) for head in re.findall(r"<th\b[^>]*>(.*?)</th>", match[0], flags=re.DOTALL)]
        if len(heads) < WIDE:
            return match[0]
        return re.sub(r"<tr\b.*?</tr>", lambda row: _labelled(row[0], heads), match[0], flags=re.DOTALL).replace(
            '<table class="table">', '<table class="table stacked">', 1
        )

    return re.sub(r'<table class="table">.*?</table>', stacked, page, flags=re.DOTALL)


def _labelled(row: str, heads: list[str]) -> str:
    names = iter(heads)
    return re.sub(r"<td\b", lambda _: f'<td data-label="{html.escape(next(names, ""))}"', row)


def _end(page: str, start: int) -> int:
    """Where the ``div`` that begins there has ended."""
    depth = 0
    for tag in re.finditer(r"<(/?)div\b", page[start:]):
        depth += -1 if tag[1] else 1
        if not depth:
            return page.index(">", start + tag.start()) + 1
    return len(page)


def with_description(page: str, path: Path, pages: Path) -> str:
    """A page whose head says in words and with a picture what is on it, for search engines and for who shares it.

    The address of the picture is whole where ``SITE_URL`` says where the book is published.
    """
    article = page[page.find("<article") : page.rfind("</article>")]
    bare = re.sub(r"<(figure|table|details|pre|script|nav)\b.*?</\1>", "", article, flags=re.DOTALL)
    told = next((text for part in re.findall(r"<p\b[^>]*>(.*?)</p>", bare, flags=re.DOTALL)
                 if len(text := plain(part)) > 60), "")  # fmt: skip
    title = re.search(r"<title>(.*?)</title>", page, flags=re.DOTALL)
    if not told or title is None or 'property="og:title"' in page:
        return page
    values = {
        "og:type": "article",
        "og:title": html.unescape(title[1]).strip(),
        "og:description": _shortened(told),
        "og:image": _address(_picture(article, path, pages), path, pages),
    }
    tags = [f'<meta name="description" content="{html.escape(_shortened(told))}" />']
    tags += [f'<meta property="{name}" content="{html.escape(value)}" />' for name, value in values.items() if value]
    tags += ['<meta name="twitter:card" content="summary_large_image" />']
    return page.replace("</title>", "</title>\n    " + "\n    ".join(tags), 1)


def _picture(article: str, path: Path, pages: Path) -> Path | None:
    """The first figure of the page that exists as a picture of dots, or that of the book."""
    for source in re.findall(r'<img\b[^>]*\bsrc="([^":]+)"', article):
        found: Path = (path.parent / source).resolve().with_suffix(".png")
        if "figures" in found.parts and found.exists():
            return found
    shared = pages / SHARED
    return shared if shared.exists() else None


def _address(picture: Path | None, path: Path, pages: Path) -> str:
    if picture is None:
        return ""
    site = os.environ.get("SITE_URL", "").rstrip("/")
    place = picture.relative_to(pages.resolve() if picture.is_absolute() else pages).as_posix()
    return f"{site}/{place}" if site else "../" * (len(path.relative_to(pages).parts) - 1) + place


def _shortened(text: str, limit: int = 200) -> str:
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def plain(text: str) -> str:
    """HTML as words; a formula as it is typed, less its marks."""
    words = html.unescape(re.sub(r"<[^>]+>", "", text))
    words = re.sub(r"\\[()\[\]]", "", words)
    return " ".join(re.sub(r"\\(\w+)", r"\1", words).split())
