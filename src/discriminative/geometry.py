"""Where features and class weights lie: angles, distances, norms, and how far the weights are from orthonormal."""

from __future__ import annotations

import torch
from torch import Tensor

from discriminative._tensors import check_batch, lift, norms, require

__all__ = ["class_angles", "class_distances", "describe", "unit_rows", "weight_cosines", "weight_separability"]


def unit_rows(vectors: Tensor) -> Tensor:
    """``vectors`` ``[N, D]`` with every row at length one; a zero row stays zero."""
    return vectors / norms(vectors).clamp_min(torch.finfo(vectors.dtype).tiny).unsqueeze(-1)


def weight_cosines(weight: Tensor) -> Tensor:
    """The C (C - 1) / 2 cosines between different class weights of ``[C, D]``."""
    unit = unit_rows(weight)
    rows, columns = torch.triu_indices(len(weight), len(weight), offset=1, device=weight.device)
    return (unit @ unit.T)[rows, columns].clamp(-1, 1)


def weight_separability(weight: Tensor) -> Tensor:
    r"""How far the class weights are from orthonormal.

    .. math:: e(W) = \frac1C \lVert W W^\top - I \rVert_F^2   \qquad \text{(feed-backward reconstruction, Eq. 6)}

    Args:
        weight: ``[C, D]``, one row a class (the paper writes columns).

    Returns:
        A scalar, at least :math:`\max(0, 1 - D / C)`: the Gram matrix has rank at most D.

    Example:
        >>> weight_separability(torch.eye(3))
        tensor(0.)
    """
    require(weight.ndim == 2, "weight must be [C, D], got shape {}", tuple(weight.shape))
    (weight,) = lift(weight)
    gram = weight @ weight.T
    return (gram - torch.eye(len(weight), dtype=gram.dtype, device=gram.device)).square().sum() / max(len(weight), 1)


def class_angles(features: Tensor, labels: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Angles in radians from each feature to its own class weight and to the nearest rival's.

    Args:
        features: ``[B, D]``; a zero feature is at 90 degrees from everything.
        labels: ``[B]``.
        weight: ``[C, D]``, C >= 2.

    Returns:
        Two tensors ``[B]``, own angle and nearest rival's angle; the gap is their difference.
    """
    check_batch(features, labels, weight)
    require(len(weight) >= 2, "weight must hold at least two classes, got {}", len(weight))
    features, weight = lift(features, weight)
    cosines = (unit_rows(features) @ unit_rows(weight).T).clamp(-1, 1)
    rows = torch.arange(len(labels), device=labels.device)
    own = cosines[rows, labels].acos()
    cosines[rows, labels] = -torch.inf
    return own, cosines.amax(1).clamp(-1, 1).acos()


def class_distances(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Mean distance from features to their class mean, and mean distance between the class means present."""
    features, = lift(features)  # fmt: skip
    present, index = torch.unique(labels, return_inverse=True)
    counts = torch.bincount(index, minlength=len(present)).to(features.dtype)
    means = features.new_zeros(len(present), features.shape[1]).index_add_(0, index, features) / counts.unsqueeze(1)
    within = norms(features - means[index]).mean()
    rows, columns = torch.triu_indices(len(present), len(present), offset=1, device=features.device)
    between = norms(means[rows] - means[columns]).mean() if len(present) > 1 else features.new_zeros(())
    return within, between


def describe(features: Tensor, labels: Tensor, weight: Tensor, scores: Tensor) -> dict[str, float]:
    """The geometry that a record keeps, from test features ``[B, D]``, labels, weights and test scores ``[B, C]``.

    Angles in degrees, norms and distances in the units of the features, shares and cosines without unit.
    """
    cosines = weight_cosines(weight)
    own, rival = class_angles(features, labels, weight)
    within, between = class_distances(features, labels)
    length = norms(features)
    own_score = scores[torch.arange(len(labels), device=labels.device), labels]
    values = {
        "separability_raw": weight_separability(weight),
        "separability_unit": weight_separability(unit_rows(weight)),
        "weight_cosine_mean": cosines.mean(),
        "weight_cosine_max": cosines.max(),
        "weight_cosine_sd": cosines.std(correction=0),
        "weight_norm_mean": norms(weight).mean(),
        "feature_norm_mean": length.mean(),
        "feature_norm_sd": length.std(correction=0),
        "own_angle": own.mean().rad2deg(),
        "rival_angle": rival.mean().rad2deg(),
        "angle_gap": (rival - own).mean().rad2deg(),
        "negative_own_share": (own_score < 0).to(length.dtype).mean(),
        "mean_energy_share": features.mean(0).square().sum() / features.square().sum(1).mean(),
        "within_distance": within,
        "between_distance": between,
    }
    return {name: float(value) for name, value in values.items()}
