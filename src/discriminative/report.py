"""From records to what a page shows: executed checks, paper-against-ours tables, verdict chips."""

from __future__ import annotations

import contextlib
import html
import math
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from discriminative import papers
from discriminative._tensors import require
from discriminative.ledger import Ledger, table
from discriminative.papers import Arm, Claim
from discriminative.statistics import Verdict, holm, interval, judge, judge_equivalence, judge_errors

__all__ = [
    "MEASURES",
    "arm_errors",
    "arm_measure",
    "arm_records",
    "arms_table",
    "caption",
    "checked",
    "chip",
    "choose",
    "claim_arms",
    "exact",
    "paper_table",
    "plain_table",
    "printed_table",
    "refuted",
    "verdicts",
    "verdicts_table",
]


# ---------------------------------------------------------------------------------------------------------------------
# Checks


def checked(label: str, worst: Any, *, at_most: float, what: str) -> None:
    """Assert that a proof's executed check stays within its bound, and say so in a line that is the same everywhere.

    Args:
        label: the label of the proposition, e.g. ``"prop-psi-bound"``.
        worst: the largest violation or gap found, a number or a tensor (its maximum is taken).
        at_most: the bound.
        what: what was checked, in words: all of a statement or a part of it.

    The worst case goes into the output's metadata, for the page that lists every proof and its check.
    """
    value = float(worst.max()) if hasattr(worst, "max") else float(worst)
    require(value <= at_most, "{} fails: the worst case is {!r}, the bound {!r}", label, value, at_most)
    _say(label, what, f"holds, within {at_most:g}" if at_most else "holds", worst=value, at_most=at_most)


def exact(label: str, holds: bool, what: str) -> None:
    """Assert a check that has no rounding: a symbolic identity, a count."""
    require(bool(holds), "{} fails: {}", label, what)
    _say(label, what, "holds exactly")


def refuted(label: str, gap: float, *, at_least: float, what: str) -> None:
    """Assert that a printed statement fails by at least that much: the check of an erratum."""
    require(gap >= at_least, "{} is not refuted: the gap is {!r}, expected at least {!r}", label, gap, at_least)
    _say(label, what, f"the printed statement fails, by at least {at_least:g}", worst=gap, at_least=at_least)


def _say(label: str, what: str, told: str, **numbers: float) -> None:
    """Print a line; in a notebook its output carries the numbers as metadata.

    It always says what was checked: beside an erratum a bare "holds" would be read as said of the printed line.
    """
    require(bool(what), "what must say what was checked of {}, got {!r}", label, what)
    line = f"{label}, {what}: {told}"
    try:
        from IPython.display import display
    except ImportError:
        print(line)
    else:
        check = {"label": label, "what": what, **numbers}
        shown = f'<p class="check">✓ {html.escape(f"{what[:1].upper()}{what[1:]}")}: {told}</p>'
        display({"text/plain": line, "text/html": shown}, metadata={"check": check}, raw=True)


# ---------------------------------------------------------------------------------------------------------------------
# Records of an experiment


def arm_records(arm: Arm, ledger: Ledger) -> list[dict[str, Any]]:
    return [ledger.read(run) for run in arm.runs() if ledger.has(run)]


def arm_errors(arm: Arm, ledger: Ledger, part: str = "test") -> dict[int, int | None]:
    """Wrong answers by seed; ``None`` for a run that diverged."""
    return {
        record["run"]["seed"]: record["metrics"][part]["wrong"] if record["status"] == "finished" else None
        for record in arm_records(arm, ledger)
    }


def choose(arms: Iterable[Arm], ledger: Ledger) -> Arm:
    """The arm with the fewest wrong answers on validation over its seeds; one that diverged at any seed is out.

    Raises:
        ValueError: if records are missing, or every arm diverged.
    """
    scores: dict[str, float] = {}
    found = {arm.name: arm for arm in arms}
    for arm in found.values():
        errors = arm_errors(arm, ledger, "validation")
        require(len(errors) == len(arm.seeds), "{} lacks records; run its tuning first", arm.name)
        if all(value is not None for value in errors.values()):
            scores[arm.name] = float(np.mean([value for value in errors.values() if value is not None]))
    require(bool(scores), "every arm diverged: {}", ", ".join(found))
    return found[min(scores, key=lambda name: scores[name])]


