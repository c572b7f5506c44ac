from __future__ import annotations

import copy
import pickle

import oracles
import pytest
import torch
import torch.nn.functional as F
from cases import BAD_BATCHES, DTYPES, HARD, HARD_NAMES, TOLERANCE, batch
from torch.autograd import gradcheck

from discriminative.losses import Softmax


def head_with(weight, bias=False):
    head = Softmax(weight.shape[1], weight.shape[0], bias=bias)
    head.weight = torch.nn.Parameter(weight.clone())
    return head


@pytest.mark.parametrize(("feature_type", "weight_type"), DTYPES, ids=str)
def test_logits_are_inner_products(feature_type, weight_type):
    x, y, w = batch()
    x, w = x.to(feature_type), w.to(weight_type)
    got = head_with(w)(x, y)
    assert got.dtype == torch.promote_types(torch.promote_types(feature_type, weight_type), torch.float32)
    expected = torch.from_numpy(oracles.softmax_logits(x.double(), y, w.double()))
    torch.testing.assert_close(got.double(), expected, **TOLERANCE[got.dtype])


def test_training_logits_and_test_scores_are_the_same():
    x, y, w = batch()
    head = head_with(w)
    assert torch.equal(head(x, y), head(x))


def test_bias_is_added_per_class():
    x, _, w = batch()
    head = head_with(w, bias=True)
    with torch.no_grad():
        head.bias.copy_(torch.arange(4.0))
    torch.testing.assert_close(head(x), x @ w.T + torch.arange(4.0, dtype=torch.float64))


def test_gradient():
    x, y, w = batch()
    head = head_with(w, bias=True).double()
    assert gradcheck(lambda f: F.cross_entropy(head(f, y), y), x.requires_grad_())
    loss = F.cross_entropy(head(x, y), y)
    (by_weight,) = torch.autograd.grad(loss, head.weight)
    expected = oracles.gradient(
        lambda moved: oracles.cross_entropy(oracles.softmax_logits(x.detach(), y, moved), y.tolist()), w
    )
    torch.testing.assert_close(by_weight, torch.from_numpy(expected), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", HARD_NAMES)
def test_hard_inputs_give_finite_logits(name):
    x, y, w = HARD[name]
    logits = head_with(w.float())(x.float(), y)
    assert logits.shape == (len(x), len(w))
    assert logits.isfinite().all()


@pytest.mark.parametrize(("message", "spoil", "error"), BAD_BATCHES)
def test_bad_batches_are_named(message, spoil, error):
    x, y, w = spoil(*batch())
    with pytest.raises(error, match=message):
        head_with(w)(x, y)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 3), ValueError, "feature_dim must be an integer >= 1, got 0"),
        ((4, -1), ValueError, "num_classes must be an integer >= 1, got -1"),
        ((4, 2.5), ValueError, "num_classes must be an integer >= 1, got 2.5"),
        (("4", 2), TypeError, "feature_dim must be an integer >= 1, got '4'"),
        ((True, 2), TypeError, "feature_dim must be an integer >= 1, got True"),
    ],
)
def test_bad_sizes_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        Softmax(*arguments)


def test_weight_of_another_width_is_named():
    with pytest.raises(ValueError, match=r"weight must be \[C, 3\] to match features, got shape \(4, 5\)"):
        Softmax(5, 4)(torch.zeros(2, 3))


def test_it_survives_copies_pickles_and_state_dicts():
    x, _, _ = batch(dtype=torch.float32)
    head = Softmax(5, 4, bias=True)
    restored = Softmax(5, 4, bias=True)
    restored.load_state_dict(head.state_dict())
    for other in (copy.deepcopy(head), pickle.loads(pickle.dumps(head)), restored):
        assert torch.equal(other(x), head(x))


def test_autocast_changes_nothing():
    x, y, w = batch(dtype=torch.float32)
    head = head_with(w)
    with torch.autocast("cpu", torch.bfloat16):
        inside = head(x, y)
    assert inside.dtype == torch.float32
    assert torch.equal(inside, head(x, y))
    assert head.weight.dtype == torch.float32


def test_it_compiles_without_a_break():
    x, y, w = batch(dtype=torch.float32)
    head = head_with(w)
    torch.testing.assert_close(torch.compile(head, fullgraph=True, backend="aot_eager")(x, y), head(x, y))


def test_weights_start_he_normal():
    torch.manual_seed(0)
    assert Softmax(200, 500).weight.std().item() == pytest.approx((2 / 200) ** 0.5, rel=0.02)
