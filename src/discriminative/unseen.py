"""Data sets of which a part of the identities is never trained on, and what is asked about those.

A reader gives what :mod:`discriminative.data` splits into training, validation and test images of *known* identities;
``UNSEEN`` gives, by the seed of a run, the images of the others with their pairs. For LFW the seed also decides the
fold: what a run is trained on, where its threshold comes from and what it is tested on are people without overlap.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from discriminative._checks import require
from discriminative.runs import TUNING_SEEDS
from discriminative.sources import DataError, Split
from discriminative.verification import Pairs, lfw_pairs

__all__ = [
    "LFW_PEOPLE_PARTS", "UNSEEN", "Unseen", "asked_characters", "casia_webface", "drawn_pairs", "fetch_by_hand",
    "fetch_omniglot", "read_casia", "read_digits_unseen", "read_lfw", "read_omniglot", "read_orl", "youtube_faces",
]  # fmt: skip


@dataclass(frozen=True)
class Unseen:
    """What a network is asked about identities that it was not trained on.

    Args:
        images: uint8 ``[N, C, H, W]``, of all that follows.
        identity: of every image.
        known: the identities that are trained on.
        classes: those of the data set that a run is trained on, rising; empty for all.
        tuning: pairs that settings, and thresholds where ``pairs`` is one fold, are chosen on.
        pairs: those that are counted.
        trials: one-shot trials (``verification.one_shot``), or none.
        mirrored: whether an image and its mirror image show the same.
    """

    images: Tensor
    identity: tuple[str, ...]
    known: tuple[str, ...]
    classes: tuple[int, ...]
    tuning: Pairs
    pairs: Pairs
    trials: Tensor | None
    mirrored: bool


def _checked(path: Path, expected: str, name: str) -> Path:
    """The file if its bytes are the expected ones."""
    remedy = f"`discriminative data fetch {name}` says where it comes from"
    if not path.exists():
        raise DataError(f"{path} is missing; {remedy}")
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != expected:
        raise DataError(
            f"{path} has SHA-256 {found[:12]}... where {expected[:12]}... was expected ({path.stat().st_size:,} bytes: "
            f"cut short or altered); {remedy}"
        )
    return path


def drawn_pairs(groups: Sequence[Mapping[str, Sequence[int]]], each: int, seed: int) -> Pairs:
    """Pairs drawn at random without repetition: a fold a group, ``each`` of one identity and as many of two.

    Args:
        groups: for every fold the places of each identity's images.
        each: pairs of each kind in a fold.
        seed: of the draw.

    Raises:
        ValueError: if a fold has not that many pairs of a kind.
    """
    noise = np.random.default_rng(seed)
    chosen: list[np.ndarray] = []
    for fold, group in enumerate(groups):
        place = np.concatenate([np.asarray(part) for part in group.values()])
        owner = np.repeat(np.arange(len(group)), [len(part) for part in group.values()])
        first, second = np.triu_indices(len(place), 1)
        same = owner[first] == owner[second]
        for kind in (True, False):
            possible = np.flatnonzero(same == kind)
            require(len(possible) >= each, "fold {} must have {} pairs of {}, got {}", fold, each,
                    "one identity" if kind else "two identities", len(possible))  # fmt: skip
            taken = noise.choice(possible, each, replace=False)
            rows = (place[first[taken]], place[second[taken]], np.full(each, kind), np.full(each, fold))
            chosen.append(np.stack(rows))
    table = torch.from_numpy(np.concatenate(chosen, axis=1)).long()
    return Pairs(table[0], table[1], table[2].bool(), table[3])


def _groups(
    identity: Sequence[str], names: Sequence[str], folds: int, by: str, seed: int
) -> list[dict[str, list[int]]]:
    """Folds of images: of ``names`` in a random order, or, where these are few, of every name's images."""
    noise = np.random.default_rng(seed)
    places = {name: [i for i, each in enumerate(identity) if each == name] for name in names}
    if by == "identity":
        order = [names[i] for i in noise.permutation(len(names))]
        return [{name: places[name] for name in order[fold::folds]} for fold in range(folds)]
    mixed = {name: [places[name][i] for i in noise.permutation(len(places[name]))] for name in names}
    return [{name: mixed[name][fold::folds] for name in names} for fold in range(folds)]


