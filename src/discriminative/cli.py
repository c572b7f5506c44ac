"""``discriminative``: data, runs, the ledger and the book from the command line."""

from __future__ import annotations

import argparse
import errno
import gc
import math
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from discriminative.ledger import Ledger
    from discriminative.queue import Estimate
    from discriminative.runs import Run
    from discriminative.study import Arm

__all__ = ["main"]

DEVICES = ("cpu", "cuda")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; every expected error is one sentence on stderr and exit status 1."""
    started = time.time()  # before torch is imported, which a short budget would notice
    from discriminative.data import DataError
    from discriminative.ledger import LedgerError
    from discriminative.queue import QueueError

    options = _parser().parse_args(arguments)
    options.started = started
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        status: int = options.command(options)
        sys.stdout.flush()
        return status
    except (DataError, LedgerError, QueueError, ValueError) as error:
        print(f"discriminative: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still to be flushed at the end
        print("discriminative: what read the output ended before it; nothing more was done", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno == errno.EFBIG:
            told = (
                "a file would grow past the size that this shell allows (`ulimit -f`); records and checkpoints are "
                "whole, raise the limit and repeat the command"
            )
        elif error.errno == errno.ENOSPC:
            told = "the disk is full; records and checkpoints are whole, free space and repeat the command"
        elif error.filename is not None:
            told = (
                f"{error.filename} cannot be used ({error.strerror}); name a place that can be read and written in the "
                "command, in DISCRIMINATIVE_ROOT or in DISCRIMINATIVE_DATA"
            )
        else:
            raise
        print(f"discriminative: {told}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("discriminative: stopped; what was unfinished goes on from its checkpoint next time", file=sys.stderr)
        return 130


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="discriminative", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    data = commands.add_parser("data", help="list or fetch data sets").add_subparsers(required=True)
    data.add_parser("list", help="what there is and whether it is here").set_defaults(command=_data_list)
    fetch = data.add_parser("fetch", help="bring a data set here and check it")
    fetch.add_argument("name")
    fetch.set_defaults(command=_data_fetch)

    run = commands.add_parser("run", help="train what is missing of an experiment")
    run.add_argument("experiments", nargs="*", metavar="EXPERIMENT", help="names; all where none is given")
    _profile(run)
    run.add_argument("--seeds", type=_count, help="at most this many seeds an arm")
    run.add_argument("--only", nargs="+", metavar="ID", help="of these runs, by the ids in their records' names")
    run.add_argument("--jobs", type=_count, help="runs at once; 2 on a CPU, 3 on a GPU, which small runs share")
    run.add_argument("--device", choices=DEVICES, help="a GPU if there is one at laptop and paper, unless told")
    run.add_argument("--budget", type=_duration, help="stop in time, e.g. 9m: seconds, or with s, m or h")
    run.add_argument(
        "--compile", action=argparse.BooleanOptionalAction, help="compile the network; on a GPU unless told otherwise"
    )
    run.add_argument("--source-revision", help="recorded as the revision, whatever git says")
    run.add_argument("--stale", action="store_true", help="train again what `ledger verify` found stale")
    run.add_argument("--checkpoint-every", type=float, default=30.0, metavar="SECONDS")
    run.set_defaults(command=_run)

    picture = commands.add_parser("picture", help="train the first seed of arms again and keep what a picture needs")
    picture.add_argument("experiments", nargs="+", metavar="EXPERIMENT")
    _profile(picture, "laptop")
    picture.add_argument("--only", nargs="+", metavar="ID", help="these runs of them, by their ids, and no first seeds")
    picture.add_argument(
        "--plane", action="store_true", help="keep two-dimensional features, those of training images too"
    )
    picture.add_argument(
        "--pairs", action="store_true", help="train nothing: keep the images of pairs that losses answer differently"
    )
    picture.set_defaults(command=_picture)

    status = commands.add_parser("status", help="what is there, missing, unchecked, and how long it would take")
    status.add_argument("experiments", nargs="*", metavar="EXPERIMENT")
    _profile(status)
    status.set_defaults(command=_status)

    ledger = commands.add_parser("ledger", help="verify, pack and import records").add_subparsers(required=True)
    verify = ledger.add_parser("verify", help="train seeds of each unchecked arm again and compare")
    verify.add_argument("experiments", nargs="*", metavar="EXPERIMENT", help="names; every record where none is given")
    _profile(verify, "laptop")
    verify.add_argument("--device", choices=DEVICES, default="cpu", help="records of the other kind stay as they are")
    verify.add_argument(
        "--seeds", type=_count, default=3, help="pairs an arm where the machine gives other digits than the records'"
    )
    verify.add_argument("--jobs", type=_count, default=1, help="arms at once; 2 on a CPU of two cores")
    verify.add_argument("--budget", type=_duration, help="stop in time, e.g. 9m")
    verify.set_defaults(command=_ledger_verify)
    pack = ledger.add_parser("pack", help="write every record into one file")
    pack.add_argument("file", type=Path)
    pack.add_argument("--checkpoints", action="store_true", help="runs that were cut short too, to go on elsewhere")
    pack.set_defaults(command=_ledger_pack)
    merge = ledger.add_parser("import", help="take over the records of a packed file")
    merge.add_argument("file", type=Path)
    merge.set_defaults(command=_ledger_import)

    plan = commands.add_parser("plan", help="the whole queue with the time it took and the time it would take")
    plan.add_argument("experiments", nargs="*", metavar="EXPERIMENT")
    _profile(plan, "paper")
    plan.add_argument("--device", choices=DEVICES, help="whose times; cuda at paper, else cpu")
    plan.add_argument("--seeds", type=_count, help="with --grid: at most this many seeds an arm")
    plan.add_argument("--grid", action="store_true", help="one line a run, for programs: columns parted by tabs")
    plan.set_defaults(command=_plan)

    book = commands.add_parser("book", help="execute the notebooks and build the book")
    _profile(book)
    book.add_argument("--run", action="store_true", help="train what is missing first, as `discriminative run` does")
    book.add_argument("--pdf", action="store_true", help="print the PDF too, whatever has changed")
    book.add_argument(
        "--bless", nargs="*", metavar="CHAPTER", help="refresh the references that nbval compares; all unless named"
    )
    book.set_defaults(command=_book)
    return parser


def _profile(parser: argparse.ArgumentParser, default: str = "quick") -> None:
    from discriminative.runs import PROFILES

    parser.add_argument("--profile", choices=PROFILES, default=default)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text!r}")
    return int(text)


def _duration(text: str) -> float:
    unit = {"s": 1.0, "m": 60.0, "h": 3600.0}.get(text[-1:])
    try:
        seconds = float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"must be a time above 0 with s, m or h, such as 9m, got {text!r}")
    return seconds


def _check_device(name: str | None) -> None:
    import torch

    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("--device cuda needs a GPU that torch can use, and there is none; leave it out or name cpu")


def _data_list(_: argparse.Namespace) -> int:
    from discriminative.data import DATASETS, DataError
    from discriminative.paths import data_root

    print(f"data root: {data_root()}")
    for name, source in DATASETS.items():
        try:
            source.read(data_root())
            state = "here"
        except DataError as error:
            state = f"not here: {error}"
        print(f"  {name:<14}{source.title} ({source.size}): {state}")
    return 0


def _data_fetch(options: argparse.Namespace) -> int:
    from discriminative.data import fetch

    print(f"{options.name} is in {fetch(options.name)}, every file checked")
    return 0


def _arms(names: Sequence[str], profile: str) -> dict[str, Any]:
    from discriminative.papers import experiment, experiments

    chosen = [experiment(name) for name in names] if names else list(experiments().values())
    return {item.name: item.at(profile) for item in chosen}


def _run(options: argparse.Namespace) -> int:
    import torch

    from discriminative._checks import require
    from discriminative.data import DATASETS, fetch
    from discriminative.ledger import Ledger
    from discriminative.queue import Estimate, Options, in_order, missing, run_missing

    _check_device(options.device)
    if options.source_revision:
        os.environ["DISCRIMINATIVE_REVISION"] = options.source_revision
    device = options.device
    if device is None:
        device = "cuda" if options.profile != "quick" and torch.cuda.is_available() else "cpu"
    arms = _arms(options.experiments, options.profile)
    for name, found in arms.items():
        if not found and options.experiments:
            print(f"{name} has nothing to train at {options.profile}")
    ledger = Ledger.of(options.profile)
    quick = options.profile == "quick"  # seconds, and no evidence: what other code made is trained again
    if options.stale or quick:
        from discriminative.upkeep import retire

        asked = {run.id for found in arms.values() for arm in found for run in arm.runs()[: options.seeds]}
        if options.only:
            asked &= set(options.only)
        retired = retire(ledger, asked if options.experiments or options.only else None, unchecked=quick)
        if retired or options.stale:
            print(f"{len(retired)} records of other code moved to {ledger.folder / 'superseded'}")
    jobs = options.jobs or (3 if device == "cuda" else max(1, min(2, os.cpu_count() or 1)))
    reserve = min(10.0, 0.05 * options.budget) if options.budget else 0.0  # to save and to end in
    settings = Options(
        profile=options.profile,
        device=device,
        jobs=jobs,
        deadline=options.started + options.budget - reserve if options.budget else None,
        checkpoint_seconds=options.checkpoint_every,
        compile_network=device == "cuda" if options.compile is None else options.compile,
    )

    tried: set[str] = set()
    while True:  # again where records that came in bring arms into being
        estimate = Estimate(ledger, device)
        found = _arms(options.experiments, options.profile).values()
        runs = in_order((arm for arms in found for arm in arms), options.seeds, estimate.seconds)
        if options.only:
            runs = [run for run in runs if run.id in options.only]
            require(bool(runs), "--only must name runs of these experiments, got {}", " ".join(options.only))
        todo = [run for run in missing(runs, ledger) if run.id not in tried]
        late = settings.deadline is not None and time.time() >= settings.deadline
        if not todo or (tried and late):
            break
        for name in sorted({run.dataset for run in todo}):
            if DATASETS[name].fetch is not None:
                print(f"data: {name} in {fetch(name)}")
        seconds = estimate.total(todo) / (1 if device == "cuda" else jobs)
        print(f"{len(todo)} of {len(runs)} runs to train on {device}, {jobs} at once: about {_clock(seconds)}")
        bar = _Bar(len(todo))
        try:
            counts = run_missing(todo, settings, bar.advance)
        finally:
            bar.close()
        told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
        left = len(missing(runs, ledger))
        print(f"{told}; {left} still missing after {_clock(time.time() - options.started)}")
        tried |= {run.id for run in todo}
    if not tried:
        print(f"all {len(runs)} runs are there")
    return 0


class _Bar:
    """tqdm where it is installed, a line a run where it is not."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0
        try:
            from tqdm import tqdm

            self.bar: Any = tqdm(total=total, unit="run", dynamic_ncols=True)
        except ImportError:
            self.bar = None

    def advance(self, run: Run, status: str) -> None:
        self.done += 1
        told = f"{run.head.name}, seed {run.seed}: {status}"
        if self.bar is None:
            print(f"[{self.done}/{self.total}] {told}", flush=True)
        else:
            self.bar.set_postfix_str(told)
            self.bar.update()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def _pairs_kept(arms: Mapping[str, Sequence[Arm]], profile: str) -> int:
    from discriminative.disputed import disputed, keep
    from discriminative.evidence import Arms
    from discriminative.ledger import Ledger

    for found in arms.values():
        every = Arms(found, Ledger.of(profile))
        pairs = {each.pair for each in disputed(every, every)}
        print(f"images of {len(pairs)} pairs kept in {keep(found[0].run.dataset, pairs)}")
    return 0


