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
from discriminative.papers import experiment, printed
from discriminative.papers.incay import layers
from discriminative.papers.incay.layers import SETTINGS, layer_changes, layer_weights
from discriminative.papers.incay.told import (
    at_paper_scale,
    class_changes,
    norm_growth,
    pairs_clear,
    scales_best,
    scales_told,
    scales_words,
    shift,
    stronger,
    together,
)
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


def test_the_change_of_a_layer_is_that_of_its_root_mean_square_by_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    short = {name: replace(run, schedule=Schedule(5)) for name, run in SETTINGS.items()}
    monkeypatch.setattr(layers, "SETTINGS", short)
    found = layer_changes((0, 1))
    assert {len(changes) for changes in found.values()} == {2}
    plain, longer = (layer_weights(short[name].with_seed(1))[1] for name in ("softmax, μ = 0.0005", "RN, λ = 1"))
    for name, changes in found.items():
        ratio = np.linalg.norm(longer[name]) / np.linalg.norm(plain[name])
        assert changes[1] == pytest.approx(100 * np.log(ratio), abs=1e-4)


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
    assert scales_words(cast(Arms, arms)) == (
        "At the rate 1 the dots are full at 2. At the rate 0.1 the dots are open at 1, 4; half full at 2; full at 8."
    )


def test_a_shift_is_the_mean_difference_by_seed_with_its_interval() -> None:
    pairs = [(1.0, 2.0), (1.0, 3.0), (5.0, 8.0)]
    arms = cast(Arms, SimpleNamespace(pairs=lambda *_: pairs))
    assert shift(arms, "a", "b", "norm", "+.2f") == "+2.00 [−0.48, +4.48]"
    one = cast(Arms, SimpleNamespace(pairs=lambda *_: pairs[:1]))
    assert shift(one, "a", "b", "norm") == "–"


class Measured:
    """Arms whose measures are told: a name to one value a seed, ``None`` where the run diverged."""

    def __init__(self, **values: list[float | None]) -> None:
        self.values = {name.replace("_", " "): each for name, each in values.items()}

    def __iter__(self) -> Any:
        return iter(self.values)

    def records(self, name: str) -> list[float | None]:
        return self.values[name]

    def finished(self, name: str) -> list[float]:
        return [value for value in self.values[name] if value is not None]

    def mean(self, name: str) -> float:
        return float(np.mean(self.finished(name))) if self.finished(name) else float("nan")

    def pairs(self, baseline: str, arm: str, _: str = "") -> list[tuple[float, float]]:
        both = zip(self.values[baseline], self.values[arm], strict=True)
        return [(b, a) for b, a in both if b is not None and a is not None]


def test_scaled_features_stand_beside_the_best_unscaled_ones_of_any_rate() -> None:
    arms = cast(Arms, Measured(scale_1_rate_1=[3.0, 3.1], scale_1_rate_2=[8.0, 8.0], scale_2_rate_1=[4.0, 4.2],
                               scale_4_rate_1=[3.5, None], scale_8_rate_2=[None, None]))  # fmt: skip
    found = scales_best(arms)
    assert found["scale_best"] == "3.50 % (scale 4 at the rate 1, 1 of 2 runs)"
    assert (found["scale_whole"], found["scale_above"]) == ("scale 2 at the rate 1", "1 of 1")
    assert found["scale_more"].startswith("+1.05 [")
    assert set(scales_best(cast(Arms, Measured(scale_1_rate_1=[]))).values()) == {"–"}


def test_pairs_are_clear_whose_interval_leaves_out_nought() -> None:
    arms = cast(Arms, Measured(a=[1.0, 2.0, 3.0], b=[2.0, 3.1, 4.0], c=[1.0, 1.0, 6.0], d=[None, None, 1.0]))
    assert pairs_clear(arms, ["a", "b", "c", "d"]) == (1, 3)


def test_changes_that_go_together_correlate() -> None:
    pairs = {
        "x": [(0.0, 1.0), (0.0, 2.0), (0.0, 3.0), (0.0, 4.0)],
        "y": [(1.0, 2.0), (1.0, 4.0), (1.0, 3.0), (1.0, 5.0)],
    }
    arms = cast(Arms, SimpleNamespace(pairs=lambda _, __, of: pairs[of]))
    assert together(arms, "a", "b", "x", "y") == "+0.80 [−0.70, +1.00]"
    few = cast(Arms, SimpleNamespace(pairs=lambda *_: pairs["x"][:3]))
    assert together(few, "a", "b", "x", "y") == "–"


def test_cross_entropy_is_the_stronger_after_the_last_step_at_which_incay_is() -> None:
    curves = {"step": [1, 2, 3, 4], "pull_along": [0.5, -0.1, 0.3, 0.2], "term_pulls": [[0.1, 0.1, 0.1, 0.1]]}
    arms = cast(Arms, SimpleNamespace(finished=lambda _: [{"curves": curves}]))
    assert stronger(arms, "a") == {"ce_from": 3, "looks_before": 2, "looks_incay": 1, "looks_inwards": 1}
    assert set(stronger(cast(Arms, SimpleNamespace(finished=lambda _: [])), "a").values()) == {0}


def test_a_class_whose_mean_is_the_same_in_another_order_is_a_tie() -> None:
    found = {
        "a": [[0.1, 1.0, 2.0], [0.2, 1.0, 2.0], [0.3, 1.0, 2.0]],
        "b": [[0.3, 2.0, 1.0], [0.2, 2.0, 1.0], [0.1, 2.0, 1.0]],
    }
    arms = cast(Arms, SimpleNamespace(finished=lambda name: [{"geometry": {"class_error": v}} for v in found[name]]))
    assert class_changes(arms, "a", "b", "class_error") == (1, 1, 1)
    assert class_changes(arms, "a", "b", "other") == (0, 0, 0)


def test_every_cell_of_the_tables_on_cifar_has_an_arm_at_the_papers_scale() -> None:
    arms = Arms(experiment("incay-paper-cifar10").at("paper"), Ledger(Path("none")))
    _, rows = at_paper_scale(arms)
    for table in ("3", "4"):
        assert sum(row[0].startswith(f"Table {table}:") for row in rows) == len(printed("incay", table))
    assert [row[1:] for row in rows if row[0] == "Table 3: RN + L-Softmax, λ = 0.01"] == [["7.35", "not run"]]
