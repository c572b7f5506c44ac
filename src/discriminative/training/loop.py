"""The loop: a run's steps from the first, or from where it was stopped, to its record."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor

from discriminative._checks import require
from discriminative.data import Dataset, load
from discriminative.provenance import describe_environment, describe_source
from discriminative.runs import SCHEMA, Run
from discriminative.training.batches import Batches, restrict
from discriminative.training.checkpoint import Checkpoint, Interrupted, restore_optimizer, unfit
from discriminative.training.curves import Curves
from discriminative.training.evaluation import evaluate, forward
from discriminative.training.model import Model, refuse

__all__ = ["Progress", "train"]

LOOK_EVERY = 50  # steps between looks at the losses, which wait on the device: each look is a synchronisation

Progress = Callable[[int, int], None]


def train(
    run: Run,
    *,
    device: torch.device | str = "cpu",
    data: Dataset | None = None,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
    compile_network: bool = False,
    stop: Callable[[], bool] | None = None,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Train ``run`` to its end and describe the result.

    Args:
        run: what to train.
        device: where.
        data: the data set if it is already loaded.
        checkpoint: where to keep the state and to go on from.
        progress: called with (steps done, steps of the run).
        compile_network: ``torch.compile`` the network (worth it on a GPU); where that fails the run goes on without.
        stop: asked after each step; when true the state is saved and :class:`Interrupted` raised.

    Returns:
        The record (status ``finished`` or ``diverged``), and the arrays that go beside it: see
        :func:`discriminative.training.evaluation.evaluate`.
    """
    refuse(run)
    device = torch.device(device)
    whole = load(run.dataset) if data is None else data
    training = Training(run, restrict(whole.to(device), run.classes), device, compile_network)
    state = checkpoint.load() if checkpoint else None
    if checkpoint and state is not None:
        reason = training.resume(state)
        if reason:  # parts of it may have been taken over: begin anew with nothing of it
            checkpoint.set_aside(reason)
            training = Training(run, training.data, device, compile_network)

    steps = run.schedule.steps
    while training.step < steps and training.diverged_at < 0:
        training.update()
        if training.step % LOOK_EVERY == 0 or training.step == steps:
            training.look()
        if progress:
            progress(training.step, steps)
        if checkpoint and training.diverged_at < 0 and checkpoint.due() and training.look() < 0:
            checkpoint.save(training.state())
        asked = stop is not None and training.step < steps and training.diverged_at < 0 and stop()
        if asked and training.look() < 0:
            if checkpoint:
                checkpoint.save(training.state())
            raise Interrupted(f"run {run.id} stopped at step {training.step} of {steps}")
    return training.record()