def _picture(options: argparse.Namespace) -> int:
    import torch

    from discriminative import pictures
    from discriminative._checks import require

    torch.set_num_threads(1)
    arms = _arms(options.experiments, options.profile)
    if options.pairs:
        return _pairs_kept(arms, options.profile)
    every = [arm.runs() for found in arms.values() for arm in found]
    if options.only:
        runs = [run for arm in every for run in arm if run.id in options.only]
        require(bool(runs), "--only must name runs of these experiments, got {}", " ".join(options.only))
    else:
        runs = [arm[0] for arm in every]
    count = pictures.take(runs, pictures.plane, "-plane") if options.plane else pictures.take(runs)
    print(f"{count} pictures taken, in {pictures.folder()}")
    return 0


def _status(options: argparse.Namespace) -> int:
    from discriminative.ledger import Ledger, standing
    from discriminative.queue import Estimate, in_order, missing

    ledger = Ledger.of(options.profile)
    estimate = Estimate(ledger, "cuda" if options.profile == "paper" else "cpu")
    verified = ledger.verified()
    print(f"{options.profile}: records in {ledger.folder}")
    columns = f"{'there':>7}{'missing':>9}{'diverged':>10}{'unchecked':>11}{'stale':>7}"
    print(f"  {'experiment':<18}{columns}   time left (one process)")
    for name, arms in _arms(options.experiments, options.profile).items():
        runs = in_order(arms)
        absent = missing(runs, ledger)
        records = [record for run in runs if (record := ledger.find(run)) is not None]
        diverged = sum(record["status"] == "diverged" for record in records)
        standings = [standing(record, verified) for record in records]
        unchecked, stale = standings.count("unchecked"), standings.count("stale")
        left = _clock(estimate.total(absent)) if absent else "-"
        print(f"  {name:<18}{len(records):>7}{len(absent):>9}{diverged:>10}{unchecked:>11}{stale:>7}   {left}")
    for text in _waiting(options.experiments, options.profile):
        print(text)
    return 0


