"""Parameter counts by hand, and the start."""

from __future__ import annotations

import math

import pytest
import torch

from discriminative.networks import NETWORKS, build_network

# weights + biases of each layer, then one PReLU slope a channel
LENET = (20 * 25 + 20) + (50 * 20 * 25 + 50) + 20 + 50
COUNTS = [
    ("lenet", 500, LENET + (800 * 500 + 500) + 500),
    ("lenet", 64, LENET + (800 * 64 + 64) + 64),
    ("lenet-linear", 2, LENET + (800 * 2 + 2)),
    ("mlp", 32, (64 * 128 + 128) + 128 + (128 * 32 + 32) + 32),
    ("mlp-linear", 2, (64 * 128 + 128) + 128 + (128 * 2 + 2)),
    ("digits-cnn", 32, (9 * 16 + 16) + (9 * 16 * 32 + 32) + (9 * 32 * 32 + 32) + 16 + 32 + 32 + (512 * 32 + 32) + 32),
]


@pytest.mark.parametrize(("name", "width", "count"), COUNTS)
def test_parameter_count_is_the_sum_by_hand(name: str, width: int, count: int) -> None:
    assert sum(p.numel() for p in build_network(name, width).parameters()) == count


@pytest.mark.parametrize(("name", "width", "_"), COUNTS)
def test_images_become_features(name: str, width: int, _: int) -> None:
    size = 28 if name.startswith("lenet") else 8
    assert build_network(name, width)(torch.randn(3, 1, size, size)).shape == (3, width)


def test_every_network_is_counted() -> None:
    assert {name for name, _, _ in COUNTS} == set(NETWORKS)


def test_weights_start_he_normal_and_biases_at_zero() -> None:
    torch.manual_seed(0)
    layer = build_network("lenet", 500)[7]
    assert isinstance(layer, torch.nn.Linear)
    assert float(layer.weight.detach().std()) == pytest.approx(math.sqrt(2 / 800), rel=0.01)
    assert layer.bias.abs().max() == 0


def test_a_linear_feature_can_be_negative_without_a_slope() -> None:
    assert not any(isinstance(m, torch.nn.PReLU) for m in list(build_network("lenet-linear", 2))[7:])


def test_an_unknown_network_is_named() -> None:
    with pytest.raises(ValueError, match=r"network must be one of .* got 'resnet'"):
        build_network("resnet", 8)
