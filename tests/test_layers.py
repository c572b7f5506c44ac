"""Figure 7's weights, Table 4's scales and Table 5's groups, as the chapter on incay tells them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

from discriminative.evidence import Arms
from discriminative.ledger import Ledger, correctness
from discriminative.papers.incay.layers import SETTINGS, layer_weights
from discriminative.papers.incay.told import norm_growth, scales_told, shift
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


class Told:
    """Arms whose records hold a step or nothing, by name."""

    def __init__(self, **steps: list[int | None]) -> None:
        self.steps = {name.replace("_", " ").replace("p", "."): each for name, each in steps.items()}

    def __iter__(self) -> Any:
        return iter(self.steps)

    def records(self, name: str) -> list[dict[str, Any]]:
        return [
            {"status": "finished" if step is None else "diverged", "metrics": {"first_bad_step": step}}
            for step in self.steps[name]
        ]

    def lost(self, name: str) -> tuple[int, int]:
        return sum(step is not None for step in self.steps[name]), 0


def test_the_scales_that_a_rate_survives_end_before_the_first_that_loses_a_run() -> None:
    arms = Told(
        scale_1_rate_0p1=[None, None], scale_2_rate_0p1=[None, 9], scale_4_rate_0p1=[None, None],
        scale_8_rate_0p1=[3, 5], scale_2_rate_1=[2, 2], scale_8_rate_0p01=[],
    )  # fmt: skip
    found = scales_told(cast(Arms, arms))
    assert found.survived[0.1] == 1.0
    assert np.isnan(found.survived[1.0])
    assert (found.first, found.last) == (2, 9)
    assert found.calm == pytest.approx(0.1 * 16)
    assert found.wild == pytest.approx(4.0)


def test_a_shift_is_the_mean_difference_by_seed_with_its_interval() -> None:
    pairs = [(1.0, 2.0), (1.0, 3.0), (5.0, 8.0)]
    arms = cast(Arms, SimpleNamespace(pairs=lambda *_: pairs))
    assert shift(arms, "a", "b", "norm", "+.2f") == "+2.00 [−0.48, +4.48]"
    one = cast(Arms, SimpleNamespace(pairs=lambda *_: pairs[:1]))
    assert shift(one, "a", "b", "norm") == "–"
