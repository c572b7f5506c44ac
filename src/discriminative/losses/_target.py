"""L-Softmax's logits: softmax's own, but for the target entry, which the margin bends.

The heads over weights of length one share ``_unit.py`` instead. Here the target is ``f = |w| |x| psi(cos)`` in place of
``|w| |x| cos``. With the slope A = psi'(cos) and the intercept q = psi - A cos its derivatives are

    df/dx = A w + q (|w| / |x|) x        df/dw = A x + q (|x| / |w|) w

so a backward pass is softmax's own two matrix products plus one correction row per sample: O(BD) on top of softmax,
no second tensor of B x C elements and never one of B x C x D.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from discriminative._tensors import by_hand, norms, refuse_transforms

__all__ = ["bend_target", "target_cosine"]


def target_cosine(features: Tensor, labels: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Cosine ``[B]`` between each feature and its own class weight, with both norms.

    The cosine is clamped to [-1, 1]; where either vector is zero it is defined as 0 (the angle as 90 degrees).
    """
    refuse_transforms()
    if len(weight) <= len(labels):  # once a class, or once a sample, whichever are fewer
        w_norm = norms(weight)
        w_unit = _units(weight, w_norm).index_select(0, labels)
        w_norm = w_norm.index_select(0, labels)
    else:
        own = weight.index_select(0, labels)
        w_norm = norms(own)
        w_unit = _units(own, w_norm)
    x_norm = norms(features)
    return w_unit.mul_(_units(features, x_norm)).sum(1).clamp_(-1, 1), x_norm, w_norm


def _units(vectors: Tensor, length: Tensor) -> Tensor:
    return vectors / length.clamp_min(torch.finfo(vectors.dtype).tiny).unsqueeze(1)


class _BendTarget(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        weight: Tensor,
        labels: Tensor,
        x_norm: Tensor,
        w_norm: Tensor,
        value: Tensor,
        slope: Tensor,
        cosine: Tensor,
    ) -> Tensor:
        logits = features @ weight.T
        logits.scatter_(1, labels.unsqueeze(1), (x_norm * w_norm * value).unsqueeze(1))
        ctx.save_for_backward(features, weight, labels, x_norm, w_norm, slope, value - slope * cosine)
        return logits

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        features, weight, labels, x_norm, w_norm, slope, intercept = ctx.saved_tensors
        own = weight.index_select(0, labels)
        g = grad.gather(1, labels.unsqueeze(1))
        bend, turn = g * (slope - 1).unsqueeze(1), g * intercept.unsqueeze(1)
        grad_features = grad_weight = None
        if ctx.needs_input_grad[1]:  # softmax's gradient, and what the target entry adds to it
            added = _units(own, w_norm).mul_(turn * x_norm.unsqueeze(1)).add_(bend * features)
            grad_weight = (grad.T @ features).index_add_(0, labels, added)
        if ctx.needs_input_grad[0]:
            added = _units(features, x_norm).mul_(turn * w_norm.unsqueeze(1)).add_(own.mul_(bend))
            grad_features = added.addmm_(grad, weight)
        return grad_features, grad_weight, None, None, None, None, None, None


def bend_target(
    features: Tensor,
    labels: Tensor,
    weight: Tensor,
    cosine: Tensor,
    x_norm: Tensor,
    w_norm: Tensor,
    value: Tensor,
    slope: Tensor,
) -> Tensor:
    """Logits ``[B, C]`` whose target entry is ``x_norm * w_norm * value``.

    ``cosine``, ``x_norm``, ``w_norm`` come from :func:`target_cosine`; ``value`` and ``slope`` ``[B]`` are
    psi(cosine) and its derivative, computed without a graph: the backward is written by hand.
    """
    return by_hand(_BendTarget, features, weight, labels, x_norm, w_norm, value, slope, cosine)
