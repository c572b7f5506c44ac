"""What the chapter on include-and-exclude tells in words: errors, what a start is worth, what is not run and why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from discriminative.evidence import Arms, once
from discriminative.grids import at_ends
from discriminative.networks import NETWORKS
from discriminative.pictures import taken
from discriminative.runs import Run
from discriminative.statistics import Verdict, interval
from discriminative.study import Arm

__all__ = [
    "FALLEN_HEADS", "NOT_RUN", "NOT_RUN_HEADS", "against", "apart", "at_chance", "at_edge", "before_correction",
    "distances_told", "distinct", "diverged_told", "each_error", "ends", "error", "errors_told", "fallen", "later",
    "later_rows", "loss_rows", "norms_rise", "norms_told", "out_told", "parameters", "pulled_less", "spread_told",
    "table_1_rows", "taken_again", "tuning_told", "validated", "validated_alike", "way_of_centres",
]  # fmt: skip

NOT_RUN_HEADS = ["Control", "What it would tell", "Why it is not run"]
NOT_RUN = [
    [
        "Center loss divided by the batch's variance",
        "whether A.1 bears larger coefficients because of the division or of the rivals",
        "a loss that the paper does not have; it needs a tuning of its own, and was thought of after the records",
    ],
    [
        "A penalty on the length of features, its coefficient chosen on validation",
        "how few errors come of centres that never leave the origin, when tuned as the others are",
        "its coefficients are those of the chapter on reconstruction, whose records were there; none is of a tuning "
        "seed",
    ],
    [
        "A.1 tuned on CIFAR-10 or CIFAR-100",
        "whether any setting of it helps there",
        "beyond the time of these records; where it collapsed a few settings are tried, none of them chosen there",
    ],
    [
        "The test loss at a temperature fitted on validation",
        "whether C-IE7's lower loss is less over-fitting or another scale of the logits",
        "the records hold mean losses and no logits",
    ],
    [
        "A free variance that begins at the size of the batch's",
        "whether freedom itself does harm, which a start at 0.5 cannot say",
        "the paper names no start; 0.5 is the value of its Equation 7",
    ],
    [
        "Rows [P], WRN-28-10",
        "whether the order of the losses holds on a powerful network",
        "planned, and waits for a GPU; what the paper changed in the network is not printed",
    ],
]


# ---------------------------------------------------------------------------------------------------------------------
# Table 1 as it is printed, with the parameters of our networks.

TABLE_1_NETWORKS = {
    "MNIST (for Fig. 2)": ("thesis-mnist-2d", 2),
    "MNIST": ("thesis-mnist", 256),
    "CIFAR10": ("thesis-cifar10", 256),
    "CIFAR100": ("thesis-cifar100", 512),
}


def parameters(network: str, width: int) -> int:
    """How many a network has, without a classifier; nothing is computed."""
    with torch.device("meta"):
        return sum(part.numel() for part in NETWORKS[network](width).parameters())


def table_1_rows(cells: Mapping[tuple[str, str], Any]) -> tuple[list[str], list[list[str]]]:
    """Heads and one row a network: each printed column in one cell, and the parameters of ours without a classifier.

    Args:
        cells: the printed ones; a network's five lines each have a row there.
    """
    columns = list(dict.fromkeys(column for _, column in cells))
    rows = []
    for name, (network, width) in TABLE_1_NETWORKS.items():
        layers = [_layers(cells, name, column) for column in columns]
        rows.append([name, *layers, f"{parameters(network, width):,}"])
    return ["Network", *columns, "Parameters of ours"], rows


def _layers(cells: Mapping[tuple[str, str], Any], name: str, column: str) -> str:
    """How many layers, their size and filters, the stride and the padding; of a fully connected one the width."""
    lines = ("Num Layer", "Filt Dim", "Num Filt", "Stride", "Pad")
    found = [cells[f"{name} / {line}", column] for line in lines]
    count, size, filters, stride, pad = (None if isinstance(value, str) else int(value) for value in found)
    if count is None:
        return "–"
    if column == "Fully connected":
        return str(filters)
    told = f"{count} of {size} × {size}" + (f", {filters}" if filters else "")
    return f"{told} / {stride}" + (f" / {pad}" if pad else "")


def error(arms: Arms, name: str) -> str:
    """The mean test error of an arm; a dash where it has no record."""
    mean = arms.mean(name) if name in arms else math.nan
    return "–" if math.isnan(mean) else f"{mean:.2f} %"


def taken_again(arms: Arms) -> str:
    """How far the test errors of the networks whose planes were taken lie from those of their records, in points."""
    gaps = []
    for arm in arms.arms:
        run = arm.runs()[0]
        kept, record = taken(run, "-plane"), arms.ledger.find(run)
        if kept is not None and record is not None and record["status"] == "finished":
            found = record["metrics"]["test"]
            gaps.append(abs(100 * float(kept["test_wrong"] / kept["test_images"] - found["wrong"] / found["images"])))
    if not gaps:
        return "none is taken"
    same = sum(gap == 0 for gap in gaps)
    if same == len(gaps):
        return f"all {same} have the error of their record"
    return f"{same} of {len(gaps)} have the error of their record, the others one within {max(gaps):.2f} points of it"


def each_error(arms: Arms, name: str) -> str:
    """The test error of every run of an arm, rising."""
    found = sorted(arms.numbers(name)) if name in arms else []
    return " and ".join(f"{value:.2f} %" for value in found) or "–"


def errors_told(arms: Arms, *names: str, beside: str) -> str:
    """The errors of those arms that have records, by name, each against one of them."""
    found = [name for name in names if name in arms and arms.finished(name)]
    told = [f"{name} {error(arms, name)} ({against(arms, beside, name)})" for name in found]
    return "; ".join(told) or "not run"


def spread_told(arms: Arms) -> str:
    """How far apart the mean errors of a sweep's settings lie, and over how many seeds each is."""
    found = [arms.numbers(name) for name in arms if arms.numbers(name)]
    if len(found) < 2:
        return "not run"
    means, counts = [sum(each) / len(each) for each in found], sorted({len(each) for each in found})
    seeds = " to ".join(str(count) for count in dict.fromkeys((counts[0], counts[-1])))
    told = f"n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{seeds} each"
    return f"the means of {len(found)} settings lie within {max(means) - min(means):.2f} points, {told}"


