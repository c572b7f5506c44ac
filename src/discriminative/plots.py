"""Figures: one style for the whole book, and one colour for each loss wherever it stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from torch import Tensor

from discriminative.evidence import runs_lost
from discriminative.ledger import Ledger, table
from discriminative.papers import experiment
from discriminative.report import arm_errors, arm_of, arm_records
from discriminative.statistics import Verdict, effect, interval, rank_correlation
from discriminative.study import Arm, Claim

__all__ = [
    "COLOURS",
    "arcface_region",
    "arm_means",
    "binary_margins",
    "classification_pipeline",
    "cosine_matrices",
    "decision_regions",
    "errors_by_arm",
    "feature_planes",
    "forest",
    "gap_against_error",
    "gap_rank",
    "label_free_values",
    "learning_curves",
    "left_out",
    "left_out_told",
    "once",
    "open_and_closed_sets",
    "paired_gains",
    "pairs_told",
    "psi_curves",
    "training_curves",
    "use_style",
]

# Softmax is the neutral grey in every figure; the members of a family share a hue and darken with the margin.
COLOURS = {
    "softmax": "#6b7280",
    "m=1": "#6b7280",
    "m=2": "#7cc4ec",
    "m=3": "#2f8fcf",
    "m=4": "#0b5394",
    "softmax-bias": "#9ca3af",
    "weight-normalised": "#374151",
    "NormFace": "#8c7a00",
    "hinge": "#8a5a44",
    "A-Softmax": "#0f8a6d",
    "CosFace": "#d98200",
    "ArcFace": "#b8325e",
}
WIDTH = 5.5  # inches: nearly as wide as the column, and on a phone letters of ten points still have eight pixels
CLASSES = [
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9"),
    *("#d55e00", "#8c7a00", "#5b3a8e", "#1b1b1b", "#9a9a9a"),
]


def use_style() -> None:
    """Call once a notebook: white in both modes, thin frames, direct labels."""
    sns.set_theme(
        context="notebook",
        style="ticks",
        rc={
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "figure.dpi": 110,
            "savefig.dpi": 160,
            "figure.constrained_layout.use": True,
            "font.family": "sans-serif",
            "font.size": 11,
            "axes.labelsize": 11,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.edgecolor": "#374151",
            "axes.linewidth": 0.8,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
            "lines.linewidth": 2.0,
            "legend.frameon": False,
        },
    )


def colour(name: str) -> str:
    """The colour of an arm by the first word of its name."""
    return COLOURS.get(name.split(" ")[0], "#6b7280")


def psi_curves(margins: Iterable[int] = (1, 2, 3, 4)) -> Figure:
    """Psi over the half circle for each margin, with the breakpoints marked."""
    from discriminative.losses import psi

    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 4.2))
    angle = torch.linspace(0, math.pi, 721, dtype=torch.float64)
    for m in margins:
        values = psi(angle.cos(), m)
        axes.plot(angle.rad2deg(), values, color=COLOURS[f"m={m}"])
        breaks = torch.arange(1, m, dtype=torch.float64) * math.pi / m
        axes.plot(breaks.rad2deg(), psi(breaks.cos(), m), "o", color=COLOURS[f"m={m}"], markersize=4.5)
        label = "m = 1 (softmax)" if m == 1 else f"m = {m}"
        axes.annotate(
            label, (180, float(values[-1])), xytext=(6, 0), textcoords="offset points", va="center",
            color=COLOURS[f"m={m}"],
        )  # fmt: skip
    axes.set(xlim=(0, 180), xticks=range(0, 181, 45), xlabel="angle θ to the own class weight (degrees)", ylabel="ψ(θ)")
    axes.axhline(0, color="#d1d5db", linewidth=0.8, zorder=0)
    axes.margins(y=0.06)
    return figure


def feature_planes(arms: Iterable[Arm], ledger: Ledger) -> Figure:
    """2-D test features of each arm's first seed, one panel an arm, with the class weights as spokes."""
    arms = list(arms)
    figure: Figure
    rows = math.ceil(len(arms) / 2)
    figure, panels = plt.subplots(rows, 2, figsize=(WIDTH, 0.5 * WIDTH * rows), squeeze=False)
    for axes, arm in zip(panels.flat, arms, strict=False):
        run = arm.runs()[0]
        title = "softmax" if arm.name == "m=1" else arm.name
        axes.set(xticks=[], yticks=[], aspect="equal")
        sns.despine(ax=axes, left=True, bottom=True)
        record = ledger.read(run) if ledger.has(run) else None
        if record is None or record["status"] != "finished":
            axes.set_title(f"{title}: {'not run' if record is None else 'diverged'}", fontsize=10)
            continue
        stored = ledger.arrays(run)
        error = table([record])["test_error"].iloc[0]
        features, labels, weight = stored["features"], stored["labels"], stored["weight"]
        reach = float(np.quantile(np.linalg.norm(features, axis=1), 0.995))
        for c in range(len(weight)):
            points = features[labels == c]
            axes.scatter(points[:, 0], points[:, 1], s=5, color=CLASSES[c], linewidths=0, alpha=0.75)
            spoke = weight[c] / max(float(np.linalg.norm(weight[c])), 1e-12) * reach
            axes.plot([0, spoke[0]], [0, spoke[1]], color=CLASSES[c], linewidth=0.8, alpha=0.6)
            axes.annotate(str(c), spoke * 1.12, color=CLASSES[c], ha="center", va="center", fontsize=9)
        axes.set(xlim=(-1.3 * reach, 1.3 * reach), ylim=(-1.3 * reach, 1.3 * reach))
        axes.set_title(f"{title}: {error:.1f} % error", fontsize=10)
    return figure


