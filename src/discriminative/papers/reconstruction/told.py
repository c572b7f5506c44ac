"""What the chapter on reconstruction says in numbers, read off the records, the pictures and the networks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from discriminative.papers import claims, experiment, printed
from discriminative.papers.reconstruction.experiments import DECAYED, ORIGIN, SPHERE
from discriminative.papers.reconstruction.figures import CIFAR, PRINTED, Picture, apart, together
from discriminative.papers.reconstruction.full_scale import FULL_SCALE, ROWS, face_hours
from discriminative.papers.shared import FLOORS, MARGINS, arm_name, control
from discriminative.queue import Estimate
from discriminative.runs import Run
from discriminative.statistics import Values, interval, judge_equivalence, rank_correlation
from discriminative.verdicts import PLACES

__all__ = [
    "advised", "aligned", "alike", "angle_and_length", "at_lower_rate", "below", "beside_tuned", "by_kind",
    "by_length", "causes", "centers", "classes", "compact", "compact_measures", "corrected", "courses", "decays",
    "direct", "fashion_decay", "folds", "geometry", "hours", "lengthened", "lost", "margins", "nearer", "networks",
    "neurons", "order", "origins", "pending", "plain", "reached", "scale", "scales", "separation", "shots", "still",
    "still_shots", "still_ten", "strength", "survivors", "turned", "without_still",
]  # fmt: skip

SOFTMAX = control("softmax")
Said = dict[str, Any]
Table = tuple[list[str], list[list[str]]]


def reached(swept: Arms, penalty: Arms, three: Arms) -> Said:
    """Where e(W) ends, in two digits: the geometric mean over the runs of an arm, and how many those of softmax are."""
    wanted = {
        "e_softmax": (swept, "softmax", "log e(W)"),
        "e_softmax_unit": (swept, "softmax", "log unit e(W)"),
        "e_penalty": (penalty, "e(W) 0.01", "log e(W)"),
        "e_penalty_more": (penalty, "e(W) 0.1", "log e(W)"),
        "e_random": (three, "frozen random", "log e(W)"),
        "e_dependent": (three, "frozen dependent", "log e(W)"),
    }
    said = {key: f"{10 ** arms.mean(name, of):.2g}" for key, (arms, name, of) in wanted.items()}
    return said | {"e_seeds": len(swept.finished("softmax"))}


def centers() -> Said:
    """Points that the loss at 1, its held forms, larger coefficients and center losses of its strength save."""
    arms = Arms.of("reconstruction", "laptop") | Arms.of("reconstruction-center", "laptop")
    names = {
        "saved_loss": "L_re 1",
        "saved_features_held": "L_re 1, features held",
        "saved_weights_held": "L_re 1, weights held",
        "saved_tied": "tied center as L_re 1",
        "saved_own": "own center as L_re 1",
        "saved_origin": "origin center as L_re 1",
    }
    said: Said = {key: _saved(arms, name) for key, name in names.items()}
    said["saved_larger"] = "; ".join(_larger(arms, c) for c in (3, 10))
    said["lost_how"] = _how_lost(arms.only("L_re 3", "L_re 10"))
    for key, name in (("loss", "L_re 1"), ("origin", "origin center as L_re 1")):
        said[f"e_{key}"] = f"{10 ** arms.mean(name, 'log e(W)'):.2g}" if arms.finished(name) else "not run"
    said["features_origin"] = arms.mean("origin center as L_re 1", "feature norm")
    said["held_apart"] = _points(arms, "L_re 1", "L_re 1, weights held")
    said["features_held_norm"] = arms.mean("L_re 1, features held", "feature norm")
    for key, coefficient in (("hundredth", "0.01"), ("tenth", "0.1")):
        said[f"features_{key}"] = arms.mean(f"L_re {coefficient}", "feature norm")
        said[f"saved_{key}"] = _saved(arms, f"L_re {coefficient}")
    wider = Arms.of("ie-wider", "laptop", "center of twelve")
    said["saved_wider"] = _saved(arms | wider, "center of twelve")
    said["chosen"] = _chosen(arms)
    center = arms | wider
    said["own_apart"] = _points(center, names["saved_origin"], names["saved_own"])
    said["tuned_apart"] = _points(center, names["saved_own"], "center of twelve")
    said["tuned_strength"] = wider["center of twelve"].run.terms[0].coefficient / ORIGIN.run.terms[0].coefficient
    return said | _edge()


def _edge() -> Said:
    """Validation errors of center losses at twice the chosen coefficient, where they trained, and at the chosen one."""
    arms = Arms.of("ie-tuning-wider", "laptop")
    chosen, beyond = (f"center lambda={c} centres 0.5" for c in (0.05, 0.1))
    same = arms.at_seeds(*(record["run"]["seed"] for record in arms.finished(beyond)))
    return {
        "edge_lost": lost(arms.only(beyond)).replace(f" of {beyond}", ""),
        "edge_beyond": same.mean(beyond, "validation error"),
        "edge_chosen": same.mean(chosen, "validation error"),
    }


def by_kind(arms: Arms) -> Arms:
    """Softmax, then the arms kind by kind, each from the smallest coefficient on."""
    kinds = ["softmax", "L_re", "tied", "own", "origin"]

    def place(name: str) -> tuple[int, float]:
        return kinds.index(name.split()[0]), 0.0 if name == "softmax" else float(name.split()[-1])

    return arms.only(*sorted(arms, key=place))


def origins(swept: Arms, fashion: Arms) -> Said:
    """What a pull to the origin saves at other strengths and on other data, and how long features are there."""
    names = {key: f"origin center as L_re {c}" for key, c in (("tenth", 0.1), ("one", 1), ("three", 3), ("ten", 10))}
    said: Said = {f"origin_{key}": _saved(swept, name) for key, name in names.items()}
    said |= {f"origin_features_{key}": swept.mean(name, "feature norm") for key, name in names.items()}
    said["origin_lost"] = lost(swept.only(*names.values()))
    said["origin_ten_lost"] = lost(swept.only(names["ten"])).replace(f" of {names['ten']}", "")
    kept = [name for name in names.values() if swept.finished(name) and not swept.lost(name)[0]]
    common = set.intersection(*({r["run"]["seed"] for r in swept.finished(name)} for name in kept)) if kept else set()
    same = swept.at_seeds(*common)
    least = min(kept, key=lambda name: same.mean(name, "validation error"), default="none")
    said["origin_chosen"] = least.removeprefix("origin center as L_re ")
    said["origin_beyond"] = _points(swept, names["one"], names["three"])
    said |= {f"fashion_{key}": _saved(fashion, name) for key, name in (("loss", "L_re 1"), ("origin", names["one"]))}
    for key, name in (("softmax", "softmax"), ("loss", "L_re 1"), ("origin", names["one"])):
        said[f"fashion_features_{key}"] = fashion.mean(name, "feature norm")
    said["fashion_alike"] = judge_equivalence(_differences(fashion, "softmax", "L_re 1"), 0.25).word
    return said


def _larger(arms: Arms, coefficient: int) -> str:
    """A coefficient beyond 1: how many of its runs diverged, and what the others save, beside 1 on their seeds."""
    name = f"L_re {coefficient}"
    count, (diverged, _), kept = len(arms.records(name)), arms.lost(name), arms.finished(name)
    if not count:
        return f"a coefficient of {coefficient} is not run"
    if not kept:
        return f"at {coefficient}, all {count} runs diverged"
    lost = f"{diverged} of {count} runs diverged, the others save" if diverged else "the runs save"
    same = arms.at_seeds(*(record["run"]["seed"] for record in kept))
    return f"at {coefficient}, {lost} {_saved(same, name)}, where 1 saves {_saved(same, 'L_re 1')}"


def _how_lost(arms: Arms) -> str:
    """How long features are at the first measure in the runs that diverge, and at that step in those that do not."""
    gone = [record for record in arms.records() if record["status"] != "finished"]
    kept = [float(record["curves"]["feature_norm"][0]) for record in arms.finished()]
    if not gone or not kept:
        return "none of them diverged" if kept else "no run of them finished"
    last = max(record["metrics"]["first_bad_step"] for record in gone)
    starts = [(record["curves"]["measured"][0], record["curves"]) for record in gone if record["curves"]["measured"]]
    norms = [float(curves["feature_norm"][0]) for _, curves in starts]
    as_short = sum(norm <= max(kept) for norm in norms)
    longer = min((norm for norm in norms if norm > max(kept)), default=math.nan)
    return (
        f"{len(gone)} runs diverged, all by step {last}. At the first measure, step {starts[0][0]}, the features of "
        f"those that finish have norms of {min(kept):.1f} to {max(kept):.1f}; {len(norms)} of those that diverged are "
        f"measured there too, {as_short} with features no longer than that, {len(norms) - as_short} with norms of "
        f"{longer:.0f} and more"
    )


def plain(seeds: int = 100) -> Said:
    """Softmax at its own rate under every seed that has a record: how many diverged, and how unit e(W) runs there."""
    arm = replace(SOFTMAX, seeds=tuple(range(seeds)))
    arms = Arms([arm], Ledger.of("laptop"))
    told = {}
    for key, of in (("raw", "trend of e(W)"), ("unit", "trend of unit e(W)")):
        found, low, high = interval(arms.numbers("softmax", of))
        told[f"plain_trend_{key}"] = f"{found:.2f} [{low:.2f}, {high:.2f}]".replace("-", "−")
    return told | {
        "plain_runs": len(arms.records()),
        "plain_lost": arms.lost("softmax")[0],
        "plain_kept": len(arms.finished()),
    }


def _chosen(arms: Arms) -> str:
    """The coefficient that errs least on the validation images, of those of which no run diverged."""
    names = [f"L_re {c}" for c in ("0.001", "0.01", "0.1", "1", "3", "10")]
    kept = [name for name in names if arms.finished(name) and not arms.lost(name)[0]]
    least = min(kept, key=lambda name: arms.mean(name, "validation error"), default="")
    return least.removeprefix("L_re ") or "none"


def _saved(arms: Arms, name: str) -> str:
    told = _points(arms, "softmax", name)
    return told if told == "not run" else f"{told}, n = {arms.errors_against('softmax', name).n}"


def _points(arms: Arms, baseline: str, name: str) -> str:
    """Points by which an arm errs less, with the interval."""
    found = arms.errors_against(baseline, name)
    if math.isnan(found.points):
        return "not run"
    return f"{found.points:.2f} [{found.points_low:.2f}, {found.points_high:.2f}]".replace("-", "−")


# Arms at the rate and the decay of softmax that differ in one term or in the targets: where gain and length part ways.
CAUSES = (
    ("reconstruction", ("softmax", *(f"L_re {c}" for c in ("0.01", "0.1", "1")))),
    ("reconstruction", ("L_re 1, weights held", "L_re 1, features held")),
    ("reconstruction-center", tuple(f"{kind} center as L_re 1" for kind in ("tied", "own", "origin"))),
    ("ie-tuned", ("A.1",)),
    ("controls", ("softmax smoothed at rate 0.05",)),
)
CALLED = {"A.1": "include-and-exclude 1", "softmax smoothed at rate 0.05": "softmax, labels smoothed"}


def causes() -> Table:
    """What the terms that are tried here save beside what they do to lengths, to the scale of scores and to e(W)."""
    arms = Arms.of("reconstruction", "laptop", "softmax")
    for item, names in CAUSES:
        arms = arms | Arms.of(item, "laptop", *names)
    rows = []
    for name in sorted(arms, key=lambda name: arms.errors_against(name, "softmax").points):
        feature, weight = arms.mean(name, "feature norm"), arms.mean(name, "weight norm")
        numbers = [f"{feature:.1f}", f"{weight:.2f}", f"{feature * weight:.1f}"]
        numbers += [f"{10 ** arms.mean(name, of):.2g}" for of in ("log e(W)", "log unit e(W)")]
        saved = "" if name == "softmax" else _points(arms, "softmax", name)
        rows.append([CALLED.get(name, name), saved, *numbers])
    heads = ["Arm", "Points saved", "Feature norm", "Weight norm", "Their product", "e(W)", "Unit columns"]
    return heads, rows


SEPARATIONS = {"raw": "log e(W)", "unit": "log unit e(W)"}
FOUR = ("softmax", SPHERE, "own center as L_re 1", "m=4")  # the losses of the paper's Figure 4
DISTINCT = (*FOUR, "NormFace", "weight-normalised", "m=2", "L_re 1", "tied center as L_re 1")  # no two of one loss


def order(others: Arms, named: Arms) -> Said:
    """Figure 4's order: how e(W), raw and of unit columns, ranks arms by error; and what raises it.

    Args:
        others: the losses of the workhorse that are compared.
        named: those that the paper names, with its l2-norm softmax once its tuning has run.
    """
    if SPHERE in named:
        others = others | named.only(SPHERE)
    found = means(others.only(*(name for name in DISTINCT if name in others)), *SEPARATIONS.values(), "test error")
    said = Said()
    for key, of in SEPARATIONS.items():
        said["order_arms"], said[f"order_rank_{key}"] = rank(found, of, "test error")
        for margin, four in (("", FOUR), ("_two", (*FOUR[:3], "m=2"))):
            of_four = found.reindex(list(four))
            pairs = [of_four.loc[list(pair)].diff().iloc[1] for pair in combinations(four, 2)]
            said[f"order_pairs_{key}{margin}"] = sum(bool(pair[of] * pair["test error"] > 0) for pair in pairs)
            said["order_pairs"] = len(pairs)
    tuned = "own center as L_re 3.2"
    four = (*FOUR[:2], tuned, FOUR[3])
    both = others | Arms.of("reconstruction-strength", "laptop", tuned)
    kept = both.only(*(name for name in four if name in both))
    of_four = means(kept, *SEPARATIONS.values(), "test error").reindex(list(four))
    for key, of in SEPARATIONS.items():
        said[f"order_pairs_{key}_tuned"] = sum(
            bool((of_four[of][a] - of_four[of][b]) * (of_four["test error"][a] - of_four["test error"][b]) > 0)
            for a, b in combinations(four, 2)
        )
        said[f"tuned_{key}"] = _apart(both, "softmax", tuned, of, 3)
    full = len(found) == len(DISTINCT)
    said["order_p_raw"] = float(stats.spearmanr(found["log e(W)"], found["test error"]).pvalue) if full else math.nan
    same = others.at_seeds(*(record["run"]["seed"] for record in others.finished("L_re 1")))  # softmax has more of them
    for key, name in (("softmax", "softmax"), ("loss", "L_re 1"), ("own", "own center as L_re 1")):
        said[f"length_{key}"] = same.mean(name, "weight norm")
        said[f"unit_{key}"] = f"{10 ** same.mean(name, 'log unit e(W)'):.2g}"
    said["length_seeds"] = len(same.pairs("softmax", "L_re 1"))
    found = lengthened(others.finished("softmax"), others.finished("L_re 1"))
    said["length_decades"], said["length_back"] = (float(np.mean(values)) for values in found)
    return said


def lengthened(plain: Sequence[dict[str, Any]], other: Sequence[dict[str, Any]]) -> tuple[list[float], list[float]]:
    """Decades of e(W), seed by seed, that length alone makes of plain networks' weights, and takes from the others'.

    With A the mean of the squared norms, e(kW) = B k^4 - 2 A k^2 + 1, where B = e(W) + 2 A - 1; k brings the mean norm
    of the one network's weights to the other's.
    """
    first = {record["run"]["seed"]: record["geometry"] for record in plain}
    second = {record["run"]["seed"]: record["geometry"] for record in other}
    to, back = [], []
    for seed in sorted(first.keys() & second.keys()):
        k = float(np.mean(second[seed]["class_weight_norm"]) / np.mean(first[seed]["class_weight_norm"]))
        to.append(_scaled(first[seed], k))
        back.append(-_scaled(second[seed], 1 / k))
    return to, back


def _scaled(found: dict[str, Any], k: float) -> float:
    """Decades by which e(W) changes where all weights become k times as long."""
    value, squares = float(found["separability_raw"]), float(np.mean(np.square(found["class_weight_norm"])))
    return math.log10(((value + 2 * squares - 1) * k**4 - 2 * squares * k**2 + 1) / value)


def decays(named: Arms) -> Said:
    """Raw e(W) where only the decay differs: softmax at its own and at L-Softmax's. What the l2-norm softmax saves."""
    said: Said = {
        "decay_own": SOFTMAX.run.optimizer.weight_decay,
        "decay_other": control("m=4").run.optimizer.weight_decay,
        "decay_apart": _apart(named, "softmax", DECAYED, "log e(W)", 2),
        "decay_n": len(named.pairs("softmax", DECAYED)),
    }
    if SPHERE not in named:
        return said | dict.fromkeys(("sphere_saved", "sphere_at", "sphere_rate", "sphere_decayed"), "not run")
    run = named[SPHERE].run
    return said | {
        "sphere_saved": _points(named, "softmax", SPHERE),
        "sphere_at": f"{run.head.arguments['scale']:g}",
        "sphere_rate": f"{run.optimizer.rate:g}",
        "sphere_decayed": _apart(named, DECAYED, SPHERE, "log e(W)", 2),
    }


