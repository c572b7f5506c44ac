"""Open-set verification: are two images of one identity, where neither identity was trained on?

The protocols alone: which pairs, how alike, where the threshold comes from, what is told of the answers. Curves are
scikit-learn's. A pair is called same where its score is at least the threshold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from discriminative._checks import check_integer, require

__all__ = [
    "METRICS", "Answers", "Curve", "Metric", "Pairs", "answers", "average_by", "best_threshold", "binomial_error",
    "crossed_interval", "curve", "extent", "identity_interval", "lfw_pairs", "mirror_sum", "one_shot", "principal_axes",
    "project", "require_disjoint", "scores", "youtube_pairs",
]  # fmt: skip

Metric = Literal["cosine", "l2"]
METRICS: tuple[Metric, ...] = get_args(Metric)


@dataclass(frozen=True)
class Pairs:
    """Pairs of images by their places in a set, whether both are of one identity, and the fold that each is in."""

    first: Tensor  # [P] int64
    second: Tensor  # [P] int64
    same: Tensor  # [P] bool
    fold: Tensor  # [P] int64, from 0

    def __len__(self) -> int:
        return len(self.same)

    @property
    def folds(self) -> int:
        return int(self.fold.max()) + 1 if len(self) else 0

    def of(self, fold: int) -> Pairs:
        """The pairs of one fold, as a set of one fold."""
        kept = self.fold == fold
        require(bool(kept.any()), "fold must be one of 0..{}, got {}", self.folds - 1, fold)
        first, second, same = self.first[kept], self.second[kept], self.same[kept]
        return Pairs(first, second, same, torch.zeros_like(first))


# ---------------------------------------------------------------------------------------------------------------------
# The published lists


def lfw_pairs(text: str, place: Mapping[tuple[str, int], int], where: str = "pairs.txt") -> Pairs:
    """The pairs of LFW's ``pairs.txt`` (``pairsDevTrain.txt`` and ``pairsDevTest.txt`` for View 1).

    Args:
        text: a first line of folds and pairs a kind (``10 300``; View 1: ``500``), then for each fold that many lines
            ``name, number, number`` of one person and as many ``name, number, name, number`` of two.
        place: (name, number) to the place of that image.
        where: the file, for errors.

    Raises:
        ValueError: if a fold has another size, a line is neither kind, or a pair names an image that is not there.
    """
    lines = [line.split("\t") for line in text.strip().splitlines()]
    head = lines[0] if lines else []
    whole = len(head) in (1, 2) and all(part.strip().isdigit() for part in head)
    require(whole, "{} must begin with the number of folds and of pairs, got {!r}", where, "\t".join(head))
    folds, each = (1, int(head[0])) if len(head) == 1 else (int(head[0]), int(head[1]))
    body = lines[1:]
    require(len(body) == 2 * folds * each, "{} must hold {} folds of {} pairs, got {} lines after the first", where,
            folds, 2 * each, len(body))  # fmt: skip
    found: list[tuple[int, int, bool, int]] = []
    for number, line in enumerate(body):
        fold, same = number // (2 * each), number % (2 * each) < each
        right = len(line) == (3 if same else 4)
        require(right, "{} line {} must be a pair of {}, got {!r}", where, number + 2,
                "one person" if same else "two people", "\t".join(line))  # fmt: skip
        ends = [(line[0], line[1]), (line[0] if same else line[2], line[-1])]
        require(same or line[0] != line[2], "{} line {} must be a pair of two people, got {!r} twice", where,
                number + 2, line[0])  # fmt: skip
        first, second = (_placed(place, name, index, where, number + 2) for name, index in ends)
        found.append((first, second, same, fold))
    return _pairs(found)


def youtube_pairs(text: str, place: Mapping[str, int], where: str = "splits.txt") -> Pairs:
    """The video pairs of YouTube Faces' ``splits.txt``.

    Args:
        text: a line of names, then lines ``split, name/number, name/number, same``, splits from 1.
        place: ``name/number`` to the place of that video.
        where: the file, for errors.

    Raises:
        ValueError: if a line has another form, a video is not there, or a split has another size than the first.
    """
    found: list[tuple[int, int, bool, int]] = []
    for number, line in enumerate(text.strip().splitlines()[1:], 2):
        parts = [part.strip() for part in line.split(",")]
        parts = [parts[0], *parts[-3:]]
        right = len(line.split(",")) >= 4 and parts[0].isdigit() and parts[3] in ("0", "1")
        require(right, "{} line {} must be a split, two videos and 0 or 1, got {!r}", where, number, line)
        for video in parts[1:3]:
            require(video in place, "{} line {} names the video {}, which is not there", where, number, video)
        one = parts[1].split("/")[0] == parts[2].split("/")[0]
        require(one == (parts[3] == "1"), "{} line {} calls {} and {} {}", where, number, parts[1], parts[2],
                "the same person" if parts[3] == "1" else "two people")  # fmt: skip
        found.append((place[parts[1]], place[parts[2]], parts[3] == "1", int(parts[0]) - 1))
    sizes = np.bincount([fold for *_, fold in found]) if found else np.zeros(1)
    require(len(set(sizes.tolist())) == 1, "{} must hold splits of one size, got {}", where, sizes.tolist())
    return _pairs(found)


def _placed(place: Mapping[tuple[str, int], int], name: str, index: str, where: str, line: int) -> int:
    require(index.strip().isdigit(), "{} line {} must number its images, got {!r}", where, line, index)
    key = name, int(index)
    require(key in place, "{} line {} names {} number {}, which is not among the images", where, line, *key)
    return place[key]


def _pairs(found: Sequence[tuple[int, int, bool, int]]) -> Pairs:
    first, second, same, fold = (torch.tensor(column) for column in zip(*found, strict=True))
    return Pairs(first, second, same, fold)


def require_disjoint(known: Iterable[str], asked: Iterable[str]) -> None:
    """Refuse a number where an identity stands on both sides.

    Raises:
        ValueError: naming how many, and the first three.
    """
    both = sorted(set(known) & set(asked))
    require(not both, "an identity must not be both trained on and asked about, got {} such: {}", len(both),
            ", ".join(both[:3]))  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# From features to scores


def mirror_sum(features: Tensor, mirrored: Tensor) -> Tensor:
    """Features of images and of their mirror images, summed entry by entry."""
    require(features.shape == mirrored.shape, "mirrored must have the shape {}, got {}", tuple(features.shape),
            tuple(mirrored.shape))  # fmt: skip
    return features + mirrored


def average_by(features: Tensor, group: Tensor) -> Tensor:
    """The mean feature of each group, e.g. of the frames of each video, ``[G, D]``.

    Raises:
        ValueError: if a group has no feature.
    """
    counts = torch.bincount(group)
    require(bool((counts > 0).all()), "every group must have a frame, group {} has none", int(counts.argmin()))
    sums = features.new_zeros(len(counts), features.shape[1]).index_add_(0, group, features)
    return sums / counts.unsqueeze(1)


def principal_axes(features: Tensor, components: int) -> tuple[Tensor, Tensor]:
    """Mean ``[D]`` and the leading principal axes ``[D, components]`` of training features, never of those asked about.

    Raises:
        ValueError: if there are more components than features or dimensions.
    """
    check_integer("components", components)
    most = min(features.shape)
    require(components <= most, "components must be at most {}, got {}", most, components)
    mean = features.double().mean(0)
    axes = torch.linalg.svd(features.double() - mean, full_matrices=False).Vh[:components].T
    return mean, axes


def project(features: Tensor, mean: Tensor, axes: Tensor) -> Tensor:
    """Features along principal axes, the mean taken off."""
    return (features.double() - mean) @ axes


def scores(features: Tensor, pairs: Pairs, metric: Metric = "cosine") -> Tensor:
    """How alike the two of each pair are, ``[P]`` in float64: the cosine, or minus the Euclidean distance.

    A feature of length zero has the cosine 0 with every other.
    """
    require(metric in METRICS, "metric must be one of {}, got {!r}", METRICS, metric)
    a, b = features.double()[pairs.first], features.double()[pairs.second]
    found: Tensor = -(a - b).norm(dim=1)
    if metric == "l2":
        return found
    length = (a.norm(dim=1) * b.norm(dim=1)).clamp_min(torch.finfo(torch.float64).tiny)
    found = (a * b).sum(1) / length
    return found


# ---------------------------------------------------------------------------------------------------------------------
# From scores to answers


def best_threshold(scores: Tensor, same: Tensor) -> float:
    """The threshold with the most right answers, halfway between two scores; of several the lowest.

    Raises:
        ValueError: if there are no pairs.
    """
    require(len(scores) > 0, "a threshold needs pairs, got {}", len(scores))
    order = scores.argsort(stable=True)
    ranked, kind = scores[order], same[order].long()
    # below the cut all are called different, from it on all the same
    right = torch.cat([kind.new_zeros(1), (1 - kind).cumsum(0)]) + kind.sum() - torch.cat([kind.new_zeros(1),
                                                                                          kind.cumsum(0)])  # fmt: skip
    possible = torch.ones(len(ranked) + 1, dtype=torch.bool)
    possible[1:-1] = ranked[1:] > ranked[:-1]  # equal scores have equal answers
    cut = int(torch.where(possible, right, -1).argmax())
    if cut == 0:
        return float(ranked[0])
    return (
        math.nextafter(float(ranked[-1]), math.inf) if cut == len(ranked) else float(ranked[cut - 1 : cut + 1].mean())
    )


@dataclass(frozen=True)
class Answers:
    """What a threshold that was chosen on other pairs says of each pair."""

    right: Tensor  # [P] bool
    fold: Tensor  # [P]
    thresholds: tuple[float, ...]  # one a fold

    @property
    def by_fold(self) -> list[float]:
        return [float(self.right[self.fold == fold].double().mean()) for fold in range(len(self.thresholds))]

    @property
    def accuracy(self) -> float:
        """Mean over the folds."""
        return float(np.mean(self.by_fold))

    @property
    def standard_error(self) -> float:
        """The standard error of that mean, the folds' standard deviation over the root of their number."""
        folds = self.by_fold
        return float(np.std(folds, ddof=1) / math.sqrt(len(folds))) if len(folds) > 1 else math.nan


