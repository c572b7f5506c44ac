"""Figures of the incay chapter: pulls over training, where both are equal, curves, scales, norms by what is right."""

from __future__ import annotations

import math
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from discriminative.evidence import Arms, means, rank
from discriminative.figures.arms import label_ends, label_lines
from discriminative.figures.style import WIDTH, colour, marker
from discriminative.ledger import correctness

__all__ = [
    "accuracy_by_norm",
    "class_norms",
    "curves",
    "equal_pulls",
    "layers",
    "moves",
    "placements",
    "pulls",
    "right_and_wrong",
    "scale_map",
]

PAPERS_NORM = 250.0
SHADES = {0.01: "#fbbf77", 0.1: "#ea7a25", 1.0: "#9a3412", 10.0: "#5b1d09"}


def _strength(name: str) -> float | None:
    """Lambda of an arm by its name."""
    return float(name.split("lambda=")[1].split()[0]) if "lambda=" in name else None


def _tint(name: str) -> str:
    strength = _strength(name)
    if strength == 0:
        return colour("softmax")
    if name.startswith("head"):
        return colour("decay")
    return SHADES.get(strength, colour(name)) if name.startswith("RN") and strength is not None else colour(name)


def _shape(name: str) -> str:
    return "o" if name.startswith(("RN", "head")) else marker(name)


