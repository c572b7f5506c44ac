"""A run is a value: it survives JSON, and its name depends on what differs from the defaults alone."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields, replace

import pytest

from discriminative import runs
from discriminative.runs import SCHEMA, BlendSchedule, Head, Optimizer, Run, Schedule, Stage, Term, canonical


def test_json_round_trip_keeps_the_run_and_its_id(tiny: Run) -> None:
    again = Run.from_json(json.loads(json.dumps(tiny.to_json())))
    assert again == tiny
    assert again.id == tiny.id


FULL = {
    "terms": (
        Term("CenterLoss", 0.1, starts=0.1, stops=0.5, rate=0.5),
        Term("FeatureIncay", 1.0, {"form": "log"}, on="preactivation"),
    ),
    "classes": (0, 1, 5),
    "stages": (Stage(0.25, Head("LSoftmax", {"margin": 2}), BlendSchedule(5.0)), Stage(0.5, rate=0.1)),
    "feature_scale": 4.0,
    "batch_norm": True,
    "label_smoothing": 0.1,
    "fixed_weight": "orthonormal",
    "optimizer": Optimizer(0.05, head_decay=0.0),
}


def test_terms_stages_and_subsets_survive_json(tiny: Run) -> None:
    run = replace(tiny, **FULL)  # type: ignore[arg-type]
    again = Run.from_json(json.loads(json.dumps(run.to_json())))
    assert again == run
    assert again.id == run.id


def test_the_id_of_terms_and_stages_counts_what_differs_from_the_defaults(plain: Run) -> None:
    """Written out: a default given in words is no other run, and a field added to a term later changes no old id."""
    run = replace(plain, optimizer=Optimizer(), batch_size=256, schedule=Schedule(), train_size=None)
    run = replace(run, terms=(Term("CenterLoss", 0.1, {}, rate=0.5),), stages=(Stage(0.5, Head("Softmax")),))
    differing = {
        "dataset": "digits", "network": "mlp", "feature_dim": 8, "head": {"name": "Softmax"}, "seed": 3,
        "terms": [{"name": "CenterLoss", "coefficient": 0.1, "rate": 0.5}],
        "stages": [{"starts": 0.5, "head": {"name": "Softmax"}}],
    }  # fmt: skip
    text = canonical({"schema": SCHEMA, "run": differing})
    assert run.id == hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(
    "change",
    [{"coefficient": 0.2}, {"arguments": {"x": 1}}, {"starts": 0.1}, {"stops": 0.9}, {"rate": 0.5},
     {"on": "preactivation"}],
)  # fmt: skip
def test_every_setting_of_a_term_changes_the_id(tiny: Run, change: dict[str, object]) -> None:
    term = Term("CenterLoss", 0.1)
    other = replace(term, **change)  # type: ignore[arg-type]
    assert replace(tiny, terms=(other,)).id != replace(tiny, terms=(term,)).id


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
        {"terms": (Term("CenterLoss", 0.1),)},
        {"classes": (0, 1, 5)},
        {"stages": (Stage(0.5, Head("ArcFace", {"margin": 0.5, "scale": 16.0})),)},
        {"fixed_weight": "simplex"},
        {"feature_scale": 4.0},
        {"batch_norm": True},
        {"label_smoothing": 0.1},
        {"trainable": "head"},
        {"head_start": 2.0},
        {"optimizer": Optimizer(0.05, head_decay=0.0)},
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
        ({"optimizer": Optimizer(head_decay=-1.0)}, "optimizer.head_decay"),
        ({"terms": ({"name": "CenterLoss"},)}, "Term objects"),
        ({"terms": (Term("CenterLoss", float("nan")),)}, "term.coefficient"),
        ({"terms": (Term("CenterLoss", 1.0, starts=-0.1),)}, "term.starts"),
        ({"terms": (Term("CenterLoss", 1.0, starts=0.5, stops=0.5),)}, "term.stops"),
        ({"terms": (Term("CenterLoss", 1.0, stops=1.5),)}, "term.stops"),
        ({"terms": (Term("CenterLoss", 1.0, rate=-1.0),)}, "term.rate"),
        ({"terms": (Term("CenterLoss", 1.0, on="logits"),)}, "term.on"),  # type: ignore[arg-type]
        ({"classes": (3,)}, "classes"),
        ({"classes": (3, 1)}, "classes"),
        ({"classes": (1, 1)}, "classes"),
        ({"classes": (-1, 1)}, "classes"),
        ({"stages": (Stage(0.5),)}, "a stage must change"),
        ({"stages": (Stage(0.0, rate=0.1),)}, "stage.starts"),
        ({"stages": (Stage(1.0, rate=0.1),)}, "stage.starts"),
        ({"stages": (Stage(0.5, rate=0.1), Stage(0.501, rate=0.1))}, "stage.starts"),
        ({"stages": (Stage(0.5, rate=0.0),)}, "stage.rate"),
        ({"stages": ({"starts": 0.5},)}, "Stage objects"),
        ({"fixed_weight": "identity"}, "fixed_weight"),
        ({"fixed_weight": "random", "trainable": "head"}, "fixed_weight"),
        ({"fixed_weight": "random", "head_start": 2.0}, "fixed_weight"),
        ({"feature_scale": 0.0}, "feature_scale"),
        ({"head_start": 0.0}, "head_start"),
        ({"batch_norm": 1}, "batch_norm"),
        ({"label_smoothing": 1.0}, "label_smoothing"),
        ({"label_smoothing": -0.1}, "label_smoothing"),
        ({"label_smoothing": 0.1, "loss": "hinge"}, "label_smoothing"),
        ({"trainable": "tail"}, "trainable"),
    ],
)
def test_a_bad_setting_is_named(tiny: Run, change: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        replace(tiny, **change)  # type: ignore[arg-type]


def test_profiles_and_tuning_seeds_are_the_documented_ones() -> None:
    assert runs.PROFILES == ("quick", "laptop", "paper")
    assert runs.TUNING_SEEDS == (100, 101, 102)
