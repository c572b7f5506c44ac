"""The page of costs says what the benchmarks measured, all of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from discriminative.site.cost import AIMS, Aim, cost_page

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def page(tmp_path: Path) -> str:
    for folder in ("book", "benchmarks/results", "benchmarks/throughput", "benchmarks/memory"):
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


def test_every_aim_is_told_and_of_a_loss_that_is_measured(page: str) -> None:
    measured = {(row["loss"], row["classes"]) for path in LOSSES for row in json.loads(path.read_text())["results"]}
    for aim in AIMS:
        assert f"| {aim.told()} | " in page
        assert (aim.loss, aim.classes) in measured
        assert not aim.than or (aim.than, aim.classes) in measured


@pytest.mark.parametrize(
    ("aim", "told"),
    [
        (Aim("fast", 10, 1.5), "1.50 (1.00 to 2.00), met"),
        (Aim("fast", 10, 1.4), "1.50 (1.00 to 2.00), short"),
        (Aim("fast", 10, 20, "slow"), "20, met"),
        (Aim("fast", 10, 21, "slow"), "20, short"),
        (Aim("fast", 100, 1.5), "–"),
        (Aim("fast", 10, 20, "never run"), "–"),
    ],
)
def test_an_aim_is_met_by_the_median(aim: Aim, told: str) -> None:
    found = {("fast", 10): {"min": 1.0, "median": 1.5, "max": 2.0}, ("slow", 10): {"min": 29, "median": 30, "max": 31}}
    assert aim.met(found) == told


def test_the_memory_of_a_million_classes_is_told_as_it_was_measured(page: str) -> None:
    (path,) = sorted(PROJECT.glob("benchmarks/memory/*.json"))
    measured = json.loads(path.read_text())
    assert measured["settings"]["classes"] == 1_000_000
    for way, peak in measured["peak_gib"].items():
        assert f"| {way} | {peak:.2f} |" in page
