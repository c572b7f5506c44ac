"""Figures: one style for the whole book, and one colour for each loss wherever it stands."""

from __future__ import annotations

import math
from collections.abc import Iterable

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from discriminative.ledger import Ledger, table
from discriminative.papers import Arm, Claim
from discriminative.report import arm_records
from discriminative.statistics import Verdict, interval

__all__ = ["COLOURS", "errors_by_arm", "feature_planes", "forest", "psi_curves", "use_style"]

# Okabe and Ito's palette, which the colour-blind can tell apart: softmax is the neutral grey in every figure, the
# members of a family share a hue and darken with the margin.
COLOURS = {
    "softmax": "#6b7280",
    "m=1": "#6b7280",
    "m=2": "#7cc4ec",
    "m=3": "#2f8fcf",
    "m=4": "#0b5394",
}
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
    import torch

    from discriminative.losses import psi

    figure: Figure
    figure, axes = plt.subplots(figsize=(7.2, 4.2))
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
    figure, panels = plt.subplots(1, len(arms), figsize=(2.55 * len(arms), 2.9), squeeze=False)
    for axes, arm in zip(panels[0], arms, strict=True):
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
            axes.scatter(points[:, 0], points[:, 1], s=3, color=CLASSES[c], linewidths=0, alpha=0.75)
            spoke = weight[c] / max(float(np.linalg.norm(weight[c])), 1e-12) * reach
            axes.plot([0, spoke[0]], [0, spoke[1]], color=CLASSES[c], linewidth=0.8, alpha=0.6)
            axes.annotate(str(c), spoke * 1.12, color=CLASSES[c], ha="center", va="center", fontsize=9)
        axes.set(xlim=(-1.3 * reach, 1.3 * reach), ylim=(-1.3 * reach, 1.3 * reach))
        axes.set_title(f"{title}: {error:.1f} % error", fontsize=10)
    return figure


def errors_by_arm(arms: Iterable[Arm], ledger: Ledger) -> Figure:
    """Test error of each arm: every seed a faint dot, the mean with its 95 % interval; collapsed runs are counted."""
    arms = list(arms)
    figure: Figure
    figure, axes = plt.subplots(figsize=(7.2, 0.42 * len(arms) + 1.0))
    limit = 0.0
    for i, arm in enumerate(arms):
        records = arm_records(arm, ledger)
        frame = table(record for record in records if record["status"] == "finished")
        errors = [] if frame.empty else [e for e in frame["test_error"] if e <= 50]
        lost = len(records) - len(errors)
        if errors:
            limit = max(limit, *errors)
            spread = np.linspace(-0.16, 0.16, len(errors)) if len(errors) > 1 else [0.0]
            axes.plot(errors, i + np.asarray(spread), "o", color=colour(arm.name), alpha=0.3, markersize=4)
            mean, low, high = interval(errors)
            if math.isfinite(low):
                axes.plot([low, high], [i, i], color=colour(arm.name), linewidth=2.6, solid_capstyle="butt")
            axes.plot([mean], [i], "o", color=colour(arm.name), markersize=7)
        if lost:
            axes.annotate(
                f"{lost} of {len(records)} diverged or collapsed", (1, i), xycoords=("axes fraction", "data"),
                ha="right", va="center", fontsize=9, color="#9a3412",
            )  # fmt: skip
    axes.set(yticks=range(len(arms)), yticklabels=[arm.name for arm in arms], xlabel="test error (%)")
    axes.set_ylim(len(arms) - 0.5, -0.5)
    axes.grid(axis="x", color="#e5e7eb", linewidth=0.8)
    sns.despine(ax=axes, left=True)
    axes.tick_params(left=False)
    return figure


def forest(found: Iterable[tuple[Claim, Verdict]]) -> Figure:
    """Each claim's change of error: the paper's as an open diamond, ours as a mean with its 95 % interval."""
    rows = [(claim, verdict) for claim, verdict in found if claim.paper_effect and math.isfinite(verdict.low)]
    figure: Figure
    figure, axes = plt.subplots(figsize=(7.2, 0.62 * max(len(rows), 1) + 1.2))

    def percent(gain: float) -> float:
        return 100 * math.expm1(-gain)

    for i, (claim, verdict) in enumerate(rows):
        tint = colour(claim.arm)
        axes.plot(
            [percent(verdict.low), percent(verdict.high)], [i, i], color=tint, linewidth=2.6, solid_capstyle="butt"
        )
        axes.plot([percent(verdict.effect)], [i], "o", color=tint, markersize=8)
        paper = percent(claim.paper_effect or 0.0)
        axes.plot([paper], [i], "D", color="#374151", markersize=6, markerfacecolor="white")
        axes.plot([percent(verdict.smallest)] * 2, [i - 0.3, i + 0.3], color="#9ca3af", linewidth=1, linestyle=":")
        axes.annotate(
            verdict.word, (1.01, i), xycoords=("axes fraction", "data"), va="center", fontsize=10, color="#374151"
        )
    axes.axvline(0, color="#374151", linewidth=0.8)
    labels = [f"{claim.arm} against {claim.baseline}\n{claim.scale}" for claim, _ in rows]
    axes.set(yticks=range(len(rows)), yticklabels=labels, xlabel="change of the test error (%): left is better")
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(axis="x", color="#e5e7eb", linewidth=0.8)
    sns.despine(ax=axes, left=True)
    axes.tick_params(left=False)
    return figure
