"""What scale and margin to begin with: bounds that hold for every network."""

from __future__ import annotations

import math

from discriminative._checks import check_integer, check_number, require
from discriminative.geometry import Rule

__all__ = ["best_probability", "equal_margins", "suggest_scale"]


def best_probability(num_classes: int, scale: float) -> float:
    r"""The largest probability that a normalised head can give to every class's own samples, by its scale alone.

    .. math:: p \le \frac{1}{1 + (C - 1)\, e^{-s C / (C - 1)}}

    Logits are s times cosines. However features and weights are placed, over balanced classes the mean loss is at least
    minus the logarithm of this bound (NormFace's), which the simplex attains: own cosine 1, every other
    :math:`-1/(C-1)`. In fewer than C - 1 dimensions the best is less.

    Args:
        num_classes: C >= 2.
        scale: s > 0.

    Example:
        >>> round(best_probability(10572, scale=4), 3), round(best_probability(10572, scale=16), 4)
        (0.005, 0.9988)
    """
    count = check_integer("num_classes", num_classes, at_least=2)
    scale = check_number("scale", scale, above=0)
    return 1 / (1 + (count - 1) * math.exp(-scale * count / (count - 1)))


def suggest_scale(num_classes: int, probability: float = 0.999) -> float:
    r"""The least scale at which a normalised head can reach a probability: :func:`best_probability` solved for s.

    .. math:: s = \frac{C - 1}{C} \log \frac{(C - 1)\, p}{1 - p}

    Below it the loss cannot fall to :math:`-\log p` whatever is learned, and its gradient never rests. Above it a
    network can do with less than the simplex. A margin asks for more: with CosFace's m the own cosine counts as
    :math:`1 - m`, so divide by :math:`1 - m (C-1)/C`.

    Args:
        num_classes: C >= 2.
        probability: p, above 1/C and below 1.

    Returns:
        s > 0.

    Example:
        >>> round(suggest_scale(10), 2), round(suggest_scale(10572), 2), round(suggest_scale(1_000_000), 2)
        (8.19, 16.17, 20.72)
    """
    count = check_integer("num_classes", num_classes, at_least=2)
    p = check_number("probability", probability, above=1 / count)
    require(p < 1, "probability must be below 1, got {!r}", probability)
    return (count - 1) / count * math.log((count - 1) * p / (1 - p))


def equal_margins(radians: float, between: float) -> dict[Rule, float | None]:
    r"""The hyper-parameters that give each loss the same margin between two classes, as an angle on their arc.

    The inverse of :func:`discriminative.geometry.binary_margin` in its parameter: two unit weights at the angle T, and
    the angle between the two training boundaries. The multiplied angle is given as it comes out, though L- and
    A-Softmax take integers only.

    Args:
        radians: the margin wanted, in [0, T).
        between: T in (0, pi]; for C classes at the simplex :math:`\arccos(-1/(C-1))`.

    Returns:
        By rule; ``None`` where no parameter gives it: W-Softmax for two antipodal weights.

    Example:
        >>> import math
        >>> simplex_angle = math.acos(-1 / 9)
        >>> {rule: None if m is None else round(m, 3) for rule, m in equal_margins(0.5, simplex_angle).items()}
        {'multiplied angle': 1.846, 'subtracted cosine': 0.369, 'added angle': 0.5, 'biased weights': 0.518}
    """
    between = check_number("between", between, above=0)
    require(between <= math.pi, "between must be at most pi, got {!r}", between)
    radians = check_number("radians", radians, at_least=0)
    require(radians < between, "radians must be below between = {:g}, got {!r}", between, radians)
    left = between - radians
    antipodal = math.sin(between) < 1e-12 and radians > 0
    alpha = max(0.0, math.sin(between) / math.tan(left) - math.cos(between))
    found: dict[Rule, float | None] = {
        "multiplied angle": (between + radians) / left,
        "subtracted cosine": 2 * math.sin(between / 2) * math.sin(radians / 2),
        "added angle": radians,
        "biased weights": None if antipodal else alpha,
    }
    return found
