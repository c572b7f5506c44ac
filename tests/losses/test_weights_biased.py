from __future__ import annotations

import math

import oracles
import pytest
import torch
import torch.nn.functional as F
from cases import TOLERANCE, batch, elements_made, leaves
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck

from discriminative.geometry import simplex
from discriminative.losses import (
    CentredWSoftmax,
    GuardedWSoftmax,
    WSoftmax,
    centred_biased_logits,
    guarded_biased_logits,
    weight_normalized_logits,
    weights_biased_logits,
)

f64 = torch.float64
ALPHAS = [0.0, 0.1, 0.5, 1.0, 1.5, 5.0]
seeds = st.integers(0, 10**6)


def each(logits, labels):
    return F.cross_entropy(logits, labels, reduction="none")


# --- the equation --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize(("samples", "classes"), [(12, 4), (3, 8)])  # cosines by class, cosines by sample
def test_logits_are_algorithm_1(alpha, samples, classes):
    x, y, w = batch(seed=3, samples=samples, classes=classes)
    expected = torch.from_numpy(oracles.biased_logits(x, y.tolist(), w, alpha))
    for gradient in ("literal", "stopped"):
        torch.testing.assert_close(weights_biased_logits(x, y, w, alpha, gradient), expected, **TOLERANCE[f64])
    single = weights_biased_logits(x.float(), y, w.float(), alpha)
    torch.testing.assert_close(single.double(), expected, **TOLERANCE[torch.float32])


def test_the_loss_is_eq_11_and_eq_12_agrees_as_the_weights_are_unit():
    x, y, w = batch()
    got = each(weights_biased_logits(x, y, w, 0.7), y)
    unit = [[v / oracles.norm(row) for v in row] for row in w.tolist()]
    for i, (row, c) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        top = math.exp(oracles.dot(unit[c], row))
        turned = [[0.7 * a + b for a, b in zip(unit[c], v, strict=True)] for v in unit]
        rivals = [math.exp(oracles.dot(v, row) / oracles.norm(v)) for v in turned]
        eq_11 = -math.log(top / (top + math.fsum(value for j, value in enumerate(rivals) if j != c)))
        eq_12 = -math.log(top / math.fsum(rivals))
        assert got[i].item() == pytest.approx(eq_11) == pytest.approx(eq_12)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize(("samples", "classes"), [(7, 4), (3, 6)])
def test_literal_gradient(alpha, samples, classes):
    for seed in range(2):
        x, y, w = batch(seed=seed, samples=samples, classes=classes)
        assert gradcheck(lambda f, v, y=y: weights_biased_logits(f, y, v, alpha), leaves(x, w))


@pytest.mark.parametrize("alpha", [0.5, 1.0, 1.5])
@pytest.mark.parametrize(("samples", "classes"), [(7, 4), (3, 6)])
def test_stopped_gradient_is_that_of_the_loss_with_w_c_inside_w_j_held(alpha, samples, classes):
    x, y, w = batch(seed=5, samples=samples, classes=classes)
    f, v = leaves(x, w)
    F.cross_entropy(weights_biased_logits(f, y, v, alpha, "stopped"), y).backward()

    def loss(features, weight):
        return oracles.cross_entropy(oracles.biased_logits(features, y.tolist(), weight, alpha, held=w), y.tolist())

    torch.testing.assert_close(
        f.grad, torch.from_numpy(oracles.gradient(lambda m: loss(m, w), x)), rtol=1e-6, atol=1e-8
    )
    torch.testing.assert_close(
        v.grad, torch.from_numpy(oracles.gradient(lambda m: loss(x, m), w)), rtol=1e-6, atol=1e-8
    )
    literal = leaves(w)[0]
    F.cross_entropy(weights_biased_logits(x, y, literal, alpha), y).backward()
    assert (literal.grad - v.grad).norm() > 0.01 * v.grad.norm()


