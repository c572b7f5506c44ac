"""Whether old records still hold: seeds of each arm trained again by today's code, and what no longer holds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

import torch

from discriminative._checks import require
from discriminative.ledger import Ledger, arm_key, standing
from discriminative.provenance import describe_environment, same_machine, source_hash, told_machine
from discriminative.queue import processes
from discriminative.runs import Run
from discriminative.statistics import two_sided
from discriminative.training import Interrupted, train_any

__all__ = ["Agreement", "Verification", "agreement", "pooled", "retire", "unchecked_arms", "verify"]

Train = Callable[..., tuple[dict[str, Any], dict[str, Any]]]


@dataclass(frozen=True)
class Verification:
    """One arm compared: ``"equal"``, ``"consistent"``, ``"stale"``, ``"undecided"`` or ``"stopped"``, and why.

    ``note`` is what the ledger keeps of it, for :meth:`Ledger.note_verified`.
    """

    run: Run
    records: int
    outcome: str
    told: str
    note: tuple[tuple[tuple[str, str], dict[str, Any]], ...] = ()


def unchecked_arms(ledger: Ledger, keys: Iterable[str] | None = None) -> list[list[dict[str, Any]]]:
    """The unchecked records, a list for each arm and state of its source, those that are quick to train first.

    Args:
        ledger: whose records.
        keys: only arms with these keys (``ledger.arm_key``); all for ``None``.
    """
    verified, wanted = ledger.verified(), None if keys is None else set(keys)
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for record in ledger.records():
        key = arm_key(Run.from_json(record["run"]))
        if (wanted is None or key in wanted) and standing(record, verified) == "unchecked":
            groups.setdefault((key, record["source"]["hash"]), []).append(record)
    return sorted(groups.values(), key=lambda group: float(group[0]["environment"]["wall_seconds"]))


@dataclass(frozen=True)
class Agreement:
    """Whether seeds that were trained again in pairs differ by no more than what seeds differ by.

    Equal code on another machine gives other digits: a rounding grows until the two runs of one seed may end as far
    apart as two seeds do, and no farther. So the difference of the wrong answers of one seed has mean 0 and a variance
    of at most twice that between the seeds of the arm, and the mean of the differences over their largest standard
    error is at most as spread as Student's t.

    Args:
        seeds: how many were trained again.
        t: the mean difference, now less before, over sd * sqrt(2 / seeds).
        freedom: recorded seeds less one: the sd is theirs.
        shift: the mean difference in wrong answers.
        p: chance of a ``t`` at least as far from 0 where the code does the same.
    """

    seeds: int
    t: float
    freedom: int
    shift: float
    p: float

    @property
    def outcome(self) -> str:
        return "consistent" if self.p >= CONSISTENT_FROM else "stale" if self.p < STALE_BELOW else "undecided"

    @property
    def detectable(self) -> float:
        """The shift, in sd between seeds, that this many seeds find (not consistent) with 80 % power."""
        from scipy import stats

        quantiles = stats.t.ppf([1 - CONSISTENT_FROM / 2, 0.8], self.freedom)
        return float(quantiles.sum() * math.sqrt(2 / self.seeds))


CONSISTENT_FROM, STALE_BELOW = 0.05, 0.001
FEWEST_RECORDED = 3  # records of one arm that say what its seeds differ by


def agreement(before: Sequence[int], now: Sequence[int], recorded: Sequence[int]) -> Agreement:
    """Wrong answers of some seeds before and now, beside those of every recorded seed of the arm.

    The sd between seeds is taken as one answer at least, for an arm whose seeds happen to agree.
    """
    require(len(before) == len(now) > 0, "now must hold {} counts, got {}", len(before), len(now))
    enough = len(recorded) >= FEWEST_RECORDED
    require(enough, "recorded must hold at least {} counts, got {}", FEWEST_RECORDED, len(recorded))
    shift = mean(after - first for first, after in zip(before, now, strict=True))
    t = shift / (max(stdev(recorded), 1.0) * math.sqrt(2 / len(now)))
    freedom = len(recorded) - 1
    return Agreement(len(now), t, freedom, shift, two_sided(abs(t), freedom))


def pooled(notes: Iterable[tuple[float, int]]) -> tuple[int, float, float] | None:
    """One test over arms that were compared in pairs, from each one's ``t`` and its degrees of freedom.

    Each t becomes the standard normal value of the same probability, and their sum over the square root of their number
    is standard normal (Stouffer), however few seeds an arm has. A change that moves every arm the same way by less than
    one arm alone could show is found here.

    Returns:
        Arms, the sum over the square root of their number, and p; ``None`` without arms.
    """
    from scipy import stats

    found = list(notes)
    if not found:
        return None
    values, freedom = zip(*found, strict=True)
    scores = stats.norm.isf(stats.t.sf(values, freedom))
    z = float(scores.sum() / math.sqrt(len(found)))
    return len(found), z, float(2 * stats.norm.sf(abs(z)))


def verify(
    ledger: Ledger,
    *,
    device: str = "cpu",
    keys: Iterable[str] | None = None,
    seeds: int = 3,
    jobs: int = 1,
    deadline: float | None = None,
    report: Callable[[Verification], None] = lambda _: None,
    train: Train = train_any,
) -> list[Verification]:
    """Train every unchecked arm again and note in the ledger whether its records still hold.

    One seed first. Equal results clear all records of the arm with the same source, whatever made them. Other ones make
    them stale where the machine is the record's (see ``provenance.same_machine``; the thread count is set to the
    record's), for there equal code gives equal digits. Elsewhere more seeds are trained again and compared in pairs
    (:class:`Agreement`): the arm is consistent, stale or undecided. Another kind of device decides nothing, nor does
    one that does not give the same result twice.

    Args:
        ledger: whose records.
        device: where to train.
        keys: only arms with these keys.
        seeds: pairs an arm on another machine than its records'.
        jobs: arms at once, each in a process of its own.
        deadline: stop before this ``time.time()``.
        report: told of each arm as it ends.
        train: the loop; the tests give another.
    """
    recorded: dict[str, list[int]] = {}  # of every seed of an arm, whatever code made it: what its seeds differ by
    for record in ledger.records():
        if record["status"] == "finished":
            recorded.setdefault(arm_key(Run.from_json(record["run"])), []).extend(_wrong([record]))
    task = _Task(describe_environment(torch.device(device)), device, seeds, deadline, train, recorded)
    groups = unchecked_arms(ledger, keys)
    found = []

    def note(verification: Verification) -> None:
        if verification.note:
            ledger.note_verified(dict(verification.note))
        report(verification)
        found.append(verification)

    if jobs == 1 or len(groups) < 2:
        for group in groups:
            note(task(group))
            if found[-1].outcome == "stopped":
                break
        return found
    with processes(min(jobs, len(groups))) as pool:
        for future in as_completed([pool.submit(task, group) for group in groups]):
            note(future.result())
    return found


@dataclass(frozen=True)
class _Task:
    """The verification of one arm, as a value that a process can be sent."""

    here: dict[str, Any]
    device: str
    seeds: int
    deadline: float | None
    train: Train
    recorded: dict[str, list[int]]

    def __call__(self, group: list[dict[str, Any]]) -> Verification:
        similar = [record for record in group if record["environment"].get("device") == self.here["device"]]
        if not similar:
            run = Run.from_json(group[0]["run"])
            told = f"recorded on {told_machine(group[0]['environment'])}: verify it there"
            return Verification(run, len(group), "undecided", told)
        # The record of this machine first, and a whole run, which tells more than a divergence.
        order = sorted(similar, key=lambda one: (not self._same(one), one["status"] != "finished", one["run"]["seed"]))
        record, run = order[0], Run.from_json(order[0]["run"])
        key = arm_key(run), record["source"]["hash"]
        outcome: dict[str, Any] = {"hash": source_hash(run), "equal": False, "run": run.id}
        try:
            if self.deadline is not None and time.time() >= self.deadline:
                raise Interrupted("the time was over")
            now = self._again(record)
            different = _different(record, now)
            if not different:
                return Verification(run, len(group), "equal", "", ((key, outcome | {"equal": True}),))
            if self._same(record):
                if self.device == "cpu" or not _different(now, self._again(record)):
                    return Verification(run, len(group), "stale", different, ((key, outcome),))
                return Verification(run, len(group), "undecided", "this device does not give the same result twice")
            return self._paired(order, now, outcome)
        except Interrupted:
            return Verification(run, len(group), "stopped", "the time was over")

    def _paired(self, records: list[dict[str, Any]], first: dict[str, Any], outcome: dict[str, Any]) -> Verification:
        """Several seeds again, on a machine whose digits differ from the records'."""
        run = Run.from_json(records[0]["run"])
        told = f"recorded on {told_machine(records[0]['environment'])}, here {told_machine(self.here)}: "
        whole = [record for record in records if record["status"] == "finished"]
        counts = self.recorded.get(arm_key(run), [])
        if len(counts) < FEWEST_RECORDED or not whole:
            told += f"{len(counts)} finished records do not say what seeds differ by"
            return Verification(run, len(records), "undecided", told)
        before = whole[: self.seeds]
        now = [first if record is records[0] else self._again(record) for record in before]
        lost = sum(record["status"] != "finished" for record in now)
        if lost:
            told += f"{lost} of {len(now)} seeds diverge now and did not"
            return Verification(run, len(records), "undecided", told)
        found = agreement(_wrong(before), _wrong(now), counts)
        told += f"over {found.seeds} seeds {found.shift:+.1f} wrong answers, t = {found.t:.2f}, p = {found.p:.2g}"
        if found.outcome == "undecided":
            return Verification(run, len(records), "undecided", f"{told}; more --seeds would tell")
        outcome |= {
            "consistent": found.outcome == "consistent", "seeds": found.seeds, "t": round(found.t, 4),
            "freedom": found.freedom, "machine": told_machine(self.here),
        }  # fmt: skip
        key = arm_key(run), records[0]["source"]["hash"]
        return Verification(run, len(records), found.outcome, told, ((key, outcome),))

    def _same(self, record: dict[str, Any]) -> bool:
        environment = record["environment"]
        return same_machine(environment, self.here | {"threads": environment["threads"]})

    def _again(self, record: dict[str, Any]) -> dict[str, Any]:
        threads = torch.get_num_threads()
        torch.set_num_threads(record["environment"]["threads"])
        try:
            return self.train(
                Run.from_json(record["run"]),
                device=self.device,
                compile_network=record["environment"].get("compiled", False),
                stop=lambda: self.deadline is not None and time.time() >= self.deadline,
            )[0]
        finally:
            torch.set_num_threads(threads)


