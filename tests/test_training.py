"""The loop: seeded end to end, resumed to the byte, stopped by a loss that is no number."""

from __future__ import annotations

import itertools
import json
import math
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from discriminative.data import Dataset, Split, load, normalise
from discriminative.ledger import correctness
from discriminative.runs import BlendSchedule, Head, Optimizer, Run, Schedule, Stage, Term
from discriminative.training import Checkpoint, Interrupted, build, loop, train
from discriminative.training.evaluation import contrast
from discriminative.training.model import Model

COMPARED = ("metrics", "curves", "geometry", "status", "id", "run")


def result(record: dict[str, Any]) -> str:
    return json.dumps({key: record[key] for key in COMPARED})


def test_a_run_gives_the_same_record_twice(tiny: Run) -> None:
    torch.manual_seed(1)
    first = train(tiny)[0]
    torch.manual_seed(2)  # the global generator decides nothing
    assert result(train(tiny)[0]) == result(first)


def test_a_record_tells_the_result(tiny: Run) -> None:
    record, arrays = train(tiny)
    metrics = record["metrics"]
    assert record["status"] == "finished"
    assert metrics["test"]["images"] == 360
    assert metrics["test"]["wrong"] == 360 - correctness(record).sum() < 100
    assert metrics["train_images"] == 200
    assert metrics["steps"] == 60
    assert metrics["final_blend"] == record["curves"]["blend"][-1] == 1.0
    assert record["curves"]["step"][-1] == 60
    assert record["curves"]["loss"][0] > record["curves"]["loss"][-1]
    assert len(record["curves"]["loss"]) == 40
    assert 0 < record["geometry"]["own_angle"] < record["geometry"]["rival_angle"]
    assert len(json.dumps(record)) <= 8192
    assert not arrays


def test_a_two_dimensional_feature_leaves_its_picture(tiny: Run) -> None:
    _, arrays = train(replace(tiny, network="mlp-linear", feature_dim=2))
    assert arrays["features"].shape == (360, 2)
    assert arrays["weight"].shape == (10, 2)


def test_heads_under_one_seed_share_the_network_and_the_order(tiny: Run, plain: Run) -> None:
    one, other = build(tiny, 10), build(plain, 10)
    for a, b in zip(one[0].parameters(), other[0].parameters(), strict=True):
        assert torch.equal(a, b)
    assert torch.equal(one[1].get_parameter("weight"), other[1].get_parameter("weight"))
    changed = build(replace(tiny, seed=4), 10)
    assert not torch.equal(next(iter(one[0].parameters())), next(iter(changed[0].parameters())))


def test_a_wider_head_leaves_the_network_as_it_is(plain: Run) -> None:
    ten, twenty = build(plain, 10)[0], build(plain, 20)[0]
    assert all(torch.equal(a, b) for a, b in zip(ten.parameters(), twenty.parameters(), strict=True))


def test_margin_one_is_softmax_to_the_last_digit_of_its_errors(plain: Run) -> None:
    bent = train(replace(plain, head=Head("LSoftmax", {"margin": 1})))[0]
    assert bent["metrics"]["test"]["wrong"] == train(plain)[0]["metrics"]["test"]["wrong"]


def test_decay_spares_biases_and_slopes(plain: Run, tmp_path: Path) -> None:
    """At this rate nothing is learned, and each of nine steps takes a hundredth of what decays."""
    optimizer = Optimizer(rate=1e-12, momentum=0.0, weight_decay=1e10)
    run, checkpoint, asked = replace(plain, optimizer=optimizer), Checkpoint(tmp_path / "run.pt"), iter(range(1000))
    with pytest.raises(Interrupted, match="stopped at step 9"):
        train(run, checkpoint=checkpoint, stop=lambda: next(asked) == 8)
    state: Any = checkpoint.load()
    for part, module in zip(("network", "head"), build(run, 10), strict=True):
        for name, before in module.named_parameters():
            share = 0.99**9 if before.ndim > 1 else 1.0
            torch.testing.assert_close(state[part][name], share * before.detach(), rtol=1e-5, atol=1e-7, msg=name)


def test_a_final_fit_has_no_validation_error(plain: Run) -> None:
    record = train(replace(plain, fit_on="train+validation", train_size=None, schedule=Schedule(5)))[0]
    assert record["metrics"]["validation"] is None
    assert record["metrics"]["train_images"] == 1077 + 360


