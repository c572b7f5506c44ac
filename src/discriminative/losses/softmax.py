"""The softmax loss that everything else is measured against (thesis, Eq. 2.1)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from discriminative._checks import check_integer
from discriminative._tensors import check_batch, lift

__all__ = ["LinearHead", "Softmax"]


class LinearHead(nn.Module):
    """A head that owns class weights ``[num_classes, feature_dim]``, one row a class, He-normal at the start."""

    def __init__(self, feature_dim: int, num_classes: int) -> None:
        super().__init__()
        self.feature_dim = check_integer("feature_dim", feature_dim)
        self.num_classes = check_integer("num_classes", num_classes)
        self.weight = nn.Parameter(torch.empty(self.num_classes, self.feature_dim))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.kaiming_normal_(self.weight)

    def extra_repr(self) -> str:
        return f"feature_dim={self.feature_dim}, num_classes={self.num_classes}"


class Softmax(LinearHead):
    r"""Plain softmax: the logits are inner products.

    .. math:: f_j = W_j^\top x, \qquad
              L_i = -\log \frac{e^{f_{y_i}}}{\sum_j e^{f_j}} \qquad \text{(thesis, Eq. 2.1)}

    The loss is ``F.cross_entropy(head(features, labels), labels)``; training logits and test scores are the same.

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        bias: add a learned constant per class. The papers omit it, and so does the default.

    Shape:
        features ``[B, D]``, labels ``[B]`` (unused) to logits ``[B, C]``; half precision gives float32.

    Example:
        >>> head = Softmax(feature_dim=8, num_classes=3)
        >>> head(torch.zeros(2, 8)).shape
        torch.Size([2, 3])
    """

    def __init__(self, feature_dim: int, num_classes: int, bias: bool = False) -> None:
        super().__init__(feature_dim, num_classes)
        self.bias = nn.Parameter(torch.zeros(num_classes)) if bias else None

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        check_batch(features, labels, self.weight)
        with torch.autocast(features.device.type, enabled=False):
            x, w = lift(features, self.weight)
            return F.linear(x, w, None if self.bias is None else self.bias.to(x.dtype))