def _wrong(records: Iterable[dict[str, Any]]) -> list[int]:
    return [int(record["metrics"]["test"]["wrong"]) for record in records]


def _different(record: dict[str, Any], now: dict[str, Any]) -> str:
    """Where today's record says otherwise, empty if nowhere; what only today's records hold does not count."""
    for part in ("status", "metrics", "curves", "geometry"):
        before, after = record[part], now[part]
        if part == "status":
            before, after = {"status": before}, {"status": after}
        for name, value in before.items():
            if after.get(name) != value:
                shown = "" if isinstance(value, list | str) else f": {value}, now {after.get(name)}"
                return f"{part} {name} differs{shown}"
    return ""


def retire(ledger: Ledger, ids: Iterable[str] | None = None, unchecked: bool = False) -> list[Run]:
    """Move stale records to ``superseded/``, so that the queue trains their runs again; return the runs.

    Args:
        ledger: whose records.
        ids: of the runs that may go; all for ``None``.
        unchecked: unchecked records go too, where training again costs no more than checking.
    """
    verified, wanted = ledger.verified(), None if ids is None else set(ids)
    going = ("stale", "unchecked") if unchecked else ("stale",)
    retired = []
    for record in ledger.records():
        run = Run.from_json(record["run"])
        if (wanted is None or run.id in wanted) and standing(record, verified) in going:
            ledger.supersede(record)
            retired.append(run)
    return retired
