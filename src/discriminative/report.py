"""From records to what a page shows: paper-against-ours tables, verdict chips."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from discriminative import papers
from discriminative.evidence import Arms, runs_lost
from discriminative.ledger import Ledger, standing, table
from discriminative.measures import measure
from discriminative.statistics import Verdict, holm, interval
from discriminative.study import Arm, Claim, Fewer, Less, Proved, Within

__all__ = [
    "Column",
    "arm_errors",
    "arm_records",
    "arms_table",
    "caption",
    "chip",
    "claim_arms",
    "mark",
    "paper_table",
    "plain_table",
    "printed_table",
    "verdicts",
    "verdicts_table",
]


# ---------------------------------------------------------------------------------------------------------------------
# Records of an experiment


def arm_records(arm: Arm, ledger: Ledger) -> list[dict[str, Any]]:
    return [ledger.read(run) for run in arm.runs() if ledger.has(run)]


def arm_errors(arm: Arm, ledger: Ledger, part: str = "test") -> dict[int, int | None]:
    """Wrong answers by seed; ``None`` for a run that diverged."""
    return Arms([arm], ledger).wrong(arm.name, part)


def verdicts(paper: str, ledger: Ledger | None = None) -> dict[str, tuple[Claim, Verdict]]:
    """Every claim of a paper with its verdict, each from the records of its own profile, Holm over the confirmatory.

    Args:
        paper: e.g. ``"thesis"``.
        ledger: where records are looked for; the project's, unless given.
    """
    claims = papers.paper(paper).claims
    found = {claim.id: _judge_claim(claim, Ledger.of(claim.profile) if ledger is None else ledger) for claim in claims}
    confirmatory = {claim.id: found[claim.id] for claim in claims if claim.confirmatory}
    found |= holm(confirmatory)
    return {claim.id: (claim, found[claim.id]) for claim in claims}


def arm_of(claim: Claim) -> str:
    """The arm that a claim is about."""
    return claim.test.arms[-1] if claim.test.arms else ""


def baseline_of(claim: Claim) -> str | None:
    return claim.test.arms[0] if len(claim.test.arms) > 1 else None


def claim_arms(claim: Claim) -> tuple[Arm, ...]:
    """The arms that a claim is about, its baseline first; none where one of them does not exist yet."""
    if not claim.experiment:
        return ()
    found = {arm.name: arm for arm in papers.experiment(claim.experiment).at(claim.profile)}
    return tuple(found[name] for name in claim.test.arms) if found.keys() >= set(claim.test.arms) else ()


def _judge_claim(claim: Claim, ledger: Ledger) -> Verdict:
    arms = claim_arms(claim)
    if claim.experiment and not arms:
        return Verdict("not run", f"{papers.experiment(claim.experiment).after} has to choose its setting first")
    return claim.test.judge(Arms(arms, ledger))


def told_difference(claim: Claim, claimed: float, low: float, high: float) -> str:
    """HTML: a difference with its interval, by words and not by signs: ``8.6 degrees wider [3.8 to 13.5]``.

    Args:
        claim: whose measure it is.
        claimed: the difference, positive where it is as claimed.
        low: the lower end of its interval, likewise.
        high: the upper one.
    """
    kind, falls = measure(claim.test.measure), isinstance(claim.test, (Less, Fewer))
    value, low, high = (-claimed, -high, -low) if falls else (claimed, low, high)
    size = max(abs(value), abs(low), abs(high))
    if low < 0 <= high:
        between = f"{_three(low, size)} {kind.less} to {_three(high, size)} {kind.more}"
    else:
        between = " to ".join(_three(end, size) for end in sorted((low, high), key=abs))
    word = kind.more if value > 0 or (value == 0 and not falls) else kind.less
    if isinstance(claim.test, Within) and claim.test.target:
        word += f" {claim.test.target:g}"
    return " ".join(filter(None, (_three(value, size), kind.unit, word, f"<small>[{between}]</small>")))


# ---------------------------------------------------------------------------------------------------------------------
# Whether the code of today made what is shown

PROVENANCE = "../book/provenance.html"
MARKS = {
    "unchecked": ("‡", "made by other code than today's, and no seed of the arm trained again since"),
    "stale": ("§", "made by other code than today's, which gives another result for one seed of the arm"),
}


def mark(records: Iterable[dict[str, Any]], ledger: Ledger) -> str:
    """‡ where a record is unchecked, § where one is stale, nothing where all are checked."""
    verified = ledger.verified()
    found = {standing(record, verified) for record in records}
    return "".join(sign for name, (sign, _) in MARKS.items() if name in found)


def _marked(text: str, records: Iterable[dict[str, Any]], ledger: Ledger) -> str:
    sign = mark(records, ledger)
    return f'{text} <span class="standing">{sign}</span>' if sign else text


# ---------------------------------------------------------------------------------------------------------------------
# Tables

SHAPES = {"reproduced": "●", "contradicted": "✕", "reversed": "▼", "inconclusive": "◐", "not run": "○"}


def chip(verdict: Verdict) -> str:
    """A verdict as a word with a shape and a colour."""
    return f'<span class="chip chip-{verdict.word.replace(" ", "-")}">{SHAPES[verdict.word]} {verdict.word}</span>'


def _table(
    title: str, heads: Iterable[str], rows: Iterable[str], kind: str = "", notes: Iterable[str] = (), more: str = ""
) -> str:
    """HTML: a sentence and more, a table that scrolls inside itself, and below it what its notes and marks mean."""
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
        + "".join(f'<p class="note">{line}</p>' for line in below)
        + "</figure>"
    )


def plain_table(heads: list[str], rows: Iterable[list[str]], *, title: str) -> str:
    """HTML: a row heading, then numbers, already formatted; a row heading may carry :func:`mark`."""
    lines = [
        f'<tr><th scope="row">{html.escape(first)}</th>'
        + "".join(f'<td class="num">{html.escape(cell)}</td>' for cell in cells)
        + "</tr>"
        for first, *cells in rows
    ]
    return _table(title, map(html.escape, heads), lines)


KINDS = {
    "confirmatory": "Confirmatory: named, with their criterion, before their records existed",
    "exploratory": "Exploratory",
    "proved": "Proved",
}


def _kind(claim: Claim) -> str:
    return "proved" if not claim.experiment else "confirmatory" if claim.confirmatory else "exploratory"


def verdicts_table(paper: str, ledger: Ledger | None = None) -> str:
    """HTML: each claim with its scale, the paper's number, ours with its interval, and the verdict with its reason.

    Confirmatory claims come first; what was not run is folded under the table, with its reason and command.
    """
    told = verdicts(paper, ledger).values()
    rows: list[str] = []
    for kind, heading in KINDS.items():
        found = [pair for pair in told if _kind(pair[0]) == kind and pair[1].word != "not run"]
        rows += [f'<tr class="group"><td colspan="4">{heading}</td></tr>'] if found else []
        rows += [_verdict_row(claim, verdict, ledger) for claim, verdict in found]
    shown = _table(
        "Every claim, the paper's number beside ours.",
        ("Claim, and our scale", "Paper", "Ours, with its 95&nbsp;% interval", "Verdict"),
        rows,
        kind="verdicts",
        more="A percentage is the change of the error rate against the baseline, negative where the loss errs less; "
        "points are percentage points of the test images; n counts seeds.",
    )
    waiting = sorted((pair for pair in told if pair[1].word == "not run"), key=lambda pair: not pair[0].confirmatory)
    return shown + (_not_run(waiting) if waiting else "")


def _claim_head(claim: Claim, more: str = "") -> str:
    return (
        f'<th scope="row">{html.escape(claim.id)}: {_name(html.escape(claim.statement))}'
        f"<br><small>{html.escape(claim.scale)}{more}</small></th>"
    )


def _paper_cell(claim: Claim) -> str:
    about = html.escape(f"{claim.place}, {claim.paper_scale}" if claim.paper_scale else claim.place)
    errors = claim.test.paper if isinstance(claim.test, Fewer) else None
    if errors is None or claim.paper_effect is None:
        return f'<td class="paper"><small>{about}, no number</small></td>'
    printed = f"{errors[0]:.2f} → {errors[1]:.2f} %"
    return f'<td class="paper">{_ratio(claim.paper_effect)} <small>{printed}</small><br><small>{about}</small></td>'


def _verdict_row(claim: Claim, verdict: Verdict, ledger: Ledger | None) -> str:
    ledger = Ledger.of(claim.profile) if ledger is None else ledger
    records = [record for arm in claim_arms(claim) for record in arm_records(arm, ledger)]
    details = "".join(f'<span class="chip-detail">{detail}</span>' for detail in _details(claim, verdict))
    ours = "a proof" if not claim.experiment else "too few pairs" if verdict.n else "no pair to compare"
    if math.isfinite(verdict.effect):
        if isinstance(claim.test, Fewer):
            change = f"{_ratio(verdict.effect)} <small>[{_ratio(verdict.high)}, {_ratio(verdict.low)}]</small>"
            ours = f"{change}<br>{told_difference(claim, verdict.points, verdict.points_low, verdict.points_high)}"
        else:
            level = ", a 90 % interval" if isinstance(claim.test, Within) else ""
            what = f"<small>{measure(claim.test.measure).what}{level}</small>"
            ours = f"{told_difference(claim, verdict.effect, verdict.low, verdict.high)}<br>{what}"
    return (
        f'<tr>{_claim_head(claim)}{_paper_cell(claim)}<td class="ours">{ours}</td>'
        f'<td class="verdict">{_marked(chip(verdict), records, ledger)}{details}</td></tr>'
    )


def _not_run(waiting: list[tuple[Claim, Verdict]]) -> str:
    """Folded: the claims without a record, why, and the one command that runs each."""
    rows = []
    for claim, verdict in waiting:
        command = papers.experiment(claim.experiment).command(claim.profile)
        why = f"{html.escape(verdict.reason)}<br><code>{html.escape(command)}</code>"
        rows.append(f"<tr>{_claim_head(claim, f'; {_kind(claim)}')}{_paper_cell(claim)}<td>{why}</td></tr>")
    count = f"{len(waiting)} claim{' was' if len(waiting) == 1 else 's were'} not run"
    title = "What was not run, what it waits for, and the one command that runs it."
    return (
        f'<details class="not-run"><summary>{count}: why, and the commands</summary>'
        + _table(title, ("Claim, and its scale", "Paper", "Why, and the command"), rows, kind="verdicts")
        + "</details>"
    )


def _details(claim: Claim, verdict: Verdict) -> list[str]:
    """HTML: n, in words why the verdict is what it is, and where it is open what its seeds could have found."""
    if isinstance(claim.test, Proved):
        return [f'<a href="#{claim.test.label}">{html.escape(verdict.reason)}</a>']
    collapsed = ""
    if verdict.collapsed:
        collapsed = f"{verdict.collapsed} of {verdict.n} runs of {_name(arm_of(claim))} end above 50 % error"
    seeds = f"n = {verdict.n}" if math.isfinite(verdict.effect) else ""
    told = (seeds, _lost(claim, verdict), collapsed, _interval_said(claim, verdict), _power(claim, verdict))
    return [
        html.escape(re.sub(r"\bn = ", "n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}", reason)) for reason in told if reason
    ]


def _lost(claim: Claim, verdict: Verdict) -> str:
    """How many pairs are lost to divergence, and whose; empty where none is."""
    lost = {arm_of(claim): verdict.diverged, baseline_of(claim) or "": verdict.baseline_diverged}
    whose = [(_name(arm), count) for arm, count in lost.items() if count]
    if not whose:
        return ""
    if verdict.word == "reproduced" and not math.isfinite(verdict.effect):
        (baseline, count), started = whose[0], verdict.started
        return f"{baseline} diverged in {count} of {started} runs, {_name(arm_of(claim))} in none"
    told = ", ".join(f"{name}{'' if i else ' diverged'} {_times(count)}" for i, (name, count) in enumerate(whose))
    return (
        f"{verdict.started - verdict.n} of {verdict.started} {'pairs' if baseline_of(claim) else 'runs'} lost: {told}"
    )


def _interval_said(claim: Claim, verdict: Verdict) -> str:
    """What decides, or keeps from deciding; empty where the word and the numbers beside it say it."""
    smallest = _size(claim, verdict.smallest)
    if verdict.word == "reversed":
        return "the other way round than claimed"
    if isinstance(claim.test, Within) and math.isfinite(verdict.effect):
        place = {"reproduced": "lies within", "contradicted": "lies outside"}.get(verdict.word, "reaches beyond")
        return f"the interval {place} {smallest}"
    if verdict.word == "contradicted":
        return f"the interval leaves out {smallest}, the smallest change that counts"
    if verdict.word != "inconclusive":
        return ""
    if verdict.diverged:
        return "a loss that diverged is never reproduced"
    if not math.isfinite(verdict.effect):
        return f"only {verdict.n} seed{'' if verdict.n == 1 else 's'} so far"
    if verdict.low <= 0:
        counts = f"both no change and {smallest}, the smallest that counts"
        return f"the interval holds {counts if verdict.smallest > 0 else 'no change'}"
    if verdict.effect < verdict.smallest:
        return f"the mean falls short of {smallest}, the smallest that counts"
    return verdict.reason


def _power(claim: Claim, verdict: Verdict) -> str:
    """What an inconclusive verdict's seeds find with 80 % power, and how many would find what counts."""
    if verdict.word != "inconclusive" or not math.isfinite(verdict.detectable):
        return ""
    verb = "shows" if isinstance(claim.test, Within) else "finds"
    told = f"with 80 % power n = {verdict.n} {verb} {_size(claim, verdict.detectable)}"
    if not verdict.smallest > 0:
        return told
    needed = "n over 10,000" if verdict.seeds_needed is None else f"n = {verdict.seeds_needed:,}"
    return f"{told}; {_size(claim, verdict.smallest)} needs {needed}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _name(arm: str) -> str:
    """An arm's name as a reader would write it, its margin never parted from its number."""
    return "softmax" if arm == "m=1" else re.sub(r"\bm ?= ?", "m\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}", arm)


