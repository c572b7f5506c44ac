"""The queue: one seed of everything first, safe beside another, stopped at any moment."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from discriminative.data import load
from discriminative.ledger import Ledger
from discriminative.networks import flops
from discriminative.queue import Estimate, Options, QueueError, _start_worker, in_order, missing, run_missing, work
from discriminative.runs import Run, Schedule
from discriminative.study import Arm


def test_one_seed_of_everything_comes_before_three_of_anything(tiny: Run, plain: Run) -> None:
    arms = [Arm("a", tiny, tuple(range(5))), Arm("b", plain, tuple(range(4)))]
    order = [(run.head.name, run.seed) for run in in_order(arms)]
    assert order == [
        ("LSoftmax", 0), ("Softmax", 0), ("LSoftmax", 1), ("Softmax", 1), ("LSoftmax", 2), ("Softmax", 2),
        ("LSoftmax", 3), ("Softmax", 3), ("LSoftmax", 4),
    ]  # fmt: skip
    assert len(in_order(arms, seeds=1)) == 2


def test_a_run_that_two_arms_share_is_trained_once(tiny: Run) -> None:
    assert len(in_order([Arm("a", tiny, (0, 1)), Arm("chosen", tiny, (0, 1))])) == 2


def test_what_is_missing_is_trained_and_then_nothing_is(root: Path, tiny: Run, plain: Run) -> None:
    runs, told = [tiny, plain], []
    counts = run_missing(runs, Options("quick", jobs=2), lambda run, status: told.append((run.id, status)))
    assert counts == {"finished": 2}
    assert sorted(told) == sorted([(tiny.id, "finished"), (plain.id, "finished")])
    assert not missing(runs, Ledger.of("quick"))
    assert run_missing(runs, Options("quick")) == {}
    assert not list((root / "build" / "checkpoints").glob("*"))


def test_a_killed_worker_is_one_sentence_and_no_process_stays(root: Path, tiny: Run) -> None:
    long = [replace(tiny, seed=seed, schedule=Schedule(200_000)) for seed in (4, 5)]

    def report(*_: object) -> None:
        workers = sorted(multiprocessing.active_children(), key=lambda worker: worker.pid or 0)
        os.kill(workers[0].pid or 0, signal.SIGKILL)

    with pytest.raises(QueueError, match=r"was killed from outside.*repeat the command"):
        run_missing([tiny, *long], Options("quick", jobs=2), report)
    assert Ledger.of("quick").has(tiny)
    assert not multiprocessing.active_children()


def test_a_worker_that_has_no_run_ends_when_it_is_asked_to_stop(root: Path) -> None:
    context = multiprocessing.get_context("spawn")
    worker = context.Process(target=_start_and_wait)
    worker.start()
    for _ in range(600):
        if (root / "ready").exists():
            break
        time.sleep(0.1)
    worker.terminate()
    worker.join(20)
    assert worker.exitcode == 0


def _start_and_wait() -> None:
    _start_worker()
    (Path(os.environ["DISCRIMINATIVE_ROOT"]) / "ready").touch()
    time.sleep(60)
    time.sleep(60)


def test_parts_of_checkpoints_that_killed_workers_left_are_swept(root: Path, tiny: Run) -> None:
    folder = root / "build" / "checkpoints"
    folder.mkdir(parents=True)
    for name, when in (("old.1.part", 0), ("fresh.2.part", time.time()), ("old.pt", 0)):
        (folder / name).touch()
        os.utime(folder / name, (when, when))
    run_missing([], Options("quick"))
    assert sorted(path.name for path in folder.iterdir()) == ["fresh.2.part", "old.pt"]


def test_a_divergence_is_recorded_and_not_tried_again(root: Path, plain: Run) -> None:
    run = replace(plain, optimizer=replace(plain.optimizer, rate=1e12))
    assert work(run, Options("quick")) == "diverged"
    assert work(run, Options("quick")) == "there"


def test_two_queues_at_once_train_a_run_once(root: Path, tiny: Run) -> None:
    run = replace(tiny, schedule=Schedule(600))
    context = multiprocessing.get_context("spawn")
    # A multiprocessing.Pool ends its workers by SIGTERM, which ours take for a wish to save: it would wait for ever.
    with ProcessPoolExecutor(2, mp_context=context, initializer=_start_worker) as pool:
        answers = list(pool.map(work, [run, run], [Options("quick")] * 2))
    assert sorted(answers) in (["busy", "finished"], ["finished", "there"])
    assert Ledger.of("quick").read(run)["status"] == "finished"


def test_the_deadline_saves_where_the_run_stands(root: Path, tiny: Run) -> None:
    run = replace(tiny, schedule=Schedule(100_000))
    assert work(run, Options("quick", deadline=time.time() + 1.0)) == "stopped"
    assert (root / "build" / "checkpoints" / f"{run.id}.pt").exists()
    assert not Ledger.of("quick").has(run)


def test_no_worker_starts_after_the_deadline(root: Path, tiny: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from discriminative import queue

    monkeypatch.setattr(queue, "ProcessPoolExecutor", None)
    assert run_missing([tiny], Options("quick", deadline=time.time())) == {"stopped": 1}


def test_what_is_quick_comes_first_within_a_round(tiny: Run, plain: Run) -> None:
    arms = [Arm("slow", tiny, tuple(range(3))), Arm("quick", plain, tuple(range(3)))]
    order = in_order(arms, seconds=lambda run: 60.0 if run.head.name == "LSoftmax" else 1.0)
    assert [(run.head.name, run.seed) for run in order] == [
        (name, seed) for seed in range(3) for name in ("Softmax", "LSoftmax")
    ]


def test_estimates_come_from_records_of_the_same_kind_and_device(root: Path, tiny: Run) -> None:
    run = replace(tiny, schedule=Schedule(60_000))
    guessed = Estimate(Ledger.of("quick")).total([run])
    work(tiny, Options("quick"))
    speed = Ledger.of("quick").read(tiny)["environment"]["images_per_second"]
    assert Estimate(Ledger.of("quick")).total([run]) == pytest.approx(60_000 * 32 / speed + 1)
    assert guessed == pytest.approx(60_000 * 32 / 20_000 + 1)
    assert Estimate(Ledger.of("quick"), "cuda").seconds(run) == pytest.approx(
        60_000 * 0.002 + 30
    )  # a CPU's say nothing
    for seed, speed in ((5, 10), (6, 1_000), (7, 2_000)):  # one run among others on a busy machine
        record = Ledger.of("quick").read(tiny) | {"run": tiny.with_seed(seed).to_json(), "id": tiny.with_seed(seed).id}
        record["environment"] = record["environment"] | {"images_per_second": speed}
        Ledger.of("quick").write(record)
    Ledger.of("quick").path(tiny).unlink()
    assert Estimate(Ledger.of("quick")).total([run]) == pytest.approx(60_000 * 32 / 1_000 + 1)


def test_without_records_the_estimate_is_arithmetic(root: Path, plain: Run) -> None:
    run = replace(plain, dataset="cifar10", network="thesis-cifar10", feature_dim=256, batch_size=256)
    arithmetic = 60 * 256 * flops("thesis-cifar10", 256)
    ledger = Ledger.of("paper")
    assert Estimate(ledger, "cpu").seconds(run) == pytest.approx(arithmetic / 10e9 + 1)
    assert Estimate(ledger, "cuda").seconds(replace(run, schedule=Schedule(10**6))) == pytest.approx(
        arithmetic / 60 * 10**6 / 150e12 + 30
    )


def test_a_worker_keeps_its_data_set(root: Path, tiny: Run, plain: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from discriminative import queue

    loaded = []
    monkeypatch.setattr(queue, "load", lambda name: loaded.append(name) or load(name))
    queue._resident.cache_clear()
    for run in (tiny, plain):
        assert work(run, Options("quick")) == "finished"
    assert loaded == ["digits"]
    queue._resident.cache_clear()


def test_a_checkpoint_that_no_one_can_use_does_not_stop_the_queue(
    root: Path, tiny: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = root / "build" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / f"{tiny.id}.pt").write_bytes(b"no checkpoint")
    assert work(tiny, Options("quick")) == "finished"
    assert "set aside" in capsys.readouterr().out
    assert [path.suffix for path in folder.iterdir()] == [".spoiled"]


def test_a_full_disk_is_an_error_and_leaves_nothing_half_written(
    root: Path, tiny: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            work(tiny, Options("quick", checkpoint_seconds=0.0))
        assert not [path for path in root.rglob("*") if path.is_file() and path.parent.name != "locks"]
    assert work(tiny, Options("quick")) == "finished"


COMMAND = [sys.executable, "-W", "ignore", "-m", "discriminative", "run", "workhorse", "--jobs", "2", "--seeds", "2"]


def test_the_command_can_be_stopped_and_goes_on(root: Path) -> None:
    environment = {**os.environ, "DISCRIMINATIVE_ROOT": str(root), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [*COMMAND, "--checkpoint-every", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for _ in range(600):
            if list((root / "build").glob("checkpoints/*.pt")):
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "goes on from its checkpoint" in told
    before = {path.name for path in (root / "build" / "records").rglob("*.json")}
    done = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, check=True)
    records = list((root / "build" / "records").rglob("*.json"))
    assert len(records) == 8
    assert before <= {path.name for path in records}
    assert "0 still missing" in done.stdout
    for path in records:
        assert json.loads(path.read_text())["status"] == "finished"


def test_workers_whose_queue_is_killed_outright_save_and_end(root: Path) -> None:
    environment = {**os.environ, "DISCRIMINATIVE_ROOT": str(root), "OMP_NUM_THREADS": "1"}
    script = """
