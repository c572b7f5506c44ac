"""Figures: one style for the whole book, and one colour for each loss wherever it stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from discriminative.ledger import Ledger, table
from discriminative.papers import Arm, Claim
from discriminative.report import arm_errors, arm_records
from discriminative.statistics import Verdict, effect, interval

__all__ = [
    "COLOURS",
    "arcface_region",
    "binary_margins",
    "classification_pipeline",
    "cosine_matrices",
    "decision_regions",
    "errors_by_arm",
    "feature_planes",
    "forest",
    "gap_against_error",
    "label_free_values",
    "learning_curves",
    "open_and_closed_sets",
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
    rows = math.ceil(len(arms) / 2)
    figure, panels = plt.subplots(rows, 2, figsize=(7.2, 3.7 * rows), squeeze=False)
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


# ---------------------------------------------------------------------------------------------------------------------
# Geometry that needs no record


def decision_regions(between: float = 100.0) -> Figure:
    """Two unit weights in the plane: where each loss counts a direction as class 1, class 2 or neither in training."""
    import torch

    from discriminative.losses import psi

    half = math.radians(between) / 2
    phi = torch.linspace(-math.pi, math.pi, 3601, dtype=torch.float64)
    to_first, to_second = ((phi - sign * half).cos() for sign in (1, -1))

    def sine_rule(cosine: torch.Tensor, margin: float) -> torch.Tensor:
        return cosine * math.cos(margin) - (1 - cosine**2).clamp_min(0).sqrt() * math.sin(margin)

    rules: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
        "softmax": lambda c: c,
        "L- and A-Softmax, m = 2": lambda c: psi(c, 2),
        "L- and A-Softmax, m = 4": lambda c: psi(c, 4),
        "CosFace, m = 0.35": lambda c: c - 0.35,
        "ArcFace, m = 0.5": lambda c: sine_rule(c, 0.5),
    }
    figure: Figure
    figure, panels = plt.subplots(1, len(rules), figsize=(10.2, 2.5), subplot_kw={"projection": "polar"})
    for axes, (name, rule) in zip(panels, rules.items(), strict=True):
        first, second = rule(to_first) > to_second, rule(to_second) > to_first
        for region, tint in ((first, "#2f8fcf"), (second, "#e69f00"), (~first & ~second, "#e5e7eb")):
            axes.fill_between(phi, 0, region.to(phi.dtype), color=tint, alpha=0.75, linewidth=0)
        for sign in (1, -1):
            axes.annotate("", (sign * half, 1.0), (0, 0), arrowprops={"arrowstyle": "-|>", "color": "#111827"})
        axes.set(xticks=[], yticks=[], ylim=(0, 1))
        axes.spines["polar"].set_visible(False)
        axes.set_theta_zero_location("N")
        axes.set_title(name, fontsize=10, loc="center")
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
    figure, axes = plt.subplots(figsize=(7.2, 4.2))
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
    axes.plot([0, 110], [0, 110], color="#d1d5db", linewidth=1, zorder=0)
    axes.annotate("all there is", (88, 96), fontsize=9, color="#6b7280", ha="right")
    axes.axvline(math.degrees(math.acos(-1 / 9)), color="#d1d5db", linewidth=1, zorder=0)
    axes.annotate(
        "ten classes\non a simplex", (math.degrees(math.acos(-1 / 9)), 100), fontsize=9, color="#6b7280", ha="right"
    )
    axes.set(
        xlim=(0, 180), ylim=(0, None), xticks=range(0, 181, 45), xlabel="angle between the class weights (degrees)",
        ylabel="margin between the classes (degrees)",
    )  # fmt: skip
    return figure


def arcface_region(margin: float = 0.5) -> Figure:
    """Where literal ArcFace asks less than softmax: its target cosine above the plain one near 180 degrees."""
    angle = np.linspace(0, math.pi, 721)
    figure: Figure
    figure, axes = plt.subplots(figsize=(7.2, 3.4))
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
        f"cos(θ + {margin:g})", (40, math.cos(math.radians(40) + margin)), xytext=(-8, -4), textcoords="offset points",
        ha="right", va="top", color=COLOURS["ArcFace"],
    )  # fmt: skip
    axes.annotate(
        "here it asks less", (math.degrees(math.pi - margin / 4), -0.97), xytext=(-14, 34), textcoords="offset points",
        ha="right", color=COLOURS["ArcFace"], arrowprops={"arrowstyle": "-", "color": COLOURS["ArcFace"]},
    )  # fmt: skip
    axes.set(
        xlim=(0, 180),
        xticks=range(0, 181, 45),
        xlabel="angle θ to the own class weight (degrees)",
        ylabel="target cosine",
    )
    return figure


def label_free_values(num_classes: int = 10) -> Figure:
    """The least risk of literal ArcFace over features that ignore the label, against its scale, beside the entropy."""
    scale = np.linspace(0, 64, 400)
    figure: Figure
    figure, axes = plt.subplots(figsize=(7.2, 3.6))
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
    figure, axes = plt.subplots(figsize=(7.6, 1.9))
    stages = [(0, 0, "image", "#f3f4f6"), (1.5, 0, "network", "#dbeafe"), (3, 0, "feature x", "#f3f4f6")]
    stages += [(4.5, 0, "head W", "#dbeafe"), (6, 0, "softmax and\ncross-entropy", "#dbeafe")]
    _boxes(axes, stages, 1.1)
    for x in (0, 1.5, 3, 4.5):
        _arrow(axes, (x + 0.57, 0), (x + 0.92, 0))
    axes.plot([3.85, 3.85, 6.65, 6.65], [0.32, 0.42, 0.42, 0.32], color="#6b7280", linewidth=0.9)
    axes.annotate("what the thesis calls the softmax loss", (5.25, 0.5), ha="center", fontsize=9.5, color="#6b7280")
    axes.set(xlim=(-0.7, 6.8), ylim=(-0.45, 0.7))
    axes.axis("off")
    return figure


def open_and_closed_sets() -> Figure:
    """The thesis' Figure 2.6 as a diagram of ours: test people known in training, or not."""
    figure: Figure
    figure, panels = plt.subplots(1, 2, figsize=(8.2, 2.6))
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
        axes.annotate("training", (-0.5, 1.1), ha="right", va="center", fontsize=9.5, color="#6b7280")
        axes.annotate("test", (-0.5, 0), ha="right", va="center", fontsize=9.5, color="#6b7280")
        axes.annotate(question, (2.15, 0.55), va="center", fontsize=10)
        axes.set_title(title, fontsize=10)
        axes.set(xlim=(-1.3, 4.6), ylim=(-0.45, 1.5))
        axes.axis("off")
    return figure


