"""What every term promises, whatever its loss."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from cases import BAD_BATCHES, DTYPES, HARD, HARD_NAMES, batch, elements_made, leaves
from torch.autograd import gradgradcheck

from discriminative import losses

TERMS = {
    "FeatureIncay": lambda d, c: losses.FeatureIncay(),
    "FeatureIncay log": lambda d, c: losses.FeatureIncay("log"),
    "FeatureIncay linear": lambda d, c: losses.FeatureIncay("linear", upper=5.0),
    "CenterLoss": losses.CenterLoss,
    "TiedCenterLoss": lambda d, c: losses.TiedCenterLoss(),
    "IncludeExclude": losses.IncludeExclude,
    "IncludeExclude as Eq. 6": lambda d, c: losses.IncludeExclude(d, c, reading="Eq. 6", variance="learned"),
    "IncludeExclude nearest": lambda d, c: losses.IncludeExclude(d, c, nearest=1, variance=0.5, rivals="all"),
    "FreeVarianceIncludeExclude": losses.FreeVarianceIncludeExclude,
    "CoordinateVarianceIncludeExclude": losses.CoordinateVarianceIncludeExclude,
    "PlacedIncludeExclude": lambda d, c: losses.PlacedIncludeExclude(d, c, place="random"),
    "AddedLSoftmax": lambda d, c: losses.AddedLSoftmax(margin=2),
    "TripletLoss": lambda d, c: losses.TripletLoss(margin=1.0),
    "ContrastiveLoss": lambda d, c: losses.ContrastiveLoss(margin=2.0),
    "FeedBackwardReconstruction": lambda d, c: losses.FeedBackwardReconstruction(),
    "FeedBackwardReconstruction l1": lambda d, c: losses.FeedBackwardReconstruction("l1"),
    "FeedBackwardReconstruction layer-norm": lambda d, c: losses.FeedBackwardReconstruction("layer-norm"),
    "WeightSeparability": lambda d, c: losses.WeightSeparability(),
    "WeightSeparability unit": lambda d, c: losses.WeightSeparability(unit=True),
}
NAMES = list(TERMS)
WITH_LABELS = [name for name in NAMES if "Incay" not in name and "Separability" not in name]


def make(name, weight):
    term = TERMS[name](weight.shape[1], weight.shape[0])
    if hasattr(term, "centers"):
        with torch.no_grad():
            term.centers.copy_(weight.flip(0) * 0.7)
    return term


def train(term, *inputs):
    """The term and the gradients of features and weight (zero where it does not use them)."""
    features, labels, weight = inputs[0].clone().requires_grad_(), inputs[1], inputs[2].clone().requires_grad_()
    term.zero_grad()
    value = term(features, labels, weight)
    (value + 0 * (features.sum() + weight.sum())).backward()
    return value.detach(), features.grad, weight.grad


def test_every_public_term_is_under_test():
    made = {type(TERMS[name](3, 2)).__name__ for name in NAMES}
    heads = (losses.softmax.LinearHead, losses.Blend, losses.MulticlassHinge, losses.ShardedHead)
    public = {name for name in losses.__all__ if isinstance(getattr(losses, name), type)}
    assert made == {name for name in public if not issubclass(getattr(losses, name), heads)}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("feature_type", "weight_type"), DTYPES, ids=str)
def test_precision(name, feature_type, weight_type):
    x, y, w = batch(seed=2)
    x, w = x.to(feature_type), w.to(weight_type)
    term = make(name, w)
    value, by_x, by_w = train(term, x, y, w)
    assert value.shape == ()
    if "Separability" in name:
        assert value.dtype == torch.promote_types(weight_type, torch.float32)
    elif any(word in name for word in ("Reconstruction", "Tied", "LSoftmax")):
        assert value.dtype == torch.promote_types(torch.promote_types(feature_type, weight_type), torch.float32)
    else:
        assert value.dtype == torch.promote_types(feature_type, torch.float32)
    assert (by_x.dtype, by_w.dtype) == (feature_type, weight_type)
    exact = make(name, w)(x.double(), y, w.double())
    torch.testing.assert_close(value.double(), exact.detach().double(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_hard_inputs_are_finite(name, dtype):
    for case in HARD_NAMES:
        x, y, w = (t.to(dtype) if t.is_floating_point() else t for t in HARD[case])
        term = make(name, w)
        value, by_x, by_w = train(term, x, y, w)
        assert value.shape == (), case
        assert value.isfinite(), case
        assert by_x.isfinite().all(), case
        assert by_w.isfinite().all(), case
        for parameter in term.parameters():
            assert parameter.grad is None or parameter.grad.isfinite().all(), case


@pytest.mark.parametrize("name", [name for name in NAMES if "Separability" not in name])
def test_an_empty_batch_costs_nothing(name):
    x, y, w = HARD["no samples"]
    assert make(name, w)(x, y, w).item() == 0


@pytest.mark.parametrize("name", NAMES)
def test_features_on_their_centres_and_centres_on_each_other_are_finite(name):
    _, y, w = batch(dtype=torch.float32)
    term = TERMS[name](5, 4)  # centres at the origin, features too
    value, by_x, _ = train(term, torch.zeros(6, 5), y, w)
    assert value.isfinite()
    assert by_x.isfinite().all()


@pytest.mark.parametrize("name", WITH_LABELS)
@pytest.mark.parametrize(("message", "spoil", "error"), BAD_BATCHES)
def test_bad_batches_are_named(name, message, spoil, error):
    x, y, w = spoil(*batch())
    if message.startswith("labels must lie in 0..3, got 4") and ("Triplet" in name or "Contrastive" in name):
        return  # they know no number of classes
    term = make(name, w)
    with pytest.raises(error, match=message.replace("0..3", r"0\.\.\d+")):
        term(x, y, w)


@pytest.mark.parametrize("name", NAMES)
def test_it_survives_copies_pickles_and_state_dicts(name):
    x, y, w = batch(dtype=torch.float32)
    term, restored = make(name, w), TERMS[name](5, 4)
    restored.load_state_dict(term.state_dict())
    for other in (copy.deepcopy(term), pickle.loads(pickle.dumps(term)), restored):
        assert torch.equal(other(x, y, w), term(x, y, w))
        assert repr(other) == repr(term)


@pytest.mark.parametrize("name", NAMES)
def test_autocast_changes_nothing(name):
    x, y, w = batch(dtype=torch.float32)
    term = make(name, w)
    with torch.autocast("cpu", torch.bfloat16):
        inside = term(x, y, w)
    assert torch.equal(inside, term(x, y, w))


@pytest.mark.parametrize("name", NAMES)
def test_it_compiles_without_a_break(name):
    x, y, w = batch(dtype=torch.float32)
    term = make(name, w)
    compiled = torch.compile(term, fullgraph=True, backend="aot_eager")
    for got, expected in zip(train(compiled, x, y, w), train(term, x, y, w), strict=True):
        torch.testing.assert_close(got, expected)


@pytest.mark.parametrize("name", ["IncludeExclude as Eq. 6", "IncludeExclude nearest", "ContrastiveLoss"])
def test_terms_over_distances_have_a_second_derivative_but_no_transforms(name):
    x, y, w = batch(samples=8)
    term = make(name, w).double()
    assert gradgradcheck(lambda f: term(f, y, w), leaves(x))
    with pytest.raises(RuntimeError, match="first derivatives only"):
        torch.func.grad(lambda f: term(f, y, w))(x)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("samples", "classes"), [(16, 40), (40, 16)])
def test_nothing_of_batch_times_classes_times_width_is_made(name, samples, classes):
    x, y, w = batch(samples=samples, classes=classes, dim=64, dtype=torch.float32)
    term = make(name, w)
    with elements_made() as counts:
        train(term, x, y, w)
    assert 0 < max(counts) <= max(samples, classes) * 64  # B D or C D


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_the_samples_does_not_count(name):
    x, y, w = batch(seed=5, samples=10)
    term = make(name, w)
    torch.testing.assert_close(term(x.flip(0), y.flip(0), w), term(x, y, w))
