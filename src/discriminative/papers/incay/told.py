"""What the chapter on incay says with several records at once: differences by seed, scales, whose norms grew."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from discriminative.evidence import Arms
from discriminative.ledger import correctness
from discriminative.papers import printed
from discriminative.papers.incay.experiments import INCAY_TUNING, LAMBDAS
from discriminative.papers.shared import MARGIN_TUNING
from discriminative.statistics import interval

__all__ = [
    "Growth",
    "Scales",
    "at_paper_scale",
    "class_changes",
    "norm_growth",
    "pairs_clear",
    "scales_best",
    "scales_told",
    "scales_words",
    "shift",
    "stronger",
    "together",
    "tried",
    "with_interval",
]

DRAWS = 2000


def shift(arms: Arms, baseline: str, arm: str, measure: str, form: str = "+.1f") -> str:
    """A measure's change from the baseline to the arm, by seed, with its 95 % interval; a dash below two pairs."""
    pairs = arms.pairs(baseline, arm, measure)
    if len(pairs) < 2:
        return "–"
    return with_interval([after - before for before, after in pairs], form)


def with_interval(changes: Sequence[float], form: str = "+.1f") -> str:
    """The mean of changes by seed with its 95 % interval."""
    middle, low, high = (format(round(value, 9), form) for value in interval(changes))
    return f"{middle} [{low}, {high}]".replace("-", "−")


def together(arms: Arms, baseline: str, arm: str, first: str, second: str) -> str:
    """The correlation over seeds of what two measures change by, with Fisher's 95 % interval; a dash below four."""
    changes = [[after - before for before, after in arms.pairs(baseline, arm, of)] for of in (first, second)]
    if len(changes[0]) < 4:
        return "–"
    found, half = math.atanh(float(np.corrcoef(np.array(changes))[0, 1])), 1.96 / math.sqrt(len(changes[0]) - 3)
    middle, low, high = (f"{math.tanh(value):+.2f}" for value in (found, found - half, found + half))
    return f"{middle} [{low}, {high}]".replace("-", "−")


def stronger(arms: Arms, name: str) -> dict[str, int]:
    """When cross-entropy pulls a feature outwards harder than incay does in an arm, by the means over its runs.

    ``ce_from``: the recorded step from which on it always does. Of the steps before, ``looks_before``: at how many
    incay is the stronger (``looks_incay``), and at how many cross-entropy pulls inwards (``looks_inwards``).
    """
    curves = [r["curves"] for r in arms.finished(name) if "term_pulls" in r["curves"]]
    if not curves:
        return dict.fromkeys(("ce_from", "looks_before", "looks_incay", "looks_inwards"), 0)
    along = np.mean([each["pull_along"] for each in curves], 0)
    incay = np.mean([each["term_pulls"][0] for each in curves], 0) > along
    first = int(np.flatnonzero(incay).max(initial=-1)) + 1
    return {
        "ce_from": curves[0]["step"][min(first, len(along) - 1)],
        "looks_before": first,
        "looks_incay": int(incay.sum()),
        "looks_inwards": int((along[:first] < 0).sum()),
    }


def class_changes(arms: Arms, baseline: str, arm: str, measure: str) -> tuple[int, int, int]:
    """In how many classes the mean of a measure over the runs falls, stays (to nine digits) and rises."""
    ends = [
        [r["geometry"][measure] for r in arms.finished(name) if measure in r["geometry"]] for name in (baseline, arm)
    ]
    if not all(ends):
        return 0, 0, 0
    change = np.round(np.mean(ends[1], 0) - np.mean(ends[0], 0), 9)
    return int((change < 0).sum()), int((change == 0).sum()), int((change > 0).sum())


def pairs_clear(arms: Arms, names: Sequence[str], measure: str = "test error") -> tuple[int, int]:
    """Of all pairs of these arms, how many differ with a 95 % interval by seed that leaves out nought; how many are."""
    pairs = [arms.pairs(*two, measure) for two in itertools.combinations(names, 2)]
    found = [interval([after - before for before, after in each])[1:] for each in pairs if len(each) > 1]
    return sum(low > 0 or high < 0 for low, high in found), len(found)


