from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("benchmark_losses", ROOT / "benchmarks" / "losses.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def record(benchmark, tmp_path_factory):
    sizes = {
        "name": "tiny",
        "classes": 7,
        "batch": 8,
        "feature-dim": 6,
        "rounds": 2,
        "slow-rounds": 1,
        "slow-classes": 7,
    }
    arguments = [word for name, value in sizes.items() for word in (f"--{name}", str(value))]
    return json.loads(benchmark.main([*arguments, "--out", str(tmp_path_factory.mktemp("results"))]).read_text())


def test_every_loss_has_its_ratio_and_its_memory(benchmark, record):
    measured = {row["loss"]: row for row in record["results"]}
    assert {"softmax", *benchmark.HEADS, *benchmark.TERMS, *benchmark.PATHS, *benchmark.PAPERS} <= set(measured)
    assert measured["softmax"]["ratio"] == {"min": 1, "median": 1, "max": 1}
    for row in measured.values():
        assert 0 < row["ratio"]["min"] <= row["ratio"]["median"] <= row["ratio"]["max"]
        assert row["peak_mib"] >= 0
    assert record["environment"]["threads"] == 1


def test_the_papers_own_algorithms_compute_what_ours_do(benchmark):
    import torch
    from cases import batch

    from discriminative.losses import include_exclude_loss, weights_biased_logits

    x, y, w = batch()
    for kind in (benchmark.WSoftmaxLoop, benchmark.WSoftmaxBroadcast):
        head = kind(5, 4)
        head.weight = torch.nn.Parameter(w)
        torch.testing.assert_close(head(x, y), weights_biased_logits(x, y, w, 1.0))
    term = benchmark.IncludeExcludeBroadcast(5, 4)
    term.centers = torch.nn.Parameter(w)
    spread = (x - w[y]).square().sum() / 5
    torch.testing.assert_close(term(x, y), include_exclude_loss(x, y, w, spread, rivals="all"))


def test_peak_memory_counts_what_is_alive_at_once(benchmark):
    import torch

    def step():
        for _ in range(3):
            torch.zeros(2**18)  # one MiB, freed each time
        torch.zeros(2**18) + torch.zeros(2**18)  # three at once

    assert benchmark.peak_bytes(step, "cpu") == pytest.approx(3 * 2**20, rel=0.01)


def test_the_committed_results_are_together_those_of_every_loss_and_hold_no_times(benchmark):
    found = set()
    for path in (ROOT / "benchmarks" / "results").glob("*.json"):
        record = json.loads(path.read_text())
        assert set(record) == {"environment", "settings", "results"}
        found |= {row["loss"] for row in record["results"]}
        assert {key for row in record["results"] for key in row} == {"loss", "kind", "classes", "ratio", "peak_mib"}
    assert {"softmax", *benchmark.HEADS, *benchmark.TERMS, *benchmark.PATHS, *benchmark.PAPERS} <= found


def test_a_path_gives_the_loss_of_the_whole_head(benchmark):
    import torch
    import torch.nn.functional as F
    from cases import batch

    x, y, w = batch()
    head = benchmark.ChunkedCosFace(5, 4)
    head.head.weight = torch.nn.Parameter(w)
    torch.testing.assert_close(head(x, y), F.cross_entropy(head.head(x, y), y))


def test_the_memory_of_three_ways_is_measured_each_in_processes_of_its_own(tmp_path):
    sizes = ["--classes", "50000", "--feature-dim", "16", "--batch", "32", "--classes-at-once", "1000"]
    command = [sys.executable, str(ROOT / "benchmarks" / "memory.py"), *sizes, "--out", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    peaks = json.loads((tmp_path / "cpu.json").read_text())["peak_gib"]
    assert len(peaks) == 3
    assert all(peak > 0 for peak in peaks.values())
