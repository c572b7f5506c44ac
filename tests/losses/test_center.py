from __future__ import annotations

import math

import pytest
import torch
from cases import batch, leaves
from torch.autograd import gradcheck

from discriminative.losses import CenterLoss, TiedCenterLoss, center_loss, reconstruction_loss


def test_it_is_the_printed_equation():
    x, y, centers = batch(seed=1, samples=9)
    expected = [math.dist(f, centers[c].tolist()) ** 2 / 2 for f, c in zip(x.tolist(), y.tolist(), strict=True)]
    torch.testing.assert_close(center_loss(x, y, centers, "none"), torch.tensor(expected, dtype=torch.float64))
    assert center_loss(x, y, centers).item() == pytest.approx(sum(expected) / 9)
    assert center_loss(x, y, centers, "sum").item() == pytest.approx(sum(expected))


def test_gradient():
    x, y, centers = batch(seed=1)
    assert gradcheck(lambda f, mu: center_loss(f, y, mu), leaves(x, centers))


def test_each_centre_is_pulled_by_its_own_samples_alone():
    x, y, centers = batch(seed=1)
    (mu,) = leaves(centers)
    center_loss(x, y, mu).backward()
    for c in range(4):
        pull = sum((centers[c] - x[i] for i in range(6) if y[i] == c), torch.zeros(5, dtype=torch.float64)) / 6
        torch.testing.assert_close(mu.grad[c], pull)


def test_nothing_cancels_far_from_the_origin():
    x, y, centers = batch(seed=1, dtype=torch.float32)
    moved, home = x + 1024, centers + 1024
    exact = center_loss(moved.double(), y, home.double())
    assert center_loss(moved, y, home).item() == pytest.approx(exact.item(), rel=1e-6)


def test_centres_start_at_the_origin_and_move_to_the_means_of_the_classes_present():
    x, y, _ = batch(dtype=torch.float32)
    y = y % 2
    term = CenterLoss(5, 4)
    assert not term.centers.any()
    term.move_to_means(x, y)
    for c in (0, 1):
        torch.testing.assert_close(term.centers[c].detach(), x[y == c].mean(0))
    assert not term.centers[2:].any()
    assert [name for name, _ in term.named_parameters()] == ["centers"]


def test_the_moving_rule_is_the_originals_and_the_gradient_is_another():
    """Three samples of class 0 and one of class 1, each one unit off its centre: 3/4 and 1/2 against 3/4 and 1/4."""
    x, y = torch.ones(4, 1), torch.tensor([0, 0, 0, 1])
    term = CenterLoss(1, 3)
    term(x, y).backward()
    torch.testing.assert_close(-term.centers.grad, torch.tensor([[0.75], [0.25], [0.0]]))
    term.move(x, y, rate=1.0)
    torch.testing.assert_close(term.centers.detach(), torch.tensor([[0.75], [0.5], [0.0]]))


def test_the_moving_rule_is_the_printed_sum():
    x, y, centers = batch(seed=2, samples=9)
    term = CenterLoss(5, 4).double()
    with torch.no_grad():
        term.centers.copy_(centers)
    term.move(x, y, rate=0.3)
    for c in range(4):
        own = [centers[c] - x[i] for i in range(9) if y[i] == c]
        step = sum(own, torch.zeros(5, dtype=torch.float64)) / (1 + len(own))
        torch.testing.assert_close(term.centers[c].detach(), centers[c] - 0.3 * step)


def test_the_centres_of_absent_classes_stay_where_they_are():
    x, y, _ = batch(dtype=torch.float32)
    term = CenterLoss(5, 4)
    with torch.no_grad():
        term.centers.fill_(7.0)
    term.move_to_means(x, y % 2)
    assert (term.centers[2:] == 7.0).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CenterLoss(0, 3), "feature_dim must be an integer >= 1, got 0"),
        (lambda: CenterLoss(3, 1.5), "num_classes must be an integer >= 1, got 1.5"),
        (lambda: CenterLoss(3, 2).move_to_means(torch.ones(1, 3), torch.tensor([2])), "labels must lie in 0..1, got 2"),
        (lambda: CenterLoss(3, 2).move(torch.ones(1, 3), torch.tensor([0]), 1.5), "rate must be at most 1, got 1.5"),
        (lambda: CenterLoss(3, 2).move(torch.ones(1, 3), torch.tensor([0]), 0), "rate must be greater than 0, got 0"),
        (lambda: CenterLoss(3, 2)(torch.ones(1, 4), torch.tensor([0])), r"weight must be \[C, 4\] to match features"),
        (lambda: center_loss(*batch(), reduction="all"), "reduction must be one of"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_tied_centre_is_the_classs_weight_and_the_reconstruction_loss_is_near_it_where_all_is_small():
    x, y, w = batch(seed=1)
    x, w = 1e-3 * (x - x.mean(1, keepdim=True)), 1e-3 * (w - w.mean(1, keepdim=True))
    term = TiedCenterLoss()
    assert not list(term.parameters())
    torch.testing.assert_close(term(x, y, w), center_loss(x, y, w))
    assert float(reconstruction_loss(x, y, w) / (term(x, y, w) / x.shape[1])) == pytest.approx(1, rel=0.01)
    x, w = leaves(x, w)
    term(x, y, w).backward()
    torch.testing.assert_close(w.grad.sum(0), -x.grad.sum(0))
