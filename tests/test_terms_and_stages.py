"""What a run can name beyond a head: terms, stages, class subsets, fixed weights; and that it is trained as it says."""

from __future__ import annotations

import inspect
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from discriminative import geometry, losses
from discriminative.data import load, normalise
from discriminative.runs import BlendSchedule, Head, Optimizer, Run, Schedule, Stage, Term
from discriminative.training import Checkpoint, Interrupted, loop, train
from discriminative.training.batches import restrict
from discriminative.training.curves import Curves
from discriminative.training.evaluation import forward
from discriminative.training.loop import Training
from discriminative.training.model import Model, fixed_weight

CPU = torch.device("cpu")
COMPARED = ("metrics", "curves", "geometry", "status", "id", "run")


def result(record: dict[str, Any]) -> str:
    return json.dumps({key: record[key] for key in COMPARED})


def begun(run: Run, steps: int = 0) -> Training:
    training = Training(run, restrict(load(run.dataset), run.classes), CPU, False)
    for _ in range(steps):
        training.update()
    return training


@pytest.fixture
def rich(plain: Run) -> Run:
    """Centres at their own rate, a term before the activation, and a head that takes over half-way with a bias."""
    return replace(
        plain,
        terms=(Term("CenterLoss", 0.1, rate=0.5, starts=0.2), Term("FeatureIncay", 0.5, stops=0.8, on="preactivation")),
        stages=(Stage(0.5, Head("Softmax", {"bias": True})), Stage(0.7, rate=0.5)),
    )


def test_centres_move_at_their_own_rate_and_do_not_decay(plain: Run) -> None:
    optimizer = Optimizer(rate=0.01, momentum=0.0, weight_decay=1.0)
    training = begun(replace(plain, optimizer=optimizer, terms=(Term("CenterLoss", 0.1, rate=0.5),)))
    centers = training.model.terms[0].get_parameter("centers")
    with torch.no_grad():
        centers.fill_(2.0)
    images, labels = training.batches.at(0)
    features = training.model.network(images).detach()
    training.update()
    expected = torch.full((10, 8), 2.0)
    for feature, label in zip(features, labels, strict=True):
        expected[label] += 0.5 * 0.1 * (feature - 2.0) / len(labels)
    torch.testing.assert_close(centers.detach(), expected)


def test_without_a_rate_of_their_own_centres_move_at_the_run_s(plain: Run) -> None:
    model = Model(replace(plain, terms=(Term("CenterLoss", 0.1),)), 10, CPU)
    (group,) = [group for group in model.groups() if len(group["params"]) == 1 and group["params"][0].shape == (10, 8)
                and group["weight_decay"] == 0]  # fmt: skip
    assert group["rate"] == plain.optimizer.rate


def test_the_loss_is_that_of_the_head_and_each_term_times_its_coefficient(plain: Run) -> None:
    run = replace(plain, terms=(Term("FeatureIncay", 0.5, {"form": "linear"}), Term("WeightSeparability", 2.0)))
    model = Model(run, 10, CPU)
    features, labels = torch.randn(6, 8), torch.arange(6)
    parts = model.loss(features, features, labels, 0)
    weight = model.head.get_parameter("weight")
    plain_loss = F.cross_entropy(features @ weight.T, labels)
    incay, separability = -features.square().sum(1).mean(), geometry.weight_separability(weight)
    torch.testing.assert_close(parts.loss, plain_loss)
    torch.testing.assert_close(parts.terms, {0: incay, 1: separability})
    torch.testing.assert_close(parts.total, plain_loss + 0.5 * incay + 2.0 * separability)


def test_a_term_acts_from_its_start_to_its_stop(plain: Run) -> None:
    alone = train(plain)[0]
    record = train(replace(plain, terms=(Term("FeatureIncay", 1.0, starts=0.5, stops=0.75),)))[0]
    curves = record["curves"]
    acting = [value is not None for value in curves["terms"][0]]
    assert acting == [30 < step <= 45 for step in curves["step"]]
    assert [pull > 0 for pull in curves["term_pulls"][0]] == acting
    before = sum(step <= 30 for step in curves["step"])
    assert curves["loss"][:before] == alone["curves"]["loss"][:before]
    assert curves["loss"][before:] != alone["curves"]["loss"][before:]


