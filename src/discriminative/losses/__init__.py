"""The losses of the five papers: pure functions that are the equations, and the modules that own the weights."""

from discriminative.losses._psi import multiple_angle, psi
from discriminative.losses.angular import (
    ArcFace,
    ASoftmax,
    CosFace,
    GuardedArcFace,
    additive_angle_logits,
    additive_margin_logits,
    angular_margin_logits,
)
from discriminative.losses.blend import Blend
from discriminative.losses.center import CenterLoss, TiedCenterLoss, center_loss
from discriminative.losses.choosing import best_probability, equal_margins, suggest_scale
from discriminative.losses.hinge import MulticlassHinge, multiclass_hinge
from discriminative.losses.incay import FeatureIncay, log_norm, reciprocal_norm, square_norm
from discriminative.losses.include_exclude import IncludeExclude, class_variance, include_exclude_loss
from discriminative.losses.include_exclude_choices import (
    AddedLSoftmax,
    CoordinateVarianceIncludeExclude,
    FreeVarianceIncludeExclude,
    PlacedIncludeExclude,
)
from discriminative.losses.large_margin import LSoftmax, large_margin_logits
from discriminative.losses.many_classes import ShardedHead, chunked_cross_entropy
from discriminative.losses.metric import ContrastiveLoss, TripletLoss, contrastive_loss, triplet_loss
from discriminative.losses.normalized import (
    COCO,
    L2ConstrainedSoftmax,
    NormFace,
    WeightNormalizedSoftmax,
    sphere_normalized_logits,
    weight_normalized_logits,
)
from discriminative.losses.plain import plain_logits
from discriminative.losses.reconstruction import (
    FeedBackwardReconstruction,
    WeightSeparability,
    reconstruction_loss,
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
    "AddedLSoftmax",
    "ArcFace",
    "Blend",
    "COCO",
    "CenterLoss",
    "CentredWSoftmax",
    "ContrastiveLoss",
    "CoordinateVarianceIncludeExclude",
    "CosFace",
    "FeatureIncay",
    "FeedBackwardReconstruction",
    "FreeVarianceIncludeExclude",
    "GuardedArcFace",
    "GuardedWSoftmax",
    "IncludeExclude",
    "L2ConstrainedSoftmax",
    "LSoftmax",
    "MulticlassHinge",
    "NormFace",
    "PlacedIncludeExclude",
    "ShardedHead",
    "Softmax",
    "TiedCenterLoss",
    "TripletLoss",
    "WSoftmax",
    "WeightNormalizedSoftmax",
    "WeightSeparability",
    "additive_angle_logits",
    "additive_margin_logits",
    "angular_margin_logits",
    "best_probability",
    "center_loss",
    "centred_biased_logits",
    "chunked_cross_entropy",
    "class_variance",
    "contrastive_loss",
    "equal_margins",
    "guarded_biased_logits",
    "include_exclude_loss",
    "large_margin_logits",
    "log_norm",
    "multiclass_hinge",
    "multiple_angle",
    "plain_logits",
    "psi",
    "reciprocal_norm",
    "reconstruction_loss",
    "sphere_normalized_logits",
    "square_norm",
    "suggest_scale",
    "triplet_loss",
    "weight_normalized_logits",
    "weights_biased_logits",
]
