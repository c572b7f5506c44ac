"""What a picture needs of a run and no record keeps: features in their three principal axes, and class means.

A run is trained again as its record was, and the arrays go to ``results/pictures/<run id>.npz``. They are for the eye:
verdicts rest on records alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch

from discriminative.data import load
from discriminative.paths import project_root
from discriminative.runs import Run
from discriminative.training.batches import restrict
from discriminative.training.evaluation import forward
from discriminative.training.loop import Training

__all__ = ["AXES", "folder", "picture", "take", "taken"]

AXES, IMAGES = 3, 1000


def folder() -> Path:
    return project_root() / "results" / "pictures"


def picture(run: Run) -> dict[str, np.ndarray]:
    """Train a run and keep what a picture needs of its test images.

    Returns:
        ``features`` ``[1000, 3]`` of the first test images and ``weight`` ``[C, 3]``, along the three principal axes of
        all test features (features less their mean, weights as they are); ``share`` ``[3]``, the share of the features'
        variance along each; ``labels``; ``class_means`` and ``class_weights`` ``[C, D]``; ``wrong`` and ``images``.
    """
    training = Training(run, restrict(load(run.dataset), run.classes), torch.device("cpu"), compile_network=False)
    while training.step < run.schedule.steps:
        training.update()
    data, model = training.data, training.model
    model.enter(training.step)
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


def take(runs: Iterable[Run]) -> int:
    """Take the pictures that are missing; how many."""
    count = 0
    folder().mkdir(parents=True, exist_ok=True)
    for run in runs:
        path = folder() / f"{run.id}.npz"
        if not path.exists():
            part = path.with_suffix(".part.npz")
            np.savez_compressed(part, allow_pickle=False, **picture(run))
            part.replace(path)
            count += 1
    return count


def taken(run: Run) -> dict[str, np.ndarray] | None:
    """The picture of a run, if there is one."""
    path = folder() / f"{run.id}.npz"
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)
