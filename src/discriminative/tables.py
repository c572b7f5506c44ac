"""HTML: claims with their verdicts, the paper's cells beside ours, arms side by side."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from discriminative import papers
from discriminative._checks import require
from discriminative.evidence import MARKS, Arms, mark
from discriminative.ledger import Ledger
from discriminative.measures import measure
from discriminative.queue import missing
from discriminative.statistics import Verdict, interval
from discriminative.study import Arm, Claim, Fewer, Flat, Proved, Within
from discriminative.verdicts import (
    Judged,
    arms_of,
    by_default,
    kind,
    losses_told,
    ours_told,
    percent_told,
    readable,
    verdicts,
    why,
)

__all__ = [
    "SHAPES", "Column", "arms_table", "brief", "chip", "lost_note", "paper_table", "permalink", "plain_table",
    "printed_table", "records_anchor", "records_link", "verdicts_table",
]  # fmt: skip

PROVENANCE, VERDICTS = "../book/provenance.html", "../book/verdicts.html"
SHAPES = {"reproduced": "●", "contradicted": "✕", "reversed": "▼", "inconclusive": "◐", "not run": "○"}


def _marked(text: str, records: Iterable[dict[str, Any]], ledger: Ledger) -> str:
    sign = mark(records, ledger)
    return f'{text} <span class="standing">{sign}</span>' if sign else text


def permalink(claim: Claim) -> str:
    """The id of a claim's row on the page of all verdicts."""
    return f"verdict-{claim.id.lower()}"


def records_anchor(arm: Arm) -> str:
    """The id of the row on the provenance page that lists an arm's records, whatever experiment asks for it."""
    return f"records-{arm.run.id}"


def records_link(arm: Arm, shown: str) -> str:
    """HTML: a text that leads to an arm's records."""
    return f'<a class="to-records" href="{PROVENANCE}#{records_anchor(arm)}">{shown}</a>'


def chip(verdict: Verdict) -> str:
    """A verdict as a word with a shape and a colour."""
    return f'<span class="chip chip-{verdict.word.replace(" ", "-")}">{SHAPES[verdict.word]} {verdict.word}</span>'


def _table(
    title: str,
    heads: Iterable[str],
    rows: Iterable[str],
    kind: str = "",
    notes: Iterable[str] = (),
    more: str = "",
    quoted: Sequence[str] = (),
) -> str:
    """HTML: a sentence and more, a table that scrolls inside itself, and below it what its notes and marks mean.

    Rows that the paper quotes stand under it, folded.
    """
    head, body = "".join(f'<th scope="col">{name}</th>' for name in heads), "".join(rows)
    below = [f"<sup>{i}</sup> {note}." for i, note in enumerate(notes, 1)]
    below += [
        f'{sign} Rests on {name} records: {meaning} (<a href="{PROVENANCE}">where every number comes from</a>).'
        for name, (sign, meaning) in MARKS.items()
        if sign in body
    ]
    return (
        f'<figure class="ledger"><figcaption><strong>{html.escape(title)}</strong> {html.escape(more)}</figcaption>'
        f'<div class="scroll"><table class="ledger {kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        + "</div>"
        + _folded(head, quoted, kind)
        + "".join(f'<p class="note">{line}</p>' for line in below)
        + "</figure>"
    )


def _folded(head: str, rows: Sequence[str], kind: str) -> str:
    """The rows of a table that the paper took from elsewhere, behind a line that counts them."""
    if not rows:
        return ""
    count = f"{len(rows)} row{'s' if rows[1:] else ''} quoted from elsewhere"
    return (
        f'<details class="quoted"><summary>{count}</summary><div class="scroll"><table class="ledger {kind}">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div></details>"
    )


def plain_table(heads: list[str], rows: Iterable[list[str]], *, title: str, quoted: Iterable[list[str]] = ()) -> str:
    """HTML: a row heading, then numbers, already formatted; a row heading may carry :func:`mark`.

    Rows that a paper quotes stand under it, folded.
    """
    lines, folded = (
        [
            f'<tr><th scope="row">{html.escape(first)}</th>'
            + "".join(f'<td class="num">{html.escape(cell)}</td>' for cell in cells)
            + "</tr>"
            for first, *cells in each
        ]
        for each in (rows, quoted)
    )
    return _table(title, map(html.escape, heads), lines, quoted=folded)


KINDS = {
    "confirmatory": "Confirmatory: among the fourteen that the book may name, under Holm's correction",
    "exploratory": "Exploratory",
    "proved": "Proved",
}
SAYS = {"our reading": "our reading of it", "our prediction": "our prediction", "our question": "our question"}


