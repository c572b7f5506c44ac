"""Which loss should I use? The page that reads an answer off the records: by data, by tuning, by what collapses."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from discriminative.evidence import Arms, collapsed
from discriminative.figures.style import family, label
from discriminative.ledger import Ledger
from discriminative.losses import best_probability, equal_margins, suggest_scale
from discriminative.papers import experiments, papers
from discriminative.runs import Run
from discriminative.setup import DATA_NAMES
from discriminative.site.cost import ratios
from discriminative.site.pieces import raw
from discriminative.study import Arm
from discriminative.tables import records_link
from discriminative.unseen import UNSEEN
from discriminative.verdicts import percent_told, readable

__all__ = ["by_data", "choosing_page", "lost", "margins", "scales", "tuning"]

PROFILE, BASELINE = "laptop", "softmax"
CLASSES = (10, 100, 1000, 10_000, 100_000, 1_000_000)


def choosing_page(root: Path) -> str:
    """``book/which_loss.md`` with its tables, each computed from the records or from the formula that it names."""
    text = (root / "book" / "which_loss.md").read_text()
    made = {
        "by-data": by_data(Ledger.of(PROFILE, root)), "tuning": tuning(Ledger.of(PROFILE, root)), "scales": scales(),
        "margins": margins(), "lost": lost(Ledger.of(PROFILE, root)), "cost": _cost(root),
    }  # fmt: skip
    for name, piece in made.items():
        text = text.replace(f"<!-- {name} -->", raw(piece))
    return text


def _table(heads: Iterable[str], rows: Iterable[tuple[str, list[str]]], title: str) -> str:
    """HTML: a heading and cells a row."""
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    body = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td class=num>{cell}</td>" for cell in cells)}</tr>'
        for name, cells in rows
    )
    return (
        f'<figure class="ledger"><figcaption>{title}</figcaption><div class="scroll"><table class="ledger '
        f'choosing"><thead>'
        f"<tr>{head}</tr></thead><tbody>{body}</tbody></table></div></figure>"
    )


# ---------------------------------------------------------------------------------------------------------------------
# By data


@dataclass
class Data:
    """What is the same for the losses of a column: images, network, steps."""

    run: Run
    arms: dict[str, Arm] = field(default_factory=dict)

    @property
    def told(self) -> str:
        name = DATA_NAMES.get(self.run.dataset, self.run.dataset)
        if self.run.dataset in UNSEEN:
            return f"{name}, pairs of unseen classes, tuned there"
        images = "all" if self.run.train_size is None else f"{self.run.train_size:,}"
        return f"{images} {name}"


def _plain(name: str) -> bool:
    """Whether an arm is a loss as it stands for itself: named by the loss alone, or with its whole-number margin."""
    try:
        return name == family(name) or re.fullmatch(r"m=\d", name.removeprefix(family(name)).strip()) is not None
    except ValueError:
        return False


def _columns(ledger: Ledger) -> list[Data]:
    """Every set of data on which softmax has records beside another loss, fewest images of a data set first."""
    found: dict[tuple[object, ...], Data] = {}
    for item in experiments().values():
        if "tuning" in item.name:
            continue
        for arm in item.at(PROFILE):
            run = arm.run
            same = (run.dataset, run.train_size, run.network, run.feature_dim, run.batch_size, run.schedule.steps)
            if _plain(arm.name) and not run.batch_norm and any(ledger.has(one) for one in arm.runs()):
                found.setdefault(same, Data(run)).arms.setdefault(arm.name, arm)
    columns = [data for data in found.values() if BASELINE in data.arms and len(data.arms) > 1]
    order = {name: place for place, name in enumerate(DATA_NAMES)}  # data of unseen identities come last
    return sorted(columns, key=lambda data: (order.get(data.run.dataset, len(order)), data.run.train_size or 10**9))


def by_data(ledger: Ledger) -> str:
    """HTML: how each loss changes softmax' error on each set of data, with its interval and what collapsed."""
    columns, cells = [], {}
    for data in _columns(ledger):
        arms = Arms(data.arms.values(), ledger)
        told = {name: cell for name in data.arms if name != BASELINE and (cell := _cell(arms, name))}
        if told:
            columns.append((data, arms))
            cells[len(columns) - 1] = told
    names = list(dict.fromkeys(name for told in cells.values() for name in told))
    heads = ["Loss"]
    for data, arms in columns:
        heads.append(
            f"{data.told}<br><small>softmax {arms.mean(BASELINE):.1f} %, {data.run.schedule.steps} steps</small>"
        )
    rows = [(html.escape(label(name)), [cells[i].get(name, "–") for i in range(len(columns))]) for name in names]
    title = (
        "<b>How each loss changes softmax' test error, in percent of it, with 95&nbsp;% intervals; negative "
        "is better.</b> "
        "Each at the setting that validation chose on 2,000 MNIST images, and on other data taken over; a "
        "dash: no record."
    )
    return _table(heads, rows, title)


