"""Records on disk: written once and whole, read back as a table."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from discriminative.paths import project_root
from discriminative.provenance import source_hash
from discriminative.runs import SCHEMA, Run

__all__ = ["Ledger", "LedgerError", "correctness", "table"]

KEYS = {"schema", "id", "status", "run", "metrics", "curves", "geometry", "environment", "source"}


class LedgerError(RuntimeError):
    """A record cannot be read or may not be written; the message says which and what to do."""


class Ledger:
    """One folder of records, ``<data set>/<run id>.json``, arrays beside them in ``.npz``.

    Args:
        folder: ``results/`` for laptop and paper runs, ``build/records/`` for quick ones: see :meth:`of`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, profile: str, root: Path | None = None) -> Ledger:
        root = project_root() if root is None else root
        return cls(root / "build" / "records" if profile == "quick" else root / "results")

    def path(self, run: Run) -> Path:
        return self.folder / run.dataset / f"{run.id}.json"

    def has(self, run: Run) -> bool:
        return self.path(run).exists()

    def write(self, record: dict[str, Any], arrays: dict[str, np.ndarray] | None = None) -> Path:
        """Put a record in its place, whole or not at all; one that stands there already is left as it is.

        Raises:
            LedgerError: if the record breaks the contract: a missing part, a blend above its floor at the end.
        """
        run = Run.from_json(record["run"])
        _check(record, str(self.path(run)))
        path = self.path(run)
        path.parent.mkdir(parents=True, exist_ok=True)
        if arrays:
            buffer = io.BytesIO()
            np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
            content = buffer.getvalue()
            record = {**record, "arrays": {"sha256": hashlib.sha256(content).hexdigest(), "names": sorted(arrays)}}
            _create(path.with_suffix(".npz"), content)
        text = json.dumps(record, separators=(",", ":"), allow_nan=False) + "\n"
        _create(path, text.encode())
        return path

    def read(self, run: Run) -> dict[str, Any]:
        """The record of a run.

        Raises:
            LedgerError: if there is none, or the file is cut short or altered.
        """
        path = self.path(run)
        if not path.exists():
            raise LedgerError(f"there is no record of run {run.id} at {path}; train it with `discriminative run`")
        return read_record(path)

    def arrays(self, run: Run) -> dict[str, np.ndarray]:
        """The arrays beside a record, checked against the SHA-256 in it."""
        record = self.read(run)
        path = self.path(run).with_suffix(".npz")
        content = path.read_bytes() if path.exists() else b""
        if hashlib.sha256(content).hexdigest() != record.get("arrays", {}).get("sha256"):
            raise LedgerError(f"{path} is not the file that its record describes; delete both and run {run.id} again")
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}

    def records(self) -> list[dict[str, Any]]:
        """Every record of the folder, in the order of their paths."""
        return [read_record(path) for path in sorted(self.folder.glob("*/*.json"))]


def _create(path: Path, content: bytes) -> None:
    """Write ``path`` whole and only if it does not exist: of two writers the first wins, no reader sees a part."""
    if path.exists():
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o644)
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)


def read_record(path: Path) -> dict[str, Any]:
    """One record from its file, checked."""
    try:
        record: dict[str, Any] = json.loads(path.read_text())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise LedgerError(f"{path} is not a whole record ({error}); delete it and run its experiment again") from error
    _check(record, str(path))
    if record["id"] != path.stem:
        raise LedgerError(f"{path} holds the record of run {record['id']}; delete it and run its experiment again")
    return record


def _check(record: Any, where: str) -> None:
    missing = sorted(KEYS - set(record)) if isinstance(record, dict) else sorted(KEYS)
    if missing:
        raise LedgerError(f"{where} is not a whole record: it lacks {', '.join(missing)}; delete it and run it again")
    if record["schema"] != SCHEMA:
        raise LedgerError(
            f"{where} has schema {record['schema']}, expected {SCHEMA}; read it with the release that wrote it"
        )
    run = Run.from_json(record["run"])
    if run.id != record["id"]:
        raise LedgerError(f"{where} says run {record['id']}, but its settings are those of {run.id}; it was altered")
    if record["status"] not in ("finished", "diverged"):
        raise LedgerError(f"{where} has status {record['status']!r}, expected 'finished' or 'diverged'")
    if record["status"] == "finished" and run.blend and record["metrics"].get("final_blend") != run.blend.floor:
        raise LedgerError(
            f"{where} ended with lambda {record['metrics'].get('final_blend')}, above its floor {run.blend.floor}; "
            "such a run is not evidence for its margin"
        )


def correctness(record: dict[str, Any]) -> np.ndarray:
    """Which test images were classified right, ``[N]`` bool, in the order of the test set."""
    bits = np.frombuffer(base64.b64decode(record["metrics"]["test_correct"]), dtype=np.uint8)
    return np.unpackbits(bits)[: record["metrics"]["test"]["images"]].astype(bool)


def table(records: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """One row a record: id, status, settings, errors in percent, geometry, provenance.

    ``checked`` is true where today's source hash is the record's.
    """
    rows = []
    for record in records:
        run = Run.from_json(record["run"])
        metrics = record["metrics"]
        row: dict[str, Any] = {"id": record["id"], "status": record["status"], "seed": run.seed}
        for part in ("test", "validation", "train"):
            summary = metrics.get(part) or {}
            row[f"{part}_wrong"], row[f"{part}_images"] = summary.get("wrong"), summary.get("images")
            row[f"{part}_error"] = 100 * summary["wrong"] / summary["images"] if summary else None
            row[f"{part}_loss"] = summary.get("loss")
        row |= {"first_bad_step": metrics.get("first_bad_step"), "train_images": metrics["train_images"]}
        row |= record["geometry"]
        row |= {f"env_{name}": value for name, value in record["environment"].items()}
        row |= {"revision": record["source"]["revision"], "checked": record["source"]["hash"] == source_hash(run)}
        rows.append(row)
    return pd.DataFrame(rows)
