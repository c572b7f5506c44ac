"""Lines that only an input at the edge can see: each test fails if its line is taken out or turned round."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from cases import batch, leaves
from torch.utils._python_dispatch import TorchDispatchMode

from discriminative import _tensors, geometry, losses
from discriminative.losses._distances import squared_distances
from discriminative.losses._psi import interval
from discriminative.losses._target import target_cosine
from discriminative.losses._unit import inverse_norms, own_cosine, unit


def parallel(sign=1.0, count=2000, dim=3):
    rows = torch.randn(count, dim, generator=torch.Generator().manual_seed(0))
    return sign * rows * 3, torch.arange(count), rows


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_own_cosines_rounded_past_one_are_one(sign):
    x, y, w = parallel(sign)
    directions, inverse = unit(x), inverse_norms(w)
    raw = torch.linalg.vecdot(directions, w * inverse.unsqueeze(1))
    assert raw.abs().max() > 1  # so there is something to clamp
    assert own_cosine(directions, y, w, inverse)[0].abs().max() == 1
    assert target_cosine(x, y, w)[0].abs().max() == 1


def test_many_antipodal_rivals_are_finite_in_compiled_code(monkeypatch):
    """Compiled code recomputes four rivals a sample; the square of the fifth must not fall below zero."""
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    rows = torch.randn(300, 3, generator=torch.Generator().manual_seed(0))
    for row in rows:
        weight = torch.stack([row, *(-row * k for k in (0.3, 0.7, 1.1, 1.3, 2.9, 3.7, 5.3))])
        assert losses.weights_biased_logits(rows[:1], torch.tensor([0]), weight, 1.0).isfinite().all()


def test_squared_distances_of_coinciding_points_are_never_negative():
    rows = torch.randn(200, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 50
    unused = torch.zeros(200, 200, dtype=torch.bool)
    assert (squared_distances(rows, rows.clone(), unused) >= 0).all()


def test_the_farthest_column_counts_for_what_may_cancel():
    """Near for its own length a pair is exact anyway; what is promised is relative to the longest that may come."""
    row, columns = torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 1.0], [90.0, 0.0]])

    class Wide(TorchDispatchMode):
        made = False

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            out = func(*args, **(kwargs or {}))
            self.made |= getattr(out, "dtype", None) == torch.float64
            return out

    for used, expected in ((columns, True), (columns[:1], False)):
        with Wide() as wide:
            squared_distances(row, used, torch.zeros(1, len(used), dtype=torch.bool))
        assert wide.made == expected


def test_include_exclude_with_every_feature_on_its_centre_is_finite():
    """Its variance is zero; the least that it counts as is the machine precision."""
    mu = torch.eye(3)
    (f,) = leaves(mu)
    loss = losses.include_exclude_loss(f, torch.arange(3), mu, torch.zeros(()))
    loss.backward()
    assert loss.item() == 0
    assert f.grad.isfinite().all()
    both = losses.include_exclude_loss(mu[:2], torch.tensor([0, 1]), torch.zeros(2, 3), torch.zeros(()))
    assert both.isfinite()


def test_without_rivals_a_sample_costs_nothing_and_has_no_gradient():
    f, mu = leaves(torch.ones(2, 3), torch.zeros(4, 3))
    loss = losses.include_exclude_loss(f, torch.tensor([1, 1]), mu, 0.5)
    loss.backward()
    assert loss.item() == 0
    assert not f.grad.any()
    assert not mu.grad.any()


def test_a_breakpoint_has_been_passed():
    assert interval(torch.tensor([0.5, 0.5 + 1e-6]), 3).tolist() == [1.0, 0.0]
    half = torch.tensor(math.cos(math.pi / 3), dtype=torch.float64)
    assert interval(half, 3).item() == 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_too_short_for_a_direction_is_where_one_over_the_norm_nears_the_largest_number(dtype):
    limits = torch.finfo(dtype)
    limit = limits.tiny / limits.eps
    short, long = torch.tensor([[limit / 8, 0.0]], dtype=dtype), torch.tensor([[limit * 8, 0.0]], dtype=dtype)
    assert inverse_norms(short).item() == 0
    assert inverse_norms(long).item() == pytest.approx(1 / (limit * 8), rel=1e-5)


def test_weights_start_he_normal():
    torch.manual_seed(0)
    weight = losses.Softmax(50, 4000).weight.detach()
    deviation = (2 / 50) ** 0.5
    assert weight.std().item() == pytest.approx(deviation, rel=0.01)
    assert (weight.abs() > 3 * deviation).float().mean().item() == pytest.approx(0.0027, rel=0.2)  # uniform: none


def test_a_norm_at_its_upper_bound_still_counts():
    features = torch.tensor([[3.0, 4.0], [3.0, 4.001]])
    assert losses.square_norm(features, upper=5.0, reduction="none").tolist() == [-25.0, 0.0]


def test_weight_normalized_softmax_needs_no_labels_but_checks_those_it_gets():
    x, y, _ = batch()
    head = losses.WeightNormalizedSoftmax(5, 4)
    assert torch.equal(head(x), head(x, y))
    with pytest.raises(ValueError, match=r"labels must be \[6\]"):
        head(x, y[:-1])


def test_a_sample_and_itself_are_no_pair():
    """Far from the origin the distance of a sample to itself is rounding, and must not enter the sum."""
    features = torch.randn(64, 16, generator=torch.Generator().manual_seed(0)) * 1e-3 + 200
    apart = torch.cat([features[:1], features[:1] + 100])
    exact = (apart[0].double() - apart[1].double()).square().sum() / 2
    for f in features:
        pair = torch.stack([f, f + 100])
        exact = (pair[0].double() - pair[1].double()).square().sum() / 2
        got = losses.contrastive_loss(pair, torch.tensor([0, 0]), 1.0)
        assert got.item() == pytest.approx(exact.item(), rel=2e-6)


def test_the_guard_of_w_softmax_leaves_the_own_score_alone():
    """Where the own weight is zero its cosine to itself is 0, not 1; the own logit is its score all the same."""
    x, y, w = batch()
    w = w.index_fill(0, y[:1], 0.0)
    logits = losses.guarded_biased_logits(x, y, w, 0.5, "constant")
    own = losses.weight_normalized_logits(x, w).gather(1, y.unsqueeze(1))
    assert torch.equal(logits.gather(1, y.unsqueeze(1)), own)


def test_the_guard_of_antipodal_weights_has_finite_gradients():
    for row in torch.randn(200, 3, generator=torch.Generator().manual_seed(0)):
        x, w = leaves(torch.ones(1, 3), torch.stack([row, -2 * row]))
        logits = losses.guarded_biased_logits(x, torch.tensor([0]), w, 1.0)
        F.cross_entropy(logits, torch.tensor([0])).backward()
        assert w.grad.isfinite().all()


@pytest.mark.parametrize(("labels", "named"), [([-1, 9], -1), ([0, 9], 9), ([-1, 0], -1), ([4, 0], 4)])
def test_an_error_names_the_label_below_before_the_one_above(labels, named):
    with pytest.raises(ValueError, match=rf"labels must lie in 0\.\.3, got {named}$"):
        _tensors.check_labels(torch.tensor(labels), torch.zeros(2, 5), 4)


def test_absent_classes_do_not_count_in_neural_collapse():
    corners = geometry.simplex(3, dtype=torch.float64)
    y = torch.tensor([0, 2, 3]).repeat(4)
    weight = torch.stack([corners[0], torch.full((2,), 9.0, dtype=torch.float64), corners[1], corners[2]])
    assert max(geometry.neural_collapse(weight[y], y, weight)) < 1e-12


def test_the_norm_bound_at_twice_the_dimension_is_that_of_the_cross():
    for dim in (1, 2, 3):
        cross = torch.cat([torch.eye(dim), -torch.eye(dim)])
        expected = geometry.measured_norm_bound(1.0, cross).item()
        assert geometry.norm_upper_bound(1.0, 2 * dim, dim) == pytest.approx(expected)


def test_angles_of_rivals_rounded_past_one_are_numbers():
    x, _, w = parallel()
    for row, weight in zip(x, w, strict=True):
        both = torch.stack([-weight, weight])
        angles = geometry.class_angles(row.unsqueeze(0), torch.tensor([0]), both)
        assert all(angle.isfinite().all() for angle in angles)


def test_psi_of_an_angle_rounded_past_pi_is_its_last_value():
    beyond = torch.tensor([math.pi + 1e-6, -1e-6], dtype=torch.float64)
    for m in (1, 2, 3):
        got = geometry.rival_threshold("multiplied angle", beyond, m)
        torch.testing.assert_close(got, torch.tensor([1.0 - 2 * m, 1.0], dtype=torch.float64))


class NoFloat64(TorchDispatchMode):
    """A device that refuses float64, as Apple's GPUs do."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for part in out if isinstance(out, tuple | list) else (out,):
            if isinstance(part, torch.Tensor) and part.dtype == torch.float64:
                raise TypeError("Cannot convert a tensor to float64: the device does not have it")
        return out