def errors_by_arm(arms: Iterable[Arm], ledger: Ledger, collapsed_too: bool = False) -> Figure:
    """Test error of each arm: every seed a faint dot, the mean with its 95 % interval, from three seeds on.

    Runs that diverged are in no mean, nor, unless ``collapsed_too``, are those that finished above 50 % error; a note
    in the row counts them.
    """
    arms = list(arms)
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 0.42 * len(arms) + 1.0))
    least, limit = math.inf, 0.0
    for i, arm in enumerate(arms):
        records = arm_records(arm, ledger)
        frame = table(record for record in records if record["status"] == "finished")
        errors = [] if frame.empty else [e for e in frame["test_error"] if e <= 50 or collapsed_too]
        diverged, collapsed = left_out([arm], ledger)
        if errors:
            least, limit = min(least, *errors), max(limit, *errors)
            spread = np.linspace(-0.16, 0.16, len(errors)) if len(errors) > 1 else [0.0]
            axes.plot(errors, i + np.asarray(spread), "o", color=colour(arm.name), alpha=0.3, markersize=4)
            mean, low, high = interval(errors)
            if len(errors) > 2:
                axes.plot([low, high], [i, i], color=colour(arm.name), linewidth=2.6, solid_capstyle="butt")
            axes.plot([mean], [i], "o", color=colour(arm.name), markersize=7)
        counts = ((diverged, "diverged"), (0 if collapsed_too else collapsed, "collapsed"))
        told = ", ".join(f"{count} {word}" for count, word in counts if count)
        if told:
            axes.annotate(
                f"of {len(records)}: {told}", (0 if collapsed_too else 1, i), xycoords=("axes fraction", "data"),
                ha="left" if collapsed_too else "right", va="center", fontsize=9.5, color="#9a3412",
            )  # fmt: skip
    axes.set(yticks=range(len(arms)), yticklabels=[arm.name for arm in arms], xlabel="test error (%)")
    if limit > 6 * least:  # failures beside successes
        axes.set_xscale("log")
        ticks = [tick for tick in (1, 2, 3, 5, 10, 20, 50, 90) if least <= 1.2 * tick and tick <= 1.2 * limit]
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.minorticks_off()
    axes.set_ylim(len(arms) - 0.5, -0.5)
    axes.grid(axis="x", color="#e5e7eb", linewidth=0.8)
    sns.despine(ax=axes, left=True)
    axes.tick_params(left=False)
    return figure


