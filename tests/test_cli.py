"""The command line: one sentence for every expected error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from discriminative.cli import main


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DISCRIMINATIVE_ROOT", str(tmp_path))
    monkeypatch.setenv("DISCRIMINATIVE_DATA", str(tmp_path / "data"))
    return tmp_path


def test_data_list_says_what_is_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "list"]) == 0
    told = capsys.readouterr().out
    assert "8 x 8 digits (0 MB): here" in told
    assert "data fetch mnist" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["data", "fetch", "imagenet"], "dataset must be one of"),
        (["run", "table-9-9"], "experiment must be one of"),
        (["status", "table-9-9"], "experiment must be one of"),
    ],
)
def test_an_unknown_name_is_one_sentence(capsys: pytest.CaptureFixture[str], arguments: list[str], told: str) -> None:
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("budget", ["", "9x", "m"])
def test_a_budget_that_is_no_duration_is_refused(budget: str) -> None:
    with pytest.raises(SystemExit):
        main(["run", "workhorse", "--budget", budget])


def test_status_counts_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "workhorse"]) == 0
    line = capsys.readouterr().out.splitlines()[-1].split()
    assert line[:5] == ["workhorse", "0", "20", "0", "0"]


def test_a_full_disk_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from discriminative import queue

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(queue, "run_missing", full)
    assert main(["run", "workhorse", "--jobs", "1"]) == 1
    line = capsys.readouterr().err.splitlines()[-1]  # after the progress bar
    assert line.startswith("discriminative: the disk is full")


def test_the_plan_counts_each_run_once_and_says_what_waits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan"]) == 0
    told = capsys.readouterr().out
    assert "thesis-table-2-3: Table 2.3" in told
    assert "counted above" in told  # Figure 2.5 reads records of the tables
    hours = re.search(r"taken 0\.00 GPU-hours, still needed (\d+\.\d+)", told)
    assert hours is not None
    assert float(hours[1]) > 1
    assert "wait for thesis-tuning" in told


def test_records_travel_by_the_command_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "pack", str(root / "packed.zip")]) == 0
    assert main(["ledger", "import", str(root / "packed.zip")]) == 0
    assert "0 new records" in capsys.readouterr().out
    (root / "packed.zip").write_bytes(b"not a pack")
    assert main(["ledger", "import", str(root / "packed.zip")]) == 1
    assert "not a whole packed ledger" in capsys.readouterr().err