def test_gradients_are_the_closed_forms():
    """dL/dx = -(1-p_c) w_c + sum p_j w'_j, dL/dw_j = p_j (x - z'_j w'_j) / n_j: unit weights, before projection."""
    alpha, (x, _, w) = 0.8, batch(seed=2, samples=1)
    unit = w / w.norm(dim=1, keepdim=True)
    f, v = leaves(x, unit)
    logits = weights_biased_logits(f, torch.tensor([0]), v, alpha)
    F.cross_entropy(logits, torch.tensor([0])).backward()
    p, z = logits.detach().softmax(1)[0], logits.detach()[0]
    turned = alpha * unit[0] + unit
    n = turned.norm(dim=1)
    by_x = -(1 - p[0]) * unit[0] + sum(p[j] * turned[j] / n[j] for j in range(1, 4))
    pulls = [p[j] * (x[0] - z[j] * turned[j] / n[j]) / n[j] for j in range(1, 4)]
    by_w = torch.stack([-(1 - p[0]) * x[0] + alpha * sum(pulls), *pulls])
    by_w = by_w - unit * (by_w * unit).sum(1, keepdim=True)
    torch.testing.assert_close(f.grad[0], by_x)
    torch.testing.assert_close(v.grad, by_w)


@given(seed=seeds)
@settings(deadline=None, max_examples=10)
def test_alpha_to_zero_is_the_weight_normalized_softmax(seed):
    x, y, w = batch(seed=seed)
    plain = weight_normalized_logits(x, w)
    assert torch.equal(weights_biased_logits(x, y, w, 0.0), plain)
    torch.testing.assert_close(weights_biased_logits(x, y, w, 1e-9), plain, rtol=1e-7, atol=1e-7)


def test_alpha_zero_is_not_plain_softmax():
    x, y, w = batch()
    assert (each(weights_biased_logits(x, y, 3 * w, 0.0), y) - each(x @ (3 * w).T, y)).abs().max() > 0.1


@given(seed=seeds, alpha=st.sampled_from(ALPHAS), size=st.floats(0.1, 10))
@settings(deadline=None, max_examples=15)
def test_the_length_of_weights_does_not_count_and_that_of_features_scales(seed, alpha, size):
    x, y, w = batch(seed=seed)
    logits = weights_biased_logits(x, y, w, alpha)
    torch.testing.assert_close(weights_biased_logits(x, y, size * w, alpha), logits)
    torch.testing.assert_close(weights_biased_logits(size * x, y, w, alpha), size * logits)


@given(seed=seeds, alpha=st.floats(0.01, 3))
@settings(deadline=None, max_examples=15)
def test_the_train_boundary_is_kappa_times_the_own_score(seed, alpha):
    x, y, w = batch(seed=seed, samples=64)
    scores = weight_normalized_logits(x, w)
    unit = w / w.norm(dim=1, keepdim=True)
    kappa = (alpha * unit[y].unsqueeze(1) + unit).norm(dim=2) - alpha
    right = (scores < kappa * scores.gather(1, y.unsqueeze(1))).scatter(1, y.unsqueeze(1), True).all(1)
    assert torch.equal(weights_biased_logits(x, y, w, alpha).argmax(1) == y, right)


# --- where the rival's weight vanishes -----------------------------------------------------------------------------


def at_distance(separation, dim=8, seed=4):
    """A weight, and one at ``separation`` radians from its opposite, and features; float32."""
    generator = torch.Generator().manual_seed(seed)
    a, b, x = (torch.randn(dim, generator=generator, dtype=f64) for _ in range(3))
    a = a / a.norm()
    b = b - (b @ a) * a
    other = -math.cos(separation) * a + math.sin(separation) * b / b.norm()
    return x.float().unsqueeze(0), torch.stack([a, other]).float()


