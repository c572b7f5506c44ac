"""The losses of the five papers: pure functions that are the equations, and the modules that own the weights."""

from discriminative.losses.angular import (
    ArcFace,
    ASoftmax,
    CosFace,
    additive_angle_logits,
    additive_margin_logits,
    angular_margin_logits,
)
from discriminative.losses.hinge import MulticlassHinge, multiclass_hinge
from discriminative.losses.large_margin import Blend, LSoftmax, large_margin_logits, multiple_angle, psi
from discriminative.losses.normalized import (
    COCO,
    L2ConstrainedSoftmax,
    NormFace,
    WeightNormalizedSoftmax,
    sphere_normalized_logits,
    weight_normalized_logits,
)
from discriminative.losses.softmax import Softmax
from discriminative.losses.weights_biased import (
    CentredWSoftmax,
    GuardedWSoftmax,
    WSoftmax,
    centred_biased_logits,
    guarded_biased_logits,
    weights_biased_logits,
)

__all__ = [
    "ASoftmax",
    "ArcFace",
    "Blend",
    "COCO",
    "CentredWSoftmax",
    "CosFace",
    "GuardedWSoftmax",
    "L2ConstrainedSoftmax",
    "LSoftmax",
    "MulticlassHinge",
    "NormFace",
    "Softmax",
    "WSoftmax",
    "WeightNormalizedSoftmax",
    "additive_angle_logits",
    "additive_margin_logits",
    "angular_margin_logits",
    "centred_biased_logits",
    "guarded_biased_logits",
    "large_margin_logits",
    "multiclass_hinge",
    "multiple_angle",
    "psi",
    "sphere_normalized_logits",
    "weight_normalized_logits",
    "weights_biased_logits",
]