def verdicts(paper: str, ledger: Ledger | None = None) -> dict[str, tuple[Claim, Verdict]]:
    """Every claim of a paper with its verdict, each from the records of its own profile, Holm over the confirmatory.

    Args:
        paper: e.g. ``"thesis"``.
        ledger: where records are looked for; the project's, unless given.
    """
    claims: tuple[Claim, ...] = import_module(f"discriminative.papers.{paper}.claims").CLAIMS
    found = {claim.id: _judge_claim(claim, Ledger.of(claim.profile) if ledger is None else ledger) for claim in claims}
    confirmatory = {claim.id: found[claim.id] for claim in claims if claim.confirmatory}
    found |= holm(confirmatory)
    return {claim.id: (claim, found[claim.id]) for claim in claims}


def claim_arms(claim: Claim) -> tuple[Arm, ...]:
    """The arms that a claim is about, its baseline first; none where one of them does not exist yet."""
    if claim.proved_by:
        return ()
    found = {arm.name: arm for arm in papers.experiment(claim.experiment).at(claim.profile)}
    names = [name for name in (claim.baseline, claim.arm) if name is not None]
    return tuple(found[name] for name in names) if found.keys() >= set(names) else ()


def _judge_claim(claim: Claim, ledger: Ledger) -> Verdict:
    if claim.proved_by:
        return Verdict("reproduced", "proved, and checked where the proof stands")
    arms = claim_arms(claim)
    if not arms:
        return Verdict("not run", f"its arms exist only once {papers.experiment(claim.experiment).after} has run")
    arm = arms[-1]
    if claim.baseline is None:
        return judge_equivalence(arm_measure(arm, ledger, claim.measure), claim.smallest)
    baseline = arms[0]
    told = {"or_baseline_diverges": claim.or_baseline_diverges}
    if claim.measure != "error":
        values = [arm_measure(found, ledger, claim.measure) for found in (baseline, arm)]
        return judge(values[0], values[1], claim.counts_from, **told)
    records = [*arm_records(baseline, ledger), *arm_records(arm, ledger)]
    images = next((r["metrics"]["test"]["images"] for r in records if r["status"] == "finished"), 1)
    return judge_errors(arm_errors(baseline, ledger), arm_errors(arm, ledger), images, claim.counts_from, **told)


# ---------------------------------------------------------------------------------------------------------------------
# Measures beyond the error, each oriented so that its claim expects more


def _percent_wrong(record: dict[str, Any], part: str) -> float:
    return 100.0 * float(record["metrics"][part]["wrong"]) / float(record["metrics"][part]["images"])


def _steps_to_95(record: dict[str, Any]) -> float:
    """The share of the run, in percent, until the training accuracy first reaches 95 % of its last value."""
    accuracy = [1 - error for error in record["curves"]["train_error"]]
    first = next(i for i, value in enumerate(accuracy) if value >= 0.95 * accuracy[-1])
    return 100.0 * float(record["curves"]["step"][first]) / float(record["curves"]["step"][-1])


MEASURES: dict[str, tuple[str, Callable[[dict[str, Any]], float]]] = {
    "angle gap": ("degrees between own and nearest rival class", lambda r: float(r["geometry"]["angle_gap"])),
    "compactness": ("cosine within a class", lambda r: float(r["geometry"]["within_cosine"])),
    "separation": ("minus the cosine between classes", lambda r: -float(r["geometry"]["between_cosine"])),
    "small train-test gap": (
        "minus the points by which test errors exceed training errors",
        lambda r: _percent_wrong(r, "train") - _percent_wrong(r, "test"),
    ),
    "slow start": ("percent of the run until 95 % of the last training accuracy", _steps_to_95),
    "angle-only excess": (
        "points by which the error by angle exceeds the error by score",
        lambda r: float(r["geometry"]["angle_error"]) - _percent_wrong(r, "test"),
    ),
}


def arm_measure(arm: Arm, ledger: Ledger, measure: str) -> dict[int, float | None]:
    """A measure of every run of an arm by seed; ``None`` for a run that diverged.

    A record from before its geometry held what the measure needs is left out.
    """
    require(measure in MEASURES, "measure must be one of {}, got {!r}", sorted(MEASURES), measure)
    found: dict[int, float | None] = {}
    for record in arm_records(arm, ledger):
        with contextlib.suppress(KeyError):
            finished = record["status"] == "finished"
            found[record["run"]["seed"]] = MEASURES[measure][1](record) if finished else None
    return found


# ---------------------------------------------------------------------------------------------------------------------
# Tables

