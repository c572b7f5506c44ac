"""Arms as numbers: frames, measures by seed, what was lost to divergence and collapse. No HTML.

A run that diverged has no measure. One that finished above 50 % error has collapsed; it stays in every mean.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from discriminative import measures
from discriminative._checks import require
from discriminative.ledger import Ledger, correctness, standing, table
from discriminative.papers import experiment
from discriminative.statistics import Values, Verdict, effect, interval, judge_errors, rank_correlation
from discriminative.study import Arm

__all__ = [
    "MARKS", "Arms", "Gains", "choose", "collapse_told", "collapsed", "mark", "means", "once", "paired_gains",
    "pairs_told", "rank", "runs_lost", "unpaired",
]  # fmt: skip


def collapsed(record: dict[str, Any]) -> bool:
    """Whether a run finished with over half of the test images wrong.

    Where the test is of pairs, which constant features answer half right: with over nine tenths of the training images
    wrong, of which there are a hundred classes and more.
    """
    metrics = record["metrics"]
    test, share = (metrics["train"], 0.9) if "closed" in metrics else (metrics.get("test"), 0.5)
    return record["status"] == "finished" and bool(test["wrong"] > share * test["images"])


def collapse_told(records: Iterable[dict[str, Any]]) -> str:
    """What a run did that collapsed, as :func:`collapsed` has it for these records."""
    pairs = any("closed" in record["metrics"] for record in records)
    return "erred on over 90 % of the training images" if pairs else "ended above 50 % error"


# Whether the code of today made what is shown: the sign that stands at a number, and what it means.
MARKS = {
    "unchecked": ("‡", "made by other code than today's, and nothing trained again since has confirmed it"),
    "stale": ("§", "made by other code than today's, which gives other results for seeds of the arm"),
}


def mark(records: Iterable[dict[str, Any]], ledger: Ledger) -> str:
    """‡ where a record is unchecked, § where one is stale, nothing where all are checked."""
    verified = ledger.verified()
    found = {standing(record, verified) for record in records}
    return "".join(sign for name, (sign, _) in MARKS.items() if name in found)


def runs_lost(records: Iterable[dict[str, Any]]) -> tuple[int, int]:
    """How many runs diverged, and how many collapsed."""
    records = list(records)
    return sum(record["status"] != "finished" for record in records), sum(map(collapsed, records))


def once(arms: Iterable[Arm]) -> list[Arm]:
    """Each setting once, under the first of its names: an arm that stands for its family is one of the family's."""
    found: dict[str, Arm] = {}
    for arm in arms:
        found.setdefault(arm.run.id, arm)
    return list(found.values())