def _plan(options: argparse.Namespace) -> int:
    from discriminative.ledger import Ledger
    from discriminative.papers import experiment
    from discriminative.queue import Estimate, missing

    ledger = Ledger.of(options.profile)
    device = options.device or ("cuda" if options.profile == "paper" else "cpu")
    estimate = Estimate(ledger, device)
    if options.grid:
        return _grid(options, ledger, estimate)
    seen: set[str] = set()
    took, left = 0.0, 0.0
    print(f"{options.profile} on {device}: arm, seeds there / planned, seconds a run, time taken, time still needed")
    for name, arms in _arms(options.experiments, options.profile).items():
        if not arms:
            continue
        print(f"{name}: {experiment(name).place}, {experiment(name).title}")
        spent, due = 0.0, 0.0
        for arm in arms:
            runs = [run for run in arm.runs() if run.id not in seen]
            seen |= {run.id for run in runs}
            if not runs:
                print(f"  {arm.name:<34}counted above")
                continue
            absent = missing(runs, ledger)
            records = [record for run in runs if (record := ledger.find(run)) is not None]
            measured = sum(float(record["environment"]["wall_seconds"]) for record in records)
            each = measured / len(records) if records else estimate.seconds(runs[0])
            told = f"{'measured' if records else 'estimated'} {each:.0f} s"
            needed = estimate.total(absent)
            seeds = f"{len(records)} / {len(runs)}"
            print(f"  {arm.name:<34}{seeds:>8}   {told:<18}{_clock(measured):>9}{_clock(needed):>9}")
            spent, due = spent + measured, due + needed
        print(f"  {'':<63}{_clock(spent):>9}{_clock(due):>9}")
        took, left = took + spent, left + due
    unit = "GPU-hours" if device == "cuda" else "hours of one process"
    print(f"taken {took / 3600:.2f} {unit}, still needed {left / 3600:.2f}, together {(took + left) / 3600:.2f}")
    for text in _waiting(options.experiments, options.profile):
        print(text)
    return 0