def test_a_term_times_nothing_changes_nothing(plain: Run) -> None:
    idle = train(replace(plain, terms=(Term("CenterLoss", 0.0, rate=0.5),)))[0]
    alone = train(plain)[0]
    assert idle["metrics"] == alone["metrics"]
    assert idle["geometry"] == alone["geometry"]


def test_the_preactivation_is_what_the_last_activation_sees(plain: Run) -> None:
    run = replace(plain, batch_norm=True, terms=(Term("FeatureIncay", 1.0, {"form": "linear"}, on="preactivation"),))
    training = begun(run)
    images, labels = training.batches.at(0)
    *layers, activation = training.model.network[0]  # type: ignore[index, misc]
    inner = torch.nn.Sequential(*layers)(images)
    features, seen = training._features(images)
    torch.testing.assert_close(seen, inner)
    torch.testing.assert_close(features, training.model.network(images))
    assert not torch.allclose(activation(inner), inner)
    value = training.model.loss(features, seen, labels, 0).terms[0]
    torch.testing.assert_close(value, -inner.square().sum(1).mean())


def test_a_stage_hands_over_weight_and_momentum(plain: Run) -> None:
    training = begun(replace(plain, stages=(Stage(0.5, Head("LSoftmax", {"margin": 2}), BlendSchedule(1.0)),)), 30)
    weight = training.model.head.get_parameter("weight")
    momentum = training.optimizer.state[weight]["momentum_buffer"].clone()
    assert isinstance(training.model.head, losses.Softmax)
    training.model.enter(30)
    assert isinstance(training.model.head, losses.LSoftmax)
    assert training.model.head.get_parameter("weight") is weight
    before = weight.detach().clone()
    training.update()
    now = training.optimizer.state[weight]["momentum_buffer"]
    torch.testing.assert_close(weight.detach(), before - plain.optimizer.rate * now)
    assert not torch.equal(now, momentum)
    assert float(now.flatten() @ momentum.flatten()) > 0.5 * float(momentum.square().sum())  # nine tenths of it stay


def test_a_stage_with_the_head_that_is_there_changes_nothing(plain: Run) -> None:
    same = train(replace(plain, stages=(Stage(0.5, Head("Softmax")),)))[0]
    alone = train(plain)[0]
    assert {key: same[key] for key in ("metrics", "curves", "geometry")} == {
        key: alone[key] for key in ("metrics", "curves", "geometry")
    }


def test_the_blend_of_a_stage_falls_over_what_is_left_of_the_run(plain: Run) -> None:
    run = replace(plain, stages=(Stage(0.5, Head("LSoftmax", {"margin": 2}), BlendSchedule(1.0, 100.0, 0.5)),))
    record = train(run)[0]
    blend = dict(zip(record["curves"]["step"], record["curves"]["blend"], strict=True))
    assert blend[30] == 0.0  # no blend yet
    assert blend[38] == pytest.approx(100 ** (1 - 7 / 15), rel=1e-3)
    assert blend[45] > 1.0
    assert blend[46] == blend[60] == record["metrics"]["final_blend"] == run.last_blend.floor == 1.0  # type: ignore[union-attr]
    assert train(replace(run, stages=(Stage(0.25, rate=1e-3), *run.stages)))[0]["curves"]["blend"] == list(
        blend.values()
    )
    halved = train(replace(run, stages=(*run.stages, Stage(0.9, rate=0.5))))[0]["curves"]
    assert halved["blend"] == record["curves"]["blend"]  # a stage that changes the rate leaves the head as it stands
    assert halved["rate"][-1] == record["curves"]["rate"][-1] / 2
    assert replace(run, stages=(*run.stages, Stage(0.9, Head("Softmax")))).last_blend is None


def test_a_stage_that_changes_the_rate_alone_leaves_the_run_s_blend_as_it_is(tiny: Run) -> None:
    slower = train(replace(tiny, stages=(Stage(0.5, rate=0.1),)))[0]
    assert slower["curves"]["blend"] == train(tiny)[0]["curves"]["blend"]
    assert slower["metrics"]["final_blend"] == 1.0


