"""The pair and triplet losses that the papers compare with (include-and-exclude, Eq. 1; thesis, section 2.1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from discriminative._checks import check_number, require
from discriminative._tensors import check_features, check_floating, check_labels, lift, reduce
from discriminative.losses._distances import squared_distances

__all__ = ["ContrastiveLoss", "TripletLoss", "contrastive_loss", "triplet_loss"]


def triplet_loss(
    anchors: Tensor, positives: Tensor, negatives: Tensor, margin: float, reduction: str = "mean"
) -> Tensor:
    r"""A hinge on the squared distances to one sample of the same and one of another class.

    .. math:: L_i = \left\{ \lVert f_i^a - f_i^p \rVert^2 - \lVert f_i^a - f_i^n \rVert^2 + \alpha \right\}_+
              \qquad \text{(include-and-exclude, Eq. 1, which sums over i)}

    Args:
        anchors: ``[M, D]``, any floating dtype; half precision is lifted to float32.
        positives: ``[M, D]``.
        negatives: ``[M, D]``.
        margin: alpha >= 0, in units of the squared distance.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Returns:
        A scalar, or ``[M]`` for ``"none"``.

    Raises:
        ValueError: naming the argument that is out of range or does not fit the others.

    Example:
        >>> triplet_loss(torch.zeros(1, 2), torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]]), margin=0.25)
        tensor(0.2500)
    """
    margin = check_number("margin", margin, at_least=0)
    check_features(anchors)
    for name, rows in (("positives", positives), ("negatives", negatives)):
        check_floating(name, rows)
        require(rows.shape == anchors.shape, "{} must be {} to match anchors, got shape {}", name,
                list(anchors.shape), tuple(rows.shape))  # fmt: skip
    with torch.autocast(anchors.device.type, enabled=False):
        a, p, n = lift(anchors, positives, negatives)
        return reduce(((a - p).square().sum(1) - (a - n).square().sum(1) + margin).relu(), reduction)


class TripletLoss(nn.Module):
    """One triplet an anchor, the hardest of the batch: farthest of its class, nearest of the others.

    The paper leaves the choice of triplets open; every feature is an anchor once, as Eq. 1 has one term a sample. A
    feature without a fellow or without a rival in the batch forms no triplet. See :func:`triplet_loss`.

    Args:
        margin: alpha >= 0, in units of the squared distance.

    Example:
        >>> term = TripletLoss(margin=1.0)
        >>> term(torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([0, 0, 1]), torch.zeros(2, 1))
        tensor(0.5000)
    """

    def __init__(self, margin: float = 0.2) -> None:
        super().__init__()
        self.margin = check_number("margin", margin, at_least=0)

    def forward(self, features: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        same = _same_class(features, labels)
        if len(features) == 0:
            return reduce(lift(features)[0].sum(1), "mean")
        with torch.no_grad():
            distance, itself = _squared_distances(features)
            fellow = same & ~itself
            positive = distance.masked_fill(~fellow, -1).argmax(1)
            negative = distance.masked_fill(same, torch.inf).argmin(1)
            formed = fellow.any(1) & (~same).any(1)
        losses = triplet_loss(features, features[positive], features[negative], self.margin, "none")
        return losses.masked_fill(~formed, 0).sum() / formed.sum().clamp_min(1)

    def extra_repr(self) -> str:
        return f"margin={self.margin:g}"


def contrastive_loss(features: Tensor, labels: Tensor, margin: float) -> Tensor:
    r"""Over all pairs of the batch: draw fellows together, push others apart up to a margin.

    .. math:: L_{ij} = \begin{cases} \tfrac12 d_{ij}^2 & y_i = y_j \\
              \tfrac12 \{ m - d_{ij} \}_+^2 & y_i \ne y_j \end{cases}, \qquad d_{ij} = \lVert f_i - f_j \rVert
              \qquad \text{(thesis, section 2.1, in words)}

    Args:
        features: ``[B, D]``, any floating dtype; half precision is lifted to float32.
        labels: ``[B]``, int64.
        margin: m > 0, in units of the distance.

    Returns:
        The mean over the B (B - 1) / 2 pairs; 0 for fewer than two samples. Coinciding features of different classes
        are pushed nowhere: the direction is undefined, the gradient 0.

        Where pairs are so close, for their distance from the origin, that the digits of the distance cancel, it is
        computed in float64 (under ``torch.compile`` always).

    Raises:
        ValueError: naming the argument that is out of range or does not fit the others.

    Example:
        >>> contrastive_loss(torch.tensor([[0.0], [2.0], [0.5]]), torch.tensor([0, 0, 1]), margin=1.0) * 3
        tensor(2.1250)
    """
    margin = check_number("margin", margin, above=0)
    same = _same_class(features, labels)
    with torch.autocast(features.device.type, enabled=False):
        square, _ = _squared_distances(features)
        distance = square.clamp_min(torch.finfo(square.dtype).tiny).sqrt()
        losses = torch.where(same, square, (margin - distance).relu().square()) / 2
        return losses.triu(1).sum() / max(len(labels) * (len(labels) - 1) / 2, 1)


class ContrastiveLoss(nn.Module):
    """The term of :func:`contrastive_loss`.

    Args:
        margin: m > 0, in units of the distance.

    Example:
        >>> term = ContrastiveLoss(margin=1.0)
        >>> term(torch.tensor([[0.0], [2.0]]), torch.tensor([0, 0]), torch.zeros(1, 1))
        tensor(2.)
    """

    def __init__(self, margin: float = 1.0) -> None:
        super().__init__()
        self.margin = check_number("margin", margin, above=0)

    def forward(self, features: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        return contrastive_loss(features, labels, self.margin)

    def extra_repr(self) -> str:
        return f"margin={self.margin:g}"


def _squared_distances(features: Tensor) -> tuple[Tensor, Tensor]:
    """``[B, B]`` in at least float32, and which pairs are a sample with itself."""
    (f,) = lift(features)
    itself = torch.eye(len(f), dtype=torch.bool, device=f.device)
    return squared_distances(f, f.view_as(f), itself), itself  # torch.compile passes no tensor twice


def _same_class(features: Tensor, labels: Tensor) -> Tensor:
    """``[B, B]``: which pairs share their label."""
    check_features(features)
    check_labels(labels, features, 2**63)
    return labels.unsqueeze(1) == labels
