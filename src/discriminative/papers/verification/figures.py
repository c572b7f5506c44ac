"""Figures of the verification chapter: ROC curves, scores of same and different pairs, and what the papers print."""

from __future__ import annotations

from collections.abc import Iterable

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from discriminative.disputed import Disputed, disputed, kept
from discriminative.evidence import Arms
from discriminative.figures.style import WIDTH, colour, label, marker
from discriminative.training.open_set import CURVE_AT
from discriminative.verification import binomial_error

__all__ = ["chain", "drawings", "histograms", "printed_gains", "rates", "roc"]

PAPER = "#111827"


def chain() -> Figure:
    """Two identities on a line, as in the counterexample to "necessary"."""
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 1.5))
    for places, tint, name in (((0, 1, 2, 3), "#0b5394", "one identity"), ((5, 6, 7, 8), "#b8325e", "another")):
        axes.plot(places, [0] * 4, "o", color=tint, markersize=11)
        axes.annotate(name, (np.mean(places), 0.35), ha="center", color=tint, fontsize=10.5)
    for low, high, height, told in ((0, 3, -0.45, "3 within"), (3, 5, -0.45, "2 between")):
        axes.annotate("", (low, height), (high, height), arrowprops={"arrowstyle": "<->", "color": PAPER})
        axes.annotate(told, ((low + high) / 2, height - 0.42), ha="center", fontsize=10)
    axes.set(ylim=(-1.1, 0.8), xlim=(-0.7, 8.7), yticks=[], xticks=[])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    return figure


def rates(arms: Arms, name: str) -> tuple[np.ndarray, np.ndarray]:
    """False accept rates, and the shares of same pairs that each finished run accepts at them, ``[runs, rates]``."""
    curves = [record["metrics"]["pairs"]["tar"] for record in arms.finished(name)]
    count = min((len(curve) for curve in curves), default=0)
    return np.array(CURVE_AT[len(CURVE_AT) - count :]), np.array([curve[len(curve) - count :] for curve in curves])


def roc(arms: Arms) -> Figure:
    """The mean ROC curve of each arm over its runs, the false accept rate on a logarithmic axis."""
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 4.2))
    for name in arms:
        far, tar = rates(arms, name)
        if len(tar):
            axes.plot(
                far, tar.mean(0), color=colour(name), label=label(name), linewidth=1.6, marker=marker(name),
                markersize=5, markevery=0.12,
            )  # fmt: skip
            if len(tar) > 2:
                spread = 2 * tar.std(0, ddof=1) / np.sqrt(len(tar))
                axes.fill_between(far, tar.mean(0) - spread, tar.mean(0) + spread, color=colour(name), alpha=0.12, lw=0)
    axes.set(xscale="log", xlabel="different pairs called same", ylabel="same pairs called same", ylim=(0, 1))
    axes.grid(color="#e5e7eb", linewidth=0.8)
    if axes.get_legend_handles_labels()[1]:
        figure.legend(loc="outside lower center", ncols=3, fontsize=9)
    return figure


def histograms(arms: Arms) -> Figure:
    """Cosines of same and of different pairs under seed 0, a panel an arm, with the threshold most often right."""
    from discriminative.verification import best_threshold

    names = [name for name in arms if any(record["run"]["seed"] == 0 for record in arms.finished(name))]
    figure: Figure
    rows = max(1, (len(names) + 1) // 2)
    figure, panels = plt.subplots(rows, 2, figsize=(WIDTH, 1.75 * rows), sharex=True, squeeze=False)
    for axes in panels.flat[len(names) :]:
        axes.axis("off")
    edges = np.linspace(-1, 1, 61)
    for axes, name in zip(panels.flat, names, strict=False):
        stored = arms.ledger.arrays(arms[name].runs()[0])
        cosine, same = stored["cosine"].astype(float), stored["same"]
        axes.hist(cosine[~same], edges, color="#9ca3af", alpha=0.8)
        axes.hist(cosine[same], edges, color=colour(name), alpha=0.6)
        axes.axvline(best_threshold(torch.from_numpy(cosine), torch.from_numpy(same)), color=PAPER, linewidth=1)
        axes.set_title(label(name), fontsize=10)
        axes.set_yticks([])
    for axes in panels[-1]:
        axes.set_xlabel("cosine")
    return figure


def printed_gains(rows: list[tuple[str, float, float]], pairs: int = 6000) -> Figure:
    """Printed accuracies with and without a loss, as gains beside twice the error of a difference of two of them.

    Args:
        rows: what is compared, the lower and the higher accuracy in percent.
        pairs: that each is of.
    """
    figure: Figure
    figure, axes = plt.subplots(figsize=(WIDTH, 0.4 * len(rows) + 1.0))
    for row, (_, before, after) in enumerate(rows):
        both = np.hypot(binomial_error(before, pairs), binomial_error(after, pairs))
        axes.plot([-1.96 * both, 1.96 * both], [row, row], color="#cbd5e1", linewidth=9, solid_capstyle="butt")
        axes.plot(after - before, row, "D", color=PAPER, markerfacecolor="white")
    axes.axvline(0, color=PAPER, linewidth=0.8)
    axes.set(yticks=range(len(rows)), yticklabels=[name for name, *_ in rows], xlabel="printed gain on LFW (points)")
    axes.invert_yaxis()
    return figure


def drawings(arms: Arms, names: Iterable[str], baseline: str = "softmax") -> Figure:
    """Pairs that an arm answers right and the baseline wrong, and the other way round, a row an arm, with their scores.

    Below each pair the cosines under seed 0 beside their thresholds, and under how many seeds the answers are right.
    """
    found = disputed(arms, names, baseline)
    shown = list(dict.fromkeys(each.arm for each in found))
    images = kept(arms[shown[0]].run.dataset) if shown else {}
    figure: Figure
    rows = max(1, len(shown))
    figure, panels = plt.subplots(rows, 4, figsize=(WIDTH, 1.3 * rows), squeeze=False)
    for axes in panels.flat:
        axes.set(xticks=[], yticks=[])
        for side in axes.spines.values():
            side.set_visible(False)
    heads = [f"{kind}, only\n{who} right" for who in ("the loss", baseline) for kind in ("same", "different")]
    for axes, head in zip(panels[0], heads, strict=True):
        axes.set_title(head, fontsize=9.5)
    for row, name in zip(panels, shown, strict=False):
        row[0].set_ylabel(label(name).replace(" ", "\n"), fontsize=9.5)
    for each in found:
        axes = panels[shown.index(each.arm), (0 if each.right else 2) + (0 if each.same else 1)]
        if each.pair in images:
            left, right = 255 - images[each.pair][:, 0]
            gap = np.full((len(left), 4), 255, dtype=np.uint8)
            axes.imshow(np.concatenate([left, gap, right], axis=1), cmap="gray", vmin=0, vmax=255)
        axes.set_xlabel("\n".join(_scores(arms, each, baseline)), fontsize=8)
    return figure


def _scores(arms: Arms, each: Disputed, baseline: str) -> list[str]:
    told, counts = [], []
    for name, share, cosine, cut in zip((baseline, each.arm), each.shares, each.cosines, each.thresholds, strict=True):
        told.append(f"{cosine:.2f} {'≥' if cosine >= cut else '<'} {cut:.2f}")
        counts.append(f"{round(share * len(arms.finished(name)))}/{len(arms.finished(name))}")
    return [f"{baseline} {told[0]}", f"loss {told[1]}", " and ".join(counts)]