def corrected(penalty: Arms) -> str:
    """The interval of the fall that C-FBR8 asks for, at the level of as many places as the book may name."""
    falls = [first - second for first, second in penalty.pairs("softmax", "e(W) 0.01", "log e(W)")]
    _, low, high = interval(falls, 1 - 0.05 / PLACES) if falls else (math.nan, math.nan, math.nan)
    return f"[{low:.2f}, {high:.2f}]"


def margins() -> Said:
    """e(W) of unit columns under L-Softmax, against softmax, over the margins and floors of the workhorse."""
    names = [arm_name(margin, floor) for margin in MARGINS for floor in FLOORS]
    arms = Arms.of("workhorse", "laptop", "softmax", *names)
    others = Arms.of("reconstruction-figure-4", "laptop", "softmax", "weight-normalised")
    unit = [interval([b - a for a, b in arms.pairs("softmax", name, "log unit e(W)")])[0] for name in names]
    saved = [arms.errors_against(name, "softmax").points for name in names]
    return {
        "unit_settings": len(names),
        "unit_rise": sum(value > 0 for value in unit),
        "unit_falls": "; ".join(
            f"{name} at rate {arms[name].run.optimizer.rate:g}"
            for name, value in zip(names, unit, strict=True)
            if value < 0
        ),
        "unit_rates": ", ".join(sorted({f"{arms[name].run.optimizer.rate:g}" for name in names}, reverse=True)),
        "unit_saved": f"{-max(saved):.2f} to {-min(saved):.2f}",
        "unit_least": min(unit),
        "unit_most": max(unit),
        "unit_weighted": _apart(others, "softmax", "weight-normalised", "log unit e(W)", 3),
        "saved_weighted": _points(others, "softmax", "weight-normalised"),
    }  # fmt: skip


