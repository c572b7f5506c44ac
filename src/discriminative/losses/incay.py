"""Feature incay: make feature norms grow, short ones fastest (Yuan et al., 2017)."""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from discriminative._checks import check_number, require
from discriminative._tensors import check_features, lift, norms, reduce

__all__ = ["FeatureIncay", "log_norm", "reciprocal_norm", "square_norm"]

Form = Literal["reciprocal", "log", "linear"]


def reciprocal_norm(features: Tensor, eps: float = 1e-3, upper: float | None = None, reduction: str = "mean") -> Tensor:
    r"""The reciprocal norm loss, RN: what feature incay adds to softmax, with a coefficient.

    .. math:: L_i = \frac{1}{\lVert f_i \rVert^2 + \epsilon}, \qquad
              \frac{\partial L_i}{\partial f_i} = -\frac{2 f_i}{(\lVert f_i \rVert^2 + \epsilon)^2}
              \qquad \text{(feature incay, Eq. 8 and section 3.3)}

    The pull falls with the norm only beyond :math:`\sqrt{\epsilon/3}`, where it is at its greatest,
    :math:`\tfrac{3\sqrt3}{8}\, \epsilon^{-3/2}`; below it rises (the paper says "always"). Without :math:`\epsilon` the
    gradient is :math:`2f/\lVert f \rVert^4`, which section 6.3 misprints as :math:`2f/\lVert f \rVert^2`.

    Args:
        features: f, ``[B, D]``, any floating dtype; half precision is lifted to float32.
        eps: :math:`\epsilon > 0`, in units of the squared norm; at least the cube root of the smallest normal number,
            2.3e-13 in float32, so that the gradient is finite.
        upper: norm beyond which a sample's term, value and gradient, is 0 (Property 3; for instance
            :func:`discriminative.geometry.norm_upper_bound`); ``None`` for no limit.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Returns:
        A scalar, or ``[B]`` for ``"none"``. At f = 0 it is 1 / eps, with gradient 0.

    Raises:
        ValueError: naming the argument that is out of range or has the wrong shape.

    Example:
        >>> reciprocal_norm(torch.tensor([[3.0, 4.0], [0.0, 0.0]]), eps=1.0, reduction="none")
        tensor([0.0385, 1.0000])
    """
    return _incay(features, "reciprocal", eps, upper, reduction)


def log_norm(features: Tensor, eps: float = 1e-3, upper: float | None = None, reduction: str = "mean") -> Tensor:
    r"""The logarithmic form of incay, as a penalty: :math:`L_i = -\log(\lVert f_i \rVert^2 + \epsilon)`.

    .. math:: \frac{\partial L_i}{\partial f_i} = -\frac{2 f_i}{\lVert f_i \rVert^2 + \epsilon}
              \qquad \text{(feature incay, section 6.3; } \epsilon \text{ is ours, the paper has none)}

    Under its gradient flow the difference of two squared norms is constant, so norms draw together, as they do under
    :func:`reciprocal_norm`, which leaves less between them for the same lengthening of the shorter one. Arguments
    as there, but that ``eps`` may be any normal number; the value is not bounded below.

    Example:
        >>> log_norm(torch.tensor([[3.0, 4.0]]), eps=1e-9)  # -log 25
        tensor(-3.2189)
    """
    return _incay(features, "log", eps, upper, reduction)


def square_norm(features: Tensor, upper: float | None = None, reduction: str = "mean") -> Tensor:
    r"""The linear form of incay, as a penalty: :math:`L_i = -\lVert f_i \rVert^2`.

    .. math:: \frac{\partial L_i}{\partial f_i} = -2 f_i   \qquad \text{(feature incay, section 6.3)}

    It grows without bound, and its flow multiplies all norms alike: without ``upper`` it diverges. Arguments as in
    :func:`reciprocal_norm`.

    Example:
        >>> square_norm(torch.tensor([[3.0, 4.0]]))
        tensor(-25.)
    """
    return _incay(features, "linear", 1.0, upper, reduction)


def _incay(features: Tensor, form: Form, eps: float, upper: float | None, reduction: str) -> Tensor:
    eps = check_number("eps", eps, above=0)
    if upper is not None:
        upper = check_number("upper", upper, above=0)
    check_features(features)
    with torch.autocast(features.device.type, enabled=False):
        (features,) = lift(features)
        tiny = torch.finfo(features.dtype).tiny
        least = {"reciprocal": tiny ** (1 / 3), "log": tiny, "linear": 0.0}[form]
        require(eps >= least, "eps must be at least {:.2g} in {}, got {!r}", least, features.dtype, eps)
        square = torch.linalg.vecdot(features, features)
        if form == "log":  # by the norm, whose square overflows
            length = norms(features)
            losses = -2 * torch.hypot(length, length.new_tensor(eps).sqrt()).log()
        else:
            losses = 1 / (square + eps) if form == "reciprocal" else -square
        if upper is not None:
            losses = torch.where(square.sqrt() <= upper, losses, 0)
        return reduce(losses, reduction)


class FeatureIncay(nn.Module):
    """The term of feature incay; see :func:`reciprocal_norm`, :func:`log_norm` and :func:`square_norm`.

    ``term(features, labels, weight)`` is a scalar to be added to the loss with a coefficient (the paper's lambda).

    Args:
        form: ``"reciprocal"`` (RN, the paper's choice), ``"log"`` or ``"linear"``.
        eps: > 0; not used by ``"linear"``.
        upper: norm beyond which a sample is left alone, or ``None``.

    Example:
        >>> term = FeatureIncay(eps=1.0)
        >>> term(torch.tensor([[3.0, 4.0]]), torch.tensor([0]), torch.eye(2))
        tensor(0.0385)
    """

    def __init__(self, form: Form = "reciprocal", eps: float = 1e-3, upper: float | None = None) -> None:
        super().__init__()
        require(form in get_args(Form), "form must be one of {}, got {!r}", get_args(Form), form)
        self.form: Form = form
        self.eps = check_number("eps", eps, above=0)
        self.upper = None if upper is None else check_number("upper", upper, above=0)

    def forward(self, features: Tensor, labels: Tensor | None = None, weight: Tensor | None = None) -> Tensor:
        return _incay(features, self.form, self.eps, self.upper, "mean")

    @property
    def largest_pull(self) -> float:
        r"""The most that a gradient under RN can measure, :math:`\tfrac{3\sqrt3}{8}\,\epsilon^{-3/2}`."""
        return 3 * math.sqrt(3) / 8 / (self.eps * math.sqrt(self.eps))

    def extra_repr(self) -> str:
        return f"form={self.form!r}, eps={self.eps:g}, upper={self.upper}"
