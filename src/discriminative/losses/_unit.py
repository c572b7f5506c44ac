"""Inner products with class weights of length one, without a normalised copy of the weights.

``x . w_j / |w_j|`` is a column of softmax's own logits divided by a number, so B x C products are scaled and the C x D
weights never are. With H the gradient of the logits, the columns scaled in the same way,

    dL/dx = H W        dL/dw_j = (I - w^_j w^_j') (sum_i H_ij x_i)

are softmax's two matrix products and one projection in place. A margin bends one entry per row: that entry of ``H`` is
multiplied by the slope of the bend, and what is radial in x is added as one row per sample.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from discriminative._tensors import by_hand, norms

__all__ = ["inverse_norms", "own_cosine", "project_rows_", "unit", "unit_weight_logits"]


def inverse_norms(vectors: Tensor) -> Tensor:
    """One over the norm of each row, without a graph; 0 for a row too short to have a direction.

    Too short is below 1e-31 in float32 and 1e-292 in float64, where one over the norm nears the largest number.
    """
    with torch.no_grad():
        length = norms(vectors)
        limits = torch.finfo(vectors.dtype)
        return torch.where(length > limits.tiny / limits.eps, 1 / length, 0)


class _Unit(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, vectors: Tensor, inverse: Tensor) -> Tensor:
        result = vectors * inverse.unsqueeze(1)
        ctx.save_for_backward(result, inverse)
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        result, inverse = ctx.saved_tensors
        radial = torch.linalg.vecdot(grad, result).unsqueeze(1)
        return torch.addcmul(grad, result, radial, value=-1).mul_(inverse.unsqueeze(1)), None


def unit(vectors: Tensor, inverse: Tensor | None = None) -> Tensor:
    """Each row of ``[N, D]`` at length one; a zero row stays zero and has gradient zero.

    ``inverse`` is :func:`inverse_norms` of the vectors, where it is known already.
    """
    return by_hand(_Unit, vectors, inverse_norms(vectors) if inverse is None else inverse)


def own_cosine(directions: Tensor, labels: Tensor, weight: Tensor, inverse: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine ``[B]`` of unit features to their own class, and its unit weight ``[B, D]``.

    ``inverse`` are the inverse norms of the weights. The cosine is clamped to [-1, 1]; it is 0 where either vector has
    no direction.
    """
    own = weight[labels] * inverse[labels].unsqueeze(1)
    return torch.linalg.vecdot(directions, own).clamp(-1, 1), own


def project_rows_(grad: Tensor, weight: Tensor, inverse: Tensor) -> Tensor:
    """From the gradient by the unit weights ``[C, D]`` that by the weights, in place.

    In at most eight parts, so that what is made on the way is an eighth of the weights.
    """
    size = max(-(-len(weight) // 8), 256)
    for start in range(0, len(weight), size):
        part = slice(start, start + size)
        radial = torch.linalg.vecdot(grad[part], weight[part]).mul_(inverse[part]).mul_(inverse[part]).unsqueeze(1)
        grad[part].addcmul_(weight[part], radial, value=-1).mul_(inverse[part].unsqueeze(1))
    return grad


class _UnitWeightLogits(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        weight: Tensor,
        inverse: Tensor,
        labels: Tensor | None,
        target: Tensor | None,
        slope: Tensor | None,
        turn: Tensor | None,
    ) -> Tensor:
        logits = (features @ weight.T).mul_(inverse)
        if labels is not None and target is not None:
            logits.scatter_(1, labels.unsqueeze(1), target.unsqueeze(1))
        ctx.save_for_backward(features, weight, inverse, labels, slope, turn)
        return logits

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        features, weight, inverse, labels, slope, turn = ctx.saved_tensors
        grad_features = grad_weight = None
        index: Any = None
        own: Any = None
        if labels is not None:
            index = labels.unsqueeze(1)
            own = grad.gather(1, index)
        if ctx.needs_input_grad[0]:
            scaled = grad * inverse
            if slope is not None:
                scaled.scatter_(1, index, own * (slope * inverse[labels]).unsqueeze(1))
            grad_features = scaled @ weight
            del scaled  # its memory serves the gradient of the weight
            if turn is not None:
                grad_features.addcmul_(features, own * turn.unsqueeze(1))
        if ctx.needs_input_grad[1]:
            if slope is not None and len(weight) <= features.shape[1]:  # few classes: bend a copy of the gradient
                grad = grad.scatter(1, index, own * slope.unsqueeze(1))
            grad_weight = grad.T @ features
            if slope is not None and len(weight) > features.shape[1]:  # many: add what the bend adds, row by row
                grad_weight.index_add_(0, labels, features * (own * (slope - 1).unsqueeze(1)))
            project_rows_(grad_weight, weight, inverse)
        return grad_features, grad_weight, None, None, None, None, None


def unit_weight_logits(
    features: Tensor,
    weight: Tensor,
    inverse: Tensor,
    labels: Tensor | None = None,
    target: Tensor | None = None,
    slope: Tensor | None = None,
    turn: Tensor | None = None,
) -> Tensor:
    """Logits ``x . w_j / |w_j|``, ``[B, C]``; with ``labels`` the target entry is ``target`` instead.

    Args:
        features: ``[B, D]``.
        weight: ``[C, D]``, of any length.
        inverse: ``[C]``, from :func:`inverse_norms` of the weight.
        labels: ``[B]``, or ``None`` for plain scores.
        target: ``[B]``, f(x, w) of the target entry, computed without a graph.
        slope: ``[B]``, the coefficient A of the unit weight in ``df/dx = A w^ + turn x``; without it A is 1.
        turn: ``[B]``, the coefficient of x; without it 0, which is right where the features were made by
            :func:`unit`, whose backward removes what is radial.
    """
    return by_hand(_UnitWeightLogits, features, weight, inverse, labels, target, slope, turn)
