"""Which runs are missing, in what order they are worth training, and the workers that train them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from discriminative.ledger import Ledger, read_record
from discriminative.papers import Arm
from discriminative.paths import project_root
from discriminative.runs import Run
from discriminative.training import Checkpoint, Interrupted, train

__all__ = ["Options", "estimate", "in_order", "missing", "run_missing", "work"]


@dataclass(frozen=True)
class Options:
    """How to train: the device, how many runs at once, until when (``time.time()``), and how often to checkpoint."""

    profile: str
    device: str = "cpu"
    jobs: int = 1
    deadline: float | None = None
    checkpoint_seconds: float = 30.0
    compile_network: bool = False


def in_order(arms: Iterable[Arm], seeds: int | None = None) -> list[Run]:
    """Every run once: the first seed of every arm, then each arm up to three, then the rest."""
    by_arm = [arm.runs()[:seeds] for arm in arms]
    found: dict[str, Run] = {}
    for low, high in ((0, 1), (1, 3), (3, None)):
        rounds = [runs[low:high] for runs in by_arm]
        for i in range(max((len(runs) for runs in rounds), default=0)):
            for runs in rounds:
                if i < len(runs):
                    found.setdefault(runs[i].id, runs[i])
    return list(found.values())


def missing(runs: Iterable[Run], ledger: Ledger) -> list[Run]:
    return [run for run in runs if not ledger.has(run)]


def estimate(runs: Iterable[Run], ledger: Ledger) -> float:
    """Seconds of one process that the runs need: from the slowest record of the same kind, else from a guess."""
    speeds: dict[tuple[str, str, int], float] = {}
    for path in sorted(ledger.folder.glob("*/*.json")):
        record = read_record(path)
        run = Run.from_json(record["run"])
        kind = (run.dataset, run.network, run.feature_dim)
        speed = max(float(record["environment"]["images_per_second"]), 1.0)
        speeds[kind] = min(speed, speeds.get(kind, speed))
    guess = {"digits": 20_000.0}
    return sum(
        run.schedule.steps
        * run.batch_size
        / speeds.get((run.dataset, run.network, run.feature_dim), guess.get(run.dataset, 3_000.0))
        + 1.0
        for run in runs
    )


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


_stopping = False


def _ask_to_stop(*_: Any) -> None:
    global _stopping
    _stopping = True


def _start_worker() -> None:
    torch.set_num_threads(1)
    signal.signal(signal.SIGTERM, _ask_to_stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


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
            record, arrays = train(
                run,
                device=options.device,
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
    """
    todo = missing(runs, Ledger.of(options.profile))
    counts: dict[str, int] = {}

    def note(run: Run, status: str) -> None:
        counts[status] = counts.get(status, 0) + 1
        report(run, status)

    if not todo:
        return counts
    context = get_context("spawn")
    with ProcessPoolExecutor(min(options.jobs, len(todo)), mp_context=context, initializer=_start_worker) as pool:
        waiting = iter(todo)
        active: dict[Future[str], Run] = {}
        try:
            while True:
                while len(active) < options.jobs and (run := next(waiting, None)) is not None:
                    active[pool.submit(work, run, options)] = run
                if not active:
                    break
                done, _ = wait(active, return_when=FIRST_COMPLETED)
                for future in done:
                    note(active.pop(future), future.result())
        except BaseException:
            for process in list((pool._processes or {}).values()):
                if process.pid is not None:
                    os.kill(process.pid, signal.SIGTERM)
            raise
    return counts