def _size(claim: Claim, value: float) -> str:
    """An effect that counts or can be found, in the claim's own unit."""
    if isinstance(claim.test, Fewer):
        return _ratio(value)
    return f"{'±' if isinstance(claim.test, Within) else ''}{_three(value)} {measure(claim.test.measure).unit}".strip()


def _three(value: float, beside: float = 0.0) -> str:
    """A size without its sign, to as many decimals as leave three digits to the largest one beside it."""
    largest = max(abs(value), beside)
    return f"{abs(value):.{2 if largest < 10 else 1 if largest < 100 else 0}f}"


def _ratio(gain: float) -> str:
    """A log ratio of errors as the relative change of the error, e.g. −22 %."""
    return f"{100 * math.expm1(-gain):+.0f} %".replace("-", "−")


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


def arms_table(arms: Iterable[Arm], ledger: Ledger, command: str, *, title: str) -> str:
    """HTML: one row an arm: test error with interval, angles, seeds, diverged and collapsed runs."""
    rows, notes = [], _Notes()
    for arm in arms:
        records = arm_records(arm, ledger)
        finished = table(r for r in records if r["status"] == "finished")
        if finished.empty:
            why = "every run diverged" if records else f"not run: <code>{html.escape(command)}</code>"
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
        cells += "".join(f'<td class="num">{count}</td>' for count in (len(records), *runs_lost(records)))
        rows.append(f'<tr><th scope="row">{_marked(html.escape(arm.name), records, ledger)}</th>{cells}</tr>')
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
        if not item.after:
            return cls(cells, Ledger.of(profile))
        chooses = f"{html.escape(item.after)} has to choose its setting first"
        absent = f"not run, and {chooses}: <code>{html.escape(command)}</code>"
        return cls(cells, Ledger.of(profile), absent)


