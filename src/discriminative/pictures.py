"""What a picture needs of a run and no record keeps: features in their three principal axes, and class means.

A run is trained again as its record was, and the arrays go to ``results/pictures/<run id>.npz``; of a run with features
in the plane those of training and test images, as they are, to ``<run id>-plane.npz``. They are for the eye:
verdicts rest on records alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch

from discriminative._checks import require
from discriminative.data import load
from discriminative.paths import project_root
from discriminative.runs import Run
from discriminative.training.batches import restrict
from discriminative.training.evaluation import forward
from discriminative.training.loop import Training

__all__ = ["AXES", "folder", "picture", "plane", "take", "taken"]

AXES, IMAGES = 3, 1000


def folder() -> Path:
    return project_root() / "results" / "pictures"


def _trained(run: Run) -> Training:
    training = Training(run, restrict(load(run.dataset), run.classes), torch.device("cpu"), compile_network=False)
    while training.step < run.schedule.steps:
        training.update()
    training.model.enter(training.step)
    return training


def plane(run: Run) -> dict[str, np.ndarray]:
    """Train a run with features in the plane and keep some of its training images' and of its test images'.

    Returns:
        For ``train`` and ``test``: ``<part>_features`` ``[1000, 2]`` and ``<part>_labels`` of the first images,
        ``<part>_wrong`` and ``<part>_images`` of them all; ``weight`` ``[C, 2]``.
    """
    require(run.feature_dim == 2, "feature_dim must be 2, got {}", run.feature_dim)
    training = _trained(run)
    data, model = training.data, training.model
    found = {"weight": model.head.get_parameter("weight").detach().numpy().astype(np.float32)}
    for name, part in (("train", training.batches.fit), ("test", data.test)):
        features, scores = forward(model, part, data, nullcontext())
        found[f"{name}_features"] = features[:IMAGES].numpy().astype(np.float32)
        found[f"{name}_labels"] = part.labels[:IMAGES].numpy().astype(np.uint8)
        found[f"{name}_wrong"] = np.array(int((scores.argmax(1) != part.labels).sum()))
        found[f"{name}_images"] = np.array(len(part))
    return found


def picture(run: Run) -> dict[str, np.ndarray]:
    """Train a run and keep what a picture needs of its test images.

    Returns:
        ``features`` ``[1000, 3]`` of the first test images and ``weight`` ``[C, 3]``, along the three principal axes of
        all test features (features less their mean, weights as they are); ``share`` ``[3]``, the share of the features'
        variance along each; ``labels``; ``class_means`` and ``class_weights`` ``[C, D]``; ``wrong`` and ``images``.
    """
    training = _trained(run)
    data, model = training.data, training.model
    features, scores = forward(model, data.test, data, nullcontext())
    labels, weight = data.test.labels, model.head.get_parameter("weight").detach()
    centred = features - features.mean(0)
    _, sizes, axes = torch.linalg.svd(centred.double(), full_matrices=False)
    axes = axes[:AXES].float()
    counts = torch.bincount(labels, minlength=len(weight)).unsqueeze(1)
    sums = torch.zeros_like(weight).index_add_(0, labels, features)
    found = {
        "features": (centred @ axes.T)[:IMAGES],
        "weight": weight @ axes.T,
        "share": (sizes.square() / sizes.square().sum())[:AXES],
        "class_means": sums / counts,
        "class_weights": weight,
    }
    arrays = {name: value.numpy().astype(np.float32) for name, value in found.items()}
    wrong = int((scores.argmax(1) != labels).sum())
    return arrays | {
        "labels": labels[:IMAGES].numpy().astype(np.uint8),
        "wrong": np.array(wrong),
        "images": np.array(len(labels)),
    }


def take(runs: Iterable[Run], look: Callable[[Run], dict[str, np.ndarray]] = picture, kind: str = "") -> int:
    """Take the pictures that are missing; how many. ``plane`` takes those of the kind ``"-plane"``."""
    count = 0
    folder().mkdir(parents=True, exist_ok=True)
    for run in runs:
        path = folder() / f"{run.id}{kind}.npz"
        if not path.exists():
            part = path.with_suffix(".part.npz")
            np.savez_compressed(part, allow_pickle=False, **look(run))
            part.replace(path)
            count += 1
    return count


def taken(run: Run, kind: str = "") -> dict[str, np.ndarray] | None:
    """The picture of a run, if there is one of that kind."""
    path = folder() / f"{run.id}{kind}.npz"
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)
