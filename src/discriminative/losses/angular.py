"""Margins on the angle itself, weights on the unit sphere: A-Softmax, CosFace and ArcFace (thesis, Part I)."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from discriminative._checks import check_integer, check_number, require
from discriminative._tensors import check_batch, check_floating, check_scalar, lift
from discriminative.losses._psi import psi_and_slope
from discriminative.losses._unit import inverse_norms, own_cosine, unit, unit_weight_logits
from discriminative.losses.blend import Blend, check_blend
from discriminative.losses.normalized import sphere_normalized_logits, weight_normalized_logits
from discriminative.losses.softmax import LinearHead

__all__ = [
    "ASoftmax",
    "ArcFace",
    "CosFace",
    "GuardedArcFace",
    "additive_angle_logits",
    "additive_margin_logits",
    "angular_margin_logits",
]


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
            value, slope = psi_and_slope(cosine, margin)
            value = (blend * cosine + value) / (1 + blend)
            slope = (blend + slope) / (1 + blend)
            if scale is None:  # |x| psi: its gradient has a radial part, (psi - c psi') x / |x|
                length = torch.linalg.vecdot(x, directions)
                turn = (value - slope * cosine) * x_inverse
        if scale is None:
            return unit_weight_logits(x, w, inverse, labels, length * value, slope, turn)
        return unit_weight_logits(directions * scale, w, inverse, labels, scale * value, slope)


def additive_margin_logits(
    features: Tensor, labels: Tensor, weight: Tensor, margin: Tensor | float, scale: float
) -> Tensor:
    r"""Logits of CosFace: a constant taken from the target's cosine.

    .. math:: f_{y_i} = s\,(\cos\theta_{y_i} - m), \qquad f_j = s \cos\theta_j \quad (j \ne y_i)
              \qquad \text{(thesis, Part I, } L_{a1})

    Args:
        features: x, ``[B, D]``, any floating dtype, of any length.
        labels: y, ``[B]``, int64 in ``0 .. C-1``.
        weight: W, ``[C, D]``, one row a class, of any length.
        margin: m in [0, 2), in units of the cosine; 0 is sphere-normalised softmax. Or a tensor ``[B]``, one for each
            sample, whose values are not read.
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
    check_batch(features, labels, weight)
    margin, scale = _check_margin(margin, labels, 2.0, COSINE), check_number("scale", scale, above=0)
    with torch.autocast(features.device.type, enabled=False):
        x, w = lift(features, weight)
        inverse, directions = inverse_norms(w), unit(x)
        with torch.no_grad():
            cosine, _ = own_cosine(directions, labels, w, inverse)
        return unit_weight_logits(directions * scale, w, inverse, labels, scale * (cosine - margin))