import os, sys
from dataclasses import replace
from pathlib import Path
from discriminative import queue
from discriminative.papers import experiment
from discriminative.runs import Schedule
if __name__ == "__main__":
    run = replace(experiment("workhorse").arm("quick", "softmax").run, schedule=Schedule(10**6))
    queue.run_missing([run, run.with_seed(1)], queue.Options("quick", jobs=2, checkpoint_seconds=1.0))
"""
    (root / "queue_two.py").write_text(script)
    process = subprocess.Popen([sys.executable, str(root / "queue_two.py")], env=environment)
    checkpoints = root / "build" / "checkpoints"
    for _ in range(1200):
        if len(list(checkpoints.glob("*.pt"))) == 2:
            break
        time.sleep(0.1)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.kill()
    process.wait()
    killed = time.time()
    for _ in range(600):
        if not any(_is_running(child) for child in children):
            break
        time.sleep(0.1)
    assert not any(_is_running(child) for child in children)
    assert all(path.stat().st_mtime >= killed - 0.5 for path in checkpoints.glob("*.pt"))


def _is_running(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_training_imports_nothing_beyond_torch_torchvision_numpy_and_pandas() -> None:
    """The same command must work on a bare machine: every other package is hidden, then MNIST's path is imported."""
    script = """
import sys
hidden = "sklearn scipy matplotlib seaborn IPython tqdm papermill jupyter_book myst_nb yaml lightning snakemake"
sys.modules.update(dict.fromkeys([*hidden.split(), "nbformat"]))  # to import one is an error
from discriminative.cli import main
main(["status", "--profile", "laptop"])
import discriminative.queue, discriminative.training, discriminative.ledger
assert main(["run", "no-such-experiment", "--profile", "laptop"]) == 1
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "experiment must be one of" in run.stderr