# ---------------------------------------------------------------------------------------------------------------------
# scikit-learn's digits: 0 to 5 are trained on, 6 and 7 tune, 8 and 9 are asked about; folds share no image


@cache
def _digits() -> tuple[Tensor, np.ndarray]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    return torch.from_numpy(digits.images.astype(np.uint8)).unsqueeze(1), digits.target.astype(np.int64)


def read_digits_unseen(root: Path) -> tuple[Split, None]:
    """The images of 0 to 5."""
    images, labels = _digits()
    kept = labels < 6
    return Split(images[torch.from_numpy(kept)], torch.from_numpy(labels[kept])), None


def _digits_unseen(root: Path, seed: int) -> Unseen:
    images, labels = _digits()
    kept = labels >= 6
    identity = [str(label) for label in labels[kept]]
    tuning, pairs = (
        drawn_pairs(_groups(identity, names, 10, "image", 0), 100, 0) for names in (["6", "7"], ["8", "9"])
    )
    known = tuple(map(str, range(6)))
    return Unseen(images[torch.from_numpy(kept)], tuple(identity), known, (), tuning, pairs, None, False)


# ---------------------------------------------------------------------------------------------------------------------
# Omniglot: the two small background sets, and the official one-shot runs, whose characters are of other alphabets

OMNIGLOT_MD5 = {
    "images_background_small1": "e704a628b5459e08445c13499850abc4",
    "images_background_small2": "b75a71a51d3b13f821f212756fe481fd",
}
OMNIGLOT_RUNS = "437c1eeab0af8484112e1b4cc0f3d541ec727f7c47b9b202da738af9dfd6c325"
OMNIGLOT_RUNS_URL = "https://raw.githubusercontent.com/brendenlake/omniglot/master/python/one-shot-classification/"
TRAINED_ON = ("Japanese_(katakana)", "Korean", "Latin", "Balinese")
TUNED_ON = ("Greek", "Tagalog")
ASKED_ABOUT = ("Sanskrit", "Early_Aramaic")
SIDE = 28


def _small(images: Tensor, side: int) -> Tensor:
    """uint8 images shrunk to ``side`` by averaging areas."""
    return F.adaptive_avg_pool2d(images.float(), side).round().to(torch.uint8)


def _ink(stream: Path | str | object) -> Tensor:
    """A drawing as ``[1, 28, 28]``, ink bright on black."""
    from PIL import Image

    with Image.open(stream) as image:  # type: ignore[arg-type]
        drawn = 255 - np.asarray(image.convert("L"))
    return _small(torch.from_numpy(drawn).unsqueeze(0), SIDE)


def _omniglot_part(root: Path, part: str, download: bool = False) -> dict[str, list[Tensor]]:
    """``alphabet/character`` to its drawings, through torchvision's class."""
    from torchvision.datasets import Omniglot

    class Part(Omniglot):  # type: ignore[misc]
        zips_md5 = OMNIGLOT_MD5

        def _get_target_folder(self) -> str:
            return part

    try:
        found = Part(str(root), download=download)
    except (RuntimeError, OSError) as error:
        raise DataError(
            f"{root / 'omniglot-py' / part}.zip is missing or altered ({error}); run `discriminative data fetch "
            "omniglot`"
        ) from error
    drawings: dict[str, list[Tensor]] = {}
    for name, character in sorted(found._flat_character_images, key=lambda each: (each[1], each[0])):
        key = found._characters[character]
        drawings.setdefault(key, []).append(_ink(Path(found.target_folder, key, name)))
    return drawings


@cache
def _omniglot(root: Path) -> dict[str, list[Tensor]]:
    parts = [_omniglot_part(root, part) for part in OMNIGLOT_MD5]
    return {**parts[1], **parts[0]}  # two alphabets are in both; the first set's drawings are taken


def _of_alphabets(drawings: Iterable[str], alphabets: Sequence[str]) -> list[str]:
    return sorted(name for name in drawings if name.split("/")[0] in alphabets)


