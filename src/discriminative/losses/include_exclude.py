"""Include and exclude: near the own centre, far from the nearest other ones (Wu et al., 2018)."""

from __future__ import annotations

from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from discriminative._checks import check_integer, check_number, require
from discriminative._tensors import check_batch, check_scalar, lift, reduce
from discriminative.losses._distances import squared_distances
from discriminative.losses.center import Prototypes

__all__ = ["IncludeExclude", "class_variance", "include_exclude_loss"]

Reading = Literal["A.1", "Eq. 6"]
Rivals = Literal["batch", "all"]


def class_variance(features: Tensor, labels: Tensor, centers: Tensor) -> Tensor:
    r"""The variance that scales the distances of include-and-exclude, over the batch.

    .. math:: \sigma^2 = \frac{1}{M-1} \sum_{n=1}^M \lVert f_n - \mu_{y_n} \rVert^2
              \qquad \text{(include-and-exclude, below Eq. 5: summed over the dimensions)}

    Args:
        features: f, ``[B, D]``.
        labels: y, ``[B]``.
        centers: mu, ``[C, D]``.

    Returns:
        A scalar >= 0; for a batch of one the divisor is taken as 1, for none the result is 0.

    Example:
        >>> class_variance(torch.tensor([[1.0], [-1.0], [2.0]]), torch.tensor([0, 0, 0]), torch.zeros(1, 1))
        tensor(3.)
    """
    check_batch(features, labels, centers)
    with torch.autocast(features.device.type, enabled=False):
        features, centers = lift(features, centers)
        gap = features - F.embedding(labels, centers)
        return gap.square().sum() / max(len(features) - 1, 1)


def include_exclude_loss(
    features: Tensor,
    labels: Tensor,
    centers: Tensor,
    variance: Tensor | float,
    margin: float = 0.1,
    nearest: int | None = None,
    reading: Reading = "A.1",
    rivals: Rivals = "batch",
    reduction: str = "mean",
) -> Tensor:
    r"""A hinge on how much likelier the own centre is than the Q nearest other ones.

    .. math:: L_n = \left\{ \frac{d_{y_n}}{2\sigma^2} + \alpha
              + \log \sum_{c \in N_Q(n)} e^{-d_c / (2 \sigma^2 q)} \right\}_+, \qquad
              d_c = \lVert f_n - \mu_c \rVert^2

    with :math:`q = Q` in the reading ``"A.1"`` (what the appendix differentiates: its gradients are the printed Eqs 8
    to 10) and :math:`q = 1` in ``"Eq. 6"`` (Eq. 5 where Q is all). The two agree for Q = 1, Eq. 7. A.1 compacts a
    class about its centre; Eq. 6 has no force at right angles to the differences of centres. Both are 0 once the
    rivals are far enough: neither chooses a geometry.

    Args:
        features: f, ``[B, D]``, any floating dtype; half precision is lifted to float32.
        labels: y, ``[B]``, int64 in ``0 .. C-1``.
        centers: mu, ``[C, D]``, one row a class.
        variance: :math:`\sigma^2 > 0`, a number or a scalar tensor, such as :func:`class_variance`; taken as at least
            the machine precision.
        margin: :math:`\alpha`, any number >= 0; a sample costs nothing once its posterior passes
            :math:`1/(1 + e^{-\alpha})` (under Eq. 6).
        nearest: Q, how many of the nearest rival centres count, at most those there are; ``None`` for all.
        reading: ``"A.1"`` or ``"Eq. 6"``.
        rivals: ``"batch"``, the centres of the classes present in the batch, as the paper does, or ``"all"``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Returns:
        A scalar, or ``[B]`` for ``"none"``. A sample without rivals costs nothing. Costs one B x min(B, C) distance
        matrix (B x C for ``"all"``), never B x C x D. Where a rival's centre is so close, for its distance from the
        origin, that the digits of the distance cancel, it is computed in float64 (under ``torch.compile`` always).

    Raises:
        ValueError: naming the argument that is out of range or does not fit (centers appear as "weight").

    Example:
        >>> f, mu = torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([[0.0, 0.0], [0.0, 1.0]])
        >>> include_exclude_loss(f, torch.tensor([1, 0]), mu, variance=0.5, nearest=1, reduction="none")  # Eq. 7
        tensor([1.1000, 3.1000])
    """
    margin = check_number("margin", margin, at_least=0)
    if nearest is not None:
        nearest = check_integer("nearest", nearest)
    variance = check_scalar("variance", variance, above=0)
    require(reading in get_args(Reading), "reading must be one of {}, got {!r}", get_args(Reading), reading)
    require(rivals in get_args(Rivals), "rivals must be one of {}, got {!r}", get_args(Rivals), rivals)
    check_batch(features, labels, centers)
    with torch.autocast(features.device.type, enabled=False):
        f, mu = lift(features, centers)
        spread = torch.as_tensor(variance, dtype=f.dtype, device=f.device).clamp_min(torch.finfo(f.dtype).eps)
        gap = f - F.embedding(labels, mu)
        own = torch.linalg.vecdot(gap, gap)
        candidates, barred = _rivals(labels, mu, rivals)
        distance = squared_distances(f, candidates, barred)
        if nearest is not None:
            rank = distance.detach().masked_fill(barred, torch.inf)
            near = rank.topk(min(nearest, rank.shape[1]), dim=1, largest=False, sorted=False).indices
            distance, barred = distance.gather(1, near), barred.gather(1, near)
        count = (~barred[:1]).sum()  # every sample has as many rivals
        power = count.clamp_min(1) if reading == "A.1" else 1
        logits = (distance * (-0.5 / (spread * power))).masked_fill_(barred, -torch.inf)
        losses = (own / (2 * spread) + margin + logits.logsumexp(1)).relu()
        return reduce(losses, reduction)  # without rivals log 0 = -inf, whose relu is 0


