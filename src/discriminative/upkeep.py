"""Whether old records still hold: one seed of each arm trained again by today's code, and what no longer holds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch

from discriminative.ledger import Ledger, arm_key, standing
from discriminative.provenance import describe_environment, source_hash
from discriminative.runs import Run
from discriminative.training import Interrupted, train

__all__ = ["Verification", "retire", "unchecked_arms", "verify"]

Train = Callable[..., tuple[dict[str, Any], dict[str, Any]]]


@dataclass(frozen=True)
class Verification:
    """One arm compared, with the ``outcome`` ``"equal"``, ``"stale"``, ``"undecided"`` or ``"stopped"``, and why."""

    run: Run
    records: int
    outcome: str
    told: str


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


def verify(
    ledger: Ledger,
    *,
    device: str = "cpu",
    keys: Iterable[str] | None = None,
    deadline: float | None = None,
    report: Callable[[Verification], None] = lambda _: None,
    train: Train = train,
) -> list[Verification]:
    """Train one seed of every unchecked arm again and note in the ledger whether its result is the recorded one.

    Equal results clear all records of the arm with the same source; other ones make them stale. Only a record of the
    same kind of device is compared (the thread count is set to the record's); where the results differ but the torch
    version does too, or the device does not give the same result twice, the arm stays unchecked.

    Args:
        ledger: whose records.
        device: where to train.
        keys: only arms with these keys.
        deadline: stop before this ``time.time()``.
        report: told of each arm as it ends.
        train: the loop; the tests give another.
    """
    here = describe_environment(torch.device(device))
    found = []
    for group in unchecked_arms(ledger, keys):
        verification = _verify(ledger, group, here, device, deadline, train)
        report(verification)
        found.append(verification)
        if verification.outcome == "stopped":
            break
    return found


def _verify(
    ledger: Ledger,
    group: list[dict[str, Any]],
    here: dict[str, Any],
    device: str,
    deadline: float | None,
    train: Train,
) -> Verification:
    kind = ("device", "device_name")
    same = [record for record in group if all(record["environment"].get(name) == here[name] for name in kind)]
    first = Run.from_json(group[0]["run"])
    if not same:
        name = group[0]["environment"].get("device_name")
        return Verification(first, len(group), "undecided", f"recorded on {name}: verify it there")
    record = min(same, key=lambda one: one["status"] != "finished")  # a whole run tells more than a divergence
    run, environment = Run.from_json(record["run"]), record["environment"]

    def again() -> dict[str, Any]:
        threads = torch.get_num_threads()
        torch.set_num_threads(environment["threads"])
        try:
            return train(
                run,
                device=device,
                compile_network=environment.get("compiled", False),
                stop=lambda: deadline is not None and time.time() >= deadline,
            )[0]
        finally:
            torch.set_num_threads(threads)

    try:
        now = again()
        different = _different(record, now)
        if different and environment["torch"] != here["torch"]:
            told = f"{different}, but torch is {here['torch']} and was {environment['torch']}"
            return Verification(run, len(group), "undecided", told)
        if different and device != "cpu" and _different(now, again()):
            return Verification(run, len(group), "undecided", "this device does not give the same result twice")
    except Interrupted:
        return Verification(run, len(group), "stopped", "the time was over")
    outcome = {"hash": source_hash(run), "equal": not different, "run": run.id}
    ledger.note_verified({(arm_key(run), record["source"]["hash"]): outcome})
    return Verification(run, len(group), "stale" if different else "equal", different)


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
