"""What every head promises, whatever its loss."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
import torch.nn.functional as F
from cases import BAD_BATCHES, DTYPES, HARD, HARD_NAMES, batch, elements_made, leaves

from discriminative import losses

HEADS = {
    "Softmax": lambda d, c: losses.Softmax(d, c),
    "Softmax with bias": lambda d, c: losses.Softmax(d, c, bias=True),
    "WeightNormalizedSoftmax": losses.WeightNormalizedSoftmax,
    "NormFace": lambda d, c: losses.NormFace(d, c, scale=16.0),
    "COCO": lambda d, c: losses.COCO(d, c, scale=16.0, learn_scale=True),
    "L2ConstrainedSoftmax": lambda d, c: losses.L2ConstrainedSoftmax(d, c, scale=16.0),
    "LSoftmax": lambda d, c: losses.LSoftmax(d, c, margin=4),
    "LSoftmax blended": lambda d, c: losses.LSoftmax(d, c, margin=3, blend=losses.Blend(floor=1.0, total_steps=9)),
    "ASoftmax": lambda d, c: losses.ASoftmax(d, c, margin=4),
    "ASoftmax scaled": lambda d, c: losses.ASoftmax(d, c, margin=2, scale=16.0),
    "ASoftmax blended": lambda d, c: losses.ASoftmax(d, c, margin=3, blend=losses.Blend(floor=1.0, total_steps=9)),
    "CosFace": lambda d, c: losses.CosFace(d, c, margin=0.35, scale=16.0),
    "ArcFace": lambda d, c: losses.ArcFace(d, c, margin=0.5, scale=16.0),
    "CosFace by class": lambda d, c: losses.CosFace(d, c, margin=torch.linspace(0, 0.5, c), scale=16.0),
    "ArcFace by class": lambda d, c: losses.ArcFace(d, c, margin=torch.linspace(0, 0.5, c), scale=16.0),
    "GuardedArcFace": lambda d, c: losses.GuardedArcFace(d, c, margin=0.5, scale=16.0),
    "GuardedArcFace by class": lambda d, c: losses.GuardedArcFace(d, c, torch.linspace(0, 3, c), scale=16.0),
    "WSoftmax at half": lambda d, c: losses.WSoftmax(d, c, alpha=0.5),
    "WSoftmax at one": lambda d, c: losses.WSoftmax(d, c, alpha=1.0),
    "WSoftmax stopped": lambda d, c: losses.WSoftmax(d, c, alpha=1.5, gradient="stopped"),
    "GuardedWSoftmax": lambda d, c: losses.GuardedWSoftmax(d, c, alpha=1.0),
    "GuardedWSoftmax constant": lambda d, c: losses.GuardedWSoftmax(d, c, 0.5, margin="constant", gradient="stopped"),
    "CentredWSoftmax": lambda d, c: losses.CentredWSoftmax(d, c, alpha=0.5),
}
NAMES = list(HEADS)


def make(name, weight):
    torch.manual_seed(0)
    head = HEADS[name](weight.shape[1], weight.shape[0])
    head.weight = torch.nn.Parameter(weight.clone())
    return head


def train(head, features, labels):
    """The head's loss and the gradients of features and weight."""
    features = features.detach().clone().requires_grad_()
    head.zero_grad()
    loss = F.cross_entropy(head(features, labels), labels)
    loss.backward()
    return loss.detach(), features.grad, head.weight.grad


def test_every_public_head_is_under_test():
    made = {type(HEADS[name](3, 2)).__name__ for name in NAMES}
    public = {
        name
        for name in losses.__all__
        if isinstance(getattr(losses, name), type) and issubclass(getattr(losses, name), losses.softmax.LinearHead)
    }
    assert made == public


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("feature_type", "weight_type"), DTYPES, ids=str)
def test_precision(name, feature_type, weight_type):
    x, y, w = batch()
    x, w = x.to(feature_type), w.to(weight_type)
    head = make(name, w)
    logits = head(x, y)
    assert (
        logits.dtype
        == head(x).dtype
        == torch.promote_types(torch.promote_types(feature_type, weight_type), torch.float32)
    )
    exact = make(name, w.double())(x.double(), y)
    torch.testing.assert_close(logits.double(), exact, rtol=1e-4, atol=1e-4)
    _, by_x, by_w = train(head, x, y)
    assert (by_x.dtype, by_w.dtype, head.weight.dtype) == (feature_type, weight_type, weight_type)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_hard_inputs_are_finite(name, dtype):
    for case in HARD_NAMES:
        x, y, w = (t.to(dtype) if t.is_floating_point() else t for t in HARD[case])
        head = make(name, w)
        logits, scores = head(x, y), head(x)
        assert logits.shape == scores.shape == (len(x), len(w)), case
        assert logits.isfinite().all(), case
        assert scores.isfinite().all(), case
        if len(x):
            loss, by_x, by_w = train(head, x, y)
            assert loss.isfinite(), case
            assert by_x.isfinite().all(), case
            assert by_w.isfinite().all(), case


