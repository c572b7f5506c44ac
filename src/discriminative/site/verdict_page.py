"""All verdicts on one page: an overview, every claim as a row that opens, the same as CSV."""

from __future__ import annotations

import csv
import html
import io
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from discriminative.measures import measure
from discriminative.naming import Named, named
from discriminative.papers import experiment, papers
from discriminative.site.claims import named_in
from discriminative.site.notebook import chapter_title, chapters
from discriminative.site.pieces import raw, strip
from discriminative.site.sorts import SHORT, SORTS, counts, dataset, families, loss, prints_beside, sort
from discriminative.statistics import Verdict
from discriminative.study import Claim, Fewer, Paper, Proved
from discriminative.tables import chip, lost_note, permalink, records_link
from discriminative.verdicts import WORDS, Judged, kind, numbers, ours_told, percent_told, readable, why

__all__ = ["verdict_page", "verdicts_csv"]

SAYS = {
    "paper": "the paper", "our reading": "the paper, as we read it", "our prediction": "our prediction",
    "our question": "nobody: our question",
}  # fmt: skip
# A filter: its name in the address and on the page, its heading.
FILTERS = {
    "paper": "Paper", "word": "Verdict", "sort": "Scale and number", "kind": "Kind", "data": "Data", "loss": "Loss",
}  # fmt: skip
INTRO = """(all-verdicts)=
# All verdicts

Every claim of every paper, with the test that records put it to. A row opens to the reason of its verdict, the
criterion and the commit that named it, its records and the command that trains them; claims that differ in a number
alone stand under the first of them. What the words mean is on {doc}`reading`. The same as data:
[verdicts.csv](verdicts.csv), [verdicts.json](verdicts.json), [claims.json](claims.json).
"""


def verdict_page(root: Path, judged: Mapping[str, Judged]) -> str:
    """Markdown: the overview, the filters (shown where scripts run) and a row a claim, grouped by paper."""
    titles = {stem: chapter_title(executed) for stem, executed in chapters(root)}
    commits, ranks = named_in(root), named(root)
    groups = []
    for paper in papers():
        rows = "".join(
            _family([judged[claim.id] for claim in family], paper, commits, ranks) for family in families(paper.claims)
        )
        title = html.escape(titles.get(paper.notebook, paper.title))
        groups.append(f'<section class="claims" data-title="{title}"><h2>{title}</h2>{rows}</section>')
    return "\n".join([INTRO, raw(_overview(judged, titles)), "", raw(_filters(judged, titles) + "".join(groups)), ""])