SHAPES = {"reproduced": "●", "contradicted": "✕", "reversed": "▼", "inconclusive": "◐", "not run": "○"}


def chip(verdict: Verdict) -> str:
    """A verdict as a word with a shape and a colour, then effect, interval and n."""
    word = f'<span class="chip chip-{verdict.word.replace(" ", "-")}">{SHAPES[verdict.word]} {verdict.word}</span>'
    numbers = (verdict.points, verdict.points_low, verdict.points_high)
    if math.isnan(verdict.points):
        numbers = (verdict.effect, verdict.low, verdict.high)
    if math.isnan(numbers[0]):
        return f'{word} <span class="chip-detail">{html.escape(verdict.reason)}</span>'
    told = f"{_signed(numbers[0])} [{_signed(numbers[1])}, {_signed(numbers[2])}], n = {verdict.n}"
    if verdict.diverged or verdict.baseline_diverged:
        told += f"; {verdict.diverged + verdict.baseline_diverged} diverged"
    return f'{word} <span class="chip-detail">{told}</span>'


def _html(head: str, rows: list[str], kind: str = "") -> str:
    """A table that scrolls inside itself."""
    body = "".join(rows)
    return f'<div class="scroll"><table class="ledger {kind}"><thead>{head}</thead><tbody>{body}</tbody></table></div>'


def plain_table(heads: list[str], rows: Iterable[list[str]]) -> str:
    """HTML: a row heading, then numbers, already formatted."""
    lines = [
        f'<tr><th scope="row">{html.escape(first)}</th>'
        + "".join(f'<td class="num">{html.escape(cell)}</td>' for cell in cells)
        + "</tr>"
        for first, *cells in rows
    ]
    return _html("<tr>" + "".join(f"<th>{html.escape(head)}</th>" for head in heads) + "</tr>", lines)


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def verdicts_table(paper: str, ledger: Ledger | None = None) -> str:
    """HTML: each claim with its scale, the paper's change of the error, ours with its interval, and the verdict."""
    rows = []
    for claim, verdict in verdicts(paper, ledger).values():
        kind = "confirmatory" if claim.confirmatory else "exploratory"
        unit = "" if claim.measure == "error" else f"in {MEASURES[claim.measure][0]}; "
        ours, paper = "–", "–"
        if claim.paper_effect is not None:
            printed = f"{claim.paper_baseline:.2f} → {claim.paper_arm:.2f} %"
            paper = f"{_ratio(claim.paper_effect)}<br><small>{printed}</small>"
        if claim.measure == "error" and not math.isnan(verdict.effect):
            ours = f"{_ratio(verdict.effect)}<br><small>[{_ratio(verdict.high)}, {_ratio(verdict.low)}]</small>"
        rows.append(
            f'<tr><th scope="row">{html.escape(claim.id)}: {html.escape(claim.statement)}'
            f"<br><small>{html.escape(claim.scale)}; {html.escape(unit)}{kind}</small></th>"
            f'<td class="paper num">{paper}</td>'
            f'<td class="num">{ours}</td><td>{chip(verdict)}</td></tr>'
        )
    head = (
        '<tr><th>Claim, and our scale</th><th class="num">Paper</th><th class="num">Ours</th>'
        "<th>Verdict, with interval</th></tr>"
    )
    return _html(head, rows, kind="verdicts")


def _ratio(gain: float) -> str:
    """A log ratio of errors as the relative change of the error, e.g. −22 %."""
    return f"{100 * math.expm1(-gain):+.0f} %".replace("-", "−")


def _error(values: list[float]) -> str:
    if not values:
        return "–"
    mean, low, high = interval(values)
    return f"{mean:.2f}" if len(values) < 2 else f"{mean:.2f} <small>[{low:.2f}, {high:.2f}]</small>"


