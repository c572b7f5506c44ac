"""The words of a study: an arm, what tuned it, an experiment, a measure, a claim with its test, a paper."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal, Protocol

from discriminative._checks import check_number, require
from discriminative.runs import Run
from discriminative.statistics import (
    Values,
    Verdict,
    judge,
    judge_equivalence,
    judge_errors,
    judge_flat,
    judge_ordered,
)

__all__ = [
    "Arm", "Claim", "Criterion", "Evidence", "Experiment", "Fewer", "Flat", "Less", "Measure", "More", "Ordered",
    "Paper", "Proved", "Tuning", "Within",
]  # fmt: skip

TEST_ERROR = "test error"


@dataclass(frozen=True)
class Arm:
    """One setting of an experiment, repeated over seeds.

    Args:
        name: short and unique within the experiment; its first word names the loss, and decides its colour.
        run: the setting, at seed 0.
        seeds: which seeds it is repeated over.
        row: the row of the paper's table that it stands beside, if any.
    """

    name: str
    run: Run
    seeds: tuple[int, ...]
    row: str | None = None

    def runs(self) -> list[Run]:
        return list(self._runs)

    @cached_property
    def _runs(self) -> tuple[Run, ...]:
        """Made once: each keeps its id, which takes longer to spell out than its record takes to read."""
        return tuple(self.run.with_seed(seed) for seed in self.seeds)


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
class Tuning:
    """Configurations tried under the tuning seeds, and which of them stands for each arm: the best on validation.

    Its runs are never evidence. A test computes every choice from the records again.

    Args:
        name: of the experiment that runs it; it holds the word "tuning".
        place: as for an experiment.
        title: as for an experiment.
        arms: the configurations. A configuration's name starts with that of the arm that it is tried for.
        chosen: the arm to the configuration that was chosen for it, among those whose names start with the arm's.
        profile: at which they are run.
    """

    name: str
    place: str
    title: str
    arms: tuple[Arm, ...]
    chosen: Mapping[str, str]
    profile: str = "laptop"

    def experiment(self) -> Experiment:
        return Experiment(self.name, self.place, self.title, {self.profile: self.arms})

    def among(self, name: str) -> tuple[Arm, ...]:
        """The configurations that were tried for an arm."""
        return tuple(arm for arm in self.arms if arm.name.startswith(f"{name} "))

    def configuration(self, name: str) -> Run:
        """The run of a configuration by its own name, chosen or not."""
        found = {arm.name: arm.run for arm in self.arms}
        require(name in found, "configuration must be one of {}, got {!r}", sorted(found), name)
        return found[name]

    def arm(self, name: str, seeds: int, row: str | None = None) -> Arm:
        """The arm of that name at the configuration that was chosen for it, over seeds 0, 1, ..."""
        require(name in self.chosen, "arm must be one of {}, got {!r}", sorted(self.chosen), name)
        return Arm(name, self.configuration(self.chosen[name]), tuple(range(seeds)), row)


@dataclass(frozen=True)
class Measure:
    """A number of a record; whether more of it is good is for a claim to say.

    Args:
        value: of a finished record; ``KeyError`` for one from before its geometry held what is needed.
        unit: of the number and of a difference, e.g. ``"degrees"``; empty for a cosine.
        more: what a positive difference is, e.g. ``"wider"``.
        less: what a negative one is.
        what: what is measured, as the first words of a sentence.
    """

    value: Callable[[dict[str, Any]], float]
    unit: str
    more: str
    less: str
    what: str


# ---------------------------------------------------------------------------------------------------------------------
# Tests of claims. Each knows its arms, judges the evidence and tells its criterion in words; each can be contradicted.


class Evidence(Protocol):
    """What records say of the arms of an experiment; ``evidence.Arms`` is one."""

    def values(self, arm: str, measure: str) -> Values:
        """A measure by seed, ``None`` where a run diverged."""

    def wrong(self, arm: str) -> dict[int, int | None]:
        """Wrong test answers by seed, ``None`` where a run diverged."""

    @property
    def images(self) -> int:
        """Size of the test set."""


class Criterion(Protocol):
    """How records answer a claim."""

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that it reads, what it measures against first and what the claim is about last."""

    @property
    def measure(self) -> str:
        """A name in ``measures``; empty for what is proved."""

    @property
    def counts_from(self) -> float:
        """The smallest effect that counts; for an equivalence the half-width."""

    def judge(self, evidence: Evidence) -> Verdict: ...

    def criterion(self, measure: Measure | None) -> str:
        """When the claim holds, in words."""