def test_a_loss_that_is_no_number_stops_the_run_and_is_recorded(plain: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run = replace(plain, optimizer=Optimizer(rate=1e12), schedule=Schedule(500))
    record, _ = train(run)
    step = record["metrics"]["first_bad_step"]
    assert record["status"] == "diverged"
    assert 0 < step < 50
    assert record["metrics"]["steps"] == 50  # the flag on the device is read every 50 steps
    assert "test" not in record["metrics"]
    told = capsys.readouterr().out
    assert run.id in told
    assert f"step {step}" in told


def test_an_update_that_ruins_the_weights_at_the_last_step_is_a_divergence(plain: Run) -> None:
    record, _ = train(replace(plain, optimizer=Optimizer(rate=1e30), schedule=Schedule(1)))
    assert record["status"] == "diverged"
    assert record["metrics"]["first_bad_step"] == 1


def test_curves_tell_the_error_of_the_test_scores_where_a_margin_bends_the_logits(plain: Run) -> None:
    bent = train(replace(plain, head=Head("LSoftmax", {"margin": 4}), optimizer=Optimizer(0.001)))[0]["curves"]
    assert all(
        a <= b for a, b in zip(bent["plain_error"], bent["train_error"], strict=True)
    )  # train-correct is correct
    assert bent["plain_error"][-1] < bent["train_error"][-1]
    for name, arguments in (("Softmax", {}), ("WeightNormalizedSoftmax", {}), ("NormFace", {"scale": 8.0})):
        assert "plain_error" not in train(replace(plain, head=Head(name, arguments), schedule=Schedule(2)))[0]["curves"]


def test_half_the_contrast_turns_no_feature_of_a_network_without_constants(plain: Run) -> None:
    data = load("digits")
    data = replace(data, mean=torch.zeros_like(data.mean))
    model = Model(plain, 10, torch.device("cpu"))
    network = model.network
    features = network.eval()(normalise(data.test.images, data)).detach()
    told = contrast(model, data, features, nullcontext())
    assert told["contrast_turn"] < 1e-3  # the biases start at zero
    assert told["contrast_norm"] == pytest.approx(0.5, abs=1e-6)
    bright = network(normalise(data.test.images, data) + 0.1).detach()
    turned = torch.nn.functional.cosine_similarity(bright.double(), features.double()).acos().rad2deg().mean()
    assert told["brightness_turn"] == pytest.approx(float(turned), rel=1e-4)  # a shift does turn them
    assert told["brightness_turn"] > 1
    with torch.no_grad():
        for layer in network.modules():
            if getattr(layer, "bias", None) is not None:
                layer.bias.fill_(1.0)
        features = network(normalise(data.test.images, data))
    told = contrast(model, data, features, nullcontext())
    assert told["contrast_turn"] > 1
    assert told["contrast_norm"] > 0.55


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"head": Head("CenterLoss")}, "name of a head"),
        ({"head": Head("Sofmax")}, "'Sofmax'"),
        ({"head": Head("LSoftmax", {"margin": 2}), "loss": "hinge"}, "plain scores"),
        ({"terms": (Term("CentreLoss", 0.1),)}, "a term must be .*'CentreLoss'"),
        ({"terms": (Term("Softmax", 0.1),)}, "a term must be .*'Softmax'"),
        ({"terms": (Term("MulticlassHinge", 0.1),)}, "a term must be"),
        ({"terms": (Term("FeatureIncay", 0.1, on="preactivation"),), "network": "mlp-linear"}, "ends in an activation"),
        ({"stages": (Stage(0.5, Head("CenterLoss")),)}, "name of a head"),
        ({"stages": (Stage(0.5, Head("ASoftmax", {"margin": 2})),), "loss": "hinge"}, "plain scores"),
        ({"classes": (1, 10)}, "classes must be below 10"),
        ({"fixed_weight": "orthonormal"}, "feature_dim must be at least 10"),
        ({"fixed_weight": "simplex"}, "feature_dim must be at least 9"),
    ],
)
def test_what_would_not_be_trained_as_it_says_is_refused(plain: Run, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        train(replace(plain, **changes))


SPOILT: dict[str, Callable[[dict[str, Any]], object]] = {
    "curves too short": lambda state: state["curves"].update(sums=[[0.0] * 4]),
    "rates too short": lambda state: state["curves"].update(rates=[]),
    "no sums": lambda state: state["curves"].update(sums=None),
    "a momentum of another shape": lambda state: state["optimizer"]["state"][0].update(momentum_buffer=torch.ones(1)),
    "no momenta": lambda state: state["optimizer"].update(state={}),
    "seconds that are no number": lambda state: state.update(seconds=math.nan),
    "a step without end": lambda state: state.update(step=math.inf),
    "a step beyond the run": lambda state: state.update(step=61),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_checkpoint_that_does_not_fit_is_set_aside(tiny: Run, tmp_path: Path, what: str) -> None:
    checkpoint = _stopped(tiny, tmp_path)
    state = checkpoint.load()
    assert state is not None
    SPOILT[what](state)
    checkpoint.save(state)
    assert result(train(tiny, checkpoint=checkpoint)[0]) == result(train(tiny)[0])
    assert list(tmp_path.glob("*.spoiled"))


def test_the_settings_of_an_altered_checkpoint_do_not_count(tiny: Run, tmp_path: Path) -> None:
    checkpoint = _stopped(tiny, tmp_path)
    state = checkpoint.load()
    assert state is not None
    for group in state["optimizer"]["param_groups"]:
        group.update(momentum=0.0, weight_decay=1.0)
    checkpoint.save(state)
    assert result(train(tiny, checkpoint=checkpoint)[0]) == result(train(tiny)[0])


def _stopped(run: Run, folder: Path) -> Checkpoint:
    checkpoint, steps = Checkpoint(folder / "run.pt"), itertools.count(1)
    with pytest.raises(Interrupted):
        train(run, checkpoint=checkpoint, stop=lambda: next(steps) >= 30)
    return checkpoint


def test_a_stopped_run_goes_on_to_the_same_record(tiny: Run, tmp_path: Path) -> None:
    whole = train(tiny)[0]
    checkpoint = Checkpoint(tmp_path / "run.pt")
    asked = iter(range(1000))
    with pytest.raises(Interrupted, match="stopped at step 23 of 60"):
        train(tiny, checkpoint=checkpoint, stop=lambda: next(asked) == 22)
    assert result(train(tiny, checkpoint=checkpoint)[0]) == result(whole)


def test_a_checkpoint_of_another_run_is_not_used(tiny: Run, plain: Run, tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "run.pt")
    with pytest.raises(Interrupted):
        train(tiny, checkpoint=checkpoint, stop=lambda: True)
    assert result(train(plain, checkpoint=checkpoint)[0]) == result(train(plain)[0])


def test_a_truncated_checkpoint_is_set_aside(tiny: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint = Checkpoint(tmp_path / "run.pt")
    with pytest.raises(Interrupted):
        train(tiny, checkpoint=checkpoint, stop=lambda: True)
    checkpoint.path.write_bytes(checkpoint.path.read_bytes()[:1000])
    assert result(train(tiny, checkpoint=checkpoint)[0]) == result(train(tiny)[0])
    assert "checkpoint run.pt: it cannot be read" in capsys.readouterr().out
    assert (tmp_path / "run.spoiled").exists()


def test_a_checkpoint_of_other_code_is_set_aside(
    tiny: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = Checkpoint(tmp_path / "run.pt")
    with monkeypatch.context() as patch:
        patch.setattr(loop, "describe_source", lambda run: {"revision": "old", "hash": "0" * 16})
        with pytest.raises(Interrupted):
            train(tiny, checkpoint=checkpoint, stop=lambda: True)
    assert result(train(tiny, checkpoint=checkpoint)[0]) == result(train(tiny)[0])
    assert "other code wrote it" in capsys.readouterr().out


@pytest.mark.parametrize("spoil", ["part", "shape", "step", "kind"])
def test_a_checkpoint_whose_parts_do_not_fit_leaves_nothing_behind(
    tiny: Run, tmp_path: Path, spoil: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is read before the part that does not fit must not stay in the network."""
    checkpoint = Checkpoint(tmp_path / "run.pt")
    asked = iter(range(1000))
    with pytest.raises(Interrupted):
        train(tiny, checkpoint=checkpoint, stop=lambda: next(asked) == 22)
    state: Any = checkpoint.load()
    if spoil == "part":
        del state["curves"]
    elif spoil == "shape":
        state["head"] = {name: torch.zeros(1) for name in state["head"]}
    elif spoil == "step":
        state["step"] = 1_000_000
    else:
        state = [1, 2, 3]
    torch.save(state, checkpoint.path)
    assert result(train(tiny, checkpoint=checkpoint)[0]) == result(train(tiny)[0])
    assert "set aside as run.spoiled" in capsys.readouterr().out


class Hostile:
    def __reduce__(self) -> Any:
        return (os.mkdir, ("executed",))


def test_loading_a_checkpoint_executes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "run.pt"
    path.write_bytes(pickle.dumps(Hostile()))
    assert Checkpoint(path).load() is None
    torch.save({"id": "x", "step": Hostile()}, path)
    assert Checkpoint(path).load() is None
    assert not (tmp_path / "executed").exists()


def test_a_full_disk_leaves_the_last_checkpoint_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = Checkpoint(tmp_path / "run.pt")
    checkpoint.save({"id": "x", "step": 1})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            checkpoint.save({"id": "x", "step": 2})
    state = checkpoint.load()
    assert state is not None
    assert state["step"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


@pytest.fixture
def small() -> Dataset:
    """96 images in MNIST's shape, for the networks with batch norm."""
    images = torch.randint(0, 256, (96, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(96) % 10
    part = Split(images, labels)
    return Dataset("mnist", part, part, part, 10, 255.0, torch.tensor([0.5]))


def test_batch_norm_statistics_travel_in_the_checkpoint(small: Dataset, tmp_path: Path) -> None:
    run = Run(
        "mnist", "thesis-mnist-2d", 2, Head("Softmax"), 1, batch_size=32, schedule=Schedule(6),
        optimizer=Optimizer(0.01), augmentation=("crop4", "flip"),
    )  # fmt: skip
    whole = train(run, data=small)[0]
    checkpoint = Checkpoint(tmp_path / "run.pt")
    asked = iter(range(10))
    with pytest.raises(Interrupted, match="stopped at step 4 of 6"):
        train(run, data=small, checkpoint=checkpoint, stop=lambda: next(asked) == 3)
    state: Any = checkpoint.load()
    assert float(state["network"]["1.running_var"].sub(1).abs().max()) > 0
    assert result(train(run, data=small, checkpoint=checkpoint)[0]) == result(whole)


def test_augmentation_changes_the_run_and_follows_the_seed(small: Dataset) -> None:
    run = Run("mnist", "lenet", 8, Head("Softmax"), 1, batch_size=32, schedule=Schedule(6), optimizer=Optimizer(0.01))
    shifted = replace(run, augmentation=("crop4",))
    bare, first, again = (train(r, data=small)[0]["curves"]["loss"] for r in (run, shifted, shifted))
    assert first == again
    assert first[1:] != bare[1:]


def test_bfloat16_trains_to_about_the_same_error(plain: Run) -> None:
    half = train(replace(plain, precision="bfloat16"))[0]["metrics"]["test"]["wrong"]
    assert abs(half - train(plain)[0]["metrics"]["test"]["wrong"]) < 20


def test_a_network_that_cannot_be_compiled_trains_without(
    plain: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(module: torch.nn.Module) -> Any:
        def forward(images: torch.Tensor) -> torch.Tensor:
            raise NotImplementedError("no compiler here")

        return forward

    whole = train(plain)[0]
    monkeypatch.setattr(torch, "compile", failing)
    record = train(plain, compile_network=True)[0]
    assert result(record) == result(whole)
    assert record["environment"]["compiled"] is False
    assert "goes on without compilation: NotImplementedError" in capsys.readouterr().out
    monkeypatch.setattr(torch, "compile", lambda module: lambda images: module(images))
    assert train(plain, compile_network=True)[0]["environment"]["compiled"] is True


KILLED = """
import sys, time
from pathlib import Path
import torch
torch.set_num_threads(1)
from discriminative.runs import Run
from discriminative.training import Checkpoint, train
import json
run = Run.from_json(json.loads(sys.argv[1]))
def progress(step, steps):
    print(step, flush=True)
    time.sleep(0.002)
record, _ = train(run, checkpoint=Checkpoint(Path(sys.argv[2]), every_seconds=0.0), progress=progress)
Path(sys.argv[3]).write_text(json.dumps(record))
"""


def bent() -> Run:
    return Run(
        "digits", "digits-cnn", 8, Head("LSoftmax", {"margin": 4}), 5, train_size=200, batch_size=32,
        blend=BlendSchedule(1.0), optimizer=Optimizer(0.05), schedule=Schedule(220), augmentation=("crop4",),
    )  # fmt: skip


def staged() -> Run:
    """Centres at a rate of their own, a term that ends, a head that takes over with a bias, and a stage of a rate."""
    return replace(
        bent(), head=Head("Softmax"), blend=None,
        terms=(
            Term("CenterLoss", 0.1, rate=0.5, starts=0.2),
            Term("IncludeExclude", 0.1, {"nearest": 3}, rate=0.5, starts=0.3),
            Term("FeatureIncay", 0.5, stops=0.8, on="preactivation"),
        ),
        stages=(Stage(0.5, Head("Softmax", {"bias": True})), Stage(0.7, rate=0.02)),
    )  # fmt: skip


@pytest.mark.parametrize(("make", "kills"), [(bent, 10), (staged, 4)])
def test_killed_outright_at_random_steps_and_resumed_it_gives_the_same_record(
    make: Callable[[], Run], kills: int, tmp_path: Path
) -> None:
    run = make()
    output = tmp_path / "record.json"
    command = [sys.executable, "-c", KILLED, json.dumps(run.to_json()), str(tmp_path / "run.pt"), str(output)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    steps = sorted(random.Random(time.time_ns()).sample(range(5, 215), kills))
    for kill_at in steps:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.strip().isdigit() and int(line) >= kill_at:
                    process.send_signal(signal.SIGKILL)
                    break
        assert process.returncode == -signal.SIGKILL, steps
        assert not output.exists()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    assert result(json.loads(output.read_text())) == result(train(run)[0]), steps
