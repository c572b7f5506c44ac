from __future__ import annotations

import math

import oracles
import pytest
import torch
from cases import batch, leaves
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck

from discriminative.geometry import norm_upper_bound
from discriminative.losses import FeatureIncay, log_norm, reciprocal_norm, square_norm

FORMS = {
    "reciprocal": (reciprocal_norm, lambda r, eps: 1 / (r * r + eps), lambda r, eps: -2 / (r * r + eps) ** 2),
    "log": (log_norm, lambda r, eps: -math.log(r * r + eps), lambda r, eps: -2 / (r * r + eps)),
    "linear": (lambda x, eps, **more: square_norm(x, **more), lambda r, eps: -r * r, lambda r, eps: -2.0),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("eps", [1e-6, 1e-3, 1.0])
def test_value_and_gradient_are_the_printed_ones(form, eps):
    x, _, _ = batch(seed=3)
    function, value, pull = FORMS[form]
    (f,) = leaves(x)
    got = function(f, eps=eps, reduction="none")
    got.sum().backward()
    lengths = [oracles.norm(row) for row in x.tolist()]
    torch.testing.assert_close(got.detach(), torch.tensor([value(r, eps) for r in lengths], dtype=torch.float64))
    factors = torch.tensor([pull(r, eps) for r in lengths], dtype=torch.float64)
    torch.testing.assert_close(f.grad, factors.unsqueeze(1) * x)
    assert gradcheck(lambda v: function(v, eps=eps), leaves(x))
    torch.testing.assert_close(FeatureIncay(form, eps)(x), got.detach().mean())


def test_the_gradient_without_eps_is_2_f_over_the_fourth_power_not_the_printed_square():
    """Section 6.3 prints dF/df = 2f / |f|^2 for F = -1 / |f|^2."""
    (f,) = leaves(torch.tensor([[3.0, 4.0]], dtype=torch.float64))
    reciprocal_norm(f, eps=1e-30).backward()
    torch.testing.assert_close(-f.grad, 2 * f.detach() / 5**4)
    assert (f.grad.abs() - 2 * f.detach() / 5**2).abs().min() > 0.1


def test_the_pull_is_greatest_at_the_root_of_a_third_of_eps_and_not_always_falling():
    eps = 1.0
    radii = torch.linspace(0, 4, 4001, dtype=torch.float64)
    (f,) = leaves(radii.unsqueeze(1))
    reciprocal_norm(f, eps, reduction="sum").backward()
    pull = f.grad.norm(dim=1)
    assert radii[pull.argmax()].item() == pytest.approx(math.sqrt(eps / 3), abs=2e-3)
    assert pull.max().item() == pytest.approx(FeatureIncay(eps=eps).largest_pull, rel=1e-5)
    assert pull[100] == pytest.approx(0.196, abs=1e-3)  # at 0.1, less than at 0.5
    assert pull[500] == pytest.approx(0.640, abs=1e-3)
    beyond = radii > math.sqrt(eps / 3)
    assert (pull[beyond].diff() < 0).all()


@given(r=st.floats(0.01, 1e3), eps=st.floats(1e-6, 10))
@settings(deadline=None, max_examples=20)
def test_the_pull_never_passes_its_greatest_value(r, eps):
    (f,) = leaves(torch.tensor([[r, 0.0]], dtype=torch.float64))
    reciprocal_norm(f, eps).backward()
    assert f.grad.norm().item() <= FeatureIncay(eps=eps).largest_pull * (1 + 1e-9)


def test_the_force_at_the_papers_norms():
    """lambda = 0.1 at a norm of 250: 1.3e-8 a sample."""
    (f,) = leaves(torch.tensor([[250.0]], dtype=torch.float64))
    (0.1 * reciprocal_norm(f)).backward()
    assert f.grad.abs().item() == pytest.approx(1.28e-8, rel=1e-2)


@pytest.mark.parametrize("form", FORMS)
def test_beyond_the_upper_threshold_a_sample_is_left_alone(form):
    upper = norm_upper_bound(200.0, 10, feature_dim=5)  # (1 + sqrt 2) 200 = 483, as in the paper
    assert upper == pytest.approx(482.84, abs=0.01)
    (f,) = leaves(torch.tensor([[482.0], [484.0]], dtype=torch.float64))
    losses = FORMS[form][0](f, eps=1e-3, upper=upper, reduction="none")
    losses.sum().backward()
    assert losses[0] != 0
    assert f.grad[0] != 0
    assert losses[1] == 0
    assert f.grad[1] == 0


@pytest.mark.parametrize(("form", "power"), [("log", 2), ("reciprocal", 4), ("linear", None)])
def test_what_the_gradient_flow_of_each_form_keeps(form, power):
    """log keeps r2^2 - r1^2, reciprocal r2^4 - r1^4; linear keeps r2 / r1."""
    x = torch.tensor([[1.0], [1.5]], dtype=torch.float64)
    start = x.clone()
    for _ in range(2000):
        (f,) = leaves(x)
        FORMS[form][0](f, eps=1e-12, reduction="sum").backward()
        x = x - 1e-4 * f.grad
    assert (x > start + 1e-2).all()
    if power is None:
        assert (x[1] / x[0]).item() == pytest.approx(1.5, rel=1e-6)
    else:
        kept = (start[1] ** power - start[0] ** power).item()
        assert (x[1] ** power - x[0] ** power).item() == pytest.approx(kept, rel=1e-3)
        assert x[1] - x[0] < start[1] - start[0]


def test_at_zero_and_at_the_ends_of_float16_it_is_finite():
    for function in (reciprocal_norm, log_norm, square_norm):
        for size in (0.0, 6e-8, 65504.0):
            (f,) = leaves(torch.full((2, 3), size, dtype=torch.float16))
            value = function(f)
            value.backward()
            assert value.isfinite()
            assert value.dtype == torch.float32
            assert not f.grad.isnan().any()
    (zero,) = leaves(torch.zeros(1, 3))
    reciprocal_norm(zero, eps=1e-3).backward()
    assert reciprocal_norm(zero, eps=1e-3).item() == pytest.approx(1000)
    assert not zero.grad.any()


@pytest.mark.parametrize(("function", "eps"), [(reciprocal_norm, 2.3e-13), (log_norm, 1.2e-38)])
@pytest.mark.parametrize("size", [0.0, 1e-20, 1e-7, 1.0, 1e20, 1e30])
def test_at_the_least_eps_it_is_finite_for_features_of_every_length(function, eps, size):
    (f,) = leaves(torch.tensor([[size, 0.0]]))
    value = function(f, eps=eps)
    (100 * value).backward()
    (exact,) = leaves(torch.tensor([[size, 0.0]], dtype=torch.float64))
    expected = function(exact, eps=eps)
    (100 * expected).backward()
    torch.testing.assert_close(value.double(), expected, rtol=1e-5, atol=1e-30)
    torch.testing.assert_close(f.grad.double(), exact.grad, rtol=1e-4, atol=1e-30)


def test_it_turns_no_feature():
    """The pull is radial: what is orthogonal to the feature, as COCO's gradient is, it leaves alone."""
    x, _, _ = batch()
    (f,) = leaves(x)
    reciprocal_norm(f).backward()
    cosine = torch.cosine_similarity(f.grad, f.detach(), dim=1)
    torch.testing.assert_close(cosine, -torch.ones(6, dtype=torch.float64))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: reciprocal_norm(torch.ones(2, 2), eps=0), ValueError, "eps must be greater than 0, got 0"),
        (
            lambda: reciprocal_norm(torch.ones(2, 2), eps=1e-20),
            ValueError,
            "eps must be at least 2.3e-13 in",
        ),
        (
            lambda: FeatureIncay("log", 1e-39)(torch.ones(2, 2)),
            ValueError,
            "eps must be at least 1.2e-38 in",
        ),
        (lambda: log_norm(torch.ones(2, 2), eps=-1), ValueError, "eps must be greater than 0, got -1"),
        (lambda: reciprocal_norm(torch.ones(2, 2), upper=0), ValueError, "upper must be greater than 0, got 0"),
        (lambda: reciprocal_norm(torch.ones(2)), ValueError, r"features must be \[B, D\], got shape \(2,\)"),
        (lambda: reciprocal_norm(torch.ones(2, 2).long()), ValueError, "features must be floating point"),
        (lambda: square_norm([[1.0]]), TypeError, "features must be a tensor, got list"),
        (lambda: square_norm(torch.ones(2, 2), reduction="max"), ValueError, "reduction must be one of"),
        (lambda: FeatureIncay("cube"), ValueError, "form must be one of .*, got 'cube'"),
        (lambda: FeatureIncay(eps=0.0), ValueError, "eps must be greater than 0, got 0.0"),
        (lambda: FeatureIncay(upper="1"), TypeError, "upper must be a number, got '1'"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
