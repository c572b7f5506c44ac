"""What a record keeps of a network at its end."""

from __future__ import annotations

import base64
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from discriminative import geometry
from discriminative._tensors import norms
from discriminative.data import Dataset, Split, normalise
from discriminative.training.curves import digits, four_digits
from discriminative.training.model import Model

__all__ = ["contrast", "evaluate", "forward", "in_training", "own_angles", "summary"]

PICTURE_IMAGES = 1000
EVALUATION_BATCH = 1000
CONTRAST_IMAGES = 1000
TRAIN_ERROR_IMAGES = 10_000

Autocast = AbstractContextManager[Any]


def forward(model: Model, split: Split, data: Dataset, autocast: Autocast) -> tuple[Tensor, Tensor]:
    """Features ``[N, D]`` and test scores ``[N, C]`` of a split, in float32."""
    features, scores = [], []
    model.network.eval()
    with torch.no_grad():
        for start in range(0, len(split), EVALUATION_BATCH):
            with autocast:
                part = model.network(normalise(split.images[start : start + EVALUATION_BATCH], data))
            features.append(part.float())
            scores.append(model.head(model.scaled(features[-1])))
    return torch.cat(features), torch.cat(scores)


def evaluate(
    record: dict[str, Any],
    model: Model,
    data: Dataset,
    fit: Split,
    autocast: Autocast,
    tested: tuple[Tensor, Tensor],
) -> dict[str, np.ndarray]:
    """Fill the record's metrics and geometry from the network as it stands at the end; return the arrays beside it.

    Under seed 0 these are ``class_cosines`` (the mean cosines between the classes' test features) and ``norms`` (the
    length of every test feature, in half precision where that can hold it); where features are 2-D, under any seed,
    ``class_cosines``, and ``features``, ``labels`` and ``weight`` for a picture.
    """
    run, metrics, labels = model.run, record["metrics"], data.test.labels
    features, scores = tested
    correct = scores.argmax(1) == labels
    metrics["test"] = summary(scores, labels)
    metrics["test_correct"] = base64.b64encode(np.packbits(correct.cpu().numpy()).tobytes()).decode()
    metrics["validation"] = None
    if run.fit_on == "train":
        validation = data.validation
        metrics["validation"] = summary(forward(model, validation, data, autocast)[1], validation.labels)
    seen = fit.take(torch.arange(min(len(fit), TRAIN_ERROR_IMAGES), device=fit.labels.device))
    seen_features, seen_scores = forward(model, seen, data, autocast)
    metrics["train"] = summary(seen_scores, seen.labels)
    weight = model.head.get_parameter("weight").detach()
    with torch.no_grad():
        described = geometry.describe(features, labels, weight, scores)
        described |= contrast(model, data, features, autocast)
        described |= label_free(model, seen_features, seen.labels, scores)
        described["probe_error"] = geometry.probe_error(seen_features, seen.labels, features, labels, data.num_classes)
        lists = geometry.describe_classes(features, labels, weight, scores)
        lists |= geometry.describe_norms(features, labels, scores)
        lists["class_own_angle"] = own_angles(features, labels, weight)
        lists["class_own_angle_train"] = own_angles(seen_features, seen.labels, weight)
        described |= in_training(model, seen_features, seen.labels, seen_scores)
    record["geometry"] = {name: four_digits(value) for name, value in described.items()}
    record["geometry"] |= {name: [digits(value, 3) for value in values] for name, values in lists.items()}
    if run.seed != 0 and run.feature_dim != 2:
        return {}
    arrays = {"class_cosines": geometry.class_cosines(features, labels, data.num_classes).cpu().numpy()}
    if run.seed == 0:
        length = norms(features).cpu().numpy()
        arrays["norms"] = length.astype(np.float16 if length.max() < np.finfo(np.float16).max else np.float32)
    if run.feature_dim != 2:
        return arrays
    return arrays | {
        "features": features[:PICTURE_IMAGES].cpu().numpy().astype(np.float32),
        "labels": labels[:PICTURE_IMAGES].cpu().numpy().astype(np.uint8),
        "weight": weight.cpu().numpy().astype(np.float32),
    }


def label_free(model: Model, features: Tensor, labels: Tensor, scores: Tensor) -> dict[str, float]:
    """Is the loss small because classes are told apart, or whatever the class?

    ``trained_loss`` is the head's loss of training images, margin and all; ``mean_feature_loss`` the same where every
    feature is replaced by their mean; ``all_negative_share`` the share of test images without a positive score.
    """
    mean = features.mean(0, keepdim=True).expand_as(features)
    with torch.no_grad():
        trained, replaced = (
            float(model.head_loss(model.head(model.scaled(seen), labels), labels)) for seen in (features, mean)
        )
    negative = float((scores < 0).all(1).float().mean())
    return {"trained_loss": trained, "mean_feature_loss": replaced, "all_negative_share": negative}


def own_angles(features: Tensor, labels: Tensor, weight: Tensor) -> list[float]:
    """Mean angle in degrees between the features of each class and its weight; not a number for one without."""
    angles, counts = geometry.class_mean_angles(features, labels, weight)
    found: list[float] = angles.rad2deg().masked_fill(counts == 0, torch.nan).tolist()
    return found


def in_training(model: Model, features: Tensor, labels: Tensor, scores: Tensor) -> dict[str, float]:
    """Of training images: ``own_angle_train`` in degrees, and what share only the rule of training calls right.

    ``right_in_training_only`` counts images whose own class comes first under the head's training logits, margin and
    all, and not under its test scores.
    """
    own, _ = geometry.class_angles(features, labels, model.head.get_parameter("weight").detach())
    bent = model.head(model.scaled(features), labels).argmax(1) == labels
    only = bent & (scores.argmax(1) != labels)
    return {"own_angle_train": float(own.mean().rad2deg()), "right_in_training_only": float(only.float().mean())}


def contrast(model: Model, data: Dataset, features: Tensor, autocast: Autocast) -> dict[str, float]:
    """By how many degrees the features turn where the images' contrast is halved, and what their norms become.

    Likewise where a tenth of the full scale is added to every pixel: a shift of the brightness.
    """
    part = data.test.take(torch.arange(min(len(data.test), CONTRAST_IMAGES), device=features.device))
    plain, told = features[: len(part)], {}
    for name, images in (("contrast", part.images * 0.5), ("brightness", part.images + 0.1 * data.full_scale)):
        other = forward(model, Split(images, part.labels), data, autocast)[0]
        cosine = F.cosine_similarity(other.double(), plain.double()).clamp(-1, 1)
        ratio = other.norm(dim=1) / plain.norm(dim=1).clamp_min(torch.finfo(plain.dtype).tiny)
        told[f"{name}_turn"], told[f"{name}_norm"] = float(cosine.acos().rad2deg().mean()), float(ratio.mean())
    return told


def summary(scores: Tensor, labels: Tensor) -> dict[str, Any]:
    """Wrong answers, images, and mean cross-entropy of plain test scores."""
    wrong = int((scores.argmax(1) != labels).sum())
    return {"wrong": wrong, "images": len(labels), "loss": four_digits(float(F.cross_entropy(scores, labels)))}
