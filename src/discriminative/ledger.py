"""Records on disk: written once and whole, read back as a table."""

from __future__ import annotations

import base64
import contextlib
import errno
import hashlib
import io
import json
import os
import re
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from discriminative.paths import project_root
from discriminative.provenance import choice_of, source_hash
from discriminative.runs import SCHEMA, BlendSchedule, Head, Optimizer, Run, Schedule, canonical

__all__ = ["Ledger", "LedgerError", "Merged", "arm_key", "correctness", "standing", "table"]

KEYS = {"schema", "id", "status", "run", "metrics", "curves", "geometry", "environment", "source"}


class LedgerError(RuntimeError):
    """A record cannot be read or may not be written; the message says which and what to do."""


class Ledger:
    """One folder of records, ``<data set>/<run id>.json``, arrays beside them in ``.npz``.

    Args:
        folder: ``results/`` for laptop and paper runs, ``build/records/`` for quick ones: see :meth:`of`.
        locks: where its locks are; ``build/locks/`` beside the folder unless given.
    """

    def __init__(self, folder: Path, locks: Path | None = None) -> None:
        self.folder = folder
        self.locks = folder.parent / "build" / "locks" if locks is None else locks

    @classmethod
    def of(cls, profile: str, root: Path | None = None) -> Ledger:
        root = project_root() if root is None else root
        folder = root / "build" / "records" if profile == "quick" else root / "results"
        return cls(folder, root / "build" / "locks")

    def path(self, run: Run) -> Path:
        return self.folder / run.dataset / f"{run.id}.json"

    def has(self, run: Run) -> bool:
        return self.path(run).exists()

    def write(self, record: dict[str, Any], arrays: dict[str, np.ndarray] | None = None) -> Path:
        """Put a record in its place, whole or not at all; one that stands there already is left as it is.

        Raises:
            LedgerError: if the record breaks the contract: a missing part, a blend above its floor at the end.
        """
        path = self.path(_check(record, f"the record of run {record.get('id')}"))
        content = None
        if arrays:
            buffer = io.BytesIO()
            np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
            content = buffer.getvalue()
            record = {**record, "arrays": {"sha256": hashlib.sha256(content).hexdigest(), "names": sorted(arrays)}}
        text = json.dumps(record, separators=(",", ":"), allow_nan=False) + "\n"
        self._put(path, text.encode(), content)
        return path

    def _put(self, path: Path, record: bytes, arrays: bytes | None) -> None:
        """A record and its arrays, the record last: arrays without one are what a killed process left."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._writing():
            if path.exists():
                return
            if arrays is None:
                path.with_suffix(".npz").unlink(missing_ok=True)
            else:
                _replace(path.with_suffix(".npz"), arrays)
            _create(path, record)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer at a time; what killed ones left half written is swept."""
        with _locked(self.locks / "records"):
            sweep(self.folder, ".*.json.*", "*/.*.json.*", "*/.*.npz.*")
            yield

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
        content = _arrays_beside(self.path(run), self.read(run))
        if content is None:
            raise LedgerError(f"run {run.id} has no arrays beside its record")
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}

    def find(self, run: Run) -> dict[str, Any] | None:
        """The record of a run, or ``None`` where there is none or it is broken, which is told (see :meth:`records`)."""
        path = self.path(run)
        found = _whole([path]) if path.exists() else []
        return found[0] if found else None

    def records(self) -> list[dict[str, Any]]:
        """Every record of the folder, in the order of their paths.

        One that is broken is left out and named on stderr, once a process: it says nothing of the others.
        """
        return _whole(self.paths())

    def paths(self) -> list[Path]:
        """The files of all records; those of ``superseded/`` lie a folder deeper and are not among them."""
        return sorted(self.folder.glob("*/*.json"))

    def verified(self) -> Verified:
        """What ``ledger verify`` found: (arm, hash of the records) to the hash it was compared at and the outcome."""
        path = self.folder / "verified.json"
        if not path.exists():
            return {}
        try:
            return _read_verified(path.read_text())
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(f"{path} cannot be read ({error}); delete it and run `ledger verify` again") from error

    def note_verified(self, found: Verified) -> None:
        """Add outcomes to ``verified.json``; a newer one of the same arm and hash takes the place of the older."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with _locked(self.locks / "verified"):
            content = _spell_verified(self.verified() | found).encode()
            _replace(self.folder / "verified.json", content)

    def supersede(self, record: dict[str, Any]) -> Path:
        """Move a record and its arrays to ``superseded/``, the hash of its source in the name; return the new place."""
        run = Run.from_json(record["run"])
        path = self.path(run)
        target = self.folder / "superseded" / run.dataset / f"{run.id}.{record['source']['hash']}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        arrays = path.with_suffix(".npz")
        with self._writing():
            if arrays.exists():  # there before the record goes and here until it is gone: no moment splits them
                _replace(target.with_suffix(".npz"), arrays.read_bytes())
            os.replace(path, target)
            arrays.unlink(missing_ok=True)
        return target

    def pack(self, file: Path, checkpoints: Iterable[Path] = ()) -> int:
        """Write every record, its arrays and what was verified into one zip file; return the number of records.

        Raises:
            LedgerError: if a record and its arrays do not belong together, or the file cannot be written.
        """
        if file.is_dir():
            raise LedgerError(f"{file} is a folder; name the file to write, such as {file / 'records.zip'}")
        paths = self.paths()
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in paths:
                arrays = _arrays_beside(path, read_record(path))
                archive.writestr(_entry(f"{path.parent.name}/{path.name}"), path.read_bytes())
                if arrays is not None:
                    archive.writestr(_entry(f"{path.parent.name}/{path.stem}.npz"), arrays)
            if self.verified():
                archive.writestr(_entry("verified.json"), _spell_verified(self.verified()))
            for path in sorted(checkpoints):
                archive.writestr(_entry(f"checkpoints/{path.name}"), path.read_bytes())
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            _replace(file, buffer.getvalue())
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EFBIG):
                raise
            raise LedgerError(
                f"{file} cannot be written ({error.strerror}); name a file in a folder of yours"
            ) from error
        return len(paths)

    def merge(self, file: Path, checkpoints: Path | None = None) -> Merged:
        """Take over the records of a file that :meth:`pack` wrote: all of them, or none if one is in conflict.

        A record that is here already with the same content is left as it is.

        Args:
            file: the packed file.
            checkpoints: where checkpoints go; ``None`` leaves them out. One of a run whose record is here is not taken;
                of two of one run the one with more steps stays.

        Raises:
            LedgerError: if the file is no such file, a record in it breaks the contract, or one with the same id but
                other content is here; both are shown, and nothing is written.
        """
        entries = _unpack(file)
        records = {name: content for name, content in entries.items() if name.endswith(".json") and "/" in name}
        new: list[str] = []
        for name, content in records.items():
            record = parse_record(content, f"{name} in {file.name}", Path(name).stem)
            arrays = entries.get(f"{name[:-5]}.npz")
            if record.get("arrays", {}).get("sha256") != (
                None if arrays is None else hashlib.sha256(arrays).hexdigest()
            ):
                raise LedgerError(
                    f"{name} in {file.name} and the arrays beside it do not belong together; pack it again"
                )
            if record["run"]["dataset"] != name.split("/")[0]:
                raise LedgerError(f"{name} in {file.name} is a record of {record['run']['dataset']}; pack it again")
            here = self.folder / name
            if not here.exists():
                new.append(name)
            elif read_record(here) != record:
                raise LedgerError(
                    f"run {record['id']} has two records: here {_told(read_record(here))}; in {file.name} "
                    f"{_told(record)}; nothing was imported: move one of them away first"
                )
        theirs = _read_verified(entries["verified.json"].decode()) if "verified.json" in entries else {}
        ours = self.verified()
        clash = [key for key, value in theirs.items() if key in ours and _better(ours[key], value) is None]
        if clash:
            raise LedgerError(
                f"arm {clash[0][0]} was verified twice: here {ours[clash[0]]}, in {file.name} {theirs[clash[0]]}; "
                "nothing was imported: run `ledger verify` again on one side"
            )
        for name in new:
            self._put(self.folder / name, records[name], entries.get(f"{name[:-5]}.npz"))
        if theirs:
            self.note_verified({key: _better(ours.get(key, value), value) or value for key, value in theirs.items()})
        taken, kept_out = 0, []
        ids = {path.stem for path in self.paths()}
        for name, content in entries.items():
            if checkpoints is None or not name.endswith(".pt") or Path(name).stem in ids:
                continue
            told = _take_checkpoint(checkpoints / Path(name).name, content)
            if told:
                kept_out.append(told)
            else:
                taken += 1
        return Merged(len(new), len(records) - len(new), taken, tuple(kept_out))


def _take_checkpoint(path: Path, content: bytes) -> str:
    """Put a checkpoint in its place unless the one there is as far; if it was kept out, a sentence that says why."""
    theirs, ours = _progress(content), _progress(path.read_bytes() if path.exists() else b"")
    if theirs is None:
        return f"checkpoint {path.name} was kept out: it cannot be read"
    if ours is not None and ours[1] != theirs[1]:
        return f"checkpoint {path.name} was kept out: other code wrote the one here, at step {ours[0]}; delete one"
    if ours is not None and ours[0] >= theirs[0]:
        return f"checkpoint {path.name} was kept out: it stands at step {theirs[0]}, the one here at step {ours[0]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, content)
    return ""


def _progress(content: bytes) -> tuple[int, str] | None:
    """The steps done in a checkpoint and the hash of the code that wrote it; ``None`` for what is none."""
    try:
        state = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
        return int(state["step"]), str(state["source"])
    except Exception:
        return None


@dataclass(frozen=True)
class Merged:
    """How many records an import brought, how many were here already, and how many checkpoints came along.

    ``kept_out`` holds a sentence for each checkpoint that did not.
    """

    new: int
    known: int
    checkpoints: int
    kept_out: tuple[str, ...] = ()


Verified = dict[tuple[str, str], dict[str, Any]]
PACKED = re.compile(r"(?:[a-z0-9-]+/[0-9a-f]{16}\.(?:json|npz)|checkpoints/[0-9a-f]{16}\.pt|verified\.json)")
LARGEST = {".json": 2**20, ".npz": 2**20, ".pt": 2**30}  # bytes that an entry of a packed file may unpack to


def _entry(name: str) -> zipfile.ZipInfo:
    """A fixed date, so that the same records always pack into the same file."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _unpack(file: Path) -> dict[str, bytes]:
    """The entries of a packed file, by name; nothing is unpacked to disk and no name but those we write is taken."""
    if not file.exists():
        raise LedgerError(f"{file} is not there; write it with `discriminative ledger pack`")
    try:
        with zipfile.ZipFile(file) as archive:
            entries = {}
            for info in archive.infolist():
                if not PACKED.fullmatch(info.filename):
                    raise LedgerError(f"{file} holds {info.filename!r}, which no pack writes; it is not imported")
                if info.file_size > LARGEST[Path(info.filename).suffix]:
                    raise LedgerError(f"{file} holds {info.filename} of {info.file_size:,} bytes: more than any record")
                entries[info.filename] = archive.read(info)
            return entries
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error) as error:
        raise LedgerError(f"{file} is not a whole packed ledger ({error}); pack it again") from error