def verdicts_table(paper: str, ledger: Ledger | None = None) -> str:
    """HTML: each claim with its scale, the paper's number, ours with its interval, and the verdict with its reason.

    Confirmatory claims come first; what was not run is folded under the table, with its reason and command.
    """
    told = verdicts(paper, ledger).values()
    rows: list[str] = []
    for group, heading in KINDS.items():
        found = [judged for judged in told if kind(judged.claim) == group and judged.verdict.word != "not run"]
        rows += [f'<tr class="group"><td colspan="4">{heading}</td></tr>'] if found else []
        rows += [_verdict_row(judged, ledger) for judged in found]
    shown = _table(
        "Every claim, the paper's number beside ours.",
        ("Claim, and our scale", "Paper", "Ours, with its 95&nbsp;% interval", "Verdict"),
        rows,
        kind="verdicts",
        more="A percentage is the change of the error rate against the baseline, negative where the loss errs less; "
        "points are percentage points of the test images; n counts seeds.",
    )
    waiting = [judged for judged in told if judged.verdict.word == "not run"]
    return shown + (_not_run(sorted(waiting, key=lambda judged: not judged.claim.confirmatory)) if waiting else "")


def brief(found: Mapping[str, Judged], *ids: str) -> str:
    """HTML: a few claims, each a line with its scale, its verdict, its one number and a link to its row in the table.

    Where runs diverged or collapsed, the line says whose.
    """
    lines = []
    for id in ids:
        judged = found[id]
        value, between = ours_told(judged)
        number = f", {html.escape(value)} <small>[{between}]</small>" if value else ""
        lines.append(
            f"<li>{html.escape(readable(judged.claim.statement))} <small>({html.escape(judged.claim.scale)})</small> "
            f"{chip(judged.verdict)}{number}{lost_note(judged)} "
            f'<a href="#{_anchor(judged.claim)}"><small>{html.escape(id)}</small></a></li>'
        )
    return f'<ul class="brief">{"".join(lines)}</ul>'


def lost_note(judged: Judged) -> str:
    """HTML: what the arms of a verdict lost, small behind it; nothing where all went well."""
    told = "; ".join(filter(None, (by_default(judged), *losses_told(judged))))
    return f" <small>{html.escape(told)}</small>" if told else ""


def _anchor(claim: Claim) -> str:
    return claim.id.lower()


def _claim_head(claim: Claim, more: str = "") -> str:
    says = f"; {SAYS[claim.says]}" if claim.says in SAYS and claim.says not in claim.statement else ""
    return (
        f'<th scope="row"><a href="{VERDICTS}#{permalink(claim)}">{html.escape(claim.id)}</a>: '
        f"{readable(html.escape(claim.statement))}"
        f"<br><small>{html.escape(claim.scale)}{says}{more}</small></th>"
    )


def _paper_cell(claim: Claim) -> str:
    about = html.escape(f"{claim.place}, {claim.paper_scale}" if claim.paper_scale else claim.place)
    errors = claim.test.paper if isinstance(claim.test, Fewer) else None
    if errors is None or claim.paper_effect is None:
        return f'<td class="paper"><small>{about}, no number</small></td>'
    printed = f"{percent_told(claim.paper_effect)} <small>{errors[0]:.2f} → {errors[1]:.2f} %</small>"
    return f'<td class="paper">{printed}<br><small>{about}</small></td>'


def _ours(judged: Judged) -> str:
    claim, verdict = judged.claim, judged.verdict
    if isinstance(claim.test, Proved):
        return "a proof"
    value, between = ours_told(judged)
    if not value:
        return "too few pairs" if verdict.n else "no pair to compare"
    told = f"{html.escape(value)} <small>[{between}]</small>"
    if isinstance(claim.test, Fewer):
        ends = f"{percent_told(verdict.high)}, {percent_told(verdict.low)}"
        return f"{percent_told(verdict.effect)} <small>[{ends}]</small><br>{told}"
    level = ", a 90 % interval" if isinstance(claim.test, Within | Flat) else ""
    return f"{told}<br><small>{html.escape(measure(claim.test.measure).what)}{level}</small>"