def answers(found: Tensor, pairs: Pairs, threshold: float | None = None) -> Answers:
    """Answers by ``threshold``; without one each fold is answered by the threshold that is best on all the others.

    Raises:
        ValueError: if the folds have different sizes, or there is but one and no threshold.
    """
    sizes = torch.bincount(pairs.fold)
    require(len(set(sizes.tolist())) == 1, "folds must have one size, got {}", sizes.tolist())
    require(threshold is not None or len(sizes) > 1, "one fold needs a threshold from elsewhere, got {}", threshold)
    right, chosen = torch.zeros_like(pairs.same), []
    for fold in range(len(sizes)):
        inside = pairs.fold == fold
        cut = best_threshold(found[~inside], pairs.same[~inside]) if threshold is None else threshold
        right[inside] = (found[inside] >= cut) == pairs.same[inside]
        chosen.append(cut)
    return Answers(right, pairs.fold, tuple(chosen))


@dataclass(frozen=True)
class Curve:
    """A ROC curve: which shares of the different and of the same pairs are called same, threshold by threshold."""

    far: np.ndarray
    tar: np.ndarray
    different: int  # pairs: no false accept rate below one of these can be read

    @property
    def area(self) -> float:
        return float(np.trapezoid(self.tar, self.far))

    @property
    def equal_error(self) -> float:
        """Where false accepts and false rejects are equally frequent, on the straight line between two thresholds."""
        gap = self.far - (1 - self.tar)  # rises from -1 to 1
        i = int(np.argmax(gap >= 0))
        if gap[i] == 0 or i == 0:
            return float(self.far[i])
        share = gap[i - 1] / (gap[i - 1] - gap[i])
        return float(self.far[i - 1] + share * (self.far[i] - self.far[i - 1]))

    def tar_at(self, far: float) -> float:
        """The largest share of same pairs that are accepted with at most that share of different ones.

        Raises:
            ValueError: if so small a share cannot be seen on these pairs.
        """
        enough = 1 / self.different <= far <= 1
        require(enough, "far must be from {:.2g}, one of {} different pairs, to 1, got {}", 1 / self.different,
                self.different, far)  # fmt: skip
        return float(self.tar[self.far <= far + 1e-12].max())


