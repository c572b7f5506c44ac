"""The page that says where every number comes from, an arm a row; the whole ledger as one CSV, a record a row."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd

from discriminative.ledger import Ledger, Verified, arm_key, standing, table
from discriminative.papers import claims, experiments
from discriminative.provenance import told_machine
from discriminative.runs import PROFILES, Run, canonical
from discriminative.study import Arm
from discriminative.tables import records_anchor
from discriminative.upkeep import pooled

__all__ = ["anchor", "export_csv", "provenance_page"]

MEANING = {
    "checked": "today's code made it, or one seed of its arm came out equal under today's code",
    "consistent": "other code made it, and several seeds of its arm, trained again under today's code on another "
    "machine, differ from theirs by no more than what seeds differ by",
    "unchecked": "other code made it, and no seed of its arm was trained again since, or what was did not decide",
    "stale": "other code made it, and today's code gives one seed of its arm another result on the same kind of "
    "machine, or several seeds results that differ by more than seeds differ by",
}
SETTINGS = ("train_size", "network", "feature_dim", "batch_size", "precision", "loss", "fit_on")


@dataclass(frozen=True)
class Place:
    """An arm of an experiment, and the claims that it decides."""

    experiment: str
    profile: str
    arm: Arm
    claims: tuple[str, ...]


def _places() -> list[Place]:
    """Every arm of every experiment at the profiles whose records are committed, in the order of the registry."""
    decides: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for claim in claims().values():
        for name in claim.test.arms:
            decides[claim.experiment, claim.profile, name].append(claim.id)
    return [
        Place(item.name, profile, arm, tuple(decides[item.name, profile, arm.name]))
        for item in experiments().values()
        for profile in PROFILES[1:]
        for arm in item.at(profile)
    ]


def anchor(experiment: str, profile: str, arm: str) -> str:
    """The id of an arm's row on the page, to which a number can link.

    Example:
        >>> anchor("blend", "laptop", "m=4 floor 0.1")
        'arm-blend-laptop-m-4-floor-0-1'
    """
    return re.sub(r"[^a-z0-9]+", "-", f"arm {experiment} {profile} {arm}".lower()).strip("-")


def export_csv(root: Path, path: Path) -> int:
    """Write every committed record as one line of a CSV file; return their number.

    A line holds what ``ledger.table`` tells (errors, geometry, environment, source), the run's settings, head, blend,
    optimiser and schedule, and the experiments, arms and claims that it belongs to, so that a reader needs nothing
    else. Where there are several, they stand in the same order, with ``; `` between them.
    """
    frame = _frame(Ledger.of("paper", root))
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)
    return len(frame)


def _frame(ledger: Ledger) -> pd.DataFrame:
    records, verified = ledger.records(), ledger.verified()
    if not records:
        return pd.DataFrame(columns=["id"])
    places: dict[str, list[Place]] = defaultdict(list)
    for place in _places():
        for run in place.arm.runs():
            places[run.id].append(place)
    settings = []
    for record in records:
        run, found = record["run"], places[record["id"]]
        blend = run["blend"] or {}
        settings.append(
            {
                "experiment": "; ".join(place.experiment for place in found),
                "profile": "; ".join(place.profile for place in found),
                "arm": "; ".join(place.arm.name for place in found),
                "claims": " ".join(dict.fromkeys(claim for place in found for claim in place.claims)),
                "dataset": run["dataset"],
            }
            | {name: run.get(name) for name in SETTINGS}
            | {
                "head": run["head"]["name"],
                "head_arguments": canonical(run["head"]["arguments"]),
                "terms": canonical(run["terms"]),
                "blend_start": blend.get("start"),
                "blend_floor": blend.get("floor"),
                "blend_reached": blend.get("reached"),
                "rate": run["optimizer"]["rate"],
                "momentum": run["optimizer"]["momentum"],
                "weight_decay": run["optimizer"]["weight_decay"],
                "steps": run["schedule"]["steps"],
                "augmentation": " ".join(run["augmentation"]),
                "source_hash": record["source"]["hash"],
                "standing": standing(record, verified),
            }
        )
    return pd.concat([table(records, verified), pd.DataFrame(settings)], axis=1)


def provenance_page(root: Path) -> str:
    """Markdown: what there is, on which machines, from which code, then an arm a row, a table for each experiment.

    Arms that no experiment names any more come last; superseded records are counted.
    """
    ledger = Ledger.of("paper", root)
    records, verified = {record["id"]: record for record in ledger.records()}, ledger.verified()
    standings = [standing(record, verified) for record in records.values()]
    hours = sum(float(record["environment"]["wall_seconds"]) for record in records.values()) / 3600
    superseded = len(list((ledger.folder / "superseded").glob("*/*.json")))
    lines = [
        "# Where every number comes from",
        "",
        f"The ledger holds {_count(len(records), 'record')}, {hours:.1f} hours of training. Each is the result of one "
        "run: one setting, one seed, trained once, written once. Below stands a row for every arm, with the mean and "
        "the range of its runs. [The whole ledger as one CSV file](ledger.csv) has a row for every record: its seed, "
        "its settings, errors and geometry, the machine and its time, the state of the code, the arms and the claims "
        "that it serves. [Every claim](claims.json) is there as data, with its place, its criterion and the commit "
        "that named it, and [every verdict](verdicts.json), with its numbers, its records and their command.",
        "",
        *(f"- **{name}** ({standings.count(name)}): {meaning}." for name, meaning in MEANING.items()),
        "",
        *_paired(verified),
    ]
    if superseded:
        lines += [
            f"{_count(superseded, 'record')} gave way to newer code and are kept under `results/superseded/`.",
            "",
        ]
    lines += _machines(records.values())
    left = dict(records)
    tables: dict[str, list[str]] = defaultdict(list)
    counts: Counter[str] = Counter()
    settings: set[str] = set()
    for place in _places():
        found = [records[run.id] for run in place.arm.runs() if run.id in records]
        if found:
            for record in found:
                left.pop(record["id"], None)
            id = anchor(place.experiment, place.profile, place.arm.name)
            name = f"[{_cell(place.arm.name)}, {place.profile}]{{#{id}}}"
            if place.arm.run.id not in settings:  # one setting may serve several experiments; its first row has the id
                settings.add(place.arm.run.id)
                name = f'<span id="{records_anchor(place.arm)}"></span>{name}'
            tables[place.experiment].append(_row(name, found, verified, place.claims))
            counts[place.experiment] += len(found)
    for name, rows in tables.items():
        item = experiments()[name]
        lines += _table(f"{item.title} ({item.name}, {item.place}): {_count(counts[name], 'record')}", rows)
    if left:
        groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for record in left.values():
            groups[arm_key(Run.from_json(record["run"]))].append(record)
        rows = [_row(_described(found[0]), found, verified) for found in groups.values()]
        lines += _table(f"Records that no experiment names any more: {_count(len(left), 'record')}", rows)
    return "\n".join(lines) + "\n"


def _paired(verified: Verified) -> list[str]:
    """One test over all arms that were compared in pairs: what no arm shows alone."""
    found = pooled((note["t"], note["freedom"]) for note in verified.values() if "t" in note)
    if found is None:
        return []
    arms, z, p = found
    told = (
        f"Over all {_count(arms, 'arm')} compared in pairs, today's wrong answers less the recorded ones: z = {z:.2f}"
    )
    return [f"{told}, p = {p:.2g} ({{ref}}`how <old-records>`).", ""]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _machines(records: Iterable[dict[str, Any]]) -> list[str]:
    """How many records and hours come from each machine and set of versions."""
    found: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for record in records:
        env = record["environment"]
        threads = f"{env['threads']} thread{'' if env['threads'] == 1 else 's'}"
        versions = f"Python {env['python']}, torch {env['torch']}, torchvision {env['torchvision']}"
        found[told_machine(env), threads, env["system"], versions].append(float(env["wall_seconds"]))
    if not found:
        return []
    lines = [
        "## Machines",
        "",
        "| device | threads | system | versions | records | hours |",
        "| --- " * 4 + "| --: | --: |",
    ]
    for names, seconds in sorted(found.items(), key=lambda item: -len(item[1])):
        cells = [*map(_cell, names), f"{len(seconds):,}", f"{sum(seconds) / 3600:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _described(record: dict[str, Any]) -> str:
    run = Run.from_json(record["run"])
    arguments = "".join(f" {name}={value}" for name, value in sorted(run.head.arguments.items()))
    return _cell(f"{run.dataset}, {run.network}, {run.head.name}{arguments}")


def _row(name: str, records: list[dict[str, Any]], verified: Verified, decides: Iterable[str] = ()) -> str:
    cells = [
        name, _seeds(records), _errors(records),
        _counted(_cell(record["environment"]["device_name"]) for record in records),
        f"{sum(record['environment']['wall_seconds'] for record in records):,.0f} s",
        _counted(f"{record['source']['revision']} / {record['source']['hash'][:8]}" for record in records),
        _counted(standing(record, verified) for record in records), ", ".join(decides) or "–",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _errors(records: list[dict[str, Any]]) -> str:
    """The mean error of the runs that ended, its range, and how many diverged."""
    tests = [record["metrics"]["test"] for record in records if record["status"] == "finished"]
    errors = [100 * test["wrong"] / test["images"] for test in tests]
    told = []
    if errors:
        told.append(f"{fmean(errors):.2f} %" + (f" ({min(errors):.2f} to {max(errors):.2f})" if errors[1:] else ""))
    lost = len(records) - len(errors)
    if lost:
        told.append(f"{lost} diverged")
    return "; ".join(told)


def _counted(words: Iterable[str]) -> str:
    """Each word once, with its count where there are several."""
    found = Counter(words)
    return ", ".join(f"{word} ({count})" if len(found) > 1 else word for word, count in found.items())


def _seeds(records: list[dict[str, Any]]) -> str:
    """Every seed, a link to the record that it left."""
    found = sorted((record["run"]["seed"], record["run"]["dataset"], record["id"]) for record in records)
    return " ".join(f'<a href="../results/{dataset}/{id}.json">{seed}</a>' for seed, dataset, id in found)


def _table(title: str, rows: list[str]) -> list[str]:
    """Folded, so that the page stays short."""
    return [
        f":::{{dropdown}} {title}",
        "",
        "| arm | seeds | test error | device | wall time | revision / source | standing | decides |",
        "| --- | --- | --- | --- | --: | --- | --- | --- |",
        *rows,
        ":::",
        "",
    ]
