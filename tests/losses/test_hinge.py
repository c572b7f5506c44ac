from __future__ import annotations

import copy

import pytest
import torch
from cases import HARD, HARD_NAMES, batch, leaves
from torch.autograd import gradcheck

from discriminative.losses import MulticlassHinge, multiclass_hinge

FORMS = ["largest", "sum", "one-vs-all"]


def oracle(scores, labels, margin, form):
    out = []
    for row, label in zip(scores, labels, strict=True):
        rivals = [value for j, value in enumerate(row) if j != label]
        if form == "largest":
            out.append(max([0.0] + [margin + value - row[label] for value in rivals]))
        elif form == "sum":
            out.append(sum(max(0.0, margin + value - row[label]) for value in rivals))
        else:
            out.append(max(0.0, margin - row[label]) + sum(max(0.0, margin + value) for value in rivals))
    return out


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("margin", [0.2, 1.0, 5.0])
def test_it_is_the_written_formula(form, margin):
    x, y, w = batch(samples=20)
    scores = x @ w.T
    expected = torch.tensor(oracle(scores.tolist(), y.tolist(), margin, form), dtype=torch.float64)
    torch.testing.assert_close(multiclass_hinge(scores, y, margin, form, reduction="none"), expected)
    torch.testing.assert_close(multiclass_hinge(scores, y, margin, form, reduction="sum"), expected.sum())
    torch.testing.assert_close(MulticlassHinge(margin, form)(scores, y), expected.mean())


@pytest.mark.parametrize("form", FORMS)
def test_gradient(form):
    x, y, w = batch(seed=2)
    assert gradcheck(lambda scores: multiclass_hinge(scores, y, 1.0, form), leaves(x @ w.T))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", HARD_NAMES)
def test_hard_inputs_are_finite(form, name):
    x, y, w = HARD[name]
    (scores,) = leaves((x @ w.T).float())
    loss = multiclass_hinge(scores, y, form=form)
    loss.backward()
    assert loss.isfinite()
    assert scores.grad.isfinite().all()


def test_one_class_and_no_samples_cost_nothing():
    assert multiclass_hinge(torch.randn(3, 1), torch.zeros(3, dtype=torch.int64)) == 0
    assert multiclass_hinge(torch.randn(0, 4), torch.zeros(0, dtype=torch.int64)) == 0


def test_half_precision_gives_float32_and_float64_stays():
    y = torch.tensor([0])
    for given, expected in ((torch.float16, torch.float32), (torch.bfloat16, torch.float32), (torch.float64,) * 2):
        assert multiclass_hinge(torch.zeros(1, 3, dtype=given), y).dtype == expected


def test_it_compiles_and_copies():
    x, y, w = batch(dtype=torch.float32)
    loss = MulticlassHinge(form="sum")
    expected = loss(x @ w.T, y)
    torch.testing.assert_close(torch.compile(loss, fullgraph=True, backend="aot_eager")(x @ w.T, y), expected)
    assert torch.equal(copy.deepcopy(loss)(x @ w.T, y), expected)
    assert repr(loss) == "MulticlassHinge(margin=1, form='sum')"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: multiclass_hinge(torch.zeros(2, 3), torch.tensor([0, 3])),
            ValueError,
            "labels must lie in 0..2, got 3",
        ),
        (lambda: multiclass_hinge(torch.zeros(2, 3), torch.tensor([0, -1])), ValueError, "0..2, got -1"),
        (lambda: multiclass_hinge(torch.zeros(2, 3), torch.tensor([0])), ValueError, r"labels must be \[2\]"),
        (lambda: multiclass_hinge(torch.zeros(2, 3), torch.zeros(2)), ValueError, "labels must be int64"),
        (lambda: multiclass_hinge(torch.zeros(2), torch.tensor([0, 1])), ValueError, r"scores must be \[B, C\]"),
        (lambda: multiclass_hinge([[0.0]], torch.tensor([0])), TypeError, "scores must be a tensor, got list"),
        (lambda: multiclass_hinge(torch.zeros(1, 2).long(), torch.tensor([0])), ValueError, "scores must be floating"),
        (lambda: multiclass_hinge(torch.zeros(1, 0), torch.tensor([0])), ValueError, "at least one class"),
        (lambda: MulticlassHinge(margin=0), ValueError, "margin must be greater than 0, got 0"),
        (lambda: MulticlassHinge(form="max"), ValueError, "form must be one of .*, got 'max'"),
        (lambda: multiclass_hinge(torch.zeros(1, 2), torch.tensor([0]), reduction="max"), ValueError, "reduction"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
