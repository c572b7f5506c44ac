"""One thread everywhere; what goes to which process; small runs and small data sets that the tests make."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from discriminative.ledger import Ledger
from discriminative.papers import experiment
from discriminative.runs import BlendSchedule, Head, Optimizer, Run, Schedule

torch.set_num_threads(1)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On several processes (``make test``) a file's tests share one, and its fixtures; whole notebooks go singly."""
    for item in items:
        if item.path.name != "test_notebooks.py":
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that stands for the project."""
    monkeypatch.setenv("DISCRIMINATIVE_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture
def tiny() -> Run:
    """A tenth of a second of digits with a blended margin."""
    return Run(
        "digits", "mlp", 8, Head("LSoftmax", {"margin": 2}), 3, train_size=200, batch_size=32,
        blend=BlendSchedule(1.0), optimizer=Optimizer(0.05), schedule=Schedule(60),
    )  # fmt: skip


@pytest.fixture
def plain(tiny: Run) -> Run:
    return replace(tiny, head=Head("Softmax"), blend=None)


@pytest.fixture
def paper_scale(tmp_path: Path, plain: Run, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Records, made up, of the tuning and of C-LSM2: m = 4 errs a fifth less than softmax, seed by seed."""
    from discriminative.papers.thesis.full_scale import TUNING
    from discriminative.training import train

    monkeypatch.setenv("DISCRIMINATIVE_ROOT", str(tmp_path))
    ledger, template = Ledger.of("paper"), train(plain)[0]

    def pretend(run: Run, **wrong: int) -> None:
        record = copy.deepcopy(template) | {"id": run.id, "run": run.to_json()}
        for part, count in wrong.items():
            record["metrics"][part] |= {"wrong": count, "images": 10_000}
        record["metrics"]["final_blend"] = None if run.blend is None else run.blend.floor
        ledger.write(record)

    for arm in TUNING:
        pretend(arm.run.with_seed(arm.seeds[0]), validation=400)
    for name, wrong in (("softmax", 1000), ("m=4", 800)):
        for run in experiment("thesis-table-2-3").arm("paper", name).runs():
            pretend(run, test=wrong + 5 * run.seed)
    return ledger
