"""What the chapter on reconstruction says in numbers, read off the records, the pictures and the networks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import torch
from scipy import stats

from discriminative import pictures
from discriminative.cifar_networks import WIDTHS
from discriminative.evidence import Arms, means, rank
from discriminative.geometry import separability_floor
from discriminative.ledger import Ledger
from discriminative.networks import NETWORKS
from discriminative.papers import printed
from discriminative.papers.reconstruction.figures import PRINTED, Picture, apart
from discriminative.papers.reconstruction.full_scale import FULL_SCALE, ROWS, face_hours
from discriminative.papers.shared import control
from discriminative.queue import Estimate
from discriminative.statistics import Values, interval, judge_equivalence, rank_correlation

__all__ = [
    "alike", "below", "centers", "classes", "courses", "decays", "geometry", "hours", "nearer", "networks", "order",
    "pending", "reached", "separation", "shots", "still",
]  # fmt: skip

SOFTMAX = control("softmax")
Said = dict[str, Any]
Table = tuple[list[str], list[list[str]]]


def reached(swept: Arms, penalty: Arms, three: Arms) -> Said:
    """Where e(W) ends, in two digits: the geometric mean over the runs of an arm."""
    wanted = {
        "e_softmax": (swept, "softmax", "log e(W)"),
        "e_softmax_unit": (swept, "softmax", "log unit e(W)"),
        "e_penalty": (penalty, "e(W) 0.01", "log e(W)"),
        "e_penalty_more": (penalty, "e(W) 0.1", "log e(W)"),
        "e_random": (three, "frozen random", "log e(W)"),
        "e_dependent": (three, "frozen dependent", "log e(W)"),
    }
    return {key: f"{10 ** arms.mean(name, of):.2g}" for key, (arms, name, of) in wanted.items()}


def centers() -> Said:
    """Points that the loss at 1, its held forms and the center losses of its strength save over softmax.

    The held forms have fewer seeds than the loss, so it stands beside them on those seeds too.
    """
    arms = Arms.of("reconstruction", "laptop") | Arms.of("reconstruction-center", "laptop")
    names = {
        "saved_loss": "L_re 1",
        "saved_features_held": "L_re 1, features held",
        "saved_weights_held": "L_re 1, weights held",
        "saved_tied": "tied center as L_re 1",
        "saved_own": "own center as L_re 1",
    }
    said: Said = {key: _saved(arms, name) for key, name in names.items()}
    said["saved_origin"] = _once_run(arms, "origin center as L_re 1", "the center loss at the origin")
    said["origin_known"] = "measured below" if arms.finished("origin center as L_re 1") else "not measured"
    said["saved_larger"] = "; ".join(_once_run(arms, f"L_re {c}", f"a coefficient of {c}") for c in (3, 10))
    same = arms.at_seeds(*arms.wrong("L_re 1, weights held"))
    said["saved_same_seeds"] = _saved(same, "L_re 1")
    said["held_less_free"] = _points(same, "L_re 1", "L_re 1, weights held", -1)
    least = {name: same.mean(name, "validation error") for name in same if name.startswith("L_re") and "," not in name}
    least = {name: value for name, value in least.items() if not math.isnan(value)}
    said["chosen"] = min(least, key=least.__getitem__).removeprefix("L_re ") if least else "not run"
    return said


def _once_run(arms: Arms, name: str, told: str) -> str:
    """What an arm saves as a clause, or that nobody knows yet."""
    return f"{told} saves {_saved(arms, name)} points" if arms.finished(name) else f"{told} is not run"


def _saved(arms: Arms, name: str) -> str:
    told = _points(arms, "softmax", name)
    return told if told == "not run" else f"{told}, n = {arms.errors_against('softmax', name).n}"


def _points(arms: Arms, baseline: str, name: str, sign: int = 1) -> str:
    """Points by which an arm errs less, with the interval; by which it errs more for a ``sign`` of -1."""
    found = arms.errors_against(baseline, name)
    if math.isnan(found.points):
        return "not run"
    low, high = sorted((sign * found.points_low, sign * found.points_high))
    return f"{sign * found.points:.2f} [{low:.2f}, {high:.2f}]".replace("-", "−")


FOUR = ("softmax", "NormFace", "own center as L_re 1", "m=4")  # the losses of the paper's Figure 4
DISTINCT = (*FOUR, "weight-normalised", "m=2", "L_re 1", "tied center as L_re 1")  # no two of them one loss


def order(others: Arms) -> Said:
    """Figure 4's order: how e(W), raw and of unit columns, ranks arms by error; and what raises it."""
    found = means(others.only(*DISTINCT), "log e(W)", "log unit e(W)", "test error")
    said = Said()
    for key, of in (("raw", "log e(W)"), ("unit", "log unit e(W)")):
        said["order_arms"], said[f"order_rank_{key}"] = rank(found, of, "test error")
        of_four = found.reindex(list(FOUR))
        pairs = [of_four.loc[list(pair)].diff().iloc[1] for pair in combinations(FOUR, 2)]
        said[f"order_pairs_{key}"] = sum(bool(pair[of] * pair["test error"] > 0) for pair in pairs)
        said["order_pairs"] = len(pairs)
    full = len(found) == len(DISTINCT)
    said["order_p_raw"] = float(stats.spearmanr(found["log e(W)"], found["test error"]).pvalue) if full else math.nan
    for key, name in (("softmax", "softmax"), ("loss", "L_re 1"), ("own", "own center as L_re 1")):
        said[f"length_{key}"] = others.mean(name, "weight norm")
        said[f"unit_{key}"] = f"{10 ** others.mean(name, 'log unit e(W)'):.2g}"
    ratio = said["length_loss"] / said["length_softmax"]
    said["length_decades"] = 4 * math.log10(ratio)  # e(W) of long weights goes with the fourth power of their length
    return said