@dataclass(frozen=True)
class Fewer:
    """The arm errs less on the test images than the baseline, by the log ratio of the errors, paired by seed.

    Args:
        arm: the arm that the claim is about.
        baseline: the arm that it is measured against.
        paper: the paper's errors of baseline and arm in percent, where it prints them; a third of their log ratio is
            the smallest effect that counts.
        smallest: that effect, where the paper prints none.
        or_baseline_diverges: the claim also holds where three of five baseline runs or more diverge and no arm's does.
    """

    arm: str
    baseline: str
    paper: tuple[float, float] | None = None
    smallest: float | None = None
    or_baseline_diverges: bool = False
    measure: ClassVar[str] = TEST_ERROR

    def __post_init__(self) -> None:
        require(self.paper is not None or self.smallest is not None, "Fewer needs paper or smallest, got neither")
        if self.smallest is not None:
            check_number("smallest", self.smallest, at_least=0)

    @property
    def arms(self) -> tuple[str, ...]:
        return self.baseline, self.arm

    @property
    def paper_effect(self) -> float | None:
        """g of the paper's printed errors, if it prints them."""
        return None if self.paper is None else math.log(self.paper[0] / self.paper[1])

    @property
    def counts_from(self) -> float:
        return self.smallest if self.smallest is not None else abs(self.paper_effect or 0.0) / 3

    def judge(self, evidence: Evidence) -> Verdict:
        baseline, arm = evidence.wrong(self.baseline), evidence.wrong(self.arm)
        told = {"or_baseline_diverges": self.or_baseline_diverges}
        return judge_errors(baseline, arm, evidence.images, self.counts_from, **told)

    def criterion(self, measure: Measure | None) -> str:
        why = "" if self.paper is None or self.smallest is not None else ", a third of the paper's effect"
        change = 100 * math.expm1(-self.counts_from)
        told = (
            f"{self.arm} against {self.baseline}, log ratio of the test errors paired by seed: the 95 % interval above "
            f"0 and the mean at least {self.counts_from:.3g} ({change:+.1f} % of the error{why})"
        )
        return told + ("; or three of five runs of the baseline diverge" if self.or_baseline_diverges else "")


@dataclass(frozen=True)
class _OfArm:
    """A measure of one arm: by itself, or beside a baseline's by seed."""

    measure: str
    arm: str
    baseline: str | None = None
    smallest: float = math.nan

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.arm,) if self.baseline is None else (self.baseline, self.arm)

    @property
    def counts_from(self) -> float:
        return self.smallest

    def _both(self, evidence: Evidence, alone: float) -> tuple[Values, Values]:
        """What the arm is measured against, the number ``alone`` where it has no baseline; and the arm's values."""
        arm = evidence.values(self.arm, self.measure)
        if self.baseline is None:
            return dict.fromkeys(arm, alone), arm
        return evidence.values(self.baseline, self.measure), arm


@dataclass(frozen=True)
class _Difference(_OfArm):
    than: float = 0.0
    sign: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_number("smallest", self.smallest, at_least=0)

    def judge(self, evidence: Evidence) -> Verdict:
        against, arm = self._both(evidence, self.than)
        return judge(_times(self.sign, against), _times(self.sign, arm), self.smallest)

    def criterion(self, measure: Measure | None) -> str:
        word, unit, what = _words(measure, self.measure, self.sign > 0)
        beside = f"{self.than:g}" if self.baseline is None else f"{self.baseline}, paired by seed"
        return (
            f"{what}, {self.arm} against {beside}: {word}, the 95 % interval on that side of 0 and the mean at least "
            f"{_number(self.smallest, unit)}"
        )


