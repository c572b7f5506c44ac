"""The page of costs says what the benchmarks measured, all of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from discriminative.site.cost import cost_page

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def page(tmp_path: Path) -> str:
    for folder in ("book", "benchmarks/results", "benchmarks/throughput"):
        shutil.copytree(PROJECT / folder, tmp_path / folder)
    (tmp_path / "build/site/book/figures").mkdir(parents=True)
    return cost_page(tmp_path)


@pytest.mark.parametrize("path", sorted(PROJECT.glob("benchmarks/throughput/*.json")), ids=lambda path: path.stem)
def test_every_networks_throughput_is_told(path: Path, page: str) -> None:
    for row in json.loads(path.read_text())["networks"]:
        low, middle, high = row["ratio"]
        told = f"| {row['network']} | {row['images_per_second']:,} | {middle:.2f} ({low:.2f} to {high:.2f}) |"
        assert told in page


LOSSES = [
    path for path in sorted(PROJECT.glob("benchmarks/results/*.json")) if "results" in json.loads(path.read_text())
]


def test_what_is_told_was_measured() -> None:
    assert LOSSES


@pytest.mark.parametrize("path", LOSSES, ids=lambda path: path.stem)
def test_every_loss_is_told_with_its_memory(path: Path, page: str) -> None:
    for row in json.loads(path.read_text())["results"]:
        ratio = row["ratio"]
        assert f"{ratio['median']:.2f} ({ratio['min']:.2f} to {ratio['max']:.2f}); {row['peak_mib']:.1f} MiB" in page
    assert "<!--" not in page
