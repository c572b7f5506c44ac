"""Records: whole or not at all, written once, read with suspicion."""

from __future__ import annotations

import copy
import json
import math
import multiprocessing
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from discriminative import provenance
from discriminative.ledger import Ledger, LedgerError, Merged, arm_key, correctness, read_record, standing, table
from discriminative.runs import Run
from discriminative.training import train


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    from discriminative.runs import BlendSchedule, Head, Optimizer, Schedule

    run = Run(
        "digits", "mlp", 8, Head("LSoftmax", {"margin": 2}), 3, train_size=200, batch_size=32,
        blend=BlendSchedule(1.0), optimizer=Optimizer(0.05), schedule=Schedule(60),
    )  # fmt: skip
    return train(run)[0]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "results")


def test_a_record_comes_back_as_it_was(ledger: Ledger, record: dict[str, Any], tiny: Run) -> None:
    path = ledger.write(record)
    assert path == ledger.folder / "digits" / f"{tiny.id}.json"
    assert ledger.read(tiny) == record
    assert ledger.records() == [record]


def test_every_part_of_the_contract_is_there(record: dict[str, Any]) -> None:
    assert set(record) == {
        "schema", "id", "status", "run", "metrics", "curves", "geometry", "environment", "source",
    }  # fmt: skip
    assert {"device", "threads", "torch", "wall_seconds", "images_per_second"} <= set(record["environment"])
    assert set(record["source"]) == {"revision", "hash"}
    assert {"separability_raw", "separability_unit", "own_angle", "rival_angle", "angle_gap"} <= set(record["geometry"])


def test_an_existing_record_is_never_rewritten(ledger: Ledger, record: dict[str, Any], tiny: Run) -> None:
    ledger.write(record)
    other = copy.deepcopy(record)
    other["metrics"]["test"]["wrong"] += 1
    ledger.write(other)
    assert ledger.read(tiny) == record


def test_nothing_but_records_is_left_in_the_folder(ledger: Ledger, record: dict[str, Any]) -> None:
    ledger.write(record)
    ledger.write(record)
    assert [path.name for path in (ledger.folder / "digits").iterdir()] == [f"{record['id']}.json"]


