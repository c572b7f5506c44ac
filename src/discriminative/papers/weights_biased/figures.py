"""Figures of the chapter on W-Softmax: the map over alpha, theory beside training, own angles by class."""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from discriminative.evidence import Arms
from discriminative.figures.style import WIDTH, colour
from discriminative.measures import percent_wrong
from discriminative.papers.weights_biased.experiments import ALPHAS, GRADIENTS, PAPERS, map_name

__all__ = ["by_class", "over_alpha", "theory"]

COLUMNS = {
    (False, False): "no batch norm, cold",
    (False, True): "no batch norm, warm",
    (True, False): "batch norm, cold",
    (True, True): "batch norm, warm",
}


def over_alpha(arms: Arms) -> Figure:
    """Test error above, training loss below, over alpha: a column for each start with and without batch norm."""
    figure: Figure
    figure, grid = plt.subplots(2, 4, figsize=(WIDTH, 4.6), sharex=True, sharey="row")
    for column, ((norm, warm), title) in enumerate(COLUMNS.items()):
        for gradient in GRADIENTS:
            points: dict[float, list[tuple[float, float]]] = {}
            for alpha in (0.0, *ALPHAS):
                name = map_name(alpha, gradient, norm, warm)
                if name in arms and arms.finished(name):
                    points[alpha] = [
                        (percent_wrong(r), max(float(r["geometry"]["trained_loss"]), 1e-9)) for r in arms.finished(name)
                    ]
            tint = colour(gradient)
            for row in range(2):
                axes = grid[row, column]
                for alpha, found in points.items():
                    axes.plot([alpha] * len(found), [each[row] for each in found], ".", color=tint, alpha=0.5)
                means = [float(np.mean([each[row] for each in found])) for found in points.values()]
                if points:
                    axes.plot(list(points), means, color=tint, label=gradient)
        grid[0, column].set_title(title, fontsize=10)
        grid[1, column].set_xlabel("α")
    grid[0, 0].set_ylabel("test error (%)")
    grid[1, 0].set_ylabel("training loss")
    for row in grid:
        if any(len(line.get_xdata()) for axes in row for line in axes.lines):
            row[0].set_yscale("log")
    if grid[0, 3].lines:
        grid[0, 3].legend(fontsize=9)
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


def theory(arms: Arms) -> Figure:
    """Own angle and mean weight cosine over alpha: what theory has on the sphere, and what training reaches."""
    figure: Figure
    figure, panels = plt.subplots(1, 2, figsize=(WIDTH, 3.6))
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
        axes.set(xlabel="α", ylabel=told)
    panels[0].legend(fontsize=9)
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
    if grid[0, 1].lines:
        grid[0, 1].legend(fontsize=9)
    for axes in grid[-1]:
        axes.set_xlabel("class")
    return figure