class Training:
    """A run on its way: model, optimiser, batches, curves, and the step at which they stand."""

    def __init__(self, run: Run, data: Dataset, device: torch.device, compile_network: bool) -> None:
        self.started, self.seconds_before = time.monotonic(), 0.0
        self.run, self.data, self.device = run, data, device
        self.source = describe_source(run)  # now, not at the end: files may be edited while a run goes on
        self.environment = describe_environment(device)
        self.devices = [self.environment["device_name"]]
        self.batches = Batches(run, data)
        self.model = Model(run, data.num_classes, device)
        fused = True if device.type == "cuda" else None  # one kernel for all parameters
        settings = run.optimizer
        self.optimizer = torch.optim.SGD(self.model.groups(), lr=settings.rate, momentum=settings.momentum, fused=fused)
        self.curves = Curves(run, self.model.bent, data.num_classes)
        self.autocast = torch.autocast(device.type, torch.bfloat16) if run.precision == "bfloat16" else nullcontext()
        self.model.body.train()
        self.forward: Any = self.model.body
        if compile_network:
            torch.compiler.reset()  # what an earlier run of this process compiled counts towards a limit
            self.forward = torch.compile(self.model.body)
        self.step, self.diverged_at, self.told = 0, -1, False

    def update(self) -> None:
        """One step of the optimiser."""
        run, model, step = self.run, self.model, self.step
        images, labels = self.batches.at(step)
        share = model.enter(step)
        for group in self.optimizer.param_groups:
            group["lr"] = run.schedule.rate(group["rate"], step) * share
        features, inner = self._features(images)
        parts = model.loss(features, inner, labels, step)
        self.curves.measure(model, features, inner, labels, step)
        self.optimizer.zero_grad(set_to_none=True)
        parts.total.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        blend = model.blend
        rate = run.schedule.rate(run.optimizer.rate, step) * share
        self.curves.add(step, parts, labels, rate, None if blend is None else blend.at(blend.steps))
        if blend is not None:
            blend.step()
        self.step += 1

    def _features(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The features, and what the network's last activation sees where a term asks for it (else the features)."""
        with self.autocast:
            try:
                found = self.forward(images)
            except Exception as error:
                if self.forward is self.model.body:
                    raise
                print(f"run {self.run.id} goes on without compilation: {type(error).__name__}")
                self.forward = self.model.body
                found = self.forward(images)
        return found if self.model.tapped else (found, found)

    def look(self) -> int:
        """Fetch losses and errors from the device; the step at which the run diverged, or -1."""
        self.diverged_at = self.curves.look()
        if not self.told and 3 * self.step >= self.run.schedule.steps and self.diverged_at < 0:
            self._tell_chance()
        return self.diverged_at

    def _tell_chance(self) -> None:
        """Once a run: that it has learned nothing yet, and what that is often due to."""
        run, classes = self.run, self.data.num_classes
        if run.loss == "cross_entropy" and self.curves.at_chance(self.step, math.log(classes), 1 - 1 / classes):
            self.told = True
            print(
                f"run {run.id} ({type(self.model.head).__name__}, seed {run.seed}) stands at chance after {self.step} "
                f"of {run.schedule.steps} steps: its loss is about log {classes}, as of equal logits; often the rate "
                "is too high, a margin too strong without a blend, or a term's coefficient too large"
            )

    def state(self) -> dict[str, Any]:
        """All that another process needs to go on."""
        return {
            "id": self.run.id, "source": self.source["hash"], "step": self.step, "devices": self.devices,
            "seconds": self.seconds, "told": self.told, "optimizer": self.optimizer.state_dict(),
            "curves": self.curves.state(), **self.model.state(),
        }  # fmt: skip

    def resume(self, state: dict[str, Any]) -> str:
        """Go on from a state; why not, or nothing."""
        try:
            reason = unfit(state, self.run, self.source)
            if not reason:
                self.step, self.seconds_before = int(state["step"]), float(state["seconds"])
                self.told = bool(state["told"])
                self.model.restore(state)
                restore_optimizer(self.optimizer, state["optimizer"], self.step, self.model)
                self.curves.restore(state["curves"])
                self.devices = list(dict.fromkeys([*state["devices"], *self.devices]))
        except (LookupError, ValueError, TypeError, RuntimeError, AttributeError, ArithmeticError) as error:
            reason = f"{type(error).__name__} on reading it"
        return reason

    @property
    def seconds(self) -> float:
        return self.seconds_before + time.monotonic() - self.started

    def record(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What is told of the run, and the arrays beside it."""
        run, model, data = self.run, self.model, self.data
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        seconds = self.seconds
        model.enter(self.step)
        tested = None
        if self.diverged_at < 0:
            tested = forward(model, data.test, data, self.autocast)
            if not bool(tested[1].isfinite().all()):
                self.diverged_at = self.step  # the last update ruined the weights: the next loss would be no number
        record: dict[str, Any] = {
            "schema": SCHEMA,
            "id": run.id,
            "status": "finished" if self.diverged_at < 0 else "diverged",
            "run": run.to_json(),
            "metrics": {"train_images": len(self.batches.fit), "steps": self.step},
            "curves": self.curves.result(self.step if self.diverged_at < 0 else self.diverged_at),
            "geometry": {},
            "environment": {
                **self.environment,
                "wall_seconds": round(seconds, 2),
                "images_per_second": round(self.step * run.batch_size / max(seconds, 1e-9)),
                "compiled": self.forward is not model.body,
                **({"devices": self.devices} if len(self.devices) > 1 else {}),
            },
            "source": self.source,
        }
        if self.diverged_at >= 0 or tested is None:
            record["metrics"]["first_bad_step"] = self.diverged_at
            print(
                f"run {run.id} ({run.head.name}, seed {run.seed}) diverged: its loss was not finite at step "
                f"{self.diverged_at}"
            )
            return record, {}
        if model.blend is not None:
            last, floor = model.blend.at(model.blend.steps), model.blend.floor
            require(last <= floor, "blend must end at its floor {}, got {}", floor, last)
            record["metrics"]["final_blend"] = floor
        return record, evaluate(record, model, data, self.batches.fit, self.autocast, tested)
