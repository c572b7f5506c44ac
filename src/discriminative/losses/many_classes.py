"""Cross-entropy over more classes than one matrix of logits should hold: a part at a time, or a part a process.

A margin bends one logit a sample, its own. So a sample's loss is

    L = log(exp(f_own) + exp(r)) - f_own,        r = log sum_{j != y} exp(score_j)

and the scores of the rivals, which know no margin, can be summed part by part with the heads' own functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.func import functional_call

from discriminative._checks import check_integer, require
from discriminative._tensors import check_batch, check_features, check_labels, reduce
from discriminative.losses.softmax import LinearHead
from discriminative.losses.weights_biased import CentredWSoftmax, GuardedWSoftmax, WSoftmax

__all__ = ["ShardedHead", "chunked_cross_entropy"]


def chunked_cross_entropy(
    head: LinearHead, features: Tensor, labels: Tensor, classes_at_once: int = 16384, reduction: str = "mean"
) -> Tensor:
    """``F.cross_entropy(head(features, labels), labels)`` without ever holding ``[B, C]``.

    The rivals' scores are made for some classes at a time, and again in the backward pass: three matrix products become
    four, and the memory beside the weights and their gradient is ``B x classes_at_once``, a few times over.

    Args:
        head: any head but W-Softmax and its kin, whose margin is in every rival's logit.
        features: x, ``[B, D]``.
        labels: y, ``[B]``, int64 in ``0 .. C-1``.
        classes_at_once: how many columns of the logits to make together.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Returns:
        A scalar, or ``[B]`` for ``"none"``; equal to the whole but for rounding, as are the gradients.

    Raises:
        TypeError: for W-Softmax and its kin.
        ValueError: naming the argument that is out of range or does not fit the others.

    Example:
        >>> from discriminative.losses import CosFace
        >>> head, x = CosFace(8, 1000, margin=0.35, scale=30), torch.randn(5, 8)
        >>> y = torch.tensor([0, 1, 2, 999, 1])
        >>> whole = torch.nn.functional.cross_entropy(head(x, y), y)
        >>> bool(torch.isclose(chunked_cross_entropy(head, x, y, classes_at_once=100), whole))
        True
    """
    _check_head(head)
    size = check_integer("classes_at_once", classes_at_once)
    check_batch(features, labels, head.weight)
    return reduce(_loss(_own_logits(head, features, labels), _rivals(head, features, labels, size)), reduction)


class ShardedHead(nn.Module):
    """A head whose classes are spread over the processes of a group, each holding ``C / R`` rows of the weight.

    ``head(features, labels)`` is the mean cross-entropy over the batches of all processes, the same number on each.
    What travels is the features, and three numbers a sample: never a weight, never a logit. Called with this process's
    own features and labels, whose count must be the same everywhere. The features' gradient is that of the mean over
    this process's *own* batch, which is what ``DistributedDataParallel`` averages for the backbone; that of the weight
    is of the mean over all samples, so keep the head outside of that wrapper and give its parameters to the optimiser.

    It is written with torch's collectives rather than ``DTensor``, whose loss over sharded logits has no place for a
    margin.

    Args:
        make: makes the head of some classes, such as ``lambda classes: GuardedArcFace(512, classes, 0.5, 64.0)``; not
            W-Softmax or its kin.
        num_classes: C, of all processes together.
        group: the process group; ``None`` for all processes.
        classes_at_once: as in :func:`chunked_cross_entropy`.

    Example:
        >>> from discriminative.losses import CosFace
        >>> dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
        >>> head = ShardedHead(lambda classes: CosFace(8, classes, margin=0.35, scale=30), num_classes=1000)
        >>> x, y = torch.randn(5, 8), torch.tensor([0, 1, 2, 999, 1])
        >>> head(x, y).shape, head.predict(x).shape
        (torch.Size([]), torch.Size([5]))
        >>> dist.destroy_process_group()
    """

    def __init__(
        self,
        make: Callable[[int], LinearHead],
        num_classes: int,
        group: dist.ProcessGroup | None = None,
        classes_at_once: int = 16384,
    ) -> None:
        super().__init__()
        self.num_classes = check_integer("num_classes", num_classes)
        self.classes_at_once = check_integer("classes_at_once", classes_at_once)
        self.group = group
        rank, ranks = dist.get_rank(group), dist.get_world_size(group)
        require(num_classes >= ranks, "num_classes must be at least the {} processes, got {}", ranks, num_classes)
        self.first = rank * (num_classes // ranks) + min(rank, num_classes % ranks)
        self.head = _check_head(make(num_classes // ranks + (rank < num_classes % ranks)))

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        check_batch(features, None, self.head.weight)
        check_labels(labels, features, self.num_classes)
        x: Tensor = _GatherFeatures.apply(features, self.group)
        y = torch.cat(_gathered(labels, self.group)) - self.first
        rows = ((y >= 0) & (y < self.head.num_classes)).nonzero().squeeze(1)
        mine = _own_logits(self.head, x[rows], y[rows])
        own: Tensor = _SumOverProcesses.apply(mine.new_zeros(len(y)).index_put((rows,), mine), self.group)
        part = _rivals(self.head, x, y, self.classes_at_once)
        highest = part.detach().clone()
        dist.all_reduce(highest, dist.ReduceOp.MAX, self.group)
        highest = highest.clamp_min(torch.finfo(part.dtype).min)  # one class has no rivals
        total: Tensor = _SumOverProcesses.apply((part - highest).exp(), self.group)
        return reduce(_loss(own, highest + total.log()), "mean")

    @torch.no_grad()
    def predict(self, features: Tensor) -> Tensor:
        """The class of the highest test score among all processes' classes, ``[B]``, for this process's features."""
        check_features(features)
        x = torch.cat(_gathered(features.detach(), self.group))
        best, index = self.head(x).max(1)
        every = torch.stack(_gathered(best, self.group)).argmax(0, keepdim=True)
        found = torch.stack(_gathered(index + self.first, self.group)).gather(0, every).squeeze(0)
        own = dist.get_rank(self.group) * len(features)
        return found[own : own + len(features)]


def _check_head(head: Any) -> LinearHead:
    if not isinstance(head, LinearHead) or isinstance(head, WSoftmax | GuardedWSoftmax | CentredWSoftmax):
        raise TypeError(f"head must be one whose margin is in the own logit alone, got {type(head).__name__}")
    return head


def _of_classes(head: LinearHead, index: Any) -> dict[str, Tensor]:
    """The head's parameters and buffers, those that have one row a class for the classes of ``index`` alone."""
    tensors = {**dict(head.named_parameters()), **dict(head.named_buffers())}
    return {name: tensor[index] if _by_class(head, tensor) else tensor for name, tensor in tensors.items()}