def _told(record: dict[str, Any]) -> str:
    """What tells two records of one run apart, on one line."""
    test = record["metrics"].get("test") or {}
    wrong = (
        f"{test['wrong']} of {test['images']} wrong"
        if test
        else f"diverged at {record['metrics'].get('first_bad_step')}"
    )
    environment, source = record["environment"], record["source"]
    return (
        f"{wrong} on {environment.get('device_name')} (torch {environment.get('torch')}, "
        f"{environment.get('wall_seconds')} s, revision {source['revision']}, source {source['hash']})"
    )


def _spell_verified(found: Verified) -> str:
    """JSON, one arm a line, sorted: a change is a change of lines."""
    lines = [
        json.dumps({"arm": arm, "was": was, **outcome}, separators=(",", ":"))
        for (arm, was), outcome in sorted(found.items())
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _read_verified(text: str) -> Verified:
    found = {}
    for line in json.loads(text):
        outcome = {"hash": str(line["hash"]), "equal": bool(line["equal"]), "run": str(line["run"])}
        for name, kind in PAIRED.items():
            if name in line:
                outcome[name] = kind(line[name])
        found[str(line["arm"]), str(line["was"])] = outcome
    return found


# What is noted beside where seeds were compared in pairs: how many, the t of their differences with its degrees of
# freedom, whether that is no more than seeds differ by, and the machine.
PAIRED: dict[str, type] = {"consistent": bool, "seeds": int, "t": float, "freedom": int, "machine": str}


def _better(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any] | None:
    """Of two notes of one arm the one that says more; ``None`` where they contradict each other."""
    if ours == theirs:
        return ours
    holds = [note["equal"] or note.get("consistent", False) for note in (ours, theirs)]
    if ours["hash"] != theirs["hash"] or holds[0] != holds[1]:
        return None
    return theirs if theirs["equal"] else ours


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time, where the system has such locks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        with contextlib.suppress(ImportError):
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _beside(path: Path, content: bytes) -> Iterator[str]:
    """The name of a file beside ``path`` that holds ``content`` whole; removed at the end unless it was moved."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, 0o644)
        yield name
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


def _replace(path: Path, content: bytes) -> None:
    """Write ``path`` whole, in place of what was there."""
    with _beside(path, content) as name:
        os.replace(name, path)


def _create(path: Path, content: bytes) -> None:
    """Write ``path`` whole and only if it does not exist: of two writers the first wins, no reader sees a part."""
    if path.exists():
        return
    with _beside(path, content) as name, contextlib.suppress(FileExistsError):
        os.link(name, path)


def sweep(folder: Path, *patterns: str) -> None:
    """Remove what processes that were killed while they wrote left behind: files of such names, older than an hour."""
    for pattern in patterns:
        for path in folder.glob(pattern):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > 3600:
                    path.unlink()


def _arrays_beside(path: Path, record: dict[str, Any]) -> bytes | None:
    """The file of arrays beside a record, checked against the SHA-256 in it; ``None`` where the record names none."""
    beside, expected = path.with_suffix(".npz"), record.get("arrays", {}).get("sha256")
    if expected is None:
        return None
    content = beside.read_bytes() if beside.exists() else b""
    if hashlib.sha256(content).hexdigest() != expected:
        raise LedgerError(
            f"{beside} is not the file that its record describes; restore both with `git checkout` where they are "
            f"committed, elsewhere delete both and run {record['id']} again"
        )
    return content


TOLD: set[str] = set()


def _whole(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """The records that can be read; the others are named on stderr, each once a process."""
    found = []
    for path in paths:
        try:
            found.append(read_record(path))
        except LedgerError as error:
            if str(error) not in TOLD:
                print(f"discriminative: left out: {error}", file=sys.stderr)
                TOLD.add(str(error))
    return found


REMEDY = "restore it with `git checkout` where it is committed, elsewhere delete it and run its experiment again"


def read_record(path: Path) -> dict[str, Any]:
    """One record from its file, checked."""
    return parse_record(path.read_bytes(), str(path), path.stem)


KEPT: dict[tuple[str, bytes], dict[str, Any]] = {}  # by id and the hash of their bytes, the records that were checked


def parse_record(content: bytes, where: str, id: str) -> dict[str, Any]:
    """One record from its bytes, checked; ``where`` names them in errors.

    The same bytes are read once a process: who asks again gets the same record, which nobody may alter.
    """
    key = (id, hashlib.sha256(content).digest())
    if key in KEPT:
        return KEPT[key]
    try:
        record: dict[str, Any] = json.loads(content)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise LedgerError(f"{where} is not a whole record ({error}); {REMEDY}") from error
    _check(record, where)
    if record["id"] != id:
        raise LedgerError(f"{where} holds the record of run {record['id']}; {REMEDY}")
    KEPT[key] = record
    return record


def _check(record: Any, where: str) -> Run:
    """The run of a record that keeps the contract."""
    missing = sorted(KEYS - set(record)) if isinstance(record, dict) else sorted(KEYS)
    if missing:
        raise LedgerError(f"{where} is not a whole record: it lacks {', '.join(missing)}; {REMEDY}")
    if record["schema"] != SCHEMA:
        raise LedgerError(
            f"{where} has schema {record['schema']}, expected {SCHEMA}; read it with the release that wrote it"
        )
    run = _run(record["run"], where)
    if run.id != record["id"]:
        raise LedgerError(f"{where} says run {record['id']}, but its settings are those of {run.id}; it was altered")
    if record["status"] not in ("finished", "diverged"):
        raise LedgerError(f"{where} has status {record['status']!r}, expected 'finished' or 'diverged'")
    blend = run.last_blend
    if record["status"] == "finished" and blend and record["metrics"].get("final_blend") != blend.floor:
        raise LedgerError(
            f"{where} ended with lambda {record['metrics'].get('final_blend')}, above its floor {blend.floor}; "
            "such a run is not evidence for its margin"
        )
    return run


PARTS = {"head": Head, "blend": BlendSchedule, "optimizer": Optimizer, "schedule": Schedule}


def _run(values: Any, where: str) -> Run:
    """The run in a record; what this release cannot read of it is named."""
    remedy = f"read it with the release that wrote it, or {REMEDY}"
    parts: list[tuple[str, type, Any]] = [("run", Run, values)]
    if isinstance(values, dict):
        parts += [(f"run.{name}", kind, values[name]) for name, kind in PARTS.items() if name in values]
    for name, kind, part in parts:
        if part is None and name == "run.blend":
            continue
        if not isinstance(part, dict):
            raise LedgerError(f"{where} has {part!r} as its {name}, expected an object; {remedy}")
        unknown = sorted(set(part) - {field.name for field in fields(kind)})
        if unknown:
            raise LedgerError(f"{where} sets {name}.{unknown[0]}, which this release does not know; {remedy}")
    try:
        run = Run.from_json(values)
        run.id, choice_of(run)  # both fail on a value, a head or a term that is none
        return run
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise LedgerError(
            f"{where} holds a run that this release cannot read ({type(error).__name__}: {error}); {remedy}"
        ) from error


def correctness(record: dict[str, Any]) -> np.ndarray:
    """Which test images were classified right, ``[N]`` bool, in the order of the test set."""
    bits = np.frombuffer(base64.b64decode(record["metrics"]["test_correct"]), dtype=np.uint8)
    return np.unpackbits(bits)[: record["metrics"]["test"]["images"]].astype(bool)


def arm_key(run: Run) -> str:
    """The name that all seeds of one setting share: the id of its run at seed 0."""
    return run.with_seed(0).id


def standing(record: dict[str, Any], verified: Verified) -> str:
    """What is known of a record under today's code.

    ``"checked"`` where the hash of its source is today's, or where ``ledger verify`` ran one seed of the same arm again
    and found it equal; ``"consistent"`` where it did so with several seeds on a machine that gives other digits, and
    they differ by no more than what seeds differ by; ``"stale"`` where they do not agree; else ``"unchecked"``.
    """
    arm, today = _today(canonical(record["run"] | {"seed": 0}))
    was = record["source"]["hash"]
    if was == today:
        return "checked"
    outcome = verified.get((arm, was))
    if outcome is None or outcome["hash"] != today:
        return "unchecked"
    return "checked" if outcome["equal"] else "consistent" if outcome.get("consistent") else "stale"


@cache
def _today(settings: str) -> tuple[str, str]:
    """The key of the arm with these settings, as a record spells them, and the hash of the code that it runs today."""
    run = Run.from_json(json.loads(settings))
    return arm_key(run), source_hash(run)


HOLDS = ("checked", "consistent")


def table(records: Iterable[dict[str, Any]], verified: Verified | None = None) -> pd.DataFrame:
    """One row a record: id, status, settings, errors in percent, geometry, provenance.

    ``checked`` is true where today's code gives the record, or a consistent one (see :func:`standing`); ``verified`` is
    what the project's ledger holds of it unless given.
    """
    verified = Ledger.of("paper").verified() if verified is None else verified
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
        row |= {"revision": record["source"]["revision"], "checked": standing(record, verified) in HOLDS}
        rows.append(row)
    return pd.DataFrame(rows)
