"""The one training loop: a run in, a record out."""

from discriminative.training.checkpoint import Checkpoint, Interrupted
from discriminative.training.loop import train
from discriminative.training.model import build
from discriminative.training.open_set import train_any
from discriminative.training.seeds import generator

__all__ = ["Checkpoint", "Interrupted", "build", "generator", "train", "train_any"]
