"""Chapters executed by papermill, each only when what it computes from has changed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

from discriminative._checks import require
from discriminative.site.notebook import BookError, Notebook, carry_over, is_injected, read, write

__all__ = ["check_parameters", "execute", "execution_key"]


def execute(path: Path, profile: str, root: Path) -> Path:
    """The executed copy of a notebook, in ``build/executed/``; executed again only if what it computes from changed.

    A change of Markdown cells alone carries the outputs over.
    """
    target = root / "build" / "executed" / path.name
    bare: Notebook = read(path)
    check_parameters(bare, path)
    key = execution_key(bare, profile, root)
    old: Notebook | None = read(target) if target.exists() else None
    if old is not None and old["metadata"].get("discriminative", {}).get("key") == key:
        fresh = carry_over(bare, old)
        if fresh != old:
            write(target, fresh)
            print(f"{path.stem}: outputs carried over")
        return target

    import papermill
    from papermill.exceptions import PapermillExecutionError

    print(f"{path.stem}: executing at {profile}", flush=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part.ipynb")
    started = time.monotonic()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    try:
        papermill.execute_notebook(
            path,
            part,
            parameters={"profile": profile},
            kernel_name="python3",
            cwd=root / "notebooks",
            progress_bar=sys.stderr.isatty(),
        )
    except PapermillExecutionError as error:
        part.unlink(missing_ok=True)
        raise BookError(f"{path.name}, cell {error.cell_index}: {error.ename}: {error.evalue}") from error
    done: Notebook = read(part)
    part.unlink()
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
    return target


def check_parameters(bare: Notebook, path: Path) -> None:
    """A chapter has one parameters cell, which sets ``profile`` alone: papermill would take any other name silently."""
    cells = [cell for cell in bare["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    require(len(cells) == 1, "{} must have one cell tagged parameters, got {}", path.name, len(cells))
    names = re.findall(r"^(\w+)\s*=", "".join(cells[0]["source"]), flags=re.MULTILINE)
    require(names == ["profile"], "{} must have the one parameter 'profile', got {}", path.name, names)


def execution_key(bare: Notebook, profile: str, root: Path) -> str:
    """What an execution depends on: its code cells, the package, the records, the locked versions, the profile."""
    digest = hashlib.sha256(profile.encode())
    digest.update(json.dumps([_code(cell) for cell in bare["cells"] if cell["cell_type"] == "code"]).encode())
    files = [*(root / "src").rglob("*.py"), *(root / "src").rglob("*.json"), root / "requirements.lock"]
    for folder in ("results", "build/records", "benchmarks/results"):
        files += (root / folder).rglob("*.json")
    for file in sorted(files):
        digest.update(str(file.relative_to(root)).encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _code(cell: dict[str, Any]) -> tuple[str, Any]:
    return "".join(cell["source"]), {k: v for k, v in cell["metadata"].items() if k != "papermill"}


def _environment() -> dict[str, str]:
    import torch

    from discriminative.provenance import describe_environment, revision

    described = describe_environment(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    return {"revision": revision(), **{k: str(v) for k, v in described.items() if k != "threads"}}