def against(arms: Arms, baseline: str, arm: str) -> str:
    """By how many points the arm errs less than the baseline or more, paired by seed, with its 95 % interval."""
    found = arms.errors_against(baseline, arm)
    if not math.isfinite(found.points):
        return "not run"
    low, high = found.points_low, found.points_high
    size = f"{abs(found.points):.2f} points {'fewer' if found.points > 0 else 'more'}"
    if low == high == 0:
        return f"as many errors at each of {found.n} seeds"
    if low < 0 < high:
        between = f"{-low:.2f} more to {high:.2f} fewer"
    else:
        between = " to ".join(f"{end:.2f}" for end in sorted((abs(low), abs(high))))
    return f"{size} [{between}], n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{found.n}"


def tuning_told(arms: Arms) -> str:
    """How much of a tuning has been run."""
    planned, there = sum(len(arm.seeds) for arm in arms.arms), len(arms.records())
    if not there:
        return f"none of their {planned} tuning runs is there yet, so they are not run"
    return f"{'all' if there == planned else there} of their {planned} tuning runs are there"


def _between(first: list[float], second: list[float], places: int, unit: str, level: float = 0.95) -> str:
    """Mean and interval of the pairs' differences, the second less the first, each with its sign."""
    if not first:
        return "not run"
    mean, low, high = (
        f"{value:+.{places}f}".replace("-", "\N{MINUS SIGN}")
        for value in interval([b - a for a, b in zip(first, second, strict=True)], level)
    )
    return f"{mean}{unit} [{low}, {high}], n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{len(first)}"


def apart(arms: Arms, measure: str, baseline: str, arm: str, places: int = 2, unit: str = "") -> str:
    """A measure of the arm less that of the baseline, paired by seed, with its 95 % interval."""
    if baseline not in arms or arm not in arms:
        return "not run"
    pairs = arms.pairs(baseline, arm, measure)
    return _between([a for a, _ in pairs], [b for _, b in pairs], places, unit)


def later(arms: Arms, baseline: str, arm: str, share: float, level: float = 0.95, unit: str = " % of the run") -> str:
    """How much later the arm reaches that share of its last training accuracy, in % of the run, with an interval."""
    first, second = (
        {r["run"]["seed"]: _reached(r["curves"], share) for r in arms.finished(name)} for name in (baseline, arm)
    )
    seeds = sorted(first.keys() & second.keys())
    return _between([first[seed] for seed in seeds], [second[seed] for seed in seeds], 1, unit, level)


def later_rows(arms: Arms, arm: str, rivals: Iterable[str], shares: Iterable[float]) -> list[list[str]]:
    """One row a rival: how much later than it the arm reaches each share, with the 90 % interval of an equivalence."""
    return [[rival, *(later(arms, rival, arm, share, 0.9, "") for share in shares)] for rival in rivals]


def _reached(curves: Mapping[str, list[float]], share: float) -> float:
    accuracy = [1 - error for error in curves["train_error"]]
    first = next(i for i, value in enumerate(accuracy) if value >= share * accuracy[-1])
    return 100 * curves["step"][first] / curves["step"][-1]


