"""Algorithm 1 on 8 x 8 digits: softmax and include-and-exclude by plain SGD, the variance a free parameter.

One rate for the network, the class weights, the centres and the variance, as the algorithm has it; centres begin at the
origin, the variance at the 0.5 of Equation 7. The settings are those of the digits' other runs, without momentum and
decay, which the algorithm has not. Each step is set beside what the chapter's proposition makes of the one before.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from discriminative.data import load, normalise
from discriminative.losses import FreeVarianceIncludeExclude
from discriminative.losses.include_exclude import Reading
from discriminative.networks import build_network
from discriminative.papers.shared import DIGITS

__all__ = [
    "BOUND",
    "PATH_HEADS",
    "STEP_HEADS",
    "FreePath",
    "astray_told",
    "crossed_told",
    "free_path",
    "path_rows",
    "step_rows",
]


MARGIN = 0.1
# From below this a step may cross zero, with nine rivals and a coefficient of 1.
BOUND = math.sqrt(DIGITS.optimizer.rate * (MARGIN + math.log(9)))


@dataclass
class FreePath:
    """One training, step by step: everything is as it is before the step of that number.

    Args:
        reading: ``"A.1"`` or ``"Eq. 6"``.
        seed: of the network, the class weights and the batches.
        variance: sigma squared.
        predicted: what the proposition makes of the variance of the step before; at first the start.
        value: of the term.
        pull: the root mean square of the term's gradient by a feature, times the images of a batch.
        astray: the share of the features that are nearer to a rival than to their own centre.
    """

    reading: Reading
    seed: int
    variance: list[float] = field(default_factory=list)
    predicted: list[float] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    pull: list[float] = field(default_factory=list)
    astray: list[float] = field(default_factory=list)

    @property
    def crossed(self) -> int | None:
        """The first step before which the variance is zero or less."""
        return next((step for step, value in enumerate(self.variance) if value <= 0), None)

    @property
    def gap(self) -> float:
        """The greatest relative difference of the path from what is predicted of it."""
        pairs = zip(self.variance, self.predicted, strict=True)
        return max(abs(found - told) / max(abs(found), abs(told)) for found, told in pairs)


def margin_of_distances(
    features: Tensor, labels: Tensor, centers: Tensor, variance: float, reading: Reading
) -> tuple[float, float]:
    """The proposition's E, by its formula and not by a gradient; and the share of features nearer to a rival."""
    distances = (features.unsqueeze(1) - centers).square().sum(2)
    present = torch.zeros(len(centers), dtype=torch.bool).index_fill(0, labels, True)
    own = distances.gather(1, labels.unsqueeze(1)).squeeze(1)
    barred = (F.one_hot(labels, len(centers)) > 0) | ~present
    power = int(present.sum()) - 1 if reading == "A.1" else 1
    logits = (-distances / (2 * variance * power)).masked_fill(barred, -math.inf)
    opened = own / (2 * variance) + MARGIN + logits.logsumexp(1) > 0
    rivals = (logits.softmax(1) * distances).sum(1) / power
    nearest = distances.masked_fill(barred, math.inf).amin(1)
    return float((opened * (rivals - own)).mean()), float((nearest < own).double().mean())


def free_path(reading: Reading, seed: int, steps: int = 100) -> FreePath:
    """Train at a coefficient of 1 and look at every step; it ends early where a value is no number."""
    data = load(DIGITS.dataset)
    images, labels = normalise(data.train.images, data).double(), data.train.labels.to(torch.int64)
    rate, path = DIGITS.optimizer.rate, FreePath(reading, seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build_network(DIGITS.network, DIGITS.feature_dim).double()
        head = nn.Linear(DIGITS.feature_dim, 10, bias=False).double()
        term = FreeVarianceIncludeExclude(DIGITS.feature_dim, 10, MARGIN, reading).double()
        learned = [*network.parameters(), *head.parameters(), *term.parameters()]
        told = float(term.variance.detach())
        for _ in range(steps):
            batch = torch.randint(len(labels), (DIGITS.batch_size,))
            features, y = network(images[batch]), labels[batch]
            value = term(features, y)
            s = float(term.variance.detach())
            if not math.isfinite(s) or not math.isfinite(float(value.detach())):
                break
            by_term, *_ = torch.autograd.grad(value, [features], retain_graph=True)
            slopes = torch.autograd.grad(F.cross_entropy(head(features), y) + value, learned)
            e, astray = margin_of_distances(features.detach(), y, term.centers.detach(), s, reading)
            path.variance.append(s)
            path.predicted.append(told)
            path.value.append(float(value.detach()))
            path.pull.append(len(y) * float(by_term.square().sum(1).mean().sqrt()))
            path.astray.append(astray)
            told = s - rate * e / (2 * s * s)
            with torch.no_grad():
                for part, slope in zip(learned, slopes, strict=True):
                    part.sub_(rate * slope)
    return path


# ---------------------------------------------------------------------------------------------------------------------
# As rows and words.

PATH_HEADS = ["Run", "Greatest", "Below zero at step", "A step later", "At the end", "Term at the end", "Astray"]
STEP_HEADS = ["Step", "Variance", "As predicted", "Value of the term", "Pull on a feature", "Nearer to a rival"]


def _number(value: float) -> str:
    told = f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
    return told.replace("-", "\N{MINUS SIGN}")


def path_rows(paths: Iterable[FreePath]) -> list[list[str]]:
    """A row a run: how far the variance rises, where it crosses zero, what one step makes of it, how it ends."""
    rows = []
    for path in paths:
        crossed = path.crossed
        later = path.variance[crossed + 1 : crossed + 2] if crossed is not None else []
        rows.append([
            f"{path.reading}, seed {path.seed}",
            _number(max(path.variance)),
            "–" if crossed is None else str(crossed),
            _number(later[0]) if later else "–",
            _number(path.variance[-1]),
            f"{path.value[-1]:.2f}",
            f"{100 * path.astray[-1]:.0f} %",
        ])  # fmt: skip
    return rows


def step_rows(path: FreePath, before: int = 5, after: int = 4) -> list[list[str]]:
    """The first step, and those about the crossing."""
    middle = len(path.variance) - 1 if path.crossed is None else path.crossed
    about = range(max(1, middle - before), min(len(path.variance), middle + after + 1))
    return [
        [
            str(step),
            _number(path.variance[step]),
            _number(path.predicted[step]),
            f"{path.value[step]:.2f}",
            f"{path.pull[step]:.2g}",
            f"{100 * path.astray[step]:.0f} %",
        ]
        for step in (0, *about)
    ]


def crossed_told(paths: Iterable[FreePath]) -> str:
    """How many of the runs crossed zero, and at which steps."""
    found = list(paths)
    at = sorted(path.crossed for path in found if path.crossed is not None)
    if not at:
        return f"none of {len(found)} runs"
    steps = f"step {at[0]}" if at[0] == at[-1] else f"steps {at[0]} to {at[-1]}"
    return f"{len(at)} of {len(found)} runs ({steps})"


def astray_told(paths: Iterable[FreePath]) -> str:
    """The least and the greatest share of features that end nearer to a rival, over these runs."""
    shares = sorted(100 * path.astray[-1] for path in paths)
    if not shares:
        return "–"
    return f"{shares[0]:.0f} %" if len(shares) == 1 else f"{shares[0]:.0f} to {shares[-1]:.0f} %"
