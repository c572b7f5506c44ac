"""Figures of the first chapter alone: what the losses ask for, drawn from their formulas; what a margin is worth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from discriminative.evidence import Arms
from discriminative.figures.arms import label_lines
from discriminative.figures.style import WIDTH, colour, family, label
from discriminative.geometry import Rule, binary_margin
from discriminative.losses import psi

__all__ = [
    "arcface_region", "binary_margins", "classification_pipeline", "decision_regions", "label_free_values",
    "gains", "norms", "open_and_closed_sets", "psi_curves",
]  # fmt: skip


def psi_curves(margins: Iterable[int] = (1, 2, 3, 4)) -> Figure:
    """Psi over the half circle for each margin, with the breakpoints marked."""
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 4.2))
    angle = torch.linspace(0, math.pi, 721, dtype=torch.float64)
    for m in margins:
        values = psi(angle.cos(), m)
        axes.plot(angle.rad2deg(), values, color=colour(f"m={m}"))
        breaks = torch.arange(1, m, dtype=torch.float64) * math.pi / m
        axes.plot(breaks.rad2deg(), psi(breaks.cos(), m), "o", color=colour(f"m={m}"), markersize=4.5)
        label = "m = 1 (softmax)" if m == 1 else f"m = {m}"
        axes.annotate(
            label, (180, float(values[-1])), xytext=(6, 0), textcoords="offset points", va="center",
            color=colour(f"m={m}"),
        )  # fmt: skip
    axes.set(xlim=(0, 180), xticks=range(0, 181, 45), xlabel="angle θ to the own class weight (degrees)", ylabel="ψ(θ)")
    axes.axhline(0, color="#d1d5db", linewidth=0.8, zorder=0)
    axes.margins(y=0.06)
    return figure


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
    lines: list[tuple[Rule, float, str, str]] = [
        ("multiplied angle", 2, "m=2", "L-Softmax m = 2"),
        ("multiplied angle", 3, "m=3", "L-Softmax m = 3"),
        ("multiplied angle", 4, "m=4", "L-Softmax m = 4"),
        ("subtracted cosine", 0.35, "CosFace", "CosFace m = 0.35"),
        ("added angle", 0.5, "ArcFace", "ArcFace m = 0.5"),
    ]
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 4.2))
    for rule, parameter, tint, told in lines:
        least = 2 * math.asin(parameter / 2) if rule == "subtracted cosine" else 0.0  # below, CosFace has no boundary
        angles = np.linspace(max(math.degrees(least), 1.0), 179.9, 400)
        margins = np.array([math.degrees(binary_margin(rule, math.radians(a), parameter)) for a in angles])
        angles, margins = angles[margins <= angles], margins[margins <= angles]  # beyond, no direction is left
        axes.plot(angles, margins, color=colour(tint))
        axes.annotate(
            told, (angles[-1], margins[-1]), xytext=(6, 0), textcoords="offset points", va="center", fontsize=10,
            color=colour(tint),
        )  # fmt: skip
        if angles[0] > 5:
            axes.plot(angles[:1], margins[:1], "o", color=colour(tint), markersize=5)
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
    axes.plot(degrees, np.cos(angle), color=colour("softmax"))
    axes.plot(degrees, np.cos(angle + margin), color=colour("ArcFace"))
    worse = angle > math.pi - margin / 2
    axes.fill_between(
        degrees, np.cos(angle), np.cos(angle + margin), where=worse.tolist(), color=colour("ArcFace"), alpha=0.3
    )
    axes.annotate(
        "cos θ", (52, math.cos(math.radians(52))), xytext=(8, 4), textcoords="offset points", color=colour("softmax")
    )
    axes.annotate(
        f"cos(θ + {margin:g})", (62, math.cos(math.radians(62) + margin)), xytext=(-8, -4), textcoords="offset points",
        ha="right", va="top", color=colour("ArcFace"),
    )  # fmt: skip
    axes.annotate(
        "here it asks less", (math.degrees(math.pi - margin / 4), -0.95), xytext=(-14, 40), textcoords="offset points",
        ha="right", color=colour("ArcFace"), arrowprops={"arrowstyle": "-", "color": colour("ArcFace")},
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
    axes.axhline(math.log(num_classes), color=colour("softmax"), linewidth=2)
    axes.annotate(
        "no less than the entropy: softmax, L-Softmax, A-Softmax, CosFace", (63, math.log(num_classes)), xytext=(0, 5),
        textcoords="offset points", ha="right", fontsize=10, color=colour("softmax"),
    )  # fmt: skip
    for margin, weight in ((0.3, 0.45), (0.5, 0.7), (1.0, 1.0)):
        values = np.log1p((num_classes - 1) * np.exp(-scale * (1 - math.cos(margin))))
        axes.plot(scale, values, color=colour("ArcFace"), alpha=weight)
        at = int(np.argmin(np.abs(values - {0.3: 1.5, 0.5: 0.8, 1.0: 0.25}[margin])))
        axes.annotate(
            f"ArcFace, m = {margin:g}",
            (scale[at], values[at]),
            xytext=(6, 3),
            textcoords="offset points",
            fontsize=10,
            color=colour("ArcFace"),
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


def gains(
    arms: Arms,
    beside: Mapping[str, str],
    common: str = "softmax",
    without: Sequence[str] = ("NormFace s=4", "NormFace of the wider grid"),
) -> Figure:
    """Points that each arm saves: over a common baseline, the same without its margin, and two losses without any.

    Args:
        arms: with their baselines.
        beside: arm to its own control; empty for an arm without a margin.
        common: the baseline of all.
        without: one or two losses without a margin that all are held to as well.
    """
    shown = [name for name in beside if name in arms and name != common and len(arms.finished(name)) >= 3]
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 0.58 * len(shown) + 1.8))
    markers = dict(zip(without, "s^", strict=False))
    for row, name in enumerate(reversed(shown)):
        lines = [(common, 0.3, "o", "white")]
        if beside[name] not in ("", common):
            lines.append((beside[name], 0.1, "D", colour(name)))
        if beside[name]:
            lines += [
                (other, lift, markers[other], colour(name))
                for other, lift in zip(without, (-0.1, -0.3), strict=False)
                if other in arms
            ]
        for baseline, lift, marker, face in lines:
            found = arms.errors_against(baseline, name)
            if math.isnan(found.points):
                continue
            axes.plot([found.points_low, found.points_high], [row + lift] * 2, color=colour(name), linewidth=1.6)
            axes.plot(found.points, row + lift, marker, color=colour(name), markersize=6, markerfacecolor=face)
    axes.axvline(0, color="#9ca3af", linewidth=1, zorder=0)
    axes.set_yticks(range(len(shown)), list(reversed(shown)))
    axes.set_xlabel("points of test error saved")
    axes.tick_params(axis="y", length=0)
    over = {"o": f"over {common}", "D": "over the same without the margin"}
    over |= {marker: f"over {name}" for name, marker in markers.items() if name in arms}
    for marker, text in over.items():
        face = "white" if marker == "o" else "#4b5563"
        axes.plot([], [], marker, color="#4b5563", markerfacecolor=face, markersize=6, label=text)
    figure.legend(loc="outside lower center", ncols=2, fontsize=10, handletextpad=0.2)
    return figure


def norms(arms: Arms, classes: int = 10) -> Figure:
    """Over the run, the mean of the finished runs: training error, loss beside log K, norms, pull on the features."""
    figure: Figure
    figure, panels = plt.subplots(5, 1, figsize=(WIDTH, 10.2), sharex=True)
    for name in arms:
        curves = [record["curves"] for record in arms.finished(name) if "feature_norm" in record["curves"]]
        if not curves:
            continue
        error = "plain_error" if "plain_error" in curves[0] else "train_error"
        told = {
            "step": ((error, 100.0), ("loss", 1.0)),
            "measured": (("feature_norm", 1.0), ("weight_norm", 1.0), ("pull_along", 1.0)),
        }
        lines = [
            (curves[0][steps], np.mean([c[key] for c in curves], 0) * by) for steps, t in told.items() for key, by in t
        ]
        shown = f"{label(family(name))}, {len(curves)} runs"
        for axes, (steps, values) in zip(panels, lines, strict=True):
            axes.plot(steps, values, color=colour(name), linewidth=1.8, label=shown)
    for axes, text in zip(
        panels,
        ("training error (%)", "training loss", "mean feature norm", "mean weight norm", "pull along the feature"),
        strict=True,
    ):
        axes.set_ylabel(text)
    panels[0].set_ylim(0, 100)
    panels[1].axhline(math.log(classes), color="#9ca3af", linewidth=1, linestyle=":")
    panels[1].annotate(f"log {classes}", (1, math.log(classes)), xycoords=("axes fraction", "data"), fontsize=10,
                       ha="right", va="bottom", color="#4b5563")  # fmt: skip
    panels[1].set_yscale("log")
    panels[2].set_yscale("log")
    panels[4].axhline(0, color="#9ca3af", linewidth=1, linestyle=":")
    panels[-1].set_xlabel("optimiser step")
    for axes in panels:
        label_lines(axes)
    return figure