def forest(found: Iterable[tuple[Claim, Verdict]], printed_for: Mapping[str, str]) -> Figure:
    """Each claim's change of error, ours as a mean with its 95 % interval, above it what was run and the verdict.

    Args:
        found: claims with their verdicts; those without printed numbers or without an interval are left out.
        printed_for: the data set of each of the paper's tables, e.g. ``{"Table 2.2": "mnist"}``. Where ours is another
            one, the paper printed nothing to set beside it, and there is no diamond.
    """
    rows = [(claim, verdict) for claim, verdict in found if claim.paper_effect and math.isfinite(verdict.low)]
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 0.56 * max(len(rows), 1) + 1.1))

    def percent(gain: float) -> float:
        return 100 * math.expm1(-gain)

    for i, (claim, verdict) in enumerate(rows):
        tint = colour(arm_of(claim))
        ends = [percent(verdict.low), percent(verdict.high)]
        axes.plot(ends, [i, i], color=tint, linewidth=2.6, solid_capstyle="butt")
        axes.plot([percent(verdict.effect)], [i], "o", color=tint, markersize=8)
        data = experiment(claim.experiment).arm(claim.profile, arm_of(claim)).run.dataset
        if printed_for.get(claim.place) == data:
            paper = percent(claim.paper_effect or 0.0)
            axes.plot([paper], [i], "D", color="#374151", markersize=6, markerfacecolor="white")
        axes.plot([percent(verdict.smallest)] * 2, [i - 0.2, i + 0.2], color="#4b5563", linewidth=1.2, linestyle=":")
        for x, side, text in (
            (0, "left", f"{arm_of(claim).replace('=', ' = ')}, {claim.scale}"),
            (1, "right", verdict.word),
        ):
            axes.annotate(
                text, (x, i - 0.42), xycoords=("axes fraction", "data"), ha=side, va="center", fontsize=10,
                color="#374151", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
            )  # fmt: skip
    axes.axvline(0, color="#374151", linewidth=0.8, zorder=0)
    axes.set(yticks=[], xlabel="change of the test error against softmax (%): left is better")
    axes.set_ylim(len(rows) - 0.5, -0.75)
    axes.grid(axis="x", color="#e5e7eb", linewidth=0.8)
    sns.despine(ax=axes, left=True)
    return figure


# ---------------------------------------------------------------------------------------------------------------------
# Geometry that needs no record


REGIONS = {"class 1": "#2f8fcf", "class 2": "#e69f00", "neither": "#e5e7eb", "either": "#b8325e"}


def _disc(axes: Axes, between: float, bend: Callable[[Tensor], Tensor]) -> None:
    """The plane of two unit weights, ``between`` degrees apart: for which label a direction is right in training.

    Right for a label is a direction whose bent target cosine exceeds the cosine to the other weight.
    """
    half = math.radians(between) / 2
    phi = torch.linspace(-math.pi, math.pi, 3601, dtype=torch.float64)
    to_first, to_second = ((phi - sign * half).cos() for sign in (1, -1))
    first, second = bend(to_first) > to_second, bend(to_second) > to_first
    shares = {"class 1": first & ~second, "class 2": second & ~first, "neither": ~first & ~second}
    shares["either"] = first & second
    for name, region in shares.items():
        axes.fill_between(phi, 0, region.to(phi.dtype), color=REGIONS[name], alpha=0.75, linewidth=0)
    for sign in (1, -1):
        axes.annotate("", (sign * half, 1.0), (0, 0), arrowprops={"arrowstyle": "-|>", "color": "#111827"})
    axes.set(xticks=[], yticks=[], ylim=(0, 1))
    axes.spines["polar"].set_visible(False)
    axes.set_theta_zero_location("N")  # type: ignore[attr-defined]


def _key(axes: Axes, texts: Mapping[str, str]) -> None:
    """What the colours of a disc mean, in a panel of its own."""
    axes.axis("off")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    for i, (name, text) in enumerate(texts.items()):
        y = 0.5 + 0.22 * ((len(texts) - 1) / 2 - i)
        axes.plot([0.05], [y], "s", color=REGIONS[name], alpha=0.75, markersize=11, clip_on=False)
        axes.annotate(text, (0.16, y), va="center", fontsize=10, color="#374151", annotation_clip=False)


def _sine_rule(margin: float) -> Callable[[Tensor], Tensor]:
    """cos(theta + margin) out of cos(theta)."""
    return lambda c: c * math.cos(margin) - (1 - c**2).clamp_min(0).sqrt() * math.sin(margin)