def _overview(judged: Mapping[str, Judged], titles: Mapping[str, str]) -> str:
    rows = []
    for paper in papers():
        cells = []
        for name in SORTS:
            found = [judged[claim.id] for claim in paper.claims if sort(claim) == name]
            shown = f"{len(found)}" if name == "proved" else strip(counts(found))
            link = f'<a class="strip" href="#paper={paper.name}&amp;sort={name.replace(" ", "+")}">{shown}</a>'
            cells.append(f"<td>{link if found else '–'}</td>")
        title = html.escape(titles.get(paper.notebook, paper.title))
        rows.append(f'<tr><th scope="row"><a href="#paper={paper.name}">{title}</a></th>{"".join(cells)}</tr>')
    heads = "".join(f'<th scope="col" title="{SORTS[name]}">{short}</th>' for name, short in SHORT.items())
    legend = " ".join(chip(Verdict(word)) for word in WORDS)
    return (
        f'<p class="legend">{legend}</p><div class="scroll"><table class="ledger overview"><thead><tr>'
        f'<th scope="col">Paper</th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _facets(claim: Claim, paper: Paper) -> dict[str, str]:
    """What the filters ask of a claim."""
    return {"paper": paper.name, "sort": sort(claim), "kind": kind(claim), "data": dataset(claim), "loss": loss(claim)}


def _filters(judged: Mapping[str, Judged], titles: Mapping[str, str]) -> str:
    """A form that a script shows and fills with counts; without scripts every row is there."""
    told: dict[str, dict[str, str]] = {name: {} for name in FILTERS}
    for paper in papers():
        for claim in paper.claims:
            for name, value in (_facets(claim, paper) | {"word": judged[claim.id].verdict.word}).items():
                told[name].setdefault(value, value)
        told["paper"][paper.name] = titles.get(paper.notebook, paper.title)
    told["sort"] = {name: short for name, short in SHORT.items() if name in told["sort"]}
    told["word"] = {word: word for word in WORDS if word in told["word"]}
    selects = "".join(
        f'<label>{heading} <select name="{name}"><option value="">any</option>'
        + "".join(f'<option value="{html.escape(v)}">{html.escape(t)}</option>' for v, t in told[name].items() if v)
        + "</select></label>"
        for name, heading in FILTERS.items()
    )
    return (
        f'<form class="claim-filters" hidden>{selects}<label>Text <input type="search" name="q"></label>'
        '<label class="tick"><input type="checkbox" name="printed" value="yes"> the paper prints a number</label>'
        '<button type="reset">Show all</button><p role="status"></p></form>'
    )


def _family(
    found: list[Judged], paper: Paper, commits: Mapping[str, dict[str, str]], ranks: Mapping[str, Named]
) -> str:
    first, *others = (_row(each, paper, commits, ranks) for each in found)
    if not others:
        return first
    settings = ", ".join(readable(each.claim.test.arm) for each in found[1:])
    more = strip(counts(found[1:]))
    fold = (
        f'<details class="variants"><summary>also {html.escape(settings)} {more}</summary>{"".join(others)}</details>'
    )
    return f'<div class="family">{first}{fold}</div>'


def _row(judged: Judged, paper: Paper, commits: Mapping[str, dict[str, str]], ranks: Mapping[str, Named]) -> str:
    claim = judged.claim
    facets = _facets(claim, paper) | {
        "word": judged.verdict.word, "printed": "" if claim.paper_effect is None else "yes",
    }  # fmt: skip
    data = "".join(f' data-{name}="{html.escape(value)}"' for name, value in facets.items())
    told = _told(judged)
    number = (f' <span class="told">{told}</span>' if told else "") + lost_note(judged)
    items = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in _opened(judged, paper, commits, ranks) if text)
    return (
        f'<details class="claim"{data}><summary>{chip(judged.verdict)} <span class="statement">'
        f"{readable(html.escape(claim.statement))}</span>{number} <small>{html.escape(claim.id)}, "
        f'{html.escape(claim.scale)}</small></summary><dl id="{permalink(claim)}">{items}</dl></details>'
    )


def _told(judged: Judged) -> str:
    """Our number with its interval, in short; of errors their change."""
    value, between = ours_told(judged)
    if not value:
        return ""
    if isinstance(judged.claim.test, Fewer):
        verdict = judged.verdict
        return f"{percent_told(verdict.effect)} [{percent_told(verdict.high)}, {percent_told(verdict.low)}]"
    return f"{html.escape(value)} [{html.escape(between)}]"


def _opened(
    judged: Judged, paper: Paper, commits: Mapping[str, dict[str, str]], ranks: Mapping[str, Named]
) -> Iterable[tuple[str, str]]:
    """What a row opens to, a heading and HTML each."""
    claim = judged.claim
    value, between = ours_told(judged)
    of = measure(claim.test.measure) if claim.test.measure else None
    yield "Who says it", f"{SAYS[claim.says]}, {html.escape(claim.place)}"
    if isinstance(claim.test, Fewer) and claim.test.paper and claim.paper_effect is not None:
        before, after = claim.test.paper
        about = html.escape(claim.paper_scale or claim.scale)
        yield "The paper's number", f"{percent_told(claim.paper_effect)} ({before:.2f} → {after:.2f} %), {about}"
    if value:
        what = f", {html.escape(of.what)}" if of and not isinstance(claim.test, Fewer) else ""
        yield "Ours", f"{html.escape(value)} [{html.escape(between)}]{what}{_drawn(judged)}"
    yield "Why", "; ".join(map(html.escape, why(judged) or [judged.verdict.reason]))
    yield "Criterion", html.escape(claim.test.criterion(of))
    yield "Named", _named(claim, commits, ranks)
    yield (
        "Records",
        ", ".join(records_link(arm, readable(arm.name)) for arm in judged.arms if judged.lost.get(arm.name, (0,))[0]),
    )
    label = claim.test.label if isinstance(claim.test, Proved) else claim.id.lower()
    what = "the proof and its check" if isinstance(claim.test, Proved) else "the table of its chapter"
    yield "In the chapter", f'<a href="../notebooks/{paper.notebook}.html#{label}">{what}</a>'
    if claim.experiment:
        yield "Command", f"<code>{html.escape(experiment(claim.experiment).command(claim.profile))}</code>"
    yield "Link", f'<a href="#{permalink(claim)}">to this claim</a>'


