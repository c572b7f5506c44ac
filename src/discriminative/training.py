"""The one training loop: a run in, a record out."""

from __future__ import annotations

import base64
import bisect
import hashlib
import io
import math
import os
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from discriminative import geometry, losses
from discriminative._checks import require
from discriminative.data import Augmentation, Dataset, Split, batch, draw, load, normalise
from discriminative.losses.softmax import LinearHead
from discriminative.networks import build_network
from discriminative.provenance import describe_environment, describe_source
from discriminative.runs import SCHEMA, Run

__all__ = ["Checkpoint", "Interrupted", "build", "generator", "train"]

CURVE_POINTS = 40
LOOK_EVERY = 50  # steps between looks at the losses, which wait on the device: each look is a synchronisation
READY_BYTES = 2**28
PICTURE_IMAGES = 1000
EVALUATION_BATCH = 1000
CONTRAST_IMAGES = 1000
TRAIN_ERROR_IMAGES = 10_000
LATER = (
    "terms", "classes", "stages", "fixed_weight", "feature_scale", "batch_norm", "label_smoothing", "trainable",
    "head_start",
)  # fmt: skip

Progress = Callable[[int, int], None]


class Interrupted(Exception):  # noqa: N818 (it is no error)
    """The run was asked to stop before its end; its checkpoint holds where it stood."""