@pytest.mark.parametrize("alpha", [0.9, 0.999, 1.0, 1.001, 1.1])
@pytest.mark.parametrize("separation", [0.5, 0.1, 1e-2, 1e-3])
def test_float32_is_accurate_to_a_thousandth_of_a_radian_from_antipodal(alpha, separation):
    x, w = at_distance(separation)
    y = torch.tensor([0])
    expected = torch.from_numpy(oracles.biased_logits(x.double(), [0], w.double(), alpha))
    torch.testing.assert_close(weights_biased_logits(x, y, w, alpha).double(), expected, rtol=3e-6, atol=3e-6)
    f, v = leaves(x, w)
    F.cross_entropy(weights_biased_logits(f, y, v, alpha), y).backward()
    g, u = leaves(x.double(), w.double())
    F.cross_entropy(weights_biased_logits(g, y, u, alpha), y).backward()
    assert (f.grad.double() - g.grad).norm() <= 1e-3 * g.grad.norm()
    assert (v.grad.double() - u.grad).norm() <= 1e-3 * u.grad.norm()


def test_many_rivals_near_the_opposite_are_each_accurate():
    x, w = at_distance(1e-3)
    w = torch.cat([w] + [at_distance(1e-3 * k)[1][1:] for k in (2, 5, 20)])
    x = x.expand(3, -1).contiguous()
    y = torch.tensor([0, 1, 0])
    expected = torch.from_numpy(oracles.biased_logits(x.double(), y.tolist(), w.double(), 1.0))
    torch.testing.assert_close(weights_biased_logits(x, y, w, 1.0).double(), expected, rtol=3e-6, atol=3e-6)


def test_compiled_code_takes_the_same_care_of_the_nearest_four():
    x, _, w = batch(samples=3, classes=7, dim=8, dtype=torch.float32)
    step = batch(seed=1, classes=4, dim=8, dtype=torch.float32)[2]
    w = torch.cat([w[:3], -w[:1] + 1e-3 * step])
    compiled = torch.compile(weights_biased_logits, fullgraph=True, backend="aot_eager")
    y = torch.zeros(3, dtype=torch.int64)
    torch.testing.assert_close(compiled(x, y, w, 1.0), weights_biased_logits(x, y, w, 1.0))
    a, b = leaves(x, x)
    compiled(a, y, w, 1.0).sum().backward()
    weights_biased_logits(b, y, w, 1.0).sum().backward()
    torch.testing.assert_close(a.grad, b.grad)


def test_compiled_code_takes_the_same_care_of_the_nearest():
    x, w = at_distance(1e-3)
    y = torch.tensor([0])
    compiled = torch.compile(weights_biased_logits, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x, y, w, 1.0), weights_biased_logits(x, y, w, 1.0))
    assert (
        compiled(x, y, w, 1.0)[0, 1].double() - oracles.biased_logits(x.double(), [0], w.double(), 1.0)[0, 1]
    ).abs() < 1e-5


def test_nearer_to_antipodal_than_the_floor_the_length_is_a_constant():
    x, w = at_distance(1e-4)
    y = torch.tensor([0])
    (v,) = leaves(w)
    logits = weights_biased_logits(x, y, v, 1.0)
    logits[0, 1].backward()
    floor = torch.finfo(torch.float32).eps ** 0.5
    (u,) = leaves(w.double())
    unit = F.normalize(u)
    expected = x.double()[0] @ (unit[0] + unit[1]) / floor
    expected.backward()
    assert logits[0, 1].item() == pytest.approx(expected.item(), rel=1e-3)
    assert (v.grad.double() - u.grad).norm() <= 1e-3 * u.grad.norm()


@pytest.mark.parametrize("dtype", [torch.float32, f64])
def test_the_antipodal_rival_at_alpha_one_has_logit_zero_and_finite_gradients(dtype):
    w = torch.tensor([[3.0, 4.0], [-3.0, -4.0]], dtype=dtype)
    x, v = leaves(torch.tensor([[1.0, 2.0], [0.0, 0.0]], dtype=dtype), w)
    logits = weights_biased_logits(x, torch.tensor([0, 1]), v, 1.0)
    torch.testing.assert_close(logits, torch.tensor([[2.2, 0.0], [0.0, 0.0]], dtype=dtype))
    F.cross_entropy(logits, torch.tensor([0, 1])).backward()
    assert x.grad.isfinite().all()
    assert v.grad.isfinite().all()