def decays() -> Said:
    """Raw e(W) where only the decay differs: softmax at its own and at L-Softmax's, on the tuning seeds."""
    own, other = SOFTMAX.run.optimizer, control("m=4").run.optimizer
    names = {"own": f"softmax rate {own.rate:g} decay {own.weight_decay:g}"}
    names["other"] = f"softmax rate {own.rate:g} decay {other.weight_decay:g}"
    arms = Arms.of("margin-tuning", "laptop", *names.values())
    said: Said = {f"decay_e_{key}": f"{10 ** arms.mean(name, 'log e(W)'):.3g}" for key, name in names.items()}
    reached = f"{10 ** Arms.of('reconstruction-figure-4', 'laptop').mean('m=4', 'log e(W)'):.3g}"
    return said | {"decay_own": own.weight_decay, "decay_other": other.weight_decay, "decay_e_margin": reached}


def courses(swept: Arms) -> Said:
    """How raw e(W) runs under softmax: the mean curve at its first point, its peak and its end; and its order after."""
    curves = [record["curves"] for record in swept.finished("softmax")]
    values = np.array([[float(value) for value in curve["separability_raw"]] for curve in curves])
    mean, steps = values.mean(0), curves[0]["measured"]
    peak = int(mean.argmax())
    found, low, high = interval([rank_correlation(steps[peak:], row[peak:]) for row in values.tolist()])
    return {
        "course_first": mean[0],
        "course_peak": mean[peak],
        "course_last": mean[-1],
        "course_step": steps[peak],
        "course_steps": steps[-1],
        "course_after": f"{found:.2f} [{low:.2f}, {high:.2f}]".replace("-", "−"),
    }


def geometry(others: Arms) -> Said:
    """What tells the loss at 1 from center losses of its strength, and how long features are before each."""
    loss, tied, own = "L_re 1", "tied center as L_re 1", "own center as L_re 1"
    said: Said = {
        "turned_tied": _apart(others, tied, loss, "own angle", 1),
        "fisher_own": _apart(others, own, loss, "log Fisher ratio", 2),
    }
    for key, name in (("softmax", "softmax"), ("loss", loss), ("tied", tied), ("own", own)):
        said[f"angle_{key}"], said[f"features_{key}"] = (others.mean(name, of) for of in ("own angle", "feature norm"))
        shares = [record["geometry"]["mean_energy_share"] for record in others.finished(name)]
        said[f"share_{key}"] = float(np.mean(shares)) if shares else math.nan
    return said


def _apart(arms: Arms, baseline: str, name: str, measure: str, digits: int) -> str:
    """The paired difference of a measure with its 95 % interval."""
    pairs = arms.pairs(baseline, name, measure)
    if not pairs:
        return "not run"
    mean, low, high = interval([second - first for first, second in pairs])
    return f"{mean:+.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]".replace("-", "−")


def alike(others: Arms) -> Said:
    """Which arms, of quite other losses, the bounds of C-FBR12a and c would call worth the same as a center loss."""
    bounds = {"a": "tied center as L_re 1", "c": "tied center as L_re 0.001"}
    chosen = {"a": ("NormFace", "weight-normalised", "m=2", "m=4"), "c": ("softmax",)}
    said = Said()
    for letter, baseline in bounds.items():
        passed = [
            name
            for name in chosen[letter]
            if judge_equivalence(_differences(others, baseline, name), 0.25).word == "reproduced"
        ]
        said[f"alike_{letter}"] = " and ".join(passed) or "none"
    return said


def _differences(arms: Arms, baseline: str, name: str) -> Values:
    return Values(enumerate(second - first for first, second in arms.pairs(baseline, name)))


