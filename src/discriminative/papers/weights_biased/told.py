"""What the chapter on W-Softmax tells in words: what a small loss is made of, how far two arms or gains are apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from discriminative.evidence import Arms
from discriminative.papers.weights_biased.experiments import GRADIENTS, PAPERS, map_name
from discriminative.papers.weights_biased.figures import optimum_mean_loss
from discriminative.statistics import interval, proportion

__all__ = [
    "CIFAR_CLASSES", "DIAGNOSIS", "SPREAD", "arm_mean", "class_rises", "classes_falling", "compactness", "counted",
    "decimals", "diagnosis", "erring_more", "gains_apart", "images_with", "mean_shares", "over_seeds", "paired",
    "spread_rows", "steps_told", "wider_in_training", "with_any",
]  # fmt: skip

CIFAR_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
DIAGNOSIS = [
    "Arm",
    "Finished",
    "Test error, %",
    "Training loss",
    "Loss of the mean feature",
    "All scores negative, %",
    "Energy in the mean, %",
    "Ridge probe's error, %",
]


# What "inter-class variance" and "intra-class variance" may mean: a measure, how it is told, with how many decimals.
SPREAD = (
    ("Fisher ratio", "Fisher ratio", 2),
    ("within-class cosine", "Cosine within a class", 3),
    ("between-class cosine", "Mean cosine between classes", 3),
    ("largest class cosine", "Largest cosine between classes", 3),
    ("angle gap", "Gap to the nearest rival, degrees", 1),
)


def decimals(value: float, digits: int = 1) -> str:
    """A number with so many decimals; a dash where there is none."""
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def arm_mean(arms: Arms, name: str, key: str) -> float:
    """Mean over an arm's finished runs of a number that their records keep of the geometry; NaN where none does."""
    values = [float(record["geometry"].get(key, math.nan)) for record in arms.finished(name)]
    return sum(values) / len(values) if values else math.nan


def diagnosis(arms: Arms, name: str, label: str = "") -> list[str]:
    """The row of an arm below ``DIAGNOSIS``: whether its loss is small because classes are told apart.

    Args:
        arms: that hold it.
        name: of the arm.
        label: what the row is called; the arm's name, unless given.
    """
    losses = [arm_mean(arms, name, key) for key in ("trained_loss", "mean_feature_loss")]
    shares = [100 * arm_mean(arms, name, key) for key in ("all_negative_share", "mean_energy_share")]
    return [
        label or name,
        f"{len(arms.finished(name))} of {len(arms.records(name))}",
        decimals(arms.mean(name)),
        *("–" if math.isnan(loss) else f"{loss:.1e}" for loss in losses),
        *map(decimals, shares),
        decimals(arm_mean(arms, name, "probe_error")),
    ]


def _told(differences: list[float], digits: int, unit: str) -> str:
    """Mean and 95 % interval; for fewer than two differences, how many there are."""
    if len(differences) < 2:
        return f"{len(differences)} pair, no interval" if differences else "not run"
    middle, low, high = (f"{end:+.{digits}f}".replace("-", "\N{MINUS SIGN}") for end in interval(differences))
    pairs = f"n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{len(differences)}"
    return f"{' '.join(filter(None, (middle, unit)))} [{low}, {high}], {pairs}"


def steps_told(arms: Arms, names: Sequence[str], measure: str, digits: int = 2) -> list[str]:
    """By how much a measure changes from each arm to the next, paired by seed, each with its 95 % interval."""
    steps = []
    for before, after in pairwise(names):
        differences = [b - a for a, b in arms.pairs(before, after, measure)]
        if len(differences) < 2:
            steps.append("–")
            continue
        middle, low, high = (f"{end:+.{digits}f}" for end in interval(differences))
        steps.append(f"{middle} [{low}, {high}]".replace("-", "\N{MINUS SIGN}"))
    return steps