def _mean_curve(arms: Arms, name: str, key: str, term: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Steps, and the mean over the runs that finished of a curve; of a record without it there is none."""
    found = [r["curves"] for r in arms.finished(name) if key in r["curves"]]
    if not found:
        return np.array([]), np.array([])
    values = [curve[key] if term is None else curve[key][term] for curve in found]
    array = np.array([[math.nan if v is None else v for v in each] for each in values], dtype=float)
    return np.array(found[0]["step"]), array.mean(0)


def pulls(arms: Arms, apart: str = "RN lambda=0") -> Figure:
    """What pulls a feature over training: cross-entropy across and along it, and incay, per image, on a log axis.

    Args:
        arms: with the term, lambda in their names.
        apart: the arm whose cross-entropy is shown.
    """
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 4.4))
    labels: list[tuple[float, str, str]] = []
    last = 1.0
    for key, told, style in (
        ("pull_across", "cross-entropy, across", "-"),
        ("pull_along", "cross-entropy, along", "--"),
    ):
        step, values = _mean_curve(arms, apart, key)
        if len(step):
            axes.plot(step, np.abs(values), style, color=colour("softmax"))
            labels.append((abs(values[-1]), told, colour("softmax")))
            last = step[-1]
    for name in arms:
        strength = _strength(name)
        step, values = _mean_curve(arms, name, "term_pulls", 0)
        if strength and len(step):
            axes.plot(step, values, color=_tint(name))
            labels.append((values[-1], f"incay, λ = {strength:g}", _tint(name)))
    for strength in (1.0, 0.1):
        pull = 2 * strength / PAPERS_NORM**3
        axes.plot([0, last], [pull, pull], ":", color=SHADES[strength], linewidth=1.4)
        labels.append((pull, f"at norm {PAPERS_NORM:g}, λ = {strength:g}", SHADES[strength]))
    axes.set(yscale="log", xlim=(0, last), xlabel="optimiser step", ylabel="pull on a feature")
    label_ends(axes, labels)
    return figure


def equal_pulls(num_classes: int = 10) -> Figure:
    """The norms at which incay and cross-entropy pull a feature on its own weight, of length one, equally hard."""
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 3.9))
    norm = np.logspace(-0.5, math.log10(400), 900)
    softmax = np.exp(math.log(num_classes - 1) - np.logaddexp(norm, math.log(num_classes - 1)))
    axes.plot(norm, softmax, color=colour("softmax"))
    axes.annotate(
        "cross-entropy", (21, 1e-8), xytext=(4, 0), textcoords="offset points", color=colour("softmax"), fontsize=9.5
    )
    for strength in (1.0, 0.1, 0.01):
        incay = 2 * strength / norm**3
        axes.plot(norm, incay, color=SHADES[strength])
        at = np.flatnonzero(np.diff(np.sign(incay - softmax)))
        axes.plot(norm[at], softmax[at], "o", color=SHADES[strength], markersize=5)
        axes.annotate(
            f"λ = {strength:g}", (400, incay[-1]), xytext=(5, 0), textcoords="offset points", va="center",
            color=SHADES[strength], fontsize=9.5, annotation_clip=False,
        )  # fmt: skip
    axes.axvspan(170, 310, color="#f3f4f6", zorder=0)
    axes.annotate("norms of\nTable 5", (230, 0.02), ha="center", fontsize=9.5, color="#4b5563")
    axes.set(xscale="log", yscale="log", ylim=(1e-10, 20), xlim=(0.32, 400), xlabel="norm of the feature",
             ylabel="pull outwards")  # fmt: skip
    return figure


def placements() -> Figure:
    """Property 3: how many times as long as the shortest the longest feature may be, by the number of classes."""
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 3.4))
    count = np.arange(2, 41)
    dimension = 16
    best = np.where(count <= dimension + 1, 1 + np.sqrt(2 * count / (count - 1)), 1 + math.sqrt(2))
    known = count <= 2 * dimension
    axes.axhspan(1 + math.sqrt(2), 3, color="#f3f4f6", zorder=0)
    axes.annotate("the paper's range", (39.5, 2.9), ha="right", va="top", fontsize=9.5, color="#6b7280")
    axes.plot(count[known], best[known], "o", color=colour("RN"), markersize=4)
    axes.annotate(
        "simplex, K ≤ D + 1", (9, 1 + math.sqrt(20 / 9)), xytext=(8, 12), textcoords="offset points", fontsize=9.5,
        color=colour("RN"),
    )  # fmt: skip
    axes.annotate("1 + √2, K ≤ 2D", (25, 1 + math.sqrt(2)), xytext=(0, -15), textcoords="offset points", ha="center",
                  fontsize=9.5, color=colour("RN"))  # fmt: skip
    axes.annotate("less, K > 2D", (36.5, 2.28), ha="center", fontsize=9.5, color="#6b7280")
    axes.axvline(2 * dimension + 0.5, color="#d1d5db", linewidth=0.8)
    axes.set(
        xlabel=f"number of classes K, in D = {dimension} dimensions",
        ylabel="largest factor β/α",
        xlim=(1, 41),
        ylim=(2.2, 3.05),
    )
    return figure


def moves(panels: Mapping[str, Arms], measures: tuple[str, ...]) -> Figure:
    """Test error against each measure, a dot an arm with three finished runs or more, bars of the 95 % interval."""
    figure: Figure
    figure, grid = plt.subplots(1, len(measures), figsize=(WIDTH, 3.6), sharey=True, squeeze=False)
    (arms,) = panels.values()
    found = means(arms, *measures, "test error")
    for axes, name in zip(grid.flat, measures, strict=True):
        for arm, row in found.iterrows():
            axes.errorbar(
                row[name], row["test error"], yerr=row["test error half"], fmt=_shape(str(arm)),
                color=_tint(str(arm)), markersize=5, elinewidth=1,
            )  # fmt: skip
        number, rho = rank(found, name, "test error")
        told = f"{number} arms" + ("" if math.isnan(rho) else f", ρ = {rho:.2f}".replace("-", "−"))
        axes.set_title(told, fontsize=10)
        axes.set_xlabel({"feature norm": "mean feature norm", "angle gap": "angular gap (°)"}.get(name, name))
    grid[0, 0].set_ylabel("test error (%)")
    families = {"incay": SHADES[1.0]} | {
        told: colour(name)
        for told, name in (
            ("softmax", "softmax"), ("scaled", "scale"), ("decayed", "decay"), ("L-Softmax", "m=4"),
            ("A-Softmax", "A-Softmax"),
        )
    }  # fmt: skip
    shapes = {"L-Softmax": marker("m=4"), "A-Softmax": marker("A-Softmax")}
    handles = [
        Line2D([], [], color=tint, marker=shapes.get(told, "o"), linestyle="", label=told)
        for told, tint in families.items()
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9.5, handletextpad=0.2)
    return figure


def curves(arms: Arms) -> Figure:
    """Mean norm, loss and error of each arm over the steps, batches of training images."""
    figure: Figure
    figure, panels = plt.subplots(3, 1, figsize=(WIDTH, 6.2), sharex=True)
    told = (("feature_norm", "mean norm"), ("loss", "cross-entropy"), ("train_error", "training error"))
    for axes, (key, label) in zip(panels, told, strict=True):
        for name in arms:
            step, values = _mean_curve(arms, name, key)
            if len(step):
                axes.plot(step, values, color=_tint(name), label=_short(name))
        axes.set(ylabel=label, yscale="linear" if key == "feature_norm" else "log")
        label_lines(axes)
    panels[-1].set_xlabel("optimiser step")
    return figure


def _short(name: str) -> str:
    strength = _strength(name)
    return "softmax" if strength == 0 else name.replace("lambda=", "λ = ")


def _trained(panels: Mapping[str, Arms]) -> Mapping[str, Arms]:
    """The panels that have a run to show; the first where none has."""
    found = {title: arms for title, arms in panels.items() if arms.finished()}
    return found or dict(list(panels.items())[:1])


def accuracy_by_norm(panels: Mapping[str, Arms]) -> Figure:
    """Accuracy of the test images in tenths by feature norm, short to long; one arm a panel, a faint line a seed."""
    figure: Figure
    panels = _trained(panels)
    figure, all_axes = plt.subplots(1, len(panels), figsize=(WIDTH, 3.2), sharey=True, squeeze=False)
    for axes, (title, arms) in zip(all_axes.flat, panels.items(), strict=True):
        name = next(iter(arms))
        found = [r["geometry"] for r in arms.finished(name) if "norm_decile_accuracy" in r["geometry"]]
        lines = np.array([each["norm_decile_accuracy"] for each in found], dtype=float)
        for line in lines:
            axes.plot(range(1, 11), line, color=colour("softmax"), alpha=0.25, linewidth=1)
        if len(lines):
            axes.plot(range(1, 11), lines.mean(0), "o-", color=colour("softmax"), markersize=4)
        axes.set_title(title, fontsize=10)
        axes.set(xlabel="tenth by norm", xticks=(1, 4, 7, 10))
    all_axes.flat[0].set_ylabel("test accuracy (%)")
    return figure


def right_and_wrong(panels: Mapping[str, Arms]) -> Figure:
    """The paper's Figures 1 and 3: how many test images have which norm, right and wrong; the first arm, seed 0."""
    figure: Figure
    panels = _trained(panels)
    figure, all_axes = plt.subplots(1, len(panels), figsize=(WIDTH, 3.4), squeeze=False)
    for axes, (title, arms) in zip(all_axes.flat, panels.items(), strict=True):
        run = next(iter(arms.arms)).run
        record = arms.ledger.find(run)
        if record is not None and record["status"] == "finished":
            norms, right = arms.ledger.arrays(run)["norms"].astype(float), correctness(record)
            edges = np.linspace(0, float(np.quantile(norms, 0.999)), 31)
            for kept, tint, told in ((right, colour("softmax"), "right"), (~right, SHADES[1.0], "wrong")):
                axes.hist(norms[kept], bins=edges, color=tint, alpha=0.75, label=told)
            axes.set_yscale("log")
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("norm")
    all_axes.flat[0].set_ylabel("test images")
    figure.legend(*all_axes.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9.5)
    return figure


def class_norms(panels: Mapping[str, Arms]) -> Figure:
    """The paper's Figure 6: mean norm and error of each class under the first arm and the last; a column a panel."""
    figure: Figure
    panels = _trained(panels)
    figure, grid = plt.subplots(2, len(panels), figsize=(WIDTH, 4.4), sharex=True, squeeze=False)
    for column, (title, arms) in enumerate(panels.items()):
        names = list(arms)
        for axes, key in zip(grid[:, column], ("class_feature_norm", "class_error"), strict=True):
            for name, shift in ((names[0], -0.2), (names[-1], 0.2)):
                found = [r["geometry"][key] for r in arms.finished(name) if key in r["geometry"]]
                if found:
                    values = np.array(found, dtype=float).mean(0)
                    axes.bar(np.arange(len(values)) + shift, values, 0.38, color=_tint(name), label=_short(name))
        grid[0, column].set_title(title, fontsize=10)
        grid[1, column].set(xlabel="class", xticks=(0, 3, 6, 9))
    grid[0, 0].set_ylabel("mean norm")
    grid[1, 0].set_ylabel("error (%)")
    handles = grid[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=2, fontsize=9.5)
    return figure


def scale_map(arms: Arms) -> Figure:
    """Table 4 over the rate: which scales a run survives, and with what error; both axes logarithmic.

    A dot is as full as the share of its runs that diverged. Dotted lines join settings in which the head learns at one
    rate, scale squared times rate.
    """
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 3.9))
    places = {name: tuple(float(word) for word in name.split()[1::2]) for name in arms}
    scales, rates = (sorted({place[i] for place in places.values()}) for i in (0, 1))
    wide = np.array([scales[0] / 1.3, scales[-1] * 1.3])
    for rate in rates:
        head = rate * scales[0] ** 2
        axes.plot(wide, head / wide**2, ":", color="#9ca3af", linewidth=1, zorder=0)
    for name, place in places.items():
        records = arms.records(name)
        if not records:
            continue
        share = arms.lost(name)[0] / len(records)
        fill = "full" if share == 1 else "none" if share == 0 else "left"
        axes.plot(*place, "o", color=colour("scale"), fillstyle=fill, markersize=11)
        told = f"{arms.mean(name):.1f} %" if share < 1 else "diverged"
        axes.annotate(told, place, xytext=(0, -10), textcoords="offset points", ha="center", va="top", fontsize=9.5)
    axes.set(xscale="log", yscale="log", xlim=wide, ylim=(rates[0] / 2, rates[-1] * 1.8), xlabel="feature scale c")
    axes.set_ylabel("rate η")
    axes.set_xticks(scales, [f"{scale:g}" for scale in scales])
    axes.set_yticks(rates, [f"{rate:g}" for rate in rates])
    axes.minorticks_off()
    return figure


def layers(methods: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    """The paper's Figure 7: how the weights of each layer are distributed, a panel a layer and a line a method."""
    figure: Figure
    names = list(next(iter(methods.values())))
    figure, panels = plt.subplots(1, len(names), figsize=(WIDTH, 3.4), sharey=True)
    decays = iter(("#4b3621", "#d6b98c", colour("softmax")))  # in the order of the methods: strong, weak, the paper's
    for method, found in methods.items():
        tint = "#111827" if method == "start" else next(decays) if method.startswith("softmax") else colour(method[:2])
        for axes, name in zip(panels, names, strict=True):
            widest = max(float(np.abs(each[name]).max()) for each in methods.values())
            share, edges = np.histogram(found[name], bins=41, range=(-widest, widest))
            place = (edges[1:] + edges[:-1]) / 2
            style = ":" if method == "start" else "-"
            axes.plot(place, 100 * share / share.sum(), style, color=tint, linewidth=1.4, label=method)
            axes.set_title(name, fontsize=10)
            axes.set(xlabel="weight", yscale="log")
    panels[0].set_ylabel("share of the weights (%)")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9.5)
    return figure