QUOTED = re.compile(r"\[\d+\]$")  # a row that the paper quotes carries the number of its reference


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
    rows, notes = [], _Notes()
    for (row, printed_column), value in papers.printed(paper, number).items():
        if printed_column != column:
            continue
        shown = f"{value:.2f}" if isinstance(value, float) else html.escape(str(value))
        cells = f'<td class="paper num">{shown}</td>'
        if QUOTED.search(row):
            cells += f'<td class="empty" colspan="{len(columns)}">quoted from elsewhere</td>'
        else:
            cells += "".join(_our_cell(ours, row, notes) for ours in columns.values())
        rows.append(f'<tr><th scope="row">{html.escape(row)}</th>{cells}</tr>')
    return _table(title, ("Method", f"Paper, {html.escape(unit)}", *map(html.escape, columns)), rows, notes=notes.lines)


def _our_cell(ours: Column, row: str, notes: _Notes) -> str:
    if row not in ours.cells:
        return notes.empty(ours.absent)
    arm, command = ours.cells[row]
    records = arm_records(arm, ours.ledger)
    if not records:
        return notes.empty(f"not run: <code>{html.escape(command)}</code>")
    errors = table(r for r in records if r["status"] == "finished")
    diverged = len(records) - len(errors)
    if errors.empty:
        told = f"diverged <small>{diverged} of {len(records)}</small>"
    else:
        lost = f"; {diverged} diverged" if diverged else ""
        told = f"{_error(errors['test_error'].tolist())} <small>n = {len(errors)}{lost}</small>"
    return f'<td class="num">{_marked(told, records, ours.ledger)}</td>'


