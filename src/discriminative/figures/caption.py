"""What the records say of the runs behind a figure."""

from __future__ import annotations

from discriminative.evidence import MARKS, Arms, collapse_told, runs_lost
from discriminative.ledger import standing
from discriminative.verdicts import readable

__all__ = ["caption"]


def caption(*groups: Arms) -> str:
    """Images, steps, floor of lambda, seeds, device, what went wrong and what is unchecked, of all arms together."""
    by_arm, records, standings, known = [], [], [], set[str]()
    for arms in groups:
        verified = arms.ledger.verified()
        for name in arms:
            if arms[name].run.id not in known:  # an arm that stands in two panels is told once
                known.add(arms[name].run.id)
                by_arm.append((name, arms.records(name)))
                records += arms.records(name)
                standings += [standing(record, verified) for record in arms.records(name)]
    if not records:
        return "No record yet."
    sizes = sorted({record["metrics"]["train_images"] for record in records})
    steps = sorted({record["run"]["schedule"]["steps"] for record in records})
    floors = sorted({record["run"]["blend"]["floor"] for record in records if record["run"]["blend"]}, reverse=True)
    devices = sorted({record["environment"]["device_name"] for record in records})
    told = f"{' / '.join(f'{n:,}' for n in sizes)} training images, {' / '.join(f'{n:,}' for n in steps)} steps"
    if floors:
        told += f", floor of λ {' / '.join(f'{floor:g}' for floor in floors)}"
    told += f", {_seeds([(name, len(found)) for name, found in by_arm])}, {', '.join(devices)}."
    diverged, collapsed = runs_lost(records)
    counts = ((diverged, "diverged"), (collapsed, collapse_told(records)))
    wrong = [f"{count} {what}" for count, what in counts if count]
    if wrong:
        told += f" Of {len(records)} runs {' and '.join(wrong)}."
    for name, (sign, meaning) in MARKS.items():
        if name in standings:
            told += f" {sign} {standings.count(name)} of {len(records)} records {name}: {meaning}."
    return told


def _seeds(counts: list[tuple[str, int]]) -> str:
    """Seeds per arm: "12 seeds", or "20 seeds for softmax, 12 for the others"."""
    groups: dict[int, list[str]] = {}
    for name, count in counts:
        groups.setdefault(count, []).append(readable(name))
    # the count that most arms have is told last, for "the others"; of equals the smallest
    last = max(groups, key=lambda count: (len(groups[count]), -count))
    order = [*sorted((count for count in groups if count != last), reverse=True), last]
    told: list[str] = []
    for count in order:
        seeds = f"{count or 'no'}{'' if told else ' seed' if count == 1 else ' seeds'}"
        whose = "the others" if count == last and len(groups[count]) > 1 else _listed(groups[count])
        told.append(f"{seeds} for {whose}" if len(groups) > 1 else seeds)
    return ", ".join(told)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
