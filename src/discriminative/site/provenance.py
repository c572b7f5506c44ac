"""The page that says where every number comes from, and the whole ledger as one CSV."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from discriminative.ledger import Ledger, Verified, standing, table
from discriminative.papers import experiments
from discriminative.runs import PROFILES, Run, canonical

__all__ = ["export_csv", "provenance_page"]

MEANING = {
    "checked": "today's code made it, or one seed of its arm came out equal under today's code",
    "consistent": "other code made it, and several seeds of its arm, trained again under today's code on another "
    "machine, differ from theirs by no more than what seeds differ by",
    "unchecked": "other code made it, and no seed of its arm was trained again since",
    "stale": "other code made it, and one seed of its arm came out different under today's code",
}
SETTINGS = ("train_size", "network", "feature_dim", "batch_size", "precision", "loss", "fit_on")


def export_csv(root: Path, path: Path) -> int:
    """Write every committed record as one line of a CSV file; return their number.

    A line holds what ``ledger.table`` tells (errors, geometry, environment, source) and the run's settings, head,
    blend, optimiser and schedule, so that a reader needs nothing else.
    """
    frame = _frame(Ledger.of("paper", root))
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)
    return len(frame)


def _frame(ledger: Ledger) -> pd.DataFrame:
    records, verified = ledger.records(), ledger.verified()
    if not records:
        return pd.DataFrame(columns=["id"])
    settings = []
    for record in records:
        run = record["run"]
        settings.append(
            {"dataset": run["dataset"]}
            | {name: run.get(name) for name in SETTINGS}
            | {
                "head": run["head"]["name"],
                "head_arguments": canonical(run["head"]["arguments"]),
                "terms": canonical(run["terms"]),
                "blend_floor": None if run["blend"] is None else run["blend"]["floor"],
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
    """Markdown: what there is, on which machines, from which code, then every record, a table for each experiment.

    Records that no experiment names any more come last; superseded ones are counted.
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
        "run: one setting, one seed, trained once, written once. [The whole ledger as one CSV file](ledger.csv).",
        "",
        *(f"- **{name}** ({standings.count(name)}): {meaning}." for name, meaning in MEANING.items()),
        "",
    ]
    if superseded:
        lines += [
            f"{_count(superseded, 'record')} gave way to newer code and are kept under `results/superseded/`.",
            "",
        ]
    lines += _machines(records.values())
    left = dict(records)
    for item in experiments().values():
        rows = []
        for profile in PROFILES[1:]:
            for arm in item.at(profile):
                for run in arm.runs():
                    if run.id in records:
                        left.pop(run.id, None)
                        rows.append(_row(f"{arm.name}, {profile}", records[run.id], verified))
        if rows:
            lines += _table(f"{item.title} ({item.name}, {item.place})", rows)
    if left:
        lines += _table(
            "Records that no experiment names any more",
            [_row(_described(record), record, verified) for record in left.values()],
        )
    return "\n".join(lines) + "\n"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _machines(records: Iterable[dict[str, Any]]) -> list[str]:
    """How many records and hours come from each machine and set of versions."""
    found: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for record in records:
        env = record["environment"]
        threads = f"{env['threads']} thread{'' if env['threads'] == 1 else 's'}"
        versions = f"Python {env['python']}, torch {env['torch']}, torchvision {env['torchvision']}"
        found[env["device_name"], threads, env["system"], versions].append(float(env["wall_seconds"]))
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
    return f"{run.dataset}, {run.network}, {run.head.name}{arguments}"


def _row(name: str, record: dict[str, Any], verified: Verified) -> str:
    test, environment, source = record["metrics"].get("test"), record["environment"], record["source"]
    if record["status"] == "diverged":
        result = f"diverged at step {record['metrics']['first_bad_step']:,}"
    else:
        result = f"{100 * test['wrong'] / test['images']:.2f} %"
    cells = [
        _cell(name), str(record["run"]["seed"]), result, _cell(environment["device_name"]),
        f"{environment['wall_seconds']:,.0f} s", f"{source['revision']} / {source['hash'][:8]}",
        standing(record, verified), f"`{record['id']}`",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _table(title: str, rows: list[str]) -> list[str]:
    """Folded, so that the page stays short."""
    return [
        f":::{{dropdown}} {title}: {_count(len(rows), 'record')}",
        "",
        "| arm | seed | test error | device | wall time | revision / source | standing | record |",
        "| --- | --: | --- | --- | --: | --- | --- | --- |",
        *rows,
        ":::",
        "",
    ]