@dataclass(frozen=True)
class More(_Difference):
    """The arm has more of a measure than the baseline, paired by seed; without a baseline, more than a number.

    Args:
        measure: a name in ``measures``, the book's or the paper's own.
        arm: the arm that the claim is about.
        baseline: the arm that it is measured against; ``None`` for a claim about one arm alone.
        smallest: the smallest difference that counts, in the measure's units.
        than: what the arm is measured against where there is no baseline.
    """


@dataclass(frozen=True)
class Less(_Difference):
    """The arm has less of a measure than the baseline, or than a number; arguments as for :class:`More`."""

    sign: ClassVar[int] = -1


@dataclass(frozen=True)
class Within(_OfArm):
    """A measure of an arm, or its difference to the baseline's by seed, is within ``smallest`` of ``target``."""

    target: float = 0.0

    def __post_init__(self) -> None:
        check_number("smallest", self.smallest, above=0)

    def judge(self, evidence: Evidence) -> Verdict:
        against, arm = self._both(evidence, 0.0)
        off: Values = {
            seed: None if (a := arm[seed]) is None or (b := against[seed]) is None else a - b - self.target
            for seed in sorted(arm.keys() & against.keys())
        }
        return judge_equivalence(off, self.smallest)

    def criterion(self, measure: Measure | None) -> str:
        _, unit, what = _words(measure, self.measure, True)
        beside = "" if self.baseline is None else f" less that of {self.baseline}, paired by seed"
        return f"{what}, {self.arm}{beside}: the 90 % interval within {_number(self.smallest, unit)} of {self.target:g}"


@dataclass(frozen=True)
class Ordered:
    """A measure rises from arm to arm (or falls, unless ``rising``), each step by ``smallest`` or more, paired by seed.

    The weakest step decides whether it is reproduced; any step can contradict, at a level divided by the number of
    steps.
    """

    measure: str
    arms: tuple[str, ...]
    smallest: float
    rising: bool = True

    def __post_init__(self) -> None:
        require(len(set(self.arms)) == len(self.arms) >= 2, "arms must be two or more, got {!r}", self.arms)
        check_number("smallest", self.smallest, at_least=0)

    @property
    def arm(self) -> str:
        return self.arms[-1]

    @property
    def counts_from(self) -> float:
        return self.smallest

    def judge(self, evidence: Evidence) -> Verdict:
        sign = 1 if self.rising else -1
        return judge_ordered([_times(sign, evidence.values(arm, self.measure)) for arm in self.arms], self.smallest)

    def criterion(self, measure: Measure | None) -> str:
        _, unit, what = _words(measure, self.measure, True)
        return (
            f"{what} {'rises' if self.rising else 'falls'} along {', '.join(self.arms)}, paired by seed: at every step "
            f"the 95 % interval on that side of 0 and the mean at least {_number(self.smallest, unit)}"
        )


@dataclass(frozen=True)
class Flat:
    """A measure does not change along a sweep: no trend, and no arm off the sweep's mean, by ``smallest`` or more."""

    measure: str
    arms: tuple[str, ...]
    smallest: float

    def __post_init__(self) -> None:
        require(len(set(self.arms)) == len(self.arms) >= 2, "arms must be two or more, got {!r}", self.arms)
        check_number("smallest", self.smallest, above=0)

    @property
    def arm(self) -> str:
        return self.arms[-1]

    @property
    def counts_from(self) -> float:
        return self.smallest

    def judge(self, evidence: Evidence) -> Verdict:
        return judge_flat([evidence.values(arm, self.measure) for arm in self.arms], self.smallest)

    def criterion(self, measure: Measure | None) -> str:
        _, unit, what = _words(measure, self.measure, True)
        return (
            f"{what} along {', '.join(self.arms)}, by seed: the 90 % intervals of the fitted change from first to last "
            f"and of each arm's distance to the mean of all within {_number(self.smallest, unit)} of 0"
        )


