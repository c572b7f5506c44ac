"""What include-and-exclude leaves open: a variance of either sign, where centres begin, L-Softmax beside softmax."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from cases import batch

from discriminative.losses import (
    AddedLSoftmax,
    CoordinateVarianceIncludeExclude,
    FreeVarianceIncludeExclude,
    IncludeExclude,
    LSoftmax,
    PlacedIncludeExclude,
)

f64 = torch.float64


def oracle(features, labels, centers, variance, margin, reading):
    """The hinge as it is printed, for a variance of either sign."""
    out, classes = [], sorted(set(labels))
    for f, y in zip(features, labels, strict=True):
        rivals = [c for c in classes if c != y]
        q = len(rivals) if reading == "A.1" else 1
        logits = [-(math.dist(f, centers[c]) ** 2) / (2 * variance * q) for c in rivals]
        top = max(logits)
        rest = top + math.log(math.fsum(math.exp(z - top) for z in logits))
        out.append(max(0.0, math.dist(f, centers[y]) ** 2 / (2 * variance) + margin + rest))
    return math.fsum(out) / len(out)


@pytest.mark.parametrize("reading", ["A.1", "Eq. 6"])
@pytest.mark.parametrize("variance", [0.5, 3.0, -0.4])
def test_a_free_variance_is_the_printed_loss_whatever_its_sign(reading, variance):
    x, y, mu = batch(seed=1, samples=12, classes=4)
    term = FreeVarianceIncludeExclude(x.shape[1], 4, 0.3, reading).to(f64)
    with torch.no_grad():
        term.centers.copy_(mu)
        term.variance.fill_(variance)
    expected = oracle(x.tolist(), y.tolist(), mu.tolist(), variance, 0.3, reading)
    torch.testing.assert_close(term(x, y).detach(), torch.tensor(expected, dtype=f64))


def test_it_is_a_parameter_that_a_step_can_take_below_zero():
    term = FreeVarianceIncludeExclude(2, 3).to(f64)
    with torch.no_grad():
        term.centers.copy_(torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    x, y = torch.zeros(3, 2, dtype=f64), torch.tensor([0, 1, 2])
    term(x + term.centers.detach(), y).backward()
    assert term.variance.grad > 0
    assert term.variance - 10 * term.variance.grad < 0


@pytest.mark.parametrize("reading", ["A.1", "Eq. 6"])
def test_a_coordinates_variance_is_the_printed_loss_at_a_share_of_the_batchs(reading):
    x, y, mu = batch(seed=5, samples=12, classes=4)
    term = CoordinateVarianceIncludeExclude(x.shape[1], 4, 0.3, reading=reading).to(f64)
    with torch.no_grad():
        term.centers.copy_(mu)
    pairs = zip(x.tolist(), y.tolist(), strict=True)
    summed = math.fsum(math.dist(f, mu[c].tolist()) ** 2 for f, c in pairs)
    expected = oracle(x.tolist(), y.tolist(), mu.tolist(), summed / 11 / x.shape[1], 0.3, reading)
    value = term(x.requires_grad_(), y)
    torch.testing.assert_close(value.detach(), torch.tensor(expected, dtype=f64))
    fixed = IncludeExclude(x.shape[1], 4, 0.3, reading=reading, variance=summed / 11 / x.shape[1]).to(f64)
    fixed.centers.data.copy_(mu)
    torch.testing.assert_close(*(torch.autograd.grad(each(x, y), x)[0] for each in (term, fixed)))


def test_centres_are_placed_at_the_means_of_the_first_batch_and_then_left():
    x, y, _ = batch(seed=2, samples=9, classes=3)
    term = PlacedIncludeExclude(x.shape[1], 3, place="means").to(f64)
    term(x, y)
    means = torch.stack([x[y == c].mean(0) for c in range(3)])
    torch.testing.assert_close(term.centers.detach(), means)
    with torch.no_grad():
        term.centers.zero_()
    again = PlacedIncludeExclude(x.shape[1], 3, place="means").to(f64)
    again.load_state_dict(term.state_dict())
    for placed in (term, again):
        placed(x, y)
        assert not placed.centers.any()


def test_once_placed_it_is_include_and_exclude():
    x, y, mu = batch(seed=3)
    options = {"margin": 0.4, "reading": "Eq. 6", "nearest": 2}
    placed, plain = (kind(mu.shape[1], len(mu), **options).to(f64) for kind in (PlacedIncludeExclude, IncludeExclude))
    placed(x, y)
    with torch.no_grad():
        plain.centers.copy_(placed.centers)
    assert torch.equal(placed(x, y), plain(x, y))


def test_random_centres_follow_the_generator():
    torch.manual_seed(5)
    first = PlacedIncludeExclude(6, 4, place="random").centers
    torch.manual_seed(5)
    assert torch.equal(first, PlacedIncludeExclude(6, 4, place="random").centers)
    assert first.std() > 0.5
    with pytest.raises(ValueError, match="place must be one of"):
        PlacedIncludeExclude(6, 4, place="nowhere")


def test_added_l_softmax_is_the_loss_of_the_head_with_its_weights():
    x, y, w = batch(seed=4)
    head = LSoftmax(w.shape[1], len(w), margin=3).to(f64)
    with torch.no_grad():
        head.weight.copy_(w)
    expected = F.cross_entropy(head(x, y), y)
    torch.testing.assert_close(AddedLSoftmax(margin=3)(x, y, w), expected.detach())