def additive_angle_logits(
    features: Tensor, labels: Tensor, weight: Tensor, margin: Tensor | float, scale: float, guard: bool = False
) -> Tensor:
    r"""Logits of ArcFace: an angle added to the target's.

    .. math:: f_{y_i} = s \cos(\theta_{y_i} + m), \qquad f_j = s \cos\theta_j \quad (j \ne y_i)
              \qquad \text{(thesis, Part I, } L_{a2})

    **As printed it has solutions that ignore the label.** Beyond :math:`\theta = \pi - m` the cosine rises again, and
    beyond :math:`\pi - m/2` it exceeds :math:`\cos\theta`: a feature opposite to every weight pays next to nothing,
    whatever its label. With the guard (ours) the target falls on instead:

    .. math:: f_{y_i} = s \begin{cases} \cos(\theta_{y_i} + m) & \theta_{y_i} < \pi - m \\
              \cos\theta_{y_i} - (1 - \cos m) & \theta_{y_i} \ge \pi - m \end{cases}

    *Proof that this is continuous, falls with the angle, and dominates softmax* (no target logit above its score), for
    :math:`0 \le m < \pi`. At :math:`\theta = \pi - m` both lines are -1. Up to there :math:`\theta + m \le \pi`, where
    the cosine falls; beyond, :math:`\cos\theta` falls. And the first line is at most :math:`\cos\theta`, as the cosine
    falls between :math:`\theta` and :math:`\theta + m \le \pi`, the second as :math:`\cos m \le 1`.

    Args:
        features: x, ``[B, D]``, any floating dtype, of any length.
        labels: y, ``[B]``, int64 in ``0 .. C-1``.
        weight: W, ``[C, D]``, one row a class, of any length.
        margin: m in [0, pi), in radians; 0 is sphere-normalised softmax. Or a tensor ``[B]``, one for each sample,
            whose values are not read.
        scale: s > 0.
        guard: keep the target falling beyond :math:`\pi - m`.

    Returns:
        ``[B, C]`` in float32, or float64 if either input is. A zero feature or weight has no direction: the angle is
        taken as 90 degrees and it gets no gradient. At 0 and, without the guard, 180 degrees the logit has a kink;
        within the square root of the machine precision of them the gradient falls linearly to that of
        ``cos(m) cos(theta)``. The guard's own kink takes the gradient of the second line, which is not zero.

    Raises:
        ValueError: naming the argument that is out of range or does not fit the others.

    Example:
        >>> import math
        >>> x, w = torch.tensor([[1.0, 0.0], [-1.0, 0.0]]), torch.eye(2)
        >>> y = torch.tensor([0, 0])
        >>> additive_angle_logits(x, y, w, margin=math.pi / 3, scale=2)[:, 0].round(decimals=4)
        tensor([ 1., -1.])
        >>> additive_angle_logits(x, y, w, margin=math.pi / 3, scale=2, guard=True)[:, 0].round(decimals=4)
        tensor([ 1., -3.])
    """
    check_batch(features, labels, weight)
    margin, scale = _check_margin(margin, labels, math.pi, RADIANS), check_number("scale", scale, above=0)
    with torch.autocast(features.device.type, enabled=False):
        x, w = lift(features, weight)
        inverse, directions = inverse_norms(w), unit(x)
        with torch.no_grad():
            cosine, own = own_cosine(directions, labels, w, inverse)
            sine = torch.linalg.vector_norm(own - cosine.unsqueeze(1) * directions, dim=1)  # exact near 0 and pi
            sine = torch.where(cosine == 0, (1 - cosine.square()).sqrt(), sine)  # a zero vector is at 90 degrees
            cos_m, sin_m = _cosine_and_sine(margin)
            value = cosine * cos_m - sine * sin_m
            slope = cos_m + sin_m * cosine / sine.clamp_min(torch.finfo(x.dtype).eps ** 0.5)
            if guard:
                beyond = cosine <= -cos_m
                value, slope = torch.where(beyond, cosine - (1 - cos_m), value), torch.where(beyond, 1.0, slope)
        return unit_weight_logits(directions * scale, w, inverse, labels, scale * value, slope)


COSINE = "margin must be below 2, got {0!r}: it is taken from a cosine, and two cosines are less than 2 apart"
RADIANS = "margin must be below pi radians, got {0!r}; if these are degrees, pass math.radians({0!r})"


def _check_margin(margin: Any, labels: Tensor, below: float, unit: str) -> Tensor | float:
    """A margin that some angle can meet, in its unit; or one for each label, whose values are not read."""
    if isinstance(margin, Tensor):
        check_floating("margin", margin)
        require(margin.shape == labels.shape, "margin must be a number or [{}], one for each label, got shape {}",
                len(labels), tuple(margin.shape))  # fmt: skip
        return margin.detach()
    number = check_number("margin", margin, at_least=0)
    require(number < below, unit, margin)
    return number