def ends(arms: Arms, name: str) -> str:
    """The least and the most that the value of an arm's term is at the end, over its seeds."""
    last = [float(record["curves"]["terms"][0][-1]) for record in arms.finished(name)] if name in arms else []
    if not last:
        return "–"
    low, high = f"{min(last):.2f}", f"{max(last):.2f}"
    return low if low == high else f"{low} to {high}"


def diverged_told(arms: Arms, name: str) -> str:
    """The least and the greatest first bad step of the runs of an arm that diverged."""
    steps = sorted(r["metrics"]["first_bad_step"] for r in arms.records(name) if r["status"] != "finished")
    if not steps:
        return "–"
    return str(steps[0]) if steps[0] == steps[-1] else f"{steps[0]} to {steps[-1]}"


def way_of_centres(run: Run, classes: int = 10, momentum: float = 0.9) -> float:
    """Which fraction of its way to its class a centre of center loss covers in a run, the class standing still."""
    (term,) = run.terms
    first = run.optimizer.rate if term.rate is None else term.rate
    rates = sum(run.schedule.rate(first, step) for step in range(run.schedule.steps))
    return -math.expm1(-term.coefficient * rates / classes / (1 - momentum))


# ---------------------------------------------------------------------------------------------------------------------
# Runs that fell into one point.

FALLEN_HEADS = ["Runs of", "At chance", "Test error", "Feature norm over the run", "Value of the term", "In one point"]


def _classes(record: Mapping[str, Any]) -> int:
    return 100 if record["run"]["dataset"] == "cifar100" else 10


def _by_chance(record: Mapping[str, Any]) -> bool:
    """Whether a run finished with 98 of 100 of the errors that one answer for all images makes, or more."""
    if record["status"] != "finished":
        return False
    wrong = record["metrics"]["test"]["wrong"] / record["metrics"]["test"]["images"]
    return bool(wrong >= 0.98 * (1 - 1 / _classes(record)))


def at_chance(arms: Arms, *names: str) -> str:
    """How many of the runs of these arms ended at chance, of how many."""
    records = [record for name in names if name in arms for record in arms.records(name)]
    return f"{sum(map(_by_chance, records))} of {len(records)}" if records else "not run"


def _rivals(run: Mapping[str, Any], classes: int) -> float:
    """How many rivals a feature has, on average over batches where they are those that a batch holds."""
    (term,) = run["terms"]
    held = classes * (1 - (1 - 1 / classes) ** run["batch_size"]) - 1
    return float(min(term["arguments"].get("nearest") or math.inf, held))


def in_one_point(run: Mapping[str, Any], classes: int) -> float:
    """What include-and-exclude is worth where all centres are one point, its variance the batch's (prop-ie-origin)."""
    (term,), batch = run["terms"], run["batch_size"]
    rivals = _rivals(run, classes)
    power = rivals if term["arguments"].get("reading", "A.1") == "A.1" else 1
    return float(term["arguments"].get("margin", 0.1) + math.log(rivals) + (1 - 1 / power) / 2 * (batch - 1) / batch)


def _range(values: Iterable[float], places: int) -> str:
    low, high = (f"{end(found):.{places}f}" for found in (list(values),) for end in (min, max))
    return low if low == high else f"{low} to {high}"


def fallen(where: str, arms: Arms, *names: str) -> list[list[str]]:
    """A row an arm: runs at chance, norm and value over its runs, and the value with all centres in one point.

    A term that begins late has no value before.
    """
    rows = []
    for name in names:
        records = arms.records(name) if name in arms else []
        if not records:
            continue
        norms = [float(v) for record in records for v in record["curves"]["feature_norm"]]
        values = [float(v) for record in records for v in record["curves"]["terms"][0][1:] if v is not None]
        fixed = "variance" in records[0]["run"]["terms"][0]["arguments"]
        alone = "–" if fixed else f"{in_one_point(records[0]['run'], _classes(records[0])):.2f}"
        at = [f"{where}, {name}", at_chance(arms, name), error(arms, name)]
        rows.append([*at, _range(norms, 2), _range(values, 2), alone])
    return rows


def _distances(record: Mapping[str, Any]) -> list[float]:
    """How far off the centres' common point is, in feature norms, over a run of A.1 (prop-ie-origin).

    Read off the pull, which is the coefficient times (1 - 1/Q) (M - 1)/M over that distance.
    """
    (term,), batch, curves = record["run"]["terms"], record["run"]["batch_size"], record["curves"]
    size = term["coefficient"] * (1 - 1 / _rivals(record["run"], _classes(record))) * (batch - 1) / batch
    pulls = zip(curves["term_pulls"][0], curves["feature_norm"], strict=True)
    found = [(float(pull), float(norm)) for pull, norm in pulls if pull is not None and norm is not None]
    return [size / pull / norm for pull, norm in found if pull > 0 and norm > 0]


