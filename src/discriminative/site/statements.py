"""Every statement of the chapters with its executed checks, and the pages that list them: proofs and errata."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from discriminative.site.notebook import BookError, Notebook, chapter_title, chapters

__all__ = ["Statement", "errata_page", "labels", "proofs_page", "statements"]

STATEMENT = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?:prf:(?P<kind>proposition|theorem|corollary|lemma)|admonition)\}"
    r"[ ]*(?P<title>[^\n]*)\n(?P<body>.*?)^(?P=fence)[ ]*$",
    re.MULTILINE | re.DOTALL,
)


LABEL = re.compile(
    r"^\((?P<target>[\w-]+)\)=[ ]*$|^[ ]*:(?:name|label):[ ]*(?P<option>[\w-]+)[ ]*$|\$\$[ ]*\((?P<equation>[\w-]+)\)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Statement:
    """A proposition, theorem, corollary, lemma or erratum of a chapter, with its executed checks."""

    kind: str
    label: str
    title: str
    ours: bool
    printed: tuple[str, ...]
    corrected: tuple[str, ...]
    checks: tuple[dict[str, Any], ...]

    @property
    def link(self) -> str:
        """A role that links to it from any page."""
        if self.kind == "erratum":
            return f"{{ref}}`{self.title} <{self.label}>`"
        return f"{{prf:ref}}`{self.label}`: {self.title}"


def statements(executed: Notebook) -> list[Statement]:
    """Every proposition, theorem, corollary, lemma and erratum of an executed notebook, in reading order.

    Raises:
        BookError: if one has no executed check.
    """
    checks: dict[str, list[dict[str, Any]]] = {}
    for cell in executed["cells"]:
        for output in cell.get("outputs", []):
            check = output.get("metadata", {}).get("check")
            if check:
                checks.setdefault(check["label"], []).append(check)
    found = []
    for cell in executed["cells"]:
        if cell["cell_type"] != "markdown":
            continue
        for match in STATEMENT.finditer("".join(cell["source"])):
            head = re.match(r"(?::\w+:.*\n)*", match["body"])  # what is labelled further down has its own options
            options = dict(re.findall(r"^:(\w+):[ ]*(.*?)[ ]*$", head[0] if head else "", flags=re.MULTILINE))
            classes = options.get("class", "").split()
            kind = match["kind"] or ("erratum" if "erratum" in classes else None)
            if kind is None:
                continue
            label = options.get("name" if kind == "erratum" else "label", "")
            if label not in checks:
                raise BookError(f"the {kind} {match['title']!r} has no executed check under its label {label!r}")
            found.append(
                Statement(
                    kind, label, match["title"].strip(), "ours" in classes,
                    _paragraphs(match["body"], "printed"), _paragraphs(match["body"], "corrected"),
                    tuple(checks[label]),
                )
            )  # fmt: skip
    return found


def labels(notebook: Notebook) -> set[str]:
    """Every label of a notebook: of places, figures, statements and equations."""
    texts = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    return {match[match.lastgroup or 0] for text in texts for match in LABEL.finditer(text)}


def _paragraphs(body: str, kind: str) -> tuple[str, ...]:
    """The paragraphs that carry a class, as ``{.printed}`` on the line above them."""
    return tuple(re.findall(rf"^\{{\.{kind}\}}\n(.+?)(?=\n\s*\n|\Z)", body, flags=re.MULTILINE | re.DOTALL))


def _glued_from(stem: str, text: str) -> str:
    """A chapter's text for a page beside it: what the chapter glues is found there."""
    return re.sub(r"(\{glue:\w*\}`)(?![^`]*::)", rf"\1../notebooks/{stem}.ipynb::", text)


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return re.sub(r"([\\`*_{}\[\]<>$|#~^])", r"\\\1", text)


def _digits(value: float) -> str:
    """Two significant digits as a formula."""
    mantissa, _, exponent = f"{value:.2g}".partition("e")
    if not exponent:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else f"{mantissa} \\cdot {power}"


def _bound(check: dict[str, Any]) -> tuple[str, str]:
    """A check's bound and the worst case that it met, as cells of a table."""
    for key, sign in (("at_most", r"\le"), ("at_least", r"\ge")):
        if key in check:
            return f"${sign} {_digits(check[key])}$", f"${_digits(check['worst'])}$"
    return "exact", "–"


def _told(check: dict[str, Any]) -> str:
    """What was checked; of an erratum's printed line, that it fails."""
    what = check["what"] + (", so the printed line fails" if "at_least" in check else "")
    return _plain(what[:1].upper() + what[1:])


def proofs_page(root: Path) -> str:
    """Every statement of the book with its checks: the bound of each and the worst case that was found."""
    lines = [
        "(all-proofs)=",
        "# Every proof and its check",
        "",
        "A proof convinces; a check that runs guards against a slip in the proof, in its statement and in the code.",
        "Each statement of the book is listed here with what was executed for it: over random instances in double",
        "precision, against a bound, or symbolically, without rounding (*exact*). The worst case is the one that this",
        "copy of the book met. A statement without a check cannot be listed: the build stops. A check never stands in",
        "for a proof; the link leads to the proof.",
        "",
    ]
    for stem, executed in chapters(root):
        listed = statements(executed)
        checks = sum(len(item.checks) for item in listed)
        lines += [f"## {chapter_title(executed)}", ""]
        lines += [f"{{doc}}`../notebooks/{stem}`: {len(listed)} statements, {checks} checks.", ""]
        lines += ["```{list-table}", ":header-rows: 1", ":class: proofs", ":widths: 38 34 14 14", ""]
        lines += ["* - Statement", "  - What was executed", "  - Bound", "  - Worst case"]
        for item in listed:
            shown = item.link + (" [ours]{.ours-mark}" if item.ours else "")
            for check in item.checks:
                bound, worst = _bound(check)
                lines += [f"* - {shown}".rstrip(), f"  - {_told(check)}", f"  - {bound}", f"  - {worst}"]
                shown = ""
        lines += ["```", ""]
    return "\n".join(lines)


def errata_page(root: Path) -> str:
    """Every erratum of the book: the printed line, the corrected one, and a link to the place that proves it."""
    lines = [
        "(all-errata)=",
        "# Errata",
        "",
        "What we believe to be slips in the papers, gathered from the chapters; each was checked before it was called",
        "one, and has a cell that shows it. None is meant as more than help to the next reader, and every one of them",
        "can itself be wrong: the link leads to the argument and to the cell, which can be run and disputed.",
        "",
    ]
    for stem, executed in chapters(root):
        listed = [item for item in statements(executed) if item.kind == "erratum"]
        if not listed:
            continue
        lines += [f"## {chapter_title(executed)}", "", f"{{doc}}`../notebooks/{stem}`", ""]
        for item in listed:
            lines += [f":::{{admonition}} {item.link}", ":class: erratum", ""]
            for kind, paragraphs in (("printed", item.printed), ("corrected", item.corrected)):
                for paragraph in paragraphs:
                    lines += [f"{{.{kind}}}", _glued_from(stem, paragraph), ""]
            for check in item.checks:
                bound, worst = _bound(check)
                found = f"bound {bound}, found {worst}" if "worst" in check else "exact"
                lines += ["{.check}", f"✓ {_told(check)}: {found}.", ""]
            lines += [":::", ""]
    return "\n".join(lines)