def tried() -> dict[str, str]:
    """How many configurations softmax and each form of incay were chosen from."""
    of_each = {len(INCAY_TUNING.among(form)) for form in INCAY_TUNING.chosen}
    return {
        "tried_softmax": f"{len(MARGIN_TUNING.among('softmax'))}",
        "tried_incay": " or ".join(map(str, sorted(of_each))),
    }


def at_paper_scale(arms: Arms) -> tuple[list[str], list[list[str]]]:
    """Tables 3, 4, 6 and 7 beside the runs on CIFAR-10 at the paper's scale: heads and rows, errors in per cent."""
    names: list[tuple[str, str, str, str]] = []
    for head, base, term in (("Softmax", "softmax", "RN"), ("L-Softmax", "m=4", "m=4 + RN")):
        names += [("3", f"RN + {head}", "lambda=0", base)]
        names += [("3", f"RN + {head}", f"lambda={c:g}", f"{term} lambda={c:g}") for c in LAMBDAS]
    names += [("4", "Softmax", f"Scale {c}", f"scale {c}" if c > 1 else "softmax") for c in (1, 2, 4, 6, 8)]
    names += [("4", "Softmax", "Scale > 10", "scale 12")]
    forms = {"RN": "RN lambda=0.1", "LogN": "LogN lambda=0.01", "LN": "LN lambda=1e-06"}
    names += [("6", f"Softmax + {form}", "Accuracy", arm) for form, arm in forms.items()]
    decays = {"0.00001": "decay 1e-05", "0.00005": "decay 5e-05", "0.0005": "softmax", "0.005": "decay 0.005"}
    names += [("7", f"mu={decay}", "Accuracy", arm) for decay, arm in decays.items()]
    rows = []
    for table, row, column, arm in names:
        cell = printed("incay", table).get((row, column), "NAN")
        told = row if column == "Accuracy" else f"{row}, {column}"
        told = told.replace("mu=", "μ = ").replace("lambda=", "λ = ")
        ran = len(arms.finished(arm))
        rows.append([
            f"Table {table}: {told}",
            cell if isinstance(cell, str) else f"{100 - cell:.2f}",
            f"{arms.mean(arm):.2f}, n = {ran}" if ran else "not run",
        ])  # fmt: skip
    return ["CIFAR-10, error %", "Paper", "Ours, at its scale"], rows


@dataclass(frozen=True)
class Scales:
    """What a sweep of feature scales over rates says of divergence; NaN where no record says it.

    Args:
        survived: rate to the largest scale up to which every run finished.
        first, last: the earliest and the latest step at which a run's loss was no number.
        calm: of the settings whose every run finished the largest rate of the head, scale squared times rate.
        wild: of those whose every run diverged the smallest.
    """

    survived: dict[float, float]
    first: float
    last: float
    calm: float
    wild: float


def scales_told(arms: Arms) -> Scales:
    """Read the arms of Table 4, which are named by scale and rate."""
    lost: dict[tuple[float, float], float] = {}
    steps = []
    for name in arms:
        records = arms.records(name)
        if records:
            scale, rate = (float(word) for word in name.split()[1::2])
            lost[rate, scale] = arms.lost(name)[0] / len(records)
            steps += [r["metrics"]["first_bad_step"] for r in records if r["status"] != "finished"]
    survived = {}
    for rate in {rate for rate, _ in lost}:
        dead = [scale for (at, scale), share in lost.items() if at == rate and share]
        fine = [scale for at, scale in lost if at == rate and scale < min(dead, default=math.inf)]
        survived[rate] = max(fine, default=math.nan)
    calm = [rate * scale**2 for (rate, scale), share in lost.items() if share == 0]
    wild = [rate * scale**2 for (rate, scale), share in lost.items() if share == 1]
    return Scales(
        survived,
        min(steps, default=math.nan),
        max(steps, default=math.nan),
        max(calm, default=math.nan),
        min(wild, default=math.nan),
    )


