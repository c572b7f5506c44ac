from __future__ import annotations

import math

import pytest
import torch
from cases import batch, leaves
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck

from discriminative.losses import IncludeExclude, class_variance, include_exclude_loss

f64 = torch.float64
READINGS = ["A.1", "Eq. 6"]
seeds = st.integers(0, 10**6)


def squared(f, mu):
    return math.dist(f, mu) ** 2


def chosen(f, label, centers, present, nearest):
    """The nearest rival centres, in ascending order of distance, as below Eq. 6."""
    rivals = sorted((c for c in present if c != label), key=lambda c: squared(f, centers[c]))
    return rivals if nearest is None else rivals[:nearest]


def oracle(features, labels, centers, variance, margin, nearest, reading, rivals="batch"):
    """Eq. 6 and Eq. A.1, fraction by fraction."""
    present = sorted(set(labels)) if rivals == "batch" else range(len(centers))
    out = []
    for f, label in zip(features, labels, strict=True):
        near = chosen(f, label, centers, present, nearest)
        if not near:
            out.append(0.0)
            continue
        q = len(near) if reading == "A.1" else 1
        numerator = math.exp(-squared(f, centers[label]) / (2 * variance) - margin)
        denominator = math.fsum(math.exp(-squared(f, centers[c]) / (2 * variance * q)) for c in near)
        out.append(max(0.0, -math.log(numerator / denominator)))
    return out


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("nearest", [None, 1, 2, 7])
@pytest.mark.parametrize("rivals", ["batch", "all"])
@pytest.mark.parametrize(("samples", "classes"), [(12, 5), (4, 9)])
def test_it_is_the_printed_equation(reading, nearest, rivals, samples, classes):
    for seed in range(4):
        x, y, mu = batch(seed=seed, samples=samples, classes=classes)
        got = include_exclude_loss(x, y, mu, 1.7, 0.4, nearest, reading, rivals, "none")
        expected = oracle(x.tolist(), y.tolist(), mu.tolist(), 1.7, 0.4, nearest, reading, rivals)
        torch.testing.assert_close(got, torch.tensor(expected, dtype=f64))


def printed_gradients(features, labels, centers, variance, margin, nearest, reading):
    """Eqs 8, 9 and 10 for the active samples, each centre with both of its cases (Q = 1 as divisor for Eq. 6)."""
    size, dim = len(features), len(features[0])
    by_f = [[0.0] * dim for _ in features]
    by_mu = [[0.0] * dim for _ in centers]
    by_variance = 0.0
    active = oracle(features, labels, centers, variance, margin, nearest, reading)
    for n, (f, label) in enumerate(zip(features, labels, strict=True)):
        if active[n] <= 0:
            continue
        near = chosen(f, label, centers, sorted(set(labels)), nearest)
        q = len(near) if reading == "A.1" else 1
        e = {c: math.exp(-squared(f, centers[c]) / (2 * variance * q)) for c in near}
        total = math.fsum(e.values())
        for d in range(dim):
            pulled = math.fsum(e[c] * centers[c][d] for c in near) / (variance * q * total)
            by_f[n][d] += ((f[d] - centers[label][d]) / variance - f[d] / (variance * q) + pulled) / size
            by_mu[label][d] -= (f[d] - centers[label][d]) / variance / size
            for c in near:
                by_mu[c][d] += e[c] * (f[d] - centers[c][d]) / (variance * q) / total / size
        spread = math.fsum(e[c] * squared(f, centers[c]) / (2 * variance**2 * q) for c in near) / total
        by_variance += (spread - squared(f, centers[label]) / (2 * variance**2)) / size
    return by_f, by_mu, by_variance


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("nearest", [None, 1, 2])
@pytest.mark.parametrize("margin", [0.0, 0.1, 5.0])
def test_gradients_are_eqs_8_to_10(reading, nearest, margin):
    x, y, mu = batch(seed=3, samples=10, classes=5)
    f, centers, variance = leaves(x, mu, torch.tensor(1.3, dtype=f64))
    include_exclude_loss(f, y, centers, variance, margin, nearest, reading).backward()
    expected = printed_gradients(x.tolist(), y.tolist(), mu.tolist(), 1.3, margin, nearest, reading)
    for got, printed in zip((f.grad, centers.grad, variance.grad), expected, strict=True):
        torch.testing.assert_close(got, torch.tensor(printed, dtype=f64))


