"""Pairs that one loss answers right and another wrong, under most seeds, and the images that a picture of them needs.

The answers are those of the records. The images are the data set's: those of a few pairs are kept in
``results/pictures``, so that a page can show them where the data are not at hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from discriminative import pictures
from discriminative._checks import require
from discriminative.evidence import Arms
from discriminative.ledger import correctness
from discriminative.paths import data_root
from discriminative.unseen import UNSEEN

__all__ = ["Disputed", "disputed", "keep", "kept"]


@dataclass(frozen=True)
class Disputed:
    """A pair that two arms answer differently.

    Args:
        arm: the other arm than the baseline.
        right: whether it is the arm that answers right.
        same: whether the two images are of one identity.
        pair: its place among the pairs.
        shares: of the seeds under which baseline and arm answer right.
        cosines: under seed 0, of the baseline and of the arm.
        thresholds: likewise, those that answered this pair.
    """

    arm: str
    right: bool
    same: bool
    pair: int
    shares: tuple[float, float]
    cosines: tuple[float, float]
    thresholds: tuple[float, float]


def disputed(arms: Arms, names: Iterable[str], baseline: str = "softmax") -> list[Disputed]:
    """Of each arm and kind the pair on which most seeds differ: right where the baseline is wrong, and the other way.

    Of several the first in the list; none where the two differ on no such pair or a record of seed 0 is missing.
    """
    found = []
    for arm in names:
        sides = [_side(arms, name) for name in (baseline, arm) if name in arms]
        if len(sides) < 2 or None in sides:
            continue
        (first, *_, same), (second, *_) = sides  # type: ignore[misc]
        for right in (True, False):
            for kind in (True, False):
                gain = np.where(same == kind, second - first if right else first - second, -1.0)
                pair = int(gain.argmax())
                if gain[pair] > 0:
                    told = [tuple(float(side[i][pair]) for side in sides) for i in range(3)]  # type: ignore[index]
                    found.append(Disputed(arm, right, kind, pair, *told))  # type: ignore[arg-type]
    return found


def _side(arms: Arms, name: str) -> tuple[np.ndarray, ...] | None:
    """Shares of right answers over seeds; cosines and thresholds under seed 0; the kinds."""
    records = arms.finished(name)
    zero = next((record for record in records if record["run"]["seed"] == 0), None)
    if zero is None:
        return None
    stored, cuts = arms.ledger.arrays(arms[name].run.with_seed(0)), zero["metrics"]["pairs"]["thresholds"]
    share = np.mean([correctness(record) for record in records], axis=0)
    return share, stored["cosine"].astype(float), np.repeat(cuts, len(share) // len(cuts)), stored["same"]


def _file(dataset: str) -> Path:
    return pictures.folder() / f"{dataset}-pairs.npz"


def keep(dataset: str, pairs: Iterable[int]) -> Path:
    """Keep the images of these pairs of a data set, whose pairs are the same under every seed; where they went.

    Raises:
        ValueError: for faces: they are people, and a page can do without them.
    """
    require(dataset in UNSEEN and dataset != "lfw", "no images of {} are kept", dataset)
    unseen, numbers = UNSEEN[dataset](data_root(), 0), sorted(set(pairs))
    ends = [(int(unseen.pairs.first[pair]), int(unseen.pairs.second[pair])) for pair in numbers]
    images = unseen.images.numpy()[np.array(ends, dtype=np.int64).reshape(-1, 2)]
    _file(dataset).parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(_file(dataset), pair=np.array(numbers), images=images)
    return _file(dataset)


def kept(dataset: str) -> dict[int, np.ndarray]:
    """The two images ``[2, C, H, W]`` of each pair that was kept."""
    if not _file(dataset).exists():
        return {}
    with np.load(_file(dataset), allow_pickle=False) as arrays:
        return dict(zip(arrays["pair"].tolist(), arrays["images"], strict=True))
