"""A run is a value: it survives JSON, and its name depends on what differs from the defaults alone."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields, replace

import pytest

from discriminative import runs
from discriminative.runs import SCHEMA, BlendSchedule, Optimizer, Run, Schedule, canonical


def test_json_round_trip_keeps_the_run_and_its_id(tiny: Run) -> None:
    again = Run.from_json(json.loads(json.dumps(tiny.to_json())))
    assert again == tiny
    assert again.id == tiny.id


def test_id_is_the_documented_hash(plain: Run) -> None:
    run = replace(plain, optimizer=Optimizer(), batch_size=256, schedule=Schedule())
    differing = {
        "dataset": "digits", "network": "mlp", "feature_dim": 8, "head": {"name": "Softmax"}, "seed": 3,
        "train_size": 200,
    }  # fmt: skip
    text = canonical({"schema": SCHEMA, "run": differing})
    assert run.id == hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 4},
        {"batch_size": 16},
        {"blend": BlendSchedule(5.0)},
        {"optimizer": Optimizer(0.01)},
        {"fit_on": "train+validation"},
    ],
)
def test_every_setting_changes_the_id(tiny: Run, change: dict[str, object]) -> None:
    assert replace(tiny, **change).id != tiny.id  # type: ignore[arg-type]


def test_a_field_added_later_with_a_default_changes_no_old_id(tiny: Run) -> None:
    @dataclass(frozen=True)
    class Later(Run):
        warmth: float = 0.0

    later = Later(**{field.name: getattr(tiny, field.name) for field in fields(tiny)})
    assert later.id == tiny.id
    assert replace(later, warmth=1.0).id != tiny.id


def test_schedule_drops_at_its_fractions() -> None:
    schedule = Schedule(steps=18_000)
    rates = [schedule.rate(0.1, step) for step in (0, 11_999, 12_000, 14_999, 15_000)]
    assert rates == pytest.approx([0.1, 0.1, 0.01, 0.01, 0.001])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"feature_dim": 0}, "feature_dim"),
        ({"seed": -1}, "seed"),
        ({"optimizer": Optimizer(rate=0)}, "optimizer.rate"),
        ({"precision": "float16"}, "precision"),
        ({"fit_on": "test"}, "fit_on"),
    ],
)
def test_a_bad_setting_is_named(tiny: Run, change: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        replace(tiny, **change)  # type: ignore[arg-type]


def test_profiles_and_tuning_seeds_are_the_documented_ones() -> None:
    assert runs.PROFILES == ("quick", "laptop", "paper")
    assert runs.TUNING_SEEDS == (100, 101, 102)
