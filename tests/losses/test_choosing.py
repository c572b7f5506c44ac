from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from discriminative.geometry import binary_margin, simplex
from discriminative.losses import NormFace, best_probability, equal_margins, suggest_scale


@pytest.mark.parametrize(("count", "scale"), [(2, 1.0), (10, 4.0), (10, 30.0), (50, 8.0)])
def test_the_simplex_attains_the_bound_and_nothing_found_by_descent_beats_it(count, scale):
    y = torch.arange(count)
    corners = simplex(count, dtype=torch.float64)
    head = NormFace(count - 1, count, scale).double()
    with torch.no_grad():
        head.weight.copy_(corners)
    least = -math.log(best_probability(count, scale))
    assert F.cross_entropy(head(corners, y), y).item() == pytest.approx(least, rel=1e-9)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(count, count - 1, dtype=torch.float64, generator=generator).requires_grad_()
    with torch.no_grad():
        head.weight.copy_(torch.randn(count, count - 1, dtype=torch.float64, generator=generator))
    optimizer = torch.optim.Adam([x, head.weight], lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        loss = F.cross_entropy(head(x, y), y)
        loss.backward()
        optimizer.step()
        assert loss.item() >= least - 1e-12


@pytest.mark.parametrize("count", [2, 10, 10572, 1_000_000])
@pytest.mark.parametrize("probability", [0.6, 0.9, 0.999])
def test_the_scale_is_the_bound_solved(count, probability):
    scale = suggest_scale(count, probability)
    assert best_probability(count, scale) == pytest.approx(probability, rel=1e-9)
    assert best_probability(count, 0.99 * scale) < probability


def test_the_bound_is_as_it_is_quoted():
    assert best_probability(10572, 4) == pytest.approx(0.005, rel=0.05)
    assert best_probability(10572, 16) == pytest.approx(0.9988, abs=5e-5)


@pytest.mark.parametrize("between", [0.7, math.pi / 2, math.acos(-1 / 9), 3.0])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.9])
def test_equal_margins_are_equal(between, share):
    found = equal_margins(share * between, between)
    for rule in ("subtracted cosine", "added angle", "biased weights"):
        assert binary_margin(rule, between, found[rule]) == pytest.approx(share * between, abs=1e-9)
    m = found["multiplied angle"]
    assert between * (m - 1) / (m + 1) == pytest.approx(share * between, abs=1e-9)


def test_w_softmax_at_one_is_l_softmax_at_three():
    found = equal_margins(0.6, 1.2)
    assert found["multiplied angle"] == pytest.approx(3)
    assert found["biased weights"] == pytest.approx(1)


def test_no_alpha_parts_two_antipodal_weights():
    assert equal_margins(0.5, math.pi)["biased weights"] is None
    assert equal_margins(0.0, math.pi)["biased weights"] == pytest.approx(0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: suggest_scale(1), "num_classes must be an integer >= 2, got 1"),
        (lambda: suggest_scale(10, 0.1), "probability must be greater than 0.1, got 0.1"),
        (lambda: suggest_scale(10, 1.0), "probability must be below 1, got 1.0"),
        (lambda: best_probability(10, 0), "scale must be greater than 0, got 0"),
        (lambda: equal_margins(1.0, 0.9), "radians must be below between = 0.9, got 1.0"),
        (lambda: equal_margins(-0.1, 0.9), "radians must be at least 0, got -0.1"),
        (lambda: equal_margins(1.0, 4.0), "between must be at most pi, got 4.0"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
