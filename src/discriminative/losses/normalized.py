"""Softmax without norms: weights, features or both on the unit sphere (thesis, Part I; feature incay, section 2)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from discriminative._checks import check_number
from discriminative._tensors import check_batch, check_scalar, lift
from discriminative.losses._unit import inverse_norms, unit, unit_weight_logits
from discriminative.losses.softmax import LinearHead

__all__ = [
    "COCO",
    "L2ConstrainedSoftmax",
    "NormFace",
    "WeightNormalizedSoftmax",
    "sphere_normalized_logits",
    "weight_normalized_logits",
]


def weight_normalized_logits(features: Tensor, weight: Tensor) -> Tensor:
    r"""Logits of weight-normalised softmax: only the angle to a weight counts, not its length.

    .. math:: f_j = \lVert x \rVert \cos\theta_j = \frac{W_j^\top x}{\lVert W_j \rVert}
              \qquad \text{(thesis, Part I, } L_w\text{; W-Softmax, Eq. 10 at } \alpha = 0)

    Args:
        features: x, ``[B, D]``, any floating dtype.
        weight: W, ``[C, D]``, one row a class, any floating dtype, of any length.

    Returns:
        ``[B, C]`` in float32, or float64 if either input is, in the units of the features. A zero weight has no
        direction: its logit is 0 and it gets no gradient.

    Raises:
        ValueError: naming the argument whose shape, dtype or device does not fit.

    Example:
        >>> weight_normalized_logits(torch.tensor([[3.0, 4.0]]), torch.tensor([[2.0, 0.0], [0.0, 0.5]]))
        tensor([[3., 4.]])
    """
    check_batch(features, None, weight)
    with torch.autocast(features.device.type, enabled=False):
        x, w = lift(features, weight)
        return unit_weight_logits(x, w, inverse_norms(w))


def sphere_normalized_logits(features: Tensor, weight: Tensor, scale: Tensor | float) -> Tensor:
    r"""Logits of sphere-normalised softmax: the cosines, times one scale.

    .. math:: f_j = s \cos\theta_j, \qquad
              L \ge \log\!\left(1 + (C-1)\, e^{-s C / (C-1)}\right)
              \qquad \text{(thesis, Part I, } L_s\text{; the floor is NormFace's)}

    Args:
        features: x, ``[B, D]``, any floating dtype, of any length.
        weight: W, ``[C, D]``, one row a class, of any length.
        scale: s > 0, a number or a scalar tensor.

    Returns:
        ``[B, C]`` in float32, or float64 if either input is, within [-s, s]. A zero feature or weight has no
        direction: its cosines are 0 and it gets no gradient.

    Raises:
        ValueError: if ``scale`` is a number that is not positive, or an argument does not fit the others.

    Example:
        >>> sphere_normalized_logits(torch.tensor([[3.0, 4.0]]), torch.tensor([[2.0, 0.0], [0.0, 0.5]]), scale=10)
        tensor([[6., 8.]])
    """
    check_batch(features, None, weight)
    scale = check_scalar("scale", scale, above=0)
    with torch.autocast(features.device.type, enabled=False):
        x, w = lift(features, weight)
        return unit_weight_logits(unit(x) * scale, w, inverse_norms(w))


class WeightNormalizedSoftmax(LinearHead):
    """Softmax with weights of length one; see :func:`weight_normalized_logits` (thesis, Part I).

    Training logits and test scores are the same.

    Example:
        >>> head = WeightNormalizedSoftmax(feature_dim=8, num_classes=3)
        >>> head(torch.zeros(2, 8)).shape
        torch.Size([2, 3])
    """

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        check_batch(features, labels, self.weight)
        return weight_normalized_logits(features, self.weight)


class NormFace(LinearHead):
    """Sphere-normalised softmax with a fixed scale; see :func:`sphere_normalized_logits` (thesis, Part I).

    Training logits and test scores are the same.

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        scale: s > 0.

    Example:
        >>> head = NormFace(feature_dim=8, num_classes=3, scale=16.0)
        >>> bool((head(torch.randn(2, 8)).abs() <= 16.001).all())
        True
    """

    scale: Tensor | float

    def __init__(self, feature_dim: int, num_classes: int, scale: float) -> None:
        super().__init__(feature_dim, num_classes)
        self.scale = check_number("scale", scale, above=0)

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        check_batch(features, labels, self.weight)
        return sphere_normalized_logits(features, self.weight, self.scale)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, scale={torch.as_tensor(self.scale).item():g}"


class COCO(NormFace):
    """Congenerous cosine loss, the first of feature incay's two scale baselines: cosines to class centroids, scaled.

    The centroids are learned as the class weights, so the function is :class:`NormFace`'s; here the scale may be
    learned too. Its gradient is orthogonal to the feature: no term that acts on norms can turn it.

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        scale: alpha > 0, one radius for all features.
        learn_scale: make the scale a parameter.

    Example:
        >>> head = COCO(feature_dim=8, num_classes=3, scale=16.0, learn_scale=True)
        >>> sorted(name for name, _ in head.named_parameters())
        ['scale', 'weight']
    """

    def __init__(self, feature_dim: int, num_classes: int, scale: float, learn_scale: bool = False) -> None:
        super().__init__(feature_dim, num_classes, scale)
        if learn_scale:
            start = self.scale
            del self.scale
            self.scale = nn.Parameter(torch.tensor(float(start)))


class L2ConstrainedSoftmax(LinearHead):
    r"""Softmax on features of one length, the second of feature incay's scale baselines; the weights are free.

    .. math:: f_j = \alpha\, W_j^\top x / \lVert x \rVert   \qquad \text{(feature incay, section 2)}

    Training logits and test scores are the same. A zero feature has logits 0 and gradient zero.

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        scale: alpha > 0, the one length.
        learn_scale: make the length a parameter.

    Example:
        >>> head = L2ConstrainedSoftmax(feature_dim=8, num_classes=3, scale=16.0)
        >>> x = torch.randn(2, 8)
        >>> bool(torch.allclose(head(x), head(5 * x), atol=1e-5))
        True
    """

    scale: Tensor | float

    def __init__(self, feature_dim: int, num_classes: int, scale: float, learn_scale: bool = False) -> None:
        super().__init__(feature_dim, num_classes)
        start = check_number("scale", scale, above=0)
        self.scale = nn.Parameter(torch.tensor(start)) if learn_scale else start

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        check_batch(features, labels, self.weight)
        with torch.autocast(features.device.type, enabled=False):
            x, w = lift(features, self.weight)
            return F.linear(unit(x) * self.scale, w)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, scale={torch.as_tensor(self.scale).item():g}"