def test_beyond_alpha_one_the_antipodal_rival_is_the_own_weight_and_the_loss_is_log_two():
    w = torch.tensor([[0.6, 0.8], [-0.6, -0.8]], dtype=f64)
    x = batch(dim=2)[0]
    loss = each(weights_biased_logits(x, torch.zeros(6, dtype=torch.int64), w, 1.5), torch.zeros(6, dtype=torch.int64))
    torch.testing.assert_close(loss, torch.full((6,), math.log(2), dtype=f64))


def test_the_gradient_grows_like_one_over_the_distance_from_antipodal():
    sizes = []
    for away in (1e-1, 1e-2, 1e-3):
        w = torch.tensor([[1.0, 0.0, 0.0], [-math.cos(away), math.sin(away), 0.0]], dtype=f64).requires_grad_()
        x = torch.tensor([[0.3, 0.9, 0.5]], dtype=f64)
        F.cross_entropy(weights_biased_logits(x, torch.tensor([0]), w, 1.0), torch.tensor([0])).backward()
        sizes.append(w.grad[1].norm().item())
    assert sizes[1] / sizes[0] == pytest.approx(10, rel=0.2)
    assert sizes[2] / sizes[1] == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize("count", [3, 5, 10])
def test_simplex_rivals_stay_clear_of_the_singularity(count):
    corners = simplex(count, dtype=f64)
    lengths = [(alpha * corners[0] + corners[1]).norm() ** 2 for alpha in torch.linspace(0, 3, 301)]
    assert min(lengths) >= 1 - 1 / (count - 1) ** 2 - 1e-12
    assert (corners[0] / (count - 1) + corners[1]).norm() ** 2 == pytest.approx(1 - 1 / (count - 1) ** 2)


# --- what the literal loss does not have, and what the repairs have -------------------------------------------------


def test_the_literal_loss_has_features_that_make_every_label_cheap():
    """With independent unit weights and w_j.u = -1, x = t u costs log(1 + sum exp(-t ((1 + alpha)/n - 1)))."""
    _, _, w = batch(seed=8)
    unit = w / w.norm(dim=1, keepdim=True)
    u = torch.linalg.lstsq(unit, -torch.ones(4, 1, dtype=f64)).solution.squeeze(1)
    y = torch.arange(4)
    for alpha in (0.1, 0.5, 1.0, 1.5):
        n = (alpha * unit.unsqueeze(1) + unit).norm(dim=2)
        for t in (1.0, 10.0):
            off = torch.exp(-t * ((1 + alpha) / n - 1)).masked_fill(torch.eye(4).bool(), 0).sum(1)
            x = (t * u).expand(4, -1)
            torch.testing.assert_close(each(weights_biased_logits(x, y, w, alpha), y), off.log1p())
        assert each(weights_biased_logits((1e5 * u).expand(4, -1), y, w, alpha), y).max() < 1e-9
        for margin in ("proportional", "constant"):
            assert (
                each(guarded_biased_logits((1e5 * u).expand(4, -1), y, w, alpha, margin), y).mean()
                >= math.log(4) - 1e-9
            )
        assert each(centred_biased_logits((1e5 * u).expand(4, -1), y, w, alpha), y).max() >= math.log(2)


def test_the_literal_loss_neither_dominates_nor_carries_train_correct_over():
    theta = {"own": 0.0, "rival": 120.0, "feature": 235.0}
    own, rival, x = ([math.cos(math.radians(d)), math.sin(math.radians(d))] for d in theta.values())
    x, w, y = torch.tensor([x], dtype=f64), torch.tensor([own, rival], dtype=f64), torch.tensor([0])
    train, test = weights_biased_logits(x, y, w, 1.0), weight_normalized_logits(x, w)
    torch.testing.assert_close(train, torch.tensor([[-0.5736, -0.9962]], dtype=f64), atol=1e-4, rtol=0)
    assert train.argmax() == 0
    assert test.argmax() == 1
    assert each(train, y) < each(test, y)