def decision_regions(between: float = 100.0) -> Figure:
    """Two unit weights in the plane: where each loss counts a direction as class 1, class 2 or neither in training."""
    from discriminative.losses import psi

    rules: dict[str, Callable[[Tensor], Tensor]] = {
        "softmax": lambda c: c,
        "L- and A-Softmax,\nm = 2": lambda c: psi(c, 2),
        "L- and A-Softmax,\nm = 4": lambda c: psi(c, 4),
        "CosFace, m = 0.35": lambda c: c - 0.35,
        "ArcFace, m = 0.5": _sine_rule(0.5),
    }
    figure: Figure = plt.figure(figsize=(WIDTH, 4.3))
    for i, (name, rule) in enumerate(rules.items()):
        axes = figure.add_subplot(2, 3, i + 1, projection="polar")
        _disc(axes, between, rule)
        axes.set_title(name, fontsize=10.5, loc="center")
    _key(figure.add_subplot(2, 3, 6), {name: name for name in ("class 1", "class 2", "neither")})
    return figure


def binary_margins() -> Figure:
    """The angular margin between two classes against the angle between their weights, for every loss."""
    from discriminative.geometry import Rule, binary_margin

    lines: list[tuple[Rule, float, str, str]] = [
        ("multiplied angle", 2, "m=2", "L-Softmax m = 2"),
        ("multiplied angle", 3, "m=3", "L-Softmax m = 3"),
        ("multiplied angle", 4, "m=4", "L-Softmax m = 4"),
        ("subtracted cosine", 0.35, "CosFace", "CosFace m = 0.35"),
        ("added angle", 0.5, "ArcFace", "ArcFace m = 0.5"),
    ]
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 4.2))
    for rule, parameter, tint, label in lines:
        least = 2 * math.asin(parameter / 2) if rule == "subtracted cosine" else 0.0  # below, CosFace has no boundary
        angles = np.linspace(max(math.degrees(least), 1.0), 179.9, 400)
        margins = np.array([math.degrees(binary_margin(rule, math.radians(a), parameter)) for a in angles])
        angles, margins = angles[margins <= angles], margins[margins <= angles]  # beyond, no direction is left
        axes.plot(angles, margins, color=COLOURS[tint])
        axes.annotate(
            label, (angles[-1], margins[-1]), xytext=(6, 0), textcoords="offset points", va="center", fontsize=10,
            color=COLOURS[tint],
        )  # fmt: skip
        if angles[0] > 5:
            axes.plot(angles[:1], margins[:1], "o", color=COLOURS[tint], markersize=5)
    axes.plot([0, 110], [0, 110], color="#d1d5db", linewidth=1, zorder=0)
    axes.annotate(
        "all of the angle", (62, 62), xytext=(-5, 5), textcoords="offset points", fontsize=10, color="#6b7280",
        ha="right",
    )  # fmt: skip
    simplex = math.degrees(math.acos(-1 / 9))
    axes.axvline(simplex, color="#d1d5db", linewidth=1, zorder=0)
    axes.annotate(
        "ten classes\non a simplex", (simplex, 3), xytext=(5, 0), textcoords="offset points", fontsize=10,
        color="#6b7280",
    )  # fmt: skip
    axes.set(
        xlim=(0, 180), ylim=(0, None), xticks=range(0, 181, 45), xlabel="angle between the class weights (degrees)",
        ylabel="margin between the classes (degrees)",
    )  # fmt: skip
    return figure


