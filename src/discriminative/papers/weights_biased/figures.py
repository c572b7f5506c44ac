"""Figures of the chapter on W-Softmax: the map over alpha, theory beside training, angles, widths, classes."""

from __future__ import annotations

import math
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from discriminative.evidence import Arms
from discriminative.figures.arms import label_lines
from discriminative.figures.style import WIDTH, colour
from discriminative.measures import percent_wrong
from discriminative.papers.weights_biased.experiments import ALPHAS, GRADIENTS, PAPERS, map_name

__all__ = [
    "by_class", "classes", "cosines", "optimum", "optimum_energy", "optimum_mean_loss", "over_alpha", "regions",
    "theory", "widths",
]  # fmt: skip

COLUMNS = {
    (False, False): "no batch norm,\ncold start",
    (False, True): "no batch norm,\nwarm start",
    (True, False): "batch norm,\ncold start",
    (True, True): "batch norm,\nwarm start",
}


def over_alpha(arms: Arms) -> Figure:
    """Test error above, training loss below, over alpha: a column for each start with and without batch norm.

    A cross at the top is a run that diverged.
    """
    figure: Figure
    figure, grid = plt.subplots(2, 4, figsize=(WIDTH, 4.6), sharex=True, sharey="row")
    for column, ((norm, warm), title) in enumerate(COLUMNS.items()):
        for gradient in GRADIENTS:
            points: dict[float, list[tuple[float, float]]] = {}
            lost: list[tuple[float, float]] = []
            for alpha in (0.0, *ALPHAS):
                name = map_name(alpha, gradient, norm, warm)
                if name in arms and arms.finished(name):
                    points[alpha] = [
                        (percent_wrong(r), max(float(r["geometry"]["trained_loss"]), 1e-9)) for r in arms.finished(name)
                    ]
                if name in arms:
                    lost += [(alpha, 1 - 0.07 * i) for i in range(arms.lost(name)[0])]
            tint = colour(gradient)
            for row in range(2):
                axes = grid[row, column]
                if lost:
                    at = axes.get_xaxis_transform()
                    axes.plot(*zip(*lost, strict=True), "x", color=tint, transform=at, clip_on=False)
                for alpha, found in points.items():
                    axes.plot([alpha] * len(found), [each[row] for each in found], ".", color=tint, alpha=0.5)
                means = [float(np.mean([each[row] for each in found])) for found in points.values()]
                if points:
                    axes.plot(list(points), means, color=tint, label=gradient)
        grid[0, column].set_title(title, fontsize=9)
        grid[1, column].set_xlabel("α")
    grid[0, 0].set_ylabel("test error (%)")
    grid[1, 0].set_ylabel("training loss")
    for row in grid:
        if any(len(line.get_xdata()) for axes in row for line in axes.lines):
            row[0].set_yscale("log")
    label_lines(grid[0, 3])
    return figure


def optimum(alpha: float, classes: int = 10) -> tuple[float, float]:
    """The best common cosine of the weights, and the own angle in degrees there, for features on the sphere."""
    rho = np.linspace(-1 / (classes - 1), 0.99, 20_001)
    n = np.sqrt(1 + alpha**2 + 2 * alpha * rho)
    beside = (1 - rho) * (1 + (classes - 1) * rho) / (classes - 1)
    square = ((n - alpha - rho) ** 2 + beside) / n**2
    i = int(square.argmax())
    cosine = (n[i] - alpha - rho[i]) / n[i] / math.sqrt(square[i])
    return float(rho[i]), math.degrees(math.acos(min(float(cosine), 1.0)))


def optimum_energy(alpha: float, classes: int = 10) -> float:
    """The share of the features' energy that lies in their mean at the best weights of one common angle."""
    rho = optimum(alpha, classes)[0]
    n = math.sqrt(1 + alpha**2 + 2 * alpha * rho)
    length = ((n - alpha - rho) ** 2 + (1 - rho) * (1 + (classes - 1) * rho) / (classes - 1)) / n**2
    return (1 - (1 + alpha) / n) ** 2 * (1 + (classes - 1) * rho) / classes / length


def optimum_mean_loss(alpha: float, loss: float, classes: int = 10) -> float:
    """The mean feature's loss at the best weights of one common angle, where the features' own loss is so large.

    There all rivals are equally far below the own logit, and below that of the mean by its share of the energy as much.
    """
    rivals = classes - 1
    return math.log1p(rivals * (math.expm1(loss) / rivals) ** optimum_energy(alpha, classes))


