"""Center loss: pull every feature to its class's centre (Wen et al., 2016; include-and-exclude, Eq. 4)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from discriminative._checks import check_integer, check_number, require
from discriminative._tensors import check_batch, lift, reduce

__all__ = ["CenterLoss", "Prototypes", "TiedCenterLoss", "center_loss"]


def center_loss(features: Tensor, labels: Tensor, centers: Tensor, reduction: str = "mean") -> Tensor:
    r"""Half the squared distance of each feature from its class's centre.

    .. math:: L_i = \tfrac12 \lVert f_i - \mu_{y_i} \rVert^2   \qquad \text{(include-and-exclude, Eq. 4)}

    Args:
        features: f, ``[B, D]``, any floating dtype; half precision is lifted to float32.
        labels: y, ``[B]``, int64 in ``0 .. C-1``.
        centers: mu, ``[C, D]``, one row a class.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Returns:
        A scalar, or ``[B]`` for ``"none"``. The distance is that of the direct difference, so nothing cancels.

    Raises:
        ValueError: naming the argument whose shape, dtype, device or range does not fit (centers appear as "weight").

    Example:
        >>> center_loss(torch.tensor([[3.0, 4.0]]), torch.tensor([1]), torch.zeros(2, 2))
        tensor(12.5000)
    """
    check_batch(features, labels, centers)
    with torch.autocast(features.device.type, enabled=False):
        features, centers = lift(features, centers)
        gap = features - F.embedding(labels, centers)
        return reduce(torch.linalg.vecdot(gap, gap) / 2, reduction)


class Prototypes(nn.Module):
    """A module that owns one centre a class, ``[num_classes, feature_dim]``, at the origin to begin with."""

    def __init__(self, feature_dim: int, num_classes: int) -> None:
        super().__init__()
        self.feature_dim = check_integer("feature_dim", feature_dim)
        self.num_classes = check_integer("num_classes", num_classes)
        self.centers = nn.Parameter(torch.zeros(self.num_classes, self.feature_dim))

    @torch.no_grad()
    def move_to_means(self, features: Tensor, labels: Tensor) -> None:
        """Set the centres of the classes present to the means of their features; the others stay."""
        check_batch(features, labels, self.centers)
        (features,) = lift(features)
        counts = torch.bincount(labels, minlength=self.num_classes).unsqueeze(1)
        sums = features.new_zeros(self.num_classes, self.feature_dim).index_add_(0, labels, features)
        self.centers.copy_(torch.where(counts > 0, sums / counts.clamp_min(1), self.centers))

    @torch.no_grad()
    def move(self, features: Tensor, labels: Tensor, rate: float = 0.5) -> None:
        r"""The moving rule of the original center loss, in place of a step by the gradient.

        .. math:: \mu_c \leftarrow \mu_c - \beta\, \frac{\sum_{y_i = c} (\mu_c - f_i)}{1 + N_c}
                  \qquad \text{(Wen et al., 2016, Eq. 4)}

        Of three samples of class 0 and one of class 1, each one unit off its centre, the rule moves the centres by
        :math:`-\tfrac34\beta` and :math:`-\tfrac12\beta`, the gradient of :func:`center_loss` by
        :math:`-\tfrac34` and :math:`-\tfrac14` times rate and coefficient. So the rule moves a rare class nearly as
        fast as a common one, and no coefficient slows it. With it, leave the centres out of the optimiser.

        Args:
            features: f, ``[B, D]``.
            labels: y, ``[B]``.
            rate: beta, in (0, 1]; the original takes 0.5.
        """
        rate = check_number("rate", rate, above=0)
        require(rate <= 1, "rate must be at most 1, got {!r}", rate)
        check_batch(features, labels, self.centers)
        features, centers = lift(features, self.centers)
        gaps = torch.zeros_like(centers).index_add_(0, labels, centers[labels] - features)
        counts = torch.bincount(labels, minlength=self.num_classes).unsqueeze(1)
        self.centers.copy_(centers - rate * gaps / (1 + counts))

    def extra_repr(self) -> str:
        return f"feature_dim={self.feature_dim}, num_classes={self.num_classes}"


class CenterLoss(Prototypes):
    """The term of center loss; see :func:`center_loss`. Its centres are a parameter: give them a rate of their own.

    The gradient of a centre is the sum of its samples' pulls over the size of the *batch*, times the coefficient of the
    term: rare classes move slowly, and a small coefficient slows all centres, unless their rate is raised in
    proportion. The original moves them by a rule of its own, which has neither: see ``move``.

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.

    Example:
        >>> term = CenterLoss(feature_dim=2, num_classes=3)
        >>> features, labels = torch.tensor([[3.0, 4.0], [1.0, 0.0]]), torch.tensor([0, 2])
        >>> term.move_to_means(features, labels)
        >>> float(term(features, labels, torch.zeros(3, 2)).detach())
        0.0
    """

    def forward(self, features: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        return center_loss(features, labels, self.centers)


class TiedCenterLoss(nn.Module):
    r"""Center loss with the class's own weight as its centre, which is pulled as the feature is.

    .. math:: L_i = \tfrac12 \lVert f_i - W_{y_i} \rVert^2

    Times :math:`1/D` it is what the reconstruction loss is to second order where features and weights are small, but
    for what all coordinates have in common: see :class:`FeedBackwardReconstruction`.

    Example:
        >>> term = TiedCenterLoss()
        >>> float(term(torch.tensor([[3.0, 4.0]]), torch.tensor([1]), torch.zeros(2, 2)))
        12.5
    """

    def forward(self, features: Tensor, labels: Tensor, weight: Tensor) -> Tensor:
        return center_loss(features, labels, weight)
