"""A run: everything that decides one training, as plain values with a stable name."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Literal

from discriminative._checks import check_integer, check_number, require

__all__ = ["PROFILES", "SCHEMA", "TUNING_SEEDS", "BlendSchedule", "Head", "Optimizer", "Run", "Schedule", "canonical"]

SCHEMA = 1
PROFILES = ("quick", "laptop", "paper")
TUNING_SEEDS = (100, 101, 102)


@dataclass(frozen=True)
class Head:
    """A head by its name in ``discriminative.losses`` and its hyper-parameters beyond the two widths."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BlendSchedule:
    """Lambda from ``start`` to ``floor``, reached at that fraction of the run (``losses.Blend``)."""

    floor: float
    start: float = 1000.0
    reached: float = 0.4


@dataclass(frozen=True)
class Optimizer:
    """SGD; the decay acts on weights, not on biases, slopes or batch-norm parameters."""

    rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4


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
        terms: losses added to cross-entropy, each ``{"name", "coefficient", "arguments"}``.
        optimizer: rate, momentum, weight decay.
        schedule: steps and drops.
        augmentation: any of ``"flip"``, ``"crop4"``.
        batch_size: images per step; the last, smaller batch of an epoch is left out.
        precision: ``"float32"``, or ``"bfloat16"`` for autocast.
        loss: ``"cross_entropy"`` of the training logits, or ``"hinge"`` over plain scores, one against all with
            margin 1 as in Caffe's layer.
        fit_on: ``"train"``, or ``"train+validation"`` for a final fit without a validation error.
    """

    dataset: str
    network: str
    feature_dim: int
    head: Head
    seed: int
    train_size: int | None = None
    blend: BlendSchedule | None = None
    terms: tuple[dict[str, Any], ...] = ()
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    augmentation: tuple[str, ...] = ()
    batch_size: int = 256
    precision: Literal["float32", "bfloat16"] = "float32"
    fit_on: Literal["train", "train+validation"] = "train"
    loss: Literal["cross_entropy", "hinge"] = "cross_entropy"

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
        for name in ("terms", "augmentation"):
            values[name] = tuple(values.get(name, ()))
        return cls(**values)

    @property
    def id(self) -> str:
        """16 hex digits of the SHA-256 of the schema and of the fields that differ from their defaults."""
        return hashlib.sha256(canonical({"schema": SCHEMA, "run": _differing(self)}).encode()).hexdigest()[:16]

    def with_seed(self, seed: int) -> Run:
        return dataclasses.replace(self, seed=seed)


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
            found[item.name] = _differing(value) if dataclasses.is_dataclass(value) else value
    return found
