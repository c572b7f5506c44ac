"""Figures of the reconstruction chapter: printed e(W) beside its floors and ours, its course, and what goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from discriminative.evidence import Arms
from discriminative.figures.arms import label_lines
from discriminative.figures.style import CLASSES, WIDTH, colour, family, marker
from discriminative.geometry import separability_floor
from discriminative.papers import printed

__all__ = ["CIFAR", "apart", "courses", "floors", "patterns", "planes", "progress", "scatter", "together"]

PAPER, FLOOR = "#111827", "#b45309"
# Rows of Tables 1 and 2 whose floors no open width moves: label, table, row, column, (features, classes). ResNet-32 has
# ten features or more however it was built, so that its floor is 0 on CIFAR-10; on CIFAR-100 that depends on its width.
PRINTED = (
    ("ResNet-32, CIFAR-10", "1", "ResNet-32 (He et al. 2016)", "e(W)avg C10", (64, 10)),
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
    figure, axes = plt.subplots(figsize=(WIDTH, 0.36 * (len(PRINTED) + len(names)) + 1.4))
    labels = []
    for row, (label, table, model, column, (features, classes)) in enumerate(PRINTED):
        value = float(printed("reconstruction", table)[model, column])
        shape = separability_floor(classes, features)
        axes.plot(value, row, "D", markerfacecolor="white", color=PAPER)
        axes.plot([1 / classes], [row], "|", color=FLOOR, markersize=11, markeredgewidth=2)
        if shape:
            axes.plot([shape], [row], "|", color=PAPER, markersize=11, markeredgewidth=2)
        labels.append(label)
    for row, name in enumerate(names, len(PRINTED)):
        values = [10**value for value in arms.numbers(name, "log e(W)")]
        axes.plot(values, [row] * len(values), "o", color=colour(name), alpha=0.35, markersize=4)
        axes.plot(np.exp(np.mean(np.log(values))), row, marker(name), color=colour(name), markersize=7)
        labels.append(name)
    axes.axhline(len(PRINTED) - 0.5, color="#d1d5db", linewidth=1)
    axes.set(xscale="log", xlabel="e(W), raw", yticks=range(len(labels)), yticklabels=labels)
    axes.invert_yaxis()
    return figure


def courses(panels: Mapping[str, Arms]) -> Figure:
    """e(W) over training, raw and with unit columns: the mean over the runs that finished, a panel each."""
    figure: Figure
    figure, grid = plt.subplots(2, 1, figsize=(WIDTH, 5.2), sharex=True)
    keys = {"separability_raw": "raw", "separability_unit": "unit columns"}
    for axes, (key, title) in zip(grid, keys.items(), strict=True):
        for arms in panels.values():
            for name in arms:
                found = [r["curves"] for r in arms.finished(name) if key in r["curves"]]
                if found:
                    mean = np.exp(np.mean(np.log([[float(v) for v in curve[key]] for curve in found]), axis=0))
                    axes.plot(
                        found[0]["measured"], mean, color=colour(name), label=name, linewidth=1.6, linestyle=_dash(name)
                    )
        axes.set(yscale="log")
        axes.set_title(f"e(W), {title}", fontsize=10.5)
        label_lines(axes)
    grid[-1].set_xlabel("optimiser step")
    return figure


LEAST = 1e-3  # of e(W) on the axis: a classifier that was set up orthonormal has none, and stands at the left edge


def scatter(arms: Arms) -> Figure:
    """Test error against e(W), raw and with unit columns: an arm a dot, with its seeds faint behind it."""
    figure: Figure
    figure, grid = plt.subplots(1, 2, figsize=(WIDTH, 4.4), sharey=True)
    shown: dict[str, Line2D] = {}
    for axes, key in zip(grid, ("log e(W)", "log unit e(W)"), strict=True):
        for name in arms:
            x, y = arms.numbers(name, key), arms.numbers(name)
            if x and len(x) == len(y):
                values = np.maximum(10 ** np.array(x), LEAST)
                axes.plot(values, y, "o", color=colour(name), alpha=0.25, markersize=4)
                middle = np.exp(np.log(values).mean())
                (shown[family(name)],) = axes.plot(
                    middle, np.mean(y), marker(name), color=colour(name), markersize=7, label=family(name)
                )
        axes.set(xscale="log", xlabel="e(W), unit columns" if "unit" in key else "e(W), raw")
    grid[0].set_ylabel("test error (%)")
    figure.legend(handles=list(shown.values()), loc="outside lower center", ncols=3, fontsize=10, handletextpad=0.2)
    return figure


def progress(arms: Arms) -> Figure:
    """The paper's Figure 3 for our runs: training accuracy, cost, and e(W) raw and of unit columns, over the steps.

    The mean over the runs that finished, of e(W) that of its logarithm.
    """
    figure: Figure
    figure, grid = plt.subplots(2, 2, figsize=(WIDTH, 5.6), sharex=True)
    panels = {
        "train_error": "training accuracy (%)",
        "loss": "cross-entropy (nats)",
        "separability_raw": "e(W), raw",
        "separability_unit": "e(W), unit columns",
    }
    for place, (axes, (key, title)) in enumerate(zip(grid.flat, panels.items(), strict=True)):
        for name in arms:
            curves = [record["curves"] for record in arms.finished(name)]
            if curves:
                steps = curves[0]["step" if "separability" not in key else "measured"]
                values = np.array([[float(v) for v in curve[key]] for curve in curves])
                if key == "train_error":
                    values = 100 * (1 - values)
                mean = np.exp(np.log(values).mean(0)) if "separability" in key else values.mean(0)
                axes.plot(steps, mean, color=colour(name), label=name, linewidth=1.6, linestyle=_dash(name))
        if "separability" in key:
            axes.set_yscale("log")
        axes.set_title(title, fontsize=10.5)
        if place % 2:  # the left panels have the same lines
            label_lines(axes)
    for axes in grid[1]:
        axes.set_xlabel("optimiser step")
    return figure


def _dash(name: str) -> str:
    """Two arms of one colour differ by their lines."""
    return "--" if name.endswith("0.001") else "-"


Picture = Mapping[str, np.ndarray]
CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def planes(
    shots: Mapping[str, Picture], pairs: Sequence[tuple[int, int]] = ((0, 1), (0, 2)), columns: int = 1
) -> Figure:
    """Test features along two of their principal axes, coloured by class, and the class weights as spokes from 0.

    Args:
        shots: the picture (``pictures.taken``) of each arm.
        pairs: the axes of the panels of an arm, side by side.
        columns: how many arms stand side by side.
    """
    figure: Figure
    wide, rows = columns * len(pairs), -(-len(shots) // columns)
    figure, grid = plt.subplots(rows, wide, figsize=(WIDTH, rows * (WIDTH / wide + 0.3)), squeeze=False)
    panels = [(name, shot, pair) for name, shot in shots.items() for pair in pairs]
    for axes in grid.flat[len(panels) :]:
        axes.axis("off")
    for axes, (name, shot, pair) in zip(grid.flat, panels, strict=False):
        features, weight = shot["features"][:, list(pair)], shot["weight"]
        reach = np.abs(shot["features"]).max() / np.linalg.norm(weight, axis=1).max()
        for k in range(len(weight)):
            mine = features[shot["labels"] == k]
            axes.plot(mine[:, 0], mine[:, 1], ".", color=CLASSES[k], markersize=2.5, alpha=0.7)
            axes.plot(*np.stack([np.zeros(2), 0.8 * reach * weight[k, list(pair)]]).T, color=CLASSES[k], linewidth=1.2)
        share = 100 * shot["share"][list(pair)]
        axes.set(xlabel=f"axis {pair[0] + 1} ({share[0]:.0f} %)", ylabel=f"axis {pair[1] + 1} ({share[1]:.0f} %)")
        axes.set(xticks=[], yticks=[])
        axes.set_aspect("equal", "datalim")
        axes.set_title(f"{name}: {100 * shot['wrong'] / shot['images']:.2f} %", fontsize=10)
    return figure


def patterns(shots: Mapping[str, Picture], names: Mapping[int, str] | None = None) -> Figure:
    """The paper's Figure 6 for our runs: mean activation of a class beside its weight, neuron by neuron.

    Args:
        shots: the picture of each arm, a column each.
        names: the classes to draw, with their names; the digits 0, 2 and 4 where there are none.
    """
    figure: Figure
    names = names or {0: "0", 2: "2", 4: "4"}
    figure, grid = plt.subplots(
        len(names), len(shots), figsize=(WIDTH, 1.9 * len(names) + 0.5), sharex=True, squeeze=False
    )
    for row, (k, told) in zip(grid, names.items(), strict=True):
        for axes, (name, shot) in zip(row, shots.items(), strict=True):
            mean, weight = shot["class_means"][k], shot["class_weights"][k]
            at, order = np.arange(len(mean)), np.argsort(weight)
            axes.fill_between(at, mean[order], step="mid", color="#2563eb", alpha=0.5, label="mean activation")
            axes.step(at, weight[order], where="mid", color="#dc2626", linewidth=1.3, label="class weight")
            distance, cosine = apart(shot)[k]
            between = ", " if len(shots) < 3 else "\n"
            axes.set_title(f"{name}, {told}\ndistance {distance:.1f}{between}cosine {cosine:.2f}", fontsize=9)
    for axes in grid[-1] if len(shots) < 3 else grid[-1, 1:2]:
        axes.set_xlabel("neuron, by weight")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=10)
    return figure


def apart(shot: Picture) -> list[tuple[float, float]]:
    """By class, Euclidean distance and cosine between the mean activation and the class weight, as Figure 6 prints."""
    pairs = list(zip(shot["class_means"].astype(float), shot["class_weights"].astype(float), strict=True))
    return [(float(np.linalg.norm(a - w)), float(a @ w / (np.linalg.norm(a) * np.linalg.norm(w)))) for a, w in pairs]


def together(shot: Picture) -> list[float]:
    """By class, the correlation of the mean activation and the class weight over the neurons.

    It is the cosine of the two less what all neurons have in common, to which the loss is blind.
    """
    pairs = zip(shot["class_means"].astype(float), shot["class_weights"].astype(float), strict=True)
    return [float(np.corrcoef(mean, weight)[0, 1]) for mean, weight in pairs]
