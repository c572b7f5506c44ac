"""What the first chapter's prose says in numbers, read off the records."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import stats

from discriminative.evidence import Arms, collapsed, mark, means, rank, runs_lost, unpaired
from discriminative.grids import at_ends, configuration
from discriminative.ledger import Ledger
from discriminative.measures import measure, percent_wrong
from discriminative.papers import printed
from discriminative.papers.shared import FAMILY_TUNING, MARGIN_TUNING, tuned
from discriminative.papers.thesis.alike import (
    NORMED_FURTHER,
    NORMED_FURTHER_TUNING,
    SLOW,
    SMOOTHED_FURTHER,
    SMOOTHING_FURTHER_TUNING,
)
from discriminative.papers.thesis.answers import (
    CIFAR_TUNING,
    FASHION_TUNING,
    NORMED,
    NORMED_SEEDS,
    SLOWER,
    SMOOTHING_TUNING,
    TUNED_THERE,
    normed_grids,
    rates_tried,
)
from discriminative.papers.thesis.blend import PURE_TUNING
from discriminative.papers.thesis.claims import ONE_POINT, WITHDRAWN
from discriminative.papers.thesis.experiments import WHOLE_TUNING
from discriminative.papers.thesis.grids import ends_told, kept
from discriminative.papers.thesis.measures import until
from discriminative.papers.thesis.wider import (
    FASTEST,
    FASTEST_TUNING,
    FLOOR_TUNING,
    NORMED_BLEND,
    NORMED_BLEND_TUNING,
    NORMED_NORMFACE,
    NORMED_NORMFACE_TUNING,
    NORMFACE_TUNING,
    SOFTMAX_TUNING,
    WIDEST,
)
from discriminative.runs import Run
from discriminative.statistics import Verdict, interval
from discriminative.study import Arm, More
from discriminative.verdicts import Judged, arms_of, ours_told

__all__ = [
    "BESIDE", "DRAWN", "Said", "advice", "alike", "at_edges", "by_images", "choices", "chose", "collapse",
    "collapsed_pairs", "controls", "family", "gaps", "grid", "machines", "normed", "normed_blend", "normed_by_rate",
    "normed_ended", "normed_further", "normed_rate", "odd_plane", "planes", "points_told", "reach", "saved",
    "shortcuts", "span", "starting", "thresholds", "tried", "waiting_figures", "withdrawn", "workhorse", "worth",
    "worth_arms",
]  # fmt: skip

Said = dict[str, Any]
WIDE = 50.0  # degrees of angle gap
VALIDATION = "validation error"
PURE = [f"m={m} no blend" for m in (2, 3, 4)]


def workhorse() -> Said:
    """The printed errors; what contrast does; how much harder 2,000 images are than all; the gain on 8,000."""
    cells = printed("thesis", "2.2")
    small, whole = Arms.of("workhorse", "laptop", "softmax"), Arms.of("table-2-2", "laptop", "softmax")
    every = Arms.of("table-2-2", "laptop")
    counts = [[wrong for wrong in every.wrong(name).values() if wrong is not None] for name in every]
    gain = Arms.of("curve-8000", "laptop").errors_against("softmax", "m=4")
    interval = f"[{-gain.points_high:+.2f}, {-gain.points_low:+.2f}]"
    return {
        "paper_softmax": cells["Softmax", "Error Rate"],
        "paper_m4": cells["L-Softmax (m=4)", "Error Rate"],
        "contrast_turn": small.mean("softmax", "contrast turn"),
        "contrast_norm": small.mean("softmax", "contrast norm"),
        "whole_spread": max(max(errors) - min(errors) for errors in counts if errors) if any(counts) else math.nan,
        "small_over_whole": small.mean("softmax") / whole.mean("softmax"),
        "large_points": f"{-gain.points:+.2f} {interval}".replace("-", "−"),
    }


def advice() -> Said:
    """For the first minutes: where training ends without a blend, what a floor of 5 saves, what A-Softmax costs."""
    pure, small, there = (Arms.of(name, "laptop") for name in ("plain-sgd", "workhorse", "fashion-control"))
    scaled, norm = Arms.of("small-scale", "laptop"), Arms.of("batch-norm", "laptop")
    above = _pure_above()
    return {
        "pure_errors": "{:.0f}, {:.0f} and {:.0f} %".format(*map(pure.mean, PURE)),
        "normed_errors": "{:.0f}, {:.0f} and {:.0f} %".format(*(norm.mean(f"m={m} batch norm") for m in (2, 3, 4))),
        "normed_error_softmax": f"{norm.mean('softmax batch norm'):.0f} %",
        "pure_above": f"{min(above):.2f} to {max(above):.2f}",
        "saved_floor": saved(small, "softmax", "m=4 floor 5"),
        "floor_costs": " and ".join(saved(small, f"m={m} floor 5", f"m={m} floor 1") for m in (2, 3)),
        "fast_softmax_lost": _lost_fast(),
        "scale_widest": _scale("normface-wider", WIDEST),
        "scale_fastest": _scale("normface-fastest", FASTEST),
        "saved_a4": saved(worth_arms(), "softmax", "A-Softmax m=4"),
        "floor_there": saved(Arms.of("fashion-causes", "laptop"), "softmax", "m=4 floor 5"),
        "cosface_at_scale": saved(scaled, WIDEST, "CosFace at its scale"),
        "asoftmax_at_scale": saved(scaled, WIDEST, "A-Softmax at its scale"),
        "fashion_a4_lost": saved(there, "A-Softmax m=4", "softmax"),
    }


def _lost_fast() -> str:
    """How many of softmax' tuning runs diverged at the greatest rate of its first grid, and which that is."""
    among = MARGIN_TUNING.among("softmax")
    fastest = max(arm.run.optimizer.rate for arm in among)
    records = Arms([arm for arm in among if arm.run.optimizer.rate == fastest], Ledger.of("laptop")).records()
    return f"{runs_lost(records)[0]} of {len(records)} at {fastest:g}"


def _scale(name: str, arm: str) -> str:
    arms = Arms.of(name, "laptop")
    return f"{arms[arm].run.head.arguments['scale']:g}" if arm in arms else "none yet"


def family(shown: Arms) -> Said:
    """NormFace along its scales, what smoothing its scale of 4 amounts to, and who stands for the families.

    Args:
        shown: the arms of the figure, each setting once.
    """
    arms = Arms.of("family", "laptop")
    swept = [f"{arms.mean(f'NormFace s={scale}'):.1f} % at s = {scale}" for scale in (4, 8, 16, 32)]
    share = 9 * math.exp(-4 * 10 / 9)
    names = {shown[name].run.id: name for name in shown}
    return {
        "scale_sweep": ", ".join(swept),
        "smoothing_4": 10 / 9 * share / (1 + share),
        "family_stand": ", ".join(names[arms[name].run.id] for name in ("NormFace", "CosFace", "ArcFace")),
    }


