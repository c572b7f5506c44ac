"""Cells and notebooks that the tests make."""

from __future__ import annotations

from typing import Any


def code(source: str, *tags: str, outputs: list[Any] | None = None) -> dict[str, Any]:
    return {"cell_type": "code", "source": [source], "metadata": {"tags": list(tags)}, "outputs": outputs or []}


def prose(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": [source], "metadata": {}}


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
