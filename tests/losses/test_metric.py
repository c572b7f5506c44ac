from __future__ import annotations

import itertools
import math

import pytest
import torch
from cases import batch, leaves
from torch.autograd import gradcheck

from discriminative.losses import ContrastiveLoss, TripletLoss, contrastive_loss, triplet_loss


def test_triplet_loss_is_the_printed_equation():
    a, p, n = (batch(seed=seed)[0] for seed in range(3))
    expected = [
        max(0.0, math.dist(u, v) ** 2 - math.dist(u, w) ** 2 + 0.7)
        for u, v, w in zip(a.tolist(), p.tolist(), n.tolist(), strict=True)
    ]
    torch.testing.assert_close(triplet_loss(a, p, n, 0.7, "none"), torch.tensor(expected, dtype=torch.float64))
    assert triplet_loss(a, p, n, 0.7, "sum").item() == pytest.approx(sum(expected))
    assert gradcheck(lambda *rows: triplet_loss(*rows, 0.7), leaves(a, p, n))


def test_the_term_takes_the_hardest_triplet_of_every_anchor():
    x, y, w = batch(seed=4, samples=12, classes=3)
    rows, labels = x.tolist(), y.tolist()
    losses = []
    for i, anchor in enumerate(rows):
        fellows = [math.dist(anchor, rows[j]) for j in range(12) if j != i and labels[j] == labels[i]]
        others = [math.dist(anchor, rows[j]) for j in range(12) if labels[j] != labels[i]]
        if fellows and others:
            losses.append(max(0.0, max(fellows) ** 2 - min(others) ** 2 + 0.5))
    assert TripletLoss(0.5)(x, y, w).item() == pytest.approx(sum(losses) / len(losses))
    assert gradcheck(lambda f: TripletLoss(0.5)(f, y, w), leaves(x))


def test_without_a_fellow_or_a_rival_there_is_no_triplet():
    x, _, w = batch()
    for y in (torch.arange(6), torch.zeros(6, dtype=torch.int64)):
        (f,) = leaves(x)
        loss = TripletLoss(1000.0)(f, y, w)
        loss.backward()
        assert loss == 0
        assert not f.grad.any()


def test_contrastive_loss_is_its_pairwise_formula():
    x, y, _ = batch(seed=4, samples=9, classes=3)
    rows, labels = x.tolist(), y.tolist()
    total = 0.0
    for i, j in itertools.combinations(range(9), 2):
        d = math.dist(rows[i], rows[j])
        total += d * d / 2 if labels[i] == labels[j] else max(0.0, 3.0 - d) ** 2 / 2
    assert contrastive_loss(x, y, 3.0).item() == pytest.approx(total / 36)
    assert ContrastiveLoss(3.0)(x, y).item() == pytest.approx(total / 36)
    assert gradcheck(lambda f: contrastive_loss(f, y, 3.0), leaves(x))


@pytest.mark.parametrize("spread", [10.0, 100.0, 1000.0])
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_close_rivals_keep_their_digits_however_wide_the_features_are_spread(spread, compiled):
    far = batch(samples=64, dim=64)[0] * spread
    gap = torch.nn.functional.normalize(batch(seed=1, samples=64, dim=64)[0], dim=1)
    x = torch.cat([far, far + gap * torch.linspace(0.1, 0.5, 64).unsqueeze(1)]).float()
    loss = torch.compile(contrastive_loss, fullgraph=True, backend="aot_eager") if compiled else contrastive_loss
    values, gradients = [], []
    for dtype, function in ((torch.float32, loss), (torch.float64, contrastive_loss)):
        (f,) = leaves(x.to(dtype))
        value = function(f, torch.arange(128), 1.0)
        value.backward()
        values.append(value.item())
        gradients.append(f.grad.double())
    assert values[0] == pytest.approx(values[1], rel=1e-5)
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-9)


def test_one_sample_or_none_cost_nothing():
    x, y, w = batch()
    assert TripletLoss()(x[:0], y[:0], w).dtype == x.dtype
    for count in (0, 1):
        assert contrastive_loss(x[:count], y[:count], 1.0) == 0
        assert TripletLoss()(x[:count], y[:count], w) == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: TripletLoss(-1), ValueError, "margin must be at least 0, got -1"),
        (lambda: ContrastiveLoss(0), ValueError, "margin must be greater than 0, got 0"),
        (lambda: contrastive_loss(torch.ones(2, 2), torch.tensor([0, 1]), "1"), TypeError, "margin must be a number"),
        (lambda: contrastive_loss(torch.ones(2, 2), torch.tensor([0, -1]), 1.0), ValueError, "labels must lie in"),
        (lambda: triplet_loss(torch.ones(2, 2), torch.ones(1, 2), torch.ones(2, 2), 1.0), ValueError,
         r"positives must be \[2, 2\] to match anchors, got shape \(1, 2\)"),
        (lambda: triplet_loss(torch.ones(2, 2), torch.ones(2, 2), [1.0], 1.0), TypeError, "negatives must be a tensor"),
        (lambda: triplet_loss(torch.ones(2), torch.ones(2), torch.ones(2), 1.0), ValueError, "features must be"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