def spread_rows(arms: Arms, names: Sequence[str], label: str) -> list[list[str]]:
    """How far classes are apart and how wide they are, a row for each of ``SPREAD``: means by arm, then the steps.

    Args:
        arms: that hold them.
        names: of the arms along a sweep.
        label: what the sweep is called, behind the name of what is measured.
    """
    return [
        [
            f"{told}, {label}",
            ", ".join(decimals(arms.mean(name, measure), digits) for name in names).replace("-", "\N{MINUS SIGN}"),
            *steps_told(arms, names, measure, digits),
        ]
        for measure, told, digits in SPREAD
    ]


def counted(count: int, trials: int, of: str = "", digits: int = 0) -> str:
    """A count with Clopper and Pearson's 95 % interval, e.g. ``"4 of 5 runs [28 %, 99 %]"``."""
    if not trials:
        return "–"
    low, high = (f"{100 * end:.{digits}f} %" for end in proportion(count, trials))
    return f"{count:,} of {trials:,}{' ' if of else ''}{of} [{low}, {high}]"


def images_with(arms: Arms, name: str, key: str, digits: int = 3) -> str:
    """On how many training images of an arm's finished runs together something holds whose share a record keeps."""
    sizes = [(record["geometry"].get(key), record["metrics"]["train"]["images"]) for record in arms.finished(name)]
    kept = [(round(share * images), images) for share, images in sizes if share is not None]
    return counted(sum(count for count, _ in kept), sum(images for _, images in kept), "images", digits)


def wider_in_training(arms: Arms, name: str) -> str:
    """Which classes have no smaller mean own angle in training than in the test, e.g. ``"class 1 under seed 4"``."""
    found = [
        f"class {label} under seed {record['run']['seed']}"
        for record in arms.finished(name)
        for label, (seen, met) in enumerate(
            zip(record["geometry"]["class_own_angle_train"], record["geometry"]["class_own_angle"], strict=True)
        )
        if seen >= met
    ]
    return " and ".join(found) or "none"


def paired(
    arms: Arms, baseline: str, arm: str, measure: str = "test error", digits: int = 2, unit: str = "points"
) -> str:
    """By how much the arm's measure is above the baseline's, paired by seed, with its 95 % interval."""
    return _told([a - b for b, a in arms.pairs(baseline, arm, measure)], digits, unit)


def erring_more(arms: Arms, baseline: str, arm: str) -> str:
    """In how many pairs the arm errs more than the baseline, e.g. ``"3 of 3"``."""
    pairs = arms.pairs(baseline, arm)
    return f"{sum(a > b for b, a in pairs)} of {len(pairs)}"


def compactness(swept: Arms, tuned: Arms, small: Arms) -> dict[str, str]:
    """How compact classes are: the stopped gradient beside the printed one, no batch norm, and CIFAR-10, to be glued.

    Args:
        swept: the map.
        tuned: Table 1 at our scale, where both gradients chose one setting with alpha = 1.
        small: Table 2 at our scale, along alpha with the gradient stopped.
    """
    fisher, cosine, (printed, stopped) = "Fisher ratio", "within-class cosine", GRADIENTS
    along = ["weight-normalised", *(f"{stopped} alpha={alpha:g}" for alpha in PAPERS)]
    return {
        **{
            f"fisher_{told}": paired(swept, map_name(alpha, printed), map_name(alpha, stopped), fisher, unit="")
            for told, alpha in (("one", 1.0), ("most", 1.5))
        },
        **{
            f"fisher_bare_{'warm' if warm else 'cold'}": "; ".join(
                paired(
                    swept,
                    map_name(0.0, norm=False, warm=warm),
                    map_name(alpha, printed, norm=False, warm=warm),
                    fisher,
                    unit="",
                )
                for alpha in PAPERS
            )
            for warm in (True, False)
        },
        "fisher_own": paired(tuned, f"{printed} alpha=1", f"{stopped} alpha=1", fisher, unit=""),
        "cosine_own": paired(tuned, f"{printed} alpha=1", f"{stopped} alpha=1", cosine, 3, ""),
        "fisher_cifar": ", ".join(steps_told(small, along, fisher)),
        "cosine_cifar": ", ".join(steps_told(small, along, cosine, 3)),
    }


