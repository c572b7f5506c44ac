"""What the chapter on incay says with two records at once: whose norms grew, and by how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from discriminative.evidence import Arms
from discriminative.ledger import correctness

__all__ = ["Growth", "norm_growth"]

DRAWS = 2000


@dataclass(frozen=True)
class Growth:
    """By what factor the mean norm of a group of test images differs from one run to the other.

    Args:
        images: how many.
        factor: mean norm under the second run over that under the first.
        low, high: 95 % of the factors over images drawn anew.
    """

    images: int
    factor: float
    low: float
    high: float


def norm_growth(arms: Arms, first: str, second: str) -> dict[str, Growth]:
    """Table 5's groups for seed 0 of two arms, the one whose records keep the norm of every test image.

    Right or wrong under both, *fixed* (wrong, then right), *added* (right, then wrong); and as ``"fixed over added"``
    the ratio of the two factors. Empty where a record is missing.
    """
    runs = [arms[name].run for name in (first, second)]
    records = [arms.ledger.find(run) for run in runs]
    right, norms = [], []
    for run, record in zip(runs, records, strict=True):
        if record is None or record["status"] != "finished":
            return {}
        right.append(correctness(record))
        norms.append(arms.ledger.arrays(run)["norms"].astype(float))
    (before, after), generator = right, np.random.default_rng(0)
    groups = {
        "right under both": before & after,
        "wrong under both": ~before & ~after,
        "fixed": ~before & after,
        "added": before & ~after,
    }
    found, drawn = {}, {}
    for name, group in groups.items():
        pair = np.stack([length[group] for length in norms], 1)
        if len(pair) < 2:
            return {}
        index = generator.integers(len(pair), size=(DRAWS if len(pair) < 1000 else 200, len(pair)))
        sums = pair[index].sum(1)
        drawn[name] = sums[:, 1] / sums[:, 0]
        found[name] = Growth(len(pair), pair[:, 1].sum() / pair[:, 0].sum(), *np.quantile(drawn[name], (0.025, 0.975)))
    ratio = found["fixed"].factor / found["added"].factor
    bounds = np.quantile(drawn["fixed"] / drawn["added"], (0.025, 0.975))
    images = found["fixed"].images + found["added"].images
    return found | {"fixed over added": Growth(images, ratio, *bounds)}
