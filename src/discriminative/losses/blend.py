"""How strongly a margin acts, from softmax at the start of a run to its floor (thesis, section 2.2.7)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from discriminative._checks import check_integer, check_number, require
from discriminative._tensors import lift, widest

__all__ = ["Blend", "check_blend"]


class Blend(nn.Module):
    r"""The weight :math:`\lambda` of the plain cosine in :math:`(\lambda\cos\theta + \psi)/(1 + \lambda)`.

    Margins at full strength do not train from scratch on real networks, so the thesis starts at a large lambda and
    lowers it (section 2.2.7). Here lambda falls geometrically from ``start`` to ``floor`` and is there by the
    fraction ``reached`` of the run. It moves only by :meth:`step`, called once per optimiser step. What a checkpoint
    holds are two int64 tensors, the steps done and those of the run; loading them into a blend of a run of another
    length is an error, as lambda would jump.

    Args:
        floor: the last lambda, > 0.
        total_steps: optimiser steps of the whole run.
        start: the first lambda, >= ``floor``.
        reached: fraction of the run at which the floor is reached, in (0, 1].

    Example:
        >>> blend = Blend(floor=1.0, total_steps=10, start=100.0, reached=0.5)
        >>> for _ in range(5):
        ...     blend.step()
        >>> float(blend.value)
        1.0
    """

    steps_done: Tensor
    run_steps: Tensor
    precision: Tensor

    def __init__(self, floor: float, total_steps: int, start: float = 1000.0, reached: float = 0.4) -> None:
        super().__init__()
        self.floor = check_number("floor", floor, above=0)
        self.start = check_number("start", start, at_least=self.floor)
        self.reached = check_number("reached", reached, above=0)
        require(self.reached <= 1, "reached must be at most 1, got {!r}", reached)
        self.total_steps = check_integer("total_steps", total_steps)
        self.register_buffer("steps_done", torch.tensor(0))
        self.register_buffer("run_steps", torch.tensor(self.total_steps))
        self.register_buffer("precision", torch.empty(0), persistent=False)  # has a dtype that follows the module's

    def at(self, steps: int) -> float:
        """Lambda after that many optimiser steps."""
        fraction = min(1.0, steps / (self.reached * self.total_steps))
        return self.floor if fraction == 1 else self.start * (self.floor / self.start) ** fraction

    @property
    def steps(self) -> int:
        """The optimiser steps done; on a GPU, reading it waits for the device."""
        return int(self.steps_done)

    @property
    def value(self) -> Tensor:
        """Lambda now, a scalar on the blend's device, in at least float32, for half precision overflows at 65,520.

        Made from the step count each time, so whatever copies or averages a ``state_dict`` cannot leave it behind.
        """
        steps = self.steps_done.to(widest(self.steps_done.device))
        fraction = (steps / (self.reached * self.total_steps)).clamp(max=1)
        falling = self.start * (self.floor / self.start) ** fraction
        return torch.where(fraction == 1, self.floor, falling).to(lift(self.precision)[0].dtype)

    def step(self) -> None:
        """Advance by one optimiser step."""
        self.steps_done += 1

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, metadata: Any, strict: bool, missing: list[str],
        unexpected: list[str], errors: list[str],
    ) -> None:  # fmt: skip
        earlier = state_dict.pop(f"{prefix}_extra_state", None)  # a dict {"steps": n}, in checkpoints up to version 0.1
        if earlier is not None:
            state_dict[f"{prefix}steps_done"] = torch.tensor(earlier["steps"])
            state_dict[f"{prefix}run_steps"] = torch.tensor(self.total_steps)
        saved = state_dict.get(f"{prefix}run_steps")
        if saved is not None and int(saved) != self.total_steps:
            errors.append(f"total_steps must be {int(saved)}, as in the checkpoint, got {self.total_steps}")
            return
        super()._load_from_state_dict(state_dict, prefix, metadata, strict, missing, unexpected, errors)

    def extra_repr(self) -> str:
        return f"floor={self.floor:g}, total_steps={self.total_steps}, start={self.start:g}, reached={self.reached:g}"


def check_blend(blend: Any) -> Blend | None:
    """``blend``; ``TypeError`` unless it is a :class:`Blend` or ``None``."""
    if blend is not None and not isinstance(blend, Blend):
        raise TypeError(f"blend must be a Blend or None, got {blend!r}")
    return blend