def arcface_region(margin: float = 0.5, apart: tuple[float, float] = (90.0, 20.0)) -> Figure:
    """Where literal ArcFace asks less than softmax, over the angle; below, what follows between two classes.

    A disc shows the plane of two unit weights. On the rim are the directions in which a label asks less than softmax:
    those within half the margin of the point opposite its own weight.
    """
    figure: Figure = plt.figure(figsize=(WIDTH, 4.9))
    grid = figure.add_gridspec(2, 3, height_ratios=(1.0, 0.95), width_ratios=(1, 1, 0.92))
    axes = figure.add_subplot(grid[0, :])
    angle = np.linspace(0, math.pi, 721)
    degrees = np.degrees(angle)
    axes.plot(degrees, np.cos(angle), color=COLOURS["softmax"])
    axes.plot(degrees, np.cos(angle + margin), color=COLOURS["ArcFace"])
    worse = angle > math.pi - margin / 2
    axes.fill_between(
        degrees, np.cos(angle), np.cos(angle + margin), where=worse.tolist(), color=COLOURS["ArcFace"], alpha=0.3
    )
    axes.annotate(
        "cos θ", (52, math.cos(math.radians(52))), xytext=(8, 4), textcoords="offset points", color=COLOURS["softmax"]
    )
    axes.annotate(
        f"cos(θ + {margin:g})", (62, math.cos(math.radians(62) + margin)), xytext=(-8, -4), textcoords="offset points",
        ha="right", va="top", color=COLOURS["ArcFace"],
    )  # fmt: skip
    axes.annotate(
        "here it asks less", (math.degrees(math.pi - margin / 4), -0.95), xytext=(-14, 40), textcoords="offset points",
        ha="right", color=COLOURS["ArcFace"], arrowprops={"arrowstyle": "-", "color": COLOURS["ArcFace"]},
    )  # fmt: skip
    axes.set(xlim=(0, 180), xticks=range(0, 181, 45), xlabel="angle θ to the own class weight (degrees)")
    axes.set_ylabel("target cosine")
    for i, between in enumerate(apart):
        disc = figure.add_subplot(grid[1, i], projection="polar")
        _disc(disc, between, _sine_rule(margin))
        disc.set_ylim(0, 1.12)
        for sign, name in ((1, "class 1"), (-1, "class 2")):
            opposite = math.pi + sign * math.radians(between) / 2
            rim = np.linspace(opposite - margin / 2, opposite + margin / 2, 50)
            disc.plot(rim, np.full(50, 1.05 + 0.05 * (sign < 0)), color=REGIONS[name], linewidth=3)
        disc.set_title(f"weights {between:g}° apart", fontsize=10.5, loc="center")
    told = {"class 1": "label 1", "class 2": "label 2", "neither": "neither label", "either": "either label"}
    key = figure.add_subplot(grid[1, 2])
    _key(key, told)
    key.annotate("right in training for", (0, 1.0), va="center", fontsize=10, color="#374151", annotation_clip=False)
    return figure


def label_free_values(num_classes: int = 10) -> Figure:
    """The least risk of literal ArcFace over features that ignore the label, against its scale, beside the entropy."""
    scale = np.linspace(0, 64, 400)
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 3.6))
    axes.axhline(math.log(num_classes), color=COLOURS["softmax"], linewidth=2)
    axes.annotate(
        "no less than the entropy: softmax, L-Softmax, A-Softmax, CosFace", (63, math.log(num_classes)), xytext=(0, 5),
        textcoords="offset points", ha="right", fontsize=10, color=COLOURS["softmax"],
    )  # fmt: skip
    for margin, weight in ((0.3, 0.45), (0.5, 0.7), (1.0, 1.0)):
        values = np.log1p((num_classes - 1) * np.exp(-scale * (1 - math.cos(margin))))
        axes.plot(scale, values, color=COLOURS["ArcFace"], alpha=weight)
        at = int(np.argmin(np.abs(values - {0.3: 1.5, 0.5: 0.8, 1.0: 0.25}[margin])))
        axes.annotate(
            f"ArcFace, m = {margin:g}",
            (scale[at], values[at]),
            xytext=(6, 3),
            textcoords="offset points",
            fontsize=10,
            color=COLOURS["ArcFace"],
        )
    axes.set(xlim=(0, 64), ylim=(0, 2.7), xlabel="scale s", ylabel="least risk without the label (nats)")
    return figure


def _boxes(axes: Axes, texts: Iterable[tuple[float, float, str, str]], width: float, height: float = 0.5) -> None:
    for x, y, text, tint in texts:
        axes.add_patch(
            Rectangle(
                (x - width / 2, y - height / 2), width, height, facecolor=tint, edgecolor="#374151", linewidth=0.8
            )
        )
        axes.annotate(text, (x, y), ha="center", va="center", fontsize=10, color="#111827")


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "#374151", "linewidth": 1.1})


