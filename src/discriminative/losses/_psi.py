"""The margin function psi of L- and A-Softmax, and its slope (thesis, Eqs 2.6 and 2.7)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from discriminative._checks import check_integer
from discriminative._tensors import check_floating, lift

__all__ = ["interval", "multiple_angle", "psi", "psi_and_slope"]


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
    k = interval(cosine, margin)
    return (1 - 2 * (k % 2)) * multiple_angle(cosine, margin) - 2 * k


def interval(cosine: Tensor, margin: int) -> Tensor:
    """k of Eq. 2.6, in the dtype of ``cosine``: how many breakpoints j pi / m the angle has passed."""
    k = torch.zeros_like(cosine)
    for j in range(1, margin):
        k += cosine <= math.cos(j * math.pi / margin)
    return k


def psi_and_slope(cosine: Tensor, margin: int) -> tuple[Tensor, Tensor]:
    """psi and its derivative by the cosine, (-1)^k m U_{m-1}(cos), in one pass of the recurrence."""
    k = interval(cosine, margin)
    sign = 1 - 2 * (k % 2)
    t_before, t = torch.ones_like(cosine), cosine
    u_before, u = torch.zeros_like(cosine), torch.ones_like(cosine)
    twice = 2 * cosine
    for _ in range(margin - 1):
        t_before, t = t, twice * t - t_before
        u_before, u = u, twice * u - u_before
    return sign * t - 2 * k, sign * margin * u
