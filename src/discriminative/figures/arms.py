"""Figures of any arms: every run that finished is in them, also one that collapsed (above 50 % error)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from discriminative.evidence import Arms, Gains, means, paired_gains, rank
from discriminative.figures.style import CLASSES, COLOURS, WIDTH, colour, family, label, marker
from discriminative.measures import measure, percent_wrong
from discriminative.statistics import interval

__all__ = [
    "against", "by_arm", "cosine_matrices", "errors_by_arm", "feature_planes", "label_ends", "label_lines",
    "learning_curves", "training_curves",
]  # fmt: skip


def errors_by_arm(arms: Arms) -> Figure:
    """Test error of each arm: :func:`by_arm`."""
    return by_arm(arms, "test error", name="test error (%)")


def by_arm(arms: Arms, of: str, name: str = "") -> Figure:
    """A measure of each arm: every seed a faint dot, the mean with its 95 % interval, from three seeds on.

    Runs that diverged have none; a note in the row counts them, and those that collapsed, which are in the mean.

    Args:
        arms: from top to bottom.
        of: a name in ``measures``.
        name: of the axis, the measure's own words unless given.
    """
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 0.42 * len(arms) + 1.0))
    least, limit = math.inf, -math.inf
    for i, arm in enumerate(arms):
        values, tint = arms.numbers(arm, of), colour(arm)
        if values:
            least, limit = min(least, *values), max(limit, *values)
            spread = np.linspace(-0.16, 0.16, len(values)) if len(values) > 1 else [0.0]
            axes.plot(values, i + np.asarray(spread), "o", color=tint, alpha=0.3, markersize=4)
            mean, low, high = interval(values)
            if len(values) > 2:
                axes.plot([low, high], [i, i], color=tint, linewidth=2.6, solid_capstyle="butt")
            axes.plot([mean], [i], marker(arm), color=tint, markersize=7)
        counts = zip(arms.lost(arm), ("diverged", "collapsed"), strict=True)
        told = ", ".join(f"{count} {word}" for count, word in counts if count)
        if told:
            axes.annotate(
                f"of {len(arms.records(arm))}: {told}", (1, i - 0.3), xycoords=("axes fraction", "data"), ha="right",
                va="center", fontsize=9.5, color="#9a3412",
            )  # fmt: skip
    kind = measure(of)
    axes.set(yticks=range(len(arms)), yticklabels=list(arms), xlabel=name or f"{kind.what} {_unit(kind.unit)}".strip())
    if of == "test error" and limit > 6 * least > 0:  # failures beside successes
        _log_ticks(axes, least, limit)
    axes.set_ylim(max(len(arms), 1) - 0.5, -0.5)  # no arm exists yet where a choice still waits for its records
    axes.grid(axis="x", color="#e5e7eb", linewidth=0.8)
    sns.despine(ax=axes, left=True)
    axes.tick_params(left=False)
    return figure


def _unit(unit: str) -> str:
    return f"({unit})" if unit else ""


def _log_ticks(axes: Axes, least: float, limit: float, which: str = "x") -> None:
    """A logarithmic axis of errors with plain numbers."""
    ticks = [tick for tick in (1, 2, 3, 5, 10, 20, 50, 90) if least <= 1.2 * tick and tick <= 1.2 * limit]
    getattr(axes, f"set_{which}scale")("log")
    getattr(axes, f"set_{which}ticks")(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()


def feature_planes(arms: Arms) -> Figure:
    """2-D test features of each arm's first seed, one panel an arm, with the class weights as spokes."""
    figure: Figure
    rows = math.ceil(len(arms) / 2)
    figure, panels = plt.subplots(rows, 2, figsize=(WIDTH, 0.5 * WIDTH * rows), squeeze=False)
    for axes, arm in zip(panels.flat, arms.arms, strict=False):
        run = arm.runs()[0]
        title = "softmax" if arm.name == "m=1" else arm.name
        axes.set(xticks=[], yticks=[], aspect="equal")
        sns.despine(ax=axes, left=True, bottom=True)
        record = arms.ledger.find(run)
        if record is None or record["status"] != "finished":
            axes.set_title(f"{title}: {'not run' if record is None else 'diverged'}", fontsize=10)
            continue
        stored = arms.ledger.arrays(run)
        features, labels, weight = stored["features"], stored["labels"], stored["weight"]
        reach = float(np.quantile(np.linalg.norm(features, axis=1), 0.995))
        for c in range(len(weight)):
            points = features[labels == c]
            axes.scatter(points[:, 0], points[:, 1], s=5, color=CLASSES[c], linewidths=0, alpha=0.75)
            spoke = weight[c] / max(float(np.linalg.norm(weight[c])), 1e-12) * reach
            axes.plot([0, spoke[0]], [0, spoke[1]], color=CLASSES[c], linewidth=0.8, alpha=0.6)
            axes.annotate(str(c), spoke * 1.12, color=CLASSES[c], ha="center", va="center", fontsize=9)
        axes.set(xlim=(-1.3 * reach, 1.3 * reach), ylim=(-1.3 * reach, 1.3 * reach))
        axes.set_title(f"{title}: {percent_wrong(record):.1f} % error", fontsize=10)
    return figure


