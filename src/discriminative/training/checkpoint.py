"""Where a run stands, and whether another process may go on from it."""

from __future__ import annotations

import io
import math
import os
import time
from pathlib import Path
from typing import Any

import torch

from discriminative.runs import Run
from discriminative.training.model import Model

__all__ = ["Checkpoint", "Interrupted"]


class Interrupted(Exception):  # noqa: N818 (it is no error)
    """The run was asked to stop before its end; its checkpoint holds where it stood."""


class Checkpoint:
    """Where a run stands, written whole or not at all, and read without executing anything from it."""

    def __init__(self, path: Path, every_seconds: float = 30.0) -> None:
        self.path = path
        self.every_seconds = every_seconds
        self.saved_at = time.monotonic()

    def due(self) -> bool:
        return time.monotonic() - self.saved_at >= self.every_seconds

    def save(self, state: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = io.BytesIO()
        torch.save(state, content)  # into memory first: on a full disk torch raises no OSError
        part = self.path.with_suffix(f".{os.getpid()}.part")
        try:
            with part.open("wb") as stream:
                stream.write(content.getbuffer())
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(part, self.path)
        finally:
            part.unlink(missing_ok=True)
        self.saved_at = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """The state, or ``None`` where there is none; a file that cannot be read is set aside, not trusted."""
        if not self.path.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(self.path, weights_only=True, map_location="cpu")
            return state
        except Exception as error:
            self.set_aside(f"it cannot be read ({type(error).__name__})")
            return None

    def set_aside(self, reason: str) -> None:
        spoiled = self.path.with_suffix(".spoiled")
        os.replace(self.path, spoiled)
        print(f"checkpoint {self.path.name}: {reason}; set aside as {spoiled.name}, starting again")

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def unfit(state: Any, run: Run, source: dict[str, str]) -> str:
    """Why a run may not go on from this state; empty if it may."""
    if not isinstance(state, dict) or state.get("id") != run.id:
        return "it is of another run"
    if state.get("source") != source["hash"]:
        return "other code wrote it"
    if not 0 <= int(state["step"]) <= run.schedule.steps:
        return f"step {state['step']} is not one of {run.schedule.steps}"
    if not 0 <= float(state["seconds"]) < math.inf:
        return f"it says that {state['seconds']} seconds have passed"
    return ""


def restore_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any], step: int, model: Model) -> None:
    """The momentum of every parameter from a checkpoint; the settings stay those of the run."""
    settings = [{name: value for name, value in group.items() if name != "params"} for group in optimizer.param_groups]
    optimizer.load_state_dict(state)
    for group, kept in zip(optimizer.param_groups, settings, strict=True):
        group.update(kept)
        for parameter in group["params"]:
            moved = kept["momentum"] and model.begins[parameter] < step  # what has not acted yet has none
            if moved and optimizer.state[parameter]["momentum_buffer"].shape != parameter.shape:
                raise ValueError("a momentum does not have the shape of its parameter")