def test_a_full_disk_leaves_no_record(ledger: Ledger, record: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        ledger.write(record)
    assert not list((ledger.folder / "digits").iterdir())


@pytest.mark.parametrize("length", [0, 10, 500])
def test_a_truncated_record_is_one_clear_sentence(
    ledger: Ledger, record: dict[str, Any], tiny: Run, length: int
) -> None:
    path = ledger.write(record)
    path.write_text(path.read_text()[:length])
    with pytest.raises(LedgerError, match=r"\.json is not a whole record .*delete it and run") as told:
        ledger.read(tiny)
    assert "\n" not in str(told.value)


def test_a_broken_record_is_named_and_left_out_and_stops_nothing(
    ledger: Ledger, record: dict[str, Any], tiny: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger.write(record)
    other = tiny.with_seed(8)
    ledger.path(other).write_text('{"schema": 1, ')
    for _ in range(2):
        assert ledger.records() == [record]
        assert ledger.find(other) is None
        assert ledger.find(tiny) == record
        assert ledger.find(tiny.with_seed(9)) is None
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert f"left out: {ledger.path(other)} is not a whole record" in told
    assert "`git checkout` where it is committed" in told
    with pytest.raises(LedgerError, match="is not a whole record"):
        ledger.read(other)


def test_an_altered_record_is_refused(ledger: Ledger, record: dict[str, Any], tiny: Run) -> None:
    path = ledger.write(record)
    altered = copy.deepcopy(record)
    altered["run"]["seed"] = 99
    path.write_text(json.dumps(altered))
    with pytest.raises(LedgerError, match="it was altered"):
        ledger.read(tiny)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schema": 2}, "has schema 2, expected 1"),
        ({"status": "fine"}, "status 'fine'"),
        ({"metrics": {"final_blend": 7.0}}, "above its floor"),
    ],
)
def test_a_record_that_breaks_the_contract_is_refused(
    ledger: Ledger, record: dict[str, Any], change: dict[str, Any], told: str
) -> None:
    with pytest.raises(LedgerError, match=told):
        ledger.write({**record, **change})
    with pytest.raises(LedgerError, match="it lacks curves"):
        ledger.write({k: v for k, v in record.items() if k != "curves"})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"class_subset": [1, 2]}, "sets run.class_subset, which this release does not know"),
        ({"optimizer": {"nesterov": True}}, "sets run.optimizer.nesterov, which this release does not know"),
        ({"head": None}, "has None as its run.head, expected an object"),
        ({"schedule": []}, r"has \[\] as its run.schedule, expected an object"),
        ({"head": {"name": "Later"}}, "a run that this release cannot read .*Later"),
        ({"terms": [{"name": "Later", "coefficient": 1.0}]}, "a run that this release cannot read .*Later"),
        ({"seed": "3"}, "a run that this release cannot read .*seed must be an integer"),
        ({"feature_dim": 0}, "a run that this release cannot read .*feature_dim"),
        ({"optimizer": {"rate": math.nan}}, "a run that this release cannot read .*rate must be finite"),
    ],
)
def test_a_record_whose_run_this_release_cannot_read_is_one_sentence(
    ledger: Ledger, record: dict[str, Any], tiny: Run, change: dict[str, Any], told: str
) -> None:
    path = ledger.write(record)
    path.write_text(json.dumps({**record, "run": {**record["run"], **change}}))
    with pytest.raises(LedgerError, match=rf"{tiny.id}\.json .*{told}.*; read it with the release") as error:
        read_record(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("run", [[], None, "run", {}])
def test_a_record_without_a_run_is_one_sentence(ledger: Ledger, record: dict[str, Any], run: Any) -> None:
    path = ledger.write(record)
    path.write_text(json.dumps({**record, "run": run}))
    with pytest.raises(LedgerError, match=rf"{record['id']}\.json .*run"):
        read_record(path)
    with pytest.raises(LedgerError, match=f"run {record['id']}"):
        ledger.write({**record, "run": run})


def test_a_missing_record_says_how_to_make_it(ledger: Ledger, tiny: Run) -> None:
    with pytest.raises(LedgerError, match=f"no record of run {tiny.id}.*discriminative run"):
        ledger.read(tiny)


def test_arrays_are_checked_against_their_record(ledger: Ledger, record: dict[str, Any], tiny: Run) -> None:
    path = ledger.write(record, {"features": np.ones((3, 2), dtype=np.float32)})
    assert ledger.arrays(tiny)["features"].shape == (3, 2)
    path.with_suffix(".npz").write_bytes(b"other")
    with pytest.raises(LedgerError, match="not the file that its record describes"):
        ledger.arrays(tiny)


FEATURES = {"features": np.ones((3, 2), dtype=np.float32)}


def test_arrays_that_a_killed_run_left_give_way_to_those_of_the_next(
    ledger: Ledger, record: dict[str, Any], tiny: Run
) -> None:
    left = ledger.path(tiny).with_suffix(".npz")
    left.parent.mkdir(parents=True)
    left.write_bytes(b"of the run that was killed before its record")
    ledger.write(record, FEATURES)
    assert ledger.arrays(tiny)["features"].shape == (3, 2)
    ledger.path(tiny).unlink()
    ledger.write(record)
    assert not left.exists()


def test_an_import_replaces_arrays_that_stand_alone(
    ledger: Ledger, record: dict[str, Any], tiny: Run, tmp_path: Path
) -> None:
    ledger.write(record, FEATURES)
    ledger.pack(tmp_path / "packed.zip")
    ledger.path(tiny).unlink()
    ledger.path(tiny).with_suffix(".npz").write_bytes(b"of the run that was killed before its record")
    ledger.merge(tmp_path / "packed.zip")
    assert ledger.arrays(tiny)["features"].shape == (3, 2)


@pytest.mark.parametrize("spoil", ["missing", "other"])
def test_a_record_without_its_arrays_is_not_packed(
    ledger: Ledger, record: dict[str, Any], tmp_path: Path, spoil: str
) -> None:
    arrays = ledger.write(record, FEATURES).with_suffix(".npz")
    arrays.unlink()
    if spoil == "other":
        arrays.write_bytes(b"other")
    with pytest.raises(LedgerError, match=r"\.npz is not the file that its record describes; restore both"):
        ledger.pack(tmp_path / "packed.zip")
    assert not (tmp_path / "packed.zip").exists()


def test_superseding_that_is_cut_short_leaves_a_whole_record(
    ledger: Ledger, record: dict[str, Any], tiny: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ledger.write(record, FEATURES)

    def killed(source: Path, target: Path) -> None:
        if Path(source) == path:
            raise KeyboardInterrupt
        rename(source, target)

    rename = os.replace
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            ledger.supersede(ledger.read(tiny))
    assert ledger.arrays(tiny)["features"].shape == (3, 2)
    kept = ledger.supersede(ledger.read(tiny))
    assert kept.with_suffix(".npz").exists()
    assert not list(path.parent.iterdir())


def test_what_a_killed_writer_left_is_swept_once_it_is_old(ledger: Ledger, record: dict[str, Any]) -> None:
    folder = ledger.folder / "digits"
    folder.mkdir(parents=True)
    old = [folder / f".{'0' * 16}.json.abcd1234", folder / f".{'0' * 16}.npz.abcd1234"]
    old.append(ledger.folder / ".verified.json.abcd1234")
    fresh = folder / f".{'1' * 16}.json.abcd1234"
    for path in (*old, fresh):
        path.write_bytes(b"half")
    for path in old:
        os.utime(path, (0, 0))
    ledger.write(record)
    assert sorted(path.name for path in folder.iterdir()) == [fresh.name, f"{record['id']}.json"]
    assert not old[2].exists()


def test_git_ignores_what_a_killed_writer_leaves() -> None:
    names = ["results/.verified.json.x", "results/mnist/.0.json.x", "results/mnist/.0.npz.x"]
    root = Path(__file__).parents[1]
    done = subprocess.run(["git", "check-ignore", *names], cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout.split() == names


def test_every_ledger_of_a_project_has_the_same_locks(tmp_path: Path) -> None:
    for profile in ("quick", "paper"):
        Ledger.of(profile, tmp_path).note_verified({})
    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("verified")] == [Path("build/locks/verified")]


def _write(folder: Path, record: dict[str, Any], wrong: int) -> None:
    changed = copy.deepcopy(record)
    changed["metrics"]["test"]["wrong"] = wrong
    for _ in range(50):
        Ledger(folder).write(changed)


def test_two_writers_leave_one_whole_record(ledger: Ledger, record: dict[str, Any], tiny: Run) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(ledger.folder, record, wrong)) for wrong in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert ledger.read(tiny)["metrics"]["test"]["wrong"] in (1, 2)


def test_of_two_writers_at_the_same_moment_the_first_wins(
    ledger: Ledger, record: dict[str, Any], tiny: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.write(record)
    other = copy.deepcopy(record)
    other["metrics"]["test"]["wrong"] += 1
    with monkeypatch.context() as patch:
        patch.setattr(Path, "exists", lambda _: False)  # as the second found it, just before
        ledger.write(other)
    assert ledger.read(tiny) == record


def test_the_table_has_a_row_a_record(record: dict[str, Any]) -> None:
    frame = table([record])
    assert frame["test_error"].iloc[0] == pytest.approx(100 * record["metrics"]["test"]["wrong"] / 360)
    assert bool(frame["checked"].iloc[0])
    assert correctness(record).shape == (360,)


def test_a_record_from_other_code_is_unchecked(record: dict[str, Any]) -> None:
    other = copy.deepcopy(record)
    other["source"]["hash"] = "0" * 16
    assert not table([other])["checked"].iloc[0]


EDITED = """
import sys
from pathlib import Path
from discriminative import provenance
from discriminative.runs import Head, Run
softmax = provenance.PACKAGE / "losses" / "softmax.py"
softmax.write_text(softmax.read_text().replace("super().__init__()", "super().__init__(); self.edited = True"))
print(provenance.source_hash(Run("digits", "mlp", 8, Head("Softmax"), 0)), provenance.PACKAGE)
"""


def test_code_edited_after_its_import_is_not_what_a_record_names(tmp_path: Path, plain: Run) -> None:
    shutil.copytree(provenance.PACKAGE, tmp_path / "discriminative", ignore=shutil.ignore_patterns("__pycache__"))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", EDITED], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [provenance.source_hash(plain), str(tmp_path / "discriminative")]


# Packing and importing


@pytest.fixture
def packed(ledger: Ledger, record: dict[str, Any], tmp_path: Path) -> Path:
    ledger.write(record, {"features": np.ones((3, 2), dtype=np.float32)})
    checkpoint = tmp_path / f"{'0' * 16}.pt"
    torch.save({"step": 20, "source": "ours"}, checkpoint)
    assert ledger.pack(tmp_path / "packed.zip", [checkpoint]) == 1
    return tmp_path / "packed.zip"


def test_a_packed_ledger_comes_out_as_it_went_in_and_a_second_time_nothing_happens(
    packed: Path, ledger: Ledger, tiny: Run, tmp_path: Path
) -> None:
    fresh = Ledger(tmp_path / "clone" / "results")
    checkpoints = tmp_path / "clone" / "build" / "checkpoints"
    assert fresh.merge(packed, checkpoints) == Merged(new=1, known=0, checkpoints=1)
    assert fresh.path(tiny).read_bytes() == ledger.path(tiny).read_bytes()
    assert fresh.arrays(tiny)["features"].shape == (3, 2)
    assert step_of(checkpoints) == 20
    again = fresh.merge(packed, checkpoints)
    assert (again.new, again.known, again.checkpoints) == (0, 1, 0)


def step_of(checkpoints: Path) -> int:
    state: Any = torch.load(checkpoints / f"{'0' * 16}.pt", weights_only=True)
    return int(state["step"])


@pytest.mark.parametrize(
    ("here", "step", "told"),
    [
        ({"step": 19, "source": "ours"}, 20, ""),
        ({"step": 20, "source": "ours"}, 20, "it stands at step 20, the one here at step 20"),
        ({"step": 21, "source": "ours"}, 21, "it stands at step 20, the one here at step 21"),
        ({"step": 7, "source": "other"}, 7, "other code wrote the one here, at step 7"),
        ([1, 2, 3], 20, ""),
    ],
)
def test_of_two_checkpoints_the_one_with_more_steps_stays(
    packed: Path, tmp_path: Path, here: Any, step: int, told: str
) -> None:
    fresh, checkpoints = Ledger(tmp_path / "clone" / "results"), tmp_path / "clone" / "checkpoints"
    checkpoints.mkdir(parents=True)
    torch.save(here, checkpoints / f"{'0' * 16}.pt")
    merged = fresh.merge(packed, checkpoints)
    assert step_of(checkpoints) == step
    assert merged.checkpoints == (not told)
    assert len(merged.kept_out) == bool(told)
    assert told in "".join(merged.kept_out)


def test_a_checkpoint_that_cannot_be_read_is_kept_out(packed: Path, ledger: Ledger, tmp_path: Path) -> None:
    spoiled = tmp_path / f"{'1' * 16}.pt"
    spoiled.write_bytes(b"where it stood")
    ledger.pack(packed, [spoiled])
    merged = Ledger(tmp_path / "clone" / "results").merge(packed, tmp_path / "clone" / "checkpoints")
    assert merged.kept_out == (f"checkpoint {spoiled.name} was kept out: it cannot be read",)
    assert not (tmp_path / "clone" / "checkpoints").exists()


def test_the_same_records_pack_into_the_same_file(packed: Path, ledger: Ledger, tmp_path: Path) -> None:
    ledger.pack(tmp_path / "one.zip")
    ledger.pack(tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_a_conflict_shows_both_records_and_imports_nothing(
    packed: Path, record: dict[str, Any], tiny: Run, tmp_path: Path
) -> None:
    from discriminative.training import train

    here = Ledger(tmp_path / "clone" / "results")
    other = copy.deepcopy(record)
    other["metrics"]["test"]["wrong"] += 7
    here.write(other)
    mixed = Ledger(tmp_path / "mixed")  # the conflict and a record that is new
    mixed.write(record)
    mixed.write(train(tiny.with_seed(8))[0])
    mixed.pack(packed)
    ours, theirs = (f"{r['metrics']['test']['wrong']} of 360 wrong" for r in (other, record))
    with pytest.raises(LedgerError, match=f"{record['id']} has two records: here {ours}.*packed.zip {theirs}") as told:
        here.merge(packed)
    assert "\n" not in str(told.value)
    assert here.records() == [other]


@pytest.mark.parametrize("name", ["../../evil.json", "/etc/passwd", "digits/0123456789abcdef.py", "a/b/c.json"])
def test_a_name_that_no_pack_writes_is_refused(packed: Path, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr(name, "{}")
    fresh = Ledger(tmp_path / "clone" / "results")
    with pytest.raises(LedgerError, match="which no pack writes"):
        fresh.merge(packed)
    assert not fresh.folder.exists()


def test_a_packed_file_cut_short_or_altered_or_of_another_schema_is_refused_whole(
    packed: Path, record: dict[str, Any], tmp_path: Path
) -> None:
    fresh = Ledger(tmp_path / "clone" / "results")
    content = packed.read_bytes()
    for spoiled in (content[: len(content) // 2], b"", content[:60] + b"0000" + content[64:]):
        packed.write_bytes(spoiled)
        with pytest.raises(LedgerError, match="not a whole packed ledger"):
            fresh.merge(packed)
    for change, told in (({"schema": 2}, "has schema 2"), ({"arrays": {"sha256": "0"}}, "do not belong together")):
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(f"digits/{record['id']}.json", json.dumps({**record, **change}))
        with pytest.raises(LedgerError, match=told):
            fresh.merge(packed)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"mnist/{record['id']}.json", json.dumps(record))
    with pytest.raises(LedgerError, match="is a record of digits"):
        fresh.merge(packed)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"digits/{record['id']}.json", b" " * 2**21)
    with pytest.raises(LedgerError, match="more than any record"):
        fresh.merge(packed)
    with pytest.raises(LedgerError, match="ledger pack"):
        fresh.merge(tmp_path / "absent.zip")
    assert not fresh.folder.exists()


# What ledger verify found


def test_an_equal_seed_clears_the_records_of_its_arm_and_source_alone(
    ledger: Ledger, record: dict[str, Any], tiny: Run
) -> None:
    old = copy.deepcopy(record)
    old["source"]["hash"] = "0" * 16
    key = (arm_key(tiny), "0" * 16)
    today = record["source"]["hash"]
    ledger.note_verified({key: {"hash": today, "equal": True, "run": tiny.id}})
    assert standing(old, ledger.verified()) == "checked"
    assert bool(table([old], ledger.verified())["checked"].iloc[0])
    other = copy.deepcopy(old)
    other["source"]["hash"] = "1" * 16
    assert standing(other, ledger.verified()) == "unchecked"
    ledger.note_verified({key: {"hash": today, "equal": False, "run": tiny.id}})
    assert standing(old, ledger.verified()) == "stale"
    ledger.note_verified({key: {"hash": "f" * 16, "equal": True, "run": tiny.id}})  # found before today's code
    assert standing(old, ledger.verified()) == "unchecked"
    assert standing(record, ledger.verified()) == "checked"


def test_what_was_verified_travels_and_a_contradiction_is_refused(
    packed: Path, ledger: Ledger, record: dict[str, Any], tiny: Run, tmp_path: Path
) -> None:
    key = (arm_key(tiny), "0" * 16)
    outcome = {"hash": record["source"]["hash"], "equal": True, "run": tiny.id}
    ledger.note_verified({key: outcome})
    ledger.pack(packed)
    fresh = Ledger(tmp_path / "clone" / "results")
    fresh.merge(packed)
    assert fresh.verified() == {key: outcome}
    ledger.note_verified({key: {**outcome, "equal": False}})
    with pytest.raises(LedgerError, match="was verified twice"):
        ledger.merge(packed)


def test_of_two_notes_that_agree_the_one_that_says_more_stays(
    packed: Path, ledger: Ledger, record: dict[str, Any], tiny: Run
) -> None:
    key = (arm_key(tiny), "0" * 16)
    equal = {"hash": record["source"]["hash"], "equal": True, "run": tiny.id}
    paired = {**equal, "equal": False, "consistent": True, "seeds": 3, "t": 0.5, "freedom": 11, "machine": "a CPU"}
    for theirs, ours, kept in ((paired, equal, equal), (equal, paired, equal), (paired, paired, paired)):
        ledger.note_verified({key: theirs})
        ledger.pack(packed)
        ledger.note_verified({key: ours})
        ledger.merge(packed)
        assert ledger.verified() == {key: kept}
    ledger.note_verified({key: {**paired, "consistent": False}})
    with pytest.raises(LedgerError, match="was verified twice"):
        ledger.merge(packed)


def test_a_spoiled_note_of_what_was_verified_is_one_sentence(ledger: Ledger) -> None:
    ledger.folder.mkdir()
    (ledger.folder / "verified.json").write_text('[{"arm": ')
    with pytest.raises(LedgerError, match=r"verified\.json cannot be read"):
        ledger.verified()


def test_a_superseded_record_is_kept_and_no_longer_read(ledger: Ledger, record: dict[str, Any], tiny: Run) -> None:
    ledger.write(record, {"features": np.ones((3, 2), dtype=np.float32)})
    content = ledger.path(tiny).read_bytes()
    kept = ledger.supersede(ledger.read(tiny))
    assert kept.read_bytes() == content
    assert kept == ledger.folder / "superseded" / "digits" / f"{tiny.id}.{record['source']['hash']}.json"
    assert kept.with_suffix(".npz").exists()
    assert not ledger.has(tiny)
    assert ledger.records() == []


def test_the_same_bytes_are_one_record_and_others_are_another(
    ledger: Ledger, record: dict[str, Any], tiny: Run
) -> None:
    path = ledger.write(record)
    first = ledger.read(tiny)
    assert ledger.read(tiny) is first
    assert ledger.find(tiny) is first
    path.write_text(json.dumps(record | {"status": "diverged"}))
    assert ledger.read(tiny)["status"] == "diverged"
    assert first["status"] == "finished"