def classification_pipeline() -> Figure:
    """The thesis' Figure 2.1 as a diagram of ours: what counts as network, feature, head and loss."""
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 1.35))
    stages = [("image", 0.7, "#f3f4f6"), ("network", 0.85, "#dbeafe"), ("feature x", 0.9, "#f3f4f6")]
    stages += [("head W", 0.8, "#dbeafe"), ("softmax and\ncross-entropy", 1.15, "#dbeafe")]
    left, gap, starts = 0.0, 0.26, []
    for text, width, tint in stages:
        _boxes(axes, [(left + width / 2, 0, text, tint)], width, 0.55)
        starts.append(left)
        left += width + gap
    for start, (_, width, _) in zip(starts[:-1], stages, strict=False):
        _arrow(axes, (start + width + 0.02, 0), (start + width + gap - 0.02, 0))
    right = left - gap
    axes.plot([starts[3], starts[3], right, right], [0.36, 0.44, 0.44, 0.36], color="#6b7280", linewidth=0.9)
    axes.annotate(
        "what the thesis calls the softmax loss", (right, 0.52), ha="right", va="bottom", fontsize=10, color="#6b7280"
    )
    axes.set(xlim=(-0.05, right + 0.05), ylim=(-0.35, 0.8))
    axes.axis("off")
    return figure


def open_and_closed_sets() -> Figure:
    """The thesis' Figure 2.6 as a diagram of ours: test people known in training, or not."""
    figure: Figure
    figure, panels = plt.subplots(2, 1, figsize=(WIDTH, 3.8))
    cases = (
        ("Closed set: test people are training people", ["A", "B", "C"], "which class?\nseparable features are enough"),
        ("Open set: test people are new", ["X", "Y", "Z"], "same person?\nany pair: distances must tell"),
    )
    for axes, (title, people, question) in zip(panels, cases, strict=True):
        _boxes(axes, [(i * 0.8, 1.1, name, "#dbeafe") for i, name in enumerate("ABC")], 0.6, 0.42)
        _boxes(
            axes,
            [(i * 0.8, 0, name, "#dbeafe" if name in "ABC" else "#fde9c8") for i, name in enumerate(people)],
            0.6,
            0.42,
        )
        axes.annotate("training", (-0.5, 1.1), ha="right", va="center", fontsize=10, color="#6b7280")
        axes.annotate("test", (-0.5, 0), ha="right", va="center", fontsize=10, color="#6b7280")
        axes.annotate(question, (2.15, 0.55), va="center", fontsize=10.5)
        axes.set_title(title, fontsize=10.5)
        axes.set(xlim=(-1.3, 4.6), ylim=(-0.45, 1.5))
        axes.axis("off")
    return figure


# ---------------------------------------------------------------------------------------------------------------------
# Figures over many arms


def cosine_matrices(arms: Iterable[Arm], ledger: Ledger) -> Figure:
    """Mean cosine between the test features of every two classes, one matrix an arm, from its first seed."""
    found = [arm for arm in arms if ledger.has(arm.runs()[0]) and "arrays" in ledger.read(arm.runs()[0])]
    figure: Figure
    rows = max(math.ceil(len(found) / 2), 1)
    figure, panels = plt.subplots(rows, 2, figsize=(WIDTH, 2.85 * rows), squeeze=False)
    image = None
    for axes in panels.flat[len(found) :]:
        axes.axis("off")
    for axes, arm in zip(panels.flat, found, strict=False):
        matrix = ledger.arrays(arm.runs()[0])["class_cosines"]
        image = axes.imshow(matrix, vmin=-1, vmax=1, cmap="RdBu_r")
        off = matrix[~np.eye(len(matrix), dtype=bool)]
        within = f"within {matrix.diagonal().mean():.2f}, between {off.mean():.2f}".replace("-", "−")
        axes.set_title(f"{arm.name}\n{within}", fontsize=10.5)
        axes.set(xticks=range(len(matrix)), yticks=range(len(matrix)))
        axes.tick_params(length=0, labelsize=10)
    if image is not None:
        figure.colorbar(image, ax=panels.ravel().tolist(), label="mean cosine", shrink=0.6)
    return figure


def once(arms: Iterable[Arm]) -> list[Arm]:
    """Each setting once, under the first of its names: an arm that stands for its family is one of the family's."""
    found: dict[str, Arm] = {}
    for arm in arms:
        found.setdefault(arm.run.id, arm)
    return list(found.values())


def left_out(arms: Iterable[Arm], ledger: Ledger) -> tuple[int, int]:
    """How many runs stand in no mean of a figure: those that diverged, and those that finished above 50 % error."""
    return runs_lost(record for arm in arms for record in arm_records(arm, ledger))