class Arms:
    """Some arms with the records that a ledger holds of them.

    Args:
        arms: in the order in which they are shown; of two with the same name the first counts.
        ledger: where their records are.
        command: what trains them, for those who find none.
        seeds: the seeds that are looked at; all, unless given.

    Example:
        >>> arms = Arms.of("workhorse", "laptop", "softmax", "m=4")
        >>> list(arms)
        ['softmax', 'm=4']
    """

    def __init__(
        self, arms: Iterable[Arm], ledger: Ledger, command: str = "", seeds: Iterable[int] | None = None
    ) -> None:
        self._arms: dict[str, Arm] = {}
        for arm in arms:
            self._arms.setdefault(arm.name, arm)
        self.ledger, self.command = ledger, command
        self._seeds = None if seeds is None else tuple(seeds)
        self._read: dict[str, list[dict[str, Any]]] = {}

    @classmethod
    def of(cls, name: str, profile: str, *names: str, ledger: Ledger | None = None) -> Arms:
        """The arms of an experiment at a profile, those of these names or all; names that are none are an error."""
        item = experiment(name)
        arms = [item.arm(profile, each) for each in names] if names else item.at(profile)
        return cls(arms, Ledger.of(profile) if ledger is None else ledger, item.command(profile))

    def __iter__(self) -> Iterator[str]:
        return iter(self._arms)

    def __len__(self) -> int:
        return len(self._arms)

    def __contains__(self, name: object) -> bool:
        return name in self._arms

    def __getitem__(self, name: str) -> Arm:
        require(name in self._arms, "arm must be one of {}, got {!r}", sorted(self._arms), name)
        return self._arms[name]

    def __add__(self, other: Arms) -> Arms:
        """Both together, each setting once under its first name."""
        return Arms(once([*self.arms, *other.arms]), self.ledger, self.command, self._seeds)

    def __or__(self, other: Arms) -> Arms:
        """Both together by name, the first of a name counting: a setting that has two names is there twice."""
        return Arms([*self.arms, *other.arms], self.ledger, self.command, self._seeds)

    @property
    def arms(self) -> list[Arm]:
        return list(self._arms.values())

    def only(self, *names: str) -> Arms:
        return Arms([self[name] for name in names], self.ledger, self.command, self._seeds)

    def at_seeds(self, *seeds: int) -> Arms:
        return Arms(self.arms, self.ledger, self.command, seeds)

    def records(self, name: str | None = None) -> list[dict[str, Any]]:
        """The records of an arm, or of all of them."""
        if name is None:
            return [record for each in self for record in self.records(each)]
        if name not in self._read:
            runs = [run for run in self[name].runs() if self._seeds is None or run.seed in self._seeds]
            self._read[name] = [record for run in runs if (record := self.ledger.find(run)) is not None]
        return self._read[name]

    def finished(self, name: str | None = None) -> list[dict[str, Any]]:
        return [record for record in self.records(name) if record["status"] == "finished"]

    def frame(self, name: str | None = None) -> pd.DataFrame:
        """One row a finished run (``ledger.table``), with its arm's name."""
        frames = [table(self.finished(each)).assign(arm=each) for each in (self if name is None else (name,))]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def wrong(self, arm: str, part: str = "test") -> dict[int, int | None]:
        """Wrong answers by seed; ``None`` for a run that diverged."""
        return {
            record["run"]["seed"]: record["metrics"][part]["wrong"] if record["status"] == "finished" else None
            for record in self.records(arm)
        }

    @property
    def images(self) -> int:
        """Size of the test set; 1 while no run has finished."""
        return next((int(record["metrics"]["test"]["images"]) for record in self.finished()), 1)

    def values(self, arm: str, measure: str) -> Values:
        """A measure by seed; ``None`` for a run that diverged.

        A record from before its geometry held what the measure needs is left out.
        """
        of, found = measures.measure(measure), Values()
        for record in self.records(arm):
            with contextlib.suppress(KeyError):
                finished = record["status"] == "finished"
                found[record["run"]["seed"]] = of.value(record) if finished else None
        return found

    def numbers(self, arm: str, measure: str = "test error") -> list[float]:
        """A measure of every finished run."""
        return [value for value in self.values(arm, measure).values() if value is not None]

    def mean(self, arm: str, measure: str = "test error") -> float:
        """A measure's mean over the finished runs; NaN where there is none."""
        values = self.numbers(arm, measure)
        return sum(values) / len(values) if values else float("nan")

    def pairs(self, baseline: str, arm: str, measure: str = "test error") -> list[tuple[float, float]]:
        """A measure of both arms for every seed under which both finished."""
        first, second = self.values(baseline, measure), self.values(arm, measure)
        return [
            (b, a)
            for seed in sorted(first.keys() & second.keys())
            if (b := first[seed]) is not None and (a := second[seed]) is not None
        ]

    def errors_against(self, baseline: str, arm: str) -> Verdict:
        """The paired difference of the test errors with its interval, as a verdict that no claim stands behind."""
        return judge_errors(self.wrong(baseline), self.wrong(arm), self.images, 0.0)

    def against(self, other: Arms) -> Verdict:
        """The same for the one arm of ``other`` against the one arm of these, where they are of two experiments."""
        (baseline,), (arm,) = self, other
        return judge_errors(self.wrong(baseline), other.wrong(arm), self.images, 0.0)

    def lost(self, name: str | None = None) -> tuple[int, int]:
        """How many runs diverged, and how many collapsed."""
        return runs_lost(self.records(name))

    def lost_told(self) -> str:
        """The same in words, e.g. ``"of 96 runs 1 diverged and 2 collapsed"``."""
        counts = zip(self.lost(), ("diverged", "collapsed"), strict=True)
        told = " and ".join(f"{count} {word}" for count, word in counts if count)
        return f"of {len(self.records())} runs {told or 'none'}"

    def always_wrong(self, name: str) -> np.ndarray:
        """Which test images every finished run of the arm gets wrong, ``[N]`` bool."""
        right: np.ndarray = np.any([correctness(record) for record in self.finished(name)], axis=0)
        return ~right


