"""Margins on the angle itself, weights on the unit sphere: A-Softmax, CosFace and ArcFace (thesis, Part I)."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from discriminative._checks import check_integer, check_number
from discriminative._tensors import check_batch, check_scalar, lift
from discriminative.losses._unit import inverse_norms, own_cosine, unit, unit_weight_logits
from discriminative.losses.large_margin import Blend, _check_blend, _psi_and_slope
from discriminative.losses.normalized import sphere_normalized_logits, weight_normalized_logits
from discriminative.losses.softmax import LinearHead

__all__ = ["ASoftmax", "ArcFace", "CosFace", "additive_angle_logits", "additive_margin_logits", "angular_margin_logits"]


def angular_margin_logits(
    features: Tensor,
    labels: Tensor,
    weight: Tensor,
    margin: int,
    scale: float | None = None,
    blend: Tensor | float = 0.0,
) -> Tensor:
    r"""Logits of A-Softmax: weights of length one, and the target's angle multiplied by m.

    .. math:: f_{y_i} = r_i\, \frac{\lambda \cos\theta_{y_i} + \psi(\theta_{y_i})}{1 + \lambda}, \qquad
              f_j = r_i \cos\theta_j \quad (j \ne y_i), \qquad
              \psi(\theta) = (-1)^k \cos(m\theta) - 2k
              \qquad \text{(thesis, Part I, } L_g \text{ and } L_m)

    Args:
        features: x, ``[B, D]``, any floating dtype.
        labels: y, ``[B]``, int64 in ``0 .. C-1``.
        weight: W, ``[C, D]``, one row a class, of any length.
        margin: m, an integer >= 1; 1 is weight-normalised softmax, with a ``scale`` sphere-normalised softmax.
        scale: r = s > 0 for every sample; ``None`` keeps the feature's own norm, r = ``|x|``.
        blend: lambda >= 0, a number or a scalar tensor; 0 is the pure margin.

    Returns:
        ``[B, C]`` in float32, or float64 if either input is. Where a feature or the own weight is zero the angle is
        taken as 90 degrees; what has no direction gets no gradient through its direction.

    Raises:
        ValueError: naming the argument that is out of range or does not fit the others.

    Example:
        >>> x, w = torch.tensor([[0.0, 2.0]]), torch.tensor([[8.0, 0.0], [0.0, 1.0]])
        >>> angular_margin_logits(x, torch.tensor([0]), w, margin=2)  # 90 degrees doubled: 2 cos 180 = -2
        tensor([[-2., 2.]])
    """
    margin = check_integer("margin", margin)
    check_batch(features, labels, weight)
    if scale is not None:
        scale = check_number("scale", scale, above=0)
    blend = check_scalar("blend", blend, at_least=0)
    with torch.autocast(features.device.type, enabled=False):
        x, w = lift(features, weight)
        inverse, x_inverse = inverse_norms(w), inverse_norms(x)
        directions = unit(x, x_inverse)
        with torch.no_grad():
            cosine, _ = own_cosine(directions, labels, w, inverse)
            value, slope = _psi_and_slope(cosine, margin)
            value = (blend * cosine + value) / (1 + blend)
            slope = (blend + slope) / (1 + blend)
            if scale is None:  # |x| psi: its gradient has a radial part, (psi - c psi') x / |x|
                length = torch.linalg.vecdot(x, directions)
                turn = (value - slope * cosine) * x_inverse
        if scale is None:
            return unit_weight_logits(x, w, inverse, labels, length * value, slope, turn)
        return unit_weight_logits(directions * scale, w, inverse, labels, scale * value, slope)


def additive_margin_logits(features: Tensor, labels: Tensor, weight: Tensor, margin: float, scale: float) -> Tensor:
    r"""Logits of CosFace: a constant taken from the target's cosine.

    .. math:: f_{y_i} = s\,(\cos\theta_{y_i} - m), \qquad f_j = s \cos\theta_j \quad (j \ne y_i)
              \qquad \text{(thesis, Part I, } L_{a1})

    Args:
        features: x, ``[B, D]``, any floating dtype, of any length.
        labels: y, ``[B]``, int64 in ``0 .. C-1``.
        weight: W, ``[C, D]``, one row a class, of any length.
        margin: m >= 0, in units of the cosine; 0 is sphere-normalised softmax.
        scale: s > 0.

    Returns:
        ``[B, C]`` in float32, or float64 if either input is. A zero feature or weight has no direction: its cosines
        are 0 and it gets no gradient.

    Raises:
        ValueError: naming the argument that is out of range or does not fit the others.

    Example:
        >>> additive_margin_logits(torch.eye(2), torch.tensor([0, 1]), torch.eye(2), margin=0.25, scale=4)
        tensor([[3., 0.],
                [0., 3.]])
    """
    margin, scale = check_number("margin", margin, at_least=0), check_number("scale", scale, above=0)
    check_batch(features, labels, weight)
    with torch.autocast(features.device.type, enabled=False):
        x, w = lift(features, weight)
        inverse, directions = inverse_norms(w), unit(x)
        with torch.no_grad():
            cosine, _ = own_cosine(directions, labels, w, inverse)
        return unit_weight_logits(directions * scale, w, inverse, labels, scale * (cosine - margin))


def additive_angle_logits(features: Tensor, labels: Tensor, weight: Tensor, margin: float, scale: float) -> Tensor:
    r"""Logits of ArcFace: an angle added to the target's.

    .. math:: f_{y_i} = s \cos(\theta_{y_i} + m), \qquad f_j = s \cos\theta_j \quad (j \ne y_i)
              \qquad \text{(thesis, Part I, } L_{a2})

    The literal cosine: beyond :math:`\theta = \pi - m` it rises again, and beyond :math:`\pi - m/2` it exceeds
    :math:`\cos\theta`, so ArcFace does not dominate softmax there.

    Args:
        features: x, ``[B, D]``, any floating dtype, of any length.
        labels: y, ``[B]``, int64 in ``0 .. C-1``.
        weight: W, ``[C, D]``, one row a class, of any length.
        margin: m >= 0, in radians; 0 is sphere-normalised softmax.
        scale: s > 0.

    Returns:
        ``[B, C]`` in float32, or float64 if either input is. A zero feature or weight has no direction: the angle is
        taken as 90 degrees and it gets no gradient. At 0 and 180 degrees the logit has a kink; within the square
        root of the machine precision of them the gradient falls linearly to that of ``cos(m) cos(theta)``.

    Raises:
        ValueError: naming the argument that is out of range or does not fit the others.

    Example:
        >>> import math
        >>> x, w = torch.tensor([[1.0, 0.0]]), torch.eye(2)
        >>> additive_angle_logits(x, torch.tensor([0]), w, margin=math.pi / 3, scale=2).round(decimals=4)
        tensor([[1., 0.]])
    """
    margin, scale = check_number("margin", margin, at_least=0), check_number("scale", scale, above=0)
    check_batch(features, labels, weight)
    with torch.autocast(features.device.type, enabled=False):
        x, w = lift(features, weight)
        inverse, directions = inverse_norms(w), unit(x)
        with torch.no_grad():
            cosine, own = own_cosine(directions, labels, w, inverse)
            sine = torch.linalg.vector_norm(own - cosine.unsqueeze(1) * directions, dim=1)  # exact near 0 and pi
            sine = torch.where(cosine == 0, (1 - cosine.square()).sqrt(), sine)  # a zero vector is at 90 degrees
            value = cosine * math.cos(margin) - sine * math.sin(margin)
            slope = math.cos(margin) + math.sin(margin) * cosine / sine.clamp_min(torch.finfo(x.dtype).eps ** 0.5)
        return unit_weight_logits(directions * scale, w, inverse, labels, scale * value, slope)


class ASoftmax(LinearHead):
    """A-Softmax (SphereFace); see :func:`angular_margin_logits` (thesis, Part I).

    ``head(features, labels)`` gives the training logits, ``head(features)`` the test scores: no margin, no blend.

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        margin: m, an integer >= 1.
        scale: s > 0, or ``None`` for the feature's own norm.
        blend: a :class:`Blend`; without one the margin acts at full strength, as it is printed.

    Example:
        >>> head = ASoftmax(feature_dim=8, num_classes=3, margin=4)
        >>> x, y = torch.randn(5, 8), torch.tensor([0, 1, 2, 0, 1])
        >>> loss = torch.nn.functional.cross_entropy(head(x, y), y)
    """

    def __init__(
        self, feature_dim: int, num_classes: int, margin: int, scale: float | None = None, blend: Blend | None = None
    ) -> None:
        super().__init__(feature_dim, num_classes)
        self.margin = check_integer("margin", margin)
        self.scale = None if scale is None else check_number("scale", scale, above=0)
        self.blend = _check_blend(blend)

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        if labels is not None:
            blend = 0.0 if self.blend is None else self.blend.value
            return angular_margin_logits(features, labels, self.weight, self.margin, self.scale, blend)
        if self.scale is None:
            return weight_normalized_logits(features, self.weight)
        return sphere_normalized_logits(features, self.weight, self.scale)

    def extra_repr(self) -> str:
        scale = "" if self.scale is None else f", scale={self.scale:g}"
        return f"{super().extra_repr()}, margin={self.margin}{scale}"


class _AdditiveHead(LinearHead):
    _logits: Callable[..., Tensor]

    def __init__(self, feature_dim: int, num_classes: int, margin: float, scale: float) -> None:
        super().__init__(feature_dim, num_classes)
        self.margin = check_number("margin", margin, at_least=0)
        self.scale = check_number("scale", scale, above=0)

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        if labels is None:
            return sphere_normalized_logits(features, self.weight, self.scale)
        return self._logits(features, labels, self.weight, self.margin, self.scale)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, margin={self.margin:g}, scale={self.scale:g}"


class CosFace(_AdditiveHead):
    """CosFace; see :func:`additive_margin_logits` (thesis, Part I).

    ``head(features, labels)`` gives the training logits, ``head(features)`` the test scores: the scaled cosines.

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        margin: m >= 0, in units of the cosine.
        scale: s > 0.

    Example:
        >>> head = CosFace(feature_dim=8, num_classes=3, margin=0.35, scale=30)
        >>> x, y = torch.randn(5, 8), torch.tensor([0, 1, 2, 0, 1])
        >>> loss = torch.nn.functional.cross_entropy(head(x, y), y)
    """

    _logits = staticmethod(additive_margin_logits)


class ArcFace(_AdditiveHead):
    """ArcFace, the literal cos(theta + m); see :func:`additive_angle_logits` (thesis, Part I).

    ``head(features, labels)`` gives the training logits, ``head(features)`` the test scores: the scaled cosines.

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        margin: m >= 0, in radians.
        scale: s > 0.

    Example:
        >>> head = ArcFace(feature_dim=8, num_classes=3, margin=0.5, scale=30)
        >>> x, y = torch.randn(5, 8), torch.tensor([0, 1, 2, 0, 1])
        >>> loss = torch.nn.functional.cross_entropy(head(x, y), y)
    """

    _logits = staticmethod(additive_angle_logits)