def generator(seed: int, purpose: str, index: int = 0) -> torch.Generator:
    """A generator of its own for each purpose, so that runs that share a seed share everything but what differs."""
    digest = hashlib.sha256(f"{purpose}:{seed}:{index}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))


def build(run: Run, num_classes: int) -> tuple[nn.Module, nn.Module]:
    """Network and head, initialised from two generators: heads under one seed share the network exactly."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator(run.seed, "network").initial_seed())
        network = build_network(run.network, run.feature_dim)
        torch.manual_seed(generator(run.seed, "head").initial_seed())
        arguments = dict(run.head.arguments)
        if run.blend is not None:
            blend = run.blend
            arguments["blend"] = losses.Blend(blend.floor, run.schedule.steps, blend.start, blend.reached)
        head = _head_class(run)(run.feature_dim, num_classes, **arguments)
    return network, head


def _head_class(run: Run) -> type[nn.Module]:
    kind = getattr(losses, run.head.name, None)
    is_head = isinstance(kind, type) and issubclass(kind, LinearHead)
    require(is_head, "head must be the name of a head in discriminative.losses, got {!r}", run.head.name)
    plain = run.loss != "hinge" or kind is losses.Softmax
    require(plain, "the hinge is taken over plain scores: head must be 'Softmax', got {!r}", run.head.name)
    for name in LATER:
        value, default = getattr(run, name), Run.__dataclass_fields__[name].default
        require(value == default, "{} is not trained by this release, got {!r}", name, value)
    require(run.optimizer.head_decay is None, "optimizer.head_decay is not trained by this release")
    found: type[nn.Module] = kind  # type: ignore[assignment]
    return found


def _parameter_groups(modules: list[nn.Module], weight_decay: float) -> list[dict[str, Any]]:
    """Matrices and filters decay; biases and slopes do not."""
    parameters = [p for module in modules for p in module.parameters()]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]


class Checkpoint:
    """Where a run stands, written whole or not at all, and read without executing anything from it."""

    def __init__(self, path: Path, every_seconds: float = 30.0) -> None:
        self.path = path
        self.every_seconds = every_seconds
        self.saved_at = time.monotonic()

    def due(self) -> bool:
        return time.monotonic() - self.saved_at >= self.every_seconds

    def save(self, state: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = io.BytesIO()
        torch.save(state, content)  # into memory first: on a full disk torch raises no OSError
        part = self.path.with_suffix(f".{os.getpid()}.part")
        try:
            with part.open("wb") as stream:
                stream.write(content.getbuffer())
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(part, self.path)
        finally:
            part.unlink(missing_ok=True)
        self.saved_at = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """The state, or ``None`` where there is none; a file that cannot be read is set aside, not trusted."""
        if not self.path.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(self.path, weights_only=True, map_location="cpu")
            return state
        except Exception as error:
            self.set_aside(f"it cannot be read ({type(error).__name__})")
            return None

    def set_aside(self, reason: str) -> None:
        spoiled = self.path.with_suffix(".spoiled")
        os.replace(self.path, spoiled)
        print(f"checkpoint {self.path.name}: {reason}; set aside as {spoiled.name}, starting again")

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def _unfit(state: Any, run: Run, source: dict[str, str]) -> str:
    """Why a run may not go on from this state; empty if it may."""
    if not isinstance(state, dict) or state.get("id") != run.id:
        return "it is of another run"
    if state.get("source") != source["hash"]:
        return "other code wrote it"
    if not 0 <= int(state["step"]) <= run.schedule.steps:
        return f"step {state['step']} is not one of {run.schedule.steps}"
    if not 0 <= float(state["seconds"]) < math.inf:
        return f"it says that {state['seconds']} seconds have passed"
    return ""


def _restore_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any], step: int) -> None:
    """The momentum of every parameter from a checkpoint; the settings stay those of the run."""
    settings = [{name: value for name, value in group.items() if name != "params"} for group in optimizer.param_groups]
    optimizer.load_state_dict(state)
    for group, kept in zip(optimizer.param_groups, settings, strict=True):
        group.update(kept)
        if step and kept["momentum"]:
            for parameter in group["params"]:
                if optimizer.state[parameter]["momentum_buffer"].shape != parameter.shape:
                    raise ValueError("a momentum does not have the shape of its parameter")


class _Curves:
    """Means over each fortieth of the run, and the first step whose loss is not finite.

    Loss and predictions of each step wait on the device until :meth:`look` fetches them together. ``train_error`` is
    that of the logits which the loss sees, margin and all; ``plain_error``, where they differ, that of the test scores.
    """

    def __init__(self, steps: int, bent: bool) -> None:
        self.bent = bent
        points = min(CURVE_POINTS, steps)
        self.ends = [round((i + 1) * steps / points) for i in range(points)]
        self.sums = [[0.0] * 4 for _ in self.ends]  # of losses, errors and plain errors, and how many steps
        self.rates = [0.0] * points
        self.blends: list[float | None] = [None] * points
        self.waiting: list[tuple[int, Tensor, Tensor, Tensor, Tensor]] = []
        self.first_bad = -1

    def point(self, step: int) -> int:
        return bisect.bisect_right(self.ends, step)

    def add(
        self, step: int, loss: Tensor, logits: Tensor, scores: Tensor, labels: Tensor, rate: float, blend: float | None
    ) -> None:
        predicted = logits.detach().argmax(1)
        plain = scores.argmax(1) if self.bent else predicted
        self.waiting.append((step, loss.detach(), predicted, plain, labels))
        i = self.point(step)
        self.rates[i], self.blends[i] = rate, blend

    def look(self) -> int:
        """Fetch what waits; the first step with a loss that is no number, or -1."""
        if not self.waiting:
            return self.first_bad
        steps, losses, predicted, plain, labels = zip(*self.waiting, strict=True)
        truth = torch.stack(labels)
        errors = [(torch.stack(guesses) != truth).float().mean(1) for guesses in (predicted, plain)]
        for step, loss, *wrong in zip(steps, *torch.stack([torch.stack(losses), *errors]).tolist(), strict=True):
            sums = self.sums[self.point(step)]
            sums[:] = [total + value for total, value in zip(sums, (loss, *wrong, 1.0), strict=True)]
            if self.first_bad < 0 and not math.isfinite(loss):
                self.first_bad = step
        self.waiting = []
        return self.first_bad

    def state(self) -> dict[str, Any]:
        self.look()
        return {"sums": self.sums, "rates": list(self.rates), "blends": list(self.blends)}

    def restore(self, state: dict[str, Any]) -> None:
        sums = [[float(value) for value in values] for values in state["sums"]]
        rates, blends = [float(rate) for rate in state["rates"]], list(state["blends"])
        if not len(sums) == len(rates) == len(blends) == len(self.ends) or any(len(values) != 4 for values in sums):
            raise ValueError("its curves are not as long as the run's")
        self.sums, self.rates, self.blends = sums, rates, blends

    def result(self, steps_done: int) -> dict[str, Any]:
        self.look()
        keep = [i for i, end in enumerate(self.ends) if self.sums[i][3] > 0 and end <= steps_done]

        def means(column: int) -> list[float | None]:
            return [four_digits(self.sums[i][column] / self.sums[i][3]) for i in keep]

        curves: dict[str, Any] = {
            "step": [self.ends[i] for i in keep],
            "loss": means(0),
            "train_error": means(1),
            "rate": [four_digits(self.rates[i]) for i in keep],
        }
        if self.bent:
            curves["plain_error"] = means(2)
        if any(self.blends[i] is not None for i in keep):
            curves["blend"] = [four_digits(self.blends[i] or 0.0) for i in keep]
        return curves


def four_digits(value: float) -> float | None:
    """Four significant digits; ``None`` for what is not finite (JSON has no word for it)."""
    return float(f"{value:.4g}") if math.isfinite(value) else None


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
        The record (status ``finished`` or ``diverged``), and the arrays that go beside it: the mean cosines between
        the classes' test features under seed 0, and the features of fixed test images where they are 2-D.
    """
    started = time.monotonic()
    _head_class(run)  # refuse what would not be trained as it says before anything is recorded of it
    source = describe_source(run)  # now, not at the end: files may be edited while a run goes on
    device = torch.device(device)
    environment = describe_environment(device)
    data = (load(run.dataset) if data is None else data).to(device)
    fit = data.train
    if run.fit_on == "train+validation":
        fit = Split(torch.cat([fit.images, data.validation.images]), torch.cat([fit.labels, data.validation.labels]))
    fit = draw(fit, run.train_size, run.seed)
    per_epoch = len(fit) // run.batch_size
    require(per_epoch > 0, "batch_size must be at most the {} training images, got {}", len(fit), run.batch_size)

    network, head = build(run, data.num_classes)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    head.to(device)
    blend = getattr(head, "blend", None)
    groups = _parameter_groups([network, head], run.optimizer.weight_decay)
    fused = True if device.type == "cuda" else None  # one kernel for all parameters
    optimizer = torch.optim.SGD(groups, lr=run.optimizer.rate, momentum=run.optimizer.momentum, fused=fused)
    with torch.no_grad():  # whether a margin bends the logits that are trained on, so that they are no test scores
        probe, labels = torch.ones(2, run.feature_dim, device=device), torch.zeros(2, dtype=torch.int64, device=device)
        bent = not torch.equal(head(probe, labels), head(probe))
    curves = _Curves(run.schedule.steps, bent)
    first, seconds_before = 0, 0.0
    devices = [environment["device_name"]]

    state = checkpoint.load() if checkpoint else None
    if checkpoint and state is not None:
        try:
            reason = _unfit(state, run, source)
            if not reason:
                first, seconds_before = int(state["step"]), float(state["seconds"])
                network.load_state_dict(state["network"])
                head.load_state_dict(state["head"])
                _restore_optimizer(optimizer, state["optimizer"], first)
                curves.restore(state["curves"])
                devices = list(dict.fromkeys([*state["devices"], *devices]))
        except (LookupError, ValueError, TypeError, RuntimeError, AttributeError, ArithmeticError) as error:
            reason = f"{type(error).__name__} on reading it"
        if reason:  # parts of it may have been taken over: begin anew with nothing of it
            checkpoint.set_aside(reason)
            return train(
                run, device=device, data=data, checkpoint=checkpoint, progress=progress,
                compile_network=compile_network, stop=stop,
            )  # fmt: skip

    def save(step: int) -> None:
        if checkpoint:
            checkpoint.save({
                "id": run.id, "source": source["hash"], "step": step, "devices": devices,
                "seconds": seconds_before + time.monotonic() - started,
                "network": network.state_dict(), "head": head.state_dict(), "optimizer": optimizer.state_dict(),
                "curves": curves.state(),
            })  # fmt: skip

    ready = None  # all images as the network takes them, where that is small: the same numbers, made once
    if not run.augmentation and 4 * fit.images.numel() <= READY_BYTES:
        ready = normalise(fit.images, data).contiguous()
    network.train()
    forward: Any = network
    if compile_network:
        torch.compiler.reset()  # what an earlier run of this process compiled counts towards a limit
        forward = torch.compile(network)
    autocast = torch.autocast(device.type, torch.bfloat16) if run.precision == "bfloat16" else nullcontext()
    step, diverged_at = first, -1
    epoch, order, plan = -1, torch.empty(0), None
    epoch_images = epoch_labels = torch.empty(0)
    while step < run.schedule.steps and diverged_at < 0:
        if step // per_epoch != epoch:
            epoch = step // per_epoch
            order = torch.randperm(len(fit), generator=generator(run.seed, "order", epoch)).to(device)
            if run.augmentation:
                noise = generator(run.seed, "augmentation", epoch)
                plan = Augmentation.drawn(run.augmentation, len(fit), noise, device)
            epoch_labels = fit.labels[order]
            if ready is not None:
                epoch_images = ready[order].contiguous(memory_format=torch.channels_last)
        begin = (step % per_epoch) * run.batch_size
        end = begin + run.batch_size
        labels = epoch_labels[begin:end]
        if ready is None:
            images, _ = batch(fit, order[begin:end], data, None if plan is None else plan.of(begin, end))
        else:
            images = epoch_images[begin:end]
        rate = run.schedule.rate(run.optimizer.rate, step)
        for group in optimizer.param_groups:
            group["lr"] = rate

        with autocast:
            try:
                features = forward(images)
            except Exception as error:
                if forward is network:
                    raise
                print(f"run {run.id} goes on without compilation: {type(error).__name__}")
                forward = network
                features = network(images)
        logits = head(features, labels)
        with torch.no_grad():
            scores = head(features.detach()) if bent else logits
        if run.loss == "hinge":
            loss = losses.multiclass_hinge(logits, labels, form="one-vs-all")
        else:
            loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

        curves.add(step, loss, logits, scores, labels, rate, None if blend is None else blend.at(blend.steps))
        if blend is not None:
            blend.step()
        step += 1

        if step % LOOK_EVERY == 0 or step == run.schedule.steps:
            diverged_at = curves.look()
        if progress:
            progress(step, run.schedule.steps)
        if diverged_at < 0 and checkpoint and checkpoint.due():
            diverged_at = curves.look()
            if diverged_at < 0:
                save(step)
        if stop is not None and step < run.schedule.steps and diverged_at < 0 and stop():
            diverged_at = curves.look()
            if diverged_at < 0:
                save(step)
                raise Interrupted(f"run {run.id} stopped at step {step} of {run.schedule.steps}")

    if device.type == "cuda":
        torch.cuda.synchronize(device)
    training_seconds = seconds_before + time.monotonic() - started
    tested = None
    if diverged_at < 0:
        tested = _forward(network, head, data.test, data, autocast)
        if not bool(tested[1].isfinite().all()):
            diverged_at = step  # the last update ruined the weights: the next loss would be no number
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "id": run.id,
        "status": "finished" if diverged_at < 0 else "diverged",
        "run": run.to_json(),
        "metrics": {"train_images": len(fit), "steps": step},
        "curves": curves.result(step if diverged_at < 0 else diverged_at),
        "geometry": {},
        "environment": {
            **environment,
            "wall_seconds": round(training_seconds, 2),
            "images_per_second": round(step * run.batch_size / max(training_seconds, 1e-9)),
            "compiled": forward is not network,
            **({"devices": devices} if len(devices) > 1 else {}),
        },
        "source": source,
    }
    if diverged_at >= 0 or tested is None:
        record["metrics"]["first_bad_step"] = diverged_at
        print(
            f"run {run.id} ({run.head.name}, seed {run.seed}) diverged: its loss was not finite at step {diverged_at}"
        )
        return record, {}
    if blend is not None:
        require(
            blend.at(blend.steps) <= blend.floor,
            "blend must end at its floor {}, got {}",
            blend.floor,
            blend.at(blend.steps),
        )
        record["metrics"]["final_blend"] = blend.floor
    arrays = _evaluate(record, run, network, head, data, fit, autocast, tested)
    return record, arrays