def _verdict_row(judged: Judged, ledger: Ledger | None) -> str:
    claim = judged.claim
    ledger = Ledger.of(claim.profile) if ledger is None else ledger
    found = Arms(arms_of(claim), ledger)
    records = found.records()
    reasons = list(map(html.escape, why(judged)))
    if isinstance(claim.test, Proved):
        reasons = [f'<a href="#{claim.test.label}">{reason}</a>' for reason in reasons]
    arms = ", ".join(
        records_link(arm, html.escape(readable(arm.name))) for arm in found.arms if found.records(arm.name)
    )
    reasons += [f"records: {arms}"] if arms else []
    details = "".join(f'<span class="chip-detail">{reason}</span>' for reason in reasons)
    return (
        f'<tr id="{_anchor(claim)}">{_claim_head(claim)}{_paper_cell(claim)}<td class="ours">{_ours(judged)}</td>'
        f'<td class="verdict">{_marked(chip(judged.verdict), records, ledger)}{details}</td></tr>'
    )


def _not_run(waiting: list[Judged]) -> str:
    """Folded: the claims without a record, why, and the one command that runs each."""
    rows = []
    for judged in waiting:
        claim = judged.claim
        command = papers.experiment(claim.experiment).command(claim.profile)
        reason = f"{html.escape(judged.verdict.reason)}<br><code>{html.escape(command)}</code>"
        head = _claim_head(claim, f"; {kind(claim)}")
        rows.append(f'<tr id="{_anchor(claim)}">{head}{_paper_cell(claim)}<td>{reason}</td></tr>')
    count = f"{len(waiting)} claim{' was' if len(waiting) == 1 else 's were'} not run"
    title = "What was not run, what it waits for, and the one command that runs it."
    return (
        f'<details class="not-run"><summary>{count}: why, and the commands</summary>'
        + _table(title, ("Claim, and its scale", "Paper", "Why, and the command"), rows, kind="verdicts")
        + "</details>"
    )


def _error(values: list[float]) -> str:
    if not values:
        return "–"
    mean, low, high = interval(values)
    return f"{mean:.2f}" if len(values) < 2 else f"{mean:.2f} <small>[{low:.2f}, {high:.2f}]</small>"