def test_a_run_with_terms_and_stages_that_is_stopped_again_and_again_gives_the_same_record(
    rich: Run, tmp_path: Path
) -> None:
    whole, checkpoint = train(rich)[0], Checkpoint(tmp_path / "run.pt")
    for stop_at in (5, 12, 13, 30, 31, 48, 59):  # before and after each start, each stage, each stop
        stop = _at(stop_at, checkpoint)
        with pytest.raises(Interrupted, match=f"at step {stop_at} "):
            train(rich, checkpoint=checkpoint, stop=stop)
    assert not list(tmp_path.glob("*.spoiled"))
    assert result(train(rich, checkpoint=checkpoint)[0]) == result(whole)
    assert not list(tmp_path.glob("*.spoiled"))


def _at(step: int, checkpoint: Checkpoint) -> Callable[[], bool]:
    """What stops a run at that step, wherever its checkpoint stands."""
    state = checkpoint.load()
    done = itertools.count(1 if state is None else state["step"] + 1)
    return lambda: next(done) == step


@pytest.mark.parametrize(
    "change",
    [
        {"terms": ()},
        {"terms": (Term("CenterLoss", 0.2, rate=0.5, starts=0.2),)},
        {"stages": ()},
        {"label_smoothing": 0.1},
        {"feature_scale": 2.0},
    ],
)
def test_a_run_does_not_go_on_from_one_with_other_settings(
    rich: Run, tmp_path: Path, change: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint, other = Checkpoint(tmp_path / "run.pt"), replace(rich, **change)
    with pytest.raises(Interrupted):
        train(rich, checkpoint=checkpoint, stop=lambda: True)
    assert result(train(other, checkpoint=checkpoint)[0]) == result(train(other)[0])
    assert "it is of another run" in capsys.readouterr().out


def test_centres_that_do_not_fit_are_set_aside(rich: Run, tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "run.pt")
    with pytest.raises(Interrupted):
        train(rich, checkpoint=checkpoint, stop=lambda: True)
    state: Any = checkpoint.load()
    state["terms"] = [{}, {}]
    checkpoint.save(state)
    assert result(train(rich, checkpoint=checkpoint)[0]) == result(train(rich)[0])
    assert list(tmp_path.glob("*.spoiled"))


def test_a_subset_holds_its_classes_alone_renamed_in_order(plain: Run) -> None:
    whole = load("digits")
    part = restrict(whole, (1, 5, 8))
    assert part.num_classes == 3
    for name in ("train", "validation", "test"):
        before, after = getattr(whole, name), getattr(part, name)
        kept = [i for i, label in enumerate(before.labels.tolist()) if label in (1, 5, 8)]
        assert after.labels.tolist() == [(1, 5, 8).index(before.labels[i]) for i in kept]
        assert torch.equal(after.images, before.images[kept])
    assert restrict(whole, ()) is whole
    record = train(replace(plain, classes=(1, 5, 8), train_size=100))[0]
    assert record["metrics"]["train_images"] == 100
    assert record["metrics"]["test"]["images"] == len(part.test)
    assert len(record["geometry"]["class_error"]) == 3


def test_fixed_weights_are_what_they_are_called(plain: Run) -> None:
    run = replace(plain, feature_dim=16)
    eye = torch.eye(10)

    def gram(kind: Any) -> torch.Tensor:
        weight = fixed_weight(replace(run, fixed_weight=kind), 10)
        assert weight.shape == (10, 16)
        torch.testing.assert_close(weight.norm(dim=1), torch.ones(10))
        return weight @ weight.T

    torch.testing.assert_close(gram("orthonormal"), eye, atol=1e-6, rtol=0)
    torch.testing.assert_close(gram("simplex"), (10 * eye - 1) / 9, atol=1e-6, rtol=0)
    assert int(torch.linalg.matrix_rank(gram("random"), rtol=1e-4)) == 10
    assert int(torch.linalg.matrix_rank(gram("dependent"), rtol=1e-4)) == 5
    other = replace(run, fixed_weight="random", seed=4)
    assert not torch.equal(fixed_weight(other, 10), fixed_weight(replace(other, seed=3), 10))


def test_a_fixed_head_stays_as_it_was_drawn_and_shares_the_network_with_the_others(plain: Run) -> None:
    run = replace(plain, feature_dim=16, fixed_weight="simplex", stages=(Stage(0.5, Head("Softmax", {"bias": True})),))
    training, other = begun(run), begun(replace(plain, feature_dim=16))
    for mine, theirs in zip(training.model.network.parameters(), other.model.network.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    assert torch.equal(training.batches.at(0)[0], other.batches.at(0)[0])
    for _ in range(60):
        training.update()
    head = training.model.head
    assert torch.equal(head.get_parameter("weight"), fixed_weight(run, 10))
    assert float(head.get_parameter("bias").detach().abs().max()) > 0


def test_the_head_sees_scaled_features_in_training_and_in_the_test(plain: Run) -> None:
    model = Model(replace(plain, feature_scale=3.0), 10, CPU)
    features, labels = torch.randn(6, 8), torch.arange(6)
    weight = model.head.get_parameter("weight")
    torch.testing.assert_close(model.loss(features, features, labels, 0).logits, 3 * features @ weight.T)
    data = load("digits")
    seen, scores = forward(model, data.test, data, torch.no_grad())
    torch.testing.assert_close(seen, model.network(forward_images(data)))
    torch.testing.assert_close(scores, 3 * seen @ weight.T)


def forward_images(data: Any) -> torch.Tensor:
    return normalise(data.test.images, data)


def test_batch_norm_stands_between_network_and_head_and_is_tested_with_its_running_statistics(plain: Run) -> None:
    training = begun(replace(plain, batch_norm=True, optimizer=Optimizer(1e-9)), 60)
    images, _ = training.batches.at(0)
    features = training._features(images)[0].detach()
    torch.testing.assert_close(features.mean(0), torch.zeros(8), atol=1e-5, rtol=0)
    torch.testing.assert_close(features.var(0, correction=0), torch.ones(8), atol=1e-2, rtol=0)
    layer = training.model.network[1]  # type: ignore[index]
    seen = forward(training.model, training.data.test, training.data, torch.no_grad())[0]
    inner = training.model.network[0](forward_images(training.data))  # type: ignore[index]
    expected = (inner - layer.running_mean) / (layer.running_var + layer.eps).sqrt()
    torch.testing.assert_close(seen, expected.detach(), rtol=1e-4, atol=1e-5)


def test_a_smoothed_label_is_spread_evenly(plain: Run) -> None:
    model = Model(replace(plain, label_smoothing=0.2), 4, CPU)
    logits = torch.tensor([[1.0, 2.0, 0.0, -1.0]])
    target = torch.tensor([[0.05, 0.85, 0.05, 0.05]])
    expected = -(target * logits.log_softmax(1)).sum()
    torch.testing.assert_close(model.head_loss(logits, torch.tensor([1])), expected)


@pytest.mark.parametrize(("trainable", "stays", "moves"), [("head", "network", "head"), ("network", "head", "network")])
def test_what_is_not_trainable_stays_at_its_start(plain: Run, trainable: Any, stays: str, moves: str) -> None:
    run = replace(plain, trainable=trainable)
    training = begun(run, 20)
    fresh = Model(run, 10, CPU)
    for name, equal in ((stays, True), (moves, False)):
        now, before = getattr(training.model, name).state_dict(), getattr(fresh, name).state_dict()
        assert all(torch.equal(now[key], before[key]) for key in now) is equal
    assert train(run)[0]["status"] == "finished"


def test_the_head_starts_at_its_factor_and_decays_at_its_own_rate(plain: Run) -> None:
    run = replace(plain, head_start=3.0, optimizer=Optimizer(1e-12, 0.0, weight_decay=0.0, head_decay=1e10))
    first = Model(plain, 10, CPU)
    training = begun(run)
    torch.testing.assert_close(training.model.head.get_parameter("weight"), 3 * first.head.get_parameter("weight"))
    training.update()
    torch.testing.assert_close(
        training.model.head.get_parameter("weight"), 0.99 * 3 * first.head.get_parameter("weight"), rtol=1e-5, atol=0
    )
    for now, before in zip(training.model.network.parameters(), first.network.parameters(), strict=True):
        torch.testing.assert_close(now, before, rtol=0, atol=1e-9)


def test_measuring_changes_no_update(rich: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = train(rich)[0]
    monkeypatch.setattr(Curves, "measure", lambda *_: None)
    unmeasured = train(rich)[0]
    assert measured["curves"]["measured"]
    assert not unmeasured["curves"]["measured"]
    assert unmeasured["metrics"] == measured["metrics"]
    assert unmeasured["geometry"] == measured["geometry"]


def test_a_run_at_chance_is_told_once(plain: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run = replace(plain, optimizer=Optimizer(1e-9), schedule=Schedule(200), head_start=1e-3)
    train(run)
    told = capsys.readouterr().out
    assert told.count("stands at chance") == 1
    assert f"run {run.id} (Softmax, seed 3) stands at chance after 100 of 200 steps" in told
    train(replace(plain, schedule=Schedule(200)))
    assert "chance" not in capsys.readouterr().out


def test_a_resumed_run_at_chance_does_not_say_so_again(
    plain: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = replace(plain, optimizer=Optimizer(1e-9), schedule=Schedule(200), head_start=1e-3)
    checkpoint = Checkpoint(tmp_path / "run.pt")
    steps = iter(range(1, 1000))
    with pytest.raises(Interrupted):
        train(run, checkpoint=checkpoint, stop=lambda: next(steps) == 120)
    train(run, checkpoint=checkpoint)
    assert capsys.readouterr().out.count("stands at chance") == 1


BENT = {
    "Softmax": ({}, False), "WeightNormalizedSoftmax": ({}, False), "NormFace": ({"scale": 8.0}, False),
    "COCO": ({"scale": 8.0}, False), "L2ConstrainedSoftmax": ({"scale": 8.0}, False),
    "LSoftmax": ({"margin": 2}, True), "ASoftmax": ({"margin": 4}, True),
    "ArcFace": ({"margin": 0.2, "scale": 8.0}, True), "CosFace": ({"margin": 0.2, "scale": 8.0}, True),
    "WSoftmax": ({"alpha": 0.5}, True), "GuardedWSoftmax": ({"alpha": 0.5}, True),
    "CentredWSoftmax": ({"alpha": 0.5}, True),
}  # fmt: skip


@pytest.mark.parametrize("name", BENT)
def test_whether_a_head_bends_its_logits_is_found_out(plain: Run, name: str) -> None:
    arguments, bent = BENT[name]
    for seed in range(3):
        assert Model(replace(plain, head=Head(name, arguments), seed=seed), 10, CPU).bent is bent


def test_a_biased_head_s_training_error_is_told_of_its_test_scores(plain: Run) -> None:
    """Bent, every label fits; unbent, the same network is wrong: the record must hold the second."""
    run = replace(plain, head=Head("WSoftmax", {"alpha": 1.5}), schedule=Schedule(120))
    record = train(run)[0]
    train_part = record["metrics"]["train"]
    bent, unbent = record["curves"]["train_error"][-1], record["curves"]["plain_error"][-1]
    assert unbent > bent
    assert train_part["wrong"] / train_part["images"] == pytest.approx(unbent, abs=0.15)


def test_a_stage_that_bends_is_told_by_both_errors(plain: Run) -> None:
    record = train(replace(plain, stages=(Stage(0.5, Head("LSoftmax", {"margin": 4})),)))[0]
    curves = record["curves"]
    half = sum(step <= 30 for step in curves["step"])
    assert curves["plain_error"][:half] == curves["train_error"][:half]
    assert curves["plain_error"][half:] != curves["train_error"][half:]


def test_the_loop_fits_one_page() -> None:
    body = inspect.getsource(loop.train).split('"""')[2]
    assert len([line for line in body.splitlines() if line.strip()]) <= 35
    assert len(inspect.getsource(Training.update).splitlines()) <= 30
