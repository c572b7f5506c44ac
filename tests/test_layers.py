"""Figure 7's weights and Table 5's groups, as the chapter on incay tells them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from discriminative.evidence import Arms
from discriminative.ledger import Ledger, correctness
from discriminative.papers.incay.layers import SETTINGS, layer_weights
from discriminative.papers.incay.told import norm_growth
from discriminative.runs import Schedule
from discriminative.study import Arm
from discriminative.training import train

SHORT = replace(SETTINGS["RN, λ = 1"], schedule=Schedule(20))


def test_the_weights_of_the_layers_are_those_of_the_run_that_a_record_tells() -> None:
    before, after = layer_weights(SHORT)
    record, _ = train(SHORT)
    rows = after["class weights"].reshape(10, -1)
    assert np.linalg.norm(rows, axis=1).mean() == pytest.approx(record["geometry"]["weight_norm_mean"], rel=1e-3)
    assert {name: len(weights) for name, weights in after.items()} == {
        "layer 1": 64 * 128, "layer 2": 128 * 32, "class weights": 320
    }  # fmt: skip
    assert all((before[name] != after[name]).any() for name in after)


def test_the_weights_of_the_layers_leave_the_generator_where_it_was() -> None:
    torch.manual_seed(3)
    layer_weights(SHORT)
    drawn = torch.rand(1)
    torch.manual_seed(3)
    assert torch.equal(drawn, torch.rand(1))


def test_the_growth_of_norms_by_group_is_the_ratio_of_means(tmp_path: Path) -> None:
    ledger, arms, told = Ledger(tmp_path, tmp_path / "locks"), [], []
    for name, run in (("first", replace(SHORT, terms=())), ("second", SHORT)):
        record, arrays = train(run)
        ledger.write(record, arrays)
        arms.append(Arm(name, run, (0,)))
        told.append((correctness(record), arrays["norms"].astype(float)))
    found: dict[str, Any] = norm_growth(Arms(arms, ledger), "first", "second")
    (before, short), (after, longer) = told
    both = before & after
    assert found["right under both"].images == both.sum()
    assert found["right under both"].factor == pytest.approx(longer[both].mean() / short[both].mean())
    assert found["right under both"].low < found["right under both"].factor < found["right under both"].high
    assert norm_growth(Arms(arms, Ledger(tmp_path / "none", tmp_path / "locks")), "first", "second") == {}
