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
    ArcFace,
    ASoftmax,
    Blend,
    CosFace,
    GuardedArcFace,
    additive_angle_logits,
    additive_margin_logits,
    angular_margin_logits,
    sphere_normalized_logits,
    weight_normalized_logits,
)

MARGINS = [1, 2, 3, 4, 5, 6, 10]


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("blend", [0.0, 5.0])
def test_a_softmax_is_the_printed_equation(margin, blend):
    x, y, w = batch(seed=margin, samples=12)

    def target(theta):
        return (blend * math.cos(theta) + oracles.psi(theta, margin)) / (1 + blend)

    for scale in (None, 6.0):
        expected = oracles.sphere_logits(x, y.tolist(), w, 1.0, target)
        expected *= [[scale or oracles.norm(row)] for row in x.tolist()]
        got = angular_margin_logits(x, y, w, margin, scale, blend)
        torch.testing.assert_close(got, torch.from_numpy(expected), **TOLERANCE[x.dtype])


@pytest.mark.parametrize("margin", [0.0, 0.2, 0.35, 1.5])
def test_cosface_is_the_printed_equation(margin):
    x, y, w = batch(samples=12)
    expected = oracles.sphere_logits(x, y.tolist(), w, 8.0, lambda theta: math.cos(theta) - margin)
    torch.testing.assert_close(
        additive_margin_logits(x, y, w, margin, 8.0), torch.from_numpy(expected), **TOLERANCE[x.dtype]
    )


@pytest.mark.parametrize("margin", [0.0, 0.3, 0.5, 2.0])
def test_arcface_is_the_printed_equation_at_every_angle(margin):
    theta = torch.linspace(0, math.pi, 101, dtype=torch.float64)
    x = 3 * torch.stack([theta.cos(), theta.sin()], 1)
    y, w = torch.zeros(101, dtype=torch.int64), torch.tensor([[2.0, 0.0], [-1.0, 1.0]], dtype=torch.float64)
    expected = torch.from_numpy(oracles.sphere_logits(x, y.tolist(), w, 8.0, lambda t: math.cos(t + margin)))
    torch.testing.assert_close(additive_angle_logits(x, y, w, margin, 8.0), expected, **TOLERANCE[x.dtype])
    single = additive_angle_logits(x.float(), y, w.float(), margin, 8.0)
    torch.testing.assert_close(single.double(), expected, rtol=0, atol=8 * 2e-6)


@pytest.mark.parametrize("margin", MARGINS)
def test_gradient_of_a_softmax_in_every_interval(margin):
    w = torch.tensor([[2.0, 0.0], [-0.5, 1.0]], dtype=torch.float64)
    theta = torch.tensor([(k + part) * math.pi / margin for k in range(margin) for part in (0.2, 0.5, 0.9)])
    x = 1.7 * torch.stack([theta.cos(), theta.sin()], 1).double()
    y = torch.zeros(len(x), dtype=torch.int64)
    for scale in (None, 2.0):
        assert gradcheck(lambda f, v, s=scale: angular_margin_logits(f, y, v, margin, s), leaves(x, w))


@pytest.mark.parametrize("seed", range(4))
def test_gradients(seed):
    x, y, w = batch(seed=seed)
    for function in (
        lambda f, v: angular_margin_logits(f, y, v, 3, None, 0.7),
        lambda f, v: angular_margin_logits(f, y, v, 4, 5.0, 0.7),
        lambda f, v: additive_margin_logits(f, y, v, 0.35, 4.0),
        lambda f, v: additive_angle_logits(f, y, v, 0.5, 4.0),
    ):
        assert gradcheck(function, leaves(x, w))


def test_where_a_vector_is_zero_the_angle_is_ninety_degrees():
    one, zero = torch.tensor([[0.6, 0.8]]), torch.zeros(1, 2)
    y = torch.tensor([0])
    for x, w in ((one, zero), (zero, one), (zero, zero)):
        assert additive_angle_logits(x, y, w, 0.5, 2.0).item() == pytest.approx(-2 * math.sin(0.5), rel=1e-6)
        assert additive_margin_logits(x, y, w, 0.25, 2.0).item() == pytest.approx(-0.5)
        assert angular_margin_logits(x, y, w, 2, 2.0).item() == pytest.approx(-2.0)


