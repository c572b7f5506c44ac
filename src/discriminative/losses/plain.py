"""The heads once more, in operations that autograd differentiates as often as is asked: slower, and the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from discriminative._tensors import check_batch, lift, norms
from discriminative.losses._psi import psi
from discriminative.losses.angular import ArcFace, ASoftmax, CosFace, GuardedArcFace
from discriminative.losses.large_margin import LSoftmax
from discriminative.losses.normalized import L2ConstrainedSoftmax, NormFace, WeightNormalizedSoftmax
from discriminative.losses.softmax import LinearHead, Softmax
from discriminative.losses.weights_biased import CentredWSoftmax, GuardedWSoftmax, WSoftmax

__all__ = ["plain_logits"]


def plain_logits(head: nn.Module, features: Tensor, labels: Tensor | None = None) -> Tensor:
    r"""What ``head(features, labels)`` gives, by plain autograd: for per-sample gradients and second derivatives.

    The heads' own backward passes are written by hand and have first derivatives only. Here the equation is spelled out
    in differentiable operations, so :func:`torch.func.grad`, ``vmap``, ``jvp`` and second derivatives work; it takes
    more time and memory, and W-Softmax holds no ``B x C x D`` here either.

    Args:
        head: any head of this package, whose weights, margin, scale and blend are used.
        features: x, ``[B, D]``.
        labels: y, ``[B]``, or ``None`` for the test scores.

    Returns:
        ``[B, C]``, equal to the head's own but for rounding. Not defined, as the equations are not, where a vector is
        zero, where a feature lies on its own weight or against it (ArcFace), or where a rival cancels (W-Softmax).

    Raises:
        TypeError: if ``head`` is no head of this package.

    Example:
        >>> from discriminative.losses import NormFace
        >>> head, x = NormFace(8, 3, scale=16.0), torch.randn(5, 8)
        >>> y = torch.tensor([0, 1, 2, 0, 1])
        >>> def loss(x, y):
        ...     return torch.nn.functional.cross_entropy(plain_logits(head, x[None], y[None]), y[None])
        >>> torch.func.vmap(torch.func.grad(loss))(x, y).shape  # one gradient a sample
        torch.Size([5, 8])
    """
    for kind in type(head).__mro__:
        if kind in LOGITS:
            assert isinstance(head, LinearHead)
            check_batch(features, labels, head.weight)
            with torch.autocast(features.device.type, enabled=False):
                x, w = lift(features, head.weight)
                return LOGITS[kind](head, x, labels, w)
    raise TypeError(f"head must be a head of discriminative.losses, got {type(head).__name__}")


def _unit(rows: Tensor) -> Tensor:
    return rows / norms(rows).clamp_min(torch.finfo(rows.dtype).tiny).unsqueeze(1)


def _bend(scores: Tensor, labels: Tensor | None, target: Callable[[Tensor], Tensor]) -> Tensor:
    """The scores with ``target`` of the own one in its place."""
    if labels is None:
        return scores
    index = labels.unsqueeze(1)
    return scores.scatter(1, index, target(scores.gather(1, index).squeeze(1)).unsqueeze(1))


def _softmax(head: Any, x: Tensor, y: Tensor | None, w: Tensor) -> Tensor:
    scores = x @ w.T
    bias: Tensor | None = head.bias
    return scores if bias is None else scores + bias


def _scale(head: Any) -> Tensor:
    return torch.as_tensor(head.scale)


def _weight_normalized(head: Any, x: Tensor, y: Tensor | None, w: Tensor) -> Tensor:
    return x @ _unit(w).T


def _sphere(head: Any, x: Tensor, y: Tensor | None, w: Tensor) -> Tensor:
    return _unit(x) @ _unit(w).T * _scale(head)


def _l2_constrained(head: Any, x: Tensor, y: Tensor | None, w: Tensor) -> Tensor:
    return (_unit(x) * _scale(head)) @ w.T


def _blended(head: Any) -> Callable[[Tensor], Tensor]:
    """psi between the plain cosine and itself, as the head's blend says."""
    blend = 0.0 if head.blend is None else head.blend.value
    return lambda cosine: (blend * cosine + psi(cosine, head.margin)) / (1 + blend)


