"""Figures of the include-and-exclude chapter: forces, the best of many settings, a sweep, courses, a free variance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from discriminative.evidence import Arms
from discriminative.figures.arms import label_lines
from discriminative.figures.style import CLASSES, WIDTH, colour, marker
from discriminative.losses import include_exclude_loss
from discriminative.losses.include_exclude import Reading
from discriminative.papers.include_exclude.appendix import standing_out, sweeps
from discriminative.papers.include_exclude.free_variance import BOUND, FreePath
from discriminative.pictures import taken

__all__ = ["best_of_many", "both_planes", "courses", "forces", "free_paths", "lambda_sweep"]

CENTRES = torch.tensor([[0.0, 0.0], [2.6, 0.9], [2.2, -1.5]], dtype=torch.float64)
READINGS: tuple[Reading, ...] = ("Eq. 6", "A.1")


def _field(axes: Axes, reading: Reading) -> None:
    """What the hinge of class 0 does to a feature in the plane, s = 1, alpha = .1; blank where it does nothing."""
    x, y = torch.meshgrid(
        torch.linspace(-3.2, 4.2, 17, dtype=torch.float64),
        torch.linspace(-3, 3, 14, dtype=torch.float64),
        indexing="xy",
    )
    f = torch.stack([x.flatten(), y.flatten()], 1).requires_grad_()
    labels = torch.zeros(len(f), dtype=torch.int64)
    loss = include_exclude_loss(f, labels, CENTRES, 1.0, 0.1, None, reading, "all", "sum")
    (gradient,) = torch.autograd.grad(loss, f)
    place, force = f.detach().numpy(), -gradient.numpy()
    moved = np.abs(force).sum(1) > 0
    axes.quiver(*place[moved].T, *force[moved].T, color=colour(reading), scale=32, width=0.006)
    axes.plot(*place[~moved].T, ".", color="#d1d5db", markersize=2.5)
    axes.plot(*CENTRES[0], "o", color="black", markersize=8)
    axes.plot(*CENTRES[1:].T, "s", color="#9ca3af", markersize=7)
    axes.set(aspect="equal", xticks=[], yticks=[])
    axes.set_title(reading, fontsize=10.5)


def forces(arms: Arms) -> Figure:
    """Above, both readings' forces on a feature of the black centre's class; below, the scatter that training left."""
    figure: Figure = plt.figure(figsize=(WIDTH, 4.8))
    grid = figure.add_gridspec(2, 2, height_ratios=(1.25, 1))
    for column, reading in enumerate(READINGS):
        _field(figure.add_subplot(grid[0, column]), reading)
    axes = figure.add_subplot(grid[1, :])
    names = [name for name in arms if arms.numbers(name, "log scatter")]
    for row, name in enumerate(names):
        values = 10 ** np.array(arms.numbers(name, "log scatter"))
        axes.plot(values, [row] * len(values), "o", color=colour(name), alpha=0.3, markersize=4)
        axes.plot(np.exp(np.log(values).mean()), row, marker(name), color=colour(name), markersize=8)
    axes.set(xlabel="scatter within classes over scatter between", yticks=range(len(names)))
    axes.set_xscale("log" if names else "linear")
    axes.set_yticklabels(names)
    axes.invert_yaxis()
    return figure


def best_of_many(arms: Arms, of: int = 35) -> Figure:
    """How far the best stands out, in standard deviations of its sweep: expected where nothing matters, and printed.

    The last row draws ``of`` of softmax's seeds again and again: there is nothing there to choose.
    """
    figure: Figure
    rows: list[tuple[str, np.ndarray, float | None]] = [
        (f"{sweep.name}, {sweep.swept}, {len(sweep.settings)}", standing_out(len(sweep.settings)), sweep.standing_out)
        for sweep in sweeps()
    ]
    errors = np.array(arms.numbers("softmax"))
    if len(errors) >= of + 10:
        order = np.random.default_rng(0).permuted(np.tile(errors, (4000, 1)), axis=1)[:, :of]
        ours = (order.mean(1) - order.min(1)) / order.std(1, ddof=1)
        rows.append((f"softmax, seeds alone, {of}", ours, None))
    figure, axes = plt.subplots(figsize=(WIDTH, 0.36 * len(rows) + 1.2))
    for row, (_, expected, printed) in enumerate(rows):
        low, middle, high = np.quantile(expected, (0.025, 0.5, 0.975))
        axes.plot([low, high], [row, row], color="#9ca3af", linewidth=6, solid_capstyle="butt")
        axes.plot([middle], [row], "|", color="black", markersize=11, markeredgewidth=2)
        if printed is not None:
            axes.plot([printed], [row], "D", color=colour("A.1"), markersize=6)
    axes.set(xlabel="best less mean (standard deviations)", yticks=range(len(rows)))
    axes.set_yticklabels([label for label, *_ in rows], fontsize=9)
    axes.invert_yaxis()
    return figure


def lambda_sweep(arms: Arms, softmax: Arms) -> Figure:
    """Error on validation and on test along lambda: the mean of the seeds, each seed faint, and a band of noise.

    Softmax at the seeds of the sweep is dashed, its seeds faint dots at the left edge; under all of its seeds dotted.
    """
    figure: Figure
    figure, grid = plt.subplots(1, 2, figsize=(WIDTH, 3.2), sharey=True)
    same = softmax.at_seeds(*{seed for name in arms for seed in arms.values(name, "test error")})
    tint = colour("softmax")
    for axes, part in zip(grid, ("validation", "test"), strict=True):
        names = [name for name in arms if arms.numbers(name)]
        at = [float(name.split("lambda=")[1]) for name in names]
        for x, name in zip(at, names, strict=True):
            values = arms.numbers(name, f"{part} error")
            axes.plot([x] * len(values), values, "o", color=colour("A.1"), alpha=0.3, markersize=3.5)
        level = np.array([arms.mean(name, f"{part} error") for name in names])
        axes.plot(at, level, color=colour("A.1"))
        images = [arms.finished(name)[0]["metrics"][part]["images"] for name in names]
        noise = np.sqrt(
            level * (100 - level) / np.array(images, dtype=float)
        )  # one binomial standard error, in percent
        axes.fill_between(at, level - noise, level + noise, color=colour("A.1"), alpha=0.12, linewidth=0)
        if softmax.numbers("softmax"):
            axes.axhline(
                softmax.mean("softmax", f"{part} error"), color=tint, linestyle=":", linewidth=1.2, label="_all seeds"
            )
        if values := same.numbers("softmax", f"{part} error"):
            axes.axhline(float(np.mean(values)), color=tint, linestyle="--", linewidth=1.4, label="_same seeds")
            edge = axes.get_yaxis_transform()
            axes.plot([0.02] * len(values), values, "o", color=tint, alpha=0.5, markersize=3.5, transform=edge)
        axes.set(xlabel="lambda", xscale="log" if names else "linear")
        axes.set_title(part, fontsize=10.5)
    grid[0].set_ylabel("error (%)")
    return figure


def courses(panels: Mapping[str, Arms]) -> Figure:
    """Over training: the mean feature norm, and how hard each arm's term pulls at a feature; dashed as tuned."""
    figure: Figure
    figure, grid = plt.subplots(2, 1, figsize=(WIDTH, 5.2), sharex=True)
    for arms in panels.values():
        for name in arms:
            found = [record["curves"] for record in arms.finished(name)]
            if not found:
                continue
            steps = found[0]["measured"]
            norm = np.mean([[float(v) for v in curve["feature_norm"]] for curve in found], axis=0)
            line = {"color": colour(name), "linewidth": 1.6, "linestyle": "-" if "lambda" in name else "--"}
            grid[0].plot(steps, norm, label=name, **line)
            if all("term_pulls" in curve for curve in found):
                pull = np.mean([[float(v) for v in curve["term_pulls"][0]] for curve in found], axis=0)
                grid[1].plot(steps, pull, label=name, **line)
    grid[0].set_title("feature norm", fontsize=10.5)
    grid[1].set_title("pull of the term on a feature", fontsize=10.5)
    grid[1].set_yscale("log" if grid[1].lines else "linear")
    for axes in grid:
        label_lines(axes)
    grid[1].set_xlabel("optimiser step")
    return figure


