"""The networks that the experiments train: images ``[B, C, H, W]`` in, features ``[B, D]`` out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import nn

from discriminative._tensors import require

__all__ = ["NETWORKS", "build_network", "digits_cnn", "he_normal", "lenet", "mlp"]


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


NETWORKS: dict[str, Callable[[int], nn.Module]] = {
    "lenet": lenet,
    "lenet-linear": partial(lenet, linear=True),
    "mlp": mlp,
    "mlp-linear": partial(mlp, linear=True),
    "digits-cnn": digits_cnn,
}


def build_network(name: str, feature_dim: int) -> nn.Module:
    """The network of that name, He-normal from the global generator."""
    require(name in NETWORKS, "network must be one of {}, got {!r}", sorted(NETWORKS), name)
    network = NETWORKS[name](feature_dim)
    network.apply(he_normal)
    return network