@given(seed=seeds, alpha=st.floats(0.0, 3))
@settings(deadline=None, max_examples=20)
def test_where_the_own_score_is_not_negative_the_literal_claim_holds(seed, alpha):
    x, y, w = batch(seed=seed, samples=64)
    train, test = weights_biased_logits(x, y, w, alpha), weight_normalized_logits(x, w)
    claimed = (train.argmax(1) == y) & (test.gather(1, y.unsqueeze(1)).squeeze(1) >= 0)
    assert (test.argmax(1) == y)[claimed].all()


@pytest.mark.parametrize("margin", ["proportional", "constant"])
@pytest.mark.parametrize("alpha", ALPHAS)
def test_guarded_logits_are_their_formula(margin, alpha):
    x, y, w = batch(seed=6, samples=9)
    expected = torch.from_numpy(oracles.guarded_logits(x, y.tolist(), w, alpha, margin))
    for gradient in ("literal", "stopped"):
        got = guarded_biased_logits(x, y, w, alpha, margin, gradient)
        torch.testing.assert_close(got, expected, rtol=1e-7, atol=1e-7)
    assert gradcheck(lambda f, v: guarded_biased_logits(f, y, v, alpha, margin), leaves(x, w))


@pytest.mark.parametrize("margin", ["proportional", "constant"])
def test_the_stopped_guard_holds_kappa(margin):
    x, y, w = batch(seed=6)
    kappa = weight_normalized_logits(x, w)
    with torch.no_grad():
        gap = guarded_biased_logits(x, y, w, 1.0, margin) - kappa
        size = kappa.gather(1, y.unsqueeze(1)).abs() if margin == "proportional" else x.norm(dim=1, keepdim=True)
        held = gap / size

    def by_hand(f, v):
        scores = weight_normalized_logits(f, v)
        size = scores.gather(1, y.unsqueeze(1)).abs() if margin == "proportional" else f.norm(dim=1, keepdim=True)
        return scores + held * size

    grads = []
    for function in (by_hand, lambda f, v: guarded_biased_logits(f, y, v, 1.0, margin, "stopped")):
        f, v = leaves(x, w)
        F.cross_entropy(function(f, v), y).backward()
        grads.append((f.grad, v.grad))
    torch.testing.assert_close(grads[0], grads[1])


@given(seed=seeds, alpha=st.floats(0.0, 5), margin=st.sampled_from(["proportional", "constant"]), dim=st.integers(1, 6))
@settings(deadline=None, max_examples=30)
def test_guarded_logits_dominate_so_train_correct_is_test_correct_and_no_label_is_free(seed, alpha, margin, dim):
    x, y, w = batch(seed=seed, samples=32, dim=dim)
    train, test = guarded_biased_logits(x, y, w, alpha, margin), weight_normalized_logits(x, w)
    assert (each(train, y) >= each(test, y) - 1e-12).all()
    assert (test.argmax(1) == y)[train.argmax(1) == y].all()
    share = torch.rand(4, generator=torch.Generator().manual_seed(seed), dtype=f64)
    share = share / share.sum()
    free = torch.stack([each(guarded_biased_logits(x, y * 0 + c, w, alpha, margin), y * 0 + c) for c in range(4)])
    assert ((share.unsqueeze(1) * free).sum(0) >= -(share * share.log()).sum() - 1e-9).all()  # Gibbs


@given(seed=seeds, alpha=st.floats(0.01, 3))
@settings(deadline=None, max_examples=20)
def test_the_proportional_guard_has_the_boundary_of_the_paper_where_the_own_score_is_positive(seed, alpha):
    x, y, w = batch(seed=seed, samples=64)
    positive = weight_normalized_logits(x, w).gather(1, y.unsqueeze(1)).squeeze(1) > 0
    guarded = guarded_biased_logits(x, y, w, alpha).argmax(1) == y
    literal = weights_biased_logits(x, y, w, alpha).argmax(1) == y
    assert torch.equal(guarded[positive], literal[positive])


@given(seed=seeds, alpha=st.floats(0.01, 3), mix=st.floats(0, 1))
@settings(deadline=None, max_examples=20)
def test_the_guarded_losses_are_convex_in_the_feature(seed, alpha, mix):
    x, y, w = batch(seed=seed, samples=16)
    a, b = x, x.flip(0)
    for margin in ("proportional", "constant"):
        loss = [each(guarded_biased_logits(f, y, w, alpha, margin), y) for f in (a, b, mix * a + (1 - mix) * b)]
        assert (loss[2] <= mix * loss[0] + (1 - mix) * loss[1] + 1e-9).all()


