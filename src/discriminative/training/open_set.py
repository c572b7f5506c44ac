"""A run on a data set of which a part of the identities is unseen: trained as any, then asked about pairs of those.

The loop knows nothing of it. The state that it hands to a checkpoint after the last step is kept, the network is built
again from it, and what the record tells of its tests is taken from the unseen identities.
"""

from __future__ import annotations

import base64
import math
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from discriminative import verification
from discriminative.data import Dataset, Split, load
from discriminative.paths import data_root
from discriminative.runs import Run
from discriminative.training.batches import restrict
from discriminative.training.checkpoint import Checkpoint
from discriminative.training.curves import digits, four_digits
from discriminative.training.evaluation import forward
from discriminative.training.loop import Progress, train
from discriminative.training.model import Model
from discriminative.unseen import UNSEEN, Unseen

__all__ = ["train_any", "train_open_set"]

FAR = (1e-3, 1e-2, 1e-1)
CURVE_AT = tuple(round(float(far), 5) for far in np.geomspace(1e-3, 1, 25))
COMPONENTS = 32  # principal axes, of the training images' features


def train_any(run: Run, **options: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """``train``, or :func:`train_open_set` where a part of the data set's identities is unseen; arguments as there."""
    return train_open_set(run, **options) if run.dataset in UNSEEN else train(run, **options)


class _Kept(Checkpoint):
    """A checkpoint that is also handed the state after the last step, and keeps that one in memory."""

    def __init__(self, steps: int, inner: Checkpoint | None, progress: Progress | None) -> None:
        self.steps, self.inner, self.progress = steps, inner, progress
        self.state: dict[str, Any] | None = None
        self.ended = False

    def told(self, done: int, steps: int) -> None:
        self.ended = done == steps
        if self.progress:
            self.progress(done, steps)

    def due(self) -> bool:
        return self.ended or (self.inner is not None and self.inner.due())

    def save(self, state: dict[str, Any]) -> None:
        if self.ended:
            self.state = state
        elif self.inner is not None:
            self.inner.save(state)

    def load(self) -> dict[str, Any] | None:
        return None if self.inner is None else self.inner.load()

    def set_aside(self, reason: str) -> None:
        if self.inner is not None:
            self.inner.set_aside(reason)


def train_open_set(
    run: Run,
    *,
    device: torch.device | str = "cpu",
    data: Dataset | None = None,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Train ``run`` on the known identities and ask it about the unseen ones; arguments as for ``train``.

    In the record ``test`` and ``validation`` count *pairs* of unseen identities that are answered wrong by the cosine,
    each by a threshold that was chosen on other pairs; ``pairs`` holds the other numbers, ``one_shot`` the trials,
    ``closed`` what ``train`` tells of held-out images of known identities. ``test_correct`` has a bit a pair.

    Returns:
        The record, and under seed 0 the scores of the pairs.

    Raises:
        ValueError: if an identity is both trained on and asked about.
    """
    device = torch.device(device)
    unseen = UNSEEN[run.dataset](data_root(), run.seed)
    asked = torch.cat([unseen.pairs.first, unseen.pairs.second, unseen.tuning.first, unseen.tuning.second])
    verification.require_disjoint(unseen.known, {unseen.identity[i] for i in asked.tolist()})
    whole = (load(run.dataset) if data is None else data).to(device)
    known = restrict(whole, unseen.classes)
    kept = _Kept(run.schedule.steps, checkpoint, progress)
    record, _ = train(run, device=device, data=known, checkpoint=kept, progress=kept.told, **options)
    if record["status"] != "finished" or kept.state is None:
        return record, {}
    model = Model(run, known.num_classes, device)
    model.restore(kept.state)
    model.enter(run.schedule.steps)
    record["geometry"] = {name: value for name, value in record["geometry"].items() if not isinstance(value, list)}
    return record, _ask(record, model, known, unseen)


def _features(model: Model, images: Tensor, data: Dataset, mirrored: bool) -> Tensor:
    """In float64 on the CPU; those of the mirror images are added where these show the same."""
    split = Split(images.to(data.mean.device), torch.zeros(len(images), dtype=torch.int64))
    found = forward(model, split, data, nullcontext())[0]
    if mirrored:
        other = forward(model, replace(split, images=split.images.flip(-1)), data, nullcontext())[0]
        found = verification.mirror_sum(found, other)
    return found.double().cpu()


def _ask(record: dict[str, Any], model: Model, data: Dataset, unseen: Unseen) -> dict[str, np.ndarray]:
    """Fill the record from the features of the unseen images; return the scores to be kept."""
    metrics, pairs, tuning = record["metrics"], unseen.pairs, unseen.tuning
    ends = [pairs.first, pairs.second, tuning.first, tuning.second]
    trials = [] if unseen.trials is None else [unseen.trials[:, :1].flatten(), unseen.trials[:, 2:].flatten()]
    used = torch.unique(torch.cat([*ends, *trials]))  # of 13,233 faces a fold asks about 2,000
    found = _features(model, unseen.images[used], data, unseen.mirrored)
    features = found.new_zeros(len(unseen.images), found.shape[1])
    features[used] = found

    metrics["closed"] = {name: metrics.pop(name) for name in ("test", "validation")}
    told: dict[str, Any] = {}
    arrays = {"same": pairs.same.numpy()}
    for metric in verification.METRICS:
        scores = verification.scores(features, pairs, metric)
        tuned = verification.scores(features, tuning, metric)
        answers = _answers(scores, unseen, tuned)
        told[metric] = _told(scores, pairs.same) | {"wrong": int((~answers.right).sum())}
        arrays[metric] = scores.numpy().astype(np.float16 if metric == "cosine" else np.float32)
        if metric == "cosine":
            told["fold_wrong"] = [int((~answers.right[pairs.fold == fold]).sum()) for fold in range(pairs.folds)]
            told["thresholds"] = [digits(each, 3) for each in answers.thresholds]
            told["tar"] = [
                digits(verification.curve(scores, pairs.same).tar_at(far), 3) for far in _seen(CURVE_AT, pairs)
            ]
            metrics["test"] = {"wrong": told[metric]["wrong"], "images": len(pairs)}
            metrics["test_correct"] = base64.b64encode(np.packbits(answers.right.numpy()).tobytes()).decode()
            metrics["validation"] = {"wrong": _tuned_wrong(tuned, tuning), "images": len(tuning)}
    told["projected"] = _projected(model, data, unseen, features)
    metrics["pairs"] = told
    if unseen.trials is not None:
        right = verification.one_shot(features, unseen.trials)
        metrics["one_shot"] = {"wrong": int((~right).sum()), "images": len(right)}
    asked = torch.unique(torch.cat([pairs.first, pairs.second]))
    number = {name: i for i, name in enumerate(dict.fromkeys(unseen.identity))}
    identity = torch.tensor([number[name] for name in unseen.identity])
    within, between = verification.extent(features[asked], identity[asked])
    record["geometry"] |= {"largest_within": four_digits(within), "smallest_between": four_digits(between)}
    if model.run.seed:
        return {}
    told["over_identities"] = _over_identities(verification.scores(features, pairs), pairs, identity)
    return arrays


def _seen(rates: tuple[float, ...], pairs: verification.Pairs) -> list[float]:
    """Those false accept rates that so many different pairs can show."""
    return [far for far in rates if far >= 1 / int((~pairs.same).sum())]


def _answers(scores: Tensor, unseen: Unseen, tuned: Tensor) -> verification.Answers:
    """By the threshold of the other folds; one fold alone by that of the tuning pairs."""
    threshold = None
    if unseen.pairs.folds == 1:
        threshold = verification.best_threshold(tuned, unseen.tuning.same)
    return verification.answers(scores, unseen.pairs, threshold)


def _tuned_wrong(tuned: Tensor, tuning: verification.Pairs) -> int:
    """Of the tuning pairs; one fold alone is answered by its own best threshold."""
    threshold = verification.best_threshold(tuned, tuning.same) if tuning.folds == 1 else None
    return int((~verification.answers(tuned, tuning, threshold).right).sum())


def _told(scores: Tensor, same: Tensor) -> dict[str, Any]:
    found = verification.curve(scores, same)
    rates = [far for far in FAR if far >= 1 / found.different]
    return {
        "equal_error": four_digits(100 * found.equal_error),
        "area": four_digits(found.area),
        "tar_at": {f"{far:g}": four_digits(100 * found.tar_at(far)) for far in rates},
    }


def _over_identities(scores: Tensor, pairs: verification.Pairs, identity: Tensor) -> list[float | None]:
    """95 % interval of the equal error rate in percent where the identities are drawn again; twice nothing for few."""

    def equal_error(weight: Tensor) -> float:
        kept = weight > 0
        kinds = pairs.same[kept]
        if not 0 < int(kinds.sum()) < len(kinds):
            return math.nan
        return 100 * verification.curve(scores[kept], kinds, weight[kept]).equal_error

    return [four_digits(end) for end in verification.identity_interval(equal_error, pairs, identity)]


def _projected(model: Model, data: Dataset, unseen: Unseen, features: Tensor) -> int | None:
    """Wrong pairs by the cosine along the principal axes of the training images' features; none for few dimensions."""
    if features.shape[1] <= COMPONENTS:
        return None
    mean, axes = verification.principal_axes(_features(model, data.train.images, data, unseen.mirrored), COMPONENTS)
    seen = verification.project(features, mean, axes)
    scores, tuned = (verification.scores(seen, each) for each in (unseen.pairs, unseen.tuning))
    return int((~_answers(scores, unseen, tuned).right).sum())