def _forward(network: nn.Module, head: nn.Module, split: Split, data: Dataset, autocast: Any) -> tuple[Tensor, Tensor]:
    """Features ``[N, D]`` and test scores ``[N, C]`` of a split, in float32."""
    features, scores = [], []
    network.eval()
    with torch.no_grad():
        for start in range(0, len(split), EVALUATION_BATCH):
            with autocast:
                part = network(normalise(split.images[start : start + EVALUATION_BATCH], data))
            features.append(part.float())
            scores.append(head(features[-1]))
    return torch.cat(features), torch.cat(scores)


def _evaluate(
    record: dict[str, Any],
    run: Run,
    network: nn.Module,
    head: nn.Module,
    data: Dataset,
    fit: Split,
    autocast: Any,
    tested: tuple[Tensor, Tensor],
) -> dict[str, np.ndarray]:
    """Fill the record's metrics and geometry from the network as it stands at the end; return the arrays beside it."""
    metrics = record["metrics"]
    features, scores = tested
    correct = scores.argmax(1) == data.test.labels
    metrics["test"] = _summary(scores, data.test.labels)
    metrics["test_correct"] = base64.b64encode(np.packbits(correct.cpu().numpy()).tobytes()).decode()
    metrics["validation"] = None
    if run.fit_on == "train":
        metrics["validation"] = _summary(
            _forward(network, head, data.validation, data, autocast)[1], data.validation.labels
        )
    seen = fit.take(torch.arange(min(len(fit), TRAIN_ERROR_IMAGES), device=fit.labels.device))
    metrics["train"] = _summary(_forward(network, head, seen, data, autocast)[1], seen.labels)
    weight = head.get_parameter("weight").detach()
    with torch.no_grad():
        described = geometry.describe(features, data.test.labels, weight, scores)
    described |= _contrast(network, head, data, features, autocast)
    record["geometry"] = {name: four_digits(value) for name, value in described.items()}
    if run.seed != 0 and run.feature_dim != 2:
        return {}
    arrays = {"class_cosines": geometry.class_cosines(features, data.test.labels, data.num_classes).cpu().numpy()}
    if run.feature_dim != 2:
        return arrays
    return arrays | {
        "features": features[:PICTURE_IMAGES].cpu().numpy().astype(np.float32),
        "labels": data.test.labels[:PICTURE_IMAGES].cpu().numpy().astype(np.uint8),
        "weight": weight.cpu().numpy().astype(np.float32),
    }


def _contrast(network: nn.Module, head: nn.Module, data: Dataset, features: Tensor, autocast: Any) -> dict[str, float]:
    """By how many degrees the features turn where the images' contrast is halved, and what their norms become."""
    part = data.test.take(torch.arange(min(len(data.test), CONTRAST_IMAGES), device=features.device))
    faint = _forward(network, head, Split(part.images * 0.5, part.labels), data, autocast)[0]
    plain = features[: len(faint)]
    cosine = F.cosine_similarity(faint.double(), plain.double()).clamp(-1, 1)
    ratio = faint.norm(dim=1) / plain.norm(dim=1).clamp_min(torch.finfo(plain.dtype).tiny)
    return {"contrast_turn": float(cosine.acos().rad2deg().mean()), "contrast_norm": float(ratio.mean())}


def _summary(scores: Tensor, labels: Tensor) -> dict[str, Any]:
    """Wrong answers, images, and mean cross-entropy of plain test scores."""
    wrong = int((scores.argmax(1) != labels).sum())
    return {"wrong": wrong, "images": len(labels), "loss": four_digits(float(F.cross_entropy(scores, labels)))}