def _grid(options: argparse.Namespace, ledger: Ledger, estimate: Estimate) -> int:
    """One line a run: what the workflow reads."""
    print("id", "experiment", "arm", "seed", "there", "seconds", "record", sep="\t")
    seen: set[str] = set()
    for name, arms in _arms(options.experiments, options.profile).items():
        for arm in arms:
            for run in arm.runs()[: options.seeds]:
                if run.id not in seen:
                    there, seconds = "yes" if ledger.has(run) else "no", round(estimate.seconds(run))
                    print(run.id, name, arm.name, run.seed, there, seconds, ledger.path(run), sep="\t")
                seen.add(run.id)
    return 0


def _waiting(names: Sequence[str], profile: str) -> list[str]:
    """What cannot be listed yet: arms that rest on a choice whose records are missing."""
    from discriminative.ledger import Ledger
    from discriminative.papers import experiment, experiments, papers
    from discriminative.queue import in_order, missing

    told = [line for paper in papers() for line in paper.waiting(names)] if profile == "paper" else []
    ledger, waits = Ledger.of(profile), set()  # a choice can rest on arms that wait for another
    for name, found in experiments().items():
        listed = any(line.strip().startswith((f"{name}:", f"{name} ")) for line in told)  # not a longer name's line
        if (names and name not in names) or not found.after or listed or profile not in found.arms:
            continue
        if found.after in waits or missing(in_order(experiment(found.after).at(profile)), ledger):
            waits.add(name)
            told.append(f"  {name}: arms wait for records of {found.after}")
    return told


