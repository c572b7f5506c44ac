"""The book: notebooks executed, pages staged, the site built and looked over."""

from __future__ import annotations

__all__ = ["bless", "make"]


def make(profile: str) -> int:
    raise ValueError(f"the book cannot be built at {profile} yet")


def bless() -> int:
    raise ValueError("there is nothing to bless yet")