def gaps(panels: Mapping[str, Arms]) -> Said:
    """How the angle gap ranks the arms by error on 500, 2,000 and 8,000 images and on Fashion-MNIST.

    Args:
        panels: in that order, by their titles.
    """
    said = Said()
    found = {key: means(arms, "angle gap", "test error") for key, arms in zip(SIZES, panels.values(), strict=True)}
    for key, rows in found.items():
        for name, beyond in (("", 0.0), ("wide_", WIDE)):
            number, rho = rank(rows, "angle gap", "test error", beyond)
            said[f"gap_{name}arms_{key}"], said[f"gap_{name}rank_{key}"] = number, rho
    said["gap_lost"] = "; ".join(f"{title}: {arms.lost_told()}" for title, arms in panels.items())
    places = ("", "second-", "third-", "fourth-", "fifth-", "sixth-")
    for key, of in (("gap", "angle gap"), ("error", "test error")):
        order = found["fashion"].sort_values(of).index
        place = dict(zip(order, places, strict=False)).get("softmax", "no ")
        said[f"fashion_{key}_place"] = f"{place}smallest"
    return said


SIZES = ("500", "2000", "8000", "fashion")


def planes() -> Said:
    """Two-dimensional features: by how many degrees the angle gap grows at each step from softmax to m = 4."""
    arms = Arms.of("figure-2-2", "laptop")
    planned = {len(arm.seeds) for arm in arms.arms}
    ran = {len(arms.finished(name)) for name in arms}
    gaps = [arms.mean(f"m={m}", "angle gap") for m in (1, 2, 3, 4)]
    by_seed = list(zip(*(arms.numbers(f"m={m}", "angle gap") for m in (1, 2, 3, 4)), strict=False))
    places = ("first", "second", "third")
    steps = {f"plane_{name}": gaps[i + 1] - gaps[i] for i, name in enumerate(places)}
    said = {
        "plane_seeds": f"{span(list(ran))} of {span(list(planned))}",
        "plane_odd": odd_plane(arms.finished("m=4"), arms.finished("m=3")),
        "plane_whole": sum(steps.values()),
        "plane_all_grow": f"{sum(map(_grow, by_seed))} of {len(by_seed)}",
    }
    for m in (1, 4):
        stored = [arms.ledger.arrays(Run.from_json(record["run"])) for record in arms.finished(f"m={m}")]
        apart = [by_own_directions(each["features"], each["labels"], each["weight"]) for each in stored]
        said[f"own_directions_{m}"] = _points([mean for mean, _ in apart])
        said[f"weight_directions_{m}"] = _points([weight for _, weight in apart])
    excess = {record["run"]["seed"]: measure("angle-only excess").value(record) for record in arms.finished("m=4")}
    least = min(excess, key=lambda seed: excess[seed], default=None)
    said["angle_without_least"] = _points([value for seed, value in excess.items() if seed != least])
    return steps | said


def _grow(values: Sequence[float]) -> bool:
    return all(first < second for first, second in pairwise(values))


