"""CASIA-WebFace as a person lays it out: read whole, its mean in pieces, trained on and asked about LFW's folds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from discriminative import data, unseen
from discriminative.cli import main
from discriminative.papers import experiment
from discriminative.papers.verification.full_scale import THESIS
from discriminative.queue import _resident
from discriminative.runs import Schedule
from discriminative.sources import DataError
from discriminative.training import train_any


def crop(path: Path, value: int, rows: int = 112) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(value).integers(0, 256, (rows, 96, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Four people of six images, one of whom LFW has too; of LFW 20 people, ten folds of a pair of each kind."""
    for person in range(4):
        for number in range(6):
            crop(tmp_path / "casia-webface" / f"{person:07d}" / f"{number:03d}.jpg", 10 * person + number)
    (tmp_path / "casia-webface" / unseen.CASIA_SHARED).write_text("0000002\n")
    names = [f"P{i:02d}" for i in range(20)]
    for i, name in enumerate(names):
        for number in (1, 2):
            crop(tmp_path / "lfw" / "aligned" / name / f"{name}_{number:04d}.jpg", 100 + 2 * i + number)
    rows = [row for i in range(10) for row in (f"P{2 * i:02d}\t1\t2", f"P{2 * i:02d}\t1\tP{2 * i + 1:02d}\t1")]
    same, other = (
        [f"{names[i]}\t1\t2" for i in range(10)],
        [f"{names[i]}\t1\t{names[i + 10]}\t2" for i in range(10)],
    )
    texts = {
        "lfw-names.txt": "".join(f"{name}\t2\n" for name in names),
        "pairs.txt": "\n".join(["10\t1", *rows]) + "\n",
        "pairsDevTrain.txt": "1\nP00\t1\t2\nP02\t1\tP04\t1\n",
        "pairsDevTest.txt": "\n".join(["10", *same, *other]) + "\n",
    }
    for name, text in texts.items():
        (tmp_path / "lfw" / name).write_text(text)
        monkeypatch.setitem(unseen.LFW_SHA256, name, hashlib.sha256(text.encode()).hexdigest())
    monkeypatch.setenv("DISCRIMINATIVE_DATA", str(tmp_path))
    unseen._casia_unseen.cache_clear()
    _resident.cache_clear()
    yield tmp_path
    unseen._casia_unseen.cache_clear()
    _resident.cache_clear()


def test_who_is_in_lfw_too_is_left_out_and_the_others_are_counted(tree: Path) -> None:
    found = data.load_large("casia-webface", piece=3)
    assert found.num_classes == 3
    assert (len(found.train), len(found.validation), len(found.test)) == (16, 1, 1)
    assert found.train.images.shape[1:] == (3, 112, 96)
    whole = found.train.images.double().mean((0, 2, 3)) / 255
    torch.testing.assert_close(found.mean.double(), whole, rtol=1e-6, atol=0)
    assert _resident("casia-webface", "cpu").num_classes == 3


def test_a_run_is_trained_on_it_and_asked_about_ten_folds(tree: Path) -> None:
    run = replace(THESIS, network="spherenet-20", feature_dim=32, batch_size=8, schedule=Schedule(2))
    run = replace(run, precision="float32", optimizer=replace(run.optimizer, rate=1e-3), seed=1)
    record, _ = train_any(run, data=_resident("casia-webface", "cpu"), compile_network=False)
    assert record["status"] == "finished"
    assert record["metrics"]["test"]["images"] == 20


def test_what_is_missing_or_of_another_size_is_told(tree: Path) -> None:
    crop(tree / "casia-webface" / "0000001" / "000.jpg", 3, rows=250)
    with pytest.raises(DataError, match=r"000\.jpg must be an aligned crop of 112 rows and 96 columns"):
        unseen.read_casia(tree)
    (tree / "casia-webface" / unseen.CASIA_SHARED).unlink()
    with pytest.raises(DataError, match="people whom LFW has too"):
        unseen.read_casia(tree)
    (tree / "lfw" / "aligned" / "P00" / "P00_0001.jpg").unlink()
    with pytest.raises(DataError, match=r"P00_0001\.jpg is missing, and 0 more"):
        unseen._casia_unseen(tree)


def test_the_queue_is_planned_with_its_hours(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    for name, steps in (("webface-thesis", 57_930), ("webface-include-exclude", 28_000)):
        for arm in experiment(name).at("paper"):
            assert (arm.run.schedule.steps, arm.run.batch_size, len(arm.seeds)) == (steps, 256, 3)
    exclude = {arm.name: arm.run for arm in experiment("webface-include-exclude").at("paper")}
    assert exclude["include-exclude loss"].terms[0].arguments["nearest"] == 51
    rates = [THESIS.schedule.rate(0.1, int(57_930 * share)) for share in (0.5, 0.6, 0.9)]
    assert rates == pytest.approx([0.1, 0.01, 0.001])
    assert main(["plan", "webface-thesis", "webface-include-exclude"]) == 0
    told = capsys.readouterr().out
    assert "webface-include-exclude: include-and-exclude, Table 6" in told
    assert "GPU-hours" in told