@dataclass(frozen=True)
class Proved:
    """The claim is a theorem: ``label`` is that of the proposition whose proof is in the chapter."""

    label: str
    arms: ClassVar[tuple[str, ...]] = ()
    arm: ClassVar[str] = ""
    measure: ClassVar[str] = ""
    counts_from: ClassVar[float] = 0.0

    def judge(self, evidence: Evidence) -> Verdict:
        return Verdict("reproduced", "proved, and checked where the proof stands")

    def criterion(self, measure: Measure | None) -> str:
        return f"a proof, with an executed check ({self.label})"


def _times(sign: int, values: Values) -> Values:
    return {seed: None if value is None else sign * value for seed, value in values.items()}


def _words(measure: Measure | None, name: str, more: bool) -> tuple[str, str, str]:
    """The word of a difference, the unit, and what is measured."""
    if measure is None:
        return "more" if more else "less", "", name
    return measure.more if more else measure.less, measure.unit, measure.what


def _number(value: float, unit: str) -> str:
    return f"{value:g} {unit}".strip()


# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Claim:
    """A sentence of a paper, and the test that records put it to.

    Args:
        id: as in the book's list of claims.
        place: where the paper says it.
        statement: the claim, in one sentence, in the paper's words or fewer.
        scale: what the verdict speaks of, e.g. ``"2,000 MNIST images"``.
        test: how records answer it.
        experiment: whose records decide; empty for a claim that is proved.
        profile: whose arms of the experiment are compared, ``"laptop"`` or ``"paper"``.
        says: who says it; what we infer ourselves is ours.
        confirmatory: named before its records, under Holm's correction; all others are exploratory.
        paper_scale: what the paper's printed errors are about, where that is not ``scale``.
        whose: of which arm the numbers are, e.g. ``"without incay"``, where it is the one that lacks what the paper
            proposes; the first page does not show them as ours.
    """

    id: str
    place: str
    statement: str
    scale: str
    test: Fewer | More | Less | Within | Ordered | Flat | Proved
    experiment: str = ""
    profile: str = "laptop"
    says: Literal["paper", "our reading", "our prediction", "our question"] = "paper"
    confirmatory: bool = False
    paper_scale: str = ""
    whose: str = ""

    def __post_init__(self) -> None:
        proved = isinstance(self.test, Proved)
        require(proved != bool(self.experiment), "{}: records of an experiment decide, or a proof does", self.id)

    @property
    def paper_effect(self) -> float | None:
        """g of the paper's printed errors, if it prints them."""
        return self.test.paper_effect if isinstance(self.test, Fewer) else None


@dataclass(frozen=True)
class Paper:
    """All that is of one paper; ``PAPER`` of its folder in ``papers``.

    Args:
        name: of the folder, e.g. ``"incay"``.
        title: of the paper.
        citation: its key in ``references.bib``.
        notebook: the chapter's file name without its ending.
        prefix: of its labels, ``eq-<prefix>-...``; empty for the first chapter.
        experiments: what it trains.
        claims: what it says.
        tunings: what chose its settings; each is an experiment too.
        measures: those that only its claims use.
        colours: of losses that only it has, by the first word of an arm's name.
        waiting: what the plan at paper scale cannot list yet of the experiments of these names (of all for none), a
            line each, with its hours.
        idea: what it says, in a line of the first page.
        thumbnail: the key of the chapter's figure that stands on its card there; its first figure, unless given.
        words: of the first words of an arm's name, what a reader who does not know the paper is told in their place.
    """

    name: str
    title: str
    citation: str
    notebook: str
    prefix: str
    experiments: Sequence[Experiment]
    claims: Sequence[Claim]
    tunings: Sequence[Tuning] = ()
    measures: Mapping[str, Measure] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    waiting: Callable[[Sequence[str]], list[str]] = lambda names: []
    idea: str = ""
    thumbnail: str = ""
    words: Mapping[str, str] = field(default_factory=dict)

    def all_experiments(self) -> Iterable[Experiment]:
        yield from self.experiments
        for tuning in self.tunings:
            yield tuning.experiment()