def curve(found: Tensor, same: Tensor, weight: Tensor | None = None) -> Curve:
    """scikit-learn's ROC curve of scores.

    Raises:
        ValueError: if all pairs are of one kind.
    """
    from sklearn.metrics import roc_curve

    counts = int(same.sum()), int((~same).sum())
    require(min(counts) > 0, "a curve needs same and different pairs, got {} and {}", *counts)
    weights = None if weight is None else weight.numpy()
    far, tar, _ = roc_curve(same.numpy(), found.numpy(), sample_weight=weights, drop_intermediate=False)
    return Curve(far, tar, counts[1])


def identity_interval(
    value: Callable[[Tensor], float], pairs: Pairs, identity: Tensor, draws: int = 200, seed: int = 0
) -> tuple[float, float]:
    """95 % bootstrap interval over *identities*: they are drawn again, not the pairs, for pairs of one share its faces.

    A pair counts as often as the product of how often its two identities were drawn (once its own for a same pair).

    Args:
        value: of weights ``[P]``; one that is not finite is left out.
        pairs: whose they are.
        identity: ``[N]``, a number for the identity of every image.
        draws: how many.
        seed: of the draws.
    """
    one, two = (torch.unique(identity, return_inverse=True)[1][side] for side in (pairs.first, pairs.second))
    used = torch.unique(torch.cat([one, two]))
    generator, found = torch.Generator().manual_seed(seed), []
    for _ in range(draws):
        drawn = used[torch.randint(len(used), (len(used),), generator=generator)]
        times = torch.bincount(drawn, minlength=int(used.max()) + 1).double()
        found.append(value(torch.where(pairs.same, times[one], times[one] * times[two])))
    kept = [each for each in found if math.isfinite(each)]
    low, high = np.quantile(kept, (0.025, 0.975)) if kept else (math.nan, math.nan)
    return float(low), float(high)