def mean_shares(arms: Arms, name: str, alpha: float, classes: int = 10) -> tuple[str, str]:
    """What share of the fall of the loss from that of equal scores the mean feature has alone, in per cent.

    Args:
        arms: that hold it.
        name: of the arm, trained with the printed gradient.
        alpha: of that arm.
        classes: how many there are.

    Returns:
        (with its 95 % interval over the runs, that of the theorem's optimum at each run's own loss).
    """
    equal, kept = math.log(classes), [record["geometry"] for record in arms.finished(name)]
    shares, best = (
        [100 * (equal - reached) / (equal - of["trained_loss"]) for reached, of in zip(losses, kept, strict=True)]
        for losses in (
            [of["mean_feature_loss"] for of in kept],
            [optimum_mean_loss(alpha, of["trained_loss"], classes) for of in kept],
        )
    )
    if len(kept) < 2:
        return "–", "–"
    middle, low, high = (f"{end:.0f}" for end in interval(shares))
    return f"{middle} % [{low}, {high}]", f"{sum(best) / len(best):.0f} %"


def over_seeds(arms: Arms, name: str, measure: str, digits: int = 1) -> str:
    """An arm's mean of a measure and its 95 % interval over the seeds."""
    values = arms.numbers(name, measure)
    if len(values) < 2:
        return decimals(values[0], digits) if values else "–"
    middle, low, high = (f"{end:.{digits}f}" for end in interval(values))
    return f"{middle} [{low}, {high}]".replace("-", "\N{MINUS SIGN}")


def with_any(arms: Arms, name: str, measure: str) -> str:
    """In how many of an arm's runs a measure is above 0, e.g. ``"8 of 12"``."""
    values = arms.numbers(name, measure)
    return f"{sum(value > 0 for value in values)} of {len(values)}"


def _by_class(arms: Arms, name: str, key: str) -> list[float]:
    """Mean over an arm's finished runs of a number a class; empty where none has finished."""
    rows = [record["geometry"][key] for record in arms.finished(name)]
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def class_rises(arms: Arms, baseline: str, name: str, labels: Sequence[str]) -> str:
    """What every class errs more than under the baseline, in points of the means over the runs, largest rise first."""
    before, after = (_by_class(arms, arm, "class_error") for arm in (baseline, name))
    if not (before and after):
        return "–"
    rises = sorted(zip([a - b for b, a in zip(before, after, strict=True)], labels, strict=True), reverse=True)
    return ", ".join(f"{label} {rise:+.1f}" for rise, label in rises).replace("-", "\N{MINUS SIGN}")


def classes_falling(arms: Arms, names: Sequence[str], key: str = "class_own_angle") -> str:
    """In how many classes a mean falls from arm to arm at every step, e.g. ``"10 of 10"``."""
    steps = [_by_class(arms, name, key) for name in names]
    if not all(steps):
        return "–"
    each = list(zip(*steps, strict=True))
    falling = sum(all(after < before for before, after in pairwise(along)) for along in each)
    return f"{falling} of {len(each)}"


def gains_apart(arms: Arms, few: str, many: str, share: bool = False, against: str = "softmax") -> str:
    """What W-Softmax gains on a baseline at one setting less what it gains at another, by seed, with its 95 % interval.

    Args:
        arms: named ``"softmax k=5"`` and so on.
        few: the setting that is taken off, e.g. ``"k=5"``.
        many: the setting that it is taken off.
        share: whether gains are per cent of the baseline's error, and not points.
        against: the baseline.
    """
    gains: list[dict[int, float]] = []
    for setting in (few, many):
        plain, biased = (arms.values(f"{name} {setting}", "test error") for name in (against, "W-Softmax"))
        gains.append(
            {
                seed: 100 * (b - a) / b if share else b - a
                for seed in plain.keys() & biased.keys()
                if (b := plain[seed]) and (a := biased[seed]) is not None
            }
        )
    seeds = sorted(gains[0].keys() & gains[1].keys())
    whose = "softmax" if against == "softmax" else "that loss"
    unit = f"per cent of {whose}'s error" if share else "points"
    return _told([gains[1][seed] - gains[0][seed] for seed in seeds], 0 if share else 2, unit)
