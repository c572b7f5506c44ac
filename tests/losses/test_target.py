from __future__ import annotations

import math

import oracles
import pytest
import torch
from cases import batch, elements_made, leaves
from torch.autograd import gradcheck

from discriminative.losses._target import bend_target, target_cosine


def bent(features, labels, weight):
    """|w| |x| sin(2 c): any smooth bend will do, this one is no loss of ours."""
    with torch.no_grad():
        cosine, x_norm, w_norm = target_cosine(features, labels, weight)
        value, slope = (2 * cosine).sin(), 2 * (2 * cosine).cos()
    return bend_target(features, labels, weight, cosine, x_norm, w_norm, value, slope)


def test_only_the_target_entry_is_bent():
    x, y, w = batch()
    logits, plain = bent(x, y, w), x @ w.T
    rows = torch.arange(6)
    expected = [
        oracles.norm(a) * oracles.norm(w[c].tolist()) * math.sin(2 * math.cos(oracles.angle(a, w[c].tolist())))
        for a, c in zip(x.tolist(), y.tolist(), strict=True)
    ]
    torch.testing.assert_close(logits[rows, y], torch.tensor(expected, dtype=torch.float64))
    plain[rows, y] = logits[rows, y]
    assert torch.equal(logits, plain)


@pytest.mark.parametrize("seed", range(5))
def test_the_backward_written_by_hand_is_the_derivative(seed):
    x, y, w = batch(seed=seed)
    assert gradcheck(lambda f, v: bent(f, y, v), leaves(x, w))


def test_only_what_is_asked_for_is_differentiated():
    x, y, w = batch()
    for first, second in ((True, False), (False, True)):
        a, b = x.clone().requires_grad_(first), w.clone().requires_grad_(second)
        bent(a, y, b).sum().backward()
        assert (a.grad is not None, b.grad is not None) == (first, second)


@pytest.mark.parametrize("size", [1e-30, 1e-6, 1.0, 1e6, 1e18])
def test_the_cosine_does_not_depend_on_the_lengths(size):
    x, y, w = batch(dtype=torch.float32)
    cosine, x_norm, _ = target_cosine(x * size, y, w)
    expected, plain_norm, _ = target_cosine(x, y, w)
    torch.testing.assert_close(cosine, expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(x_norm, plain_norm * size, rtol=1e-5, atol=0.0)


def test_a_zero_vector_is_at_right_angles_to_everything():
    features, weight = torch.tensor([[0.0, 0.0], [3.0, 4.0]]), torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    cosine, x_norm, w_norm = target_cosine(features, torch.arange(2), weight)
    assert cosine.tolist() == [0.0, 0.0]
    assert x_norm.tolist() == [0.0, 5.0]
    assert w_norm.tolist() == [1.0, 0.0]


def test_a_class_counted_once_or_once_a_sample_is_the_same():
    x, y, w = batch(samples=12, classes=4, dtype=torch.float32)
    many = target_cosine(x, y, w)  # more samples than classes
    few = [target_cosine(x[i : i + 1], y[i : i + 1], w) for i in range(len(y))]
    for whole, parts in zip(many, zip(*few, strict=True), strict=True):
        assert torch.equal(whole, torch.cat(parts))


def test_the_backward_costs_two_products_and_a_row_a_sample():
    x, y, w = batch(samples=16, classes=32, dim=64)
    x, w = leaves(x, w)
    logits = bent(x, y, w)
    with elements_made() as counts:
        logits.sum().backward()
    assert sum(count > 16 * 64 for count in counts) <= 3  # the weight's gradient, written in place after its product
    assert max(counts) == 32 * 64
