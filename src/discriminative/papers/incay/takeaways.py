"""What the figures of incay's chapter show, by the records."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from discriminative.evidence import Arms, means, rank
from discriminative.figures.takeaways import NOTHING, ends_of, last, listed, named, short
from discriminative.ledger import correctness
from discriminative.papers.incay.told import class_changes, scales_told

__all__ = ["TAKEAWAYS"]

NONE, ALL = "RN lambda=0", "RN lambda=1"


def pulls(arms: Arms) -> str:
    """How hard incay pulls at the end, beside cross-entropy along the feature."""
    share = last(arms, ALL, "term_pulls", 0) / last(arms, ALL, "pull_along")
    told = f"At the end of training incay with λ = 1 pulls {short(share)} times as hard as cross-entropy, outwards."
    return NOTHING if math.isnan(share) else told


def curves(arms: Arms) -> str:
    """Where norm and training error end without incay and with the largest coefficient."""
    norms, errors = ([last(arms, name, key) for name in (NONE, ALL)] for key in ("feature_norm", "train_error"))
    return (
        f"With λ = 1 the mean norm ends {100 * (norms[1] / norms[0] - 1):+.0f} % from where it ends with λ = 0, the "
        f"training error at {100 * errors[1]:.2f} % ({100 * errors[0]:.2f} % with λ = 0)."
    )


def moves(panels: Mapping[str, Arms]) -> str:
    """The rank correlations of both panels."""
    (arms,) = panels.values()
    found = means(arms, "feature norm", "angle gap", "test error")
    (number, norm), (_, gap) = (rank(found, name, "test error") for name in ("feature norm", "angle gap"))
    return (
        f"Over {number} arms the test error has a rank correlation of {norm:.2f} with the norm and of {gap:.2f} with "
        "the angular gap."
    )


def scale_map(arms: Arms) -> str:
    """The largest scale under which no run diverged, at each rate."""
    survived = scales_told(arms).survived
    told = listed(f"{short(survived[rate])} at a rate of {rate:g}" for rate in sorted(survived, reverse=True))
    return f"No run diverged up to a scale of {told}." if told else NOTHING


def accuracy_by_norm(panels: Mapping[str, Arms]) -> str:
    """Accuracy of the shortest and of the longest tenth."""
    told = []
    for title, arms in panels.items():
        found = [r["geometry"] for r in arms.finished(NONE) if "norm_decile_accuracy" in r["geometry"]]
        if found:
            tenths = np.mean([each["norm_decile_accuracy"] for each in found], 0)
            told.append(f"{tenths[0]:.0f} and {tenths[-1]:.0f} % on {title}")
    return f"Right among the shortest and among the longest tenth: {listed(told)}." if told else NOTHING


def right_and_wrong(panels: Mapping[str, Arms]) -> str:
    """The median norm of wrong images beside that of right ones."""
    told = []
    for title, arms in panels.items():
        run = next(iter(arms.arms)).run
        record = arms.ledger.find(run)
        if record is not None and record["status"] == "finished":
            norms, right = arms.ledger.arrays(run)["norms"].astype(float), correctness(record)
            told.append(f"{short(np.median(norms[~right]) / np.median(norms[right]))} on {title}")
    return f"Median norm of wrong images over that of right ones: {listed(told)}." if told else NOTHING


def class_norms(panels: Mapping[str, Arms]) -> str:
    """In how many classes the last arm has longer features and fewer errors than the first."""
    told = []
    for title, arms in panels.items():
        ends = next(iter(arms)), list(arms)[-1]
        longer, fewer = (class_changes(arms, *ends, f"class_{of}") for of in ("feature_norm", "error"))
        if any(longer):
            told.append(f"{longer[-1]} and {fewer[0]} on {title}")
    return f"Of ten classes longer with λ = 1, and with fewer errors: {listed(told)}." if told else NOTHING


def layers(methods: Mapping[str, Mapping[str, np.ndarray]]) -> str:
    """Whose weights are the smallest and whose the largest after training, over all layers."""
    sizes = {
        name: float(np.sqrt(np.mean(np.concatenate([each.ravel() for each in found.values()]) ** 2)))
        for name, found in methods.items()
        if name != "start"
    }
    least, most = ends_of(sizes)
    return (
        f"After training the weights are smallest under {named(least)} (root mean square {sizes[least]:.3f}) and "
        f"largest under {named(most)} ({sizes[most]:.3f})."
    )


TAKEAWAYS: dict[str, Callable[..., str]] = {
    "inc-pulls": pulls,
    "inc-curves": curves,
    "inc-moves": moves,
    "inc-scales": scale_map,
    "inc-by-norm": accuracy_by_norm,
    "inc-right-wrong": right_and_wrong,
    "inc-classes": class_norms,
    "inc-layers": layers,
}
