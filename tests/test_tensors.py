from __future__ import annotations

import math

import pytest
import torch

from discriminative._checks import check_integer, check_number, require
from discriminative._tensors import check_batch, lift, norms, reduce


def test_require_formats_its_message():
    require(True, "never shown {}", 1)
    with pytest.raises(ValueError, match="size must be 3, got 4"):
        require(False, "size must be {}, got {}", 3, 4)


@pytest.mark.parametrize("value", [1, 2.5, torch.tensor(3.0).item()])
def test_check_number_gives_a_float(value):
    assert isinstance(check_number("x", value), float)


@pytest.mark.parametrize(
    ("value", "bounds", "error", "message"),
    [
        ("1", {}, TypeError, "x must be a number, got '1'"),
        (None, {}, TypeError, "x must be a number, got None"),
        (True, {}, TypeError, "x must be a number, got True"),
        (math.nan, {}, ValueError, "x must be finite, got nan"),
        (math.inf, {}, ValueError, "x must be finite, got inf"),
        (0, {"above": 0}, ValueError, "x must be greater than 0, got 0"),
        (-1e-9, {"at_least": 0}, ValueError, "x must be at least 0, got -1e-09"),
    ],
)
def test_check_number_names_what_is_wrong(value, bounds, error, message):
    with pytest.raises(error, match=message):
        check_number("x", value, **bounds)


@pytest.mark.parametrize(("value", "error"), [(0, ValueError), (1.0, ValueError), ("1", TypeError), (False, TypeError)])
def test_check_integer_names_what_is_wrong(value, error):
    with pytest.raises(error, match="m must be an integer >= 1, got"):
        check_integer("m", value)


def test_check_batch_wants_a_class_and_one_device():
    with pytest.raises(ValueError, match="weight must hold at least one class"):
        check_batch(torch.zeros(1, 2), None, torch.zeros(0, 2))
    with pytest.raises(ValueError, match=r"weight must be floating point, got torch\.int64"):
        check_batch(torch.zeros(1, 2), None, torch.zeros(3, 2, dtype=torch.int64))
    with pytest.raises(ValueError, match="features and weight must share a device, got cpu and meta"):
        check_batch(torch.zeros(1, 2), None, torch.zeros(3, 2, device="meta"))
    with pytest.raises(ValueError, match="labels and features must share a device, got meta and cpu"):
        check_batch(torch.zeros(1, 2), torch.zeros(1, dtype=torch.int64, device="meta"), torch.zeros(3, 2))


def test_check_batch_reads_no_labels_off_the_cpu():
    meta = {"device": "meta"}
    check_batch(torch.zeros(1, 2, **meta), torch.full((1,), 99, **meta), torch.zeros(3, 2, **meta))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((torch.float16, torch.bfloat16), torch.float32),
        ((torch.bfloat16, torch.float32), torch.float32),
        ((torch.float16, torch.float64), torch.float64),
    ],
    ids=str,
)
def test_lift_goes_to_float32_or_further(given, expected):
    assert {tensor.dtype for tensor in lift(*(torch.zeros(1, dtype=dtype) for dtype in given))} == {expected}


def test_norms_neither_underflow_nor_overflow():
    sizes = torch.tensor([0.0, 1e-40, 1e-30, 1.0, 1e30, 1e38])
    got = norms(sizes.unsqueeze(1) * torch.tensor([0.6, 0.8]))
    torch.testing.assert_close(got, sizes, rtol=1e-5, atol=0.0)
    assert norms(torch.zeros(2, 0)).tolist() == [0.0, 0.0]


def test_norms_have_gradient_zero_at_zero_and_the_unit_vector_elsewhere():
    vectors = torch.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    norms(vectors).sum().backward()
    torch.testing.assert_close(vectors.grad, torch.tensor([[0.0, 0.0], [0.6, 0.8]]))


def test_reduce():
    losses = torch.tensor([1.0, 2.0, 6.0])
    assert reduce(losses, "mean") == 3
    assert reduce(losses, "sum") == 9
    assert torch.equal(reduce(losses, "none"), losses)
    assert reduce(losses[:0], "mean") == 0
    with pytest.raises(ValueError, match=r"reduction must be one of .*, got 'median'"):
        reduce(losses, "median")