def _own_logits(head: LinearHead, features: Tensor, labels: Tensor) -> Tensor:
    """The bent logit of each sample's own class ``[B]``, from the weights of the classes present."""
    present, index = torch.unique(labels, return_inverse=True)
    if not len(present):
        return head(features).sum(1) if len(features) else features.new_zeros(0, dtype=torch.float32)
    logits: Tensor = functional_call(head, _of_classes(head, present), (features, index))
    return logits.gather(1, index.unsqueeze(1)).squeeze(1)


def _loss(own: Tensor, rivals: Tensor) -> Tensor:
    return torch.logaddexp(own, rivals) - own


def _rivals(head: LinearHead, features: Tensor, labels: Tensor, size: int) -> Tensor:
    """log sum exp of the scores of all classes but the own, ``[B]``; a label outside the classes has none to leave."""
    tensors = dict(head.named_parameters())
    result: Tensor = _RivalScores.apply(head, size, labels, tuple(tensors), features, *tensors.values())
    return result


class _RivalScores(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        head: LinearHead,
        size: int,
        labels: Tensor,
        names: tuple[str, ...],
        features: Tensor,
        *tensors: Tensor,
    ) -> Tensor:
        total = None
        for start in range(0, head.num_classes, size):
            part = _scores(head, start, size, labels, features, {}).logsumexp(1)
            total = part if total is None else torch.logaddexp(total, part)
        assert total is not None
        ctx.head, ctx.size, ctx.names = head, size, names
        ctx.save_for_backward(labels, features, total, *tensors)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        labels, features, total, *tensors = ctx.saved_tensors
        x = features.detach().requires_grad_()
        grads = {name: torch.zeros_like(tensor) for name, tensor in zip(ctx.names, tensors, strict=True)}
        by_features = torch.zeros_like(features)
        total = total.clamp_min(torch.finfo(total.dtype).min)  # without a rival each share is exp(-inf) = 0
        for start in range(0, ctx.head.num_classes, ctx.size):
            part = slice(start, start + ctx.size)
            used = {
                name: (tensor[part] if _by_class(ctx.head, tensor) else tensor).detach().requires_grad_()
                for name, tensor in zip(ctx.names, tensors, strict=True)
            }
            with torch.enable_grad():
                scores = _scores(ctx.head, start, ctx.size, labels, x, used)
            share = (scores.detach() - total.unsqueeze(1)).exp_().mul_(grad.unsqueeze(1))
            found = torch.autograd.grad(scores, [x, *used.values()], share, allow_unused=True)
            by_features += 0 if found[0] is None else found[0]
            for name, value in zip(used, found[1:], strict=True):
                if value is not None:
                    (grads[name][part] if _by_class(ctx.head, grads[name]) else grads[name]).add_(value)
        return None, None, None, None, by_features, *grads.values()


def _by_class(head: LinearHead, tensor: Tensor) -> bool:
    return tensor.ndim > 0 and len(tensor) == head.num_classes


def _scores(
    head: LinearHead, start: int, size: int, labels: Tensor, features: Tensor, used: dict[str, Tensor]
) -> Tensor:
    """Test scores of the classes from ``start``, the own class struck out."""
    scores: Tensor = functional_call(head, {**_of_classes(head, slice(start, start + size)), **used}, (features,))
    own = labels - start
    rows = ((own >= 0) & (own < scores.shape[1])).nonzero().squeeze(1)
    return scores.index_put((rows, own[rows]), scores.new_tensor(-torch.inf))


def _gathered(tensor: Tensor, group: dist.ProcessGroup | None) -> list[Tensor]:
    parts = [torch.empty_like(tensor) for _ in range(dist.get_world_size(group))]
    dist.all_gather(parts, tensor.contiguous(), group)
    return parts


class _GatherFeatures(torch.autograd.Function):
    """All processes' features; back comes the gradient of the mean over the own batch."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, group: dist.ProcessGroup | None) -> Tensor:
        ctx.group, ctx.count = group, len(features)
        return torch.cat(_gathered(features, group))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        grad = grad.contiguous()
        dist.all_reduce(grad, group=ctx.group)
        first = dist.get_rank(ctx.group) * ctx.count
        return grad[first : first + ctx.count] * dist.get_world_size(ctx.group), None


class _SumOverProcesses(torch.autograd.Function):
    """A sum that every process goes on with in the same way, so that each part's gradient is the sum's."""

    @staticmethod
    def forward(ctx: Any, part: Tensor, group: dist.ProcessGroup | None) -> Tensor:
        total = part.clone()
        dist.all_reduce(total, group=group)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad, None
