"""Records: whole or not at all, written once, read with suspicion."""

from __future__ import annotations

import copy
import json
import multiprocessing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from discriminative import provenance
from discriminative.ledger import Ledger, LedgerError, correctness, table
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


def test_a_missing_record_says_how_to_make_it(ledger: Ledger, tiny: Run) -> None:
    with pytest.raises(LedgerError, match=f"no record of run {tiny.id}.*discriminative run"):
        ledger.read(tiny)


def test_arrays_are_checked_against_their_record(ledger: Ledger, record: dict[str, Any], tiny: Run) -> None:
    path = ledger.write(record, {"features": np.ones((3, 2), dtype=np.float32)})
    assert ledger.arrays(tiny)["features"].shape == (3, 2)
    path.with_suffix(".npz").write_bytes(b"other")
    with pytest.raises(LedgerError, match="not the file that its record describes"):
        ledger.arrays(tiny)


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


def test_the_table_has_a_row_a_record(record: dict[str, Any]) -> None:
    frame = table([record])
    assert frame["test_error"].iloc[0] == pytest.approx(100 * record["metrics"]["test"]["wrong"] / 360)
    assert bool(frame["checked"].iloc[0])
    assert correctness(record).shape == (360,)


def test_a_record_from_other_code_is_unchecked(record: dict[str, Any]) -> None:
    other = copy.deepcopy(record)
    other["source"]["hash"] = "0" * 16
    assert not table([other])["checked"].iloc[0]


def test_the_source_hash_sees_code_and_not_comments(tmp_path: Path) -> None:
    def digest(name: str, text: str) -> str:
        path = tmp_path / name
        path.write_text(text)
        return provenance._file_hash(path)

    first = digest("a.py", '"""One."""\n\ndef f(x):\n    """Two."""\n    return x + 1  # three\n')
    assert first == digest("b.py", "def f(x):\n\n    return (x + 1)\n")
    assert first != digest("c.py", "def f(x):\n    return x + 2\n")


def test_a_run_depends_on_the_loop_and_its_own_head_alone(tiny: Run, plain: Run) -> None:
    margin, softmax = provenance.modules_of(tiny), provenance.modules_of(plain)
    assert {"discriminative.training", "discriminative.data", "discriminative.networks"} <= softmax
    assert "discriminative.losses.large_margin" in margin
    assert "discriminative.losses.large_margin" not in softmax
    assert "discriminative.cli" not in margin
