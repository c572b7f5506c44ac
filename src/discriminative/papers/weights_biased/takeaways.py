"""What the figures of the chapter on W-Softmax show, by the records and by the theory beside them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from discriminative.evidence import Arms
from discriminative.figures.takeaways import NOTHING, listed, percent
from discriminative.papers.weights_biased.experiments import GRADIENTS, map_name
from discriminative.papers.weights_biased.figures import optimum

__all__ = ["TAKEAWAYS"]

PRINTED, STOPPED = GRADIENTS


def _left(arms: Arms, name: str) -> str:
    """How many of an arm's runs a mean is of, where some diverged."""
    started, diverged = len(arms.records(name)), arms.lost(name)[0]
    return f"(mean of {started - diverged} of {started} runs, the rest diverged)" if diverged else ""


def over_alpha(arms: Arms) -> str:
    """The error at the paper's middle alpha in the two extreme columns, under either gradient."""
    told = []
    for norm, warm, where in ((False, False, "without either help"), (True, True, "with batch norm and a warm start")):
        each = [
            f"{percent(arms.mean(name))} under the {gradient} {_left(arms, name)}".rstrip()
            for gradient, name in (
                ("printed gradient", map_name(1.0, PRINTED, norm, warm)),
                ("stopped one", map_name(1.0, STOPPED, norm, warm)),
            )
        ]
        told.append(f"{where} {each[0]}, {each[1]}")
    return f"The test error at α = 1: {'; '.join(told)}."


def theory(arms: Arms) -> str:
    """The own angle and the weights' cosine at alpha = 1: those of theory and those of training."""
    rho, angle = optimum(1.0)
    trained = [
        f"{arms.mean(map_name(1.0, gradient), 'own angle'):.0f}° and "
        f"{arms.mean(map_name(1.0, gradient), 'weight cosine'):.3f}"
        for gradient in (PRINTED, STOPPED)
    ]
    told = (
        f"At α = 1 the printed gradient has its optimum at an own angle of {angle:.0f}° and a weight cosine of "
        f"{rho:.3f} and trains to {trained[0]}; the stopped one rests at 0° and {-1 / 9:.3f}, trains to {trained[1]}."
    )
    return told.replace("-", "\N{MINUS SIGN}")


def cosines(arms: Arms) -> str:
    """The distance from a simplex at alpha = 1."""
    found = [arms.mean(map_name(1.0, gradient), "cosines off the simplex") for gradient in (PRINTED, STOPPED)]
    return (
        f"At α = 1 the cosines are {found[0]:.2f} from those of a simplex under the printed gradient and "
        f"{found[1]:.2f} under the stopped one."
    )


def by_class(arms: Arms) -> str:
    """From softmax to the largest alpha: the mean own angle on test images."""
    told = []
    for gradient, name in ((STOPPED, "stopped"), (PRINTED, "as printed")):
        ends = [arms.mean(map_name(alpha, gradient), "own angle") for alpha in (0.0, 1.5)]
        told.append(f"from {ends[0]:.0f}° to {ends[1]:.0f}° with the gradient {name}")
    return f"From α = 0 to 1.5 the mean own angle on test images goes {listed(told)}."


def widths(panels: Mapping[str, Arms]) -> str:
    """Softmax's error at classes less one and at the most units, where both were run."""
    told = []
    for title, arms in panels.items():
        found = {int(name.split("M=")[1]): arms.mean(name) for name in arms if name.startswith("softmax ")}
        found = {units: error for units, error in found.items() if not math.isnan(error)}
        if len(found) > 1:
            told.append(f"{title}: " + ", ".join(f"{percent(found[units])} with {units}" for units in sorted(found)))
    return f"Softmax's error by units, {'; '.join(told)}." if told else NOTHING


def classes(arms: Arms) -> str:
    """What W-Softmax gains with the fewest and with the most classes."""
    told = []
    for k in (5, 10):
        pairs = arms.pairs(f"softmax k={k}", f"W-Softmax k={k}")
        if pairs:
            told.append(f"{np.mean([before - after for before, after in pairs]):.2f} points with {k} classes")
    return f"W-Softmax gains {listed(told)} on softmax." if told else NOTHING


TAKEAWAYS: dict[str, Callable[..., str]] = {
    "wsm-map": over_alpha,
    "wsm-angles": theory,
    "wsm-cosines": cosines,
    "wsm-classes": by_class,
    "wsm-widths": widths,
    "wsm-gains": classes,
}