def _rivals(labels: Tensor, centers: Tensor, rivals: Rivals) -> tuple[Tensor, Tensor]:
    """Candidate centres ``[K, D]`` and which of them are no rivals of which sample ``[B, K]``, each class once."""
    classes = torch.arange(len(centers), device=labels.device)
    if rivals == "all" or len(centers) <= len(labels):
        barred = labels.unsqueeze(1) == classes
        if rivals == "batch":
            barred |= torch.ones_like(classes, dtype=torch.bool).index_fill(0, labels, False)
        return centers, barred
    same = labels.unsqueeze(1) == labels  # fewer samples than classes: the samples' own centres, repeats struck out
    return F.embedding(labels, centers), same | same.tril(-1).any(1)


class IncludeExclude(Prototypes):
    """The term of include-and-exclude; see :func:`include_exclude_loss`. Its centres are a parameter.

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        margin: alpha >= 0.
        nearest: Q, or ``None`` for all rivals.
        reading: ``"A.1"`` or ``"Eq. 6"``.
        variance: ``"batch"``, the statistic of each batch, held constant in the gradient (the paper treats it as an
            independent variable); ``"learned"``, a parameter kept positive by a softplus (updated freely, as in
            Algorithm 1, it can cross zero); or a fixed number > 0.
        rivals: ``"batch"`` or ``"all"``.

    Example:
        >>> term = IncludeExclude(feature_dim=2, num_classes=3, nearest=1, variance=0.5)
        >>> term.move_to_means(torch.eye(2), torch.tensor([0, 1]))
        >>> loss = term(torch.eye(2), torch.tensor([1, 0]), torch.zeros(3, 2))  # each at the other's centre: 2 + 0.1
        >>> round(float(loss.detach()), 4)
        2.1
    """

    def __init__(
        self,
        feature_dim: int,
        num_classes: int,
        margin: float = 0.1,
        nearest: int | None = None,
        reading: Reading = "A.1",
        variance: Literal["batch", "learned"] | float = "batch",
        rivals: Rivals = "batch",
    ) -> None:
        super().__init__(feature_dim, num_classes)
        self.margin = check_number("margin", margin, at_least=0)
        self.nearest = None if nearest is None else check_integer("nearest", nearest)
        require(reading in get_args(Reading), "reading must be one of {}, got {!r}", get_args(Reading), reading)
        require(rivals in get_args(Rivals), "rivals must be one of {}, got {!r}", get_args(Rivals), rivals)
        self.reading: Reading = reading
        self.rivals: Rivals = rivals
        if isinstance(variance, str):
            require(
                variance in ("batch", "learned"), "variance must be 'batch', 'learned' or a number, got {!r}", variance
            )
            self.fixed_variance = None
        else:
            self.fixed_variance = check_number("variance", variance, above=0)
        learned = torch.tensor(0.5).expm1().log()  # softplus gives 0.5, where Eq. 7 stands
        self.raw_variance = nn.Parameter(learned) if variance == "learned" else None

    def variance(self, features: Tensor, labels: Tensor) -> Tensor | float:
        """The sigma^2 that this batch is measured with."""
        if self.raw_variance is not None:
            return F.softplus(self.raw_variance)
        if self.fixed_variance is not None:
            return self.fixed_variance
        return class_variance(features, labels, self.centers).detach()

    def forward(self, features: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        return include_exclude_loss(
            features,
            labels,
            self.centers,
            self.variance(features, labels),
            self.margin,
            self.nearest,
            self.reading,
            self.rivals,
        )

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, margin={self.margin:g}, nearest={self.nearest}, reading={self.reading!r}"
