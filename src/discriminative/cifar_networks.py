"""Networks for CIFAR as their sources define them, ``[B, 3, 32, 32]`` in, features out.

They are those of the reconstruction paper's Table 1, and the wide residual network that include-and-exclude's powerful
rows name. Each ends where its last layer begins: what that layer sees is the feature, so its width is the source's.
Dropout, which several of the sources have, is left out: what is random in a run comes from the seed's own generators.
No batch norm where the source has none.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from discriminative._checks import require

__all__ = ["WIDTHS", "densenet", "highway", "network_in_network", "resnet", "vgg", "wide_resnet"]

WIDTHS = {
    "network-in-network": 192, "vgg-16": 4096, "highway-11": 64, "resnet-20": 64, "resnet-32": 64, "densenet-40": 448,
}  # fmt: skip


def _is_its_width(name: str, feature_dim: int) -> None:
    require(feature_dim == WIDTHS[name], "feature_dim of {} must be {}, got {}", name, WIDTHS[name], feature_dim)


def _mean_over_places() -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten()]


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions beside the identity, thinned out and filled up with zeros where the shape changes.

    The identity of He et al. (2016), their option A for CIFAR-10: it has no parameters.
    """

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        self.stride, self.more = (1 if channels == filters else 2), filters - channels
        self.body = nn.Sequential(
            nn.Conv2d(channels, filters, 3, self.stride, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(),
            nn.Conv2d(filters, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters),
        )  # fmt: skip

    def forward(self, images: Tensor) -> Tensor:
        kept = F.pad(images[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))
        return F.relu(self.body(images) + kept)


def resnet(depth: int, feature_dim: int = 64) -> nn.Sequential:
    """The residual network for CIFAR-10 of He et al. (2016, section 4.2): depth 6n + 2, widths 16, 32 and 64."""
    _is_its_width(f"resnet-{depth}", feature_dim)
    widths = [16] * (count := (depth - 2) // 6) + [32] * count + [64] * count
    blocks = [ResidualBlock(before, after) for before, after in pairwise([16, *widths])]
    first = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    return nn.Sequential(*first, *blocks, *_mean_over_places())


class DenseLayer(nn.Module):
    """Batch norm, ReLU and a 3 x 3 convolution, whose result is put beside what came in."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, growth, 3, padding=1, bias=False)
        )

    def forward(self, images: Tensor) -> Tensor:
        return torch.cat([images, self.body(images)], 1)


def densenet(depth: int = 40, growth: int = 12, feature_dim: int = 448) -> nn.Sequential:
    """DenseNet of Huang et al. (2017) without bottlenecks: three blocks of (depth - 4) / 3 layers, 16 filters first."""
    _is_its_width(f"densenet-{depth}", feature_dim)
    channels = 16
    layers: list[nn.Module] = [nn.Conv2d(3, channels, 3, padding=1, bias=False)]
    for block in range(3):
        for _ in range((depth - 4) // 3):
            layers.append(DenseLayer(channels, growth))
            channels += growth
        layers += [nn.BatchNorm2d(channels), nn.ReLU()]
        if block < 2:
            layers += [nn.Conv2d(channels, channels, 1, bias=False), nn.AvgPool2d(2)]
    return nn.Sequential(*layers, *_mean_over_places())


def _maps(channels: int, kernel: int, *filters: int) -> list[nn.Module]:
    """A convolution and the 1 x 1 convolutions on it, each with a ReLU."""
    layers: list[nn.Module] = []
    for i, (before, after) in enumerate(pairwise([channels, *filters])):
        size = kernel if i == 0 else 1
        layers += [nn.Conv2d(before, after, size, padding=size // 2), nn.ReLU()]
    return layers


def network_in_network(feature_dim: int = 192) -> nn.Sequential:
    """Network in network (Lin, Chen and Yan, 2013), its CIFAR-10 definition, up to the layer that makes class maps.

    The mean over places, which the source takes of the class maps, is taken before that layer: the two are linear and
    change places, but for a ReLU after the class maps that the source's definition has.
    """
    _is_its_width("network-in-network", feature_dim)
    return nn.Sequential(
        *_maps(3, 5, 192, 160, 96), nn.MaxPool2d(3, 2, ceil_mode=True),
        *_maps(96, 5, 192, 192, 192), nn.AvgPool2d(3, 2, ceil_mode=True),
        *_maps(192, 3, 192, 192), *_mean_over_places(),
    )  # fmt: skip


VGG_16 = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


def vgg(feature_dim: int = 4096) -> nn.Sequential:
    """VGG-16 (Simonyan and Zisserman, 2014, column D) on 32 x 32 images: its five poolings leave one place of 512."""
    _is_its_width("vgg-16", feature_dim)
    layers: list[nn.Module] = []
    channels = 3
    for filters, count in VGG_16:
        for _ in range(count):
            layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            channels = filters
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(512, 4096), nn.ReLU(), nn.Linear(4096, feature_dim), nn.ReLU()
    )


class HighwayLayer(nn.Module):
    """A gate between a 3 x 3 convolution and what came in; it starts nearly shut, at the logistic function of -2."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.body = nn.Conv2d(filters, filters, 3, padding=1)
        self.gate = nn.Conv2d(filters, filters, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        gate = torch.sigmoid(self.gate(images) - 2)
        return gate * F.relu(self.body(images)) + (1 - gate) * images


def highway(feature_dim: int = 64) -> nn.Sequential:
    """The highway network of Srivastava, Greff and Schmidhuber (2015) with the widths of FitNet 1.

    Three groups of three convolutions, 16, then 32, then 48, 48 and 64 filters: a plain one where the width changes,
    highway layers where it does not; pooled after each group, at last over all places.
    """
    _is_its_width("highway-11", feature_dim)
    layers: list[nn.Module] = []
    channels = 3
    for group in ((16, 16, 16), (32, 32, 32), (48, 48, 64)):
        for filters in group:
            plain = [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
            layers += plain if filters != channels else [HighwayLayer(filters)]
            channels = filters
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers[:-1], *_mean_over_places())


class WideBlock(nn.Module):
    """Batch norm and ReLU before each of two 3 x 3 convolutions, beside what came in.

    Where the shape changes a 1 x 1 convolution takes the identity's place, behind the first batch norm and ReLU.
    """

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU())
        self.body = nn.Sequential(
            nn.Conv2d(channels, filters, 3, stride, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(),
            nn.Conv2d(filters, filters, 3, padding=1, bias=False),
        )  # fmt: skip
        changes = channels != filters or stride > 1
        self.shape = nn.Conv2d(channels, filters, 1, stride, bias=False) if changes else None

    def forward(self, images: Tensor) -> Tensor:
        ready = self.first(images)
        kept = images if self.shape is None else self.shape(ready)
        found: Tensor = kept + self.body(ready)
        return found


def wide_resnet(depth: int, factor: int, feature_dim: int = 640) -> nn.Sequential:
    """The wide residual network of Zagoruyko and Komodakis (2016): depth 6n + 4, widths 16, 32 and 64 times the factor.

    No dropout, with which the source has a variant; batch norm and ReLU behind the last block, then the mean.
    """
    width = 64 * factor
    name = f"wide-resnet-{depth}-{factor}"
    require(feature_dim == width, "feature_dim of {} must be {}, got {}", name, width, feature_dim)
    layers: list[nn.Module] = [nn.Conv2d(3, 16, 3, padding=1, bias=False)]
    channels = 16
    for filters, stride in ((16 * factor, 1), (32 * factor, 2), (64 * factor, 2)):
        for i in range((depth - 4) // 6):
            layers.append(WideBlock(channels, filters, stride if i == 0 else 1))
            channels = filters
    return nn.Sequential(*layers, nn.BatchNorm2d(channels), nn.ReLU(), *_mean_over_places())
