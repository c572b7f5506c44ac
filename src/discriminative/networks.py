"""The networks that the experiments train: images ``[B, C, H, W]`` in, features ``[B, D]`` out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import torch
from torch import nn

from discriminative._checks import require
from discriminative.cifar_networks import WIDTHS, densenet, highway, network_in_network, resnet, vgg, wide_resnet
from discriminative.face_networks import FACE_SHAPE, include_exclude_resnet, spherenet

__all__ = [
    "NETWORKS", "TABLE_2_1", "TABLE_8", "build_network", "cifar_quick", "digits_cnn", "face_light", "flops",
    "he_normal", "input_shape", "lenet", "mlp", "thesis_cnn",
]  # fmt: skip


def he_normal(module: nn.Module) -> None:
    """Start every linear and convolution weight He-normal and every bias at zero (for ``module.apply``)."""
    if isinstance(module, nn.Linear | nn.Conv2d):
        nn.init.kaiming_normal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _feature(width: int, feature_dim: int, linear: bool) -> list[nn.Module]:
    layer = nn.Linear(width, feature_dim)
    return [layer] if linear else [layer, nn.PReLU(feature_dim)]


def lenet(feature_dim: int = 500, linear: bool = False) -> nn.Sequential:
    """LeNet as in Caffe's MNIST example: 20 and 50 filters of 5 x 5, each pooled, then a fully connected feature.

    Takes ``[B, 1, 28, 28]``. PReLU (one slope a channel) after each pooling and on the feature; ``linear`` leaves the
    feature without it, so that 2-D features can fill the whole plane.
    """
    return nn.Sequential(
        *(nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.PReLU(20)),
        *(nn.Conv2d(20, 50, 5), nn.MaxPool2d(2), nn.PReLU(50)),
        nn.Flatten(),
        *_feature(800, feature_dim, linear),
    )


def mlp(feature_dim: int = 32, linear: bool = False) -> nn.Sequential:
    """One hidden layer of 128 on 8 x 8 digits ``[B, 1, 8, 8]``: under a second a run, for sweeps."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 128), nn.PReLU(128), *_feature(128, feature_dim, linear)
    )  # fmt: skip


def digits_cnn(feature_dim: int = 32, linear: bool = False) -> nn.Sequential:
    """Three 3 x 3 convolutions (16, 32, 32) on 8 x 8 digits ``[B, 1, 8, 8]``, pooled once after the second."""
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.PReLU(16)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.MaxPool2d(2), nn.PReLU(32)),
        *(nn.Conv2d(32, 32, 3, padding=1), nn.PReLU(32)),
        nn.Flatten(),
        *_feature(512, feature_dim, linear),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Table 2.1 of the thesis: (kernel, filters, count) of each block of convolutions; a pooling stands after each of the
# first three blocks that follow Conv0.


@dataclass(frozen=True)
class Column:
    """One column of the table: its input ``[channels, height, width]``, Conv0 as (filters, stride), and the blocks."""

    input: tuple[int, int, int]
    conv0: tuple[int, int] | None
    blocks: tuple[tuple[int, int, int], ...]


TABLE_2_1 = {
    "thesis-mnist-2d": Column((1, 28, 28), None, ((5, 32, 2), (5, 64, 2), (5, 128, 2))),
    "thesis-mnist": Column((1, 28, 28), (64, 1), ((3, 64, 3), (3, 64, 3), (3, 64, 3))),
    "thesis-cifar10": Column((3, 32, 32), (64, 1), ((3, 64, 4), (3, 96, 4), (3, 128, 4))),
    "thesis-cifar100": Column((3, 32, 32), (96, 1), ((3, 96, 4), (3, 192, 4), (3, 384, 4))),
    "thesis-lfw": Column((3, 112, 96), (64, 2), ((3, 64, 4), (3, 256, 4), (3, 256, 4), (3, 256, 4))),
}

# Table 8 of the feature-incay paper where it is wider than the thesis' table; its network for MNIST is the thesis'.
TABLE_8 = {
    "incay-cifar10": Column((3, 32, 32), (64, 1), ((3, 64, 4), (3, 128, 4), (3, 256, 4))),
    "incay-cifar100": Column((3, 32, 32), (128, 1), ((3, 128, 4), (3, 256, 4), (3, 512, 4))),
}
NETWORK_TABLES = TABLE_2_1 | TABLE_8


