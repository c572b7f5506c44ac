"""Chapters executed by papermill, each only when what it computes from has changed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from discriminative._checks import require
from discriminative.site.notebook import (
    BookError,
    Notebook,
    carry_over,
    executed_path,
    is_injected,
    read,
    write,
)
from discriminative.site.reading import Records, experiments_read, files_read

__all__ = ["check_parameters", "execute_all", "execution_key"]

AT_ONCE = 2  # notebooks; each keeps to one thread


def execute_all(paths: Iterable[Path], profile: str, root: Path) -> list[str]:
    """Bring the executed copies of notebooks up to date, two at once; return the names of those that were executed.

    Raises:
        BookError: if a cell fails; the other notebooks are executed all the same.
    """
    records = Records(root)
    waiting = []
    for path in paths:
        bare = read(path)
        check_parameters(bare, path)
        key = execution_key(bare, path.stem, profile, records)
        if not _carried_over(bare, executed_path(root, path.stem), key):
            waiting.append((path, key))
    with ThreadPoolExecutor(AT_ONCE) as pool:  # each waits for a process of its own
        running = [pool.submit(_execute, path, key, profile, root) for path, key in waiting]
    failed = [str(error) for future in running if (error := future.exception()) is not None]
    for future in running:
        error = future.exception()
        if error is not None and not isinstance(error, BookError):
            raise error
    if failed:
        raise BookError("; ".join(failed))
    return [path.stem for path, _ in waiting]


def _carried_over(bare: Notebook, target: Path, key: str) -> bool:
    """Whether the executed copy is of this key; if so, it gets the prose of today."""
    if not target.exists():
        return False
    old = read(target)
    if old["metadata"].get("discriminative", {}).get("key") != key:
        return False
    fresh = carry_over(bare, old)
    if fresh != old:
        write(target, fresh)
        print(f"{target.stem}: outputs carried over")
    return True


def _execute(path: Path, key: str, profile: str, root: Path) -> None:
    print(f"{path.stem}: executing at {profile}", flush=True)
    target = executed_path(root, path.stem)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part.ipynb")
    started = time.monotonic()
    command = [
        *(sys.executable, "-m", "papermill", str(path), str(part), "--parameters_raw", "profile", profile),
        *("--kernel", "python3", "--cwd", str(root / "notebooks"), "--no-progress-bar", "--no-log-output"),
    ]
    settings = {"OMP_NUM_THREADS": "1"} | os.environ | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    try:
        run = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
        if run.returncode:
            told = _failure(read(part)) if part.exists() else ""
            last = run.stderr.strip().splitlines()[-1:] or [f"papermill ended with status {run.returncode}"]
            raise BookError(f"{path.name}, {told or last[0]}")
        done = read(part)
    finally:
        part.unlink(missing_ok=True)
    done["metadata"].pop("papermill", None)  # it holds this machine's paths
    for cell in filter(is_injected, done["cells"]):
        cell["metadata"]["tags"].append("remove-cell")  # the page says its profile where it speaks of it
    done["metadata"]["discriminative"] = {
        "key": key,
        "profile": profile,
        "seconds": round(time.monotonic() - started, 1),
        "finished": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "environment": _environment(),
    }
    write(target, done)


def _failure(part: Notebook) -> str:
    """Which cell of the bare notebook failed, and how; empty where none did."""
    number = 0
    for cell in part["cells"]:
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                return f"cell {number}: {output['ename']}: {output['evalue']}"
        number += not is_injected(cell) and "papermill-error-cell-tag" not in cell["metadata"].get("tags", [])
    return ""


def check_parameters(bare: Notebook, path: Path) -> None:
    """A chapter has one parameters cell, which sets ``profile`` alone: papermill would take any other name silently."""
    cells = [cell for cell in bare["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    require(len(cells) == 1, "{} must have one cell tagged parameters, got {}", path.name, len(cells))
    names = re.findall(r"^(\w+)\s*=", "".join(cells[0]["source"]), flags=re.MULTILINE)
    require(names == ["profile"], "{} must have the one parameter 'profile', got {}", path.name, names)


def execution_key(bare: Notebook, stem: str, profile: str, records: Records) -> str:
    """What an execution depends on: its code cells, the code and the records that they read, the locked versions."""
    digest = hashlib.sha256(profile.encode())
    cells = [cell for cell in bare["cells"] if cell["cell_type"] == "code"]
    digest.update(json.dumps([_code(cell) for cell in cells]).encode())
    sources = ["".join(cell["source"]) for cell in cells]
    for file in [*files_read(stem, sources), records.root / "requirements.lock"]:
        digest.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    for line in records.told(experiments_read(stem, sources)):
        digest.update(line.encode())
    return digest.hexdigest()[:16]


def _code(cell: dict[str, Any]) -> tuple[str, Any]:
    return "".join(cell["source"]), {k: v for k, v in cell["metadata"].items() if k != "papermill"}


def _environment() -> dict[str, str]:
    import torch

    from discriminative.provenance import describe_environment, revision

    described = describe_environment(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    return {"revision": revision(), **{k: str(v) for k, v in described.items() if k != "threads"}}