def read_omniglot(root: Path) -> tuple[Split, None]:
    """The characters of the alphabets that are trained on, a class each."""
    drawings = _omniglot(root)
    names = _of_alphabets(drawings, TRAINED_ON)
    images = torch.stack([image for name in names for image in drawings[name]])
    labels = torch.tensor([label for label, name in enumerate(names) for _ in drawings[name]])
    return Split(images, labels), None


def _omniglot_runs(root: Path, begin: int) -> tuple[list[Tensor], Tensor]:
    """The images of the twenty official runs, and their 400 trials over places from ``begin`` on."""
    path = _checked(root / "omniglot-py" / "all_runs.zip", OMNIGLOT_RUNS, "omniglot")
    images: list[Tensor] = []
    trials: list[list[int]] = []
    with zipfile.ZipFile(path) as archive:
        for run in range(1, 21):
            lines = archive.read(f"run{run:02d}/class_labels.txt").decode().split()
            classes = sorted(set(lines[1::2]))
            place = {name: begin + len(images) + i for i, name in enumerate([*classes, *lines[::2]])}
            for name in place:
                with archive.open(name) as stream:
                    images.append(_ink(stream))
            candidates = [place[name] for name in classes]
            for item, answer in zip(lines[::2], lines[1::2], strict=True):
                trials.append([place[item], classes.index(answer), *candidates])
    return images, torch.tensor(trials)


@cache
def _omniglot_unseen(root: Path) -> Unseen:
    drawings = _omniglot(root)
    asked = _of_alphabets(drawings, (*TUNED_ON, *ASKED_ABOUT))
    images = [image for name in asked for image in drawings[name]]
    identity = [name for name in asked for _ in drawings[name]]
    tuning, pairs = (
        drawn_pairs(_groups(identity, _of_alphabets(drawings, alphabets), 10, "identity", 0), 300, 0)
        for alphabets in (TUNED_ON, ASKED_ABOUT)
    )
    more, trials = _omniglot_runs(root, len(images))
    identity += [f"official run, image {i}" for i in range(len(more))]
    known = tuple(_of_alphabets(drawings, TRAINED_ON))
    return Unseen(torch.stack([*images, *more]), tuple(identity), known, (), tuning, pairs, trials, False)


ASKED_CHARACTERS, DRAWINGS = 64, 20