# ---------------------------------------------------------------------------------------------------------------------
# Many arms at once


def means(arms: Arms, *names: str) -> pd.DataFrame:
    """Measures of every arm with three finished runs or more: means, and under ``"<measure> half"`` half of the
    95 % Student t interval.
    """
    rows = {}
    for arm in arms:
        found = {name: arms.numbers(arm, name) for name in names}
        if all(len(values) >= 3 for values in found.values()):
            rows[arm] = {name: float(np.mean(values)) for name, values in found.items()}
            for name, values in found.items():
                _, low, high = interval(values)
                rows[arm][f"{name} half"] = (high - low) / 2
    return pd.DataFrame.from_dict(rows, orient="index")


def rank(found: pd.DataFrame, x: str, y: str, beyond: float = -math.inf) -> tuple[int, float]:
    """How many arms of :func:`means` have ``x`` from ``beyond`` on, and the rank correlation of x and y over them."""
    if found.empty:
        return 0, math.nan
    kept = found[found[x] >= beyond]
    return len(kept), rank_correlation(kept[x].tolist(), kept[y].tolist())


Gains = dict[str, dict[int, tuple[int, list[float]]]]


def paired_gains(by_size: Mapping[int, Arms], baseline: str = "softmax") -> Gains:
    """Arm to number of images to how many pairs with the baseline were run, and the gains of those that finished."""
    series: Gains = {}
    for size, arms in by_size.items():
        plain = arms.wrong(baseline) if baseline in arms else {}
        for name in arms:
            if name == baseline:
                continue
            pairs = [(plain[seed], wrong) for seed, wrong in arms.wrong(name).items() if seed in plain]
            whole = [(a, b) for a, b in pairs if a is not None and b is not None]
            series.setdefault(name, {})[size] = len(pairs), [effect(a, b, arms.images) for a, b in whole]
    return series


def unpaired(arms: Arms, name: str, baseline: str = "softmax") -> list[int]:
    """Seeds of the arm's runs that :func:`collapsed` and whose partner diverged: in no pair."""
    plain = arms.wrong(baseline) if baseline in arms else {}
    seeds = [record["run"]["seed"] for record in arms.finished(name) if collapsed(record)]
    return [seed for seed in seeds if plain.get(seed, 0) is None]


def pairs_told(series: Gains) -> str:
    """How many pairs stand behind each point, in words, e.g. ``"500 images: 11 of 12 (hinge), 10 of 12 (m=4)"``."""
    told = []
    for size in sorted({size for by_size in series.values() for size in by_size}):
        names: dict[tuple[int, int], list[str]] = {}
        for name, by_size in series.items():
            if size in by_size:
                run, gains = by_size[size]
                names.setdefault((len(gains), run), []).append(name)
        counts = sorted(names.items(), reverse=True)
        parts = [
            f"{kept} of {run}" + (f" ({', '.join(who)})" if len(counts) > 1 else "") for (kept, run), who in counts
        ]
        told.append(f"{size:,} images: {', '.join(parts)}")
    return "; ".join(told)


def choose(arms: Iterable[Arm], ledger: Ledger) -> Arm:
    """The arm with the fewest wrong answers on validation over its seeds; one that diverged at any seed is out.

    Raises:
        ValueError: if records are missing, or every arm diverged.
    """
    found = Arms(arms, ledger)
    scores: dict[str, float] = {}
    for name in found:
        errors = found.wrong(name, "validation")
        require(len(errors) == len(found[name].seeds), "{} lacks records; run its tuning first", name)
        if all(value is not None for value in errors.values()):
            scores[name] = float(np.mean([value for value in errors.values() if value is not None]))
    require(bool(scores), "every arm diverged: {}", ", ".join(found))
    return found[min(scores, key=lambda name: scores[name])]
