"""What every loss shares: argument checks, precision, norms and reductions."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor

__all__ = ["check_batch", "check_features", "check_integer", "check_number", "lift", "norms", "reduce", "require"]

REDUCTIONS = ("mean", "sum", "none")


def require(condition: bool, message: str, *values: Any) -> None:
    """Raise ``ValueError`` with ``message.format(*values)`` unless ``condition`` holds."""
    if not condition:
        raise ValueError(message.format(*values))


def check_number(name: str, value: Any, *, above: float = -math.inf, at_least: float = -math.inf) -> float:
    """``value`` as a float; ``TypeError`` if it is no number, ``ValueError`` outside its range."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    number = float(value)
    finite = number - number == 0  # math.isfinite, in words that torch.compile can trace for a float that varies
    require(finite, "{} must be finite, got {!r}", name, value)
    require(number > above, "{} must be greater than {:g}, got {!r}", name, above, value)
    require(number >= at_least, "{} must be at least {:g}, got {!r}", name, at_least, value)
    return number


def check_integer(name: str, value: Any, *, at_least: int = 1) -> int:
    """``value`` as an int; ``TypeError`` if it is no number, ``ValueError`` if not an integer in range."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be an integer >= {at_least}, got {value!r}")
    if not isinstance(value, Integral) or int(value) < at_least:
        raise ValueError(f"{name} must be an integer >= {at_least}, got {value!r}")
    return int(value)


def check_features(features: Tensor) -> None:
    """Check what a loss over features alone takes, ``[B, D]``, floating: see :func:`check_batch`."""
    if not isinstance(features, Tensor):
        raise TypeError(f"features must be a tensor, got {type(features).__name__}")
    require(features.ndim == 2, "features must be [B, D], got shape {}", tuple(features.shape))
    require(features.is_floating_point(), "features must be floating point, got {}", features.dtype)


def check_batch(features: Tensor, labels: Tensor | None, weight: Tensor) -> None:
    """Check the triple that every loss takes, from metadata alone.

    Args:
        features: ``[B, D]``, floating.
        labels: ``[B]``, int64, each in ``0 .. C-1``; or ``None`` where a loss needs none.
        weight: ``[C, D]``, floating.

    Raises:
        TypeError: if an argument is no tensor.
        ValueError: naming the argument whose shape, dtype, device or (eager, on a CPU) label range is wrong.
    """
    for name, tensor in (("features", features), ("labels", labels), ("weight", weight)):
        if not isinstance(tensor, Tensor) and not (name == "labels" and tensor is None):
            raise TypeError(f"{name} must be a tensor, got {type(tensor).__name__}")
    check_features(features)
    require(
        weight.ndim == 2 and weight.shape[1] == features.shape[1],
        "weight must be [C, {}] to match features, got shape {}",
        features.shape[1],
        tuple(weight.shape),
    )
    require(weight.shape[0] >= 1, "weight must hold at least one class, got shape {}", tuple(weight.shape))
    require(weight.is_floating_point(), "weight must be floating point, got {}", weight.dtype)
    require(
        features.device == weight.device, "features and weight must share a device, got {} and {}", features.device,
        weight.device,
    )  # fmt: skip
    if labels is None:
        return
    require(
        labels.shape == features.shape[:1],
        "labels must be [{}] to match features, got shape {}",
        features.shape[0],
        tuple(labels.shape),
    )
    require(labels.dtype == torch.int64, "labels must be int64, got {}", labels.dtype)
    require(
        labels.device == features.device, "labels and features must share a device, got {} and {}", labels.device,
        features.device,
    )  # fmt: skip
    if labels.device.type == "cpu" and not torch.compiler.is_compiling() and labels.numel():
        low, high = (int(bound) for bound in labels.aminmax())
        require(
            low >= 0 and high < weight.shape[0],
            "labels must lie in 0..{}, got {}",
            weight.shape[0] - 1,
            low if low < 0 else high,
        )


def lift(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The tensors in the precision that losses compute in: at least float32, float64 where any is."""
    dtype = torch.float32
    for tensor in tensors:
        dtype = torch.promote_types(dtype, tensor.dtype)
    return tuple(tensor.to(dtype) for tensor in tensors)


def norms(vectors: Tensor) -> Tensor:
    """Euclidean norm of each row of ``[N, D]``, without under- or overflow; the gradient at a zero row is zero."""
    if vectors.shape[-1] == 0:
        return vectors.sum(-1)
    scale = vectors.detach().abs().amax(-1, keepdim=True).clamp_min(torch.finfo(vectors.dtype).tiny)
    length: Tensor = torch.linalg.vector_norm(vectors / scale, dim=-1) * scale.squeeze(-1)
    return length


def reduce(losses: Tensor, reduction: str) -> Tensor:
    """``losses`` ``[B]`` as ``"mean"``, ``"sum"`` or ``"none"`` says; the mean of an empty batch is zero."""
    require(reduction in REDUCTIONS, "reduction must be one of {}, got {!r}", REDUCTIONS, reduction)
    if reduction == "none":
        return losses
    total = losses.sum()
    return total / max(len(losses), 1) if reduction == "mean" else total
