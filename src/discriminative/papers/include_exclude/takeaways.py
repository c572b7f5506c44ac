"""What the figures of the include-and-exclude chapter show, by the records and by the paper's own sweeps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from discriminative.evidence import Arms
from discriminative.figures.takeaways import NOTHING, ends_of, last, listed, named, percent, short
from discriminative.papers.include_exclude.appendix import standing_out, sweeps
from discriminative.papers.include_exclude.free_variance import FreePath, crossed_told
from discriminative.pictures import taken

__all__ = ["TAKEAWAYS"]


def forces(arms: Arms) -> str:
    """The scatter that each arm leaves, the geometric mean."""
    told = [
        f"{short(10 ** float(np.mean(values)))} under {named(name)}"
        for name in arms
        if (values := arms.numbers(name, "log scatter"))
    ]
    return f"Scatter within classes over scatter between: {listed(told)}." if told else NOTHING


def courses(panels: Mapping[str, Arms]) -> str:
    """How hard each term pulls at the end of training."""
    told = []
    for arms in panels.values():
        ends = {name: last(arms, name, "term_pulls", 0) for name in arms}
        told += [f"{short(end)} of {named(name)}" for name, end in ends.items() if not math.isnan(end)]
    return f"Pull of the term at the end of training: {listed(told)}." if told else NOTHING


def best_of_many(_: Arms) -> str:
    """How many of the printed sweeps have a best that chance would not have."""
    rows = [(sweep.standing_out, *np.quantile(standing_out(len(sweep.settings)), (0.025, 0.975))) for sweep in sweeps()]
    above, below = sum(out > high for out, _, high in rows), sum(out < low for out, low, _ in rows)
    return (
        f"Of {len(rows)} printed sweeps {above or 'none'} stands out more than chance would in 95 of 100 draws, and "
        f"{below or 'none'} less."
    )


def lambda_sweep(arms: Arms, softmax: Arms) -> str:
    """The coefficients with the fewest and with the most errors."""
    found = {float(name.split("lambda=")[1]): arms.mean(name) for name in arms if arms.numbers(name)}
    if not found:
        return NOTHING
    least, most = ends_of(found)
    same = softmax.at_seeds(*{seed for name in arms for seed in arms.values(name, "test error")})
    return (
        f"Least test error at λ = {least:g}, {percent(found[least])}, most at λ = {most:g}, {percent(found[most])}; "
        f"softmax at the same seeds {percent(same.mean('softmax'))}."
    )


def both_planes(arms: Arms) -> str:
    """The errors on training and on test images of the runs that are drawn."""
    told = []
    for arm in arms.arms:
        kept = taken(arm.runs()[0], "-plane")
        if kept is not None:
            train, test = (float(100 * kept[f"{part}_wrong"] / kept[f"{part}_images"]) for part in ("train", "test"))
            told.append(f"{percent(train)} and {percent(test)} under {named(arm.name)}")
    return f"Errors on training and on test images: {listed(told)}." if told else NOTHING


def free_paths(paths: Sequence[FreePath]) -> str:
    """How many runs of each reading cross zero."""
    told = [
        f"in {crossed_told(path for path in paths if path.reading == reading)} under {named(reading)}"
        for reading in dict.fromkeys(path.reading for path in paths)
    ]
    return f"A free variance falls below zero {listed(told)}."


TAKEAWAYS: dict[str, Callable[..., str]] = {
    "ie-forces": forces,
    "ie-courses": courses,
    "ie-best": best_of_many,
    "ie-sweep": lambda_sweep,
    "ie-free": free_paths,
    "ie-both-planes": both_planes,
}
