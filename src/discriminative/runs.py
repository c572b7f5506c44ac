"""A run: everything that decides one training, as plain values with a stable name."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from discriminative._checks import check_integer, check_number, require

__all__ = [
    "PROFILES", "SCHEMA", "TUNING_SEEDS", "BlendSchedule", "Head", "Optimizer", "Run", "Schedule", "Stage", "Term",
    "canonical",
]  # fmt: skip

SCHEMA = 1
PROFILES = ("quick", "laptop", "paper")
TUNING_SEEDS = (100, 101, 102)


@dataclass(frozen=True)
class Head:
    """A head by its name in ``discriminative.losses`` and its hyper-parameters beyond the two widths."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Term:
    """A loss added to that of the head, by its name in ``discriminative.losses``.

    Args:
        name: a class whose objects are called with (features, labels, weight).
        coefficient: what its value is multiplied with.
        arguments: its hyper-parameters beyond the two widths.
        starts: fraction of the run at which it begins to act.
        stops: fraction from which on it does not.
        rate: of the term's own parameters (centres), dropped as the run's is; the run's own rate for ``None``. They
            never decay.
        on: ``"features"``, or ``"preactivation"``: the features before the network's last activation.
    """

    name: str
    coefficient: float
    arguments: dict[str, Any] = field(default_factory=dict)
    starts: float = 0.0
    stops: float = 1.0
    rate: float | None = None
    on: Literal["features", "preactivation"] = "features"


@dataclass(frozen=True)
class BlendSchedule:
    """Lambda from ``start`` to ``floor``, reached at that fraction of the run (``losses.Blend``)."""

    floor: float
    start: float = 1000.0
    reached: float = 0.4


@dataclass(frozen=True)
class Stage:
    """What changes at a fraction of the run (a warm start): what the heads share keeps its values and its momentum.

    Args:
        starts: the fraction.
        head: the head from then on; ``None`` keeps its kind.
        blend: lambda of that head, its fractions those of the steps until the next head or the end; ``None`` is the
            pure margin, but where ``rate`` alone is given: the head then goes on as it is.
        rate: the schedule's rate is multiplied with this from then on.
    """

    starts: float
    head: Head | None = None
    blend: BlendSchedule | None = None
    rate: float = 1.0


@dataclass(frozen=True)
class Optimizer:
    """SGD; the decay acts on weights, not on biases, slopes or batch-norm parameters.

    ``head_decay`` is that of the head's weights where it is another than the network's.
    """

    rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    head_decay: float | None = None


@dataclass(frozen=True)
class Schedule:
    """Optimiser steps, and the fractions of them at which the rate is multiplied by ``factor``.

    The default drops are the thesis': 12k and 15k of 18k iterations.
    """

    steps: int = 18_000
    drops: tuple[float, ...] = (2 / 3, 5 / 6)
    factor: float = 0.1

    def rate(self, initial: float, step: int) -> float:
        return initial * self.factor ** sum(step >= round(drop * self.steps) for drop in self.drops)


