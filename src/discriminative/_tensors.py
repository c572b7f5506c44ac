"""What every loss shares: argument checks, precision, norms and reductions."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from discriminative._checks import check_number, require

__all__ = [
    "by_hand",
    "check_batch",
    "check_features",
    "check_floating",
    "check_labels",
    "check_scalar",
    "lift",
    "norms",
    "reduce",
    "refuse_transforms",
    "transforming",
    "widest",
]

NO_FLOAT64 = {"mps"}  # the kinds of device that refuse float64
REDUCTIONS = ("mean", "sum", "none")


def check_scalar(name: str, value: Any, *, above: float = -math.inf, at_least: float = -math.inf) -> Tensor | float:
    """As :func:`check_number`; or ``value`` itself where it is a tensor of no dimensions, whose value is not read."""
    if not isinstance(value, Tensor):
        return check_number(name, value, above=above, at_least=at_least)
    require(value.ndim == 0, "{} must be a number or a scalar tensor, got shape {}", name, tuple(value.shape))
    return value


def check_tensor(name: str, value: Any) -> None:
    """``TypeError`` unless ``value`` is a tensor."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(value).__name__}")


def check_floating(name: str, value: Any) -> None:
    """``TypeError`` if ``value`` is no tensor, ``ValueError`` if it is none of floating point."""
    check_tensor(name, value)
    require(value.is_floating_point(), "{} must be floating point, got {}", name, value.dtype)


def check_features(features: Tensor) -> None:
    """Check what a loss over features alone takes, ``[B, D]``, floating: see :func:`check_batch`."""
    check_floating("features", features)
    require(features.ndim == 2, "features must be [B, D], got shape {}", tuple(features.shape))


def check_labels(labels: Tensor, rows: Tensor, num_classes: int, name: str = "features") -> None:
    """Check that each row of ``rows``, the argument ``name``, has its int64 label in ``0 .. num_classes-1``.

    The range is read in eager mode on a CPU only: elsewhere it would cost a synchronisation or a graph break, and
    within the transforms of ``torch.func`` it cannot be read.
    """
    check_tensor("labels", labels)
    require(labels.shape == rows.shape[:1], "labels must be [{}] to match {}, got shape {}", rows.shape[0], name,
            tuple(labels.shape))  # fmt: skip
    require(labels.dtype == torch.int64, "labels must be int64, got {}", labels.dtype)
    require(labels.device == rows.device, "labels and {} must share a device, got {} and {}", name, labels.device,
            rows.device)  # fmt: skip
    readable = labels.device.type == "cpu" and not torch.compiler.is_compiling() and not transforming()
    if readable and labels.numel():
        low, high = (int(bound) for bound in labels.aminmax())
        outlier = low if low < 0 else high
        require(0 <= outlier < num_classes, "labels must lie in 0..{}, got {}", num_classes - 1, outlier)


def transforming() -> bool:
    """Whether this runs inside ``torch.func``'s ``grad``, ``vmap`` and the like; compiled code says no."""
    return not torch.compiler.is_compiling() and torch._C._are_functorch_transforms_active()


def refuse_transforms() -> None:
    """Say in a sentence why a backward pass written by hand cannot be transformed."""
    if transforming():
        raise RuntimeError(
            "this loss has first derivatives only, by a backward pass written by hand: inside torch.func (grad, vmap, "
            "...) and for second derivatives take its logits from discriminative.losses.plain_logits"
        )


def by_hand(function: type[torch.autograd.Function], *arguments: Any) -> Tensor:
    """Apply a function whose backward pass is written by hand."""
    refuse_transforms()
    result: Tensor = function.apply(*arguments)
    return result


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
    check_features(features)
    check_floating("weight", weight)
    require(
        weight.ndim == 2 and weight.shape[1] == features.shape[1],
        "weight must be [C, {}] to match features, got shape {}",
        features.shape[1],
        tuple(weight.shape),
    )
    require(weight.shape[0] >= 1, "weight must hold at least one class, got shape {}", tuple(weight.shape))
    require(
        features.device == weight.device, "features and weight must share a device, got {} and {}", features.device,
        weight.device,
    )  # fmt: skip
    if labels is not None:
        check_labels(labels, features, weight.shape[0])


def lift(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The tensors in the precision that losses compute in: at least float32, float64 where any is."""
    dtype = torch.float32
    for tensor in tensors:
        dtype = torch.promote_types(dtype, tensor.dtype)
    return tuple(tensor.to(dtype) for tensor in tensors)


def widest(device: torch.device) -> torch.dtype:
    """The floating type with the most digits that the device has: float64, on Apple's GPUs float32."""
    return torch.float32 if device.type in NO_FLOAT64 else torch.float64


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
