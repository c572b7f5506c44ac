"""Figure 7: the weights of every layer. Records do not hold them, so a run on digits is trained for them anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from discriminative.data import load
from discriminative.papers.incay.experiments import incay
from discriminative.papers.shared import DIGITS
from discriminative.runs import Run
from discriminative.training.loop import Training
from discriminative.training.model import Model

__all__ = ["SETTINGS", "Layers", "layer_changes", "layer_weights"]

Layers = dict[str, np.ndarray]

# The paper's five methods: the start, softmax at three weight decays, and softmax with incay.
SETTINGS = {
    **{
        f"softmax, μ = {decay:g}": replace(DIGITS, optimizer=replace(DIGITS.optimizer, weight_decay=decay))
        for decay in (5e-3, 5e-5, 5e-4)
    },
    "RN, λ = 1": replace(DIGITS, terms=incay(1.0)),
}


def layer_weights(run: Run) -> tuple[Layers, Layers]:
    """The weights of each layer, flat, before and after a run; biases and slopes are left out.

    Example:
        >>> before, after = layer_weights(SETTINGS["RN, λ = 1"])
        >>> list(after)
        ['layer 1', 'layer 2', 'class weights']
    """
    with torch.random.fork_rng(devices=[]):
        training = Training(run, load(run.dataset), torch.device("cpu"), False)
        before = _weights(training.model)
        while training.step < run.schedule.steps:
            training.update()
    return before, _weights(training.model)


def layer_changes(seeds: Sequence[int]) -> dict[str, list[float]]:
    """By how many log per cent incay at lambda = 1 changes each layer's root mean square weight, a number a seed."""
    found: dict[str, list[float]] = {}
    for seed in seeds:
        (_, plain), (_, longer) = (
            layer_weights(SETTINGS[name].with_seed(seed)) for name in ("softmax, μ = 0.0005", "RN, λ = 1")
        )
        for name in plain:
            found.setdefault(name, []).append(
                50 * float(np.log((longer[name] ** 2).mean() / (plain[name] ** 2).mean()))
            )
    return found


def _weights(model: Model) -> Layers:
    matrices = [parameter for parameter in model.network.parameters() if parameter.ndim > 1]
    found = {f"layer {i}": matrix for i, matrix in enumerate(matrices, 1)}
    found["class weights"] = model.heads[-1].get_parameter("weight")
    return {name: matrix.detach().flatten().numpy().copy() for name, matrix in found.items()}
