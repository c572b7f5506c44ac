"""The papers' equations in the papers' own form: angles, arc cosines and loops, by ``math`` and ``numpy`` alone."""

from __future__ import annotations

import math

import numpy as np


def rows(array):
    return [[float(value) for value in row] for row in array]


def dot(u, v):
    return math.fsum(a * b for a, b in zip(u, v, strict=True))


def norm(u):
    return math.hypot(*u)


def angle(u, v):
    """The angle between two vectors, by the quotient that is exact near 0 and 180 degrees; 90 if either is zero."""
    if norm(u) == 0 or norm(v) == 0:
        return math.pi / 2
    a, b = [value / norm(u) for value in u], [value / norm(v) for value in v]
    return 2 * math.atan2(norm([p - q for p, q in zip(a, b, strict=True)]),
                          norm([p + q for p, q in zip(a, b, strict=True)]))  # fmt: skip


def psi(theta, m):
    """Thesis, Eq. 2.6."""
    k = min(int(theta * m / math.pi), m - 1)
    return (-1) ** k * math.cos(m * theta) - 2 * k


def softmax_logits(features, labels, weight):
    """Thesis, Eq. 2.1."""
    return np.array([[dot(x, w) for w in rows(weight)] for x in rows(features)])


def large_margin_logits(features, labels, weight, m, blend=0.0):
    """Thesis, Eq. 2.4 with the blend of section 2.2.7."""
    out = softmax_logits(features, labels, weight)
    w = rows(weight)
    for i, x in enumerate(rows(features)):
        theta = angle(x, w[labels[i]])
        out[i, labels[i]] = norm(x) * norm(w[labels[i]]) * (blend * math.cos(theta) + psi(theta, m)) / (1 + blend)
    return out


def cross_entropy(logits, labels):
    """Thesis, Eq. 2.1: the mean of -log softmax at the label."""
    total = 0.0
    for row, label in zip(rows(logits), labels, strict=True):
        top = max(row)
        total += top + math.log(math.fsum(math.exp(value - top) for value in row)) - row[label]
    return total / len(labels)


def gradient(function, array, step=1e-6):
    """Central differences of a scalar function of one array: the derivative with no calculus at all."""
    array = np.asarray(array, dtype=float)
    out = np.zeros_like(array)
    for index in np.ndindex(*array.shape):
        moved = array.copy()
        moved[index] += step
        above = function(moved)
        moved[index] -= 2 * step
        out[index] = (above - function(moved)) / (2 * step)
    return out


def weight_normalized_logits(features, weight):
    """Thesis, Part I: |x| cos theta_j."""
    return np.array([[norm(x) * math.cos(angle(x, w)) for w in rows(weight)] for x in rows(features)])


def sphere_logits(features, labels, weight, scale, target=None):
    """Thesis, Part I: s cos theta_j, the target's s target(theta)."""
    target = target or math.cos
    return np.array(
        [
            [scale * (target if j == label else math.cos)(angle(x, w)) for j, w in enumerate(rows(weight))]
            for x, label in zip(rows(features), labels, strict=True)
        ]
    )


def biased_logits(features, labels, weight, alpha, held=None):
    """W-Softmax, Eqs 1 and 11, sample by sample as in Algorithm 1; ``held`` are the weights that w_c in w'_j keeps."""
    unit = [[value / norm(row) for value in row] for row in rows(weight)]
    kept = unit if held is None else [[value / norm(row) for value in row] for row in rows(held)]
    out = []
    for x, c in zip(rows(features), labels, strict=True):
        line = []
        for j, w in enumerate(unit):
            turned = w if j == c else [alpha * a + b for a, b in zip(kept[c], w, strict=True)]
            line.append(dot(turned, x) / norm(turned))
        out.append(line)
    return np.array(out)


def guarded_logits(features, labels, weight, alpha, margin):
    """z_j + (1 - kappa) t with kappa = |alpha w_c + w_j| - alpha and t = |z_c| or |x|."""
    unit = [[value / norm(row) for value in row] for row in rows(weight)]
    out = []
    for x, c in zip(rows(features), labels, strict=True):
        size = abs(dot(unit[c], x)) if margin == "proportional" else norm(x)
        line = []
        for j, w in enumerate(unit):
            kappa = 1 if j == c else norm([alpha * a + b for a, b in zip(unit[c], w, strict=True)]) - alpha
            line.append(dot(w, x) + (1 - kappa) * size)
        out.append(line)
    return np.array(out)
