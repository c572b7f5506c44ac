"""Tables of the verification chapter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from discriminative.evidence import Arms
from discriminative.figures.style import label
from discriminative.ledger import correctness
from discriminative.papers import printed
from discriminative.statistics import interval
from discriminative.verification import binomial_error

__all__ = [
    "arms_rows",
    "gains",
    "gains_rows",
    "named",
    "open_set_rows",
    "pair_rows",
    "sign_test",
    "trained",
    "untrained",
]

PAIRS = 6000  # of LFW
# Paper, its table, row and column, the arm of ours that stands beside it.
ROWS = (
    ("thesis", "2.5", "Softmax", "Accuracy", "softmax"),
    ("thesis", "2.5", "L-Softmax (m=4)", "Accuracy", "m=4"),
    ("incay", "1", "L-Softmax", "mAcc", "m=4"),
    ("incay", "1", "RN + L-Softmax", "mAcc", ""),
    ("incay", "1", "A-Softmax", "mAcc", "A-Softmax m=4"),
    ("incay", "1", "RN + A-Softmax", "mAcc", ""),
    ("weights_biased", "3", "original softmax", "Accuracy", "softmax"),
    ("weights_biased", "3", "W-Softmax ($\\alpha=1$)", "Accuracy", "W-Softmax"),
    ("reconstruction", "2", "L-Softmax (Liu et al. 2016)", "LFW", "m=4"),
    ("reconstruction", "2", "L-Softmax+Lre", "LFW", ""),
    ("reconstruction", "2", "Softmax+Center Loss (Wen et al. 2016)", "LFW", "center loss"),
    ("reconstruction", "2", "Softmax+Center Loss+Lre", "LFW", ""),
    ("include_exclude", "6", "Softmax [N]", "Acc. on LFW", "softmax"),
    ("include_exclude", "6", "Triplet Loss [N]", "Acc. on LFW", ""),
    ("include_exclude", "6", "L-Softmax [N]", "Acc. on LFW", "m=4"),
    ("include_exclude", "6", "Center [N]", "Acc. on LFW", "center loss"),
    ("include_exclude", "6", "IE [N]", "Acc. on LFW", "include-exclude loss"),
)
TITLES = {
    "thesis": "thesis", "incay": "incay", "weights_biased": "W-Softmax", "reconstruction": "reconstruction",
    "include_exclude": "include-exclude",
}  # fmt: skip
# What is compared in which paper: the row without and the row with.
GAINS = (
    ("thesis: L-Softmax m = 4 over softmax", 0, 1),
    ("incay: RN beside L-Softmax", 2, 3),
    ("incay: RN beside A-Softmax", 4, 5),
    ("W-Softmax over softmax", 6, 7),
    ("reconstruction: beside L-Softmax", 8, 9),
    ("reconstruction: beside center loss", 10, 11),
    ("include-exclude over softmax", 12, 16),
    ("include-exclude over center loss", 15, 16),
    ("include-exclude over L-Softmax", 14, 16),
)


def _accuracy(row: int) -> float:
    """As printed; the reconstruction paper prints errors."""
    paper, table, name, column, _ = ROWS[row]
    value = float(printed(paper, table)[name, column])
    return 100 - value if paper == "reconstruction" else value


def named(value: float, low: float, high: float) -> str:
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"


def _percent_right(arms: Arms, name: str) -> str:
    errors = arms.numbers(name) if name in arms else []
    if not errors:
        return "not run"
    mean, low, high = interval([100 - error for error in errors])
    return f"{mean:.1f}, one run" if len(errors) == 1 else f"{named(mean, low, high)}, n = {len(errors)}"


def open_set_rows(arms: Arms) -> tuple[list[str], list[list[str]]]:
    """The open-set rows of the five papers, as printed, beside ours on LFW without outside data."""
    heads = ["Loss", "Paper", "Printed on LFW", "Ours, without outside data"]
    rows = []
    for i, (paper, table, name, _, ours) in enumerate(ROWS):
        told = _percent_right(arms, ours) if ours else "no such arm on faces"
        rows.append([name.replace("$\\alpha=1$", "alpha = 1"), f"{TITLES[paper]}, Table {table}",
                     f"{_accuracy(i):.2f} %", told])  # fmt: skip
    return heads, rows


def gains() -> list[tuple[str, float, float]]:
    """Each printed comparison: its name, the accuracy without and the one with."""
    return [(name, _accuracy(without), _accuracy(row)) for name, without, row in GAINS]


def sign_test(pairs: int) -> float:
    """The two-sided sign test where one of two losses answers so many pairs more, in the best case for it."""
    return min(1.0, 2.0 ** (1 - pairs))


def gains_rows() -> tuple[list[str], list[list[str]]]:
    """How many of 6,000 pairs each printed gain is, against the error of a difference, and the best case of a test."""
    heads = ["Compared", "Printed gain", "Pairs of 6,000", "Standard errors apart", "Sign test, at best"]
    rows = []
    for name, before, after in gains():
        both = float(np.hypot(binomial_error(before, PAIRS), binomial_error(after, PAIRS)))
        count = round(abs(after - before) * PAIRS / 100)
        best = sign_test(count)
        rows.append([name, f"{after - before:+.2f} points", f"{count}", f"{(after - before) / both:+.1f}",
                     f"p = {best:.2f}" if best >= 0.005 else "p < 0.005"])  # fmt: skip
    return heads, rows


def arms_rows(arms: Arms, one_shot: bool) -> tuple[list[str], list[list[str]]]:
    """Every arm with runs that finished: training error, errors of pairs by cosine and distance, a curve, seconds."""
    heads = [
        "Arm",
        "Training error (%)",
        "Pairs wrong, cosine (%)",
        "L2 (%)",
        "Equal error (%)",
        "Accepted at 1 in 100 (%)",
    ]
    heads += ["One-shot wrong (%)"] if one_shot else []
    heads += ["Equal error over identities, seed 0 (%)", "Seconds a run", "Runs"]
    rows = []
    for name in arms:
        found = arms.finished(name)
        if not found:
            continue
        cells = [label(name), _mean(arms.numbers(name, "training error")), _mean(arms.numbers(name))]
        gaps = zip(arms.numbers(name), arms.numbers(name, "cosine over L2"), strict=True)
        cells += [
            _mean([error + gap for error, gap in gaps]),
            _mean(arms.numbers(name, "equal error")),
            _mean(arms.numbers(name, "true accepts")),
        ]
        cells += [_mean(arms.numbers(name, "one-shot error"))] if one_shot else []
        seconds = float(np.median([record["environment"]["wall_seconds"] for record in found]))
        diverged, collapsed = arms.lost(name)
        lost = "".join(f"; {n} {word}" for n, word in ((diverged, "diverged"), (collapsed, "did not train")) if n)
        cells.append(_over_identities(found))
        rows.append([*cells, f"{seconds:.0f}", f"{len(found)}{lost}"])
    return heads, rows or [_nothing(heads)]


def trained(arms: Arms, names: Iterable[str]) -> list[str]:
    """Those of the names whose finished runs did not collapse by half or more."""
    return [
        name
        for name in names
        if name in arms and arms.finished(name) and 2 * arms.lost(name)[1] < len(arms.finished(name))
    ]


def untrained(arms: Arms) -> str:
    """The other arms that have finished runs, in words."""
    kept = trained(arms, arms)
    names = [label(name) for name in arms if arms.finished(name) and name not in kept]
    return ", ".join(names) or "none"


def _nothing(heads: list[str]) -> list[str]:
    return ["no record yet", *["–"] * (len(heads) - 1)]


def _over_identities(records: list[dict[str, Any]]) -> str:
    """The interval of the equal error rate of the run under seed 0, its identities drawn again."""
    for record in records:
        ends = record["metrics"]["pairs"].get("over_identities")
        if ends and None not in ends:
            return f"[{ends[0]:.1f}, {ends[1]:.1f}]"
    return "–"


def _mean(values: list[float]) -> str:
    if not values:
        return "–"
    mean, low, high = interval(values)
    return named(mean, low, high) if len(values) > 1 else f"{mean:.1f}"


def pair_rows(arms: Arms, baseline: str = "softmax") -> tuple[list[str], list[list[str]]]:
    """Pairs that most runs of an arm answer right where most of the baseline answer wrong, and the other way round."""
    heads = ["Arm", f"Right, {baseline} wrong", f"Wrong, {baseline} right", "Both wrong", "Wrong under every seed"]
    rows: list[list[str]] = []
    if baseline not in arms or not arms.finished(baseline):
        return heads, [_nothing(heads)]
    first = _mostly_right(arms, baseline)
    for name in arms:
        if name == baseline or not arms.finished(name):
            continue
        second = _mostly_right(arms, name)
        counts = (second & ~first, ~second & first, ~second & ~first, arms.always_wrong(name))
        rows.append([label(name), *(f"{int(each.sum()):,}" for each in counts)])
    return heads, rows


def _mostly_right(arms: Arms, name: str) -> np.ndarray:
    answers = np.array([correctness(record) for record in arms.finished(name)])
    found: np.ndarray = answers.mean(0) >= 0.5
    return found
