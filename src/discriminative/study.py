"""The words of a study: an arm, an experiment, a claim."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from discriminative._checks import require
from discriminative.runs import Run

__all__ = ["Arm", "Claim", "Experiment"]


@dataclass(frozen=True)
class Arm:
    """One setting of an experiment, repeated over seeds.

    Args:
        name: short and unique within the experiment.
        run: the setting, at seed 0.
        seeds: which seeds it is repeated over.
        row: the row of the paper's table that it stands beside, if any.
    """

    name: str
    run: Run
    seeds: tuple[int, ...]
    row: str | None = None

    def runs(self) -> list[Run]:
        return [self.run.with_seed(seed) for seed in self.seeds]


@dataclass(frozen=True)
class Experiment:
    """What is trained for one table or figure, by profile: its arms, or what gives them where other records decide.

    ``after`` names the experiment whose records decide them: until it has run, some arms do not exist.
    """

    name: str
    place: str
    title: str
    arms: Mapping[str, tuple[Arm, ...] | Callable[[], tuple[Arm, ...]]]
    after: str = ""

    def at(self, profile: str) -> tuple[Arm, ...]:
        found = self.arms.get(profile, ())
        return found() if callable(found) else found

    def arm(self, profile: str, name: str) -> Arm:
        found = {arm.name: arm for arm in self.at(profile)}
        require(name in found, "arm must be one of {}, got {!r}", sorted(found), name)
        return found[name]

    def command(self, profile: str) -> str:
        """What trains all that it lacks, what decides its arms included."""
        names = f"{self.after} {self.name}" if self.after else self.name
        return f"discriminative run {names} --profile {profile}"


@dataclass(frozen=True)
class Claim:
    """A sentence of a paper as a test over records: the arm against the baseline, seed by seed; or as what is proved.

    Args:
        id: as in the book's list of claims.
        place: where the paper says it.
        statement: the claim, in one sentence.
        scale: what the verdict speaks of, e.g. ``"2,000 MNIST images"``.
        experiment: whose records decide; empty for a claim that is proved.
        arm: the arm that the claim is about.
        baseline: the arm that it is measured against; ``None`` for a claim about one arm alone.
        profile: whose arms of the experiment are compared, ``"laptop"`` or ``"paper"``.
        proved_by: the label of the proposition that is the claim, where no record has to decide.
        measure: ``"error"`` for the log ratio of test errors, else a name in ``report.MEASURES``, oriented so that the
            claim expects more of it from the arm.
        paper_baseline, paper_arm: the paper's errors in percent, where it prints them; a third of their log ratio is
            the smallest effect that counts.
        paper_scale: what these errors are about, where that is not ``scale``.
        smallest: that effect for every other measure, in its units; for an equivalence its half-width.
        equivalence: the claim is that the measure of the arm lies within ``smallest`` of zero.
        or_baseline_diverges: the claim also holds where three of five baseline runs or more diverge.
        confirmatory: named before its records, under Holm's correction; all others are exploratory.
    """

    id: str
    place: str
    statement: str
    scale: str
    experiment: str = ""
    arm: str = ""
    baseline: str | None = None
    profile: str = "laptop"
    proved_by: str = ""
    measure: str = "error"
    paper_baseline: float | None = None
    paper_arm: float | None = None
    paper_scale: str = ""
    smallest: float = 0.0
    equivalence: bool = False
    or_baseline_diverges: bool = False
    confirmatory: bool = False

    @property
    def paper_effect(self) -> float | None:
        """g of the paper's printed errors, if it prints them."""
        if self.paper_baseline is None or self.paper_arm is None:
            return None
        return math.log(self.paper_baseline / self.paper_arm)

    @property
    def counts_from(self) -> float:
        """The smallest effect that counts."""
        return self.smallest if self.paper_effect is None else abs(self.paper_effect) / 3