def _toss(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Two-sided p of the mean log ratio of paired errors where the sign of each pair is tossed, exact for few pairs."""
    if not len(ours) == len(theirs) > 1:
        return math.nan
    ratios = np.log(ours) - np.log(theirs)
    return float(stats.permutation_test((ratios,), np.mean, permutation_type="samples").pvalue)


def normed_blend() -> Said:
    """Softmax and m = 4 with its blend behind a batch norm: what was tried, what chosen, what softmax gains by it."""
    tried, arms = Arms.of("blend-norm-tuning", "laptop"), Arms.of("blend-norm", "laptop")
    told, counts = [], []
    for name, loss in zip(NORMED_BLEND, ("softmax", "m = 4"), strict=True):
        among = [tried[each] for each in tried if each.startswith(f"{name} rate")]
        counts.append(len(among))
        if name in arms:
            told.append(chose(loss, among, arms[name].run))
    both = arms | Arms.of("workhorse", "laptop").only("softmax")
    beside, longer = Arms.of("normface-norm", "laptop"), Arms.of("batch-norm-longer", "laptop")
    sphere = [arm for arm in NORMED_NORMFACE_TUNING if NORMED_NORMFACE in beside]
    return {
        "normed_normface_told": configuration(sphere, beside[NORMED_NORMFACE].run) if sphere else "not run yet",
        "normed_normface_saved": saved(both | beside, "softmax", NORMED_NORMFACE),
        "normed_blend_saved": saved(both, "softmax", NORMED_BLEND[1]),
        **{
            f"normed_longer_{m}": " and ".join(
                f"{percent_wrong(record):.0f} %"
                for name in longer
                if name.startswith(f"m={m} ")
                for record in longer.finished(name)
            )
            or "–"
            for m in (3, 4)
        },
        "normed_blend_tried": span(counts),
        "normed_blend_told": "; ".join(told) or "not run yet",
        "normed_blend_softmax": saved(both, "softmax", NORMED_BLEND[0]),
    }


def normed_further() -> Said:
    """Behind a batch norm and beyond the ends of the grids: what was tried and chosen for each, and what it saves."""
    arms = Arms.of("normed-further", "laptop")
    beside, told, counts = arms | Arms.of("workhorse", "laptop").only("softmax"), [], []
    tried = (*NORMED_BLEND_TUNING, *NORMED_NORMFACE_TUNING, *NORMED_FURTHER_TUNING)
    for name, loss in zip(NORMED_FURTHER, ("softmax", "m = 4", "NormFace"), strict=True):
        among = [arm for arm in tried if arm.name.startswith(f"{name.removesuffix(', further')} rate")]
        counts.append(len(among))
        if name in arms:
            told.append(chose(loss, among, arms[name].run))
    return {
        "further_tried": span(counts),
        "further_told": "; ".join(told) or "not run yet",
        **{
            f"further_{key}": saved(beside, "softmax", name)
            for key, name in zip(("softmax", "m4", "normface"), NORMED_FURTHER, strict=True)
        },
    }


def by_own_directions(features: np.ndarray, labels: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Points that angles err more than the scores do, to the classes' own mean directions and to their weights.

    A fifth of the images is told by the mean directions of the four others, five times.

    Args:
        features: of shape (N, D).
        labels: of shape (N,).
        weight: of the classifier, of shape (K, D).
    """
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    wrong = np.zeros(len(labels), bool)
    for fold in range(5):
        out = np.arange(len(labels)) % 5 == fold
        classes = np.unique(labels[~out])
        means = np.stack([unit[~out & (labels == each)].mean(0) for each in classes])
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        wrong[out] = classes[(unit[out] @ means.T).argmax(1)] != labels[out]
    score = ((features @ weight.T).argmax(1) != labels).mean()
    angle = ((unit @ (weight / np.linalg.norm(weight, axis=1, keepdims=True)).T).argmax(1) != labels).mean()
    return float(100 * (wrong.mean() - score)), float(100 * (angle - score))


def _points(values: Sequence[float]) -> str:
    """A mean with its 90 % interval, as an equivalence is asked."""
    if len(values) < 2:
        return "–"
    return "{:+.2f} [{:+.2f}, {:+.2f}]".format(*interval(values, 0.9)).replace("-", "−")


def odd_plane(records: Sequence[dict[str, Any]], before: Sequence[dict[str, Any]] = ()) -> str:
    """Of runs in the plane, that which errs most by its scores beyond its angles: which digit it loses, and to what.

    Empty where none errs more than a point beyond.

    Args:
        records: of the largest margin.
        before: of the next smaller one: what the step of the angle gap between them would be without that seed.
    """
    beyond = [percent_wrong(record) - record["geometry"]["angle_error"] for record in records]
    record = records[int(np.argmax(beyond))] if records else {}
    if max(beyond, default=0.0) <= 1 or "class_error" not in record["geometry"]:
        return ""
    angle = record["geometry"]["angle_error"]
    errors, norms = (np.array(record["geometry"][f"class_{key}"]) for key in ("error", "weight_norm"))
    worst = int(errors.argmax())
    short = ", the shortest," if worst == norms.argmin() else ""
    told = f" One of its runs errs {percent_wrong(record):.1f} % by its scores and {angle:.1f} % by angle alone: "
    told += f"digit {worst}, wrong in {errors[worst]:.0f} % of its images, has a weight of length {norms[worst]:.2f}"
    told += f"{short} where the ten have {norms.mean():.2f} on average."
    gaps = [{each["run"]["seed"]: each["geometry"]["angle_gap"] for each in runs} for runs in (before, records)]
    kept = [gaps[1][seed] - gaps[0][seed] for seed in gaps[0].keys() & gaps[1].keys() - {record["run"]["seed"]}]
    return f"{told} Without its seed the last step of C-LSM5 is {np.mean(kept):.2f} degrees." if kept else told


def waiting_figures() -> tuple[list[str], list[list[str]]]:
    """What the thesis claims and no record here is about, and why."""
    rows = [
        ["Figure 1.1", "The angles of an autoencoder's code reconstruct an image, its norms do not.", "not run",
         "there is no autoencoder here; a chapter on foundations is its place"],
        ["Figure 1.2", "Hardness by angle agrees with people's selection frequency, confidence and norm do not.",
         "not run", "people's answers are not in the data sets here; a chapter on foundations is its place"],
        ["section 2.2.5", "L-Softmax works together with other activations, augmentation, pooling and networks.",
         "not run", "one network a data set; crops and flips wait for Table 2.3 on a GPU"],
        ["section 2.2.5", "A difficult objective takes full advantage of deep and wide architectures.",
         "not run", "the deep networks wait for a GPU, and none was varied in depth or width"],
        ["Part I", "Weight- and sphere-normalised softmax learn separable features on the hypersphere.",
         "not run", "the runs are here, with their errors and angles; it names no amount that they could miss"],
        ["footnote to section 2.2.4", "The larger a class weight, the larger the feasible angle of its class.",
         "not run", "computed for a figure, for two classes; not measured on trained weights"],
    ]  # fmt: skip
    return ["Place", "It says", "Verdict", "Why"], rows


def shortcuts() -> tuple[list[str], list[list[str]], Said]:
    """Literal ArcFace's collapsed runs beside the loss that needs no label: a table's heads and rows; what is said."""
    family, literal = Arms.of("family", "laptop"), Arms.of("literal", "laptop")
    arms = family.only(*(name for name in family if name.startswith("ArcFace m"))) + literal
    rows, shares, misses, errors, beyond = [], [], [], [], 0
    for name in arms:
        lost = [record for record in arms.records(name) if collapsed(record)]
        settings = arms[name].run.head.arguments
        value = math.log1p(9 * math.exp(-settings["scale"] * (1 - math.cos(settings["margin"]))))
        row = [f"{name} {mark(arms.records(name), arms.ledger)}", f"{len(lost)} of {len(arms.records(name))}"]
        rows.append([*row, f"{value:.2g}", *(_how_lost(lost) if lost else ["–"] * 4)])
        shares += [record["geometry"]["mean_energy_share"] for record in lost]
        misses += [record["geometry"]["negative_own_share"] for record in lost]
        errors += [percent_wrong(record) for record in lost]
        beyond += sum(record["geometry"]["own_angle"] > 180 - math.degrees(settings["margin"]) for record in lost)
    least = 100 * min(misses, default=math.nan)
    said = {
        "shortcut_runs": len(shares),
        "shortcut_share": 100 * min(shares, default=math.nan),
        "shortcut_negative": "all" if round(least, 0) == 100 else f"at least {least:.0f} %",
        "shortcut_past": sum(error > 95 for error in errors),
        "shortcut_chance": sum(error <= 95 for error in errors),
        "shortcut_beyond": beyond,
    }
    heads = ["Arm", "Above 50 % error", "Loss without the label", "Their test error", "Their training loss"]
    return [*heads, "Own angle", "Weight cosines"], rows, said


def _how_lost(lost: list[dict[str, Any]]) -> list[str]:
    """Test errors, training loss, own angle and weight cosines of runs that collapsed."""

    def mean(key: str) -> float:
        return sum(float(record["geometry"][key]) for record in lost) / len(lost)

    loss = sum(float(record["curves"]["loss"][-1]) for record in lost) / len(lost)
    wrong = [100 * record["metrics"]["test"]["wrong"] / record["metrics"]["test"]["images"] for record in lost]
    spread = round(min(wrong)) < round(max(wrong))
    errors = f"{min(wrong):.0f}–{max(wrong):.0f} %" if spread else f"{wrong[0]:.0f} %"
    return [errors, f"{loss:.2g}", f"{mean('own_angle'):.1f}°", f"{mean('weight_cosine_mean'):.3f}"]


CHOICES = (
    ("m = 4: floor 5 for 1", ("workhorse", "m=4"), ("workhorse", "m=4 floor 5")),
    ("m = 4: floor 0.1 for 1, each at its own rate", ("workhorse", "m=4"), ("workhorse", "m=4 floor 0.1")),
    ("m = 4: floor reached after 10 %, not 40 %", ("workhorse", "m=4"), ("blend", "m=4 reached at 10 %")),
    ("m = 4: floor reached after 80 %, not 40 %", ("workhorse", "m=4"), ("blend", "m=4 reached at 80 %")),
    ("m = 4: no blend, at its own rate", ("workhorse", "m=4"), ("blend", "m=4 no blend")),
    ("m = 4: no blend, at the rate with it", ("workhorse", "m=4"), ("blend", "m=4 no blend, rate as with it")),
    ("m = 4: twice the steps", ("workhorse", "m=4"), ("longer", "m=4")),
    ("softmax: twice the steps", ("workhorse", "softmax"), ("longer", "softmax")),
    ("softmax: a bias", ("workhorse", "softmax"), ("family", "softmax-bias")),
    ("softmax: weights of length one, each at its own rate", ("workhorse", "softmax"), ("family", "weight-normalised")),
)


def choices() -> tuple[list[str], list[list[str]]]:
    """A table's heads and rows: what was changed, and the points that it added to the error."""
    rows = [[told, *_worth(before, after)] for told, before, after in CHOICES]
    return ["Choice", "Points", "95 % interval", "Pairs", "Diverged"], rows


def _worth(before: tuple[str, str], after: tuple[str, str]) -> list[str]:
    found = Arms.of(before[0], "laptop", before[1]).against(Arms.of(after[0], "laptop", after[1]))
    lost = found.diverged + found.baseline_diverged
    if math.isnan(found.points):
        return ["–", "–", f"{found.n}", f"{lost or '–'}"]
    ends = f"[{-found.points_high:+.2f}, {-found.points_low:+.2f}]"
    return [f"{-found.points:+.2f}".replace("-", "−"), ends.replace("-", "−"), f"{found.n}", f"{lost or '–'}"]


# ---------------------------------------------------------------------------------------------------------------------
# What the margin is worth: each arm beside softmax, and beside what differs from it in the margin alone.

BESIDE = {
    "m=2": "softmax",
    "m=3": "softmax",
    "m=4": "softmax",
    "A-Softmax m=2": "weight-normalised",
    "A-Softmax m=3": "weight-normalised",
    "A-Softmax m=4": "weight-normalised",
    "CosFace m=0.2 s=8": "NormFace s=8",
    "CosFace m=0.35 s=16": "NormFace s=16",
    "ArcFace m=0.3 s=8": "NormFace s=8",
    "ArcFace m=0.3 s=16": "NormFace s=16",
    "ArcFace m=0.5 s=8": "NormFace s=8",
    "NormFace s=4": "",
    "weight-normalised": "",
    WIDEST: "",
    "softmax smoothed": "",
    SLOWER: "",
}

# The figure draws all but one of these: ArcFace as validation chose it, a run of which collapsed, would take its width.
DRAWN = {name: control for name, control in BESIDE.items() if name != "ArcFace m=0.5 s=8"}


def worth_arms() -> Arms:
    """The arms of :func:`controls`, and what they stand beside."""
    return Arms.of("controls", "laptop") | Arms.of("family", "laptop") | Arms.of("normface-wider", "laptop")


def controls() -> tuple[list[str], list[list[str]], Said]:
    """A table's heads and rows: points that each loss saves over softmax, its own control, and three without a margin.

    Said of them too: which stand at an end of what was tried for them, and over which margins' gains the best loss
    without one is ahead, or they over it.
    """
    arms, rows, said = worth_arms(), [], Said()
    for name, control in BESIDE.items():
        if name not in arms:
            rows.append([name, "not run", *[""] * 4])
            continue
        others = ("softmax", control, "NormFace s=4", WIDEST, "softmax smoothed")
        told = [saved(arms, other, name) if other not in ("", name) else "" for other in others]
        told[1] = f"{told[1]} ({control})" if control else ""
        rows.append([name, *told])
    for key, name in (
        ("normface", "NormFace s=4"),
        ("smoothed", "softmax smoothed"),
        ("m4", "m=4"),
        ("slower", SLOWER),
        ("widest", WIDEST),
    ):
        said[f"saved_{key}"] = saved(arms, "softmax", name)
        said[f"m4_over_{key}"] = saved(arms, name, "m=4")
    for size in (500, 8000):
        curve = Arms.of(f"curve-{size}", "laptop")
        said[f"m4_over_normface_{size}"] = saved(curve, "NormFace", "m=4")
    margins = [name for name, control in BESIDE.items() if control]
    found = [arms.errors_against(WIDEST, name) for name in margins if WIDEST in arms and name in arms]
    said["ahead_of_widest"] = f"{sum(each.points_low > 0 for each in found)} of {len(margins)}"
    said["behind_widest"] = f"{sum(each.points_high < 0 for each in found)} of {len(margins)}"
    said["a4_over_widest"] = saved(arms, WIDEST, "A-Softmax m=4")
    further = Arms.of("smoothing-further", "laptop")
    tried = [arm for arm in (*SMOOTHING_TUNING, *SMOOTHING_FURTHER_TUNING) if arm.run.optimizer.rate <= SLOW]
    said["further_smoothed"] = saved(further, "softmax", SMOOTHED_FURTHER)
    said["further_smoothed_tried"] = len(tried)
    said["further_smoothed_told"] = (
        f"validation takes {chose('it', tried, further[SMOOTHED_FURTHER].run).removeprefix('for it ')}"
        if SMOOTHED_FURTHER in further
        else "these have not run yet"
    )
    said["saved_fastest"] = saved(Arms.of("normface-fastest", "laptop"), "softmax", FASTEST)
    said |= {"ends_told": ends_told(STANDING), "softmax_wider": kept()}
    heads = ["Loss", "Over softmax", "Over no margin", "Over NormFace, s = 4"]
    return [*heads, "Over NormFace of the wider grid", "Over softmax, smoothed"], rows, said


# Those that stand for the losses of Part I, each with the configurations that were tried for it.
STANDING = (
    "softmax", "softmax-bias", "weight-normalised", "hinge", "NormFace", "m=2", "m=3", "m=4", "A-Softmax m=2",
    "A-Softmax m=3", "A-Softmax m=4", "CosFace", "ArcFace",
)  # fmt: skip


def saved(arms: Arms, baseline: str, name: str) -> str:
    """Points that an arm saves over another, with the interval; a dash where they cannot be paired."""
    if name not in arms or baseline not in arms:
        return "–"
    outside = len(unpaired(arms, name, baseline))
    return points_told(arms.errors_against(baseline, name)) + (f", {outside} collapsed in no pair" if outside else "")


def points_told(found: Verdict) -> str:
    """Points saved with their interval; a dash where there is no pair."""
    if math.isnan(found.points):
        return "–"
    ends = f"[{found.points_low:.2f}, {found.points_high:.2f}]" if found.n > 1 else "(one pair)"
    lost = found.diverged + found.baseline_diverged
    return f"{found.points:.2f} {ends}".replace("-", "−") + (f", {lost} diverged" if lost else "")


def grid() -> tuple[list[str], list[list[str]], Said]:
    """NormFace's validation error at each scale and rate of its grids; what the wider ones say beside m = 4."""
    arms = Arms.of("family-tuning", "laptop") | Arms.of("normface-tuning", "laptop")
    arms |= Arms.of("normface-fastest-tuning", "laptop")
    settings = {
        (arms[name].run.head.arguments["scale"], arms[name].run.optimizer.rate): name
        for name in arms
        if name.startswith("NormFace")
    }
    rates, rows = sorted({rate for _, rate in settings}), []
    for scale in sorted({scale for scale, _ in settings}):
        row = [f"s = {scale:g}"]
        for rate in rates:
            name = settings.get((scale, rate))
            row.append(_validation(arms, name) if name else "")
        rows.append(row)
    first = FAMILY_TUNING.among("NormFace")
    tried = (*first, *NORMFACE_TUNING)
    said = {
        "wider_told": _chosen(Arms.of("normface-wider", "laptop"), WIDEST, tried),
        "fastest_told": _chosen(Arms.of("normface-fastest", "laptop"), FASTEST, (*tried, *FASTEST_TUNING)),
    }
    errors = [arms.mean(name, VALIDATION) for name in settings.values() if not arms.lost(name)[0]]
    said["normface_lost"] = str(sum(arms.lost(name)[0] for name in settings.values()))
    said["near_best"] = str(sum(error < min(errors) + 0.1 for error in errors) - 1) if errors else "none yet"
    slow, fast = Arms.of("small-scale-tuning", "laptop"), Arms.of("small-scale-fastest-tuning", "laptop")
    said["least_validation"] = _least_validation(arms | slow | fast)
    said |= _small_scale("scale", Arms.of("small-scale", "laptop"), "at its scale", slow)
    said |= _small_scale("fast", Arms.of("small-scale-fastest", "laptop"), "at any rate", slow | fast)
    said["softmax_bears"] = _at_rates_that_softmax_bears(arms | Arms.of("margin-tuning", "laptop"))
    rates_of_all = sorted({arm.run.optimizer.rate for arm in first})  # the first grid had every scale at these
    for key, rate in (("lowest", rates_of_all[0]), ("highest", rates_of_all[-1])):
        errors = [arms.mean(arm.name, VALIDATION) for arm in first if arm.run.optimizer.rate == rate]
        said[f"scale_{key}_rate"] = f"{rate:g}"
        said[f"scale_{key}"] = f"{min(errors):.1f} to {max(errors):.1f} %"
    return ["Scale", *(f"rate {rate:g}" for rate in rates)], rows, said


def _least_validation(arms: Arms) -> str:
    """The least validation error of all configurations with a margin on the sphere, and of those without one."""
    kept = [name for name in arms if arms.records(name) and not arms.lost(name)[0]]
    told = []
    for loss, names in (
        ("a margin", [name for name in kept if name.startswith(("A-Softmax", "CosFace", "ArcFace"))]),
        ("NormFace", [name for name in kept if name.startswith("NormFace")]),
    ):
        if names:
            told.append(f"{min(arms.mean(name, VALIDATION) for name in names):.2f} % for {loss}")
    return " and ".join(told) or "none yet"


def _chosen(arms: Arms, name: str, tried: Sequence[Arm]) -> str:
    """What validation takes of all that was tried for NormFace, where that lies, and what it saves over softmax."""
    if name not in arms:
        return "these have not run yet"
    end = at_ends(tried, arms[name].run)
    told = f"of all {len(tried)} validation takes {configuration(tried, arms[name].run)}"
    return told + (f", {end} tried" if end else "") + f"; points saved over softmax: {saved(arms, 'softmax', name)}"


def _small_scale(key: str, arms: Arms, suffix: str, tried: Arms) -> Said:
    """CosFace and A-Softmax at the scale where NormFace does best: how many settings each, and what was chosen."""
    told, counts = [], []
    for loss in ("CosFace", "A-Softmax"):
        among = [tried[name] for name in tried if name.startswith(f"{loss} rate")]
        counts.append(len(among))
        if f"{loss} {suffix}" in arms:
            run = arms[f"{loss} {suffix}"].run
            told.append(chose(loss, among, run))
    taken = f"validation took {', '.join(told)}" if told else "these have not run yet"
    return {f"small_{key}_tried": span(counts), f"small_{key}_told": taken}


def chose(loss: str, among: Sequence[Arm], run: Run) -> str:
    """What validation chose for a loss among its configurations, and at which ends of them that stands."""
    end = at_ends(among, run)
    return f"for {loss} {configuration(among, run)}{f' ({end} tried)' if end else ''}"


def _at_rates_that_softmax_bears(arms: Arms) -> str:
    """NormFace's validation error at s = 4 beside softmax' at the same rate and decay, where no run of it diverged."""
    told = []
    for rate in (0.01, 0.03, 0.1):
        pair = (f"NormFace s=4 rate {rate:g}", f"softmax rate {rate:g} decay 0.0005")
        if all(name in arms and not arms.lost(name)[0] for name in pair):
            told.append("{1:.2f} against {2:.2f} % at {0:g}".format(rate, *(arms.mean(n, VALIDATION) for n in pair)))
    return ", ".join(told) or "none yet"


def _validation(arms: Arms, name: str) -> str:
    """A configuration's mean error on validation; how many of its runs diverged where any did."""
    lost = arms.lost(name)[0]
    error = arms.mean(name, "validation error")
    return f"{lost} diverged" if lost else "–" if math.isnan(error) else f"{error:.2f}"


def worth() -> Said:
    """What the first figure's description says: between which losses the open dots lie, between what the squares."""
    arms = worth_arms()
    over = {name: arms.errors_against("softmax", name).points for name in DRAWN if name in arms}
    known = {name: points for name, points in over.items() if not math.isnan(points)}
    margins = [name for name in known if name.startswith(("m=", "A-Softmax"))]
    squares = [arms.errors_against("NormFace s=4", name).points for name in margins]
    triangles = [arms.errors_against(WIDEST, name).points for name in margins if WIDEST in arms]
    ends = sorted(known, key=lambda name: known[name])
    return {
        "worth_dots": f"{known[ends[0]]:.2f}, {ends[0]}, and {known[ends[-1]]:.2f}, {ends[-1]}" if ends else "none",
        "worth_squares": f"{min(squares):.2f} and {max(squares):.2f}" if squares else "none",
        "worth_triangles": f"{min(triangles):.2f} and {max(triangles):.2f}".replace("-", "−") if triangles else "none",
    }


def tried() -> Said:
    """How many configurations validation chose from: of each family, and where another number was tried."""
    families = ("softmax-bias", "weight-normalised", "hinge", "NormFace", "CosFace", "ArcFace")
    of_each = [len(FAMILY_TUNING.among(name)) for name in (*families, *(f"A-Softmax m={m}" for m in (2, 3, 4)))]
    of_each += [len(MARGIN_TUNING.among(name)) for name in ("softmax", "m=2", "m=3", "m=4")]
    whole = [len(WHOLE_TUNING.among(name)) for name in WHOLE_TUNING.chosen]
    there = [
        sum(arm.name.startswith(f"{name} rate") for arm in (*FASHION_TUNING, *FLOOR_TUNING)) for name in TUNED_THERE
    ]
    return {
        "tried_each": span(of_each),
        "tried_smoothed": len(SMOOTHING_TUNING),
        "tried_smoothed_seeds": len(SMOOTHING_TUNING[0].seeds),
        "tried_softmax": len((*MARGIN_TUNING.among("softmax"), *SOFTMAX_TUNING)),
        "tried_normface": len((*FAMILY_TUNING.among("NormFace"), *NORMFACE_TUNING)),
        "tried_pure": span([len(PURE_TUNING.among(name)) for name in PURE_TUNING.chosen]),
        "tried_whole": span(whole),
        "tried_cifar": span(
            [sum(arm.name.startswith(f"{name} ") for arm in CIFAR_TUNING) for name in ("softmax", "m=4")]
        ),
        "tried_there": span(there),
        "planned_cifar": span([len(arm.seeds) for arm in Arms.of("cifar-quick", "laptop").arms]),
        "planned_normed": span([len(arm.seeds) for arm in Arms.of("batch-norm", "laptop").arms]),
        "planned_causes": span([len(arm.seeds) for arm in Arms.of("fashion-causes", "laptop").arms]),
    }


# ---------------------------------------------------------------------------------------------------------------------
# Where pure margins end, and who is given up.


def collapse() -> tuple[list[str], list[list[str]], Said]:
    """Pure margins at one rate beside softmax: heads, rows, and what is said: norms, losses, when they start."""
    blended, rows, said = Arms.of("plain-sgd", "laptop"), [], Said()
    names = {"softmax": "softmax"} | {f"m={m} no blend, common rate": f"m{m}" for m in (2, 3, 4)}
    for name, key in names.items():
        last = [float(record["curves"]["loss"][-1]) for record in blended.finished(name)]
        said[f"pure_norm_{key}"] = blended.mean(name, "feature norm")
        said[f"pure_drop_{key}"] = _loss_at_the_first_drop(blended, name)
        said[f"pure_loss_{key}"] = sum(last) / max(len(last), 1)
        steps = blended[name].run.schedule.steps
        said[f"pure_start_{key}"] = steps / 100 * blended.mean(name, "until 75 % training error")
        curves = [record["curves"] for record in blended.finished(name)]
        errors = np.mean([curve.get("plain_error", curve["train_error"]) for curve in curves], axis=0)
        said[f"pure_least_{key}"], said[f"pure_last_{key}"] = 100 * errors.min(), 100 * errors[-1]
        rows.append([
            name, f"{said[f'pure_norm_{key}']:.3g}", f"{said[f'pure_loss_{key}']:.2f}",
            f"{said[f'pure_least_{key}']:.0f}", f"{said[f'pure_last_{key}']:.0f}", f"{blended.mean(name):.1f}",
        ])  # fmt: skip
    margins = ("m2", "m3", "m4")
    said |= _pulled()
    for key, of in (("drop", "drop"), ("above", "loss")):  # bounds: rounded up
        most = max(abs(said[f"pure_{of}_{name}"] - math.log(10)) for name in margins)
        said[f"pure_loss_{key}"] = math.ceil(100 * most) / 100 if not math.isnan(most) else most
    heads = ["Arm", "Last mean feature norm", "Last training loss", "Least training error (%)"]
    return [*heads, "Last training error (%)", "Test error (%)"], rows, said


def _pulled() -> Said:
    """At one rate, softmax' too: the longest features beside its own, and which way the loss pulls at them on the way.

    The pull of a batch is looked at 40 times a run: said is at how many of these points it lengthens the features on
    average. Of the tuned rates it is said by how much the last loss is above log 10.
    """
    arms = Arms.of("starts", "laptop")
    norms = [arms.mean(name, "feature norm") for name in (*PURE, "softmax")]
    outward = {
        name: [sum(pull > 0 for pull in record["curves"]["pull_along"]) for record in arms.finished(name)]
        for name in (*PURE, "softmax")
    }
    return {
        "pure_norm_share": 100 * max(norms[:-1]) / norms[-1],
        "pure_outward": span([count for name in PURE for count in outward[name]]),
        "softmax_outward": span(outward["softmax"]),
        "pull_points": span([len(record["curves"]["pull_along"]) for record in arms.finished()]),
        "pure_tuned_above": "{:.2f}, {:.2f} and {:.2f}".format(*_pure_above()),
    }


def _pure_above() -> list[float]:
    """How far the last loss of each pure margin is above log 10 at its tuned rate, as a mean over seeds."""
    arms = Arms.of("plain-sgd", "laptop")
    last = [np.mean([record["curves"]["loss"][-1] for record in arms.finished(name)] or math.nan) for name in PURE]
    return [float(loss) - math.log(10) for loss in last]


def _loss_at_the_first_drop(arms: Arms, name: str) -> float:
    """Mean training loss at the last point of the curve before the rate first drops."""
    found = []
    for record in arms.finished(name):
        drop = record["metrics"]["steps"] * record["run"]["schedule"]["drops"][0]
        last = max(k for k, step in enumerate(record["curves"]["step"]) if step <= drop)
        found.append(float(record["curves"]["loss"][last]))
    return float(np.mean(found)) if found else math.nan


def normed() -> tuple[list[str], list[list[str]], Said]:
    """Pure margins and softmax with batch norm before the head: errors, and how many classes they give up.

    Said of each margin: its error and that of the best without batch norm, and the rate that was chosen; of each grid,
    which choices lie at its ends.
    """
    arms, plain, rows = Arms.of("batch-norm", "laptop"), Arms.of("plain-sgd", "laptop"), []
    softmax, second = (arms.numbers(f"{name} batch norm") for name in ("softmax", "m=2"))
    said = Said(
        normed_rates=", ".join(f"{rate:g}" for rate in rates_tried()),
        normed_grids="; ".join(
            f"down to {min(rates):g}, {at_edges(rates, chosen)}" for rates, chosen in _normed_ends()
        ),
        normed_softmax=f"{min(softmax, default=math.nan):.2f} to {max(softmax, default=math.nan):.2f} %",
        normed_each_2=", ".join(f"{error:.1f}" for error in sorted(second)),
        normed_as_softmax_2=sum(error <= max(softmax, default=math.nan) for error in second),
        normed_toss_2=_toss(second, softmax),
        normed_worst_2=", ".join(f"{error:.0f}" for error in sorted(_worst_classes(arms, "m=2 batch norm"))),
    )
    for name in arms:
        values = [arms.mean(name, of) for of in ("test error", "training error", "classes given up", "shortest weight")]
        rows.append([name, *(f"{value:.2g}" if value < 10 else f"{value:.1f}" for value in values)])
    for m in (2, 3, 4):
        name = f"m={m} batch norm"
        found = arms.numbers(name) if name in arms else []
        said |= {
            f"normed_error_{m}": arms.mean(name) if found else math.nan,
            f"normed_plain_{m}": plain.mean(f"m={m} no blend"),
            f"normed_rate_{m}": f"{arms[name].run.optimizer.rate:g}" if name in arms else "none yet",
            f"normed_runs_{m}": len(found),
        }
    heads = ["Arm", "Test error (%)", "Training error (%)", "Classes above 90 % error, per run"]
    return [*heads, "Norm of the shortest weight"], rows, said


def _worst_classes(arms: Arms, name: str) -> list[float]:
    """Of each run that finished, the error in the class that it gets wrong most often, in percent."""
    found = arms.finished(name) if name in arms else []
    return [max(record["geometry"]["class_error"]) for record in found]


def normed_by_rate() -> tuple[list[str], list[list[str]], Said]:
    """A table's heads and rows: validation error of each arm at every rate that was tried.

    Said of the least rate: the errors of all four; of the tuning runs: how many lose a class whose weight is long.
    """
    grid = normed_grids()[-1]
    arms, rates = Arms(grid, Ledger.of("laptop")), sorted({arm.run.optimizer.rate for arm in grid})
    rows = [
        [name.replace("=", " = "), *(f"{_normed_validation(arms, name, rate):.1f}" for rate in rates)]
        for name in NORMED
    ]
    least = [f"{_normed_validation(arms, name, rates[0]):.1f} %" for name in NORMED]
    said = Said(normed_least_rate=f"{rates[0]:g}", normed_at_least="{}, {}, {} and {}".format(*least))
    said["normed_long"] = _lost_at_length(arms)
    return ["Arm", *(f"rate {rate:g}" for rate in rates)], rows, said


def _lost_at_length(arms: Arms) -> str:
    """Of the runs with a margin that lose a class, the worst above 90 %, those in which its weight is no short one."""
    lost, long = 0, 0
    for record in (record for name in arms if not name.startswith("softmax") for record in arms.finished(name)):
        errors, norms = (np.array(record["geometry"][f"class_{key}"]) for key in ("error", "weight_norm"))
        worst = int(errors.argmax())
        if errors[worst] > 90:
            lost, long = lost + 1, long + int(norms[worst] > norms.mean())
    return f"{long} of {lost}"


def normed_ended() -> tuple[list[str], list[list[str]], Said]:
    """Margins at every rate that one of the grids chose: errors, losses, classes and weights lost; and what is said.

    Said of each margin at the rate that the last grid chose: the least of its last losses, and the validation error of
    softmax at that rate.
    """
    grids, ledger = normed_grids(), Ledger.of("laptop")
    tried, said, rows = Arms(grids[-1], ledger), Said(), []
    chosen = {arm.name: arm.run for arm in tuned(grids[-1], NORMED, NORMED_SEEDS)}
    arms = {(arm.name, arm.run.optimizer.rate): arm for grid in grids for arm in tuned(grid, NORMED, NORMED_SEEDS)}
    for name, rate in sorted(key for key in arms if key[0] != NORMED[0]):
        found = Arms([arms[name, rate]], ledger)
        records = found.finished(name)
        losses = [float(record["curves"]["loss"][-1]) for record in records]
        if chosen[name].optimizer.rate == rate:
            key = name.removeprefix("m=")[0]
            said[f"normed_loss_{key}"] = min(losses, default=float("nan"))
            said[f"normed_beside_{key}"] = _normed_validation(tried, NORMED[0], rate)
            said[f"normed_class_{key}"] = "{:.0f} to {:.0f} %".format(
                *(end(_worst_classes(found, name), default=math.nan) for end in (min, max))
            )
        if records:
            lost = [sum(error > 90 for error in record["geometry"]["class_error"]) for record in records]
            short = [sum(norm < 0.1 for norm in record["geometry"]["class_weight_norm"]) for record in records]
            rows.append([
                f"{name.replace('=', ' = ')}, rate {rate:g}", f"{found.mean(name):.1f}", f"{np.mean(losses):.1f}",
                f"{np.mean(lost):.1f}", f"{np.mean(short):.1f}", f"{len(records)}",
            ])  # fmt: skip
    heads = ["Arm", "Test error (%)", "Last training loss", "Classes above 90 % error, per run"]
    return [*heads, "Weights shorter than 0.1, per run", "Runs"], rows, said


def _normed_validation(arms: Arms, name: str, rate: float) -> float:
    return arms.mean(f"{name} rate {rate:g}", VALIDATION)


def _normed_ends() -> list[tuple[list[float], dict[str, float]]]:
    """Of each grid with batch norm: its rates, and the one that it gives each arm."""
    found = []
    for grid in normed_grids():
        arms = tuned(grid, NORMED, (0,))
        chosen = {arm.name.removesuffix(" batch norm"): arm.run.optimizer.rate for arm in arms}
        found.append((sorted({arm.run.optimizer.rate for arm in grid}), chosen))
    return found


def at_edges(rates: list[float], chosen: Mapping[str, float]) -> str:
    """For whom validation chose the least or the greatest of the rates, in words."""
    told = []
    for what, end in (("least", min(rates)), ("greatest", max(rates))):
        names = [name.replace("=", " = ") for name, rate in chosen.items() if rate == end]
        if names:
            told.append(f"the {what} for {' and '.join(names)}")
    return ", ".join(told) or "none at an end of the grid"


def span(counts: list[int]) -> str:
    """From the least to the most, e.g. ``"2 to 5"``."""
    if not counts:
        return "not run"
    least, most = min(counts), max(counts)
    return f"{least}" if least == most else f"{least} to {most}"


def starting() -> Said:
    """At one rate and on new seeds, without a blend: the step at which each arm is first below 75 % training error."""
    arms, said = Arms.of("starts", "laptop"), Said()
    for key, name in zip(("softmax", "m2", "m3", "m4"), ("softmax", *PURE), strict=True):
        steps = arms[name].run.schedule.steps
        said[f"new_start_{key}"] = steps / 100 * arms.mean(name, "until 75 % training error")
    test = More("until 75 % training error", "m=4 no blend", "m=2 no blend", smallest=ONE_POINT)
    pairs = arms.pairs("m=2 no blend", "m=3 no blend", "until 75 % training error")
    latest = arms["m=2 no blend"].run.schedule.steps / 100 * max((second for second, _ in pairs), default=math.nan)
    first = f"{sum(third < second for second, third in pairs)} of {len(pairs)}"
    behind = arms.pairs("softmax", "m=4 no blend", "until 75 % training error")
    said["new_start_behind"] = f"{sum(fourth > plain for plain, fourth in behind)} of {len(behind)}"
    return said | {"new_start_word": test.judge(arms).word, "new_start_first": first, "new_start_latest": latest}


def alike() -> Said:
    """How alike features of one class are, and of two, without a margin; the angle gaps of losses without one."""
    arms, said = worth_arms(), Said()
    scales = {name: arms[name].run.head.arguments["scale"] for name in ("NormFace s=4", WIDEST) if name in arms}
    for key in ("within", "between"):
        told = {name: f"{arms.mean(name, f'{key}-class cosine'):.2f}".replace("-", "−") for name in ("m=4", *scales)}
        said[f"alike_{key}"] = " and ".join(f"{told[name]} at s = {scale:g}" for name, scale in scales.items())
        said[f"alike_{key}_m4"] = told["m=4"]
    for key, name in (("softmax", "softmax"), ("smoothed", SLOWER), ("normface", "NormFace s=4")):
        said[f"gap_{key}"] = arms.mean(name, "angle gap")
    return said


def normed_rate() -> Said:
    """Behind a batch norm, what NormFace saves over softmax where validation chose one rate for both."""
    arms = Arms.of("blend-norm", "laptop", NORMED_BLEND[0]) | Arms.of("normface-norm", "laptop")
    names = NORMED_BLEND[0], NORMED_NORMFACE
    rates = [arms[name].run.optimizer.rate for name in names if name in arms]
    if len(rates) < 2 or rates[0] != rates[1]:
        return {"one_rate": "–", "one_rate_saved": "–"}
    return {"one_rate": f"{rates[0]:g}", "one_rate_saved": saved(arms, *names)}


def thresholds() -> Said:
    """With the blend: by how much of the run m = 4 is below a training error later than softmax, at three of them."""
    arms, said = Arms.of("workhorse", "laptop"), Said()
    for percent in (7, 5, 1):
        softmax, margin = (
            {record["run"]["seed"]: until(percent / 100)(record) for record in arms.finished(name)}
            for name in ("softmax", "m=4")
        )
        gaps = [margin[seed] - softmax[seed] for seed in sorted(softmax.keys() & margin.keys())]
        mean, low, high = interval(gaps) if len(gaps) > 1 else [math.nan] * 3
        said[f"later_{percent}"] = f"{mean:.1f} [{low:.1f}, {high:.1f}]".replace("-", "−")
    steps = [
        arms[name].run.schedule.steps / 100 * arms.mean(name, "until 10 % training error")
        for name in ("softmax", "m=2", "m=3", "m=4")
    ]
    said["blend_starts"] = "{:.0f}, {:.0f}, {:.0f} and {:.0f}".format(*steps)
    return said


def collapsed_pairs(by_size: Mapping[int, Arms], baseline: str = "softmax") -> Said:
    """Of the runs of a learning curve those above 50 % error: in pairs that finished, and so in means, or in none.

    Of those in no pair it is said what they make of the arm's mean error.
    """
    told, outside = [], []
    for size, arms in by_size.items():
        plain = arms.wrong(baseline)
        for name in arms:
            kept = [
                wrong for seed, wrong in arms.wrong(name).items() if wrong is not None and plain.get(seed) is not None
            ]
            if count := sum(2 * wrong > arms.images for wrong in kept):
                told.append(f"{count} of {name} at {size:,} images")
            if count := len(unpaired(arms, name, baseline)):
                mean = f"with it the mean error is {arms.mean(name):.1f} %"
                outside.append(f"{count} of {name} at {size:,} images ({mean})")
    return {"curve_collapsed": ", ".join(told) or "none", "curve_unpaired": ", ".join(outside) or "none"}


def by_images(by_size: Mapping[int, Arms]) -> Said:
    """What is saved at 500 and at 8,000 images, by which losses, and over NormFace; margins alone at the most."""
    few, many = by_size[500], by_size[8000]
    over = {name: many.errors_against("softmax", name) for name in many if name != "softmax"}
    whole = [name for name in over if not unpaired(many, name)]
    margins = [name for name in whole if name not in ("NormFace", "hinge")]
    kept = sorted((name for name in whole if over[name].points_low > 0), key=lambda name: -over[name].points)
    most = max(margins, key=lambda name: over[name].points, default="none")
    return {
        "many_most": f"{saved(many, 'softmax', most)} ({most.replace('=', ' = ')})",
        "many_kept": ", ".join(f"{name.replace('=', ' = ')} ({points_told(over[name])})" for name in kept) or "none",
        "a4_over_normface_500": saved(few, "NormFace", "A-Softmax m=4"),
        **{
            f"normface_over_{key}_8000": saved(many, name, "NormFace")
            for key, name in (("m2", "m=2"), ("a4", "A-Softmax m=4"), ("cosface", "CosFace"))
        },
    }


def machines() -> Said:
    """How far two copies of one run are apart: records that gave way to newer code, beside those that stand."""
    ledger, gaps, other = Ledger.of("laptop"), [], 0
    for path in sorted((ledger.folder / "superseded").glob("*/*.json")):
        old = json.loads(path.read_text())
        new = ledger.find(Run.from_json(old["run"]))
        if new is not None and old["status"] == new["status"] == "finished":
            gaps.append(abs(old["metrics"]["test"]["wrong"] - new["metrics"]["test"]["wrong"]))
        other += new is not None and old["status"] != new["status"]
    return {"copies": len(gaps), "copies_apart": max(gaps, default=0), "copies_other": other}


# ---------------------------------------------------------------------------------------------------------------------
# What this design cannot see, and what was withdrawn


def reach() -> Said:
    """The order among the margins on 2,000 images: the least difference that twelve seeds find, beside the paper's."""
    arms, cells = Arms.of("workhorse", "laptop"), printed("thesis", "2.2")
    found = {key: arms.errors_against(*names) for key, names in (("23", ("m=2", "m=3")), ("34", ("m=3", "m=4")))}
    said = Said()
    for key, (first, second) in (("23", (2, 3)), ("34", (3, 4))):
        said[f"reach_{key}"] = 100 * math.expm1(found[key].detectable)
        before, after = (float(cells[f"L-Softmax (m={m})", "Error Rate"]) for m in (first, second))
        said[f"reach_paper_{key}"] = 100 * (before / after - 1)
        said[f"order_{key}"] = saved(arms, f"m={first}", f"m={second}")
    return said


def withdrawn() -> tuple[list[str], list[list[str]]]:
    """Claims that were judged once and are no more: what the verdict was, and why it was withdrawn."""
    rows = []
    for claim, reason in WITHDRAWN:
        evidence = Arms(arms_of(claim), Ledger.of(claim.profile))
        judged = Judged(claim, claim.test.judge(evidence))
        rows.append(
            [claim.id, f"{claim.statement} ({claim.scale})", " ".join(ours_told(judged)), judged.verdict.word, reason]
        )
    return ["Claim", "It said", "The records", "The verdict was", "Why it is withdrawn"], rows
