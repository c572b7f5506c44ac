"""Appendix B as numbers: its sweeps on the test set, and what the best of as many settings is where none matters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from discriminative.papers import printed
from discriminative.statistics import rank_correlation

__all__ = ["IMAGES", "Sweep", "first_steps", "smooth_p", "standing_out", "sweeps"]

IMAGES = 10_000  # of each of the three test sets
# Table, part of it, what is swept, name, and where its best is the printed result: (table, row), center loss's row.
SOURCES = (
    ("B.1", "(a) ", "MNIST [L]", "2", "[L]"),
    ("B.1", "(b) ", "MNIST [N]", "2", "[N]"),
    ("B.2", "(a) ", "CIFAR-10 [L]", "3", "[L]"),
    ("B.2", "(b) ", "CIFAR-10 [N]", "3", "[N]"),
    ("B.3", "", "CIFAR-100 [N]", "4", "[N]"),
)


@dataclass(frozen=True)
class Sweep:
    """A column: the test accuracies in percent over one swept setting.

    ``center``, ``ours`` and ``softmax`` are the printed errors of these losses on the same network.
    """

    name: str
    swept: str
    settings: tuple[float, ...]
    accuracies: tuple[float, ...]
    center: float
    ours: float
    softmax: float

    @property
    def mean(self) -> float:
        return float(np.mean(self.accuracies))

    @property
    def deviation(self) -> float:
        return float(np.std(self.accuracies, ddof=1))

    @property
    def best(self) -> float:
        return max(self.accuracies)

    @property
    def standing_out(self) -> float:
        """How far the best lies above the mean, in standard deviations of the column."""
        return (self.best - self.mean) / self.deviation

    @property
    def trend(self) -> float:
        """Rank correlation of setting and accuracy."""
        return rank_correlation(list(self.settings), list(self.accuracies))

    @property
    def trend_p(self) -> float:
        """The p-value of that rank correlation."""
        from scipy.stats import spearmanr  # as in ``statistics``: a machine that only trains need not have it

        return float(spearmanr(self.settings, self.accuracies).pvalue)

    @property
    def smooth(self) -> float:
        """The p-value of a quadratic in the logarithm of the setting, against no effect of it."""
        return float(smooth_p(np.log(self.settings), np.array(self.accuracies)))

    @property
    def lead(self) -> float:
        """By how many points the mean over the sweep errs less than center loss's printed number."""
        return self.center - (100 - self.mean)

    @property
    def binomial(self) -> float:
        """Standard error of one accuracy of that size on the test set, in percent."""
        share = self.mean / 100
        return 100 * float(np.sqrt(share * (1 - share) / IMAGES))


def sweeps() -> list[Sweep]:
    """The ten columns of Tables B.1 to B.3, lambda before alpha."""
    found = []
    for swept in ("lambda", "alpha"):
        for table, part, name, result, size in SOURCES:
            cells = printed("include_exclude", table)
            rows = [row for row, _ in cells if row.startswith(f"{part}{swept}=")]
            values = [float(cells[row, "Accuracy"]) for row in rows]
            errors = printed("include_exclude", result)
            found.append(
                Sweep(
                    name,
                    swept,
                    tuple(float(row.split("=")[1]) for row in rows),
                    tuple(value if value > 1 else 100 * value for value in values),
                    float(errors[f"Center {size}", "Error rate"]),
                    float(errors[f"IE {size}", "Error rate"]),
                    float(errors[f"Softmax {size}", "Error rate"]),
                )
            )
    return found


def first_steps(least: float = 0.001) -> list[tuple[str, float, float, float, float]]:
    """Of each sweep of lambda that begins at ``least``: name, the errors of softmax, there and at the printed best, and
    which share of the gain over softmax, in the logarithm of the error, is there.
    """
    found = []
    for sweep in sweeps()[: len(SOURCES)]:
        if min(sweep.settings) == least:
            there = 100 - sweep.accuracies[sweep.settings.index(least)]
            share = np.log(sweep.softmax / there) / np.log(sweep.softmax / sweep.ours)
            found.append((sweep.name, sweep.softmax, there, sweep.ours, float(share)))
    return found


def standing_out(n: int, draws: int = 20_000) -> np.ndarray:
    """How far the best of n numbers stands out in their own standard deviations, where all are one normal's."""
    numbers = np.random.default_rng(0).standard_normal((draws, n))
    found: np.ndarray = (numbers.max(1) - numbers.mean(1)) / numbers.std(1, ddof=1)
    return found


def smooth_p(at: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The F test of a quadratic against a constant, of values along the last axis, as p-values."""
    from scipy.stats import f  # as in ``statistics``: a machine that only trains need not have it

    place = (at - at.mean()) / at.std()
    basis = np.linalg.qr(np.stack([np.ones_like(place), place, place**2], 1)).Q
    fitted = values @ basis @ basis.T
    mean = values.mean(-1, keepdims=True)
    explained, left = ((fitted - mean) ** 2).sum(-1), ((values - fitted) ** 2).sum(-1)
    freedom = len(at) - 3
    found: np.ndarray = f.sf(explained / 2 / (left / freedom), 2, freedom)
    return found