class _Notes:
    """Numbered notes under a table; the same reason has the same number."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def empty(self, reason: str) -> str:
        """An empty cell: a dash with the number of its reason, which is HTML."""
        if reason not in self.lines:
            self.lines.append(reason)
        return f'<td class="num empty">–<sup>{self.lines.index(reason) + 1}</sup></td>'


def arms_table(arms: Arms, *, title: str) -> str:
    """HTML: one row an arm: test error with interval, angles, seeds, diverged and collapsed runs."""
    rows, notes = [], _Notes()
    for name in arms:
        records, finished = arms.records(name), arms.frame(name)
        if finished.empty:
            why = "every run diverged" if records else f"not run: <code>{html.escape(arms.command)}</code>"
            cells = notes.empty(why) * 4
        else:
            validation = finished["validation_error"].dropna().tolist()
            numbers = [
                _error(finished["test_error"].tolist()),
                _error(validation) if validation else None,
                f"{finished['own_angle'].mean():.1f}°",
                f"{finished['angle_gap'].mean():.1f}°",
            ]
            fitted = "fitted on the validation images too"
            cells = "".join(f'<td class="num">{cell}</td>' if cell else notes.empty(fitted) for cell in numbers)
        cells += "".join(f'<td class="num">{count}</td>' for count in (len(records), *arms.lost(name)))
        shown = records_link(arms[name], html.escape(name)) if records else html.escape(name)
        rows.append(f'<tr><th scope="row">{_marked(shown, records, arms.ledger)}</th>{cells}</tr>')
    heads = (
        "Arm",
        "Test error %",
        "Validation error %",
        "Own angle",
        "Gap to rival",
        "Seeds",
        "Diverged",
        "Above 50 %",
    )
    return _table(title, heads, rows, kind="wide", notes=notes.lines)


@dataclass(frozen=True)
class Column:
    """Our column beside a printed one: a scale of its own.

    Args:
        cells: the arm that stands in a row, with the command that trains it.
        ledger: where its records are.
        absent: HTML: why there is no arm in any other row.
    """

    cells: Mapping[str, tuple[Arm, str]]
    ledger: Ledger
    absent: str = "not run at this scale"

    @classmethod
    def of(cls, experiment: str, profile: str, also: Mapping[str, tuple[str, str]] | None = None) -> Column:
        """The arms of an experiment that stand in a row, with the project's records.

        Args:
            experiment: e.g. ``"workhorse"``.
            profile: whose arms.
            also: row to (experiment, arm), for arms of other experiments at the same scale.
        """
        item = papers.experiment(experiment)
        command = item.command(profile)
        cells = {arm.row: (arm, command) for arm in item.at(profile) if arm.row is not None}
        for row, (name, arm) in (also or {}).items():
            other = papers.experiment(name)
            cells[row] = other.arm(profile, arm), other.command(profile)
        ledger = Ledger.of(profile)
        if not item.after:
            return cls(cells, ledger)
        tried = [run for each in papers.experiment(item.after).at(profile) for run in each.runs()]
        if tried and not missing(tried, ledger):  # all arms that there will be are there
            return cls(cells, ledger)
        chooses = f"{html.escape(item.after)} has to choose its setting first"
        absent = f"not run, and {chooses}: <code>{html.escape(command)}</code>"
        return cls(cells, ledger, absent)


# A row that the paper quotes names its source: by the number that this has in the paper's list, or by its authors.
QUOTED = re.compile(r"\[\d+\]$|\(.*et al\. \(\d{4}\w?\)\)$")


def _row_head(row: str) -> str:
    """A row's heading; a number of the paper's own list of references is not to be taken for one of ours."""
    return re.sub(r" ?\[(\d+)\]$", r" <small>the paper's [\1]</small>", html.escape(row))


def paper_table(
    paper: str,
    number: str,
    columns: Mapping[str, Column],
    *,
    title: str,
    column: str = "Error Rate",
    unit: str = "error %",
) -> str:
    """HTML: every printed cell of a table beside ours at each scale; an empty cell carries its reason.

    Args:
        paper: e.g. ``"thesis"``.
        number: of the table, e.g. ``"2.2"``.
        columns: our columns by their headings.
        title: a sentence that says what the table shows.
        column: which printed column.
        unit: of the printed numbers; ours are errors in percent.
    """
    rows: list[str] = []
    quoted: list[str] = []
    notes = _Notes()
    for (row, printed_column), value in papers.printed(paper, number).items():
        if printed_column != column:
            continue
        shown = f"{value:.2f}" if isinstance(value, float) else html.escape(str(value))
        cells = f'<td class="paper num">{shown}</td>'
        if QUOTED.search(row):
            cells += f'<td class="empty" colspan="{len(columns)}">–</td>'
        else:
            cells += "".join(_our_cell(ours, row, notes) for ours in columns.values())
        (quoted if QUOTED.search(row) else rows).append(f'<tr><th scope="row">{_row_head(row)}</th>{cells}</tr>')
    require(bool(rows or quoted), "table {} of {} must have a row in the column {!r}, got none", number, paper, column)
    heads = "Method", f"Paper, {html.escape(unit)}", *map(html.escape, columns)
    return _table(title, heads, rows, notes=notes.lines, quoted=quoted)


def _our_cell(ours: Column, row: str, notes: _Notes) -> str:
    if row not in ours.cells:
        return notes.empty(ours.absent)
    arm, command = ours.cells[row]
    found = Arms([arm], ours.ledger)
    records, errors = found.records(), found.numbers(arm.name)
    if not records:
        return notes.empty(f"not run: <code>{html.escape(command)}</code>")
    diverged, collapsed = found.lost()
    if not errors:
        told = f"{records_link(arm, 'diverged')} <small>{diverged} of {len(records)}</small>"
    else:
        lost = f"; {diverged} diverged" if diverged else ""
        lost += f"; {collapsed} above 50 %" if collapsed else ""
        told = f"{records_link(arm, _error(errors))} <small>n = {len(errors)}{lost}</small>"
    return f'<td class="num">{_marked(told, records, ours.ledger)}</td>'


def printed_table(paper: str, number: str, *, title: str) -> str:
    """HTML: a table of the paper as it is printed, where there is nothing of ours to put beside it."""
    cells = papers.printed(paper, number)
    columns = list(dict.fromkeys(column for _, column in cells))
    rows: list[str] = []
    quoted: list[str] = []
    for row in dict.fromkeys(row for row, _ in cells):
        values = [cells.get((row, column), "") for column in columns]
        told = [f"{value:g}" if isinstance(value, float) else value for value in values]
        shown = "".join(f'<td class="paper">{html.escape(text)}</td>' for text in told)
        (quoted if QUOTED.search(row) else rows).append(f'<tr><th scope="row">{_row_head(row)}</th>{shown}</tr>')
    heads = (html.escape(column).replace("/", "/<wbr>") for column in columns)
    return _table(title, ("", *heads), rows, kind="wide printed", quoted=quoted)