def arms_table(arms: Iterable[Arm], ledger: Ledger, command: str) -> str:
    """HTML: one row an arm: test error with interval, angles, seeds, diverged and collapsed runs."""
    rows = []
    for arm in arms:
        records = arm_records(arm, ledger)
        finished = table(r for r in records if r["status"] == "finished")
        if finished.empty:
            cells = f'<td class="num" title="not run: {html.escape(command)}">–</td>' + '<td class="num">–</td>' * 3
        else:
            cells = "".join(
                f'<td class="num">{cell}</td>'
                for cell in (
                    _error(finished["test_error"].tolist()),
                    _error(finished["validation_error"].dropna().tolist()),
                    f"{finished['own_angle'].mean():.1f}°",
                    f"{finished['angle_gap'].mean():.1f}°",
                )
            )
        diverged = len(records) - len(finished)
        collapsed = int((finished["test_error"] > 50).sum()) if len(finished) else 0
        cells += "".join(f'<td class="num">{count or "–"}</td>' for count in (len(records), diverged, collapsed))
        rows.append(f'<tr><th scope="row">{html.escape(arm.name)}</th>{cells}</tr>')
    head = (
        "<tr><th>Arm</th><th>Test error %</th><th>Validation error %</th><th>Own angle</th><th>Gap to rival</th>"
        "<th>Seeds</th><th>Diverged</th><th>Above 50 %</th></tr>"
    )
    return (
        f'<div class="scroll"><table class="ledger"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def paper_table(
    paper: str, number: str, columns: dict[str, tuple[tuple[Arm, ...], Ledger, str]], column: str = "Error Rate"
) -> str:
    """HTML: every printed cell of a table beside ours at each scale; an empty cell carries its reason.

    Args:
        paper: e.g. ``"thesis"``.
        number: of the table, e.g. ``"2.2"``.
        columns: heading to (arms with the ``row`` they stand beside, their ledger, the command that fills the cell).
        column: which printed column.
    """
    rows = []
    for (row, printed_column), value in papers.printed(paper, number).items():
        if printed_column != column:
            continue
        shown = f"{value:.2f}" if isinstance(value, float) else html.escape(str(value))
        cells = f'<td class="paper num">{shown}</td>'
        for arms, ledger, command in columns.values():
            arm = next((arm for arm in arms if arm.row == row), None)
            records = arm_records(arm, ledger) if arm else []
            errors = table(r for r in records if r["status"] == "finished")
            if arm is None:
                cells += '<td class="num empty" title="quoted by the paper from elsewhere, or not run here">–</td>'
            elif errors.empty:
                why = "diverged" if records else f"not run: {command}"
                cells += f'<td class="num empty" title="{html.escape(why)}">–</td>'
            else:
                diverged = len(records) - len(errors)
                note = f"; {diverged} diverged" if diverged else ""
                cells += (
                    f'<td class="num">{_error(errors["test_error"].tolist())}'
                    f" <small>n = {len(errors)}{note}</small></td>"
                )
        rows.append(f'<tr><th scope="row">{html.escape(row)}</th>{cells}</tr>')
    heads = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    head = f"<tr><th>Method</th><th>Paper, error %</th>{heads}</tr>"
    return (
        f'<div class="scroll"><table class="ledger"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def printed_table(paper: str, number: str) -> str:
    """HTML: a table of the paper as it is printed, where there is nothing of ours to put beside it."""
    cells = papers.printed(paper, number)
    columns = list(dict.fromkeys(column for _, column in cells))
    rows = []
    for row in dict.fromkeys(row for row, _ in cells):
        values = [cells.get((row, column), "") for column in columns]
        told = [f"{value:g}" if isinstance(value, float) else value for value in values]
        shown = "".join(f'<td class="paper">{html.escape(text)}</td>' for text in told)
        rows.append(f'<tr><th scope="row">{html.escape(row)}</th>{shown}</tr>')
    heads = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    return _html(f"<tr><th></th>{heads}</tr>", rows)


def caption(arms: Iterable[Arm], ledger: Ledger) -> str:
    """What the records say of the runs behind a figure: images, steps, final lambda, seeds, device."""
    frame = pd.concat([table(arm_records(arm, ledger)) for arm in arms] or [pd.DataFrame()], ignore_index=True)
    if frame.empty:
        return "No record yet."
    records = [record for arm in arms for record in arm_records(arm, ledger)]
    sizes = sorted({f"{record['metrics']['train_images']:,}" for record in records})
    steps = sorted({f"{record['run']['schedule']['steps']:,}" for record in records})
    floors = sorted({record["run"]["blend"]["floor"] for record in records if record["run"]["blend"]}, reverse=True)
    devices = sorted({record["environment"]["device_name"] for record in records})
    seeds = frame.groupby("seed").size()
    told = f"{' / '.join(sizes)} training images, {' / '.join(steps)} steps"
    if floors:
        told += f", final λ {' / '.join(f'{floor:g}' for floor in floors)}"
    return f"{told}, {len(seeds)} seed{'s' if len(seeds) > 1 else ''}, {', '.join(devices)}."
