"""Feed-backward reconstruction: feature and class weight as each other's reconstruction (Yu and Oh, 2019)."""

from __future__ import annotations

from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from discriminative._checks import check_number, require
from discriminative._tensors import check_batch, lift, reduce
from discriminative.geometry import weight_separability

__all__ = ["FeedBackwardReconstruction", "WeightSeparability", "reconstruction_loss"]

Distribution = Literal["softmax", "l1", "layer-norm"]
Stop = Literal["features", "weight"]


def reconstruction_loss(
    features: Tensor,
    labels: Tensor,
    weight: Tensor,
    distribution: Distribution = "softmax",
    stop: Stop | None = None,
    temperature: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    r"""Divergence between a feature and the row of weights that its one-hot label feeds back.

    .. math:: L = \sum_{i=1}^{D} P_i \log \frac{P_i}{Q_i}, \qquad P = \pi(x), \quad
              Q = \pi(\hat o\, W^\top) = \pi(w_y)
              \qquad \text{(feed-backward reconstruction, Eq. 9)}

    The paper does not say what makes x and w_y distributions, nor where gradients go. Its readings here:

    - **R1** (default): softmax over the D coordinates. With :math:`K` the loss,
      :math:`\partial L/\partial x = P \odot (\log P/Q - K)` and :math:`\partial L/\partial w_y = Q - P`.
    - **R2**, ``distribution="l1"``: the positive parts, plus 1e-6 each, divided by their sum.
    - **R3**, ``stop="features"`` trains the weights alone, ``stop="weight"`` the features alone.
    - **R4**, ``temperature`` divides both before the softmax; ``distribution="layer-norm"`` standardises both first.

    It is 0 exactly where x and w_y differ by a constant (R1): the weight acts as the class's centre. Identical class
    weights give 0 too, so it does not make weights separable: see :class:`WeightSeparability`.

    Args:
        features: x, ``[B, D]``, any floating dtype; half precision is lifted to float32.
        labels: y, ``[B]``, int64 in ``0 .. C-1``.
        weight: W, ``[C, D]``, one row a class.
        distribution: ``"softmax"``, ``"l1"`` or ``"layer-norm"``.
        stop: whose gradient is held at zero, or ``None`` for neither.
        temperature: > 0, at least the cube root of the smallest normal number, 2.3e-13 in float32; 1 for ``"l1"``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Returns:
        A scalar, or ``[B]`` for ``"none"``; never negative but for rounding.

    Raises:
        ValueError: naming the argument that is out of range or does not fit the others.

    Example:
        >>> x, w = torch.tensor([[1.0, 0.0]]), torch.tensor([[3.0, 2.0], [0.0, 1.0]])
        >>> reconstruction_loss(x.expand(2, 2), torch.tensor([0, 1]), w, reduction="none")
        tensor([0.0000, 0.4621])
    """
    require(
        distribution in get_args(Distribution),
        "distribution must be one of {}, got {!r}",
        get_args(Distribution),
        distribution,
    )
    require(stop is None or stop in get_args(Stop), "stop must be None or one of {}, got {!r}", get_args(Stop), stop)
    temperature = check_number("temperature", temperature, above=0)
    require(distribution != "l1" or temperature == 1, "temperature must be 1 for 'l1', got {!r}", temperature)
    check_batch(features, labels, weight)
    with torch.autocast(features.device.type, enabled=False):
        x, w = lift(features, weight)
        least = torch.finfo(x.dtype).tiny ** (1 / 3)
        require(
            temperature >= least, "temperature must be at least {:.2g} in {}, got {!r}", least, x.dtype, temperature
        )
        own = F.embedding(labels, w)
        log_p = _log_distribution(x.detach() if stop == "features" else x, distribution, temperature)
        log_q = _log_distribution(own.detach() if stop == "weight" else own, distribution, temperature)
        return reduce(torch.linalg.vecdot(log_p.exp(), log_p - log_q), reduction)


def _log_distribution(rows: Tensor, distribution: Distribution, temperature: float) -> Tensor:
    if distribution == "l1":
        positive = rows.relu() + 1e-6
        return (positive / positive.sum(1, keepdim=True)).log()
    if distribution == "layer-norm":
        rows = F.layer_norm(rows, rows.shape[1:])
    return F.log_softmax(rows / temperature, dim=1)


class FeedBackwardReconstruction(nn.Module):
    """The term of :func:`reconstruction_loss`, over the head's own weight; the paper adds it times 0.001 (Eq. 10).

    Args:
        distribution: ``"softmax"``, ``"l1"`` or ``"layer-norm"``.
        stop: ``"features"``, ``"weight"`` or ``None``.
        temperature: > 0.

    Example:
        >>> term = FeedBackwardReconstruction()
        >>> float(term(torch.eye(2), torch.tensor([0, 1]), torch.eye(2)))
        0.0
    """

    def __init__(
        self, distribution: Distribution = "softmax", stop: Stop | None = None, temperature: float = 1.0
    ) -> None:
        super().__init__()
        empty = torch.zeros(0, 1)
        reconstruction_loss(
            empty, torch.zeros(0, dtype=torch.int64), torch.zeros(1, 1), distribution, stop, temperature
        )
        self.distribution: Distribution = distribution
        self.stop: Stop | None = stop
        self.temperature = float(temperature)

    def forward(self, features: Tensor, labels: Tensor, weight: Tensor) -> Tensor:
        return reconstruction_loss(features, labels, weight, self.distribution, self.stop, self.temperature)

    def extra_repr(self) -> str:
        return f"distribution={self.distribution!r}, stop={self.stop!r}, temperature={self.temperature:g}"


class WeightSeparability(nn.Module):
    r"""The direct penalty e(W) that the paper holds unsuitable for training.

    See :func:`discriminative.geometry.weight_separability` (feed-backward reconstruction, Eq. 6).
    Its gradient for other layers is zero, as the paper says, but not for W: :math:`\tfrac4C (W W^\top - I) W`, and the
    backbone feels the change of W through the classification loss.

    Args:
        unit: penalise the weights' directions only.

    Example:
        >>> term = WeightSeparability()
        >>> term(torch.zeros(1, 2), torch.tensor([0]), 2 * torch.eye(2))
        tensor(9.)
    """

    def __init__(self, unit: bool = False) -> None:
        super().__init__()
        self.unit = bool(unit)

    def forward(self, features: Tensor | None, labels: Tensor | None, weight: Tensor) -> Tensor:
        with torch.autocast(weight.device.type, enabled=False):
            return weight_separability(weight, self.unit)

    def extra_repr(self) -> str:
        return f"unit={self.unit}"