# ---------------------------------------------------------------------------------------------------------------------
# Figures over many arms


def cosine_matrices(arms: Iterable[Arm], ledger: Ledger) -> Figure:
    """Mean cosine between the test features of every two classes, one matrix an arm, from its first seed."""
    found = [arm for arm in arms if ledger.has(arm.runs()[0]) and "arrays" in ledger.read(arm.runs()[0])]
    figure: Figure
    figure, panels = plt.subplots(1, max(len(found), 1), figsize=(3.3 * max(len(found), 1) + 0.6, 3.2), squeeze=False)
    image = None
    for axes, arm in zip(panels[0], found, strict=False):
        matrix = ledger.arrays(arm.runs()[0])["class_cosines"]
        image = axes.imshow(matrix, vmin=-1, vmax=1, cmap="RdBu_r")
        off = matrix[~np.eye(len(matrix), dtype=bool)]
        axes.set_title(f"{arm.name}: within {matrix.diagonal().mean():.2f}, between {off.mean():.2f}", fontsize=10)
        axes.set(xticks=range(len(matrix)), yticks=range(len(matrix)))
        axes.tick_params(length=0, labelsize=8)
    if image is not None:
        figure.colorbar(image, ax=panels[0].tolist(), label="mean cosine", shrink=0.85)
    return figure


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