def scales_best(arms: Arms) -> dict[str, str]:
    """Scaled and unscaled features of Table 4's arms, each at its best rate.

    ``scale_best`` is the least mean error of a scaled setting. Beside the best unscaled one stand the scaled settings
    whose every run finished: ``scale_whole`` the best of them, ``scale_more`` by how much it errs more, and
    ``scale_above`` how many err more by an interval above nought.
    """
    errors = {name: mean for name in arms if not math.isnan(mean := arms.mean(name))}
    plain = min((name for name in errors if name.startswith("scale 1 ")), key=errors.__getitem__, default=None)
    scaled = sorted((name for name in errors if not name.startswith("scale 1 ")), key=errors.__getitem__)
    whole = [name for name in scaled if len(arms.finished(name)) == len(arms.records(name)) > 1]
    if plain is None or not whole:
        return dict.fromkeys(("scale_best", "scale_whole", "scale_more", "scale_above"), "–")
    best, ran = scaled[0], [len(found(scaled[0])) for found in (arms.finished, arms.records)]
    above = sum(interval([a - b for b, a in arms.pairs(plain, name)])[1] > 0 for name in whole)
    return {
        "scale_best": f"{errors[best]:.2f} % ({best.replace('rate', 'at the rate')}, {ran[0]} of {ran[1]} runs)",
        "scale_whole": whole[0].replace("rate", "at the rate"),
        "scale_more": shift(arms, plain, whole[0], "test error", "+.2f"),
        "scale_above": f"{above} of {len(whole)}",
    }


def scales_words(arms: Arms) -> str:
    """Which scales of Table 4's arms finished under every seed at each rate, and which under none, in words."""
    shares: dict[float, dict[float, float]] = {}
    for name in arms:
        if records := arms.records(name):
            scale, rate = (float(word) for word in name.split()[1::2])
            shares.setdefault(rate, {})[scale] = arms.lost(name)[0] / len(records)
    told = []
    for rate, found in sorted(shares.items(), reverse=True):
        groups = {
            "open": [scale for scale, share in found.items() if not share],
            "half full": [scale for scale, share in found.items() if 0 < share < 1],
            "full": [scale for scale, share in found.items() if share == 1],
        }
        parts = [f"{said} at {', '.join(f'{c:g}' for c in scales)}" for said, scales in groups.items() if scales]
        told.append(f"At the rate {rate:g} the dots are {'; '.join(parts)}.")
    return " ".join(told)


@dataclass(frozen=True)
class Growth:
    """By what factor the mean norm of a group of test images differs from one run to the other.

    Args:
        images: how many.
        factor: mean norm under the second run over that under the first.
        low, high: 95 % of the factors over images drawn anew.
    """

    images: int
    factor: float
    low: float
    high: float


def norm_growth(arms: Arms, first: str, second: str) -> dict[str, Growth]:
    """Table 5's groups for seed 0 of two arms, the one whose records keep the norm of every test image.

    Right or wrong under both, *fixed* (wrong, then right), *added* (right, then wrong); and as ``"fixed over added"``
    the ratio of the two factors. Empty where a record is missing.
    """
    runs = [arms[name].run for name in (first, second)]
    records = [arms.ledger.find(run) for run in runs]
    right, norms = [], []
    for run, record in zip(runs, records, strict=True):
        if record is None or record["status"] != "finished":
            return {}
        right.append(correctness(record))
        norms.append(arms.ledger.arrays(run)["norms"].astype(float))
    (before, after), generator = right, np.random.default_rng(0)
    groups = {
        "right under both": before & after,
        "wrong under both": ~before & ~after,
        "fixed": ~before & after,
        "added": before & ~after,
    }
    found, drawn = {}, {}
    for name, group in groups.items():
        pair = np.stack([length[group] for length in norms], 1)
        if len(pair) < 2:
            return {}
        index = generator.integers(len(pair), size=(DRAWS if len(pair) < 1000 else 200, len(pair)))
        sums = pair[index].sum(1)
        drawn[name] = sums[:, 1] / sums[:, 0]
        found[name] = Growth(len(pair), pair[:, 1].sum() / pair[:, 0].sum(), *np.quantile(drawn[name], (0.025, 0.975)))
    ratio = found["fixed"].factor / found["added"].factor
    bounds = np.quantile(drawn["fixed"] / drawn["added"], (0.025, 0.975))
    images = found["fixed"].images + found["added"].images
    return found | {"fixed over added": Growth(images, ratio, *bounds)}