def theory(arms: Arms) -> Figure:
    """Own angle and mean weight cosine over alpha: what theory has on the sphere, and what training reaches."""
    figure: Figure
    figure, panels = plt.subplots(2, 1, figsize=(WIDTH, 5.4), sharex=True)
    alphas = np.linspace(0, 1.5, 151)
    best = [optimum(float(alpha)) for alpha in alphas]
    keys = (("own_angle", "own angle (degrees)", 1, 0.0), ("weight_cosine_mean", "mean weight cosine", 0, -1 / 9))
    for axes, (key, told, index, rest) in zip(panels, keys, strict=True):
        axes.plot(alphas, [each[index] for each in best], color="#111827", label="theory, literal")
        axes.plot(alphas, np.full_like(alphas, rest), ":", color="#111827", label="theory, stopped")
        for gradient in GRADIENTS:
            means: dict[float, float] = {}
            for alpha in (0.0, *ALPHAS):
                name = map_name(alpha, gradient)
                if name not in arms:
                    continue
                values = [float(r["geometry"][key]) for r in arms.finished(name)]
                axes.plot([alpha] * len(values), values, ".", color=colour(gradient), alpha=0.5)
                if values:
                    means[alpha] = float(np.mean(values))
            axes.plot(list(means), list(means.values()), color=colour(gradient), label=f"trained, {gradient}")
        axes.set(ylabel=told)
        label_lines(axes)
    panels[-1].set_xlabel("α")
    return figure


def by_class(arms: Arms) -> Figure:
    """The paper's Figure 5: mean own angle by class, on training and on test images, along alpha."""
    figure: Figure
    figure, grid = plt.subplots(2, 2, figsize=(WIDTH, 5.0), sharex=True, sharey=True)
    for row, gradient in zip(grid, reversed(GRADIENTS), strict=True):
        for axes, key, told in zip(
            row, ("class_own_angle_train", "class_own_angle"), ("training", "test"), strict=True
        ):
            for alpha in (0.0, *PAPERS):
                name = map_name(alpha, gradient)
                found = [r["geometry"][key] for r in arms.finished(name)] if name in arms else []
                if found:
                    mean = np.mean(np.array(found, dtype=float), axis=0)
                    axes.plot(
                        mean, "o-", markersize=4, color=plt.get_cmap("viridis")(alpha / 1.8), label=f"α = {alpha:g}"
                    )
            axes.set_title(f"{gradient}, {told} images", fontsize=10)
        row[0].set_ylabel("own angle (degrees)")
        label_lines(row[1])
    for axes in grid[-1]:
        axes.set_xlabel("class")
    return figure


def regions(degrees: float = 96.4) -> Figure:
    """Figure 2: the directions that the training rule calls right for class 1, for class 2, for both and for neither.

    Args:
        degrees: between the two weights; that of a simplex of ten unless given.
    """
    figure: Figure
    alphas = (0.0, *PAPERS)
    figure, panels = plt.subplots(1, len(alphas), figsize=(WIDTH, 2.3))
    turn = np.radians(np.linspace(0, 360, 1441))
    own = (math.radians(90 + degrees / 2), math.radians(90 - degrees / 2))
    z = [np.cos(turn - each) for each in own]
    tints = {"one": "#bcdcf2", "two": "#fbd9b0", "none": "#e2e5ea", "both": "#b8325e"}
    for axes, alpha in zip(panels, alphas, strict=True):
        kappa = math.sqrt(1 + alpha**2 + 2 * alpha * math.cos(math.radians(degrees))) - alpha
        first, second = z[1] < kappa * z[0], z[0] < kappa * z[1]
        for name, where in (
            ("one", first & ~second), ("two", second & ~first), ("none", ~first & ~second), ("both", first & second)
        ):  # fmt: skip
            for i in np.flatnonzero(where[:-1]):
                axes.fill([0, *np.cos(turn[i : i + 2])], [0, *np.sin(turn[i : i + 2])], color=tints[name], linewidth=0)
        for name, at, tint in (("W₁", own[0], "#0b5394"), ("W₂", own[1], "#a34a00")):
            axes.annotate(
                "", (0.95 * math.cos(at), 0.95 * math.sin(at)), (0, 0), arrowprops={"arrowstyle": "->", "color": tint}
            )
            axes.text(1.22 * math.cos(at), 1.22 * math.sin(at), name, color=tint, ha="center", va="center")
        axes.set_title("softmax" if alpha == 0 else f"α = {alpha:g}", fontsize=10, loc="center")
        axes.set(xlim=(-1.4, 1.4), ylim=(-1.1, 1.2), aspect="equal")
        axes.axis("off")
    told = {"one": "right for 1", "two": "right for 2", "none": "for neither", "both": "for both"}
    handles = [plt.Rectangle((0, 0), 1, 1, color=tints[name], label=label) for name, label in told.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=9.5, handlelength=1.0)
    return figure