def gap_against_error(arms: Iterable[Arm], ledger: Ledger) -> Figure:
    """The measured gap between own and nearest rival angle against the test error: a dot an arm."""
    figure: Figure
    figure, axes = plt.subplots(figsize=(7.2, 4.6))
    for name, gap, error, sem in arm_means(arms, ledger):
        axes.errorbar(gap, error, yerr=2 * sem, fmt="o", color=colour(name), markersize=6, elinewidth=1, alpha=0.9)
    families = {
        "softmax": "softmax", "weight-normalised": "weight-normalised", "NormFace": "NormFace", "hinge": "hinge",
        "m=3": "L-Softmax", "A-Softmax": "A-Softmax", "CosFace": "CosFace", "ArcFace": "ArcFace",
    }  # fmt: skip
    for i, (key, label) in enumerate(families.items()):
        axes.annotate(
            label, (0.985, 0.96 - 0.062 * i), xycoords="axes fraction", ha="right", color=COLOURS[key], fontsize=10
        )
    axes.set(xlabel="measured angle gap on test images (degrees)", ylabel="test error (%)")
    return figure


def learning_curves(experiments: dict[int, Iterable[Arm]], ledger: Ledger) -> Figure:
    """Change of the test error beside softmax at each number of training images, paired by seed, with intervals.

    Runs that finished above 50 % error are left out here and counted elsewhere.
    """
    figure: Figure
    figure, axes = plt.subplots(figsize=(7.2, 4.6))
    series: dict[str, list[tuple[int, float, float, float]]] = {}
    for size, arms in experiments.items():
        found = {arm.name: {seed: k for seed, k in arm_errors(arm, ledger).items() if k is not None} for arm in arms}
        images = 10_000
        for name, wrong in found.items():
            kept = [seed for seed, k in wrong.items() if seed in found["softmax"] and 2 * k <= images]
            gains = [effect(found["softmax"][seed], wrong[seed], images) for seed in kept]
            if name != "softmax" and len(gains) >= 3:
                middle, least, most = (100 * math.expm1(-g) for g in interval(gains))
                series.setdefault(name, []).append((size, middle, most, least))
    for k, (name, points) in enumerate(series.items()):
        nudge = 1.035 ** (k - len(series) / 2)
        size_of, mean, low, high = (np.array(column, dtype=float) for column in zip(*sorted(points), strict=True))
        axes.errorbar(
            size_of * nudge, mean, yerr=[mean - low, high - mean], color=colour(name), marker="o", markersize=5,
            elinewidth=1, linewidth=1.4, label=name,
        )  # fmt: skip
    axes.axhline(0, color=COLOURS["softmax"], linewidth=2, zorder=0)
    axes.legend(fontsize=9, ncols=2)
    sizes = sorted(experiments)
    axes.set(xscale="log", xlabel="training images", ylabel="change of the test error beside softmax (%)")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    return figure


def training_curves(arms: Iterable[Arm], ledger: Ledger) -> Figure:
    """Training error under the training logits over the run, the mean over the runs that finished, one line an arm."""
    figure: Figure
    figure, axes = plt.subplots(figsize=(7.2, 3.8))
    for arm in arms:
        curves = [r["curves"] for r in arm_records(arm, ledger) if r["status"] == "finished"]
        if not curves:
            continue
        mean = 100 * np.mean([curve["train_error"] for curve in curves], axis=0)
        dashes = "--" if "no blend" in arm.name else "-"
        axes.plot(curves[0]["step"], mean, dashes, color=colour(arm.name), linewidth=1.8, label=arm.name)
    axes.legend(fontsize=9)
    axes.set(xlabel="optimiser step", ylabel="training error under the bent logits (%)", ylim=(0, None))
    return figure