def _cosine_and_sine(margin: Tensor | float) -> tuple[Any, Any]:
    if isinstance(margin, Tensor):
        return margin.cos(), margin.sin()
    return math.cos(margin), math.sin(margin)


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
        >>> head = ASoftmax(feature_dim=8, num_classes=3, margin=4, blend=Blend(floor=5.0, total_steps=100))
        >>> x, y = torch.randn(5, 8), torch.tensor([0, 1, 2, 0, 1])
        >>> loss = torch.nn.functional.cross_entropy(head(x, y), y)
    """

    def __init__(
        self, feature_dim: int, num_classes: int, margin: int, scale: float | None = None, blend: Blend | None = None
    ) -> None:
        super().__init__(feature_dim, num_classes)
        self.margin = check_integer("margin", margin)
        self.scale = None if scale is None else check_number("scale", scale, above=0)
        self.blend = check_blend(blend)

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
    margin: Tensor | float
    below: float
    unit: str

    def __init__(self, feature_dim: int, num_classes: int, margin: Tensor | float, scale: float) -> None:
        super().__init__(feature_dim, num_classes)
        if isinstance(margin, Tensor):
            classes = torch.arange(num_classes, device=margin.device)
            for value in (margin.min().item(), margin.max().item()) if margin.numel() else ():
                _check_margin(value, classes, self.below, self.unit)
            _check_margin(margin, classes, self.below, self.unit)
            self.register_buffer("margin", margin.detach())
        else:
            self.margin = _check_margin(margin, torch.arange(0), self.below, self.unit)
        self.scale = check_number("scale", scale, above=0)

    def forward(self, features: Tensor, labels: Tensor | None = None) -> Tensor:
        if labels is None:
            return sphere_normalized_logits(features, self.weight, self.scale)
        check_batch(features, labels, self.weight)
        margin = self.margin[labels] if isinstance(self.margin, Tensor) else self.margin
        return self.logits(features, labels, margin)

    def logits(self, features: Tensor, labels: Tensor, margin: Tensor | float) -> Tensor:
        """The training logits with another margin: a number, or a tensor ``[B]`` with one for each sample."""
        raise NotImplementedError

    def extra_repr(self) -> str:
        margin = "one a class" if isinstance(self.margin, Tensor) else f"{self.margin:g}"
        return f"{super().extra_repr()}, margin={margin}, scale={self.scale:g}"


class CosFace(_AdditiveHead):
    """CosFace; see :func:`additive_margin_logits` (thesis, Part I).

    ``head(features, labels)`` gives the training logits, ``head(features)`` the test scores: the scaled cosines.

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        margin: m in [0, 2), in units of the cosine; or a tensor ``[C]`` with one a class.
        scale: s > 0.

    Example:
        >>> head = CosFace(feature_dim=8, num_classes=3, margin=0.35, scale=30)
        >>> x, y = torch.randn(5, 8), torch.tensor([0, 1, 2, 0, 1])
        >>> loss = torch.nn.functional.cross_entropy(head(x, y), y)
    """

    below, unit = 2.0, COSINE

    def logits(self, features: Tensor, labels: Tensor, margin: Tensor | float) -> Tensor:
        return additive_margin_logits(features, labels, self.weight, margin, self.scale)


class ArcFace(_AdditiveHead):
    """ArcFace, the literal cos(theta + m); see :func:`additive_angle_logits` (thesis, Part I).

    **To train a model, take** :class:`GuardedArcFace`. This one is the equation as printed, which is what the book
    measures: started badly it ends at a loss of zero with an accuracy of zero, every feature opposite to its weight.

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        margin: m in [0, pi), in radians; or a tensor ``[C]`` with one a class.
        scale: s > 0.

    Example:
        >>> head = ArcFace(feature_dim=8, num_classes=3, margin=0.5, scale=30)
        >>> opposite = -head.weight.detach()[:1].expand(2, -1)  # as far from the class as can be: it should cost 60
        >>> bool(head(opposite, torch.tensor([0, 0]))[0, 0] > head(opposite)[0, 0])
        True
    """

    below, unit = math.pi, RADIANS

    def logits(self, features: Tensor, labels: Tensor, margin: Tensor | float) -> Tensor:
        return additive_angle_logits(features, labels, self.weight, margin, self.scale)


class GuardedArcFace(_AdditiveHead):
    """ArcFace for training: beyond pi - m the target's logit falls on; see :func:`additive_angle_logits` (ours).

    ``head(features, labels)`` gives the training logits, ``head(features)`` the test scores: the scaled cosines. It is
    :class:`ArcFace` wherever the own angle is below pi - m, and its loss is never below that of the test scores.

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        margin: m in [0, pi), in radians; or a tensor ``[C]`` with one a class.
        scale: s > 0.

    Example:
        >>> head = GuardedArcFace(feature_dim=8, num_classes=3, margin=0.5, scale=30)
        >>> x, y = torch.randn(5, 8), torch.tensor([0, 1, 2, 0, 1])
        >>> loss = torch.nn.functional.cross_entropy(head(x, y), y)
        >>> bool((head(x, y) <= head(x) + 1e-4).all())
        True
    """

    below, unit = math.pi, RADIANS

    def logits(self, features: Tensor, labels: Tensor, margin: Tensor | float) -> Tensor:
        return additive_angle_logits(features, labels, self.weight, margin, self.scale, guard=True)
