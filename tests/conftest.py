"""One thread everywhere; small runs and small data sets that the tests make."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from discriminative.runs import BlendSchedule, Head, Optimizer, Run, Schedule

torch.set_num_threads(1)


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