def close_steps(x, y):
    """Heads and terms on inputs so close that float64 is what they reach for; forward and backward."""
    corner = torch.tensor([[1.0, 0.0, 0.0, 0.0, 0.0]])
    weight = torch.cat([corner, -corner, corner + 1e-4, -corner - 1e-4])
    head = losses.WSoftmax(5, 4, alpha=1.0)
    head.weight = torch.nn.Parameter(weight)
    blended = losses.LSoftmax(5, 4, 3, blend=losses.Blend(1.0, 10))
    (f,) = leaves(x + 100)
    total = losses.contrastive_loss(f, y, 1.0)
    for made in (head, blended):
        total = total + F.cross_entropy(made(f, y), y)
    term = losses.IncludeExclude(5, 4)
    with torch.no_grad():
        term.centers.copy_(f[:4] + 1e-3)
    (total + term(f, y)).backward()
    return f.grad


def test_a_device_without_float64_is_served_in_float32(monkeypatch):
    x, y, _ = batch(dtype=torch.float32)
    with NoFloat64(), pytest.raises(TypeError, match="does not have it"):
        close_steps(x, y)
    monkeypatch.setattr(_tensors, "NO_FLOAT64", {"cpu"})
    with NoFloat64():
        assert close_steps(x, y).isfinite().all()