def distances_told(arms: Arms, *names: str) -> str:
    """The centres' distance in feature norms: over each run its median, of these the least and the most."""
    records = [record for name in names if name in arms for record in arms.records(name)]
    return _range((float(np.median(_distances(record))) for record in records), 1) if records else "not run"


def norms_rise(arms: Arms, *names: str) -> str:
    """Over how many of the intervals between two measured steps the mean norm of the features rises, of how many."""
    courses = [r["curves"]["feature_norm"] for name in names if name in arms for r in arms.records(name)]
    # the first is before any step
    rises = [float(b) > float(a) for course in courses for a, b in pairwise(course[1:])]
    return f"{sum(rises)} of {len(rises)}" if rises else "not run"


# ---------------------------------------------------------------------------------------------------------------------
# Norms along a sweep, losses beside softmax's, what a tuning's choice left behind.


def norms_told(arms: Arms, *names: str) -> str:
    """Feature norm and test error of each of these settings of a sweep."""
    found = [name for name in names if name in arms and arms.finished(name)]
    told = [f"{name.split('=')[1]}: {arms.mean(name, 'feature norm'):.1f}, {error(arms, name)}" for name in found]
    return "; ".join(told) or "not run"


def loss_rows(arms: Arms, baseline: str, *names: str) -> list[list[str]]:
    """Test loss beside the baseline's in percent, the training loss and the test error, a row an arm."""
    rows = []
    for name in names:
        if name in arms and arms.finished(name):
            trained = float(np.mean([record["metrics"]["train"]["loss"] for record in arms.finished(name)]))
            beside = "–" if name == baseline else apart(arms, "log test loss", baseline, name, 1, " %")
            rows.append([name, beside, f"{trained:.4f}", error(arms, name)])
    return rows


def validated(arms: Arms, *names: str) -> str:
    """The validation errors of these configurations."""
    found = [arms.mean(name, "validation error") if name in arms else math.nan for name in names]
    return ", ".join("–" if math.isnan(value) else f"{value:.2f} %" for value in found)


def validated_alike(arms: Arms, first: str, second: str) -> tuple[str, str]:
    """The validation errors of two configurations, at the seeds that both finished."""
    pairs = arms.pairs(first, second, "validation error") if first in arms and second in arms else []
    sides = zip(*pairs, strict=True) if pairs else ((), ())
    one, two = (" and ".join(f"{error:.2f} %" for error in side) or "–" for side in sides)
    return one, two


def pulled_less(arms: Arms, first: str, second: str) -> str:
    """How many times less the second term pulls at the end than the first, over settings and seeds that both finished.

    Args:
        arms: of a tuning; a setting is what follows ``first`` and ``second`` in their names.
    """
    ratios = []
    for name in arms:
        other = name.replace(first, second, 1)
        if name.startswith(f"{first} ") and other in arms:
            ends = [
                {r["run"]["seed"]: float(r["curves"]["term_pulls"][0][-1]) for r in arms.finished(each)}
                for each in (name, other)
            ]
            ratios += [ends[0][seed] / ends[1][seed] for seed in ends[0].keys() & ends[1].keys()]
    return _range(ratios, 0) if ratios else "not run"


def distinct(arms: Arms) -> tuple[Arms, str]:
    """Those arms that are no other's runs under a second name; and which are, in words."""
    kept, told = once(arms.arms), []
    for first in kept:
        again = [arm.name for arm in arms.arms if arm.run.id == first.run.id and arm.name != first.name]
        if again:
            told.append(f"{' and '.join(again)} {'is' if len(again) == 1 else 'are'} {first.name}, with the same runs")
    return arms.only(*(arm.name for arm in kept)), "; ".join(told) or "no two have the same runs"


def out_told(arms: Arms, start: str) -> str:
    """How many configurations of an arm a tuning run has diverged at, which takes them out of the choice."""
    names = [name for name in arms if name.startswith(f"{start} ")]
    return f"{sum(arms.lost(name)[0] > 0 for name in names)} of {len(names)}"


def at_edge(tried: Iterable[Arm], chosen: Run) -> str:
    """Where in its grid a choice stands: ``the greatest coefficient and the least margin`` that were tried."""
    return at_ends(tried, chosen) or "inside its grid"


def before_correction(verdict: Verdict, places: int) -> str:
    """The one-sided p of "less than the smallest effect that counts", and that times the number of places."""
    from scipy.stats import t  # as in ``statistics``: a machine that only trains need not have it

    if not math.isfinite(verdict.effect):
        return "not run"
    deviation = (verdict.high - verdict.low) / 2 / t.ppf(0.975, verdict.n - 1)
    p = float(t.cdf((verdict.effect - verdict.smallest) / deviation, verdict.n - 1))
    return f"p = {p:.3f}, times {places} {min(1, places * p):.2f}"
