"""The multi-class hinge that the papers' tables list beside softmax: a loss of its own over plain scores."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from discriminative._checks import check_number, require
from discriminative._tensors import check_floating, check_labels, lift, reduce

__all__ = ["MulticlassHinge", "multiclass_hinge"]

Form = Literal["largest", "sum", "one-vs-all"]


def multiclass_hinge(
    scores: Tensor, labels: Tensor, margin: float = 1.0, form: Form = "largest", reduction: str = "mean"
) -> Tensor:
    r"""The hinge loss of several classes, in the three forms in use; the papers print none.

    .. math:: \text{largest:}\quad & \Big\{ m + \max_{j \ne y_i} f_j - f_{y_i} \Big\}_+ \\
              \text{sum:}\quad & \sum_{j \ne y_i} \{ m + f_j - f_{y_i} \}_+ \\
              \text{one-vs-all:}\quad & \{ m - f_{y_i} \}_+ + \sum_{j \ne y_i} \{ m + f_j \}_+

    Args:
        scores: f, ``[B, C]``, any floating dtype: plain scores, such as ``Softmax(...)(features)``.
        labels: y, ``[B]``, int64 in ``0 .. C-1``.
        margin: m > 0, in the units of the scores.
        form: ``"largest"`` (Crammer and Singer), ``"sum"`` (Weston and Watkins) or ``"one-vs-all"`` (Caffe's layer).
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Returns:
        A scalar, or ``[B]`` for ``"none"``; float32, or float64 if the scores are. With one class there is no rival:
        the first two forms are 0. The gradient at a kink is zero.

    Raises:
        ValueError: naming the argument that is out of range or does not fit the others.

    Example:
        >>> multiclass_hinge(torch.tensor([[2.0, 1.5, 0.0]]), torch.tensor([0]))  # 1 + 1.5 - 2
        tensor(0.5000)
    """
    margin = check_number("margin", margin, above=0)
    require(form in get_args(Form), "form must be one of {}, got {!r}", get_args(Form), form)
    check_floating("scores", scores)
    require(scores.ndim == 2, "scores must be [B, C], got shape {}", tuple(scores.shape))
    require(scores.shape[1] >= 1, "scores must hold at least one class, got shape {}", tuple(scores.shape))
    check_labels(labels, scores, scores.shape[1], "scores")
    with torch.autocast(scores.device.type, enabled=False):
        (scores,) = lift(scores)
        index = labels.unsqueeze(1)
        own = scores.gather(1, index)
        violation = margin + scores if form == "one-vs-all" else margin + scores - own
        violation = violation.scatter(1, index, 0.0).relu()  # the own class is no rival
        if form == "largest":
            return reduce(violation.amax(1), reduction)
        losses = violation.sum(1)
        return reduce(losses + (margin - own).relu().squeeze(1) if form == "one-vs-all" else losses, reduction)


class MulticlassHinge(nn.Module):
    """See :func:`multiclass_hinge`; use it in place of ``F.cross_entropy``, over the scores of any head.

    Example:
        >>> loss = MulticlassHinge(margin=1.0)
        >>> loss(torch.tensor([[2.0, 1.5, 0.0]]), torch.tensor([0]))
        tensor(0.5000)
    """

    def __init__(self, margin: float = 1.0, form: Form = "largest") -> None:
        super().__init__()
        self.margin = check_number("margin", margin, above=0)
        require(form in get_args(Form), "form must be one of {}, got {!r}", get_args(Form), form)
        self.form: Form = form

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        return multiclass_hinge(scores, labels, self.margin, self.form)

    def extra_repr(self) -> str:
        return f"margin={self.margin:g}, form={self.form!r}"
