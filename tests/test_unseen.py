"""Data sets with unseen identities: small trees made here, the committed digits, and the real files where they lie."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from discriminative import data, unseen, verification
from discriminative.paths import data_root
from discriminative.provenance import source_hash
from discriminative.runs import Head, Optimizer, Run, Schedule
from discriminative.sources import DataError
from discriminative.training import train, train_any
from discriminative.verification import Pairs

DIGITS = Run("digits-unseen", "mlp", 16, Head("Softmax"), 0, batch_size=64, schedule=Schedule(40),
             optimizer=Optimizer(0.05))  # fmt: skip


def places(pairs: Pairs) -> set[int]:
    return set(torch.cat([pairs.first, pairs.second]).tolist())


def picture(side: int, value: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.full((side, side), value, np.uint8)).save(stream, "png")
    return stream.getvalue()


# ---------------------------------------------------------------------------------------------------------------------
# Pairs


def test_drawn_pairs_are_of_their_fold_and_no_pair_comes_twice() -> None:
    groups = [{"a": [0, 1, 2], "b": [3, 4, 5]}, {"c": [6, 7, 8], "d": [9, 10, 11]}]
    pairs = unseen.drawn_pairs(groups, 5, 0)
    owner = torch.arange(12) // 3
    assert torch.equal(owner[pairs.first] == owner[pairs.second], pairs.same)
    assert torch.bincount(pairs.fold).tolist() == [10, 10]
    assert places(pairs.of(0)) <= set(range(6))
    assert len(set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))) == 20
    with pytest.raises(ValueError, match="fold 0 must have 7 pairs of one identity, got 6"):
        unseen.drawn_pairs(groups, 7, 0)


@pytest.mark.parametrize("seed", [0, 7, 100])
def test_unseen_digits_are_none_that_is_trained_on_and_folds_share_no_image(seed: int) -> None:
    found = unseen.UNSEEN["digits-unseen"](Path(), seed)
    asked = {found.identity[i] for i in places(found.pairs)}
    assert asked == {"8", "9"}
    assert {found.identity[i] for i in places(found.tuning)} == {"6", "7"}
    verification.require_disjoint(found.known, set(found.identity))
    folds = [places(found.pairs.of(fold)) for fold in range(10)]
    assert sum(map(len, folds)) == len(set().union(*folds))


# ---------------------------------------------------------------------------------------------------------------------
# A run


def test_a_record_counts_pairs_and_keeps_what_the_loop_tells_beside(tmp_path: Path) -> None:
    record, arrays = train_any(DIGITS)
    metrics = record["metrics"]
    plain, _ = train(DIGITS)
    assert metrics["closed"] == {name: plain["metrics"][name] for name in ("test", "validation")}
    assert metrics["test"] == {"wrong": metrics["pairs"]["cosine"]["wrong"], "images": 2000}
    assert metrics["validation"]["images"] == 2000
    assert sum(metrics["pairs"]["fold_wrong"]) == metrics["test"]["wrong"]
    assert not [name for name, value in record["geometry"].items() if isinstance(value, list)]
    low, high = metrics["pairs"]["over_identities"]
    assert low <= metrics["pairs"]["cosine"]["equal_error"] <= high
    pairs = unseen.UNSEEN["digits-unseen"](Path(), 0).pairs
    again = verification.answers(torch.from_numpy(arrays["cosine"]).double(), pairs)
    assert abs(int((~again.right).sum()) - metrics["test"]["wrong"]) <= 10  # half precision
    assert np.array_equal(arrays["same"], pairs.same.numpy())

    from discriminative.ledger import Ledger, correctness

    ledger = Ledger(tmp_path / "records")
    assert ledger.write(record, arrays).stat().st_size <= 8192
    assert ledger.path(DIGITS).with_suffix(".npz").stat().st_size <= 65_536
    assert int((~correctness(ledger.read(DIGITS))).sum()) == metrics["test"]["wrong"]


def test_the_same_run_gives_the_same_record_and_a_checkpoint_goes_on(tmp_path: Path) -> None:
    from discriminative.training import Checkpoint, Interrupted

    whole = train_any(DIGITS)[0]["metrics"]
    checkpoint, left = Checkpoint(tmp_path / "run.pt"), iter([False] * 10 + [True])
    with pytest.raises(Interrupted):
        train_any(DIGITS, checkpoint=checkpoint, stop=lambda: next(left))
    done: list[int] = []
    record, _ = train_any(DIGITS, checkpoint=checkpoint, progress=lambda step, steps: done.append(step))
    assert record["metrics"] == whole
    assert done == list(range(12, 41))


def test_a_run_that_diverges_is_asked_nothing() -> None:
    record, arrays = train_any(replace(DIGITS, optimizer=Optimizer(1e6)))
    assert record["status"] == "diverged"
    assert "pairs" not in record["metrics"]
    assert arrays == {}


def test_an_identity_that_is_trained_on_and_asked_about_stops_the_run_before_any_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = unseen.UNSEEN["digits-unseen"]
    monkeypatch.setitem(
        unseen.UNSEEN, "digits-unseen", lambda root, seed: replace(honest(root, seed), known=("0", "8"))
    )
    with pytest.raises(ValueError, match="must not be both trained on and asked about, got 1 such: 8"):
        train_any(DIGITS)


def test_other_data_sets_are_trained_as_ever_and_their_hash_knows_nothing_of_unseen_identities() -> None:
    from discriminative.provenance import definitions_of

    closed = replace(DIGITS, dataset="digits")
    modules = {definition.module for definition in definitions_of(closed)}
    assert not modules & {"discriminative.unseen", "discriminative.verification", "discriminative.training.open_set"}
    opened = {definition.module for definition in definitions_of(DIGITS)}
    assert {"discriminative.unseen", "discriminative.verification", "discriminative.training.open_set"} <= opened
    assert source_hash(closed) != source_hash(DIGITS) != source_hash(replace(DIGITS, dataset="orl"))


# ---------------------------------------------------------------------------------------------------------------------
# Trees made here


@pytest.fixture
def lfw_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """12 people, ten folds of one pair a kind; the first ten people have four images, two have one."""
    people = {f"P{i:02d}": 4 if i < 20 else 1 for i in range(22)}
    folder = tmp_path / "lfw"
    for name, count in people.items():
        (folder / "images" / name).mkdir(parents=True)
        for number in range(1, count + 1):
            value = 10 * int(name[1:]) + number
            (folder / "images" / name / f"{name}_{number:04d}.jpg").write_bytes(picture(250, value))
    rows = [row for i in range(10) for row in (f"P{2 * i:02d}\t1\t2", f"P{2 * i:02d}\t1\tP{2 * i + 1:02d}\t1")]
    texts = {
        "lfw-names.txt": "".join(f"{name}\t{count}\n" for name, count in people.items()),
        "pairs.txt": "\n".join(["10\t1", *rows]) + "\n",
        "pairsDevTrain.txt": "1\nP00\t1\t2\nP02\t1\tP04\t1\n",
        "pairsDevTest.txt": "1\nP06\t1\t2\nP08\t1\tP10\t1\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        monkeypatch.setitem(unseen.LFW_SHA256, name, hashlib.sha256(text.encode()).hexdigest())
    unseen._lfw.cache_clear()
    yield tmp_path
    unseen._lfw.cache_clear()


def test_a_fold_is_trained_tuned_and_tested_on_three_sets_of_people(lfw_tree: Path) -> None:
    split, test = unseen.read_lfw(lfw_tree)
    assert test is None
    assert len(split) == 80
    assert split.images.shape[1:] == (1, 32, 32)
    for seed in range(10):
        found = unseen.UNSEEN["lfw"](lfw_tree, seed)
        tested = {found.identity[i] for i in places(found.pairs)}
        tuned = {found.identity[i] for i in places(found.tuning)}
        known = set(found.known)
        assert tested == {f"P{2 * seed:02d}", f"P{2 * seed + 1:02d}"}
        assert not tested & tuned
        assert not known & (tested | tuned)
        assert len(known) == 16
        assert [f"P{label:02d}" for label in found.classes] == sorted(known)


def test_a_face_of_the_official_folders_is_cut_to_its_middle(lfw_tree: Path) -> None:
    image = np.zeros((250, 250), np.uint8)
    image[61:189, 61:189] = 200
    Image.fromarray(image).save(lfw_tree / "face.png")
    assert (unseen._grey(lfw_tree / "face.png") == 200).all()


def test_a_missing_face_or_an_altered_list_is_named(lfw_tree: Path) -> None:
    (lfw_tree / "lfw" / "images" / "P03" / "P03_0002.jpg").unlink()
    with pytest.raises(DataError, match=r"P03_0002\.jpg is missing, and 0 more"):
        unseen.read_lfw(lfw_tree)
    (lfw_tree / "lfw" / "pairs.txt").write_text("10\t300\n")
    with pytest.raises(DataError, match=r"pairs\.txt has SHA-256 .* cut short or altered"):
        unseen.read_lfw(lfw_tree)
    with pytest.raises(DataError, match=r"lfw-names\.txt is missing"):
        unseen.read_lfw(lfw_tree / "nowhere")


def test_what_cannot_be_fetched_says_where_it_comes_from_and_how_large_it_is(tmp_path: Path) -> None:
    for name, words in (("lfw", ("100 MB", "lfw/images")), ("orl", ("4 MB", "orl_faces.zip"))):
        with pytest.raises(DataError, match="cannot be fetched by this program") as error:
            data.fetch(name, tmp_path)
        assert all(word in str(error.value) for word in words)


def test_casia_leaves_out_the_listed_identities(tmp_path: Path) -> None:
    for name in ("0000045", "0000099"):
        (tmp_path / "casia" / name).mkdir(parents=True)
        (tmp_path / "casia" / name / "001.jpg").write_bytes(picture(8, 1))
    files, people = unseen.casia_webface(tmp_path / "casia")
    assert people == ["0000045", "0000099"]
    assert [path.name for path in files] == ["001.jpg", "001.jpg"]
    shared = tmp_path / "shared.txt"
    shared.write_text("0000045\n")
    assert unseen.casia_webface(tmp_path / "casia", shared)[1] == ["0000099"]
    shared.write_text("0000046\n")
    with pytest.raises(DataError, match="names 0000046, which is no folder of"):
        unseen.casia_webface(tmp_path / "casia", shared)
    with pytest.raises(DataError, match=r"holds no <identity>/<image>\.jpg.*10,575 people"):
        unseen.casia_webface(tmp_path / "nowhere")


def test_the_frames_of_a_video_are_averaged(tmp_path: Path) -> None:
    for video, frames in (("Ann/0", 2), ("Bob/3", 1)):
        folder = tmp_path / "aligned_images_DB" / video
        folder.mkdir(parents=True)
        for i in range(frames):
            (folder / f"{i}.jpg").write_bytes(picture(8, i))
    found = unseen.youtube_faces(tmp_path)
    assert {video: len(frames) for video, frames in found.items()} == {"Ann/0": 2, "Bob/3": 1}
    (tmp_path / "aligned_images_DB" / "Cid" / "1").mkdir(parents=True)
    with pytest.raises(DataError, match="Cid/1 holds no frame"):
        unseen.youtube_faces(tmp_path)
    with pytest.raises(DataError, match="3,425 videos"):
        unseen.youtube_faces(tmp_path / "nowhere")


# ---------------------------------------------------------------------------------------------------------------------
# The real files, where they lie


def real(name: str) -> data.Dataset:
    try:
        return data.load(name)
    except DataError as error:
        pytest.skip(str(error))


def test_omniglots_alphabets_are_shared_out_and_its_official_runs_hold_no_drawing_of_them() -> None:
    known = real("omniglot")
    found = unseen.UNSEEN["omniglot"](data_root(), 0)
    tuned, asked = ([found.identity[i] for i in places(pairs)] for pairs in (found.tuning, found.pairs))
    alphabets = [{name.split("/")[0] for name in names} for names in (found.known, tuned, asked)]
    assert alphabets == [set(unseen.TRAINED_ON), set(unseen.TUNED_ON), set(unseen.ASKED_ABOUT)]
    assert len(found.known) == known.num_classes == 137
    folds = [{found.identity[i] for i in places(found.pairs.of(fold))} for fold in range(10)]
    assert sum(map(len, folds)) == len(set().union(*folds)) == 64
    assert found.trials is not None
    assert found.trials.shape == (400, 22)
    begin = int(found.trials[:, 2:].min())
    drawn = {image.numpy().tobytes() for part in (known.train, known.validation, known.test) for image in part.images}
    assert not {image.numpy().tobytes() for image in found.images[begin:]} & drawn


@pytest.mark.parametrize("seed", [0, 5, 9, 100])
def test_nobody_of_lfw_is_on_two_sides(seed: int) -> None:
    known = real("lfw")
    assert known.num_classes == 901
    found = unseen.UNSEEN["lfw"](data_root(), seed)
    tested, tuned = ({found.identity[i] for i in places(pairs)} for pairs in (found.pairs, found.tuning))
    assert not set(found.known) & (tested | tuned)
    assert seed == 100 or not tested & tuned
    assert len(found.pairs) == (1000 if seed == 100 else 600)
    assert len(found.classes) == len(found.known) > 500


def test_orl_has_forty_people() -> None:
    known = real("orl")
    assert (len(known.train), known.num_classes) == (160, 20)
    found = unseen.UNSEEN["orl"](data_root(), 0)
    verification.require_disjoint(found.known, found.identity)
    assert json.dumps([len(found.pairs), len(found.tuning)]) == "[900, 900]"


def test_a_zip_that_was_altered_is_named(tmp_path: Path) -> None:
    (tmp_path / "orl").mkdir()
    with zipfile.ZipFile(tmp_path / "orl" / "orl_faces.zip", "w") as archive:
        archive.writestr("s1/1.pgm", b"")
    with pytest.raises(DataError, match=r"orl_faces\.zip has SHA-256"):
        unseen.read_orl(tmp_path)
    with pytest.raises(DataError, match=r"images_background_small1\.zip is missing or altered"):
        unseen.read_omniglot(tmp_path)


def test_which_characters_a_pair_is_of_needs_no_drawing() -> None:
    pairs = unseen.asked_characters()
    assert len(pairs) == 6000
    assert torch.equal(pairs.first == pairs.second, pairs.same)
    ends = torch.cat([pairs.first, pairs.second])
    assert sorted(ends.unique().tolist()) == list(range(64))
    assert len({(int(fold), int(end)) for fold, end in zip(pairs.fold.repeat(2), ends, strict=True)}) == 64
    stored = sorted((Path(__file__).parents[1] / "results" / "omniglot").glob("*.npz"))
    assert stored
    for path in stored:
        with np.load(path) as arrays:
            assert np.array_equal(arrays["same"], pairs.same.numpy())


@pytest.mark.skipif(not (data_root() / "omniglot-py").exists(), reason="Omniglot is not here")
def test_the_characters_of_the_pairs_are_those_of_the_drawings() -> None:
    asked, pairs = unseen.UNSEEN["omniglot"](data_root(), 0), unseen.asked_characters()
    ends = (torch.cat([asked.pairs.first, asked.pairs.second]), torch.cat([pairs.first, pairs.second]))
    names = sorted({asked.identity[i] for i in ends[0].tolist()})
    assert [asked.identity[i] for i in ends[0].tolist()] == [names[i] for i in ends[1].tolist()]