def printed_table(paper: str, number: str, *, title: str) -> str:
    """HTML: a table of the paper as it is printed, where there is nothing of ours to put beside it."""
    cells = papers.printed(paper, number)
    columns = list(dict.fromkeys(column for _, column in cells))
    rows = []
    for row in dict.fromkeys(row for row, _ in cells):
        values = [cells.get((row, column), "") for column in columns]
        told = [f"{value:g}" if isinstance(value, float) else value for value in values]
        shown = "".join(f'<td class="paper">{html.escape(text)}</td>' for text in told)
        rows.append(f'<tr><th scope="row">{html.escape(row)}</th>{shown}</tr>')
    heads = (html.escape(column).replace("/", "/<wbr>") for column in columns)
    return _table(title, ("", *heads), rows, kind="wide printed")


# ---------------------------------------------------------------------------------------------------------------------
# Captions


def caption(arms: Iterable[Arm], ledger: Ledger, seeds: Iterable[int] | None = None) -> str:
    """What the records say of the runs behind a figure: images, steps, final lambda, seeds, device, what went wrong.

    Args:
        arms: the arms of the figure.
        ledger: where their records are.
        seeds: the seeds that the figure draws; all of every arm, unless given.
    """
    drawn = None if seeds is None else set(seeds)
    by_arm = [
        (arm.name, [r for r in arm_records(arm, ledger) if drawn is None or r["run"]["seed"] in drawn]) for arm in arms
    ]
    records = [record for _, found in by_arm for record in found]
    if not records:
        return "No record yet."
    sizes = sorted({record["metrics"]["train_images"] for record in records})
    steps = sorted({record["run"]["schedule"]["steps"] for record in records})
    floors = sorted({record["run"]["blend"]["floor"] for record in records if record["run"]["blend"]}, reverse=True)
    devices = sorted({record["environment"]["device_name"] for record in records})
    told = f"{' / '.join(f'{n:,}' for n in sizes)} training images, {' / '.join(f'{n:,}' for n in steps)} steps"
    if floors:
        told += f", final λ {' / '.join(f'{floor:g}' for floor in floors)}"
    told += f", {_seeds([(name, len(found)) for name, found in by_arm])}, {', '.join(devices)}."
    diverged, collapsed = runs_lost(records)
    wrong = [
        f"{count} {what}" for count, what in ((diverged, "diverged"), (collapsed, "ended above 50 % error")) if count
    ]
    if wrong:
        told += f" Of {len(records)} runs {' and '.join(wrong)}."
    verified = ledger.verified()
    standings = [standing(record, verified) for record in records]
    for name, (sign, meaning) in MARKS.items():
        if name in standings:
            told += f" {sign} {standings.count(name)} of {len(records)} records {name}: {meaning}."
    return told


def _seeds(counts: list[tuple[str, int]]) -> str:
    """Seeds per arm: "12 seeds", or "20 seeds for softmax, 12 for the others"."""
    groups: dict[int, list[str]] = {}
    for name, count in counts:
        groups.setdefault(count, []).append(_name(name))
    # the count that most arms have is told last, for "the others"; of equals the smallest
    last = max(groups, key=lambda count: (len(groups[count]), -count))
    order = [*sorted((count for count in groups if count != last), reverse=True), last]
    told: list[str] = []
    for count in order:
        seeds = f"{count or 'no'}{'' if told else ' seed' if count == 1 else ' seeds'}"
        whose = "the others" if count == last and len(groups[count]) > 1 else _listed(groups[count])
        told.append(f"{seeds} for {whose}" if len(groups) > 1 else seeds)
    return ", ".join(told)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