def cosines(arms: Arms) -> Figure:
    """Figure 3 as trained: how far the weights' cosines are from those of a simplex, over alpha, a dot a run."""
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 3.2))
    for gradient, shift in zip(GRADIENTS, (-0.012, 0.012), strict=True):
        means: dict[float, float] = {}
        for alpha in (0.0, *ALPHAS):
            name = map_name(alpha, gradient)
            values = arms.numbers(name, "cosines off the simplex") if name in arms else []
            axes.plot([alpha + shift] * len(values), values, ".", color=colour(gradient), alpha=0.5)
            if values:
                means[alpha] = float(np.mean(values))
        axes.plot(list(means), list(means.values()), color=colour(gradient), label=f"trained, {gradient}")
    best = [optimum(float(alpha))[0] + 1 / 9 for alpha in np.linspace(0, 1.5, 151)]
    axes.plot(np.linspace(0, 1.5, 151), best, color="#111827", linewidth=1.2, label="theory, literal")
    for level, told in ((0.05, "bound of C-WSM8"), (0.167, "weights at random")):
        axes.axhline(level, color="#9ca3af", linewidth=0.8, linestyle=":")
        axes.annotate(told, (1.5, level), xytext=(0, 3), textcoords="offset points", ha="right", fontsize=9.5)
    axes.set(xlabel="α", ylabel="cosines' distance from a simplex", ylim=(0, None))
    label_lines(axes)
    return figure


def _points(axes: Axes, arms: Arms, names: Mapping[float, str], tint: str, label: str) -> None:
    """The test error of each arm at its place, a dot a run, and a line through the means."""
    means = {}
    for x, name in names.items():
        values = arms.numbers(name) if name in arms else []
        axes.plot([x] * len(values), values, ".", color=tint, alpha=0.5)
        if values:
            means[x] = float(np.mean(values))
    axes.plot(list(means), list(means.values()), "-", color=tint, label=label)


def widths(panels: Mapping[str, Arms], least: Mapping[str, int]) -> Figure:
    """The paper's Figure 4: test error over the number of units M, and what the last two layers weigh.

    Args:
        panels: title to arms named ``"softmax M=9"`` and so on.
        least: title to C - 1.
    """
    figure: Figure
    figure, grid = plt.subplots(2, 2, figsize=(WIDTH, 5.2))
    for axes, (title, arms) in zip(grid.flat, panels.items(), strict=False):
        for name in ("softmax", "W-Softmax"):
            found = {float(arm.split("M=")[1]): arm for arm in arms if arm.startswith(f"{name} ")}
            _points(axes, arms, found, colour(name), name)
        axes.axvline(least[title], color="#9ca3af", linewidth=0.8)
        axes.set_xscale("log")
        run = sorted({int(arm.split("M=")[1]) for arm in arms})
        shown = sorted({*run[:1], least[title], *run[-1:]})
        axes.set_xticks(shown, [str(count) for count in shown])
        axes.minorticks_off()
        axes.set_title(title, fontsize=10)
        axes.set(xlabel="units M", ylabel="test error (%)")
    axes = grid.flat[-1]
    units = np.geomspace(2, 270, 50)
    for inputs, count, told in ((800, 10, "LeNet, 10 classes"), (1024, 20, "quick, 20 classes")):
        axes.plot(units, units * (inputs + count) * 4 / 1024, label=told, color="#6b7280" if count == 10 else "#111827")
    axes.set(xscale="log", yscale="log", xlabel="units M", ylabel="KiB of weights")
    axes.set_title("memory of both layers", fontsize=10)
    axes.legend(fontsize=9)
    label_lines(grid[0, 1])
    return figure


def classes(arms: Arms) -> Figure:
    """Table 5 as a figure: what W-Softmax gains on softmax over the number of classes, in points and in per cent."""
    figure: Figure
    figure, panels = plt.subplots(1, 2, figsize=(WIDTH, 3.0), sharex=True)
    means: list[dict[int, float]] = [{}, {}]
    for k in range(5, 11):
        pairs = arms.pairs(f"softmax k={k}", f"W-Softmax k={k}")
        gains = [[b - a for b, a in pairs], [100 * (b - a) / b for b, a in pairs if b]]
        for axes, values, mean in zip(panels, gains, means, strict=True):
            axes.plot([k] * len(values), values, ".", color=colour("W-Softmax"), alpha=0.5)
            if values:
                mean[k] = float(np.mean(values))
    for axes, mean, told in zip(panels, means, ("points", "per cent of softmax's error"), strict=True):
        axes.plot(list(mean), list(mean.values()), color=colour("W-Softmax"))
        axes.axhline(0, color="#9ca3af", linewidth=0.8)
        axes.set(xlabel="classes k", ylabel=f"gain, {told}", xticks=range(5, 11))
    return figure
