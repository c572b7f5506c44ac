"""The losses of the five papers: pure functions that are the equations, and the modules that own the weights."""

from discriminative.losses.large_margin import Blend, LSoftmax, large_margin_logits, multiple_angle, psi
from discriminative.losses.softmax import Softmax

__all__ = ["Blend", "LSoftmax", "Softmax", "large_margin_logits", "multiple_angle", "psi"]
