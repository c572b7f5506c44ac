from __future__ import annotations

import math

import oracles
import pytest
import torch
import torch.nn.functional as F
from cases import TOLERANCE, batch, leaves
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck

from discriminative.losses import (
    COCO,
    L2ConstrainedSoftmax,
    NormFace,
    WeightNormalizedSoftmax,
    sphere_normalized_logits,
    weight_normalized_logits,
)
from discriminative.losses._unit import inverse_norms, unit


def test_weight_normalized_logits_are_the_printed_equation():
    x, _, w = batch(samples=9)
    expected = torch.from_numpy(oracles.weight_normalized_logits(x, w))
    torch.testing.assert_close(weight_normalized_logits(x, w), expected, **TOLERANCE[x.dtype])


def test_sphere_normalized_logits_are_the_printed_equation():
    x, y, w = batch(samples=9)
    expected = torch.from_numpy(oracles.sphere_logits(x, y.tolist(), w, 7.5))
    torch.testing.assert_close(sphere_normalized_logits(x, w, 7.5), expected, **TOLERANCE[x.dtype])


@pytest.mark.parametrize("seed", range(4))
def test_gradients(seed):
    x, _, w = batch(seed=seed)
    x, w, scale = leaves(x, w, torch.tensor(3.0, dtype=torch.float64))
    assert gradcheck(weight_normalized_logits, (x, w))
    assert gradcheck(lambda f, v: sphere_normalized_logits(f, v, 4.0), (x, w))
    assert gradcheck(sphere_normalized_logits, (x, w, scale))
    assert gradcheck(unit, (x,))


def test_gradients_are_orthogonal_to_what_was_normalized():
    x, y, w = leaves(*batch()[::2])[0], batch()[1], leaves(*batch()[::2])[1]
    F.cross_entropy(sphere_normalized_logits(x, w, 9.0), y).backward()
    assert (x.grad * x).sum(1).abs().max() < 1e-12
    assert (w.grad * w).sum(1).abs().max() < 1e-12
    assert x.grad.norm() > 1e-3


@given(seed=st.integers(0, 10**6), size=st.floats(1e-3, 1e3))
@settings(deadline=None, max_examples=15)
def test_lengths_do_not_count(seed, size):
    x, _, w = batch(seed=seed)
    torch.testing.assert_close(weight_normalized_logits(x, size * w), weight_normalized_logits(x, w))
    torch.testing.assert_close(weight_normalized_logits(size * x, w), size * weight_normalized_logits(x, w))
    torch.testing.assert_close(sphere_normalized_logits(size * x, w / size, 5.0), sphere_normalized_logits(x, w, 5.0))


@given(seed=st.integers(0, 10**6), classes=st.integers(2, 12), scale=st.floats(0.1, 20))
@settings(deadline=None, max_examples=20)
def test_no_balanced_batch_gets_below_the_floor(seed, classes, scale):
    """Sphere-normalised softmax over one sample a class is at least log(1 + (C-1) exp(-s C / (C-1)))."""
    x, _, w = batch(seed=seed, samples=classes, classes=classes, dim=4)
    y = torch.arange(classes)
    floor = math.log1p((classes - 1) * math.exp(-scale * classes / (classes - 1)))
    for features in (x, w, w - w.mean(0)):
        assert F.cross_entropy(sphere_normalized_logits(features, w, scale), y).item() >= floor - 1e-12