def cosine_matrices(arms: Arms) -> Figure:
    """Mean cosine between the test features of every two classes, one matrix an arm, from its first seed."""
    ledger = arms.ledger
    found = [arm for arm in arms.arms if "arrays" in (ledger.find(arm.runs()[0]) or {})]
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


def _rank_told(number: int, rho: float) -> str:
    return f"{number} arms" + ("" if math.isnan(rho) else f", ρ = {rho:.2f}".replace("-", "−"))


def against(
    panels: Mapping[str, Arms], x: str = "angle gap", y: str = "test error", beyond: float | None = None
) -> Figure:
    """One measure against another: a panel a data set, a dot an arm with three finished runs or more.

    The rank correlation stands above each panel that has enough arms for one, and in it that of the arms from
    ``beyond`` on where they are enough.
    """
    figure: Figure
    rows = math.ceil(len(panels) / 2)
    figure, grid = plt.subplots(rows, 2, figsize=(WIDTH, 2.5 * rows + 0.9), sharex=True, squeeze=False)
    shown: dict[str, None] = {}
    for axes, (title, arms) in zip(grid.flat, panels.items(), strict=False):
        found = means(arms, x, y)
        for arm, row in found.iterrows():
            axes.errorbar(
                row[x], row[y], yerr=row[f"{y} half"], fmt=marker(str(arm)), color=colour(str(arm)), markersize=5,
                elinewidth=1, alpha=0.9,
            )  # fmt: skip
            shown[family(str(arm))] = None
        axes.set_title(f"{title}\n{_rank_told(*rank(found, x, y))}", fontsize=10.5)
        if y == "test error" and len(found) and found[y].max() > 6 * found[y].min() > 0:
            _log_ticks(axes, found[y].min(), found[y].max(), "y")
        if beyond is not None and not math.isnan(rank(found, x, y, beyond)[1]):
            axes.axvline(beyond, color="#9ca3af", linewidth=1, linestyle=":", zorder=0)
            axes.annotate(
                f"from {beyond:g}° on:\n{_rank_told(*rank(found, x, y, beyond))}", (1, 0.98), xycoords="axes fraction",
                ha="right", va="top", fontsize=10, color="#4b5563",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
            )  # fmt: skip
        axes.margins(y=0.08)
    for axes in grid.flat[len(panels) :]:
        axes.axis("off")
    for axes in grid[:, 0]:
        axes.set_ylabel(_axis(y))
    for axes in grid[-1]:
        axes.set_xlabel(_axis(x))
    order = sorted(shown, key=lambda loss: list(COLOURS).index(loss) if loss in COLOURS else len(COLOURS))
    handles = [
        Line2D([], [], color=colour(loss), marker=marker(loss), linestyle="", markersize=5, label=label(loss))
        for loss in order
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=10, handletextpad=0.2)
    return figure


def _axis(of: str) -> str:
    """A measure as an axis names it."""
    return {"test error": "test error (%)", "angle gap": "angle gap on test images (°)"}.get(
        of, f"{of} {_unit(measure(of).unit)}".strip()
    )