def _named(claim: Claim, commits: Mapping[str, dict[str, str]], ranks: Mapping[str, Named]) -> str:
    told = []
    if claim.id in commits:
        told.append(f"in {_commit(commits[claim.id]['commit'])} of {commits[claim.id]['date']}")
    rank = ranks.get(claim.id)
    if rank and rank.commit:
        before = {True: ", before its records", False: ", not before its records", None: ""}[rank.before]
        told.append(f"confirmatory with this criterion in {_commit(rank.commit)} of {rank.date}{before}")
    return "; ".join(told)


def _commit(short: str) -> str:
    repository = os.environ.get("REPOSITORY_URL")
    shown = f"<code>{html.escape(short)}</code>"
    return f'<a href="{html.escape(repository)}/commit/{html.escape(short)}">{shown}</a>' if repository else shown


def _drawn(judged: Judged) -> str:
    """SVG: the interval beside nought and the smallest effect that counts, both ways as claimed from left to right."""
    verdict = judged.verdict
    marks = [verdict.low, verdict.effect, verdict.high, verdict.smallest, 0.0]
    if not all(map(math.isfinite, marks)):
        return ""
    low, high = min(marks), max(marks)
    span = (high - low) or 1.0
    a, b, c, smallest, nought = (4 + 92 * (mark - low) / span for mark in marks)
    return (
        '<svg class="interval alone" role="img" focusable="false">'
        "<title>The interval beside nought, a thin line, and the smallest effect that counts, a dotted one; as claimed "
        f'is to the right</title><line class="nought" x1="{nought:.1f}%" x2="{nought:.1f}%" y1="0" y2="100%"/>'
        f'<line class="smallest" x1="{smallest:.1f}%" x2="{smallest:.1f}%" y1="0" y2="100%"/>'
        f'<line class="ours" x1="{a:.1f}%" x2="{c:.1f}%" y1="50%" y2="50%"/>'
        f'<circle class="ours" cx="{b:.1f}%" cy="50%" r="4.5"/></svg>'
    )


def verdicts_csv(judged: Mapping[str, Judged], root: Path) -> str:
    """A line a claim: what it says and is tested by, its verdict with every number, and what would train it."""
    commits, ranks = named_in(root), named(root)
    rows: list[dict[str, Any]] = []
    for paper in papers():
        for claim in paper.claims:
            each = judged[claim.id]
            of = measure(claim.test.measure) if claim.test.measure else None
            rank = ranks.get(claim.id, Named())
            told = {name: value for name, value in numbers(each).items() if name not in ("word", "line")}
            rows.append(
                {
                    "id": claim.id, "paper": paper.citation, "chapter": paper.notebook, "place": claim.place,
                    "statement": claim.statement, "says": claim.says, "scale": claim.scale, "sort": sort(claim),
                    "kind": kind(claim), "data": dataset(claim), "loss": loss(claim), "verdict": each.verdict.word,
                    "line": numbers(each)["line"], "why": "; ".join(why(each)),
                    "paper_is_about_the_same_data": prints_beside(claim),
                    "criterion": claim.test.criterion(of), "measure": claim.test.measure,
                    "unit": of.unit if of else "", "experiment": claim.experiment,
                    "arms": "; ".join(claim.test.arms), "profile": claim.profile if claim.experiment else "",
                    "named": commits.get(claim.id, {}).get("commit", ""), "confirmatory_since": rank.commit,
                    "before_its_records": rank.before,
                    "command": experiment(claim.experiment).command(claim.profile) if claim.experiment else "",
                }
                | {name: "" if isinstance(v, float) and not math.isfinite(v) else v for name, v in told.items()}
            )  # fmt: skip
    columns = list(dict.fromkeys(name for row in rows for name in row))
    written = io.StringIO()
    table = csv.DictWriter(written, columns, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue()