def test_the_aligned_triangle_attains_the_floor():
    theta = torch.arange(3, dtype=torch.float64) * 2 * math.pi / 3
    triangle = torch.stack([theta.cos(), theta.sin()], 1)
    loss = F.cross_entropy(sphere_normalized_logits(triangle, triangle, 4.0), torch.arange(3))
    assert loss.item() == pytest.approx(math.log1p(2 * math.exp(-4 * 3 / 2)), rel=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_short_and_long_rows_have_length_one_and_zero_rows_none(dtype):
    sizes = [1e-28, 1e-19, 1e-6, 1.0, 1e6, 1e19, 1e37]
    x = torch.tensor([[0.6 * s, -0.8 * s] for s in sizes], dtype=dtype, requires_grad=True)
    torch.testing.assert_close(unit(x), torch.tensor([[0.6, -0.8]], dtype=dtype).expand(7, 2), rtol=1e-6, atol=0.0)
    unit(x).sum().backward()
    assert x.grad.isfinite().all()
    zero = torch.zeros(1, 2, dtype=dtype, requires_grad=True)
    unit(zero).sum().backward()
    assert not unit(zero).any()
    assert not zero.grad.any()
    assert inverse_norms(zero).item() == 0


@pytest.mark.parametrize("size", [1e-28, 1e-19, 1.0, 1e19])
def test_weights_of_any_length_give_the_same_logits_and_a_finite_gradient(size):
    x, y, w = batch(dtype=torch.float32)
    (v,) = leaves(w * size)
    logits = weight_normalized_logits(x, v)
    torch.testing.assert_close(logits, weight_normalized_logits(x, w))
    F.cross_entropy(logits, y).backward()
    (plain,) = leaves(w)
    F.cross_entropy(weight_normalized_logits(x, plain), y).backward()
    torch.testing.assert_close(v.grad * size, plain.grad, rtol=1e-4, atol=1e-6)


def test_a_zero_feature_of_a_weight_normalized_head_still_learns():
    _, y, w = batch()
    x = torch.zeros(6, 5, dtype=torch.float64, requires_grad=True)
    F.cross_entropy(weight_normalized_logits(x, w), y).backward()
    assert (x.grad.norm(dim=1) > 1e-3).all()


def test_l2_constrained_softmax_is_softmax_of_scaled_unit_features():
    x, _, w = batch()
    head = L2ConstrainedSoftmax(5, 4, scale=3.0)
    head.weight = torch.nn.Parameter(w)
    expected = [[3 * oracles.dot(a, b) / oracles.norm(a) for b in w.tolist()] for a in x.tolist()]
    torch.testing.assert_close(head(x), torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("kind", [COCO, L2ConstrainedSoftmax])
def test_a_learned_scale_gets_its_gradient(kind):
    x, y, w = batch()
    head = kind(5, 4, scale=3.0, learn_scale=True).double()
    head.weight = torch.nn.Parameter(w)
    F.cross_entropy(head(x, y), y).backward()

    def loss(scale):
        fixed = kind(5, 4, scale=scale)
        fixed.weight = torch.nn.Parameter(w)
        return F.cross_entropy(fixed(x, y), y).item()

    assert head.scale.grad.item() == pytest.approx((loss(3.0 + 1e-6) - loss(3.0 - 1e-6)) / 2e-6, rel=1e-6)


def test_training_logits_are_the_test_scores():
    x, y, _ = batch(dtype=torch.float32)
    for head in (WeightNormalizedSoftmax(5, 4), NormFace(5, 4, 8.0), COCO(5, 4, 8.0), L2ConstrainedSoftmax(5, 4, 8.0)):
        assert torch.equal(head(x, y), head(x))


@pytest.mark.parametrize(
    ("scale", "error"), [(0.0, ValueError), (-1, ValueError), (math.inf, ValueError), ("4", TypeError)]
)
def test_bad_scales_are_named(scale, error):
    x, _, w = batch()
    for call in (
        lambda: sphere_normalized_logits(x, w, scale),
        lambda: NormFace(5, 4, scale),
        lambda: COCO(5, 4, scale),
        lambda: L2ConstrainedSoftmax(5, 4, scale),
    ):
        with pytest.raises(error, match="scale must be"):
            call()


def test_a_scale_of_several_numbers_is_named():
    x, _, w = batch()
    with pytest.raises(ValueError, match=r"scale must be a number or a scalar tensor, got shape \(4,\)"):
        sphere_normalized_logits(x, w, torch.ones(4))