def still(three: Arms) -> Said:
    """Errors before the dependent classifiers that stand still, against how alike two of their rows are."""
    records = three.finished("frozen dependent")
    wrong = {record["run"]["seed"]: record["metrics"]["test"]["wrong"] for record in records}
    near = {record["run"]["seed"]: record["geometry"]["weight_cosine_max"] for record in records}
    copies = [wrong[seed] for seed in near if near[seed] > 0.95]
    others = [wrong[seed] for seed in near if near[seed] <= 0.95]
    return {
        "still_images": three.images,
        "still_shown": wrong[0],
        "still_worst": max(wrong.values()),
        "still_worst_draw": max(wrong, key=wrong.__getitem__),
        "still_copies": f"{len(copies)} draws in which two rows have a cosine above 0.95 err on {min(copies)} to "
        f"{max(copies)}, the other {len(others)} on {min(others)} to {max(others)}",
    }


def pending(resnet: Arms) -> str:
    """A sentence while the residual network has no records, nothing once it has."""
    return "" if resnet.finished() else "**None of these runs has been made yet: the picture is empty.** "


def separation(three: Arms) -> Table:
    """Figure 2 in numbers: Fisher ratio, cosines within and between classes, and the error before each still layer."""
    rows = []
    for name in three:
        values = [10 ** three.mean(name, "log Fisher ratio")]
        values += [three.mean(name, of) for of in ("within-class cosine", "between-class cosine", "test error")]
        rows.append([name, *(f"{value:.2f}".replace("-", "−") for value in values)])
    return ["Classifier", "Fisher ratio", "Cosine within a class", "Between classes", "Test error (%)"], rows


def classes(resnet: Arms) -> Table:
    """Figure 6 on ResNet-20: the mean angle between the features of a class and its weight, in degrees."""
    names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    columns = {}
    for arm in resnet:
        found = [record["geometry"]["class_own_angle"] for record in resnet.finished(arm)]
        columns[arm] = [f"{value:.1f}" for value in np.mean(found, axis=0)] if found else ["not run"] * len(names)
    rows = [[name, *(column[k] for column in columns.values())] for k, name in enumerate(names)]
    return ["Class", *columns], rows


def shots(experiment: str, *names: str) -> dict[str, Picture]:
    """The pictures of the first seeds of arms, where they were taken."""
    arms = Arms.of(experiment, "laptop", *names)
    found = {name: pictures.taken(arms[name].runs()[0]) for name in arms}
    return {name: shot for name, shot in found.items() if shot is not None}


def nearer(shown: Mapping[str, Picture]) -> Said:
    """Of two networks' classes, in how many the second has its mean activation nearer its weight, by either measure."""
    (_, plain), (_, other) = shown.items()
    pairs = list(zip(apart(plain), apart(other), strict=True))
    return {
        "nearer_distance": sum(b[0] < a[0] for a, b in pairs),
        "nearer_cosine": sum(b[1] > a[1] for a, b in pairs),
        "nearer_of": len(pairs),
    }


WHY = {
    "network-in-network": "not found: the source's nine convolutions have a twelfth of that",
    "vgg-16": "not found: its convolutions and the classes have 14.7M, with the source's two layers 33.6M",
    "highway-11": "a wider network, which the source does not name: its own for CIFAR-10 are thin",
    "resnet-32": "the count that the source gives for ResNet-110; 36 is no depth of the form 6n + 2",
    "densenet-40": "agrees",
}


def networks() -> Table:
    """Table 1's networks: depth and parameters as printed, those of the network that the source defines, and why."""
    cells, rows = printed("reconstruction", "1"), []
    for name, (row, _) in ROWS.items():
        with torch.device("meta"):
            network = NETWORKS[name](WIDTHS[name])
        count = sum(p.numel() for p in network.parameters()) + 10 * WIDTHS[name]
        columns = [f"{cells[row, 'Depth']:.0f}", str(cells[row, "Params"])]
        rows.append([name, *columns, f"{count / 1e6:.2f}M", str(WIDTHS[name]), WHY[name]])
    return ["Network", "Depth, printed", "Parameters, printed", "In its source", "Feature", "What explains it"], rows


def below() -> Said:
    """How many decades the printed values lie below what a matrix of their shape, or softmax with decay, can have."""
    shape, settled = [], []
    for _, table, model, column, (features, count) in PRINTED:
        value = float(printed("reconstruction", table)[model, column])
        floor = separability_floor(count, features)
        shape += [math.log10(floor / value)] if floor > 0 else []
        settled.append(math.log10(1 / count / value))
    return {
        "below_rows": "; ".join(label for label, *_ in PRINTED),
        "shape_least": min(shape),
        "shape_most": max(shape),
        "settled_least": min(settled),
        "settled_most": max(settled),
    }


def hours() -> Said:
    """What Tables 1 and 2 would take on a GPU by the plan: in full, in a fifth of the epochs, for faces."""
    estimate = Estimate(Ledger.of("paper"), "cuda")

    def total(short: bool) -> float:
        runs = [
            run
            for item in FULL_SCALE
            if item.name.endswith("-short") == short
            for arm in item.at("paper")
            for run in arm.runs()
        ]
        return estimate.total(runs) / 3600

    return {"hours_long": total(False), "hours_short": total(True), "hours_faces": face_hours()}