def arm_means(arms: Iterable[Arm], ledger: Ledger) -> list[tuple[str, float, float, float]]:
    """Name, mean angle gap, mean test error and its standard error, of every arm with finished, uncollapsed runs."""
    rows = []
    for arm in arms:
        frame = table(record for record in arm_records(arm, ledger) if record["status"] == "finished")
        if len(frame):
            frame = frame[frame["test_error"] <= 50]
        if len(frame) >= 3:
            error = frame["test_error"]
            rows.append((arm.name, float(frame["angle_gap"].mean()), float(error.mean()), float(error.sem())))
    return rows


def left_out_told(arms: Iterable[Arm], ledger: Ledger) -> str:
    """The same in words, e.g. ``"of 96 runs 1 diverged and 2 collapsed"``."""
    arms = list(arms)
    diverged, collapsed = left_out(arms, ledger)
    counts = ((diverged, "diverged"), (collapsed, "collapsed"))
    told = " and ".join(f"{count} {word}" for count, word in counts if count)
    return f"of {sum(len(arm_records(arm, ledger)) for arm in arms)} runs {told or 'none'}"


FAMILIES = {
    "softmax": "softmax", "softmax-bias": "softmax, bias", "weight-normalised": "weight-norm.", "hinge": "hinge",
    "NormFace": "NormFace", "m=2": "L-Softmax m = 2", "m=3": "L-Softmax m = 3", "m=4": "L-Softmax m = 4",
    "A-Softmax": "A-Softmax", "CosFace": "CosFace", "ArcFace": "ArcFace",
}  # fmt: skip


def gap_rank(means: Iterable[tuple[str, float, float, float]], beyond: float = 0.0) -> tuple[int, float]:
    """How many arms have a gap of at least ``beyond`` degrees, and the rank correlation of gap and error over them."""
    pairs = [(gap, error) for _, gap, error, _ in means if gap >= beyond]
    return len(pairs), rank_correlation([gap for gap, _ in pairs], [error for _, error in pairs])


def _rank_told(arms: int, rank: float) -> str:
    return f"{arms} arms" + ("" if math.isnan(rank) else f", ρ = {rank:.2f}".replace("-", "−"))


def gap_against_error(panels: Mapping[str, Iterable[Arm]], ledger: Ledger, beyond: float = 50.0) -> Figure:
    """The measured gap between own and nearest rival angle against the test error: a panel a data set, a dot an arm.

    The rank correlation stands above each panel that has enough arms for one, and in it that of the arms whose gap is
    at least ``beyond`` degrees where they are enough.
    """
    figure: Figure
    rows = math.ceil(len(panels) / 2)
    figure, grid = plt.subplots(rows, 2, figsize=(WIDTH, 2.5 * rows + 0.9), sharex=True, squeeze=False)
    shown: set[str] = set()
    for axes, (title, arms) in zip(grid.flat, panels.items(), strict=False):
        means = arm_means(arms, ledger)
        for name, gap, error, sem in means:
            axes.errorbar(gap, error, yerr=2 * sem, fmt="o", color=colour(name), markersize=5, elinewidth=1, alpha=0.9)
            shown.add(name.split(" ")[0])
        n, rank = gap_rank(means)
        axes.set_title(f"{title}\n{_rank_told(n, rank)}", fontsize=10.5)
        n, rank = gap_rank(means, beyond)
        if not math.isnan(rank):
            axes.axvline(beyond, color="#9ca3af", linewidth=1, linestyle=":", zorder=0)
            axes.annotate(
                f"from {beyond:g}° on:\n{_rank_told(n, rank)}", (1, 0.98), xycoords="axes fraction", ha="right",
                va="top", fontsize=10, color="#4b5563", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
            )  # fmt: skip
        axes.margins(y=0.08)
    for axes in grid[:, 0]:
        axes.set_ylabel("test error (%)")
    for axes in grid[-1]:
        axes.set_xlabel("angle gap on test images (°)")
    handles = [
        Line2D([], [], color=COLOURS[key], marker="o", linestyle="", markersize=5, label=label)
        for key, label in FAMILIES.items()
        if key in shown
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=10, handletextpad=0.2)
    return figure


Gains = dict[str, dict[int, tuple[int, list[float]]]]