def folds(run: Run) -> float:
    """By how many e-folds weight decay shrinks the sum of the class weights over a run (thm-fbr-dependent).

    With momentum a step moves as far, in the long run, as one of rate / (1 - momentum).
    """
    optimizer, schedule = run.optimizer, run.schedule
    rates = sum(schedule.rate(optimizer.rate, step) for step in range(schedule.steps))
    return rates / (1 - optimizer.momentum) * optimizer.weight_decay


def courses(swept: Arms) -> Said:
    """How raw e(W) runs under softmax: the mean curve at its first point, its peak and its end; and its order after."""
    curves = [record["curves"] for record in swept.finished("softmax")]
    values = np.array([[float(value) for value in curve["separability_raw"]] for curve in curves])
    mean, steps = values.mean(0), curves[0]["measured"]
    peak = int(mean.argmax())
    units = [[float(value) for value in curve["separability_unit"]] for curve in curves]
    after = [
        interval([rank_correlation(steps[peak:], row[peak:]) for row in rows]) for rows in (values.tolist(), units)
    ]
    told_after = [f"{found:.2f} [{low:.2f}, {high:.2f}]".replace("-", "−") for found, low, high in after]
    return {
        "course_first": mean[0],
        "course_peak": mean[peak],
        "course_last": mean[-1],
        "course_step": steps[peak],
        "course_steps": steps[-1],
        "course_part": 100 * steps[peak] / steps[-1],
        "course_fall": 100 * (1 - mean[-1] / mean[peak]),
        "folds": folds(swept["softmax"].run),
        "folds_paper": folds(FULL_SCALE[0].at("paper")[0].run),
        "course_after": told_after[0],
        "course_after_unit": told_after[1],
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
    return said


def turned() -> Said:
    """By seed, how far terms at 1 turn features towards the weight of their class, and what they do to e(W)."""
    arms = Arms.of("reconstruction", "laptop") | Arms.of("reconstruction-center", "laptop")
    names = {"loss": "L_re 1", "origin": "origin center as L_re 1", "features_held": "L_re 1, features held"}
    said: Said = {f"turned_{key}": _apart(arms, "softmax", name, "own angle", 1) for key, name in names.items()}
    said["unit_origin"] = _apart(arms, "softmax", names["origin"], "log unit e(W)", 3)
    said["unit_apart"] = _apart(arms, names["origin"], names["loss"], "log unit e(W)", 3)
    said["raw_paper"] = _apart(arms, "softmax", "L_re 0.001", "log e(W)", 4)
    said["features_paper"] = _apart(arms, "softmax", "L_re 0.001", "feature norm", 2)
    tied = "tied center as L_re 0.001"
    said["tied_paper"] = _points(arms, "softmax", tied)
    said["features_tied_paper"] = _apart(arms, "softmax", tied, "feature norm", 2)
    for key, name in (names | {"weights_held": "L_re 1, weights held"}).items():
        said[f"closer_{key}"] = _apart(arms, "softmax", name, "log Fisher ratio", 3)
    less = arms.only("softmax", "L_re 0.01")
    low, high = interval([b - a for a, b in less.pairs("softmax", "L_re 0.01")], level=0.9)[1:]
    said["tenfold"] = f"[{low:.2f}, {high:.2f}]".replace("-", "−")
    return said


def aligned(seeds: Sequence[int] = (0, 1, 2)) -> Said:
    """Cosine of a class's mean feature and its weight, as they are and less what all coordinates have in common.

    The mean over the classes, seed by seed, where the seeds have a picture.
    """
    said: Said = {}
    for key, name in (("softmax", "softmax"), ("loss", "L_re 1"), ("tied", "tied center as L_re 1")):
        arm = Arms.of("reconstruction-figure-4", "laptop", name)[name]
        shown = [shot for run in arm.runs() if run.seed in seeds and (shot := pictures.taken(run)) is not None]
        found: dict[str, list[float]] = {"plain": [], "centred": [], "common": []}
        for shot in shown:
            means, weights = shot["class_means"].astype(float), shot["class_weights"].astype(float)
            found["plain"].append(_cosine(means, weights))
            found["centred"].append(_cosine(*(rows - rows.mean(1, keepdims=True) for rows in (means, weights))))
            middle = means.mean(0)
            found["common"].append(abs(float(middle.sum())) / math.sqrt(len(middle)) / float(np.linalg.norm(middle)))
        for of, values in found.items():
            said[f"aligned_{of}_{key}"] = ", ".join(f"{value:.3f}" for value in values) or "not drawn"
        said["aligned_seeds"] = len(shown)
    return said


def _cosine(first: np.ndarray, second: np.ndarray) -> float:
    """The mean cosine of rows."""
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return float(np.mean((first * second).sum(1) / lengths))


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


def still_ten(heads: Arms) -> Said:
    """Ten digits before classifiers that stand still: what a simplex costs, and how alike two dependent rows are."""
    near = [record["geometry"]["weight_cosine_max"] for record in heads.finished("frozen dependent")]
    return {
        "ten_simplex": _apart(heads, "frozen orthonormal", "frozen simplex", "test error", 2),
        "ten_random": _apart(heads, "frozen orthonormal", "frozen random", "test error", 2),
        "ten_random_early": _apart(heads.at_seeds(*range(6)), "frozen orthonormal", "frozen random", "test error", 2),
        "ten_random_late": _apart(
            heads.at_seeds(*range(6, 12)), "frozen orthonormal", "frozen random", "test error", 2
        ),
        "ten_draws": len(heads.pairs("frozen orthonormal", "frozen random")),
        "ten_dependent": _apart(heads, "frozen orthonormal", "frozen dependent", "test error", 2),
        "ten_near": f"{min(near):.2f} to {max(near):.2f}",
    }


def at_lower_rate(ten: Arms) -> Said:
    """Ten digits before still layers at a fifth of the rate: what entries as drawn do to the Fisher ratio."""
    return {"ten_slow_fisher": _apart(ten, "frozen orthonormal", "frozen as drawn", "log Fisher ratio", 3)}


def strength() -> Said:
    """Points that centres of their own save over the origin where both have the strength that tuning chose."""
    arms = Arms.of("reconstruction-strength", "laptop")
    return {"strength_apart": _points(arms, "origin center as L_re 3.2", "own center as L_re 3.2")}


def lost(arms: Arms) -> str:
    """How many runs of each arm diverged, where any did."""
    told = [
        f"{count} of {len(arms.records(name))} runs of {name} diverged"
        for name in arms
        if (count := arms.lost(name)[0])
    ]
    return " and ".join(told) or ("no run diverged" if arms.records() else "nothing is run yet")


def pending(resnet: Arms, key: str = "resnet") -> Said:
    """Whether runs of the residual network are missing, in a sentence; what a run takes, what softmax errs and reaches.

    And from how many points on a fall of the error counts there, as a third of the paper's relative gain; and what
    softmax fits of its training images.
    """
    planned, records = sum(len(resnet[name].runs()) for name in resnet), resnet.records()
    minutes = [record["environment"]["wall_seconds"] / 60 for record in records]
    told = "" if len(records) == planned else f"**Of {planned} runs {len(records)} are made.** "
    return {
        f"{key}_pending": told if records else "**None of these runs has been made yet: the picture is empty.** ",
        f"{key}_minutes": float(np.mean(minutes)) if records else math.nan,
        f"{key}_seeds": max(len(resnet.records(name)) for name in resnet),
        f"{key}_error": resnet.mean("softmax"),
        f"{key}_train": resnet.mean("softmax", "training error"),
        f"{key}_counts": resnet.mean("softmax") * (1 - math.exp(-claims()["C-FBR1c"].test.counts_from)),
        f"e_{key}": f"{10 ** resnet.mean('softmax', 'log e(W)'):.2g}" if records else "not run",
        f"{key}_folds": folds(resnet["softmax"].run),
    }


def longer(arms: Arms) -> Said:
    """The residual network over ten times the steps: as :func:`pending`, and how long its class weights are."""
    names = {"softmax": "softmax", "loss": "L_re 1"}
    return pending(arms, "longer") | {
        f"longer_norm_{key}": arms.mean(name, "weight norm") for key, name in names.items()
    }


def compact(swept: Arms, resnet: Arms) -> Said:
    """By seed, what the loss does to the Fisher ratio of the features, at the workhorse and in the residual network."""
    arms = {"paper": "L_re 0.001", "loss": "L_re 1"}
    said: Said = {f"compact_{key}": _apart(swept, "softmax", name, "log Fisher ratio", 3) for key, name in arms.items()}
    return said | {
        f"compact_deep_{key}": _apart(resnet, "softmax", name, "log Fisher ratio", 3) for key, name in arms.items()
    }


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
    columns = {}
    for arm in resnet:
        found = [record["geometry"]["class_own_angle"] for record in resnet.finished(arm)]
        columns[arm] = [f"{value:.1f}" for value in np.mean(found, axis=0)] if found else ["not run"] * len(CIFAR)
    rows = [[name, *(column[k] for column in columns.values())] for k, name in enumerate(CIFAR)]
    return ["Class", *columns], rows


def shots(experiment: str, *names: str) -> dict[str, Picture]:
    """The pictures of the first seeds of arms, where they were taken."""
    arms = Arms.of(experiment, "laptop", *names)
    found = {name: pictures.taken(arms[name].runs()[0]) for name in arms}
    return {name: shot for name, shot in found.items() if shot is not None}


def still_shots() -> dict[str, Picture]:
    """Before each still classifier the first draw; of the dependent ones the draw that errs most as well."""
    found = {name.removeprefix("frozen "): shot for name, shot in shots("reconstruction-figure-2").items()}
    arms = Arms.of("reconstruction-figure-2", "laptop", "frozen dependent")
    wrong = {seed: count for seed, count in arms.wrong("frozen dependent").items() if count is not None}
    if wrong:
        worst = max(wrong, key=wrong.__getitem__)
        shot = pictures.taken(next(run for run in arms["frozen dependent"].runs() if run.seed == worst))
        if shot is not None and worst:
            found[f"dependent, draw {worst}"] = shot
    return found


def nearer(shown: Mapping[str, Picture], key: str = "nearer") -> Said:
    """Of two networks' classes, in how many the second has its mean activation nearer its weight, by each measure."""
    (_, plain), (_, other) = shown.items()
    pairs = list(zip(apart(plain), apart(other), strict=True))
    return {
        f"{key}_distance": sum(b[0] < a[0] for a, b in pairs),
        f"{key}_cosine": sum(b[1] > a[1] for a, b in pairs),
        f"{key}_neurons": sum(b > a for a, b in zip(together(plain), together(other), strict=True)),
        f"{key}_of": len(pairs),
    }


def neurons(groups: Mapping[str, tuple[Mapping[str, Picture], Arms]]) -> Table:
    """Figure 6 in numbers: mean activation and weight of a class, means over the classes, and the network's error.

    The error stands beside that of the record: on another processor sums are rounded otherwise, and a network that is
    trained again can end elsewhere.

    Args:
        groups: by the name of a network the pictures of its arms, and the arms.
    """
    rows = []
    for network, (shown, arms) in groups.items():
        for name, shot in shown.items():
            distances, cosines = zip(*apart(shot), strict=True)
            numbers = [np.mean(distances), np.mean(cosines), np.mean(together(shot))]
            first = arms.at_seeds(arms[name].runs()[0].seed)
            errors = [100 * float(shot["wrong"]) / float(shot["images"]), first.mean(name)]
            rows.append([f"{name}, {network}", *(f"{number:.2f}" for number in (*numbers, *errors))])
    heads = ["Network", "Distance", "Cosine", "Correlation over neurons", "Test error (%)", "In its record (%)"]
    return heads, rows


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
    cells = {number: printed("reconstruction", number) for number in ("1", "2")}
    for _, table, model, column, (features, count) in PRINTED:
        value = float(cells[table][model, column])
        floor = separability_floor(count, features)
        shape += [math.log10(floor / value)] if floor > 0 else []
        settled.append(math.log10(1 / count / value))
    values = {number: sum("e(W)" in c and "change" not in c for _, c in table) for number, table in cells.items()}
    return {
        "below_rows": "; ".join(label for label, *_ in PRINTED),
        "below_faces": values["2"],
        "below_of": sum(values.values()),
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


# ---------------------------------------------------------------------------------------------------------------------
# Looked at when the records had come, with no claim behind it


def angle_and_length(fast: Mapping[str, Arms], slow: Mapping[str, Arms]) -> Said:
    """Still layers by angle at equal length, and by length at equal angle: points saved, and the Fisher ratio.

    Args:
        fast: by the name of the digits, the layers at softmax's rate, of which runs diverge.
        slow: the same at a fifth of it, with random columns of one length beside.
    """
    unit, drawn, long = "frozen orthonormal", "frozen as drawn", "frozen orthogonal, lengthened"
    random = "frozen random, lengthened"
    said: Said = {"drawn_length": math.sqrt(10 / 3)}
    for key, arms in slow.items():
        said[f"by_angle_{key}"] = _points(arms, drawn, long)
        said[f"by_equal_{key}"] = _points(arms, random, long)
        said[f"by_equal_n_{key}"] = len(arms.pairs(random, long))
        said[f"by_length_{key}"] = _points(arms, unit, long)
        said[f"by_angle_fisher_{key}"] = _apart(arms, random, long, "log Fisher ratio", 3)
        found = [np.square(record["geometry"]["class_weight_norm"]).mean() ** 0.5 for record in arms.finished(drawn)]
        said[f"drawn_length_{key}"] = f"{min(found):.2f} to {max(found):.2f}" if found else "not run"
    said["by_length_fast"] = _points(fast["ten"], unit, long)
    said["by_length_fast_n"] = len(fast["ten"].pairs(unit, long))
    for key, arms in (("slow", slow["ten"]), ("fast", fast["ten"])):
        fits = [arms.mean(name, "training error") for name in (unit, long)]
        said[f"still_fit_{key}"] = "{:.2f} and {:.2f} %".format(*fits)
    return said


def beside_tuned(slower: Arms) -> Said:
    """The loss at 3 and 10 at two fifths of the rate, beside softmax at the rate that tuning chose, and beside 1."""
    tuned = Arms.of("reconstruction", "laptop", "softmax", "L_re 1")
    said: Said = {"slow_cost": _between(slower.only("softmax"), tuned.only("softmax"))}
    for key, name in (("three", "L_re 3"), ("ten", "L_re 10")):
        said[f"slow_{key}"] = _between(tuned.only("softmax"), slower.only(name))
        said[f"slow_{key}_behind"] = _between(slower.only(name), tuned.only("L_re 1"))
    return said


def _between(baseline: Arms, other: Arms) -> str:
    """Points by which the one arm of ``other`` errs less than that of ``baseline``, and over how many pairs."""
    found = baseline.against(other)
    if math.isnan(found.points):
        return "not run"
    told = f"{found.points:.2f} [{found.points_low:.2f}, {found.points_high:.2f}], n = {found.n}"
    return told.replace("-", "−")


def advised() -> Said:
    """The pull to the origin at the strength that tuning chose for a center loss: errors, test loss, speed of centres.

    And center losses beyond that strength: how many runs diverge, and what the others save.
    """
    one, own, strong = "origin center as L_re 1", "own center as L_re 1", "origin center as L_re 3.2"
    slow = "own center as L_re 3.2"
    arms = Arms.of("reconstruction", "laptop", "softmax", "L_re 1") | Arms.of("reconstruction-center", "laptop")
    arms = arms | Arms.of("reconstruction-strength", "laptop")
    said: Said = {"strong_saved": _saved(arms, strong), "strong_apart": _points(arms, one, strong)}
    terms = {key: arms[name].run.terms[0] for key, name in (("own", own), ("slow", slow), ("strong", strong))}
    speeds = {key: term.coefficient * (term.rate or 0.0) for key, term in terms.items()}
    said |= {"speed_own": speeds["own"], "speed_slow": speeds["slow"], "speeds": speeds["own"] / speeds["slow"]}
    said["strong_coefficient"] = terms["strong"].coefficient
    for key, name in (("own", own), ("slow", slow), ("strong", strong)):
        said[f"at_{key}_angle"], said[f"at_{key}_norm"] = (arms.mean(name, of) for of in ("own angle", "feature norm"))
    for key, name in (("loss", "L_re 1"), ("origin", one), ("strong", strong), ("slow", slow)):
        said[f"test_loss_{key}"] = _apart(arms, "softmax", name, "test loss", 3)
    said["test_loss_apart"] = _apart(arms, "L_re 1", one, "test loss", 3)
    said["test_loss_softmax"] = arms.mean("softmax", "test loss")
    return said | _beyond()


def _beyond() -> Said:
    """A center loss of 1.4 times the chosen coefficient, on evidence seeds and on the tuning seeds."""
    chosen = Arms.of("ie-wider", "laptop", "center of twelve")
    more = Arms.of("ie-between", "laptop", "center of fourteen")
    tried = Arms.of("ie-tuning-between", "laptop", *(f"center lambda={c} centres 0.5" for c in (0.05, 0.07)))
    two = [arm.run.terms[0].coefficient for arm in (*chosen.arms, *more.arms)]
    records = more.records() + tried.records("center lambda=0.07 centres 0.5")
    diverged = sum(record["status"] != "finished" for record in records)
    return {
        "beyond_times": two[1] / two[0],
        "beyond_lost": f"{diverged} of {len(records)} runs diverged",
        "beyond_apart": _between(chosen, more),
        "beyond_validation": tried.mean("center lambda=0.07 centres 0.5", "validation error"),
        "beyond_validation_chosen": tried.mean("center lambda=0.05 centres 0.5", "validation error"),
    }


def direct(resnet: Arms, longer: Arms) -> Said:
    """What the direct penalty does in the residual network: points saved, own angle and Fisher ratio; the loss at 1."""
    said: Said = {}
    for key, arms in (("short", resnet), ("long", longer)):
        for which, name in (("penalty", "e(W) 0.01"), ("loss", "L_re 1")):
            said[f"{which}_{key}_saved"] = _saved(arms, name)
            said[f"{which}_{key}_angle"] = _apart(arms, "softmax", name, "own angle", 1)
            said[f"{which}_{key}_fisher"] = _apart(arms, "softmax", name, "log Fisher ratio", 2)
    return said


def by_length(resnet: Arms, longer: Arms) -> Said:
    """Raw e(W) in the residual network at 1: how it changes, and how much of that length alone makes; where it ends."""
    said: Said = {}
    for key, arms in (("short", resnet), ("long", longer)):
        alone, _ = lengthened(arms.finished("softmax"), arms.finished("L_re 1"))
        said[f"whole_{key}"] = _apart(arms, "softmax", "L_re 1", "log e(W)", 2)
        said[f"alone_{key}"] = _signed(alone, 2)
        said[f"norm_{key}"] = _apart(arms, "softmax", "L_re 1", "weight norm", 2)
        found = arms.mean("softmax", "log e(W)")
        said[f"ends_{key}"] = "not run" if math.isnan(found) else f"{10**found:.0f}"
    return said


def _signed(values: Sequence[float], digits: int) -> str:
    """The mean of signed numbers with its 95 % interval."""
    if not values:
        return "not run"
    mean, low, high = interval(values)
    return f"{mean:+.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]".replace("-", "−")


def compact_measures(heads: Arms) -> Said:
    """Compactness by two measures, the Fisher ratio and the cosine within a class, under the loss and its like.

    And what the first of them says of a dependent still classifier.
    """
    arms = Arms.of("reconstruction", "laptop") | Arms.of("reconstruction-center", "laptop")
    said: Said = {}
    for key, coefficient in (("hundredth", "0.01"), ("tenth", "0.1")):
        said[f"compact_{key}"] = _apart(arms, "softmax", f"L_re {coefficient}", "log Fisher ratio", 3)
    kinds = {"loss": "L_re 1", "tenth": "L_re 0.1"} | {k: f"{k} center as L_re 1" for k in ("tied", "own", "origin")}
    for key, name in kinds.items():
        said[f"within_{key}"] = _apart(arms, "softmax", name, "within-class cosine", 3)
    said["fisher_dependent"] = _apart(heads, "frozen orthonormal", "frozen dependent", "log Fisher ratio", 3)
    return said


def scales() -> Said:
    """Unit e(W) and errors against softmax: NormFace by its scale, L-Softmax by when its blend is down at its floor."""
    plain = Arms.of("workhorse", "laptop", "softmax")
    said: Said = {}
    family = plain | Arms.of("family", "laptop", *(f"NormFace s={s}" for s in (4, 8, 16)))
    for s in (4, 8, 16):
        said[f"normed_{s}"] = _apart(family, "softmax", f"NormFace s={s}", "log unit e(W)", 2)
        said[f"normed_saved_{s}"] = _points(family, "softmax", f"NormFace s={s}")
    names = {10: "m=4 reached at 10 %", 40: "m=4", 80: "m=4 reached at 80 %"}
    blends = plain | Arms.of("blend", "laptop", *names.values())
    return said | {f"blend_{p}": _apart(blends, "softmax", name, "log unit e(W)", 2) for p, name in names.items()}


# Every trained arm at the rate and decay of softmax on the workhorse that these experiments hold.
SCALED = (
    "reconstruction", "reconstruction-penalty", "reconstruction-center", "reconstruction-origin",
    "reconstruction-strength",
)  # fmt: skip


# More of include-and-exclude at that rate and decay: the three nearest rivals, a weaker pull, placed centres.
INCLUDED = (("ie-pulls", ("A.1 Q=3", "A.1 Q=all weaker")), ("ie-placed", ("A.1 lambda=1 placed",)))


def scale() -> Said:
    """How the product of the mean norms, a scale of the scores, ranks arms by what they save; the features' norm, too.

    Over the arms of which at least six runs finished. Apart from them, what arms of include-and-exclude save, at which
    scales, and the longest features among them.
    """
    arms = Arms.of("reconstruction", "laptop", "softmax")
    for item, names in (*((name, ()) for name in SCALED), *CAUSES):
        arms = arms | Arms.of(item, "laptop", *names)
    found = {name: arms.mean(name, "feature norm") for name in arms}
    products = {name: norm * arms.mean(name, "weight norm") for name, norm in found.items()}
    kept = [name for name in arms if name != "softmax" and len(arms.finished(name)) >= 6]
    gains = {name: arms.errors_against("softmax", name).points for name in kept}
    said: Said = {"scale_arms": len(kept)}
    for of, values in (("scale", products), ("norm", found)):
        said[f"{of}_rank"] = rank_correlation([values[n] for n in kept], [gains[n] for n in kept])
    shown = {"penalty": "e(W) 0.1", "softmax": "softmax", "held": "L_re 1, features held"}
    said |= {f"scale_{key}": products[name] for key, name in shown.items()}
    said |= {"scale_saved_penalty": _points(arms, "softmax", "e(W) 0.1"), "norm_softmax": found["softmax"]}
    return said | _included(arms.only("softmax", "A.1"))


def _included(arms: Arms) -> Said:
    """What arms of include-and-exclude save beside softmax, the scales of their scores, and the longest features."""
    for item, held in INCLUDED:
        arms = arms | Arms.of(item, "laptop", *held)
    names = [name for name in arms if name != "softmax"]
    norms = [arms.mean(name, "feature norm") for name in names]
    products = [norm * arms.mean(name, "weight norm") for norm, name in zip(norms, names, strict=True)]
    gains = [arms.errors_against("softmax", name).points for name in names]
    return {
        "included_arms": len(names),
        "included_saved": f"{min(gains):.2f} to {max(gains):.2f}",
        "included_scales": f"{min(products):.1f} to {max(products):.1f}",
        "included_norm": max(norms),
    }


def without_still(arms: Arms) -> Said:
    """The rank correlation of the error with e(W) over the arms of the scatter whose classifier is trained."""
    names = [name for name in arms if not name.startswith("frozen")]
    found = means(arms.only(*names), *SEPARATIONS.values(), "test error")
    both = {key: rank(found, of, "test error") for key, of in SEPARATIONS.items()}
    return {"trained_arms": both["raw"][0], **{f"trained_rank_{key}": rho for key, (_, rho) in both.items()}}


def survivors(swept: Arms) -> Said:
    """The loss at 3, which lost runs, beside 1 and softmax on the seeds that it finished."""
    name = "L_re 3"
    same = swept.at_seeds(*(record["run"]["seed"] for record in swept.finished(name)))
    return {
        "three_lost": lost(swept.only(name)).replace(f" of {name}", ""),
        "three_errs": same.mean(name),
        "three_one": same.mean("L_re 1"),
        "three_softmax": same.mean("softmax"),
        "three_over_one": _saved_over(same, "L_re 1", name),
    }


def _saved_over(arms: Arms, baseline: str, name: str) -> str:
    """Points by which an arm errs less than another, with the interval and the number of pairs."""
    told = _points(arms, baseline, name)
    return told if told == "not run" else f"{told}, n = {arms.errors_against(baseline, name).n}"


def fashion_decay(fashion: Arms, seeds: int = 100) -> Said:
    """Softmax on Fashion-MNIST at a smaller decay: validation error on the tuning seeds, and points saved.

    The points over every seed but those of tuning under which both decays have a record.
    """
    tuning = Arms.of("fashion-tuning", "laptop", "softmax rate 0.05")
    tuning = tuning | Arms.of("fashion-floor-tuning", "laptop", "softmax rate 0.05 decay 0.0005")
    own, less = (tuning.mean(name, "validation error") for name in tuning)
    other = experiment("fashion-floor-tuned").arm("laptop", "softmax all tuned")
    both = [Arms([replace(arm, seeds=tuple(range(seeds)))], Ledger.of("laptop")) for arm in (fashion["softmax"], other)]
    return {
        "fashion_validation": own,
        "fashion_validation_less": less,
        "fashion_decay": other.run.optimizer.weight_decay,
        "fashion_decay_own": fashion["softmax"].run.optimizer.weight_decay,
        "fashion_decay_saved": _between(*both),
    }