def _l_softmax(head: Any, x: Tensor, y: Tensor | None, w: Tensor) -> Tensor:
    if y is None:
        return x @ w.T
    lengths = norms(x) * norms(w)[y]
    return _bend(x @ w.T, y, lambda own: lengths * _blended(head)(own / lengths))


def _a_softmax(head: Any, x: Tensor, y: Tensor | None, w: Tensor) -> Tensor:
    length = norms(x) if head.scale is None else _scale(head)
    cosines = _bend(_unit(x) @ _unit(w).T, y, _blended(head))
    return cosines * length.unsqueeze(-1)


def _margin(head: Any, y: Tensor | None) -> Tensor:
    margin = torch.as_tensor(head.margin)
    return margin[y] if margin.ndim and y is not None else margin


def _cosface(head: Any, x: Tensor, y: Tensor | None, w: Tensor) -> Tensor:
    return _bend(_unit(x) @ _unit(w).T, y, lambda cosine: cosine - _margin(head, y)) * _scale(head)


def _arcface(head: Any, x: Tensor, y: Tensor | None, w: Tensor) -> Tensor:
    margin = _margin(head, y).to(x.dtype)

    def target(cosine: Tensor) -> Tensor:
        literal = cosine * margin.cos() - (1 - cosine * cosine).sqrt() * margin.sin()
        if not isinstance(head, GuardedArcFace):
            return literal
        return torch.where(cosine <= -margin.cos(), cosine - (1 - margin.cos()), literal)

    return _bend(_unit(x) @ _unit(w).T, y, target) * _scale(head)


def _lengths(head: Any, y: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """|alpha w_c + w_j| ``[B, C]`` of unit weights; and the same weights, w_c held constant where the head says so."""
    unit = _unit(w)
    alpha: float = head.alpha
    own = unit[y] if head.gradient == "literal" else unit[y].detach()
    square = (1 - alpha) * (1 - alpha) + 2 * alpha * (1 + own @ unit.T)
    return square.scatter(1, y.unsqueeze(1), 1.0).sqrt(), own


def _w_softmax(head: Any, x: Tensor, y: Tensor | None, w: Tensor) -> Tensor:
    scores = x @ _unit(w).T
    if y is None:
        return scores
    length, own = _lengths(head, y, w)
    turned: Tensor = (scores + head.alpha * (x * own).sum(1, keepdim=True)) / length
    return turned.scatter(1, y.unsqueeze(1), scores.gather(1, y.unsqueeze(1)))


def _guarded_w_softmax(head: Any, x: Tensor, y: Tensor | None, w: Tensor) -> Tensor:
    scores = x @ _unit(w).T
    if y is None:
        return scores
    index = y.unsqueeze(1)
    length = _lengths(head, y, w)[0]
    gap: Tensor = 1 + head.alpha - (length if head.gradient == "literal" else length.detach())
    size: Tensor = scores.gather(1, index).abs() if head.margin == "proportional" else norms(x).unsqueeze(1)
    return scores + gap.scatter(1, index, 0.0) * size


def _centred_w_softmax(head: Any, x: Tensor, y: Tensor | None, w: Tensor) -> Tensor:
    return _w_softmax(head, x, y, w - w.mean(0))


LOGITS: dict[type[nn.Module], Callable[[Any, Tensor, Tensor | None, Tensor], Tensor]] = {
    Softmax: _softmax,
    WeightNormalizedSoftmax: _weight_normalized,
    NormFace: _sphere,
    L2ConstrainedSoftmax: _l2_constrained,
    LSoftmax: _l_softmax,
    ASoftmax: _a_softmax,
    CosFace: _cosface,
    ArcFace: _arcface,
    GuardedArcFace: _arcface,
    WSoftmax: _w_softmax,
    GuardedWSoftmax: _guarded_w_softmax,
    CentredWSoftmax: _centred_w_softmax,
}
