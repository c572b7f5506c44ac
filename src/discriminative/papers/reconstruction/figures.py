"""Figures of the reconstruction chapter: printed e(W) beside its floors and ours, its course, and what goes with it."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from discriminative.evidence import Arms
from discriminative.figures.style import WIDTH, colour
from discriminative.geometry import separability_floor
from discriminative.papers import printed

__all__ = ["courses", "floors", "scatter"]

PAPER, FLOOR = "#111827", "#b45309"
# Rows of Tables 1 and 2 with one width that the cited source fixes: label, table, row, column, (features, classes).
WIDTHS = (
    ("ResNet-32, CIFAR-10", "1", "ResNet-32 (He et al. 2016)", "e(W)avg C10", (64, 10)),
    ("ResNet-32, CIFAR-100", "1", "ResNet-32 (He et al. 2016)", "e(W)avg C100", (64, 100)),
    ("DenseNet-40, CIFAR-100", "1", "DenseNet-40 (k = 12) (Huang et al. 2017)", "e(W)avg C100", (448, 100)),
    ("FaceNet, LFW", "2", "FaceNet (Schroff, Kalenichenko, and Philbin 2015)", "e(W)LFW", (128, 10_575)),
    ("DeepFace, LFW", "2", "DeepFace (Taigman et al. 2014)", "e(W)LFW", (4096, 10_575)),
)


def floors(arms: Arms) -> Figure:
    """e(W) on one log axis: what the paper prints, the least that such a matrix can have, and what our arms reach.

    The floor of a softmax network with weight decay, 1/n, stands beside that of the shape, 1 - m/n.
    """
    figure: Figure
    names = [name for name in arms if arms.finished(name)]
    figure, axes = plt.subplots(figsize=(WIDTH, 0.36 * (len(WIDTHS) + len(names)) + 1.4))
    labels = []
    for row, (label, table, model, column, (features, classes)) in enumerate(WIDTHS):
        value = float(printed("reconstruction", table)[model, column])
        shape = separability_floor(classes, features)
        axes.plot(value, row, "D", markerfacecolor="white", color=PAPER)
        axes.plot([1 / classes], [row], "|", color=FLOOR, markersize=11, markeredgewidth=2)
        if shape:
            axes.plot([shape], [row], "|", color=PAPER, markersize=11, markeredgewidth=2)
        labels.append(label)
    for row, name in enumerate(names, len(WIDTHS)):
        values = [10**value for value in arms.numbers(name, "log e(W)")]
        axes.plot(values, [row] * len(values), "o", color=colour(name), alpha=0.35, markersize=4)
        axes.plot(np.exp(np.mean(np.log(values))), row, "o", color=colour(name), markersize=7)
        labels.append(name)
    axes.axhline(len(WIDTHS) - 0.5, color="#d1d5db", linewidth=1)
    axes.set(xscale="log", xlabel="e(W), raw", yticks=range(len(labels)), yticklabels=labels)
    axes.invert_yaxis()
    return figure


def courses(panels: Mapping[str, Arms]) -> Figure:
    """e(W) over training, raw and with unit columns: the mean over the runs that finished, a panel each."""
    figure: Figure
    figure, grid = plt.subplots(1, 2, figsize=(WIDTH, 3.6), sharex=True)
    keys = {"separability_raw": "raw", "separability_unit": "unit columns"}
    for axes, (key, title) in zip(grid, keys.items(), strict=True):
        for arms in panels.values():
            for name in arms:
                found = [r["curves"] for r in arms.finished(name) if key in r["curves"]]
                if found:
                    mean = np.exp(np.mean(np.log([[float(v) for v in curve[key]] for curve in found]), axis=0))
                    axes.plot(found[0]["measured"], mean, color=colour(name), label=name, linewidth=1.6)
        axes.set(yscale="log", xlabel="optimiser step")
        axes.set_title(f"e(W), {title}", fontsize=10.5)
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=10)
    return figure


def scatter(arms: Arms) -> Figure:
    """Test error against e(W), raw and with unit columns: an arm a dot, with its seeds faint behind it."""
    figure: Figure
    figure, grid = plt.subplots(1, 2, figsize=(WIDTH, 4.2), sharey=True)
    for axes, key in zip(grid, ("log e(W)", "log unit e(W)"), strict=True):
        for name in arms:
            x, y = arms.numbers(name, key), arms.numbers(name)
            if x and len(x) == len(y):
                values = 10 ** np.array(x)
                axes.plot(values, y, "o", color=colour(name), alpha=0.25, markersize=4)
                axes.plot(np.exp(np.log(values).mean()), np.mean(y), "o", color=colour(name), markersize=8)
                axes.annotate(
                    name, (np.exp(np.log(values).mean()), np.mean(y)), xytext=(5, 4), textcoords="offset points",
                    fontsize=8.5, color=colour(name),
                )  # fmt: skip
        axes.set(xscale="log", xlabel="e(W), unit columns" if "unit" in key else "e(W), raw")
    grid[0].set_ylabel("test error (%)")
    return figure
