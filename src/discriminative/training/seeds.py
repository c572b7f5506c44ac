"""Randomness by purpose."""

from __future__ import annotations

import hashlib

import torch

__all__ = ["generator"]


def generator(seed: int, purpose: str, index: int = 0) -> torch.Generator:
    """A generator of its own for each purpose, so that runs that share a seed share everything but what differs."""
    digest = hashlib.sha256(f"{purpose}:{seed}:{index}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
