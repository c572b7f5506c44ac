"""Squared distances between many pairs by one matrix product, with the digits that its cancellation would cost."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from discriminative._tensors import by_hand, widest

__all__ = ["squared_distances"]

CLOSE = 1e-3  # share of |a|^2 + |b|^2 that a squared distance must keep, for three digits of float32 are lost there


class _SquaredDistances(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, columns: Tensor, unused: Tensor) -> Tensor:
        ctx.save_for_backward(rows, columns)
        ctx.dtype = widest(rows.device)
        if rows.dtype != ctx.dtype and not torch.compiler.is_compiling():
            square, lengths = _expand(rows, columns)
            nearest = square.masked_fill(unused, torch.inf)
            if not nearest.numel() or not (nearest.amin(1) < CLOSE * lengths).any():
                ctx.dtype = rows.dtype
                return square
        return _expand(rows.to(ctx.dtype), columns.to(ctx.dtype))[0].clamp_min_(0).to(rows.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        rows, columns = (tensor.to(ctx.dtype) for tensor in ctx.saved_tensors)
        by_square = grad.to(ctx.dtype)
        by_rows = by_columns = None
        if ctx.needs_input_grad[0]:
            by_rows = rows * by_square.sum(1, keepdim=True)
            by_rows = torch.addmm(by_rows, by_square, columns, beta=2, alpha=-2).to(grad.dtype)
        if ctx.needs_input_grad[1]:
            by_columns = columns * by_square.sum(0).unsqueeze(1)
            by_columns = torch.addmm(by_columns, by_square.T, rows, beta=2, alpha=-2).to(grad.dtype)
        return by_rows, by_columns, None


def _expand(rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """``|a_i|^2 + |b_j|^2 - 2 a_i.b_j``, and for every row the most that the first two can be."""
    by_row, by_column = torch.linalg.vecdot(rows, rows), torch.linalg.vecdot(columns, columns)
    square = torch.addmm(by_column, rows, columns.T, alpha=-2).add_(by_row.unsqueeze(1))
    return square, by_row + (by_column.amax() if len(columns) else 0)


def squared_distances(rows: Tensor, columns: Tensor, unused: Tensor) -> Tensor:
    """``|rows_i - columns_j|^2``, ``[N, M]``, in the dtype of both; of the pairs in ``unused`` it may be inexact.

    Where any other pair is close for its norms, the product and those of the gradient are taken in float64, where the
    device has it. To know, a GPU must be waited for; ``torch.compile``, which cannot look, gets float64 always.
    """
    return by_hand(_SquaredDistances, rows, columns, unused)
