"""The cluster workflow on this machine: what it would do, and two runs at once for real."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from discriminative.cli import main
from discriminative.ledger import Ledger

HERE = Path(__file__).parents[1]
SNAKEMAKE = os.environ.get("SNAKEMAKE") or shutil.which("snakemake")
needs_snakemake = pytest.mark.skipif(
    SNAKEMAKE is None, reason="the workflow is an optional extra: no snakemake on the path or in SNAKEMAKE"
)


def snakemake(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        str(SNAKEMAKE), "--snakefile", str(HERE / "workflow" / "Snakefile"), "--directory", str(root), "--cores", "2",
        *arguments, "--config", f"python={sys.executable}", "profile=quick", "experiments=workhorse", "seeds=1",
    ]  # fmt: skip
    environment = {**os.environ, "DISCRIMINATIVE_ROOT": str(root), "XDG_CACHE_HOME": str(root / "cache")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def grid(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, str]]:
    assert main(["plan", "workhorse", "--profile", "quick", "--grid", *arguments]) == 0
    return list(csv.DictReader(capsys.readouterr().out.splitlines(), delimiter="\t"))


def test_the_grid_has_a_line_a_run_and_says_where_its_record_goes(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = grid(capsys, "--seeds", "2")
    assert len({row["id"] for row in rows}) == len(rows) == 8
    assert {row["seed"] for row in rows} == {"0", "1"}
    assert {row["there"] for row in rows} == {"no"}
    only = rows[5]
    assert main(["run", "workhorse", "--only", only["id"], "--jobs", "1"]) == 0
    assert Path(only["record"]).exists()
    capsys.readouterr()
    assert [row["id"] for row in grid(capsys) if row["there"] == "yes"] == [only["id"]]
    assert main(["run", "workhorse", "--only", "0" * 16]) == 1
    assert "--only must name runs of these experiments" in capsys.readouterr().err


@needs_snakemake
def test_a_dry_run_plans_a_job_for_each_missing_run_and_each_chapter(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "notebooks").mkdir()
    (root / "notebooks" / "chapter.ipynb").write_text("{}")
    done = snakemake(root, "--dry-run")
    assert done.returncode == 0, done.stderr
    for row in grid(capsys, "--seeds", "1"):
        assert f"build/workflow/{row['id']}.trained" in done.stdout + done.stderr
    assert "build/workflow/chapter.executed" in done.stdout + done.stderr
    assert not (root / "build" / "records").exists()


@needs_snakemake
def test_two_cores_train_the_grid_then_a_chapter_and_a_second_call_trains_nothing(root: Path) -> None:
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "a",
        "metadata": {"tags": ["parameters"]},
        "outputs": [],
    }
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [cell | {"source": 'profile = "quick"'}]
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (root / "notebooks").mkdir()
    (root / "notebooks" / "chapter.ipynb").write_text(json.dumps(notebook))
    (root / "requirements.lock").touch()
    first = snakemake(root, "build/workflow/chapter.executed")
    assert first.returncode == 0, first.stderr
    records = Ledger.of("quick", root).paths()
    assert len(records) == 4
    assert all(json.loads(path.read_text())["status"] == "finished" for path in records)
    assert (root / "build" / "executed" / "chapter.ipynb").exists()
    times = [path.stat().st_mtime_ns for path in records]
    second = snakemake(root, "records")
    assert second.returncode == 0, second.stderr
    assert ".trained" not in second.stdout + second.stderr
    assert [path.stat().st_mtime_ns for path in records] == times
