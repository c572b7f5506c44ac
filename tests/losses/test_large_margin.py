from __future__ import annotations

import copy
import itertools
import math
import pickle

import oracles
import pytest
import torch
import torch.nn.functional as F
from cases import BAD_BATCHES, DTYPES, HARD, HARD_NAMES, TOLERANCE, batch, elements_made, leaves
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck

from discriminative.losses import ASoftmax, Blend, LSoftmax, large_margin_logits, multiple_angle, psi

MARGINS = [1, 2, 3, 4, 5, 6, 10]
BAD_MARGINS = [(0, ValueError), (-2, ValueError), (4.7, ValueError), (2.0, ValueError), ("2", TypeError),
               (None, TypeError), (True, TypeError), (float("nan"), ValueError)]  # fmt: skip


def all_angles(margin, points=701):
    """Angles over the half circle with every breakpoint j pi / m and its neighbours on either side."""
    breaks = torch.tensor([j * math.pi / margin for j in range(margin + 1)], dtype=torch.float64)
    near = torch.cat([breaks, breaks - 1e-7, breaks + 1e-7])
    return torch.cat([torch.linspace(0, math.pi, points, dtype=torch.float64), near]).clamp(0, math.pi)


@pytest.mark.parametrize("margin", MARGINS)
def test_multiple_angle_is_the_cosine_of_the_multiple(margin):
    theta = all_angles(margin)
    expected = torch.tensor([math.cos(margin * t) for t in theta.tolist()], dtype=torch.float64)
    torch.testing.assert_close(multiple_angle(theta.cos(), margin), expected, rtol=0, atol=1e-13 * margin**2)


