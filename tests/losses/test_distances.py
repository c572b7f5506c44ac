from __future__ import annotations

import pytest
import torch
from cases import batch, leaves
from torch.autograd import gradcheck, gradgradcheck
from torch.utils._python_dispatch import TorchDispatchMode

from discriminative.losses._distances import CLOSE, squared_distances

NONE = torch.zeros(6, 4, dtype=torch.bool)


class Dtypes(TorchDispatchMode):
    """The dtypes of all tensors made inside."""

    def __init__(self):
        super().__init__()
        self.made = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.made |= {part.dtype for part in (out if isinstance(out, tuple) else (out,)) if hasattr(part, "dtype")}
        return out


def test_it_is_the_squared_distance_with_its_two_derivatives():
    x, _, w = batch()
    expected = (x.unsqueeze(1) - w).square().sum(2)
    torch.testing.assert_close(squared_distances(x, w, NONE), expected)
    assert gradcheck(lambda a, b: squared_distances(a, b, NONE), leaves(x, w))
    assert gradgradcheck(lambda a, b: squared_distances(a, b, NONE), leaves(x, w))


@pytest.mark.parametrize("share", [1e-11, 1e-6, 5e-4, 2e-3, 1e-1])
def test_float32_keeps_its_digits_at_every_closeness(share):
    a = torch.randn(64, 256, generator=torch.Generator().manual_seed(0))
    b = a + torch.randn(64, 256, generator=torch.Generator().manual_seed(1)) * (2 * share) ** 0.5
    unused = torch.zeros(64, 64, dtype=torch.bool)
    exact = (a.double().unsqueeze(1) - b.double()).square().sum(2)
    # 256 rounded terms err by about their root times half a unit of the squared lengths; a distance is a share of it.
    # Below CLOSE the units are float64's, and the result is rounded to float32 once.
    bound = 16 * (2**-24 if share > CLOSE else 2**-53) / share + 2**-24
    torch.testing.assert_close(squared_distances(a, b, unused).double(), exact, rtol=bound, atol=0.0)


def test_float64_is_taken_only_where_a_pair_that_counts_is_close():
    x, _, w = batch(dtype=torch.float32)
    on_it = torch.cat([w[:1], x[1:]])
    itself = NONE.clone()
    itself[0, 0] = True
    for rows, unused, expected in ((x, NONE, False), (on_it, NONE, True), (on_it, itself, False)):
        with Dtypes() as dtypes:
            squared_distances(rows, w, unused)
        assert (torch.float64 in dtypes.made) == expected


def test_no_rows_and_no_columns():
    x, _, w = batch(dtype=torch.float32)
    assert squared_distances(x[:0], w, NONE[:0]).shape == (0, 4)
    assert squared_distances(x, w[:0], NONE[:, :0]).shape == (6, 0)
