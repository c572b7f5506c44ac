"""The command line: one sentence for every expected error."""

from __future__ import annotations

import argparse
import gc
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from discriminative.cli import main
from discriminative.papers import experiment, experiments
from discriminative.runs import Run


@pytest.fixture(autouse=True)
def root(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DISCRIMINATIVE_DATA", str(root / "data"))
    return root


@pytest.mark.parametrize("status", [0, 1])
def test_a_book_is_built_after_its_runs_and_not_without_them(
    root: Path, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, ...]] = []
    (root / "_config.yml").touch()
    monkeypatch.setattr("discriminative.cli._run", lambda options: done.append(("run", options.profile)) or status)
    monkeypatch.setattr("discriminative.site.build.make", lambda *told: done.append(("book", told[0])) or 0)
    assert main(["book", "--run", "--profile", "laptop"]) == status
    assert done == [("run", "laptop"), ("book", "laptop")][: 2 - status]
    assert gc.isenabled()
    done.clear()
    assert main(["book"]) == 0
    assert done == [("book", "quick")]


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


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        *(
            (["run", "--budget", budget], "must be a time above 0")
            for budget in ("", "9x", "m", "0", "0s", "nan", "inf")
        ),
        (["run", "--budget=-5m"], "must be a time above 0"),
        (["ledger", "verify", "--budget", "0"], "must be a time above 0"),
        (["run", "--seeds", "x"], "--seeds: must be a whole number of at least 1, got 'x'"),
        (["run", "--jobs", "0"], "--jobs: must be a whole number of at least 1, got '0'"),
        (["run", "--device", "bogus"], "--device: invalid choice: 'bogus' (choose from"),
        (["ledger", "verify", "--device", "bogus"], "--device: invalid choice: 'bogus'"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "workhorse", "--device", "cuda"], "needs a GPU .* leave it out or name cpu"),
        (["ledger", "verify", "--device", "cuda"], "needs a GPU"),
        (["ledger", "pack", "ROOT"], "is a folder; name the file to write, such as .*records.zip"),
        (["ledger", "pack", "ROOT/file/y.zip"], "y.zip cannot be written .* name a file in a folder of yours"),
        (["ledger", "import", "ROOT"], "is not a whole packed ledger"),
        (["book"], "holds no book, for it has no _config.yml; go to a clone"),
    ],
)
def test_a_likely_mistake_is_one_sentence(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    (root / "file").write_text("")
    assert main([argument.replace("ROOT", str(root)) for argument in arguments]) == 1
    error = capsys.readouterr().err
    assert re.search(told, error)
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "arguments", "told"),
    [
        (
            "DATA",
            "file",
            ["data", "fetch", "mnist"],
            "DISCRIMINATIVE_DATA names .*/file, which is a file; name a folder",
        ),
        ("DATA", "file/deeper", ["data", "fetch", "mnist"], "/file/deeper cannot be used .* name a place"),
        ("ROOT", "none", ["run", "workhorse"], "DISCRIMINATIVE_ROOT names .*/none, which is no folder; name a folder"),
        ("ROOT", "none", ["status"], "DISCRIMINATIVE_ROOT names .*/none, which is no folder"),
    ],
)
def test_a_place_that_is_none_is_one_sentence(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    arguments: list[str],
    told: str,
) -> None:
    (root / "file").write_text("")
    monkeypatch.setenv(f"DISCRIMINATIVE_{name}", str(root / value))
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert re.search(told, error)
    assert error.count("\n") == 1


def test_a_budget_counts_from_the_start_of_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    from discriminative import cli, queue

    clock, deadlines, parser = [1000.0], [], cli._parser

    def slow() -> argparse.ArgumentParser:
        clock[0] += 60  # whatever comes first, such as importing torch
        return parser()

    monkeypatch.setattr(time, "time", lambda: clock[0])
    monkeypatch.setattr(cli, "_parser", slow)
    monkeypatch.setattr(queue, "run_missing", lambda runs, options, report: deadlines.append(options.deadline) or {})
    assert main(["run", "workhorse", "--budget", "9m"]) == 0
    assert deadlines == [1000 + 540 - 10]


def test_nothing_heavy_is_imported_before_the_clock_starts() -> None:
    script = "import sys, discriminative.cli; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


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


def test_one_broken_record_stops_neither_status_nor_plan_nor_verify(
    root: Path, tiny: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = root / "results" / "mnist" / f"{experiment('workhorse').arm('laptop', 'softmax').run.id}.json"
    broken.parent.mkdir(parents=True)
    broken.write_text("{")
    for command in (["status"], ["plan"], ["ledger", "verify"]):
        assert main([*command, "workhorse", "--profile", "laptop"]) == 0
    assert f"left out: {broken} is not a whole record" in capsys.readouterr().err


def test_output_that_nobody_reads_to_its_end_is_one_sentence(root: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "discriminative", "plan"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        told = process.stderr.read()
    assert process.returncode == 1
    assert told == "discriminative: what read the output ended before it; nothing more was done\n"


def test_a_limit_on_the_size_of_files_is_one_sentence(root: Path) -> None:
    command = f"ulimit -f 1; {sys.executable} -m discriminative run workhorse --seeds 1 --jobs 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "discriminative: a file would grow past the size that this shell allows (`ulimit -f`)" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((root / "build" / "records").rglob("*.json"))


def test_what_waits_for_a_choice_is_told_by_plan_and_status(capsys: pytest.CaptureFixture[str]) -> None:
    waiting = [name for name, found in experiments().items() if found.after and "laptop" in found.arms]
    for command in ("plan", "status"):
        assert main([command, "--profile", "laptop"]) == 0
        told = capsys.readouterr().out
        for name in waiting:
            assert f"  {name}: arms wait for records of {experiment(name).after}\n" in told


def test_a_picture_is_taken_of_the_run_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from discriminative import pictures

    asked: list[list[Run]] = []
    monkeypatch.setattr(pictures, "take", lambda runs: asked.append(list(runs)) or 1)
    arms = experiment("reconstruction-figure-2").at("laptop")
    worst = arms[3].runs()[1]
    assert main(["picture", "reconstruction-figure-2"]) == 0
    assert main(["picture", "reconstruction-figure-2", "--only", worst.id]) == 0
    assert asked == [[arm.runs()[0] for arm in arms], [worst]]
    assert main(["picture", "reconstruction-figure-2", "--only", "4711"]) == 1
    assert "4711" in capsys.readouterr().err
