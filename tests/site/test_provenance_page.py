"""The provenance page: every record once or more, none left out; the CSV: one line a record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from discriminative.ledger import Ledger, arm_key
from discriminative.papers import experiment
from discriminative.provenance import source_hash
from discriminative.runs import Optimizer, Run
from discriminative.site.provenance import export_csv, provenance_page
from discriminative.training import train


@pytest.fixture
def root(tmp_path: Path, tiny: Run, plain: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger with a run of an experiment, one of none, and a divergence of other code."""
    monkeypatch.setenv("DISCRIMINATIVE_ROOT", str(tmp_path))
    ledger = Ledger.of("laptop", tmp_path)
    record = train(tiny)[0]
    named = experiment("workhorse").arm("laptop", "softmax").run
    source = {"revision": "today", "hash": source_hash(named)}
    ledger.write({**train(plain)[0], "id": named.id, "run": named.to_json(), "source": source})
    ledger.write(record)
    diverged = train(replace(plain, optimizer=Optimizer(rate=1e12)))[0]
    diverged["source"]["hash"] = "0" * 16
    ledger.write(diverged)
    return tmp_path


def test_every_record_is_on_the_page_with_machine_versions_time_and_source(root: Path) -> None:
    page = provenance_page(root)
    records = Ledger.of("laptop", root).records()
    assert "The ledger holds 3 records" in page
    for record in records:
        lines = [line for line in page.splitlines() if f"`{record['id']}`" in line]
        assert lines
        for line in lines:
            assert record["environment"]["device_name"] in line
            assert f"{record['source']['revision']} / {record['source']['hash'][:8]}" in line
            assert f"{record['environment']['wall_seconds']:,.0f} s" in line
    assert f"torch {records[0]['environment']['torch']}" in page
    assert "| softmax, laptop | 0 |" in page
    assert "no experiment names any more: 2 records" in page
    assert "diverged at step" in page


def test_the_page_counts_what_is_unchecked_stale_and_superseded(root: Path, tiny: Run, plain: Run) -> None:
    ledger = Ledger.of("laptop", root)
    assert "**checked** (2)" in provenance_page(root)
    assert "**unchecked** (1)" in provenance_page(root)
    diverged = next(record for record in ledger.records() if record["status"] == "diverged")
    run = Run.from_json(diverged["run"])
    ledger.note_verified({(arm_key(run), "0" * 16): {"hash": source_hash(run), "equal": False, "run": run.id}})
    assert "**stale** (1)" in provenance_page(root)
    ledger.supersede(diverged)
    assert "1 record gave way" in provenance_page(root)


def test_the_csv_has_a_line_a_record_that_needs_nothing_else(root: Path, tiny: Run) -> None:
    assert export_csv(root, root / "site" / "ledger.csv") == 3
    frame = pd.read_csv(root / "site" / "ledger.csv", dtype={"id": str}).set_index("id")
    line = frame.loc[tiny.id]
    assert (line["head"], line["head_arguments"], line["blend_floor"]) == ("LSoftmax", '{"margin":2}', 1.0)
    assert (line["rate"], line["steps"], line["seed"]) == (0.05, 60, 3)
    assert line["test_error"] == pytest.approx(100 * line["test_wrong"] / 360)
    assert line["standing"] == "checked"
    assert not frame.columns.duplicated().any()
    assert set(frame["standing"]) == {"checked", "unchecked"}


def test_an_empty_ledger_is_an_empty_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCRIMINATIVE_ROOT", str(tmp_path))
    assert "holds 0 records" in provenance_page(tmp_path)
    assert export_csv(tmp_path, tmp_path / "ledger.csv") == 0