@pytest.mark.parametrize("classes", [3, 600, 2100])
def test_many_classes_have_the_gradients_of_the_plain_formula(classes):
    """The gradient of the weights is made in parts and, beyond D classes, bent row by row."""
    x, y, w = batch(seed=1, samples=9, classes=classes, dim=4)
    rows = torch.arange(9)

    def plain(f, v):
        cosine = F.normalize(f) @ F.normalize(v).T
        target = (cosine[rows, y].acos() + 0.5).cos()
        return 4 * cosine.index_put((rows, y), target)

    grads = []
    for function in (plain, lambda f, v: additive_angle_logits(f, y, v, 0.5, 4.0)):
        f, v = leaves(x, w)
        F.cross_entropy(function(f, v), y).backward()
        grads.append((f.grad, v.grad))
    torch.testing.assert_close(grads[0], grads[1])


def test_gradient_of_arcface_is_right_on_both_sides_of_the_kinks():
    """The slope is that of s cos(theta + m) down to a thousandth of a radian from 0 and from pi."""
    for start in (0.0, math.pi):
        for away in (1e-3, 0.3):
            theta = torch.tensor([start + away if start == 0 else start - away], dtype=torch.float64)
            x = torch.stack([theta.cos(), theta.sin()], 1).requires_grad_()
            w = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
            additive_angle_logits(x, torch.tensor([0]), w, 0.5, 2.0)[0, 0].backward()
            tangent = torch.tensor([-math.sin(theta), math.cos(theta)], dtype=torch.float64)
            assert (x.grad[0] @ tangent).item() == pytest.approx(-2 * math.sin(theta.item() + 0.5), rel=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_gradient_of_arcface_on_its_weight_stays_below_the_slope(dtype):
    _, y, w = batch(seed=1, samples=64, dtype=dtype)
    for sign in (1, -1):
        x, v = leaves(sign * w[y] * 3, w)
        additive_angle_logits(x, y, v, 0.5, 1.0).gather(1, y.unsqueeze(1)).sum().backward()
        assert (x.grad.norm(dim=1) * x.detach().norm(dim=1) <= 1.01).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_margin_is_the_normalized_softmax(dtype):
    x, y, w = batch(dtype=dtype)
    plain = {None: weight_normalized_logits(x, w), 6.0: sphere_normalized_logits(x, w, 6.0)}
    for scale, expected in plain.items():
        torch.testing.assert_close(angular_margin_logits(x, y, w, 1, scale), expected)
        torch.testing.assert_close(angular_margin_logits(x, y, w, 4, scale, blend=1e9), expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(additive_margin_logits(x, y, w, 0, 6.0), plain[6.0])
    torch.testing.assert_close(additive_angle_logits(x, y, w, 0, 6.0), plain[6.0])


@given(seed=st.integers(0, 10**6), margin=st.sampled_from(MARGINS), size=st.floats(0.1, 10))
@settings(deadline=None, max_examples=15)
def test_a_and_cos_dominate_their_normalized_softmax_so_train_correct_is_test_correct(seed, margin, size):
    x, y, w = batch(seed=seed, samples=32)
    pairs = [
        (angular_margin_logits(size * x, y, w, margin), weight_normalized_logits(size * x, w)),
        (angular_margin_logits(x, y, w, margin, size), sphere_normalized_logits(x, w, size)),
        (additive_margin_logits(x, y, w, margin / 10, size), sphere_normalized_logits(x, w, size)),
    ]
    for train, test in pairs:
        assert (F.cross_entropy(train, y, reduction="none") >= F.cross_entropy(test, y, reduction="none") - 1e-12).all()
        assert (test.argmax(1) == y)[train.argmax(1) == y].all()


def test_arcface_does_not_dominate_beyond_pi_less_half_the_margin():
    theta = torch.tensor([math.pi - 0.2, math.pi - 0.3], dtype=torch.float64)  # either side of pi - 0.25
    x = torch.stack([theta.cos(), theta.sin()], 1)
    y, w = torch.tensor([0, 0]), torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    lowered = additive_angle_logits(x, y, w, 0.5, 1.0) - sphere_normalized_logits(x, w, 1.0)
    assert lowered[0, 0] > 1e-3
    assert lowered[1, 0] < -1e-3


def angles_to_the_own_weight(dtype=torch.float64, steps=2001):
    theta = torch.linspace(0, math.pi, steps, dtype=torch.float64)
    x = torch.stack([theta.cos(), theta.sin()], 1).to(dtype)
    return theta, x, torch.zeros(steps, dtype=torch.int64), torch.tensor([[1.0, 0.0], [-0.6, 0.8]], dtype=dtype)


@pytest.mark.parametrize("margin", [0.0, 0.1, 0.5, 1.0, math.pi / 2, 2.0, 3.1])
def test_the_guarded_target_is_continuous_falls_and_dominates(margin):
    """What the docstring of ``additive_angle_logits`` proves."""
    theta, x, y, w = angles_to_the_own_weight()
    value = additive_angle_logits(x, y, w, margin, 1.0, guard=True)[:, 0]
    literal = additive_angle_logits(x, y, w, margin, 1.0)[:, 0]
    before = theta < math.pi - margin - 1e-9
    assert torch.equal(value[before], literal[before])
    torch.testing.assert_close(value[~before], theta[~before].cos() - 1 + math.cos(margin))
    assert (value.diff() <= 1e-12).all()
    assert value.diff().abs().max() <= math.pi / 2000 * 1.0001  # no jump: no slope passes 1
    assert (value <= theta.cos() + 1e-12).all()
    assert literal.diff().max() > 1e-4 or margin == 0


@pytest.mark.parametrize("margin", [0.3, 0.5, 2.0])
def test_the_kink_of_the_guard_is_at_minus_one_from_both_sides(margin):
    for away in (-1e-7, 0.0, 1e-7):
        angle = torch.tensor(math.pi - margin + away, dtype=torch.float64)
        x = torch.stack([angle.cos(), angle.sin()]).unsqueeze(0)
        value = additive_angle_logits(x, torch.tensor([0]), torch.eye(2).double(), margin, 1.0, guard=True)[0, 0]
        assert value.item() == pytest.approx(-1, abs=1e-6)


@given(seed=st.integers(0, 10**6), margin=st.floats(0, 3.14), size=st.floats(0.1, 10))
@settings(deadline=None, max_examples=15)
def test_guarded_arcface_dominates_so_train_correct_is_test_correct(seed, margin, size):
    x, y, w = batch(seed=seed, samples=32)
    train, test = additive_angle_logits(x, y, w, margin, size, guard=True), sphere_normalized_logits(x, w, size)
    assert (F.cross_entropy(train, y, reduction="none") >= F.cross_entropy(test, y, reduction="none") - 1e-12).all()
    assert (test.argmax(1) == y)[train.argmax(1) == y].all()


@pytest.mark.parametrize("angle", [0.4, 2.0, math.pi - 0.51, math.pi - 0.49, 3.0])
def test_gradient_of_the_guard_on_both_sides(angle):
    x = torch.tensor([[math.cos(angle), math.sin(angle)]], dtype=torch.float64)
    w = torch.tensor([[2.0, 0.0], [0.3, 1.0]], dtype=torch.float64)
    y = torch.tensor([0])
    assert gradcheck(lambda f, v: additive_angle_logits(f, y, v, 0.5, 4.0, guard=True), leaves(x, w))


def test_opposite_features_pay_under_the_guard_and_are_turned_home():
    _, _, y, w = angles_to_the_own_weight(steps=9)
    for guard in (True, False):
        (x,) = leaves(torch.tensor([[-1.0, 1e-2]]).double().expand(9, 2))
        logits = additive_angle_logits(x, y, w, 0.5, 64.0, guard=guard)
        assert (logits[0, 0].item() < -64) == guard
        logits[:, 0].sum().backward()
        assert (x.grad[:, 1] > 0).all() == guard  # the target rises as the feature turns towards the weight


@pytest.mark.parametrize("head", [CosFace, ArcFace, GuardedArcFace])
def test_margins_by_class_and_by_sample_are_those_of_each_sample_alone(head):
    x, y, w = batch(seed=3, samples=9)
    margins = torch.tensor([0.0, 0.2, 0.7, 1.5], dtype=torch.float64)
    made = head(5, 4, margin=margins, scale=8.0)
    made.weight = torch.nn.Parameter(w)
    got = made(x, y)
    assert torch.equal(made.logits(x, y, margins[y]), got)
    for i in range(9):
        one = head(5, 4, margin=float(margins[y[i]]), scale=8.0)
        one.weight = torch.nn.Parameter(w)
        torch.testing.assert_close(got[i : i + 1], one(x[i : i + 1], y[i : i + 1]))
    assert gradcheck(lambda f: made(f, y), leaves(x))
    assert "margin" in made.state_dict()


def test_the_label_free_value_of_arcface_is_as_derived():
    """A feature opposite to every weight pays log(1 + (C-1) exp(-s (1 - cos m))) whatever its label."""
    w = torch.eye(2, dtype=torch.float64)[:1].expand(10, 2).contiguous()
    x = -w
    for scale, expected in ((16.0, 0.82), (64.0, 0.0036)):
        loss = F.cross_entropy(additive_angle_logits(x, torch.arange(10), w, 0.5, scale), torch.arange(10)).item()
        assert loss == pytest.approx(math.log1p(9 * math.exp(-scale * (1 - math.cos(0.5)))), rel=1e-9)
        assert loss == pytest.approx(expected, rel=0.02)  # as it is quoted, to two digits


def test_heads_are_their_functions():
    x, y, w = batch()
    for head, train, test in (
        (ASoftmax(5, 4, margin=3), angular_margin_logits(x, y, w, 3), weight_normalized_logits(x, w)),
        (ASoftmax(5, 4, 3, scale=2.0), angular_margin_logits(x, y, w, 3, 2.0), sphere_normalized_logits(x, w, 2.0)),
        (CosFace(5, 4, 0.3, 2.0), additive_margin_logits(x, y, w, 0.3, 2.0), sphere_normalized_logits(x, w, 2.0)),
        (ArcFace(5, 4, 0.3, 2.0), additive_angle_logits(x, y, w, 0.3, 2.0), sphere_normalized_logits(x, w, 2.0)),
    ):
        head.weight = torch.nn.Parameter(w)
        assert torch.equal(head(x, y), train)
        assert torch.equal(head(x), test)
    blended = ASoftmax(5, 4, margin=3, blend=Blend(floor=1.0, total_steps=10, start=4.0))
    blended.weight = torch.nn.Parameter(w)
    torch.testing.assert_close(blended(x, y), angular_margin_logits(x, y, w, 3, blend=4.0))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ASoftmax(5, 4, 2.5), ValueError, "margin must be an integer >= 1, got 2.5"),
        (lambda: ASoftmax(5, 4, 0), ValueError, "margin must be an integer >= 1, got 0"),
        (lambda: ASoftmax(5, 4, 2, scale=0), ValueError, "scale must be greater than 0, got 0"),
        (lambda: CosFace(5, 4, -0.1, 8), ValueError, "margin must be at least 0, got -0.1"),
        (lambda: CosFace(5, 4, 2.5, 8), ValueError, "margin must be below 2, got 2.5: it is taken from a cosine"),
        (lambda: additive_margin_logits(*batch(), 2, 8), ValueError, "margin must be below 2, got 2:"),
        (lambda: ArcFace(5, 4, 28.6, 8), ValueError, r"below pi radians, got 28\.6; .* pass math\.radians\(28\.6\)"),
        (lambda: GuardedArcFace(5, 4, 28.6, 8), ValueError, "below pi radians"),
        (lambda: additive_angle_logits(*batch(), 28.6, 8), ValueError, "below pi radians"),
        (lambda: ArcFace(5, 4, torch.tensor([0.1, 0.2, 0.3, 28.6]), 8), ValueError, r"below pi radians, got 28\.6"),
        (lambda: ArcFace(5, 4, torch.tensor([0.1, -0.2, 0.3, 0.4]), 8), ValueError, "margin must be at least 0, got"),
        (lambda: CosFace(5, 4, torch.ones(3), 8), ValueError, r"margin must be a number or \[4\], .* shape \(3,\)"),
        (lambda: CosFace(5, 4, torch.ones(4).long(), 8), ValueError, "margin must be floating point"),
        (lambda: additive_angle_logits(*batch(), torch.ones(5), 8), ValueError, r"margin must be a number or \[6\]"),
        (lambda: CosFace(5, 4, "a", 8), TypeError, "margin must be a number, got 'a'"),
        (lambda: ArcFace(5, 4, 0.5, -8), ValueError, "scale must be greater than 0, got -8"),
        (lambda: ArcFace(5, 4, math.nan, 8), ValueError, "margin must be finite, got nan"),
        (lambda: angular_margin_logits(*batch(), 2, blend=-1), ValueError, "blend must be at least 0, got -1"),
        (lambda: angular_margin_logits(*batch(), 2, blend=torch.ones(6)), ValueError, r"blend must be .* shape \(6,\)"),
        (lambda: angular_margin_logits(*batch(), 2, scale=-1), ValueError, "scale must be greater than 0, got -1"),
        (lambda: additive_margin_logits(*batch(), 0.1, 0), ValueError, "scale must be greater than 0, got 0"),
        (lambda: additive_angle_logits(*batch(), -1, 8), ValueError, "margin must be at least 0, got -1"),
    ],
)
def test_bad_arguments_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