def paired_gains(experiments: Mapping[int, Iterable[Arm]], ledger: Ledger) -> Gains:
    """Arm to number of images to how many pairs with softmax were run, and the gains of those that can be compared.

    A pair is lost where one of the two runs diverged, or finished above 50 % error.
    """
    series: Gains = {}
    images = 10_000
    for size, arms in experiments.items():
        found = {arm.name: arm_errors(arm, ledger) for arm in arms}
        plain = found.get("softmax", {})
        for name, wrong in found.items():
            if name == "softmax":
                continue
            pairs = [(plain[seed], k) for seed, k in wrong.items() if seed in plain]
            whole = [(a, b) for a, b in pairs if a is not None and b is not None and 2 * max(a, b) <= images]
            series.setdefault(name, {})[size] = (len(pairs), [effect(a, b, images) for a, b in whole])
    return series


def pairs_told(series: Gains) -> str:
    """How many pairs stand behind each point, in words, e.g. ``"500 images: 11 of 12 (hinge), 10 of 12 (m=4)"``."""
    told = []
    for size in sorted({size for by_size in series.values() for size in by_size}):
        names: dict[tuple[int, int], list[str]] = {}
        for name, by_size in series.items():
            if size in by_size:
                run, gains = by_size[size]
                names.setdefault((len(gains), run), []).append(name)
        counts = sorted(names.items(), reverse=True)
        parts = [
            f"{kept} of {run}" + (f" ({', '.join(who)})" if len(counts) > 1 else "") for (kept, run), who in counts
        ]
        told.append(f"{size:,} images: {', '.join(parts)}")
    return "; ".join(told)


def learning_curves(series: Gains) -> Figure:
    """Change of the test error beside softmax at each number of training images, paired by seed, with intervals."""
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 4.8))
    for k, (name, by_size) in enumerate(series.items()):
        points = []
        for size, (_, gains) in by_size.items():
            if len(gains) >= 3:
                middle, least, most = (100 * math.expm1(-g) for g in interval(gains))
                points.append((size, middle, most, least))
        if not points:
            continue
        nudge = 1.035 ** (k - len(series) / 2)
        size_of, mean, low, high = (np.array(column, dtype=float) for column in zip(*sorted(points), strict=True))
        axes.errorbar(
            size_of * nudge, mean, yerr=[mean - low, high - mean], color=colour(name), marker="o", markersize=5,
            elinewidth=1, linewidth=1.4, label=name,
        )  # fmt: skip
    axes.axhline(0, color=COLOURS["softmax"], linewidth=2, zorder=0)
    figure.legend(loc="outside lower center", ncols=4, fontsize=10)
    sizes = sorted({size for by_size in series.values() for size in by_size})
    axes.set(xscale="log", xlabel="training images", ylabel="change of the test error beside softmax (%)")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    return figure


def training_curves(panels: Mapping[str, Iterable[Arm]], ledger: Ledger) -> Figure:
    """Training error of the test scores over the run: the mean over the runs that finished, with their number.

    An arm of which none finished has an entry in the legend and no curve. Where a margin bends the logits, their own
    error would stay at 100 % as long as the margin is not met.
    """
    figure: Figure
    figure, grid = plt.subplots(
        len(panels), 1, figsize=(WIDTH, 2.4 * len(panels) + 0.6), sharex=True, sharey=True, squeeze=False
    )
    for axes, (title, arms) in zip(grid[:, 0], panels.items(), strict=True):
        for arm in arms:
            records = arm_records(arm, ledger)
            name = "plain_error" if "margin" in arm.run.head.arguments else "train_error"
            curves = [r["curves"] for r in records if r["status"] == "finished" and name in r["curves"]]
            label = f"{arm.name.split(' ')[0]}: {len(curves)} of {len(records)} runs"
            steps = curves[0]["step"] if curves else []
            mean = 100 * np.mean([curve[name] for curve in curves], axis=0) if curves else []
            axes.plot(steps, mean, color=colour(arm.name), linewidth=1.8, label=label)
        axes.set_title(title, fontsize=10.5)
        axes.legend(fontsize=10, loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2, handlelength=1.2)
        axes.set(ylim=(0, 104))
    grid[-1, 0].set_xlabel("optimiser step")
    figure.supylabel("training error (%)", fontsize=11)
    return figure
