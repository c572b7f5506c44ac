"""Large-margin softmax: multiply the angle to the own class by m (Liu, Wen, Yu and Yang, 2016; thesis, Chapter 2)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from discriminative._checks import check_integer, check_number, require
from discriminative._tensors import check_batch, check_floating, check_scalar, lift
from discriminative.losses._target import bend_target, target_cosine
from discriminative.losses.softmax import LinearHead

__all__ = ["Blend", "LSoftmax", "large_margin_logits", "multiple_angle", "psi"]


def multiple_angle(cosine: Tensor, margin: int) -> Tensor:
    r"""The cosine of ``margin`` times an angle, from the cosine of the angle.

    .. math:: \cos(m\theta) = T_m(\cos\theta)
              = \sum_{2n \le m} (-1)^n \binom{m}{2n} \cos^{m-2n}\theta \,(1 - \cos^2\theta)^n
              \qquad \text{(thesis, Eq. 2.7)}

    Evaluated by the recurrence of the Chebyshev polynomials, :math:`T_{m} = 2 c T_{m-1} - T_{m-2}`.

    Args:
        cosine: any shape, floating, within [-1, 1] (clamped there).
        margin: m, an integer >= 1.

    Returns:
        A tensor of the shape of ``cosine``.

    Raises:
        ValueError: if ``margin`` is not an integer >= 1.

    Example:
        >>> multiple_angle(torch.tensor([0.5]), 2)  # cos 120 degrees
        tensor([-0.5000])
    """
    margin = check_integer("margin", margin)
    check_floating("cosine", cosine)
    cosine = cosine.clamp(-1, 1)
    before, value = torch.ones_like(cosine), cosine
    twice = 2 * cosine
    for _ in range(margin - 1):
        before, value = value, twice * value - before
    return value


def psi(cosine: Tensor, margin: int) -> Tensor:
    r"""The monotone extension of :math:`\cos(m\theta)` to the whole half circle.

    .. math:: \psi(\theta) = (-1)^k \cos(m\theta) - 2k, \qquad
              \theta \in \left[\tfrac{k\pi}{m}, \tfrac{(k+1)\pi}{m}\right], \quad k \in \{0, \dots, m-1\}
              \qquad \text{(thesis, Eq. 2.6)}

    The interval k is found by comparing the cosine with :math:`\cos(j\pi/m)`: no arc cosine is taken, so the
    gradient is finite everywhere, also at 0 and 180 degrees.

    Args:
        cosine: :math:`\cos\theta`, any shape, floating, within [-1, 1] (clamped there).
        margin: m, an integer >= 1; 1 gives the cosine back.

    Returns:
        :math:`\psi(\theta)`, within [1 - 2m, 1], of the shape of ``cosine``; half precision gives float32.

    Raises:
        ValueError: if ``margin`` is not an integer >= 1.

    Example:
        >>> psi(torch.tensor([1.0, 0.0, -1.0]), 2)
        tensor([ 1., -1., -3.])
    """
    margin = check_integer("margin", margin)
    check_floating("cosine", cosine)
    (cosine,) = lift(cosine)
    k = _interval(cosine, margin)
    return (1 - 2 * (k % 2)) * multiple_angle(cosine, margin) - 2 * k


def _interval(cosine: Tensor, margin: int) -> Tensor:
    """k of Eq. 2.6, in the dtype of ``cosine``: how many breakpoints j pi / m the angle has passed."""
    k = torch.zeros_like(cosine)
    for j in range(1, margin):
        k += cosine <= math.cos(j * math.pi / margin)
    return k


def _psi_and_slope(cosine: Tensor, margin: int) -> tuple[Tensor, Tensor]:
    """psi and its derivative by the cosine, (-1)^k m U_{m-1}(cos), in one pass of the recurrence."""
    k = _interval(cosine, margin)
    sign = 1 - 2 * (k % 2)
    t_before, t = torch.ones_like(cosine), cosine
    u_before, u = torch.zeros_like(cosine), torch.ones_like(cosine)
    twice = 2 * cosine
    for _ in range(margin - 1):
        t_before, t = t, twice * t - t_before
        u_before, u = u, twice * u - u_before
    return sign * t - 2 * k, sign * margin * u


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
            value, slope = _psi_and_slope(cosine, margin)
            value = (blend * cosine + value) / (1 + blend)
            slope = (blend + slope) / (1 + blend)
        return bend_target(x, labels, w, cosine, x_norm, w_norm, value, slope)


class Blend(nn.Module):
    r"""The weight :math:`\lambda` of the plain cosine in :math:`(\lambda\cos\theta + \psi)/(1 + \lambda)`.

    Margins at full strength do not train from scratch on real networks, so the thesis starts at a large lambda and
    lowers it (section 2.2.7). Here lambda falls geometrically from ``start`` to ``floor`` and is there by the
    fraction ``reached`` of the run. It moves only by :meth:`step`, called once per optimiser step; the step count is
    in the ``state_dict``.

    Args:
        floor: the last lambda, > 0.
        total_steps: optimiser steps of the whole run.
        start: the first lambda, >= ``floor``.
        reached: fraction of the run at which the floor is reached, in (0, 1].

    Example:
        >>> blend = Blend(floor=1.0, total_steps=10, start=100.0, reached=0.5)
        >>> for _ in range(5):
        ...     blend.step()
        >>> float(blend.value)
        1.0
    """

    value: Tensor

    def __init__(self, floor: float, total_steps: int, start: float = 1000.0, reached: float = 0.4) -> None:
        super().__init__()
        self.floor = check_number("floor", floor, above=0)
        self.start = check_number("start", start, at_least=self.floor)
        self.reached = check_number("reached", reached, above=0)
        require(self.reached <= 1, "reached must be at most 1, got {!r}", reached)
        self.total_steps = check_integer("total_steps", total_steps)
        self.steps = 0
        self.register_buffer("value", torch.tensor(self.at(0)), persistent=False)

    def at(self, steps: int) -> float:
        """Lambda after that many optimiser steps."""
        fraction = min(1.0, steps / (self.reached * self.total_steps))
        return self.floor if fraction == 1 else self.start * (self.floor / self.start) ** fraction

    def step(self) -> None:
        """Advance by one optimiser step."""
        self.steps += 1
        self.value.fill_(self.at(self.steps))

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Blend:
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        (value,) = lift(self.value)  # half precision overflows at a lambda of 65,520
        self.value = value.fill_(self.at(self.steps))
        return self

    def get_extra_state(self) -> dict[str, int]:
        return {"steps": self.steps}

    def set_extra_state(self, state: dict[str, int]) -> None:
        self.steps = state["steps"]
        self.value.fill_(self.at(self.steps))

    def extra_repr(self) -> str:
        return f"floor={self.floor:g}, total_steps={self.total_steps}, start={self.start:g}, reached={self.reached:g}"


def _check_blend(blend: Any) -> Blend | None:
    """``blend``; ``TypeError`` unless it is a :class:`Blend` or ``None``."""
    if blend is not None and not isinstance(blend, Blend):
        raise TypeError(f"blend must be a Blend or None, got {blend!r}")
    return blend


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
        >>> head = LSoftmax(feature_dim=8, num_classes=3, margin=4)
        >>> x, y = torch.randn(5, 8), torch.tensor([0, 1, 2, 0, 1])
        >>> loss = torch.nn.functional.cross_entropy(head(x, y), y)
    """

    def __init__(self, feature_dim: int, num_classes: int, margin: int, blend: Blend | None = None) -> None:
        super().__init__(feature_dim, num_classes)
        self.margin = check_integer("margin", margin)
        self.blend = _check_blend(blend)

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
