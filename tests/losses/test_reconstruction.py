from __future__ import annotations

import math

import pytest
import torch
from cases import batch, leaves
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck

from discriminative.losses import FeedBackwardReconstruction, WeightSeparability, reconstruction_loss

f64 = torch.float64
seeds = st.integers(0, 10**6)


def softmax(row):
    total = math.fsum(math.exp(value) for value in row)
    return [math.exp(value) / total for value in row]


def standardised(row):
    mean = math.fsum(row) / len(row)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in row) / len(row) + 1e-5)
    return [(value - mean) / deviation for value in row]


def positive_share(row):
    kept = [max(value, 0.0) + 1e-6 for value in row]
    return [value / math.fsum(kept) for value in kept]


READINGS = {
    ("softmax", 1.0): softmax,
    ("softmax", 2.5): lambda row: softmax([value / 2.5 for value in row]),
    ("layer-norm", 1.0): lambda row: softmax(standardised(row)),
    ("layer-norm", 0.5): lambda row: softmax([2 * value for value in standardised(row)]),
    ("l1", 1.0): positive_share,
}


@pytest.mark.parametrize(("distribution", "temperature"), READINGS)
def test_it_is_the_printed_divergence_in_each_reading(distribution, temperature):
    x, y, w = batch(seed=2)
    turn = READINGS[distribution, temperature]
    expected = []
    for row, label in zip(x.tolist(), y.tolist(), strict=True):
        p, q = turn(row), turn(w[label].tolist())
        expected.append(math.fsum(a * math.log(a / b) for a, b in zip(p, q, strict=True)))
    for stop in (None, "features", "weight"):
        got = reconstruction_loss(x, y, w, distribution, stop, temperature, "none")
        torch.testing.assert_close(got, torch.tensor(expected, dtype=f64))
    term = FeedBackwardReconstruction(distribution, temperature=temperature)
    assert term(x, y, w).item() == pytest.approx(sum(expected) / 6)


@pytest.mark.parametrize(("distribution", "temperature"), READINGS)
def test_gradient(distribution, temperature):
    x, y, w = batch(seed=2)
    assert gradcheck(lambda f, v: reconstruction_loss(f, y, v, distribution, None, temperature), leaves(x, w))


def test_it_is_finite_at_the_least_temperature():
    x, y, w = batch(dtype=torch.float32)
    f, v = leaves(x, w)
    loss = reconstruction_loss(f, y, v, temperature=2.3e-13)
    loss.backward()
    assert loss.isfinite()
    assert f.grad.isfinite().all()
    assert v.grad.isfinite().all()


def test_gradients_of_the_first_reading_are_the_derived_ones():
    x, y, w = batch(seed=2, samples=1)
    f, v = leaves(x, w)
    loss = reconstruction_loss(f, y, v)
    loss.backward()
    p, q = softmax(x[0].tolist()), softmax(w[y[0]].tolist())
    by_x = [a * (math.log(a / b) - loss.item()) for a, b in zip(p, q, strict=True)]
    torch.testing.assert_close(f.grad[0], torch.tensor(by_x, dtype=f64))
    torch.testing.assert_close(v.grad[y[0]], torch.tensor(q, dtype=f64) - torch.tensor(p, dtype=f64))
    assert v.grad.norm() <= math.sqrt(2)
    assert not v.grad[torch.arange(4) != y[0]].any()


@pytest.mark.parametrize("stop", ["features", "weight"])
def test_a_stopped_side_gets_no_gradient_and_the_other_the_same(stop):
    x, y, w = batch(seed=2)
    f, v = leaves(x, w)
    reconstruction_loss(f, y, v, stop=stop).backward()
    a, b = leaves(x, w)
    reconstruction_loss(a, y, b).backward()
    assert (f.grad is None, v.grad is None) == (stop == "features", stop == "weight")
    for got, full in ((f.grad, a.grad), (v.grad, b.grad)):
        assert got is None or torch.equal(got, full)


@given(seed=seeds, shift=st.floats(-10, 10))
@settings(deadline=None, max_examples=15)
def test_it_is_never_negative_and_zero_exactly_up_to_a_constant(seed, shift):
    x, y, w = batch(seed=seed)
    assert (reconstruction_loss(x, y, w, reduction="none") >= -1e-12).all()
    torch.testing.assert_close(reconstruction_loss(x + shift, y, w), reconstruction_loss(x, y, w))
    assert reconstruction_loss(w[y] + shift, y, w).abs() < 1e-12


def test_it_is_not_invariant_to_a_rotation_as_the_paper_has_it():
    x, y, w = batch()
    rotation = torch.linalg.qr(batch(seed=9, samples=5)[0]).Q
    assert (reconstruction_loss(x @ rotation, y, w @ rotation) - reconstruction_loss(x, y, w)).abs() > 0.01


def test_identical_weights_cost_nothing_and_are_as_far_from_separable_as_you_like():
    w = torch.full((4, 5), 3.0, dtype=f64)
    y = torch.arange(4)
    assert reconstruction_loss(w[y], y, w) == 0
    assert WeightSeparability()(None, None, w) > 100


def test_near_zero_it_is_a_center_loss_tied_to_the_weights():
    """L ~ |centred(x - w_y)|^2 / (2 D)."""
    x, y, w = batch(seed=3)
    x, w = 1e-3 * x, 1e-3 * w
    gap = x - w[y]
    gap = gap - gap.mean(1, keepdim=True)
    torch.testing.assert_close(
        reconstruction_loss(x, y, w, reduction="none"), gap.square().sum(1) / 10, rtol=1e-2, atol=1e-12
    )


def test_the_direct_penalty_trains_weights_to_orthonormality():
    _, _, w = batch(seed=3)
    (v,) = leaves(w)
    optimizer = torch.optim.SGD([v], lr=0.05)
    for _ in range(500):
        optimizer.zero_grad()
        WeightSeparability()(None, None, v).backward()
        optimizer.step()
    torch.testing.assert_close(v @ v.T, torch.eye(4, dtype=f64), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: reconstruction_loss(*batch(), "kl"), ValueError, "distribution must be one of .*, got 'kl'"),
        (lambda: reconstruction_loss(*batch(), stop="all"), ValueError, "stop must be None or one of .*, got 'all'"),
        (lambda: reconstruction_loss(*batch(), temperature=0), ValueError, "temperature must be greater than 0, got 0"),
        (lambda: FeedBackwardReconstruction(temperature=1e-38), ValueError, "temperature must be at least 2.3e-13 in"),
        (
            lambda: reconstruction_loss(*batch(), "l1", temperature=2),
            ValueError,
            "temperature must be 1 for 'l1', got 2",
        ),
        (lambda: reconstruction_loss(*batch(), reduction="all"), ValueError, "reduction must be one of"),
        (lambda: FeedBackwardReconstruction("kl"), ValueError, "distribution must be one of .*, got 'kl'"),
        (lambda: FeedBackwardReconstruction(stop="x"), ValueError, "stop must be None or one of .*, got 'x'"),
        (lambda: FeedBackwardReconstruction(temperature="1"), TypeError, "temperature must be a number, got '1'"),
        (lambda: WeightSeparability()(None, None, torch.ones(3)), ValueError, r"weight must be \[C, D\]"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