@dataclass(frozen=True)
class Run:
    """One training, from the data to the seed.

    Args:
        dataset: a name in ``data.DATASETS``.
        network: a name in ``networks.NETWORKS``.
        feature_dim: D, what the network puts out.
        head: the head that turns features into logits.
        seed: decides initialisation, batch order, augmentation and which part of the training set is drawn.
        train_size: images drawn from the training part; ``None`` takes all.
        blend: lambda of a margin head; ``None`` is the pure margin.
        terms: losses added to the head's.
        optimizer: rate, momentum, weight decay.
        schedule: steps and drops.
        augmentation: any of ``"flip"``, ``"crop4"``.
        batch_size: images per step; the last, smaller batch of an epoch is left out.
        precision: ``"float32"``, or ``"bfloat16"`` for autocast.
        loss: ``"cross_entropy"`` of the training logits, or ``"hinge"`` over plain scores, one against all with
            margin 1 as in Caffe's layer.
        fit_on: ``"train"``, or ``"train+validation"`` for a final fit without a validation error.
        classes: those of the data set that are used, rising; they become 0, 1, ... in this order. Empty for all.
        stages: what changes on the way.
        fixed_weight: class weights that are drawn and never trained, rows of length one: ``"orthonormal"``,
            ``"simplex"`` (all pairs at the largest common angle), ``"random"`` directions, or ``"dependent"`` (random
            within a random subspace of half as many dimensions, rounded up); ``"none"`` trains them.
        feature_scale: the head sees the features times this; terms and measures see the features.
        batch_norm: a ``BatchNorm1d`` between the network and the head, part of the network: what it puts out are the
            features.
        label_smoothing: this share of the target is spread evenly over all classes.
        trainable: ``"all"``, the ``"head"`` alone or the ``"network"`` alone; the rest stays at its start.
        head_start: factor on the class weights that training starts from.
    """

    dataset: str
    network: str
    feature_dim: int
    head: Head
    seed: int
    train_size: int | None = None
    blend: BlendSchedule | None = None
    terms: tuple[Term, ...] = ()
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    augmentation: tuple[str, ...] = ()
    batch_size: int = 256
    precision: Literal["float32", "bfloat16"] = "float32"
    fit_on: Literal["train", "train+validation"] = "train"
    loss: Literal["cross_entropy", "hinge"] = "cross_entropy"
    classes: tuple[int, ...] = ()
    stages: tuple[Stage, ...] = ()
    fixed_weight: Literal["none", "orthonormal", "simplex", "random", "dependent"] = "none"
    feature_scale: float = 1.0
    batch_norm: bool = False
    label_smoothing: float = 0.0
    trainable: Literal["all", "head", "network"] = "all"
    head_start: float = 1.0

    def __post_init__(self) -> None:
        check_integer("feature_dim", self.feature_dim)
        check_integer("batch_size", self.batch_size)
        check_integer("schedule.steps", self.schedule.steps)
        check_integer("seed", self.seed, at_least=0)
        check_number("optimizer.rate", self.optimizer.rate, above=0)
        check_number("optimizer.momentum", self.optimizer.momentum, at_least=0)
        check_number("optimizer.weight_decay", self.optimizer.weight_decay, at_least=0)
        require(
            self.precision in ("float32", "bfloat16"), "precision must be float32 or bfloat16, got {!r}", self.precision
        )
        require(self.loss in ("cross_entropy", "hinge"), "loss must be cross_entropy or hinge, got {!r}", self.loss)
        require(
            self.fit_on in ("train", "train+validation"),
            "fit_on must be train or train+validation, got {!r}",
            self.fit_on,
        )
        if self.optimizer.head_decay is not None:
            check_number("optimizer.head_decay", self.optimizer.head_decay, at_least=0)
        _check_choice("fixed_weight", self.fixed_weight, FIXED_WEIGHTS)
        _check_choice("trainable", self.trainable, ("all", "head", "network"))
        check_number("feature_scale", self.feature_scale, above=0)
        check_number("head_start", self.head_start, above=0)
        check_number("label_smoothing", self.label_smoothing, at_least=0)
        require(self.label_smoothing < 1, "label_smoothing must be below 1, got {!r}", self.label_smoothing)
        smoothed = self.loss == "hinge" and self.label_smoothing > 0
        require(not smoothed, "label_smoothing must be 0 for the hinge, got {!r}", self.label_smoothing)
        require(isinstance(self.batch_norm, bool), "batch_norm must be True or False, got {!r}", self.batch_norm)
        idle = self.fixed_weight != "none" and (self.trainable == "head" or self.head_start != 1)
        require(not idle, "fixed_weight must be none where the head alone is trained or head_start is given, got {!r}",
                self.fixed_weight)  # fmt: skip
        self._check_classes()
        for term in self.terms:
            _check_term(term)
        self._check_stages()

    def _check_classes(self) -> None:
        for number in self.classes:
            check_integer("classes", number, at_least=0)
        rising = list(self.classes) == sorted(set(self.classes)) and len(self.classes) != 1
        require(rising, "classes must be two or more, rising, or empty, got {}", list(self.classes))

    def _check_stages(self) -> None:
        """Each begins at a step of its own, after the first step and before the last."""
        before = 0
        for stage in self.stages:
            require(isinstance(stage, Stage), "stages must hold Stage objects, got {!r}", stage)
            check_number("stage.starts", stage.starts)
            check_number("stage.rate", stage.rate, above=0)
            step = round(stage.starts * self.schedule.steps)
            ordered = before < step < self.schedule.steps
            require(ordered, "stage.starts must rise within the run, each at a step of its own, got {}",
                    [other.starts for other in self.stages])  # fmt: skip
            idle = stage.head is None and stage.blend is None and stage.rate == 1
            require(not idle, "a stage must change the head, its blend or the rate, got {!r}", stage)
            before = step

    def to_json(self) -> dict[str, Any]:
        """Every field, as JSON values."""
        values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Run:
        """The run that :meth:`to_json` wrote."""
        values = dict(values)
        values["head"] = Head(**values["head"])
        values["blend"] = None if values.get("blend") is None else BlendSchedule(**values["blend"])
        values["optimizer"] = Optimizer(**values.get("optimizer", {}))
        schedule = dict(values.get("schedule", {}))
        if "drops" in schedule:
            schedule["drops"] = tuple(schedule["drops"])
        values["schedule"] = Schedule(**schedule)
        for name in ("augmentation", "classes"):
            values[name] = tuple(values.get(name, ()))
        values["terms"] = tuple(Term(**term) for term in values.get("terms", ()))
        values["stages"] = tuple(_stage(stage) for stage in values.get("stages", ()))
        return cls(**values)

    @cached_property
    def id(self) -> str:
        """16 hex digits of the SHA-256 of the schema and of the fields that differ from their defaults."""
        return hashlib.sha256(canonical({"schema": SCHEMA, "run": _differing(self)}).encode()).hexdigest()[:16]

    @property
    def last_blend(self) -> BlendSchedule | None:
        """The blend that the run ends with: its own, or that of the last stage which changes the head."""
        changes = [stage.blend for stage in self.stages if stage.head is not None or stage.blend is not None]
        return changes[-1] if changes else self.blend

    def with_seed(self, seed: int) -> Run:
        return dataclasses.replace(self, seed=seed)