@given(seed=seeds, alpha=st.floats(0.0, 5), margin=st.sampled_from(["proportional", "constant"]))
@settings(deadline=None, max_examples=20)
def test_a_feature_on_its_own_weight_is_right_under_either_guard(seed, alpha, margin):
    _, _, w = batch(seed=seed)
    assert guarded_biased_logits(w, torch.arange(4), w, alpha, margin).argmax(1).tolist() == [0, 1, 2, 3]


def test_the_proportional_guard_lacks_a_margin_where_the_own_score_is_zero_and_the_constant_one_has_it():
    w = torch.eye(3, dtype=f64)
    x = torch.tensor([[0.0, -1.0, -1.0]], dtype=f64)
    y = torch.tensor([0])
    assert torch.equal(guarded_biased_logits(x, y, w, 1.0), weight_normalized_logits(x, w))
    added = guarded_biased_logits(x, y, w, 1.0, "constant") - weight_normalized_logits(x, w)
    assert (added[0, 1:] > 0.5).all()


def equiangular(count, cosine):
    gram = torch.full((count, count), cosine, dtype=f64).fill_diagonal_(1)
    values, vectors = torch.linalg.eigh(gram)
    return vectors * values.clamp_min(0).sqrt()


def best_loss(function, cosine, count=10, scale=10.0):
    """Least loss over features of one length, for equiangular weights, found by descent from the own weight."""
    w = equiangular(count, cosine)
    (x,) = leaves(w[:1])
    optimizer = torch.optim.Adam([x], lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        loss = F.cross_entropy(function(scale * x / x.norm(), torch.tensor([0]), w), torch.tensor([0]))
        loss.backward()
        optimizer.step()
    return loss.item()


def test_at_alpha_one_the_simplex_is_not_the_optimum_of_the_literal_loss_nor_of_the_guards():
    aligned, spread = -1 / 9, 0.165
    for function in (
        lambda x, y, w: weights_biased_logits(x, y, w, 1.0),
        lambda x, y, w: guarded_biased_logits(x, y, w, 1.0),
        lambda x, y, w: guarded_biased_logits(x, y, w, 1.0, "constant"),
    ):
        assert best_loss(function, spread) < best_loss(function, aligned)
    assert best_loss(lambda x, y, w: weights_biased_logits(x, y, w, 0.4), spread) > best_loss(
        lambda x, y, w: weights_biased_logits(x, y, w, 0.4), aligned
    )


def test_the_optimum_of_the_literal_loss_on_the_sphere_is_as_derived():
    """Equiangular weights: the least loss is log(1 + (C-1) exp(-s |v|)), v = (1 - alpha/n) w_c - mean w_j / n."""
    for alpha in (0.3, 1.0, 1.5):
        for cosine in (-1 / 9, 0.0, 0.165, 0.257):
            n = math.sqrt(1 + alpha**2 + 2 * alpha * cosine)
            a, b = 1 - alpha / n, 1 / n
            v = math.sqrt(a * a + b * b * (1 + 8 * cosine) / 9 - 2 * a * b * cosine)
            expected = math.log1p(9 * math.exp(-10 * v))
            assert best_loss(lambda x, y, w, k=alpha: weights_biased_logits(x, y, w, k), cosine) == pytest.approx(
                expected, rel=1e-3
            )


@given(seed=seeds, alpha=st.floats(0.01, 5), size=st.floats(0.1, 100), dim=st.integers(2, 6))
@settings(deadline=None, max_examples=40)
def test_centred_weights_leave_each_feature_right_for_one_label_at_most(seed, alpha, size, dim):
    x, _, w = batch(seed=seed, samples=32, dim=dim)
    x = torch.cat([size * x, -size * (w - w.mean(0)), size * w])
    y = torch.zeros(len(x), dtype=torch.int64)
    free = torch.stack([each(centred_biased_logits(x, y + c, w, alpha), y + c) for c in range(4)])
    assert ((free < math.log(2) - 1e-9).sum(0) <= 1).all()


@given(seed=seeds, alpha=st.floats(0.0, 5), dim=st.integers(2, 6))
@settings(deadline=None, max_examples=40)
def test_centred_train_correct_has_a_positive_score_and_is_test_correct(seed, alpha, dim):
    x, y, w = batch(seed=seed, samples=64, dim=dim)
    x = torch.cat([x, -(w - w.mean(0))[y]])
    y = torch.cat([y, y])
    train, test = centred_biased_logits(x, y, w, alpha), weight_normalized_logits(x, w - w.mean(0))
    own = F.one_hot(y, 4).bool()
    right = (train.masked_fill(own, -math.inf).amax(1) < train[own] - 1e-9).nonzero().squeeze(1)
    assert (test[own][right] > 0).all()
    assert (test.argmax(1) == y)[right].all()


def test_centred_logits_do_not_dominate_softmax():
    x, y, w = batch(samples=64)
    gain = each(weight_normalized_logits(x, w - w.mean(0)), y) - each(centred_biased_logits(x, y, w, 1.0), y)
    assert gain.max() > 0.1


def test_centred_logits_are_those_of_the_centred_weights():
    x, y, w = batch()
    expected = torch.from_numpy(oracles.biased_logits(x, y.tolist(), w - w.mean(0), 0.5))
    torch.testing.assert_close(centred_biased_logits(x, y, w, 0.5), expected)
    assert gradcheck(lambda f, v: centred_biased_logits(f, y, v, 0.5), leaves(x, w))


# --- heads, cost, bad arguments -------------------------------------------------------------------------------------


def test_heads_are_their_functions():
    x, y, w = batch()
    centred = weight_normalized_logits(x, w - w.mean(0))
    for head, train, test in (
        (WSoftmax(5, 4, 0.7), weights_biased_logits(x, y, w, 0.7), weight_normalized_logits(x, w)),
        (GuardedWSoftmax(5, 4, 0.7), guarded_biased_logits(x, y, w, 0.7), weight_normalized_logits(x, w)),
        (CentredWSoftmax(5, 4, 0.7), centred_biased_logits(x, y, w, 0.7), centred),
    ):
        head.weight = torch.nn.Parameter(w)
        assert torch.equal(head(x, y), train)
        assert torch.equal(head(x), test)


@pytest.mark.parametrize(("samples", "classes"), [(16, 40), (40, 16)])
def test_memory_is_that_of_logits_and_weights(samples, classes):
    x, y, w = batch(samples=samples, classes=classes, dim=64, dtype=torch.float32)
    x, w = leaves(x, w)
    with elements_made() as counts:
        F.cross_entropy(weights_biased_logits(x, y, w, 1.0), y).backward()
    assert max(counts) <= (samples + min(samples, classes)) * max(classes, 64) or max(counts) <= classes * 64


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: WSoftmax(5, 4, -0.5), ValueError, "alpha must be at least 0, got -0.5"),
        (lambda: WSoftmax(5, 4, math.inf), ValueError, "alpha must be finite, got inf"),
        (lambda: WSoftmax(5, 4, "1"), TypeError, "alpha must be a number, got '1'"),
        (lambda: WSoftmax(5, 4, 1.0, gradient="half"), ValueError, "gradient must be one of .*, got 'half'"),
        (lambda: GuardedWSoftmax(5, 4, 1.0, margin="none"), ValueError, "margin must be one of .*, got 'none'"),
        (lambda: CentredWSoftmax(5, 4, -1), ValueError, "alpha must be at least 0, got -1"),
        (lambda: weights_biased_logits(*batch(), -1), ValueError, "alpha must be at least 0, got -1"),
        (lambda: guarded_biased_logits(*batch(), 1, "none"), ValueError, "margin must be one of .*, got 'none'"),
        (lambda: centred_biased_logits(*batch(), 1, "half"), ValueError, "gradient must be one of .*, got 'half'"),
    ],
)
def test_bad_arguments_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