def test_the_printed_gradients_are_not_those_of_eq_6():
    x, y, mu = batch(seed=3, samples=10, classes=5)
    (f,) = leaves(x)
    include_exclude_loss(f, y, mu, 1.3, 5.0, None, "Eq. 6").backward()
    printed = torch.tensor(printed_gradients(x.tolist(), y.tolist(), mu.tolist(), 1.3, 5.0, None, "A.1")[0], dtype=f64)
    assert (f.grad - printed).abs().max() > 0.01


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("rivals", ["batch", "all"])
@pytest.mark.parametrize(("samples", "classes"), [(8, 4), (4, 9)])
def test_gradient(reading, rivals, samples, classes):
    x, y, mu = batch(seed=7, samples=samples, classes=classes)
    f, centers, variance = leaves(x, mu, torch.tensor(1.3, dtype=f64))
    for nearest in (None, 2):
        assert gradcheck(
            lambda a, b, c, q=nearest: include_exclude_loss(a, y, b, c, 2.0, q, reading, rivals), (f, centers, variance)
        )


@pytest.mark.parametrize("reading", READINGS)
def test_one_rival_at_variance_one_half_is_eq_7(reading):
    x, y, mu = batch(seed=2, samples=10)
    got = include_exclude_loss(x, y, mu, 0.5, 0.3, 1, reading, "all", "none")
    for i, (f, label) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        least = min(squared(f, m) for c, m in enumerate(mu.tolist()) if c != label)
        assert got[i].item() == pytest.approx(max(0.0, squared(f, mu[label].tolist()) + 0.3 - least))


@given(seed=seeds, size=st.floats(0.01, 100), reading=st.sampled_from(READINGS))
@settings(deadline=None, max_examples=15)
def test_with_the_variance_of_the_batch_scale_does_not_count(seed, size, reading):
    x, y, mu = batch(seed=seed, samples=10)
    losses = [
        include_exclude_loss(k * x, y, k * mu, class_variance(k * x, y, k * mu), reading=reading) for k in (1.0, size)
    ]
    torch.testing.assert_close(losses[0], losses[1])


@given(seed=seeds, margin=st.floats(0.0, 2))
@settings(deadline=None, max_examples=15)
def test_eq_6_is_a_hinge_on_the_log_odds_of_a_gaussian_classifier(seed, margin):
    x, y, mu = batch(seed=seed, samples=10)
    got = include_exclude_loss(x, y, mu, 2.0, margin, None, "Eq. 6", "all", "none")
    posterior = (-torch.cdist(x, mu).square() / 4).softmax(1).gather(1, y.unsqueeze(1)).squeeze(1)
    torch.testing.assert_close(got, (margin - torch.logit(posterior)).relu())


def test_the_hessians_of_the_two_readings():
    """Eq. 6: Cov_p(mu) / s2^2; A.1: (1 - 1/Q) I / s2 + Cov_p(mu) / (s2 Q)^2, so only A.1 compacts in all directions."""
    mu = batch(seed=4, classes=4, dim=6)[2]
    x = batch(seed=5, dim=6)[0][:1]
    y, s2 = torch.tensor([0]), 1.5
    for reading, q in (("Eq. 6", 1), ("A.1", 3)):
        columns = []
        for step in 1e-5 * torch.eye(6, dtype=f64):
            f, g = leaves(x + step, x - step)
            for point in (f, g):
                include_exclude_loss(point, y, mu, s2, 50.0, None, reading, "all").backward()
            columns.append((f.grad[0] - g.grad[0]) / 2e-5)
        hessian = torch.stack(columns)
        p = (-torch.cdist(x, mu[1:]).square() / (2 * s2 * q)).softmax(1)[0]
        centred = mu[1:] - p @ mu[1:]
        expected = (1 - 1 / q) / s2 * torch.eye(6, dtype=f64) + centred.T @ (p.unsqueeze(1) * centred) / (s2 * q) ** 2
        torch.testing.assert_close(hessian, expected, rtol=1e-6, atol=1e-8)


def test_distances_keep_their_digits_far_from_the_origin():
    x, y, mu = batch(seed=1, samples=40, classes=30, dim=64, dtype=torch.float32)
    x, mu = (x * 2 + 1000).float(), (mu * 2 + 1000).float()
    exact = include_exclude_loss(x.double(), y, mu.double(), 60.0, 1.0, None, "Eq. 6")
    assert exact > 1
    assert include_exclude_loss(x, y, mu, 60.0, 1.0, None, "Eq. 6").item() == pytest.approx(exact.item(), rel=1e-4)