@pytest.mark.parametrize("name", NAMES)
def test_the_margin_sits_in_the_target_or_in_the_rivals(name):
    """W-Softmax and its kin change the rivals' logits, every other head the target's alone."""
    x, y, w = batch(samples=12)
    head = make(name, w)
    scores, logits = head(x), head(x, y)
    own = F.one_hot(y, 4).bool()
    kept = own if "WSoftmax" in name else ~own
    torch.testing.assert_close(logits[kept], scores[kept])
    if "WSoftmax" not in name:
        assert (logits[own] <= scores[own] + 1e-9).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_feature_of_float16_at_its_largest_does_not_overflow(name):
    _, y, w = batch(dtype=torch.float16)
    head = make(name, w)
    _, by_x, by_w = train(head, torch.full((6, 5), 65504.0, dtype=torch.float16), y)
    assert head(torch.full((6, 5), 65504.0, dtype=torch.float16), y).isfinite().all()
    assert by_x.isfinite().all()
    assert by_w.float().isfinite().all() or by_w.abs().max() == torch.inf  # 65504 summed does not fit float16 itself


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("message", "spoil", "error"), BAD_BATCHES)
def test_bad_batches_are_named(name, message, spoil, error):
    x, y, w = spoil(*batch())
    with pytest.raises(error, match=message):
        make(name, w)(x, y)


@pytest.mark.parametrize("name", NAMES)
def test_it_survives_copies_pickles_and_state_dicts(name):
    x, y, w = batch(dtype=torch.float32)
    head, restored = make(name, w), HEADS[name](5, 4)
    restored.load_state_dict(head.state_dict())
    for other in (copy.deepcopy(head), pickle.loads(pickle.dumps(head)), restored):
        assert torch.equal(other(x, y), head(x, y))
        assert repr(other) == repr(head)


@pytest.mark.parametrize("name", NAMES)
def test_autocast_changes_nothing(name):
    x, y, w = batch(dtype=torch.float32)
    head = make(name, w)
    with torch.autocast("cpu", torch.bfloat16):
        inside, scores = head(x, y), head(x)
    assert torch.equal(inside, head(x, y))
    assert torch.equal(scores, head(x))


@pytest.mark.parametrize("name", NAMES)
def test_it_compiles_without_a_break(name):
    x, y, w = batch(dtype=torch.float32)
    head = make(name, w)
    compiled = torch.compile(head, fullgraph=True, backend="aot_eager")
    for got, expected in zip(train(compiled, x, y), train(head, x, y), strict=True):
        torch.testing.assert_close(got, expected)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("Softmax")])
def test_a_second_derivative_is_refused_rather_than_wrong(name):
    x, y, w = batch()
    head = make(name, w)
    (features,) = leaves(x)
    (grad,) = torch.autograd.grad(F.cross_entropy(head(features, y), y), features, create_graph=True)
    with pytest.raises(RuntimeError, match="differentiate twice"):
        grad.sum().backward()
    with pytest.raises(RuntimeError, match=r"first derivatives only.*plain_logits"):
        torch.func.grad(lambda f: F.cross_entropy(head(f, y), y))(x)
    with pytest.raises(RuntimeError, match=r"first derivatives only.*plain_logits"):
        torch.func.vmap(lambda f: head(f.unsqueeze(0), y[:1]))(x)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_batch_times_classes_times_width_is_made(name):
    x, y, w = batch(samples=16, classes=32, dim=64, dtype=torch.float32)
    head = make(name, w)
    with elements_made() as counts:
        train(head, x, y)
    assert 0 < max(counts) <= 48 * 64  # C D, the gradient of the weight; W-Softmax stacks (B + C) D


@pytest.mark.parametrize("name", NAMES)
def test_frozen_weights_and_frozen_features_are_left_alone(name):
    x, y, w = batch()
    head = make(name, w)
    head.weight.requires_grad_(False)
    (features,) = leaves(x)
    F.cross_entropy(head(features, y), y).backward()
    assert features.grad is not None
    assert head.weight.grad is None
    head.weight.requires_grad_(True)
    F.cross_entropy(head(x, y), y).backward()
    assert head.weight.grad is not None
    with torch.no_grad():
        assert not head(x, y).requires_grad


@pytest.mark.parametrize("name", NAMES)
def test_rotating_the_space_changes_nothing(name):
    x, y, w = batch(seed=3)
    rotation = torch.linalg.qr(batch(seed=9, samples=5)[0]).Q
    torch.testing.assert_close(make(name, w @ rotation)(x @ rotation, y), make(name, w)(x, y))


@pytest.mark.parametrize("name", [name for name in NAMES if "bias" not in name and "by class" not in name])
def test_renaming_the_classes_renames_the_logits(name):
    x, y, w = batch(seed=3)
    order = torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(make(name, w[order])(x, order.argsort()[y]), make(name, w)(x, y)[:, order])