def _keys(arms: dict[str, Any]) -> set[str]:
    from discriminative.ledger import arm_key

    return {arm_key(arm.run) for found in arms.values() for arm in found}


def _ledger_verify(options: argparse.Namespace) -> int:
    from discriminative.ledger import Ledger
    from discriminative.upkeep import Verification, pooled, unchecked_arms, verify

    _check_device(options.device)
    ledger = Ledger.of(options.profile)
    keys = _keys(_arms(options.experiments, options.profile)) if options.experiments else None
    total = len(unchecked_arms(ledger, keys))
    print(f"{total} arms hold records that other code made")
    done: list[Verification] = []

    def report(found: Verification) -> None:
        done.append(found)
        told = f": {found.told}" if found.told else ""
        name = f"{found.run.dataset}, {found.run.network}, {found.run.head.name}, seed {found.run.seed}"
        print(f"[{len(done)}/{total}] {found.outcome}: {name} ({found.records} records){told}", flush=True)

    deadline = options.started + options.budget if options.budget else None
    verify(
        ledger,
        device=options.device,
        keys=keys,
        seeds=options.seeds,
        jobs=options.jobs,
        deadline=deadline,
        report=report,
    )
    outcomes = [found.outcome for found in done]
    told = ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in sorted(set(outcomes)))
    print(f"{told or 'nothing to do'}; {len(unchecked_arms(ledger, keys))} arms unchecked")
    paired = pooled((note["t"], note["freedom"]) for note in ledger.verified().values() if "t" in note)
    if paired is not None:
        arms, z, p = paired
        print(f"over all {arms} arms that were compared in pairs: z = {z:.2f}, p = {p:.2g}")
    if "stale" in outcomes:
        print("train what is stale again with `discriminative run --stale`")
    return 0


def _ledger_pack(options: argparse.Namespace) -> int:
    from discriminative.ledger import Ledger
    from discriminative.paths import project_root

    checkpoints = list((project_root() / "build" / "checkpoints").glob("*.pt")) if options.checkpoints else []
    count = Ledger.of("paper").pack(options.file, checkpoints)
    size = options.file.stat().st_size / 2**20
    print(f"{count} records and {len(checkpoints)} checkpoints in {options.file} ({size:.1f} MiB)")
    return 0


def _ledger_import(options: argparse.Namespace) -> int:
    from discriminative.ledger import Ledger
    from discriminative.paths import project_root

    merged = Ledger.of("paper").merge(options.file, project_root() / "build" / "checkpoints")
    print(f"{merged.new} new records, {merged.known} known ones, {merged.checkpoints} checkpoints")
    for told in merged.kept_out:
        print(told)
    return 0


def _book(options: argparse.Namespace) -> int:
    from discriminative.paths import project_root

    if not (project_root() / "_config.yml").exists():
        raise ValueError(
            f"{project_root()} holds no book, for it has no _config.yml; go to a clone of the project, or name one in "
            "DISCRIMINATIVE_ROOT"
        )
    if options.run and (status := main(["run", "--profile", options.profile])):
        return status
    gc.disable()  # seconds of a build are spent looking for garbage among records that all stay
    try:
        from discriminative.site.build import bless, make

        return make(options.profile, options.pdf) if options.bless is None else bless(options.bless)
    finally:
        gc.enable()


def _clock(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