def _unit(channels: int, filters: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    """Convolution, batch norm, PReLU; the padding keeps the size, and batch norm makes a bias idle."""
    convolution = nn.Conv2d(channels, filters, kernel, stride, padding=kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(filters), nn.PReLU(filters)]


def thesis_cnn(column: str, feature_dim: int, linear: bool = False) -> nn.Sequential:
    """One of the five networks of Table 2.1, or of Table 8's two, as printed; where the papers are silent:

    - each convolution is followed by batch norm, then PReLU with one slope a channel, and has no bias;
    - so is the fully connected feature, but for the 2-D one: ``linear`` leaves it bare, with a bias;
    - pooling rounds up, as Caffe's does: 28 x 28 becomes 14, 7, 4;
    - faces are 112 x 96 crops in colour, and no pooling follows Conv4.
    """
    shape = NETWORK_TABLES[column]
    channels, height, width = shape.input
    layers: list[nn.Module] = []
    if shape.conv0 is not None:
        filters, stride = shape.conv0
        layers += _unit(channels, filters, 3, stride)
        channels, height, width = filters, math.ceil(height / stride), math.ceil(width / stride)
    for i, (kernel, filters, count) in enumerate(shape.blocks):
        for _ in range(count):
            layers += _unit(channels, filters, kernel)
            channels = filters
        if i < 3:
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
            height, width = math.ceil(height / 2), math.ceil(width / 2)
    layers.append(nn.Flatten())
    inputs = channels * height * width
    if linear:
        layers.append(nn.Linear(inputs, feature_dim))
    else:
        layers += [nn.Linear(inputs, feature_dim, bias=False), nn.BatchNorm1d(feature_dim), nn.PReLU(feature_dim)]
    return nn.Sequential(*layers)


def face_light(feature_dim: int = 128) -> nn.Sequential:
    """Small grey faces ``[B, 1, 32, 32]`` on a CPU: three convolutions (16, 32, 64), each pooled, a bare feature.

    The feature has no activation, so that the cosine of two of them takes every value.
    """
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 5, padding=2), nn.MaxPool2d(2), nn.PReLU(16)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.MaxPool2d(2), nn.PReLU(32)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.MaxPool2d(2), nn.PReLU(64)),
        nn.Flatten(),
        nn.Linear(1024, feature_dim),
    )


def cifar_quick(feature_dim: int = 64) -> nn.Sequential:
    """The quick network of Caffe's CIFAR-10 example, ``[B, 3, 32, 32]``, for a CPU.

    5 x 5 convolutions of 32, 32 and 64 filters, the first max-pooled before its ReLU, the others mean-pooled after it
    (3 x 3, stride 2, rounded up), and a fully connected feature of 64 without an activation, as there.
    """
    return nn.Sequential(
        *(nn.Conv2d(3, 32, 5, padding=2), nn.MaxPool2d(3, 2, ceil_mode=True), nn.ReLU()),
        *(nn.Conv2d(32, 32, 5, padding=2), nn.ReLU(), nn.AvgPool2d(3, 2, ceil_mode=True)),
        *(nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.AvgPool2d(3, 2, ceil_mode=True)),
        nn.Flatten(),
        nn.Linear(1024, feature_dim),
    )


NETWORKS: dict[str, Callable[[int], nn.Module]] = {
    "lenet": lenet,
    "lenet-linear": partial(lenet, linear=True),
    "mlp": mlp,
    "mlp-linear": partial(mlp, linear=True),
    "digits-cnn": digits_cnn,
    "cifar-quick": cifar_quick,
    "face-light": face_light,
    "thesis-mnist-2d": partial(thesis_cnn, "thesis-mnist-2d", linear=True),
    "resnet-20": partial(resnet, 20),
    "resnet-32": partial(resnet, 32),
    "densenet-40": partial(densenet, 40, 12),
    "network-in-network": network_in_network,
    "vgg-16": vgg,
    "highway-11": highway,
    "wide-resnet-28-10": partial(wide_resnet, 28, 10),
    "spherenet-20": partial(spherenet, 20),
    "spherenet-64": partial(spherenet, 64),
    "include-exclude-27": include_exclude_resnet,
    "include-exclude-27-wide": partial(include_exclude_resnet, widened=True),
    **{name: partial(thesis_cnn, name) for name in (*TABLE_2_1, *TABLE_8) if name != "thesis-mnist-2d"},
}


def build_network(name: str, feature_dim: int) -> nn.Module:
    """The network of that name, He-normal from the global generator."""
    require(name in NETWORKS, "network must be one of {}, got {!r}", sorted(NETWORKS), name)
    network = NETWORKS[name](feature_dim)
    network.apply(he_normal)
    return network


@cache
def flops(name: str, feature_dim: int) -> int:
    """Multiplications and additions of a forward and a backward pass, per image, counted by torch without computing."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"):
        network = NETWORKS[name](feature_dim)
        images = torch.empty(2, *input_shape(name))
        with FlopCounterMode(display=False) as counter:
            network(images).sum().backward()
    return int(counter.get_total_flops()) // 2


def input_shape(name: str) -> tuple[int, int, int]:
    """Channels, height and width of the images that a network takes."""
    if name in NETWORK_TABLES:
        return NETWORK_TABLES[name].input
    if name == "face-light":
        return 1, 32, 32
    if name.startswith(("spherenet", "include-exclude")):
        return FACE_SHAPE
    on_cifar = name in ("cifar-quick", "wide-resnet-28-10") or name in WIDTHS
    return (1, 28, 28) if name.startswith("lenet") else (3, 32, 32) if on_cifar else (1, 8, 8)