@pytest.mark.parametrize("spread", [30.0, 100.0, 1000.0])
@pytest.mark.parametrize("nearest", [1, 2, None])
def test_distances_keep_their_digits_where_centres_are_far_apart_and_two_of_them_close(spread, nearest):
    far = batch(seed=2, classes=32, dim=64)[2] * spread
    gap = torch.nn.functional.normalize(batch(seed=3, classes=32, dim=64)[2], dim=1) * 0.2
    mu, y = torch.cat([far, far + gap]).float(), torch.arange(64)
    values, gradients = [], []
    for dtype in (torch.float32, f64):
        f, centers = leaves(mu.to(dtype), mu.to(dtype))  # every feature on its centre, at 0.2 from one rival
        loss = include_exclude_loss(f, y, centers, 0.5, 0.1, nearest, "Eq. 6")
        loss.backward()
        values.append(loss.item())
        gradients.append(torch.cat([f.grad, centers.grad]).double())
    assert values[0] == pytest.approx(values[1], rel=1e-5)
    assert values[1] == pytest.approx(0.1 - 0.04, rel=2e-3)  # margin less the squared gap, as float32 holds it
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-6)


def test_a_sample_without_rivals_costs_nothing_and_moves_nothing():
    x, _, mu = batch()
    f, centers = leaves(x, mu)
    loss = include_exclude_loss(f, torch.ones(6, dtype=torch.int64), centers, 1.0)
    loss.backward()
    assert loss == 0
    assert not f.grad.any()
    assert not centers.grad.any()


def test_variance_is_the_printed_statistic():
    x, y, mu = batch()
    expected = sum(squared(f, mu[c].tolist()) for f, c in zip(x.tolist(), y.tolist(), strict=True)) / 5
    assert class_variance(x, y, mu).item() == pytest.approx(expected)
    assert class_variance(x[:1], y[:1], mu).item() == pytest.approx(squared(x[0].tolist(), mu[y[0]].tolist()))
    assert class_variance(x[:0], y[:0], mu) == 0


def test_the_module_measures_with_the_variance_it_was_given():
    x, y, mu = batch(dtype=torch.float32)
    for variance, expected in (("batch", class_variance(x, y, mu).item()), ("learned", 0.5), (2.0, 2.0)):
        term = IncludeExclude(5, 4, margin=0.4, variance=variance)
        with torch.no_grad():
            term.centers.copy_(mu)
        got = term.variance(x, y)
        assert float(torch.as_tensor(got).detach()) == pytest.approx(expected)
        assert not torch.as_tensor(got).requires_grad or variance == "learned"
        torch.testing.assert_close(term(x, y).detach(), include_exclude_loss(x, y, mu, expected, 0.4))


def test_the_learned_variance_stays_positive_where_the_free_one_crosses_zero():
    x, y, mu = batch(seed=1, samples=20, dtype=torch.float32)
    x = mu[y] + 0.05 * x
    term = IncludeExclude(5, 4, margin=50.0, variance="learned")
    free = torch.tensor(0.5)
    optimizer = torch.optim.SGD([term.raw_variance], lr=0.5)
    with torch.no_grad():
        term.centers.copy_(mu)
    lowest = math.inf
    for _ in range(60):
        optimizer.zero_grad()
        term(x, y).backward()
        optimizer.step()
        assert term.variance(x, y) > 0
        if lowest > 0:
            (held,) = leaves(free)
            include_exclude_loss(x, y, mu, held, 50.0).backward()
            free = free - 0.5 * held.grad
            lowest = min(lowest, free.item())
    assert lowest < 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: IncludeExclude(5, 4, margin=-1), ValueError, "margin must be at least 0, got -1"),
        (lambda: IncludeExclude(5, 4, nearest=0), ValueError, "nearest must be an integer >= 1, got 0"),
        (lambda: IncludeExclude(5, 4, nearest="1"), TypeError, "nearest must be an integer >= 1, got '1'"),
        (lambda: IncludeExclude(5, 4, reading="8"), ValueError, "reading must be one of .*, got '8'"),
        (lambda: IncludeExclude(5, 4, rivals="some"), ValueError, "rivals must be one of .*, got 'some'"),
        (lambda: IncludeExclude(5, 4, variance="free"), ValueError, "variance must be 'batch', 'learned' or a number"),
        (lambda: IncludeExclude(5, 4, variance=0), ValueError, "variance must be greater than 0, got 0"),
        (lambda: include_exclude_loss(*batch(), torch.rand(4)), ValueError, r"variance must be .*, got shape \(4,\)"),
        (lambda: include_exclude_loss(*batch(), 0.0), ValueError, "variance must be greater than 0, got 0"),
        (lambda: include_exclude_loss(*batch(), 1.0, -1), ValueError, "margin must be at least 0, got -1"),
        (lambda: include_exclude_loss(*batch(), 1.0, nearest=1.5), ValueError, "nearest must be an integer >= 1"),
        (lambda: include_exclude_loss(*batch(), 1.0, reading="7"), ValueError, "reading must be one of"),
        (lambda: include_exclude_loss(*batch(), 1.0, rivals="7"), ValueError, "rivals must be one of"),
        (lambda: include_exclude_loss(*batch(), 1.0, reduction="7"), ValueError, "reduction must be one of"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