def asked_characters() -> Pairs:
    """The pairs that are asked about, with characters in the place of drawings: which is which needs no image."""
    identity = [str(i // DRAWINGS) for i in range(ASKED_CHARACTERS * DRAWINGS)]
    pairs = drawn_pairs(_groups(identity, list(dict.fromkeys(identity)), 10, "identity", 0), 300, 0)
    return Pairs(pairs.first // DRAWINGS, pairs.second // DRAWINGS, pairs.same, pairs.fold)


def fetch_omniglot(root: Path) -> None:
    """Into ``root``, which is empty and temporary, from the authors' repository."""
    from torchvision.datasets.utils import download_url

    for part in OMNIGLOT_MD5:
        _omniglot_part(root, part, download=True)
    try:
        download_url(f"{OMNIGLOT_RUNS_URL}all_runs.zip", str(root / "omniglot-py"))
    except (RuntimeError, OSError) as error:
        raise DataError(
            f"Omniglot's one-shot runs could not be fetched ({error}); put all_runs.zip into omniglot-py"
        ) from error
    _checked(root / "omniglot-py" / "all_runs.zip", OMNIGLOT_RUNS, "omniglot")


# ---------------------------------------------------------------------------------------------------------------------
# Labeled Faces in the Wild: View 1 under the tuning seeds, else a fold of View 2 by the seed

LFW_SHA256 = {
    "lfw-names.txt": "403cd39411ee297f99f69241959bd8f0496b44377711913a76ccdd8562874164",
    "pairs.txt": "ea42330c62c92989f9d7c03237ed5d591365e89b3e649747777b70e692dc1592",
    "pairsDevTrain.txt": "1d454dada7dfeca0e7eab6f65dc4e97a6312d44cf142207be28d688be92aabfa",
    "pairsDevTest.txt": "7cb06600ea8b2814ac26e946201cdb304296262aad67d046a16a7ec85d0ff87c",
}
LFW_CROPS = "lfw-a-crop128-64.zip"
LFW_CROPS_SHA256 = "3fd95e1a9654e70229c10bd8f9696aee18df13b1341c0456f9f7f3c37b247c9a"
LFW_SIDE = 32
LFW_FEWEST = 3  # images of a person who is trained on
LFW_PEOPLE_PARTS = (6856, 375, 375)


def _grey(stream: Path | object) -> Tensor:
    """A face as ``[1, 64, 64]``: of the official 250 x 250 images the middle 128 x 128, halved."""
    from PIL import Image

    with Image.open(stream) as image:  # type: ignore[arg-type]
        grey = torch.from_numpy(np.array(image.convert("L"))).unsqueeze(0)
    top, left = ((side - 128) // 2 if side > 128 else 0 for side in grey.shape[1:])
    return _small(grey[:, top : top + 128, left : left + 128], 64)


@cache
def _lfw(root: Path) -> tuple[dict[tuple[str, int], int], Tensor]:
    """(name, number) to its place, and the faces at 32 x 32, of the zip of crops or of the official folders."""
    folder = root / "lfw"
    for name, expected in LFW_SHA256.items():
        _checked(folder / name, expected, "lfw")
    counts = [line.split("\t") for line in (folder / "lfw-names.txt").read_text().split("\n") if line]
    keys = [(name, number) for name, count in counts for number in range(1, int(count) + 1)]
    files = [f"{name}/{name}_{number:04d}.jpg" for name, number in keys]
    if (folder / LFW_CROPS).exists():
        with zipfile.ZipFile(_checked(folder / LFW_CROPS, LFW_CROPS_SHA256, "lfw")) as archive:
            faces = [_grey(archive.open(file)) for file in files]
    else:
        absent = [file for file in files if not (folder / "images" / file).exists()]
        if absent:
            raise DataError(
                f"{folder / 'images' / absent[0]} is missing, and {len(absent) - 1} more; `discriminative data fetch "
                "lfw` says where they come from"
            )
        faces = [_grey(folder / "images" / file) for file in files]
    return {key: i for i, key in enumerate(keys)}, _small(torch.stack(faces), LFW_SIDE)


def _lfw_people(place: Mapping[tuple[str, int], int]) -> list[str]:
    """Those with enough images to be trained on, a class each."""
    counts: dict[str, int] = {}
    for name, _ in place:
        counts[name] = counts.get(name, 0) + 1
    return sorted(name for name, count in counts.items() if count >= LFW_FEWEST)


def read_lfw(root: Path) -> tuple[Split, None]:
    """Everybody with three images or more; a run is trained on those of its folds."""
    place, faces = _lfw(root)
    people = {name: i for i, name in enumerate(_lfw_people(place))}
    kept = [(i, people[name]) for (name, _), i in place.items() if name in people]
    index, labels = (torch.tensor(column) for column in zip(*kept, strict=True))
    return Split(faces[index], labels), None


def _of_pairs(identity: Sequence[str], pairs: Pairs) -> set[str]:
    return {identity[i] for i in torch.cat([pairs.first, pairs.second]).tolist()}


def _lfw_unseen(root: Path, seed: int) -> Unseen:
    place, faces = _lfw(root)
    identity = tuple(name for name, _ in place)
    folder = root / "lfw"

    def listed(file: str) -> Pairs:
        return lfw_pairs((folder / file).read_text(), place, file)

    people = _lfw_people(place)
    if seed in TUNING_SEEDS:  # View 1: its pairs in ten parts, so that each is answered by the others' threshold
        tuning = listed("pairsDevTest.txt")
        tenth = torch.cat([torch.arange(500) % 10, torch.arange(500) % 10])
        pairs = tuning = Pairs(tuning.first, tuning.second, tuning.same, tenth)
        allowed = _of_pairs(identity, listed("pairsDevTrain.txt")) - _of_pairs(identity, tuning)
    else:
        whole = listed("pairs.txt")
        pairs, tuning = whole.of(seed % 10), whole.of((seed + 1) % 10)
        others = [whole.of(fold) for fold in range(10) if fold not in (seed % 10, (seed + 1) % 10)]
        allowed = set().union(*(_of_pairs(identity, each) for each in others))
    known = [name for name in people if name in allowed]
    classes = tuple(people.index(name) for name in known)
    return Unseen(faces, identity, tuple(known), classes, tuning, pairs, None, True)


def fetch_by_hand(what: str) -> Callable[[Path], None]:
    """A fetch that says where a person gets what no program may."""

    def fetch(root: Path) -> None:
        raise DataError(what)

    return fetch


# ---------------------------------------------------------------------------------------------------------------------
# ORL: 40 people, ten images each

ORL_SHA256 = "16c6f4eb39d45ef377ccc4dcb2f6bfc9984adc06dc253fa8c8354a9bf32870d3"


@cache
def _orl(root: Path) -> Tensor:
    """``[40, 10, 1, 32, 32]``."""
    path = _checked(root / "orl" / "orl_faces.zip", ORL_SHA256, "orl")
    with zipfile.ZipFile(path) as archive:
        return torch.stack([
            torch.stack([_orl_face(archive, person, number) for number in range(1, 11)]) for person in range(1, 41)
        ])  # fmt: skip


def _orl_face(archive: zipfile.ZipFile, person: int, number: int) -> Tensor:
    from PIL import Image

    with archive.open(f"s{person}/{number}.pgm") as stream, Image.open(stream) as image:
        return _small(torch.from_numpy(np.array(image)).unsqueeze(0), LFW_SIDE)


def read_orl(root: Path) -> tuple[Split, None]:
    """The first 20 people."""
    return Split(_orl(root)[:20].flatten(0, 1), torch.arange(20).repeat_interleave(10)), None


def _orl_unseen(root: Path, seed: int) -> Unseen:
    images = _orl(root)[20:].flatten(0, 1)
    identity = [f"s{person}" for person in range(21, 41) for _ in range(10)]
    tuning, pairs = (
        drawn_pairs(_groups(identity, [f"s{i}" for i in range(low, low + 10)], 5, "identity", 0), 90, 0)
        for low in (21, 31)
    )
    known = tuple(f"s{i}" for i in range(1, 21))
    return Unseen(images, tuple(identity), known, (), tuning, pairs, None, True)


# ---------------------------------------------------------------------------------------------------------------------
# CASIA-WebFace to train on, LFW to be asked about: crops in colour, aligned alike, as a person lays them out

CASIA_CROP = (112, 96)
CASIA_SHARED = "shared-with-lfw.txt"


def _crops(files: Sequence[Path]) -> Tensor:
    """uint8 ``[N, 3, 112, 96]``, read by as many threads as there are processors."""
    from PIL import Image

    images = torch.empty(len(files), 3, *CASIA_CROP, dtype=torch.uint8)

    def read(place: int) -> None:
        with Image.open(files[place]) as image:
            found = torch.from_numpy(np.array(image.convert("RGB")))
        if found.shape[:2] != CASIA_CROP:
            raise DataError(f"{files[place]} must be an aligned crop of 112 rows and 96 columns, got {found.shape[:2]}")
        images[place] = found.permute(2, 0, 1)

    with ThreadPoolExecutor() as pool:
        deque(pool.map(read, range(len(files))), maxlen=0)
    return images


def _casia(root: Path) -> tuple[list[Path], list[str]]:
    folder = root / "casia-webface"
    if not (folder / CASIA_SHARED).exists():
        raise DataError(f"{folder / CASIA_SHARED} is missing: the folders of people whom LFW has too. {CASIA_BY_HAND}")
    return casia_webface(folder, folder / CASIA_SHARED)


def read_casia(root: Path) -> tuple[Split, None]:
    """Everybody whom LFW has not, a class each."""
    files, people = _casia(root)
    number = {name: i for i, name in enumerate(sorted(set(people)))}
    return Split(_crops(files), torch.tensor([number[name] for name in people])), None


@cache
def _casia_unseen(root: Path) -> Unseen:
    """All ten folds of View 2, each answered by the threshold of the others; settings by View 1 in ten parts."""
    folder = root / "lfw"
    for name, expected in LFW_SHA256.items():
        _checked(folder / name, expected, "lfw")
    counts = [line.split("\t") for line in (folder / "lfw-names.txt").read_text().split("\n") if line]
    keys = [(name, number) for name, count in counts for number in range(1, int(count) + 1)]
    place = {key: i for i, key in enumerate(keys)}
    files = [folder / "aligned" / name / f"{name}_{number:04d}.jpg" for name, number in keys]
    absent = [file for file in files if not file.exists()]
    if absent:
        raise DataError(f"{absent[0]} is missing, and {len(absent) - 1} more. {CASIA_BY_HAND}")
    tuning = lfw_pairs((folder / "pairsDevTest.txt").read_text(), place, "pairsDevTest.txt")
    part = torch.arange(len(tuning) // 2) % 10
    tuning = Pairs(tuning.first, tuning.second, tuning.same, torch.cat([part, part]))
    pairs = lfw_pairs((folder / "pairs.txt").read_text(), place)
    known = tuple(sorted({f"CASIA-WebFace {name}" for name in _casia(root)[1]}))
    return Unseen(_crops(files), tuple(name for name, _ in keys), known, (), tuning, pairs, None, True)


UNSEEN: dict[str, Callable[[Path, int], Unseen]] = {
    "digits-unseen": _digits_unseen,
    "omniglot": lambda root, seed: _omniglot_unseen(root),
    "lfw": _lfw_unseen,
    "orl": _orl_unseen,
    "casia-webface": lambda root, seed: _casia_unseen(root),
}


# ---------------------------------------------------------------------------------------------------------------------
# Folders that a person who has them lays out


def casia_webface(folder: Path, shared: Path | None = None) -> tuple[list[Path], list[str]]:
    """The images of CASIA-WebFace and their identities: ``<identity>/<image>.jpg``.

    Args:
        folder: of the identities' folders.
        shared: a list of identities that LFW has too, one a line: they are left out.

    Raises:
        DataError: if the folder holds no images, or the list names an identity that is not there.
    """
    out = set(shared.read_text().split()) if shared is not None else set()
    people = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    strange = sorted(out - set(people))
    if strange:
        raise DataError(f"{shared} names {strange[0]}, which is no folder of {folder}")
    found = [(path, name) for name in people if name not in out for path in sorted((folder / name).glob("*.jpg"))]
    if not found:
        raise DataError(f"{folder} holds no <identity>/<image>.jpg; {CASIA_BY_HAND}")
    return [path for path, _ in found], [name for _, name in found]


def youtube_faces(folder: Path) -> dict[str, list[Path]]:
    """The frames of each video of YouTube Faces, ``name/number``: ``aligned_images_DB/<name>/<number>/<frame>.jpg``.

    Raises:
        DataError: if there are none, or a video has no frame.
    """
    base = folder / "aligned_images_DB"
    videos = sorted(path for path in base.glob("*/*") if path.is_dir())
    if not videos:
        raise DataError(f"{base} holds no <name>/<number> folders; {YTF_BY_HAND}")
    found = {f"{path.parent.name}/{path.name}": sorted(path.glob("*.jpg")) for path in videos}
    empty = [video for video, frames in found.items() if not frames]
    if empty:
        raise DataError(f"{base / empty[0]} holds no frame")
    return found


LFW_BY_HAND = (
    "LFW cannot be fetched by this program. Put pairs.txt, pairsDevTrain.txt, "
    "pairsDevTest.txt and lfw-names.txt into lfw/ of the data root, and the 13,233 aligned images (LFW-a, 250 x 250, "
    "about 100 MB) as lfw/images/<name>/<name>_0001.jpg"
)
ORL_BY_HAND = (
    "ORL cannot be fetched by this program: put its 400 images, s1/1.pgm to s40/10.pgm (4 MB), into orl/orl_faces.zip"
)
CASIA_BY_HAND = (
    "CASIA-WebFace (494,414 images of 10,575 people) is to be asked of its authors at the Chinese "
    "Academy of Sciences; lay it out as casia-webface/<identity>/<image>.jpg beside casia-webface/shared-with-lfw.txt, "
    "and LFW as lfw/aligned/<name>/<name>_0001.jpg, all aligned alike and cropped to 112 rows and 96 columns"
)
YTF_BY_HAND = (
    "YouTube Faces (3,425 videos of 1,595 people) is to be asked of its authors at Tel Aviv "
    "University; lay it out as ytf/aligned_images_DB/<name>/<number>/<frame>.jpg beside ytf/splits.txt"
)