def crossed_interval(
    differences: np.ndarray, pairs: Pairs, draws: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """Mean difference of wrong answers in points, and its 95 % interval where seeds and identities are drawn again.

    Both are drawn with replacement and apart. A pair counts as in :func:`identity_interval`, its kind for a half of the
    error. The standard error is that of the draws, widened and multiplied as Student's interval over seeds does. It
    counts the noise of pairs again, and is somewhat wider than that one even where identities make no difference.
    Thresholds are those of the undrawn pairs.

    Args:
        differences: ``[S, P]``, 1 where only the second answers wrong under a seed, -1 where only the first, else 0.
        pairs: of *identities*: ``first`` and ``second`` number them from 0.
        draws: how many.
        seed: of the draws.
    """
    from scipy.stats import t  # a machine that only trains need not have it

    seeds, count = len(differences), int(torch.cat([pairs.first, pairs.second]).max()) + 1
    require(seeds > 1, "an interval needs two seeds or more, got {}", seeds)
    noise = np.random.default_rng(seed)
    drawn = noise.multinomial(count, np.full(count, 1 / count), size=draws)
    one, two, same = drawn[:, pairs.first.numpy()], drawn[:, pairs.second.numpy()], pairs.same.numpy()
    weight = np.where(same, one, one * two)
    by_seed = noise.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws) / seeds
    found = by_seed @ differences
    kinds = [(weight * found)[:, kind].sum(1) / weight[:, kind].sum(1) for kind in (same, ~same)]
    half = (
        float(t.ppf(0.975, seeds - 1))
        * 50
        * float(np.std(kinds[0] + kinds[1], ddof=1))
        * math.sqrt(seeds / (seeds - 1))
    )
    mean = 50 * float(differences[:, same].mean() + differences[:, ~same].mean())
    return mean, mean - half, mean + half


def one_shot(features: Tensor, trials: Tensor) -> Tensor:
    """Whether the most alike of a trial's candidates, by the cosine, is the right one, ``[T]`` bool.

    Args:
        features: ``[N, D]``.
        trials: ``[T, 2 + K]``: the place of the image asked about, which of the candidates is right, their places.
    """
    unit = torch.nn.functional.normalize(features.double(), dim=1)
    alike = (unit[trials[:, 2:]] @ unit[trials[:, 0]].unsqueeze(2)).squeeze(2)
    return alike.argmax(1) == trials[:, 1]


def extent(features: Tensor, identity: Tensor) -> tuple[float, float]:
    """The largest angle within an identity and the smallest between two, in degrees.

    Where the first is below the second, one threshold answers every pair right. NaN where there is no such pair.
    """
    unit = torch.nn.functional.normalize(features.double(), dim=1)
    angle = (unit @ unit.T).clamp(-1, 1).acos().rad2deg()
    same = identity.unsqueeze(0) == identity.unsqueeze(1)
    within, between = angle[same & ~torch.eye(len(unit), dtype=torch.bool)], angle[~same]
    return (
        float(within.max()) if len(within) else math.nan,
        float(between.min()) if len(between) else math.nan,
    )


def binomial_error(accuracy: float, pairs: int) -> float:
    """The standard error of an accuracy in percent over so many independent pairs, in points.

    Example:
        >>> round(binomial_error(99.4, 6000), 2)
        0.1
    """
    check_integer("pairs", pairs)
    require(0 <= accuracy <= 100, "accuracy must be in percent, got {}", accuracy)
    return math.sqrt(accuracy * (100 - accuracy) / pairs)