def both_planes(arms: Arms, shown: int = 400) -> Figure:
    """Features in the plane of some training images, above, and of as many test images: one column an arm, seed 0.

    A column has one scale, so that a cloud of test images can be seen to be wider than that of the training images.
    """
    figure: Figure
    figure, grid = plt.subplots(2, len(arms), figsize=(WIDTH, 2.2 * WIDTH / len(arms) + 0.35), squeeze=False)
    for column, arm in zip(grid.T, arms.arms, strict=True):
        kept = taken(arm.runs()[0], "-plane")
        for axes, part in zip(column, ("train", "test"), strict=True):
            axes.set(xticks=[], yticks=[], aspect="equal")
            if kept is None:
                continue
            reach = 1.05 * max(float(np.abs(kept[f"{name}_features"][:shown]).max()) for name in ("train", "test"))
            points, labels = kept[f"{part}_features"][:shown], kept[f"{part}_labels"][:shown]
            axes.scatter(points[:, 0], points[:, 1], s=2, c=[CLASSES[c] for c in labels], linewidths=0)
            axes.set(xlim=(-reach, reach), ylim=(-reach, reach))
        column[0].set_title(arm.name if kept is not None else f"{arm.name}: not taken", fontsize=9.5)
    grid[0, 0].set_ylabel("training")
    grid[1, 0].set_ylabel("test")
    return figure


def _around(values: Sequence[float]) -> tuple[float, float]:
    """Limits of an axis that is logarithmic on both sides of zero."""
    return 1.5 * min(-0.5, *values), 1.5 * max(values)


def free_paths(paths: Sequence[FreePath]) -> Figure:
    """A free variance before every step, a line a run; dotted zero, dashed from where a step can cross it."""
    figure: Figure
    figure, grid = plt.subplots(1, 2, figsize=(WIDTH, 3.2), sharey=True)
    for axes, reading in zip(grid, READINGS, strict=True):
        for path in paths:
            if path.reading == reading:
                axes.plot(path.variance, color=colour(reading), alpha=0.8, linewidth=1.3, label=f"seed {path.seed}")
        axes.axhline(BOUND, color="#9ca3af", linestyle="--", linewidth=1, label="_bound")
        axes.axhline(0, color="#9ca3af", linestyle=":", linewidth=1, label="_zero")
        axes.set_yscale("symlog", linthresh=0.5)
        axes.set_yticks([-100, -10, -1, 0, 1, 10, 100], labels=["-100", "-10", "-1", "0", "1", "10", "100"])
        axes.set_ylim(*_around([value for path in paths for value in path.variance]))
        axes.set(xlabel="optimiser step")
        axes.set_title(reading, fontsize=10.5)
    grid[0].set_ylabel("free variance")
    return figure