def _cell(arms: Arms, name: str) -> str:
    """The change of softmax' error with its interval; empty where there are too few pairs."""
    verdict = arms.errors_against(BASELINE, name)
    if not math.isfinite(verdict.low):
        return ""
    ends = f"{percent_told(verdict.high)}, {percent_told(verdict.low)}"
    shown = records_link(arms[name], percent_told(verdict.effect))
    gone = sum(arms.lost(name))
    word = "better" if verdict.low > 0 else "worse" if verdict.high < 0 else "open"
    told = f'<span class="{word}">{shown}</span> <small>[{ends}]</small>'
    return told + (f"<br><small>{gone} of {len(arms.records(name))} lost</small>" if gone else "")


# ---------------------------------------------------------------------------------------------------------------------
# Tuning


def tuning(ledger: Ledger) -> str:
    """HTML: how many settings were tried for a loss, how many of them lost a run, and how far apart they end."""
    rows, seen = [], set()
    for each in (tuning for paper in papers() for tuning in paper.tunings if tuning.profile == PROFILE):
        for name, chosen in each.chosen.items():
            tried = Arms(each.among(name), ledger)
            key = tried[chosen].run.id
            errors = [tried_error for arm in tried if (tried_error := _validation(tried, arm)) is not None]
            if not _plain(name) or key in seen or not errors:
                continue
            seen.add(key)
            gone = sum(bool(sum(tried.lost(arm))) for arm in tried)
            setting = chosen.removeprefix(name).strip()
            cells = [str(len(tried)), str(gone), f"{min(errors):.2f}", f"{median(errors):.2f}", html.escape(setting)]
            rows.append((records_link(tried[chosen], html.escape(label(name))), cells))
    title = (
        "<b>Settings that were tried for each loss on 2,000 MNIST images, under three seeds that are never "
        "evidence.</b> "
        "Lost: some run diverged or ended above 50&nbsp;% error. The wider the best is from the median, the more a "
        "setting matters."
    )
    heads = ["Loss", "tried", "lost", "best, validation %", "median, validation %", "chosen"]
    return _table(heads, rows, title)


def _validation(arms: Arms, name: str) -> float | None:
    values = arms.numbers(name, "validation error")
    return sum(values) / len(values) if values else None


# ---------------------------------------------------------------------------------------------------------------------
# What collapses


def lost(ledger: Ledger) -> str:
    """HTML: how runs were lost, what their loss and their scores said then, and every setting that lost one."""
    arms: dict[str, Arm] = {}
    for item in experiments().values():
        if "tuning" not in item.name:
            for arm in item.at(PROFILE):
                arms.setdefault(arm.run.id, arm)
    records = {id: Arms([arm], ledger).records() for id, arm in arms.items()}
    every = [record for found in records.values() for record in found]
    diverged = sum(record["status"] != "finished" for record in every)
    gone = [record for record in every if collapsed(record)]
    gave_up = [record for record in every if not collapsed(record) and _given_up(record)]
    quiet = sum(_last_loss(record) < math.log(10) / 2 for record in gone)
    negative = sum(record["geometry"]["negative_own_share"] > 0.5 for record in gone)
    told = (
        f"<p>Of {len(every):,} runs that are evidence, {diverged} diverged, {len(gone)} ended above 50&nbsp;% "
        f"error, and "
        f"{len(gave_up)} more gave up a class (over 90&nbsp;% of its test images wrong, where a record tells "
        f"errors by class). Of the "
        f"{len(gone)}, {quiet} end with a training loss below half of log 10, what a network that says "
        f"nothing pays: the "
        f"loss looks fine there and only the error tells. In {negative} most own scores are negative.</p>"
    )
    rows = []
    for id, found in records.items():
        counts = [
            sum(record["status"] != "finished" for record in found), sum(map(collapsed, found)),
            sum(not collapsed(record) and _given_up(record) for record in found),
        ]  # fmt: skip
        if sum(counts):
            ended = [record for record in found if record["status"] == "finished"]
            losses = f"{median(map(_last_loss, ended)):.2g}" if ended else "–"
            cells = [Data(arms[id].run).told, str(len(found)), *map(str, counts), losses]
            rows.append((records_link(arms[id], html.escape(readable(arms[id].name))), cells))
    heads = ["Setting", "data", "runs", "diverged", "above 50 %", "a class given up", "last loss, median"]
    title = (
        f"<b>The {len(rows)} of {len(records)} settings that lost a run.</b> The loss is that of the training logits."
    )
    return (
        f'{told}<details class="not-run"><summary>Every setting that lost a run</summary>'
        f"{_table(heads, rows, title)}</details>"
    )


