"""Which runs are missing, in what order they are worth training, and the workers that train them."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context, parent_process
from pathlib import Path
from statistics import median
from typing import Any

import torch

from discriminative.data import Dataset, load, load_large
from discriminative.ledger import Ledger, sweep
from discriminative.networks import flops
from discriminative.paths import project_root
from discriminative.provenance import revision
from discriminative.runs import Run
from discriminative.study import Arm
from discriminative.training import Checkpoint, Interrupted, train_any

__all__ = ["Estimate", "Options", "QueueError", "in_order", "missing", "processes", "run_missing", "work"]

LARGE = ("casia-webface",)


class QueueError(RuntimeError):
    """The queue cannot go on; the message says why and what to do."""


@dataclass(frozen=True)
class Options:
    """How to train: the device, how many runs at once, until when (``time.time()``), and how often to checkpoint."""

    profile: str
    device: str = "cpu"
    jobs: int = 1
    deadline: float | None = None
    checkpoint_seconds: float = 30.0
    compile_network: bool = False


def in_order(
    arms: Iterable[Arm], seeds: int | None = None, seconds: Callable[[Run], float] = lambda run: 0.0
) -> list[Run]:
    """Every run once, the most telling for its time first.

    The first seed of every arm, then each arm up to three, then the rest; within a round seed by seed, and what is
    quick (``seconds``) before what is slow.
    """
    by_arm = [arm.runs()[:seeds] for arm in arms]
    found: dict[str, Run] = {}
    for low, high in ((0, 1), (1, 3), (3, None)):
        rounds = [runs[low:high] for runs in by_arm]
        for i in range(max((len(runs) for runs in rounds), default=0)):
            for run in sorted((runs[i] for runs in rounds if i < len(runs)), key=seconds):
                found.setdefault(run.id, run)
    return list(found.values())


def missing(runs: Iterable[Run], ledger: Ledger) -> list[Run]:
    return [run for run in runs if not ledger.has(run)]


class Estimate:
    """Seconds that runs need on a device: from the median record of the same kind there, else from arithmetic.

    Without a record, a CPU is taken to reach 10 Gflop/s and 3,000 small images a second (20,000 digits), a GPU 150
    Tflop/s in bfloat16, a fifth of what an H100 or H200 reaches on large matrices, in steps of 2 ms or more, and half a
    minute to load, compile and evaluate.
    """

    def __init__(self, ledger: Ledger, device: str = "cpu") -> None:
        self.device = device
        speeds: dict[tuple[str, str, int], list[float]] = {}
        for record in ledger.records():
            if record["environment"].get("device") == device and record["status"] == "finished":
                speed = max(float(record["environment"]["images_per_second"]), 1.0)
                speeds.setdefault(self.kind(Run.from_json(record["run"])), []).append(speed)
        self.speeds = {kind: median(found) for kind, found in speeds.items()}

    @staticmethod
    def kind(run: Run) -> tuple[str, str, int]:
        return run.dataset, run.network, run.feature_dim

    def seconds(self, run: Run) -> float:
        images = run.schedule.steps * run.batch_size
        known = self.speeds.get(self.kind(run))
        if known is not None:
            return images / known + 1.0
        if self.device == "cuda":
            return max(images * flops(run.network, run.feature_dim) / 150e12, run.schedule.steps * 0.002) + 30.0
        guess = 20_000.0 if run.dataset == "digits" else min(3_000.0, 10e9 / flops(run.network, run.feature_dim))
        return images / guess + 1.0

    def total(self, runs: Iterable[Run]) -> float:
        return sum(self.seconds(run) for run in runs)


@contextmanager
def _claimed(run: Run, root: Path) -> Iterator[bool]:
    """Whether this process may train the run; the claim ends with the process, however it ends."""
    folder = root / "build" / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / run.id).open("w") as stream:
        try:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # no such locks on this system: two queues may train one run, the first record stands
            pass
        except BlockingIOError:
            yield False
            return
        yield True


_stopping = _training = False


def _ask_to_stop(*_: Any) -> None:
    """Let the run save where it stands; a worker that has none ends, for nothing would tell it to later."""
    global _stopping
    _stopping = True
    if not _training:
        os._exit(0)


def _outlive(parent: Any) -> None:
    """Ask this worker to stop once the process that gives it work has ended, however it ended."""
    parent.join()
    _ask_to_stop()


def _work(run: Run, options: Options) -> str:
    """:func:`work`, in a worker; one that was asked to stop ends with it."""
    global _training
    _training = True
    try:
        return work(run, options)
    finally:
        _training = False
        if _stopping:
            sys.stdout.flush()
            os._exit(0)


def _start_worker() -> None:
    torch.set_num_threads(1)
    torch.backends.cudnn.benchmark = True  # every batch has the same shape
    signal.signal(signal.SIGTERM, _ask_to_stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_outlive, args=(parent,), daemon=True).start()
    revision()  # of the code that this worker has just imported


@lru_cache(maxsize=2)
def _resident(name: str, device: str) -> Dataset:
    """A data set on the device, kept by a worker from run to run."""
    return (load_large if name in LARGE else load)(name).to(device)


def work(run: Run, options: Options, progress: Callable[[int, int], None] | None = None) -> str:
    """Train one run unless its record exists or another process is at it.

    Returns:
        ``"finished"``, ``"diverged"``, ``"there"`` (a record stood already), ``"busy"`` or ``"stopped"``.
    """
    root = project_root()
    ledger = Ledger.of(options.profile, root)
    with _claimed(run, root) as mine:
        if ledger.has(run):
            return "there"
        if not mine:
            return "busy"
        checkpoint = Checkpoint(root / "build" / "checkpoints" / f"{run.id}.pt", options.checkpoint_seconds)

        def stop() -> bool:
            return _stopping or (options.deadline is not None and time.time() >= options.deadline)

        if stop():
            return "stopped"
        try:
            record, arrays = train_any(
                run,
                device=options.device,
                data=_resident(run.dataset, options.device),
                checkpoint=checkpoint,
                progress=progress,
                compile_network=options.compile_network,
                stop=stop,
            )
        except Interrupted:
            return "stopped"
        ledger.write(record, arrays)
        checkpoint.remove()
        return str(record["status"])


def run_missing(
    runs: list[Run], options: Options, report: Callable[[Run, str], None] = lambda run, status: None
) -> dict[str, int]:
    """Train the runs whose records are missing, ``options.jobs`` at once; tell ``report`` of each as it ends.

    Stopping (Ctrl-C, SIGTERM, the deadline) lets every worker save where it stands; the next call goes on from there.

    Raises:
        QueueError: if a worker was killed.
    """
    todo = missing(runs, Ledger.of(options.profile))
    sweep(project_root() / "build" / "checkpoints", "*.part")
    counts: dict[str, int] = {}

    def note(run: Run, status: str) -> None:
        counts[status] = counts.get(status, 0) + 1
        report(run, status)

    if options.deadline is not None and time.time() >= options.deadline:  # a worker takes seconds to start
        for late in todo:
            note(late, "stopped")
        return counts
    if not todo:
        return counts
    with processes(min(options.jobs, len(todo))) as pool:
        waiting = iter(todo)
        active: dict[Future[str], Run] = {}
        while True:
            while len(active) < options.jobs and (run := next(waiting, None)) is not None:
                active[pool.submit(_work, run, options)] = run
            if not active:
                break
            done, _ = wait(active, return_when=FIRST_COMPLETED)
            for future in done:
                note(active.pop(future), future.result())
    return counts


@contextmanager
def processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """That many workers of one thread each; what ends the body early lets them save, and ends them.

    Raises:
        QueueError: if one was killed.
    """
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_start_worker) as pool:
        try:
            yield pool
        except BaseException as error:
            for process in list((pool._processes or {}).values()):
                process.terminate()
            pool.shutdown(cancel_futures=True)
            if isinstance(error, BrokenProcessPool):
                raise QueueError(
                    "a process that trained was killed from outside, often because the memory was full; repeat the "
                    "command, with fewer --jobs if so: every run goes on from its checkpoint"
                ) from error
            raise