FIXED_WEIGHTS = ("none", "orthonormal", "simplex", "random", "dependent")


def _check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    require(value in choices, "{} must be one of {}, got {!r}", name, choices, value)


def _check_term(term: Any) -> None:
    require(isinstance(term, Term), "terms must hold Term objects, got {!r}", term)
    check_number("term.coefficient", term.coefficient)
    if term.rate is not None:
        check_number("term.rate", term.rate, at_least=0)
    check_number("term.starts", term.starts, at_least=0)
    check_number("term.stops", term.stops, above=term.starts)
    require(term.stops <= 1, "term.stops must be at most 1, got {!r}", term.stops)
    _check_choice("term.on", term.on, ("features", "preactivation"))


def _stage(values: dict[str, Any]) -> Stage:
    values = dict(values)
    for name, kind in (("head", Head), ("blend", BlendSchedule)):
        values[name] = None if values.get(name) is None else kind(**values[name])
    return Stage(**values)


def canonical(values: Any) -> str:
    """JSON with sorted keys and no spaces: one text for one value."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _differing(part: Any) -> dict[str, Any]:
    """The fields of a dataclass that differ from their defaults, those of nested ones likewise."""
    found = {}
    for item in dataclasses.fields(part):
        value = getattr(part, item.name)
        default = item.default if item.default_factory is dataclasses.MISSING else item.default_factory()
        if value != default:
            found[item.name] = _spelled(value)
    return found


def _spelled(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_spelled(part) for part in value]
    return _differing(value) if dataclasses.is_dataclass(value) else value
