"""What experiments train, boxed before their evidence: data, network with its layers, steps, rates, seeds. HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import groupby

import torch
from torch import nn

from discriminative._checks import require
from discriminative.data import DATASETS
from discriminative.networks import NETWORKS, input_shape
from discriminative.runs import TUNING_SEEDS, Run
from discriminative.study import Arm, Experiment
from discriminative.unseen import UNSEEN

__all__ = ["DATA_NAMES", "layers", "network_name", "setup_box"]

DATA_NAMES = {
    "digits": "digits", "mnist": "MNIST", "fashion-mnist": "Fashion-MNIST", "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100", "digits-unseen": "unseen digits", "omniglot": "Omniglot", "lfw": "LFW", "orl": "ORL",
}  # fmt: skip
NETWORK_NAMES = {
    "lenet": "LeNet", "mlp": "MLP", "digits-cnn": "digits network", "cifar-quick": "Caffe's quick network",
    "face-light": "small face network", "resnet-20": "ResNet-20", "resnet-32": "ResNet-32",
    "densenet-40": "DenseNet-40", "vgg-16": "VGG-16", "spherenet-20": "SphereNet-20", "spherenet-64": "SphereNet-64",
    "wide-resnet-28-10": "WRN-28-10",
}  # fmt: skip
TIMES, MINUS = "×", "\N{MINUS SIGN}"


def network_name(run: Run) -> str:
    """A network with the width of its feature, e.g. ``LeNet-64``."""
    base = run.network.removesuffix("-linear")
    bare = " without the last PReLU" if run.network != base else ""
    return f"{NETWORK_NAMES.get(base, base)}, {run.feature_dim}-d feature{bare}"


# ---------------------------------------------------------------------------------------------------------------------
# A network in words


@cache
def layers(network: str, feature_dim: int) -> str:
    """The layers from the image to the feature, equal ones counted, and the number of parameters."""
    require(network in NETWORKS, "network must be one of {}, got {!r}", sorted(NETWORKS), network)
    with torch.device("meta"):
        made = NETWORKS[network](feature_dim)
    told = [f"{len(list(same))} {TIMES} ({unit})" if (same := list(group))[1:] else unit
            for unit, group in groupby(_units(made))]  # fmt: skip
    channels, height, width = input_shape(network)
    count = sum(parameter.numel() for parameter in made.parameters())
    return f"image {height} {TIMES} {width} {TIMES} {channels}; {'; '.join(told)}; {count:,} parameters"


def _units(module: nn.Module) -> Iterator[str]:
    """A convolution, a linear layer, a pooling or a block, each with what follows it: its norm, its activation."""
    unit = ""
    for part in _parts(module):
        words, begins = _layer(part)
        if begins and unit:
            yield unit
        unit = words if begins or not unit else f"{unit}, {words}" if words else unit
    if unit:
        yield unit


def _parts(module: nn.Module) -> Iterator[nn.Module]:
    for part in module.children():
        if isinstance(part, nn.Sequential):
            yield from _parts(part)
        elif not isinstance(part, nn.Flatten):
            yield part


def _layer(part: nn.Module) -> tuple[str, bool]:
    """A layer in words, and whether a unit begins with it."""
    if isinstance(part, nn.Conv2d):
        size = f"{part.kernel_size[0]} {TIMES} {part.kernel_size[1]} convolution to {part.out_channels}"
        return size + (f", stride {part.stride[0]}" if part.stride[0] != 1 else ""), True
    if isinstance(part, nn.Linear):
        return f"linear to {part.out_features}", True
    if isinstance(part, nn.MaxPool2d | nn.AvgPool2d):
        side = part.kernel_size if isinstance(part.kernel_size, int) else part.kernel_size[0]
        kind = "max" if isinstance(part, nn.MaxPool2d) else "mean"
        return f"{side} {TIMES} {side} {kind} pooling", True
    if isinstance(part, nn.AdaptiveAvgPool2d):
        return "mean over all places", True
    if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
        return "batch norm", False
    if isinstance(part, nn.PReLU | nn.ReLU):
        return type(part).__name__, False
    width = [inner.out_channels for inner in part.modules() if isinstance(inner, nn.Conv2d)][-1]
    return f"{BLOCKS[type(part).__name__]} of {width}", True


BLOCKS = {
    "FaceBlock": "residual block", "ResidualBlock": "residual block", "DenseLayer": "dense layer",
    "HighwayLayer": "highway layer", "WideBlock": "wide residual block",
}  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# What arms have in common, and what differs between them


@dataclass
class Row:
    """Arms that share data, network, steps and batch, with the experiments that they are of."""

    run: Run
    arms: list[Arm] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)


def setup_box(experiments: Sequence[Experiment], profile: str, title: str = "", arms: Iterable[str] = ()) -> str:
    """HTML: a box with a row for each data set, network and length of training of the experiments.

    Rates, weight decays and seeds that differ between the arms of a row are told as a range.

    Args:
        experiments: those that a section shows.
        profile: whose arms.
        title: a sentence; "How these runs were made." unless given.
        arms: names of those that count; all unless given.
    """
    chosen = set(arms)
    rows: dict[tuple[object, ...], Row] = {}
    for item in experiments:
        for arm in item.at(profile):
            if not chosen or arm.name in chosen:
                row = rows.setdefault(_key(arm.run), Row(arm.run))
                row.arms.append(arm)
                row.names[item.name] = None
    require(bool(rows), "experiments must have arms at {}, got {}", profile, [item.name for item in experiments])
    lines = "".join(_line(row) for row in rows.values())
    runs = [arm.run for row in rows.values() for arm in row.arms]
    networks = {(run.network, run.feature_dim): run for run in runs}
    shown = "".join(
        f"<p><b>{html.escape(network_name(run))}</b>: {html.escape(layers(*key))}.</p>" for key, run in networks.items()
    )
    heads = "".join(f'<th scope="col">{name}</th>' for name in HEADS)
    return (
        f'<figure class="ledger setup"><figcaption><strong>{html.escape(title or "How these runs were made.")}</strong>'
        f'</figcaption><div class="scroll"><table class="ledger setup stacked"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>{shown}<p>{_common(runs)}</p></figure>"
    )


HEADS = ("Data", "Network", "Steps", "Batch", "Rate", "Weight decay", "Seeds an arm")


def _key(run: Run) -> tuple[object, ...]:
    shape = (run.network, run.feature_dim, run.schedule.steps, run.batch_size)
    return (run.dataset, run.train_size, len(run.classes), run.fit_on, run.augmentation, *shape)


def _line(row: Row) -> str:
    run = row.run
    rates = [arm.run.optimizer.rate for arm in row.arms]
    decays = [arm.run.optimizer.weight_decay for arm in row.arms]
    cells = (
        html.escape(network_name(run)),
        f"{run.schedule.steps:,} <small>{_epochs(run)}</small>",
        str(run.batch_size),
        _range(rates),
        _range(decays),
        _seeds(row.arms),
    )
    first = f"{html.escape(_data(run))}<br><small>{html.escape(', '.join(row.names))}</small>"
    told = "".join(f'<td data-label="{name}">{cell}</td>' for name, cell in zip(HEADS[1:], cells, strict=True))
    return f'<tr><th scope="row">{first}</th>{told}</tr>'


def _images(run: Run) -> int:
    train, validation, _ = DATASETS[run.dataset].parts
    whole = train + (validation if run.fit_on == "train+validation" else 0)
    return whole if run.train_size is None else run.train_size


def _data(run: Run) -> str:
    classes = f", {len(run.classes)} classes" if run.classes else ""
    made = f", {' and '.join(AUGMENTED[name] for name in run.augmentation)}" if run.augmentation else ""
    told = f"{_images(run):,} {DATA_NAMES[run.dataset]} images{classes}{made}"
    return told if run.classes or run.dataset in UNSEEN else f"{told}; {DATASETS[run.dataset].parts[2]:,} to test"


AUGMENTED = {"flip": "mirrored at random", "crop4": "shifted by up to 4 pixels"}


def _epochs(run: Run) -> str:
    count = run.schedule.steps * run.batch_size / _images(run)
    return f"{count:.0f} epochs" if count >= 10 else f"{count:.1f} epochs"


def _range(values: Iterable[float]) -> str:
    """One value, or the smallest and the largest."""
    found = sorted(set(values))
    least, most = (f"{value:g}" if value >= 1e-4 or not value else _power(value) for value in (found[0], found[-1]))
    return least if least == most else f"{least} to {most} <small>by arm</small>"


def _power(value: float) -> str:
    digits, power = f"{value:.0e}".split("e")
    return f"{digits} {TIMES} 10<sup>{MINUS}{abs(int(power))}</sup>"


def _seeds(arms: Iterable[Arm]) -> str:
    arms = list(arms)
    told = [_range(len(arm.seeds) for arm in group) + words for group, words in (
        ([arm for arm in arms if not set(arm.seeds) <= set(TUNING_SEEDS)], ""),
        ([arm for arm in arms if set(arm.seeds) <= set(TUNING_SEEDS)], " for tuning"),
    ) if group]  # fmt: skip
    return ", ".join(told)


def _common(runs: Sequence[Run]) -> str:
    """What holds for every row: the optimiser, when the rate falls, what is counted."""
    momenta = _range(run.optimizer.momentum for run in runs)
    drops = dict.fromkeys((run.schedule.drops, run.schedule.factor) for run in runs)
    falls = " or ".join(f"{' and '.join(_fraction(drop) for drop in points)} of the steps" for points, _ in drops)
    factor = _range(factor for _, factor in drops)
    told = f"SGD with momentum {momenta}; the rate falls to {factor} of itself at {falls}"
    blends = sorted({run.last_blend.floor for run in runs if run.last_blend}, reverse=True)
    if blends:
        told += f"; the blend's λ falls to its floor of {' or '.join(f'{floor:g}' for floor in blends)}"
    return told + ". The last epoch counts, not the best."


def _fraction(value: float) -> str:
    near = Fraction(value).limit_denominator(24)
    return f"{near.numerator}/{near.denominator}"