def _given_up(record: dict[str, object]) -> bool:
    if record["status"] != "finished":
        return False
    errors: list[float] = record["geometry"].get("class_error", [])  # type: ignore[attr-defined]
    return any(error > 90 for error in errors)


def _last_loss(record: dict[str, object]) -> float:
    return float(record["curves"]["loss"][-1])  # type: ignore[index]


# ---------------------------------------------------------------------------------------------------------------------
# Scale, margin, cost


def scales() -> str:
    """HTML: the least scale for a target probability, and the best probability at the usual scales, by classes."""
    targets, usual = (0.9, 0.99, 0.999), (4, 8, 16, 30, 64)
    rows = [
        (
            f"{count:,}",
            [f"{suggest_scale(count, p):.1f}" for p in targets] + [_share(best_probability(count, s)) for s in usual],
        )
        for count in CLASSES
    ]
    heads = ["Classes", *(f"scale for p = {p}" for p in targets), *(f"best p at s = {s}" for s in usual)]
    title = "<b>The least scale for a probability, and the best probability at a scale, on a simplex.</b>"
    chooser = (
        '<form class="chooser" data-chooser="scale" hidden><label>Classes <input type="number" name="classes" min="2" '
        'value="1000"></label><label>Probability <input type="number" name="probability" min="0.5" max="0.9999" '
        'step="any" value="0.999"></label><p role="status"></p></form>'
    )
    return chooser + _table(heads, rows, title)


def _share(p: float) -> str:
    return f"{p:.3f}" if p < 0.9995 else "1.000"


def margins() -> str:
    """HTML: the parameter that gives each loss the same angle between two classes, for ten classes at the simplex."""
    between = math.acos(-1 / 9)
    rows = []
    for degrees in (5, 10, 20, 30, 45, 65):
        found = equal_margins(math.radians(degrees), between)
        rows.append((f"{degrees}°", ["–" if value is None else f"{value:.2f}" for value in found.values()]))
    heads = ["Angle between", "L-, A-Softmax, times", "CosFace, cosine", "ArcFace, radians", "W-Softmax, alpha"]
    title = f"<b>The same margin in each loss's own number</b>, for weights {math.degrees(between):.1f}° apart."
    chooser = (
        '<form class="chooser" data-chooser="margin" hidden><label>Classes <input type="number" name="classes" min="2" '
        'value="10"></label><label>Angle in degrees <input type="number" name="degrees" min="0" max="179" step="any" '
        'value="20"></label><p role="status"></p></form>'
    )
    return chooser + _table(heads, rows, title)


def _cost(root: Path) -> str:
    """HTML: the time of each head beside softmax, as measured."""
    found = ratios(root, "head")
    classes = sorted({count for by_classes in found.values() for count in by_classes})
    rows = [
        (html.escape(name), [f"{by_classes[c]:.2f}" if c in by_classes else "–" for c in classes])
        for name, by_classes in found.items()
    ]
    title = "<b>Time of a step of the loss alone beside softmax', median ratio</b>; all of it: "
    return _table(
        ["Head", *(f"{count:,} classes" for count in classes)], rows,
        title + '<a href="../book/cost.html">what the losses cost</a>.',
    )  # fmt: skip
