"""Large-margin softmax: multiply the angle to the own class by m (Liu, Wen, Yu and Yang, 2016; thesis, Chapter 2)."""

from __future__ import annotations

import torch
from torch import Tensor

from discriminative._checks import check_integer
from discriminative._tensors import check_batch, check_scalar, lift
from discriminative.losses._psi import psi_and_slope
from discriminative.losses._target import bend_target, target_cosine
from discriminative.losses.blend import Blend, check_blend
from discriminative.losses.softmax import LinearHead

__all__ = ["LSoftmax", "large_margin_logits"]


def large_margin_logits(
    features: Tensor, labels: Tensor, weight: Tensor, margin: int, blend: Tensor | float = 0.0
) -> Tensor:
    r"""Logits of large-margin softmax: the inner products, with the target's angle multiplied by m.

    .. math:: f_{y_i} = \lVert W_{y_i} \rVert \lVert x_i \rVert
              \frac{\lambda \cos\theta_{y_i} + \psi(\theta_{y_i})}{1 + \lambda}, \qquad
              f_j = W_j^\top x_i \quad (j \ne y_i)
              \qquad \text{(thesis, Eqs 2.4, 2.6, 2.8 and the blend of section 2.2.7)}

    The backward pass is the closed form for every m, with c the cosine and U the Chebyshev polynomials of the
    second kind:

    .. math:: \frac{\partial f_{y}}{\partial x} = (-1)^k \left[ T_m(c) \lVert W \rVert \hat x
              + m\, U_{m-1}(c) (W - c \lVert W \rVert \hat x) \right] - 2k \lVert W \rVert \hat x .

    Args:
        features: x, ``[B, D]``, any floating dtype.
        labels: y, ``[B]``, int64 in ``0 .. C-1``.
        weight: W, ``[C, D]``, one row a class, any floating dtype.
        margin: m, an integer >= 1; 1 is plain softmax.
        blend: lambda >= 0, a number or a scalar tensor; 0 is the pure margin, large is plain softmax.

    Returns:
        ``[B, C]`` in float32, or float64 if either input is. For a zero feature or zero own weight the angle is
        taken as 90 degrees: the target logit is 0, its gradient that of the limit along the own weight's normal.

    Raises:
        ValueError: naming the argument that is out of range or does not fit the others.

    Example:
        >>> x, w = torch.tensor([[0.0, 2.0]]), torch.eye(2)
        >>> large_margin_logits(x, torch.tensor([0]), w, margin=2)  # 90 degrees doubled: 2 cos 180 = -2
        tensor([[-2., 2.]])
    """
    margin = check_integer("margin", margin)
    check_batch(features, labels, weight)
    blend = check_scalar("blend", blend, at_least=0)
    with torch.autocast(features.device.type, enabled=False):
        x, w = lift(features, weight)
        with torch.no_grad():
            cosine, x_norm, w_norm = target_cosine(x, labels, w)
            value, slope = psi_and_slope(cosine, margin)
            value = (blend * cosine + value) / (1 + blend)
            slope = (blend + slope) / (1 + blend)
        return bend_target(x, labels, w, cosine, x_norm, w_norm, value, slope)


class LSoftmax(LinearHead):
    r"""Large-margin softmax; see :func:`large_margin_logits` (thesis, Eqs 2.4 and 2.6).

    ``head(features, labels)`` gives the training logits, ``head(features)`` the test scores: plain inner products
    ("we use the softmax to classify the testing samples", section 2.2.7).

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        margin: m, an integer >= 1.
        blend: a :class:`Blend`; without one the margin acts at full strength, as Eq. 2.6 is printed.

    Example:
        >>> head = LSoftmax(feature_dim=8, num_classes=3, margin=4, blend=Blend(floor=5.0, total_steps=100))
        >>> x, y = torch.randn(5, 8), torch.tensor([0, 1, 2, 0, 1])
        >>> loss = torch.nn.functional.cross_entropy(head(x, y), y)
    """

    def __init__(self, feature_dim: int, num_classes: int, margin: int, blend: Blend | None = None) -> None:
        super().__init__(feature_dim, num_classes)
        self.margin = check_integer("margin", margin)
        self.blend = check_blend(blend)

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        if labels is None:
            check_batch(features, None, self.weight)
            with torch.autocast(features.device.type, enabled=False):
                x, w = lift(features, self.weight)
                return x @ w.T
        blend = 0.0 if self.blend is None else self.blend.value
        return large_margin_logits(features, labels, self.weight, self.margin, blend)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, margin={self.margin}"
