"""Plain SGD with batch norm, rate by rate: what validation says of each, and where the runs at those it chose end."""

from __future__ import annotations

from typing import Any

import numpy as np

from discriminative.evidence import Arms
from discriminative.ledger import Ledger
from discriminative.papers.shared import tuned
from discriminative.papers.thesis.answers import NORMED, NORMED_SEEDS, normed_grids

__all__ = ["ended", "validated"]

Table = tuple[list[str], list[list[str]]]
BASELINE = NORMED[0]


def validated() -> Table:
    """A table's heads and rows: validation error of each arm at every rate that was tried."""
    grid = normed_grids()[-1]
    arms, rates = Arms(grid, Ledger.of("laptop")), sorted({arm.run.optimizer.rate for arm in grid})
    rows = [[name.replace("=", " = "), *(f"{_validation(arms, name, rate):.1f}" for rate in rates)] for name in NORMED]
    return ["Arm", *(f"rate {rate:g}" for rate in rates)], rows


def ended() -> tuple[list[str], list[list[str]], dict[str, Any]]:
    """Margins at every rate that one of the grids chose: errors, losses, classes and weights lost; and what is said.

    Said of each margin at the rate that the last grid chose: the least of its last losses, and the validation error of
    softmax at that rate.
    """
    grids, ledger = normed_grids(), Ledger.of("laptop")
    tried, said, rows = Arms(grids[-1], ledger), {}, []
    chosen = {arm.name: arm.run for arm in tuned(grids[-1], NORMED, NORMED_SEEDS)}
    arms = {(arm.name, arm.run.optimizer.rate): arm for grid in grids for arm in tuned(grid, NORMED, NORMED_SEEDS)}
    for name, rate in sorted(key for key in arms if key[0] != BASELINE):
        found = Arms([arms[name, rate]], ledger)
        records = found.finished(name)
        losses = [float(record["curves"]["loss"][-1]) for record in records]
        if chosen[name].optimizer.rate == rate:
            key = name.removeprefix("m=")[0]
            said[f"normed_loss_{key}"] = min(losses, default=float("nan"))
            said[f"normed_beside_{key}"] = _validation(tried, BASELINE, rate)
        if records:
            lost = [sum(error > 90 for error in record["geometry"]["class_error"]) for record in records]
            short = [sum(norm < 0.1 for norm in record["geometry"]["class_weight_norm"]) for record in records]
            rows.append([
                f"{name.replace('=', ' = ')}, rate {rate:g}", f"{found.mean(name):.1f}", f"{np.mean(losses):.1f}",
                f"{np.mean(lost):.1f}", f"{np.mean(short):.1f}", f"{len(records)}",
            ])  # fmt: skip
    heads = ["Arm", "Test error (%)", "Last training loss", "Classes above 90 % error, per run"]
    return [*heads, "Weights shorter than 0.1, per run", "Runs"], rows, said


def _validation(arms: Arms, name: str, rate: float) -> float:
    return arms.mean(f"{name} rate {rate:g}", "validation error")