def learning_curves(by_size: Mapping[int, Arms], baseline: str = "softmax") -> Figure:
    """Change of the test error beside a baseline at each number of training images, paired by seed, with intervals."""
    series: Gains = paired_gains(by_size, baseline)
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 4.8))
    ends: list[tuple[float, str, str]] = []
    for k, (name, gains_at) in enumerate(series.items()):
        points = []
        for size, (_, gains) in gains_at.items():
            if len(gains) >= 3:
                middle, least, most = (100 * math.expm1(-g) for g in interval(gains))
                points.append((size, middle, most, least))
        if not points:
            continue
        nudge = 1.035 ** (k - len(series) / 2)
        size_of, mean, low, high = (np.array(column, dtype=float) for column in zip(*sorted(points), strict=True))
        axes.errorbar(
            size_of * nudge, mean, yerr=[mean - low, high - mean], color=colour(name), marker=marker(name),
            markersize=5, elinewidth=1, linewidth=1.4, label=name,
        )  # fmt: skip
        ends.append((float(mean[-1]), name, colour(name)))
    axes.axhline(0, color=colour(baseline), linewidth=2, zorder=0)
    if len(ends) > FEW:
        figure.legend(loc="outside lower center", ncols=4, fontsize=10)
    else:
        label_ends(axes, ends)
    sizes = sorted(by_size)
    axes.set(xscale="log", xlabel="training images", ylabel="change of the test error beside " + baseline + " (%)")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    return figure


FEW = 4  # lines that can be named at their ends; more have a legend


def label_ends(axes: Axes, ends: Sequence[tuple[float, str, str]], line: float = 13.0) -> None:
    """Names at the right of a panel, each at the height at which its curve ends, moved apart where they would touch.

    Args:
        axes: with its limits and its scale set.
        ends: the last value of a curve, its name and its colour; a value that is NaN puts the name below the others.
        line: height of a name in points.
    """
    scaled = math.log10 if axes.get_yscale() == "log" else float
    low, high = map(scaled, axes.get_ylim())
    height = axes.get_window_extent().height * 72 / axes.figure.dpi
    gap, free = line / height, 1.0
    order = sorted(ends, key=lambda end: (math.isnan(end[0]), -end[0]))
    for left, (value, name, tint) in zip(range(len(order) - 1, -1, -1), order, strict=True):
        place = low if math.isnan(value) or (value <= 0 and scaled is math.log10) else scaled(value)
        wanted = min(max((place - low) / (high - low), 0.0), 1.0)
        place = min(free, max(wanted, left * gap))
        axes.annotate(
            name, (1.0, place), xytext=(4, 0), xycoords="axes fraction", textcoords="offset points", ha="left",
            va="center", fontsize=10, color=tint, annotation_clip=False,
        )  # fmt: skip
        free = place - gap


def label_lines(axes: Axes) -> None:
    """The labelled lines of a panel, named at their ends (:func:`label_ends`)."""
    ends = []
    for line in axes.lines:
        told, heights = str(line.get_label()), np.asarray(line.get_ydata(), dtype=float)
        if len(heights) and not told.startswith("_"):
            ends.append((float(heights[-1]), told, to_hex(line.get_color())))
    label_ends(axes, ends)


def training_curves(panels: Mapping[str, Arms]) -> Figure:
    """Training error of the test scores over the run: the mean over the runs that finished, with their number.

    An arm of which none finished has a label, below the others, and no curve. Where a margin bends the logits, their
    own error would stay at 100 % as long as the margin is not met.
    """
    figure: Figure
    figure, grid = plt.subplots(
        len(panels), 1, figsize=(WIDTH, 2.4 * len(panels) + 0.6), sharex=True, sharey=True, squeeze=False
    )
    for axes, (title, arms) in zip(grid[:, 0], panels.items(), strict=True):
        ends: list[tuple[float, str, str]] = []
        for arm in arms:
            records = arms.records(arm)
            bent = any("plain_error" in record["curves"] for record in records)
            name = "plain_error" if bent or "margin" in arms[arm].run.head.arguments else "train_error"
            curves = [record["curves"] for record in arms.finished(arm) if name in record["curves"]]
            told = f"{family(arm)}: {len(curves)} of {len(records)} runs"
            steps = curves[0]["step"] if curves else []
            mean = 100 * np.mean([curve[name] for curve in curves], axis=0) if curves else []
            axes.plot(steps, mean, color=colour(arm), linewidth=1.8, label=told)
            ends.append((float(mean[-1]) if len(mean) else math.nan, told, colour(arm)))
        axes.set_title(title, fontsize=10.5)
        axes.set(ylim=(0, 104))
        label_ends(axes, ends)
    grid[-1, 0].set_xlabel("optimiser step")
    figure.supylabel("training error (%)", fontsize=11)
    return figure
