"""Inputs and tolerances that the tests of every head and term share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

torch.set_num_threads(1)

# (features, weight): what a network and its head hold in each precision, autocast's mixture included
DTYPES = [
    (torch.float64, torch.float64),
    (torch.float32, torch.float32),
    (torch.bfloat16, torch.bfloat16),
    (torch.float16, torch.float16),
    (torch.bfloat16, torch.float32),
    (torch.float16, torch.float32),
    (torch.float32, torch.float64),
]
# The oracle sees the very numbers that the half-precision tensors hold, so only our arithmetic is judged:
# float32 everywhere but for float64. 256 eps covers sums of a few dozen terms of size 10.
TOLERANCE = {
    torch.float64: {"rtol": 1e-10, "atol": 1e-10},
    torch.float32: {"rtol": 3e-5, "atol": 3e-5},
}


def batch(
    seed: int = 0, samples: int = 6, classes: int = 4, dim: int = 5, dtype: torch.dtype = torch.float64
) -> tuple[Tensor, Tensor, Tensor]:
    """Random features, labels (repeated and absent classes as chance has it) and weight, none of them a leaf."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(samples, dim, generator=generator, dtype=torch.float64)
    weight = torch.randn(classes, dim, generator=generator, dtype=torch.float64)
    labels = torch.randint(classes, (samples,), generator=generator)
    return features.to(dtype), labels, weight.to(dtype)


def leaves(*tensors: Tensor) -> list[Tensor]:
    return [tensor.detach().clone().requires_grad_() for tensor in tensors]


def _hard() -> dict[str, tuple[Tensor, Tensor, Tensor]]:
    """Each entry once broke some implementation: what is zero, tiny, huge, parallel, repeated or missing."""
    x, y, w = batch(seed=1)
    cases = {"zero feature": (x.index_fill(0, torch.tensor([0]), 0.0), y, w)}
    cases["zero weight"] = (x, y, w.index_fill(0, y[:1], 0.0))
    cases["everything zero"] = (x * 0, y, w * 0)
    for size in (1e-20, 1e-6, 1e3, 1e4):
        cases[f"features of length {size:g}"] = (x / x.norm(dim=1, keepdim=True) * size, y, w)
    for size in (1e-6, 1e3):
        cases[f"weights of length {size:g}"] = (x, y, w / w.norm(dim=1, keepdim=True) * size)
    cases["on the own weight"] = (w[y] * 3, y, w)
    cases["opposite to the own weight"] = (w[y] * -3, y, w)
    cases["at right angles"] = (torch.eye(5, dtype=x.dtype)[[1, 2, 3, 4, 0, 1]], torch.tensor([0, 1, 2, 3, 1, 0]),
                                torch.eye(4, 5, dtype=x.dtype))  # fmt: skip
    cases["equal weights"] = (x, y, w[:1].expand(4, 5).contiguous())
    cases["antipodal weights"] = (x, y, torch.cat([w[:2], -w[:2]]))
    cases["nearly antipodal weights"] = (x, y, torch.cat([w[:2], -w[:2] * (1 + 1e-7) + 1e-7]))
    cases["equal features"] = (x[:1].expand(6, 5).contiguous(), y, w)
    cases["one class"] = (x, y * 0, w[:1])
    cases["two classes"] = (x, y % 2, w[:2])
    cases["one sample"] = (x[:1], y[:1], w)
    cases["no samples"] = (x[:0], y[:0], w)
    cases["one label repeated"] = (x, y * 0 + 2, w)
    cases["one dimension"] = (x[:, :1], y, w[:, :1])
    return cases


HARD = _hard()
HARD_NAMES = list(HARD)

BAD_BATCHES: list[tuple[str, Callable[[Tensor, Tensor, Tensor], tuple[Any, Any, Any]], type[Exception]]] = [
    ("features must be", lambda x, y, w: (x[0], y, w), ValueError),
    ("features must be floating point", lambda x, y, w: (x.long(), y, w), ValueError),
    ("features must be a tensor", lambda x, y, w: (x.tolist(), y, w), TypeError),
    ("labels must be int64", lambda x, y, w: (x, y.int(), w), ValueError),
    ("labels must be int64", lambda x, y, w: (x, y.to(x.dtype), w), ValueError),
    ("labels must be \\[6\\]", lambda x, y, w: (x, y[:-1], w), ValueError),
    ("labels must be a tensor", lambda x, y, w: (x, y.tolist(), w), TypeError),
    ("labels must lie in 0..3, got 4", lambda x, y, w: (x, y.clone().fill_(4), w), ValueError),
    ("labels must lie in 0..3, got -1", lambda x, y, w: (x, y.clone().fill_(-1), w), ValueError),
    ("labels must lie in 0..3, got -100", lambda x, y, w: (x, y.clone().fill_(-100), w), ValueError),
]


@contextmanager
def elements_made() -> Iterator[list[int]]:
    """The number of elements that every tensor made inside holds in memory, forward or backward."""
    counts: list[int] = []

    class Count(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = func(*args, **(kwargs or {}))
            made = out if isinstance(out, (tuple, list)) else (out,)
            tensors = [tensor for tensor in made if isinstance(tensor, Tensor)]
            counts.extend(tensor.untyped_storage().nbytes() // tensor.element_size() for tensor in tensors)
            return out

    with Count():
        yield counts
