"""What the figures of the reconstruction chapter show, by the records and by what the paper prints."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from discriminative.evidence import Arms, means, rank
from discriminative.figures.takeaways import NOTHING, by_pictures, last, listed, named, short
from discriminative.geometry import separability_floor
from discriminative.papers import printed
from discriminative.papers.reconstruction.figures import PRINTED, Picture, apart, together

__all__ = ["TAKEAWAYS"]


def floors(arms: Arms) -> str:
    """How many printed values lie below the floor of their shape, and where ours are."""
    below = [
        float(printed("reconstruction", table)[model, column]) < floor
        for _, table, model, column, (features, classes) in PRINTED
        if (floor := separability_floor(classes, features))
    ]
    reached = [10 ** float(np.mean(values)) for name in arms if (values := arms.numbers(name, "log e(W)"))]
    ours = f"; our arms reach from {short(min(reached))} to {short(max(reached))}" if reached else ""
    return (
        f"{sum(below)} of {len(below)} printed values lie below the least that a matrix of their shape can have{ours}."
    )


def courses(panels: Mapping[str, Arms]) -> str:
    """Where e(W) ends under softmax and under the loss at 1, raw and of unit columns."""
    (arms,) = panels.values()
    return progress(arms)


def progress(arms: Arms) -> str:
    """The same, of any arms."""
    ends = [[last(arms, name, f"separability_{kind}") for name in ("softmax", "L_re 1")] for kind in ("raw", "unit")]
    if any(math.isnan(end) for pair in ends for end in pair):
        return NOTHING
    (plain, fed), (unit, fed_unit) = ends
    return (
        f"e(W) ends at {short(plain)} under softmax and at {short(fed)} with the loss at 1, that of unit columns at "
        f"{short(unit)} and {short(fed_unit)}."
    )


def scatter(arms: Arms) -> str:
    """The rank correlation of the error with e(W), raw and of unit columns."""
    told = []
    for key, what in (("log e(W)", "e(W)"), ("log unit e(W)", "that of unit columns")):
        number, rho = rank(means(arms, key, "test error"), key, "test error")
        told.append(f"{rho:.2f} with {what}")
    return f"Over {number} arms the test error has a rank correlation of {listed(told)}."


def patterns(shots: Mapping[str, Picture]) -> str:
    """The mean cosine of a class' activation with its weight under each loss."""
    told = [f"{np.mean([cosine for _, cosine in apart(shot)]):.2f} under {named(name)}" for name, shot in shots.items()]
    return f"The cosine of a class' mean activation with its weight is {listed(told)}, on average." if told else NOTHING


def neurons(shots: Mapping[str, Picture]) -> str:
    """The mean correlation, over the neurons, of a class' activation with its weight under each loss."""
    told = [f"{np.mean(together(shot)):.2f} under {named(name)}" for name, shot in shots.items()]
    return (
        f"Over the neurons a class' activation and its weight correlate by {listed(told)}, on average."
        if told
        else NOTHING
    )


TAKEAWAYS: dict[str, Callable[..., str]] = {
    "fbr-floors": floors,
    "fbr-courses": courses,
    "fbr-progress": progress,
    "fbr-longer": progress,
    "fbr-scatter": scatter,
    "fbr-patterns": patterns,
    "fbr-neurons": neurons,
    "fbr-planes": by_pictures,
    "fbr-still": by_pictures,
}