@pytest.mark.parametrize("margin", MARGINS)
def test_multiple_angle_is_the_printed_sum(margin):
    cosine = torch.linspace(-1, 1, 41, dtype=torch.float64)
    expected = [
        math.fsum((-1) ** n * math.comb(margin, 2 * n) * c ** (margin - 2 * n) * (1 - c * c) ** n
                  for n in range(margin // 2 + 1)) for c in cosine.tolist()
    ]  # fmt: skip
    torch.testing.assert_close(
        multiple_angle(cosine, margin), torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_psi_is_the_printed_function_of_the_angle(margin, dtype):
    theta = all_angles(margin)
    expected = torch.tensor([oracles.psi(t, margin) for t in theta.tolist()], dtype=torch.float64)
    # near 0 and pi an angle of 1e-7 is lost in the cosine: psi moves by m^2 eps at most
    atol = 4 * margin**2 * torch.finfo(dtype).eps
    torch.testing.assert_close(psi(theta.cos().to(dtype), margin).double(), expected, rtol=0, atol=atol)


@pytest.mark.parametrize("margin", MARGINS)
def test_slope_of_psi_is_the_sine_quotient_in_every_interval(margin):
    inside = [(k + part) * math.pi / margin for k in range(margin) for part in (0.1, 0.37, 0.5, 0.81, 0.95)]
    theta = torch.tensor(inside, dtype=torch.float64)
    cosine = theta.cos().requires_grad_()
    (got,) = torch.autograd.grad(psi(cosine, margin).sum(), cosine)
    k = [min(int(t * margin / math.pi), margin - 1) for t in inside]
    expected = [(-1) ** j * margin * math.sin(margin * t) / math.sin(t) for j, t in zip(k, inside, strict=True)]
    torch.testing.assert_close(got, torch.tensor(expected, dtype=torch.float64), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("margin", MARGINS)
def test_psi_falls_from_one_to_one_minus_two_m_and_stays_below_the_cosine(margin):
    theta = torch.linspace(0, math.pi, 5001, dtype=torch.float64)
    value = psi(theta.cos(), margin)
    assert (value.diff() <= 1e-12).all()
    assert (value <= theta.cos() + 1e-12).all()
    assert value[0].item() == pytest.approx(1, abs=1e-12)
    assert value[-1].item() == pytest.approx(1 - 2 * margin, abs=1e-12)


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("past", [1.0 + 1e-6, -1.0 - 1e-6])
def test_a_cosine_rounded_past_one_counts_as_one(margin, past):
    cosine, one = torch.tensor([past]), torch.tensor([past]).clamp(-1, 1)
    assert torch.equal(multiple_angle(cosine, margin), multiple_angle(one, margin))
    assert torch.equal(psi(cosine, margin), psi(one, margin))


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("blend", [0.0, 5.0])
def test_logits_are_the_printed_equation(margin, blend):
    x, y, w = batch(seed=margin, samples=12)
    expected = torch.from_numpy(oracles.large_margin_logits(x, y, w, margin, blend))
    torch.testing.assert_close(large_margin_logits(x, y, w, margin, blend), expected, **TOLERANCE[x.dtype])


@pytest.mark.parametrize(("feature_type", "weight_type"), DTYPES, ids=str)
def test_precision(feature_type, weight_type):
    x, y, w = batch()
    x, w = x.to(feature_type), w.to(weight_type)
    got = large_margin_logits(x, y, w, 4)
    assert got.dtype == torch.promote_types(torch.promote_types(feature_type, weight_type), torch.float32)
    expected = torch.from_numpy(oracles.large_margin_logits(x.double(), y, w.double(), 4))
    torch.testing.assert_close(got.double(), expected, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("blend", [0.0, 0.7])
def test_gradient(margin, blend):
    for seed in range(3):
        x, y, w = batch(seed=seed)
        x, w = leaves(x, w)
        assert gradcheck(lambda f, v, y=y: large_margin_logits(f, y, v, margin, blend), (x, w))


@pytest.mark.parametrize("margin", MARGINS)
def test_gradient_in_every_interval_of_the_angle(margin):
    w = torch.tensor([[2.0, 0.0], [-0.5, 1.0]], dtype=torch.float64)
    theta = torch.tensor([(k + part) * math.pi / margin for k in range(margin) for part in (0.2, 0.5, 0.9)])
    x = 1.7 * torch.stack([theta.cos(), theta.sin()], 1).double()
    y = torch.zeros(len(x), dtype=torch.int64)
    assert gradcheck(lambda f, v: large_margin_logits(f, y, v, margin), leaves(x, w))


def test_gradient_is_that_of_the_oracle():
    x, y, w = batch(seed=5)
    x, w = leaves(x, w)
    F.cross_entropy(large_margin_logits(x, y, w, 3, blend=2.0), y).backward()

    def loss(features, weight):
        return oracles.cross_entropy(oracles.large_margin_logits(features, y, weight, 3, 2.0), y.tolist())

    by_x = oracles.gradient(lambda moved: loss(moved, w.detach()), x.detach())
    by_w = oracles.gradient(lambda moved: loss(x.detach(), moved), w.detach())
    torch.testing.assert_close(x.grad, torch.from_numpy(by_x), rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(w.grad, torch.from_numpy(by_w), rtol=1e-6, atol=1e-8)


def test_printed_gradients_for_margin_two():
    """Thesis, Eqs 2.12 and 2.13: f = (-1)^k 2 u^2 / (|W| |x|) - (2k + (-1)^k) |W| |x| with u = W.x."""
    for seed in range(10):
        x, y, w = batch(seed=seed, samples=1)
        x, w = leaves(x, w)
        large_margin_logits(x, y, w, 2)[0, y[0]].backward()
        f, v = x.detach()[0].tolist(), w.detach()[y[0]].tolist()
        u, n, t = oracles.dot(f, v), oracles.norm(f), oracles.norm(v)
        k = int(u / (n * t) <= math.cos(math.pi / 2))
        sign, turn = (-1) ** k, 2 * k + (-1) ** k
        by_x = [sign * (4 * u * b / (t * n) - 2 * u * u * a / (t * n**3)) - turn * t * a / n
                for a, b in zip(f, v, strict=True)]  # fmt: skip
        by_w = [sign * (4 * u * a / (t * n) - 2 * u * u * b / (n * t**3)) - turn * n * b / t
                for a, b in zip(f, v, strict=True)]  # fmt: skip
        torch.testing.assert_close(x.grad[0], torch.tensor(by_x, dtype=torch.float64), rtol=1e-10, atol=1e-10)
        torch.testing.assert_close(w.grad[y[0]], torch.tensor(by_w, dtype=torch.float64), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_margin_one_and_endless_blend_are_softmax(dtype):
    x, y, w = batch(dtype=dtype)
    for margin, blend in ((1, 0.0), (4, 1e12)):
        a, b = leaves(x, w)
        F.cross_entropy(large_margin_logits(a, y, b, margin, blend), y).backward()
        c, d = leaves(x, w)
        F.cross_entropy(F.linear(c, d), y).backward()
        tolerance = 1e-10 if dtype == torch.float64 else 1e-6
        torch.testing.assert_close(a.grad, c.grad, rtol=tolerance, atol=tolerance)
        torch.testing.assert_close(b.grad, d.grad, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64], ids=str)
@pytest.mark.parametrize("name", HARD_NAMES)
@pytest.mark.parametrize("margin", [1, 2, 4])
def test_hard_inputs_are_finite(name, margin, dtype):
    x, y, w = (t.to(dtype) if t.is_floating_point() else t for t in HARD[name])
    x, w = leaves(x, w)
    logits = large_margin_logits(x, y, w, margin)
    assert logits.shape == (len(x), len(w))
    assert logits.isfinite().all()
    (logits.sin().sum() + logits.sum()).backward()
    assert x.grad.isfinite().all()
    assert w.grad.isfinite().all()


def test_a_zero_feature_has_logits_zero_and_still_learns():
    _, y, w = batch()
    x = torch.zeros(6, 5, dtype=torch.float64, requires_grad=True)
    logits = large_margin_logits(x, y, w, 4)
    assert not logits.any()
    F.cross_entropy(logits, y).backward()
    assert (x.grad.norm(dim=1) > 1e-3).all()


def test_float16_features_of_65504_do_not_overflow():
    x = torch.full((2, 3), 65504.0, dtype=torch.float16, requires_grad=True)
    w = torch.full((2, 3), 65504.0, dtype=torch.float16)
    logits = large_margin_logits(x, torch.tensor([0, 1]), w, 4)
    assert logits.dtype == torch.float32
    assert logits.isfinite().all()


@given(seed=st.integers(0, 10**6), margin=st.sampled_from(MARGINS), scale=st.floats(0.1, 10))
@settings(deadline=None, max_examples=15)
def test_rotations_permutations_and_scale(seed, margin, scale):
    x, y, w = batch(seed=seed)
    logits = large_margin_logits(x, y, w, margin)
    rotation = torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(seed)).double())[0]
    torch.testing.assert_close(large_margin_logits(x @ rotation, y, w @ rotation, margin), logits)
    order = torch.randperm(4, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(large_margin_logits(x, order.argsort()[y], w[order], margin), logits[:, order])
    torch.testing.assert_close(large_margin_logits(scale * x, y, w, margin), scale * logits)


@given(seed=st.integers(0, 10**6), margin=st.sampled_from(MARGINS), blend=st.sampled_from([0.0, 0.1, 5.0]))
@settings(deadline=None, max_examples=15)
def test_it_dominates_softmax_so_train_correct_is_test_correct(seed, margin, blend):
    x, y, w = batch(seed=seed, samples=32)
    train, test = large_margin_logits(x, y, w, margin, blend), F.linear(x, w)
    loss, plain = (F.cross_entropy(z, y, reduction="none") for z in (train, test))
    assert (loss >= plain - 1e-12).all()
    assert (test.argmax(1) == y)[train.argmax(1) == y].all()


def test_nothing_of_batch_times_classes_times_width_is_made():
    x, y, w = batch(samples=16, classes=32, dim=64, dtype=torch.float32)
    x, w = leaves(x, w)
    with elements_made() as counts:
        F.cross_entropy(large_margin_logits(x, y, w, 4), y).backward()
    assert 0 < max(counts) <= 32 * 64  # the largest is the gradient of the weight


def head_with(weight, **arguments):
    head = LSoftmax(weight.shape[1], weight.shape[0], **arguments)
    head.weight = torch.nn.Parameter(weight.clone())
    return head


def test_test_scores_are_plain_inner_products():
    x, _, w = batch()
    assert torch.equal(head_with(w, margin=4)(x), x @ w.T)


def test_head_uses_the_lambda_of_its_blend_and_never_moves_it():
    x, y, w = batch()
    blend = Blend(floor=1.0, total_steps=100, start=10.0)
    head = head_with(w, margin=4, blend=blend)
    for _ in range(3):
        torch.testing.assert_close(head(x, y), large_margin_logits(x, y, w, 4, 10.0))
        head(x)
    blend.step()
    torch.testing.assert_close(head(x, y), large_margin_logits(x, y, w, 4, blend.at(1)), rtol=1e-6, atol=1e-6)


def test_blend_falls_geometrically_to_its_floor_and_stays():
    blend = Blend(floor=5.0, total_steps=100, start=1000.0, reached=0.4)
    values = [blend.at(step) for step in range(101)]
    assert values[0] == 1000.0
    assert values[20] == pytest.approx(math.sqrt(5 * 1000))
    assert values[39] == pytest.approx(1000 * (5 / 1000) ** (39 / 40))
    assert values[40:] == [5.0] * 61
    assert all(a > b for a, b in itertools.pairwise(values[:41]))


def test_lambda_stays_finite_in_half_precision_and_exact_in_double():
    blend = Blend(floor=1.0, total_steps=10, start=1e5)
    blend.step()
    half, double = copy.deepcopy(blend).half(), copy.deepcopy(blend).double()
    assert half.value.dtype == torch.float32
    assert torch.equal(half.value, blend.value)
    assert double.value.item() == blend.at(1)
    assert dict(blend.state_dict()).keys() == dict(half.state_dict()).keys()


def test_blend_survives_a_state_dict_of_tensors():
    blend, other = Blend(floor=1.0, total_steps=50), Blend(floor=1.0, total_steps=50)
    for _ in range(7):
        blend.step()
    state = blend.state_dict()
    assert {name: tensor.dtype for name, tensor in state.items()} == {
        "steps_done": torch.int64,
        "run_steps": torch.int64,
    }
    other.load_state_dict(state)
    assert other.steps == 7
    assert torch.equal(other.value, blend.value)


def test_a_checkpoint_of_version_0_1_is_read():
    """Its blend was a dict under ``_extra_state``, alone or below a head."""
    blend, head = Blend(floor=1.0, total_steps=50), LSoftmax(5, 4, margin=2, blend=Blend(floor=1.0, total_steps=50))
    blend.load_state_dict({"_extra_state": {"steps": 7}})
    head.load_state_dict({"weight": torch.zeros(4, 5), "blend._extra_state": {"steps": 7}})
    assert blend.steps == head.blend.steps == 7
    assert blend.value.item() == pytest.approx(blend.at(7))


def test_a_run_of_another_length_does_not_resume():
    """Lambda would jump: at 40 of 40 steps it is 5, at 40 of 1,000 it is 590."""
    done = LSoftmax(5, 4, margin=2, blend=Blend(floor=5.0, total_steps=40))
    longer = LSoftmax(5, 4, margin=2, blend=Blend(floor=5.0, total_steps=1000))
    with pytest.raises(RuntimeError, match="total_steps must be 40, as in the checkpoint, got 1000"):
        longer.load_state_dict(done.state_dict())
    assert longer.blend.steps == 0


def test_lambda_on_the_device_is_lambda_at_every_step():
    for floor, start, reached in ((5.0, 1000.0, 0.4), (0.1, 1000.0, 0.7), (1.0, 1.0, 1.0)):
        blend = Blend(floor, 237, start, reached)
        for step in range(238):
            assert blend.steps == step
            assert blend.value.item() == torch.tensor(blend.at(step)).item()
            blend.step()


def test_an_average_that_copies_every_entry_of_the_state_stands_at_the_models_lambda():
    head = LSoftmax(5, 4, margin=2, blend=Blend(floor=5.0, total_steps=40))
    by_hand = copy.deepcopy(head)
    averaged = torch.optim.swa_utils.AveragedModel(head)
    with_buffers = torch.optim.swa_utils.AveragedModel(head, use_buffers=True)
    for _ in range(40):
        head.blend.step()
        for mean, now in zip(by_hand.state_dict().values(), head.state_dict().values(), strict=True):
            mean.copy_(mean.lerp(now, 0.1) if mean.is_floating_point() else now)
        averaged.update_parameters(head)
        with_buffers.update_parameters(head)
        assert by_hand.blend.value.item() == averaged.module.blend.value.item() == head.blend.value.item()
    assert head.blend.value.item() == 5.0
    late = with_buffers.module.blend  # torch averages the step count, as it does BatchNorm's: lambda is that of a step
    assert late.steps_done.dtype == torch.int64
    assert late.value.item() == torch.tensor(late.at(late.steps)).item()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"floor": 0.0, "total_steps": 10}, ValueError, "floor must be greater than 0, got 0.0"),
        ({"floor": 5.0, "total_steps": 0}, ValueError, "total_steps must be an integer >= 1, got 0"),
        ({"floor": 5.0, "total_steps": 9, "start": 1.0}, ValueError, "start must be at least 5, got 1.0"),
        ({"floor": 5.0, "total_steps": 9, "reached": 1.5}, ValueError, "reached must be at most 1, got 1.5"),
        ({"floor": 5.0, "total_steps": 9, "reached": 0}, ValueError, "reached must be greater than 0, got 0"),
        ({"floor": "5", "total_steps": 9}, TypeError, "floor must be a number, got '5'"),
        ({"floor": float("inf"), "total_steps": 9}, ValueError, "floor must be finite, got inf"),
    ],
)
def test_bad_blends_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        Blend(**arguments)


@pytest.mark.parametrize(("margin", "error"), BAD_MARGINS)
def test_bad_margins_are_named(margin, error):
    x, y, w = batch()
    for call in (
        lambda: large_margin_logits(x, y, w, margin),
        lambda: psi(x, margin),
        lambda: multiple_angle(x, margin),
        lambda: LSoftmax(5, 4, margin),
    ):
        with pytest.raises(error, match="margin must be an integer >= 1, got"):
            call()


@pytest.mark.parametrize("function", [psi, multiple_angle])
def test_a_cosine_that_is_no_floating_tensor_is_named(function):
    with pytest.raises(TypeError, match="cosine must be a tensor, got float"):
        function(0.5, 2)
    with pytest.raises(ValueError, match=r"cosine must be floating point, got torch\.int64"):
        function(torch.tensor([1]), 2)


@pytest.mark.parametrize(
    ("blend", "error"),
    [(-1.0, ValueError), ("x", TypeError), (float("nan"), ValueError), (torch.ones(6), ValueError)],
)
def test_bad_lambdas_are_named(blend, error):
    with pytest.raises(error, match="blend must be"):
        large_margin_logits(*batch(), 2, blend)


@pytest.mark.parametrize("head", [LSoftmax, ASoftmax])
def test_a_head_takes_its_lambda_from_a_blend_only(head):
    with pytest.raises(TypeError, match=r"blend must be a Blend or None, got 5\.0"):
        head(8, 3, 4, blend=5.0)


@pytest.mark.parametrize(("message", "spoil", "error"), BAD_BATCHES)
def test_bad_batches_are_named(message, spoil, error):
    with pytest.raises(error, match=message):
        large_margin_logits(*spoil(*batch()), 2)


def test_it_survives_copies_pickles_and_state_dicts():
    x, y, _ = batch(dtype=torch.float32)
    head = LSoftmax(5, 4, margin=3, blend=Blend(floor=1.0, total_steps=10))
    head.blend.step()
    restored = LSoftmax(5, 4, margin=3, blend=Blend(floor=1.0, total_steps=10))
    restored.load_state_dict(head.state_dict())
    for other in (copy.deepcopy(head), pickle.loads(pickle.dumps(head)), restored):
        assert torch.equal(other(x, y), head(x, y))


def test_autocast_changes_nothing():
    x, y, w = batch(dtype=torch.float32)
    head = head_with(w, margin=4)
    with torch.autocast("cpu", torch.bfloat16):
        inside = head(x, y)
    assert torch.equal(inside, head(x, y))
    assert head.weight.dtype == torch.float32


def test_it_compiles_without_a_break():
    x, y, w = batch(dtype=torch.float32)
    head = head_with(w, margin=4, blend=Blend(floor=1.0, total_steps=10, start=2.0))
    compiled = torch.compile(head, fullgraph=True, backend="aot_eager")
    a, b = leaves(x, x)
    F.cross_entropy(compiled(a, y), y).backward()
    F.cross_entropy(head(b, y), y).backward()
    torch.testing.assert_close(a.grad, b.grad)
