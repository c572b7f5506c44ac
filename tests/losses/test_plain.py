"""The plain path is the heads' own, and may be differentiated as often as one likes."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from cases import batch, leaves
from test_heads import HEADS, NAMES, make
from torch.autograd import gradgradcheck

from discriminative.losses import MulticlassHinge, plain_logits


@pytest.mark.parametrize("name", NAMES)
def test_values_and_gradients_are_the_heads_own(name):
    x, y, w = batch(seed=4, samples=9)
    head = make(name, w)
    torch.testing.assert_close(plain_logits(head, x), head(x))
    found = []
    for logits in (head, lambda f, labels: plain_logits(head, f, labels)):
        (f,) = leaves(x)
        head.zero_grad()
        F.cross_entropy(logits(f, y), y).backward()
        found.append([logits(x, y).detach(), f.grad, *(p.grad.clone() for p in head.parameters())])
    for plain, own in zip(*found, strict=True):
        torch.testing.assert_close(plain, own, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_second_derivatives_are_those_of_differences(name):
    x, y, w = batch(seed=4, samples=3)
    head = make(name, w)
    assert gradgradcheck(lambda f: F.cross_entropy(plain_logits(head, f, y), y), leaves(x))


@pytest.mark.parametrize("name", NAMES)
def test_gradients_by_sample_are_those_of_each_sample_alone(name):
    x, y, w = batch(seed=4, samples=5)
    head = make(name, w)
    values = dict(head.named_parameters())

    def loss(parameters, f, label):
        logits = torch.func.functional_call(Plain(head), parameters, (f.unsqueeze(0), label.unsqueeze(0)))
        return F.cross_entropy(logits, label.unsqueeze(0))

    own = {f"head.{key}": value.detach() for key, value in values.items()}
    by_sample = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))(own, x, y)
    for i in range(5):
        head.zero_grad()
        F.cross_entropy(head(x[i : i + 1], y[i : i + 1]), y[i : i + 1]).backward()
        for key, value in values.items():
            torch.testing.assert_close(by_sample[f"head.{key}"][i], value.grad, rtol=1e-6, atol=1e-8)


class Plain(torch.nn.Module):
    def __init__(self, head):
        super().__init__()
        self.head = head

    def forward(self, features, labels=None):
        return plain_logits(self.head, features, labels)


def test_every_head_has_a_plain_path_and_nothing_else_has():
    for make_head in HEADS.values():
        assert plain_logits(make_head(3, 2), torch.randn(4, 3)).shape == (4, 2)
    with pytest.raises(TypeError, match=r"head must be a head of discriminative\.losses, got MulticlassHinge"):
        plain_logits(MulticlassHinge(), torch.randn(4, 3))


def test_plain_softmax_is_transformed_as_it_stands():
    """Its own forward pass is plain; the check of the labels must not read them under vmap."""
    x, y, w = batch(samples=5)
    head = make("Softmax", w)

    def loss(f, label):
        return F.cross_entropy(head(f.unsqueeze(0), label.unsqueeze(0)), label.unsqueeze(0))

    (f,) = leaves(x)
    F.cross_entropy(head(f, y), y, reduction="sum").backward()
    torch.testing.assert_close(torch.func.vmap(torch.func.grad(loss))(x, y), f.grad)
