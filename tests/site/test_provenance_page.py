"""The provenance page: every record once or more, none left out; the CSV: one line a record."""

from __future__ import annotations

import re
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


def rows(page: str) -> list[list[str]]:
    """The cells of every row, without the marks and links of HTML."""
    plain = re.sub(r"</?(?:a|span)\b[^>]*>", "", page)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in plain.splitlines() if line[:2] == "| "]


def test_every_arm_is_a_row_with_its_seeds_error_machine_time_source_and_claims(root: Path) -> None:
    page = provenance_page(root)
    assert "The ledger holds 3 records" in page
    records = Ledger.of("laptop", root).records()
    named = next(record for record in records if record["run"]["dataset"] == "mnist")
    arm = next(row for row in rows(page) if row[0] == "[softmax, laptop]{#arm-workhorse-laptop-softmax}")
    test, environment = named["metrics"]["test"], named["environment"]
    assert arm[1:3] == ["0", f"{100 * test['wrong'] / test['images']:.2f} %"]
    assert arm[3:5] == [environment["device_name"], f"{environment['wall_seconds']:,.0f} s"]
    assert arm[5:7] == [f"today / {named['source']['hash'][:8]}", "checked"]
    assert "C-LSM1" in arm[7].split(", ")
    assert f"torch {environment['torch']}" in page
    assert "no experiment names any more: 2 records" in page
    assert ["3", "1 diverged"] in [row[1:3] for row in rows(page)]


def test_an_arm_of_several_records_is_one_row(root: Path, plain: Run) -> None:
    ledger = Ledger.of("laptop", root)
    arm = experiment("workhorse").arm("laptop", "softmax").run
    first = ledger.read(arm)
    for seed, wrong in ((1, 36), (2, 18), (5, None)):
        run = arm.with_seed(seed)
        record = {**train(plain)[0], "id": run.id, "run": run.to_json(), "source": first["source"]}
        if wrong is None:
            record |= {"status": "diverged", "metrics": {"first_bad_step": 7, "train_images": 200}}
        else:
            record["metrics"]["test"]["wrong"] = wrong
        ledger.write(record)
    found = [row for row in rows(provenance_page(root)) if "#arm-workhorse-laptop-softmax}" in row[0]]
    errors = [first["metrics"]["test"]["wrong"] / 3.6, 10.0, 5.0]
    told = f"{sum(errors) / 3:.2f} % ({min(errors):.2f} to {max(errors):.2f}); 1 diverged"
    assert [row[1:3] for row in found] == [["0 1 2 5", told]]


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


def test_the_page_tells_the_one_test_over_all_arms_that_were_compared_in_pairs(root: Path) -> None:
    ledger = Ledger.of("laptop", root)
    assert "compared in pairs" not in provenance_page(root)
    for arm, t in (("a" * 16, 1.0), ("b" * 16, 1.0)):  # a quarter lies beyond each, as beyond a normal value of .6745
        ledger.note_verified({(arm, "0" * 16): {"hash": "1" * 16, "equal": False, "run": arm, "t": t, "freedom": 1}})
    assert "Over all 2 arms compared in pairs, today's wrong answers less the recorded ones: z = 0.95" in (
        provenance_page(root)
    )


def test_the_csv_has_a_line_a_record_that_needs_nothing_else(root: Path, tiny: Run) -> None:
    assert export_csv(root, root / "site" / "ledger.csv") == 3
    frame = pd.read_csv(root / "site" / "ledger.csv", dtype={"id": str}).set_index("id")
    line = frame.loc[tiny.id]
    assert (line["head"], line["head_arguments"], line["blend_floor"]) == ("LSoftmax", '{"margin":2}', 1.0)
    assert (line["rate"], line["steps"], line["seed"]) == (0.05, 60, 3)
    assert line["test_error"] == pytest.approx(100 * line["test_wrong"] / 360)
    assert line["standing"] == "checked"
    assert (line["blend_start"], line["blend_reached"]) == (1000.0, 0.4)
    assert line[["experiment", "arm", "claims"]].isna().all()
    run = experiment("workhorse").arm("laptop", "softmax").run
    told = {name: frame.loc[run.id][name].split("; ") for name in ("experiment", "profile", "arm")}
    assert ("workhorse", "laptop", "softmax") in set(zip(*told.values(), strict=True))
    assert "C-LSM1" in frame.loc[run.id]["claims"].split(" ")
    assert not frame.columns.duplicated().any()
    assert set(frame["standing"]) == {"checked", "unchecked"}


def test_an_empty_ledger_is_an_empty_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCRIMINATIVE_ROOT", str(tmp_path))
    assert "holds 0 records" in provenance_page(tmp_path)
    assert export_csv(tmp_path, tmp_path / "ledger.csv") == 0
