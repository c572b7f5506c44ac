"""What a data set is read into: images with labels; where it comes from; what is said where a file is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

__all__ = ["DataError", "Source", "Split"]


class DataError(RuntimeError):
    """A file of a data set is missing, cut short or altered; the message says which and how to get it."""


@dataclass(frozen=True)
class Split:
    """Images ``[N, C, H, W]`` as uint8 and labels ``[N]`` as int64."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> Split:
        return Split(self.images.to(device), self.labels.to(device))

    def take(self, index: Tensor) -> Split:
        return Split(self.images[index], self.labels[index])


@dataclass(frozen=True)
class Source:
    """How a data set is read and checked; ``fetch`` is ``None`` where an installed package holds it."""

    title: str
    size: str
    read: Callable[[Path], tuple[Split, Split | None]]
    fetch: Callable[[Path], None] | None
    parts: tuple[int, int, int]
    num_classes: int
    full_scale: float
