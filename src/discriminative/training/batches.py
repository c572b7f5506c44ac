"""What a run is trained and tested on: its classes, its part of the training images, their order by the seed."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from discriminative._checks import require
from discriminative.data import Augmentation, Dataset, Split, batch, draw, normalise
from discriminative.runs import Run
from discriminative.training.seeds import generator

__all__ = ["Batches", "restrict"]

READY_BYTES = 2**28


def restrict(data: Dataset, classes: tuple[int, ...]) -> Dataset:
    """The data set with these classes alone, renamed 0, 1, ... in this order; all of it for none.

    What the images are normalised with stays that of the whole set.
    """
    if not classes:
        return data
    require(max(classes) < data.num_classes, "classes must be below {}, got {}", data.num_classes, list(classes))
    names = torch.full((data.num_classes,), -1, dtype=torch.int64, device=data.train.labels.device)
    names[list(classes)] = torch.arange(len(classes), device=names.device)

    def part(split: Split) -> Split:
        labels = names[split.labels]
        return Split(split.images[labels >= 0], labels[labels >= 0])

    return replace(
        data, train=part(data.train), validation=part(data.validation), test=part(data.test), num_classes=len(classes)
    )


class Batches:
    """The training images of a run, shuffled anew in every epoch, and the batch of each step."""

    def __init__(self, run: Run, data: Dataset) -> None:
        self.run, self.data = run, data
        fit = data.train
        if run.fit_on == "train+validation":
            fit = Split(
                torch.cat([fit.images, data.validation.images]), torch.cat([fit.labels, data.validation.labels])
            )
        self.fit = draw(fit, run.train_size, run.seed)
        self.per_epoch = len(self.fit) // run.batch_size
        require(self.per_epoch > 0, "batch_size must be at most the {} training images, got {}", len(self.fit),
                run.batch_size)  # fmt: skip
        self.ready = None  # all images as the network takes them, where that is small: the same numbers, made once
        if not run.augmentation and 4 * self.fit.images.numel() <= READY_BYTES:
            self.ready = normalise(self.fit.images, data).contiguous()
        self.epoch = -1

    def _shuffle(self, epoch: int) -> None:
        run, device = self.run, self.fit.labels.device
        self.epoch = epoch
        self.order = torch.randperm(len(self.fit), generator=generator(run.seed, "order", epoch)).to(device)
        self.plan = None
        if run.augmentation:
            noise = generator(run.seed, "augmentation", epoch)
            self.plan = Augmentation.drawn(run.augmentation, len(self.fit), noise, device)
        self.labels = self.fit.labels[self.order]
        if self.ready is not None:
            self.images = self.ready[self.order].contiguous(memory_format=torch.channels_last)

    def at(self, step: int) -> tuple[Tensor, Tensor]:
        """Images as the network takes them, and labels."""
        if step // self.per_epoch != self.epoch:
            self._shuffle(step // self.per_epoch)
        begin = (step % self.per_epoch) * self.run.batch_size
        end = begin + self.run.batch_size
        if self.ready is not None:
            return self.images[begin:end], self.labels[begin:end]
        plan = None if self.plan is None else self.plan.of(begin, end)
        return batch(self.fit, self.order[begin:end], self.data, plan)
