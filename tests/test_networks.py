"""Parameter counts by hand, and the start."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
import torch

from discriminative.cifar_networks import WIDTHS, WideBlock, wide_resnet
from discriminative.networks import NETWORKS, build_network, flops, input_shape

# weights + biases of each layer, then one PReLU slope a channel
LENET = (20 * 25 + 20) + (50 * 20 * 25 + 50) + 20 + 50


def units(*layers: tuple[int, int, int]) -> int:
    """Filters without bias (kernel side, channels in, out), two batch-norm numbers and a slope a channel."""
    return sum(k * k * i * o + 3 * o for k, i, o in layers)


PLANE = units((5, 1, 32), (5, 32, 32), (5, 32, 64), (5, 64, 64), (5, 64, 128), (5, 128, 128))
MNIST = units((3, 1, 64), *[(3, 64, 64)] * 9)
CIFAR10 = units((3, 3, 64), *[(3, 64, 64)] * 4, (3, 64, 96), *[(3, 96, 96)] * 3, (3, 96, 128), *[(3, 128, 128)] * 3)
CIFAR100 = units(
    (3, 3, 96), *[(3, 96, 96)] * 4, (3, 96, 192), *[(3, 192, 192)] * 3, (3, 192, 384), *[(3, 384, 384)] * 3
)  # fmt: skip
INCAY10 = units((3, 3, 64), *[(3, 64, 64)] * 4, (3, 64, 128), *[(3, 128, 128)] * 3, (3, 128, 256), *[(3, 256, 256)] * 3)
INCAY100 = units(
    (3, 3, 128), *[(3, 128, 128)] * 4, (3, 128, 256), *[(3, 256, 256)] * 3, (3, 256, 512), *[(3, 512, 512)] * 3
)  # fmt: skip
LFW = units((3, 3, 64), *[(3, 64, 64)] * 4, (3, 64, 256), *[(3, 256, 256)] * 11)


def maps(*layers: tuple[int, int, int]) -> int:
    """Filters with a bias."""
    return sum(k * k * i * o + o for k, i, o in layers)


def residual(*layers: tuple[int, int, int]) -> int:
    """Filters of 3 x 3 without bias and two batch-norm numbers a channel: channels in, out, how often."""
    return sum(count * (9 * i * o + 2 * o) for i, o, count in layers)


def dense(channels: int) -> int:
    """Twelve layers, each a batch norm and twelve filters of 3 x 3 on all that came before."""
    return sum(2 * c + 9 * c * 12 for c in range(channels, channels + 144, 12))


def widened(depth: int, factor: int) -> int:
    """Of a wide residual network: a batch norm before each convolution but the first, 1 x 1 where the width changes."""
    total, before, count = 9 * 3 * 16, 16, (depth - 4) // 6
    for width in (16 * factor, 32 * factor, 64 * factor):
        total += 9 * before * width + 2 * before + before * width + (2 * count - 1) * (9 * width * width + 2 * width)
        before = width
    return total + 2 * before


VGG = maps(
    *((3, 3, 64), (3, 64, 64), (3, 64, 128), (3, 128, 128), (3, 128, 256), *[(3, 256, 256)] * 2),
    *((3, 256, 512), *[(3, 512, 512)] * 5),
)
HIGHWAY = maps(  # where the width stays, a gate beside the filters
    *((3, 3, 16), *[(3, 16, 16)] * 4, (3, 16, 32), *[(3, 32, 32)] * 4),
    *((3, 32, 48), *[(3, 48, 48)] * 2, (3, 48, 64)),
)


def sphere(*blocks: int) -> int:
    """Of SphereNet: each convolution has weights, biases and slopes; the last layer weights and biases."""
    total, before = 512 * 7 * 6 * 512 + 512, 3
    for count, width in zip(blocks, (64, 128, 256, 512), strict=True):
        total += 9 * before * width + 2 * width + count * 2 * (9 * width * width + 2 * width)
        before = width
    return total


# Table 5 of include-and-exclude: five convolutions, eleven blocks of two, Fc5; two batch-norm numbers a channel.
TABLE_5 = 9 * (3 * 32 + 32 * 64 + 64 * 128 + 128 * 256 + 256 * 512) + 512 * 5 * 4 * 512
TABLE_5 += 2 * 9 * (64**2 + 2 * 128**2 + 5 * 256**2 + 3 * 512**2)
EXCLUDE_NORMS = 2 * (32 + 64 + 128 + 256 + 512 + 2 * (64 + 2 * 128 + 5 * 256 + 3 * 512))
WIDE_5 = 9 * (3 * 32 + 32 * 128 + 128 * 256 + 256 * 512 + 512 * 512) + 512 * 5 * 4 * 512
WIDE_5 += 2 * 9 * (128**2 + 2 * 256**2 + 5 * 512**2 + 3 * 512**2)
WIDE_NORMS = 2 * (32 + 128 + 256 + 512 + 512 + 2 * (128 + 2 * 256 + 5 * 512 + 3 * 512))

COUNTS = [
    ("thesis-mnist-2d", 2, PLANE + (128 * 4 * 4 * 2 + 2)),  # 28 -> 14 -> 7 -> 4
    ("thesis-mnist", 256, MNIST + 64 * 4 * 4 * 256 + 3 * 256),
    ("thesis-cifar10", 256, CIFAR10 + 128 * 4 * 4 * 256 + 3 * 256),  # 32 -> 16 -> 8 -> 4
    ("thesis-cifar100", 512, CIFAR100 + 384 * 4 * 4 * 512 + 3 * 512),
    ("incay-cifar10", 512, INCAY10 + 256 * 4 * 4 * 512 + 3 * 512),
    ("incay-cifar100", 512, INCAY100 + 512 * 4 * 4 * 512 + 3 * 512),
    ("thesis-lfw", 512, LFW + 256 * 7 * 6 * 512 + 3 * 512),  # 112 x 96 -> 56 x 48 -> 28 x 24 -> 14 x 12 -> 7 x 6
    ("cifar-quick", 64, (75 * 32 + 32) + (800 * 32 + 32) + (800 * 64 + 64) + (64 * 4 * 4 * 64 + 64)),
    ("face-light", 128, (25 * 16 + 32) + (9 * 16 * 32 + 64) + (9 * 32 * 64 + 128) + (64 * 4 * 4 * 128 + 128)),
    ("resnet-20", 64, 432 + residual((16, 16, 6), (16, 32, 1), (32, 32, 5), (32, 64, 1), (64, 64, 5)) + 2 * 16),
    ("resnet-32", 64, 432 + residual((16, 16, 10), (16, 32, 1), (32, 32, 9), (32, 64, 1), (64, 64, 9)) + 2 * 16),
    ("densenet-40", 448, 432 + sum(dense(c) for c in (16, 160, 304)) + 160**2 + 304**2 + 2 * (160 + 304 + 448)),
    (
        *("network-in-network", 192),
        maps(
            (5, 3, 192), (1, 192, 160), (1, 160, 96), (5, 96, 192), *[(1, 192, 192)] * 2, (3, 192, 192), (1, 192, 192)
        ),
    ),
    ("vgg-16", 4096, VGG + (512 * 4096 + 4096) + (4096 * 4096 + 4096)),
    ("highway-11", 64, HIGHWAY),
    ("wide-resnet-28-10", 640, widened(28, 10)),
    ("spherenet-20", 512, sphere(1, 2, 4, 1)),
    ("spherenet-64", 512, sphere(3, 8, 16, 3)),
    ("include-exclude-27", 512, TABLE_5 + EXCLUDE_NORMS),
    ("include-exclude-27-wide", 512, WIDE_5 + WIDE_NORMS),
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
    assert build_network(name, width)(torch.randn(2, *input_shape(name))).shape == (2, width)


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


def test_the_thesis_networks_are_as_deep_as_printed() -> None:
    """LFW's is the one the thesis counts: 17 convolutions."""
    depths = {"thesis-mnist-2d": 6, "thesis-mnist": 10, "thesis-cifar10": 13, "thesis-cifar100": 13, "thesis-lfw": 17}
    for name, depth in depths.items():
        modules = list(build_network(name, 8))
        assert sum(isinstance(m, torch.nn.Conv2d) for m in modules) == depth
        assert sum(isinstance(m, torch.nn.MaxPool2d) for m in modules) == 3
        for before, after in pairwise(modules):
            if isinstance(before, torch.nn.Conv2d):
                assert isinstance(after, torch.nn.BatchNorm2d)
            if isinstance(before, torch.nn.BatchNorm2d | torch.nn.BatchNorm1d):
                assert isinstance(after, torch.nn.PReLU)


def test_the_two_dimensional_feature_is_bare_and_the_others_are_not() -> None:
    assert isinstance(list(build_network("thesis-mnist-2d", 2))[-1], torch.nn.Linear)
    assert isinstance(list(build_network("thesis-cifar10", 256))[-1], torch.nn.PReLU)


def test_the_arithmetic_of_lenet_is_the_sum_by_hand() -> None:
    """Two operations a weight and place; backward is twice forward, but nobody asks for the images' gradient."""
    first, second, third = 20 * 25 * 24 * 24, 50 * 20 * 25 * 8 * 8, 800 * 64
    assert flops("lenet", 64) == 2 * (2 * first + 3 * second + 3 * third)


# Table 1 of the reconstruction paper: millions of parameters as printed.
PRINTED = {"network-in-network": 11.4, "vgg-16": 13.4, "highway-11": 11.8, "resnet-32": 1.7, "densenet-40": 1.0}


def millions(name: str) -> float:
    """With a classifier of ten classes."""
    width = WIDTHS[name]
    return (sum(p.numel() for p in build_network(name, width).parameters()) + 10 * width) / 1e6


def test_of_the_printed_counts_one_is_that_of_its_source() -> None:
    """DenseNet's. ResNet's is that of the source's ResNet-110, and no other is that of the network of its name."""
    ours = {name: round(millions(name), 1) for name in PRINTED}
    assert [name for name in PRINTED if ours[name] == PRINTED[name]] == ["densenet-40"]
    deep = residual((16, 16, 36), (16, 32, 1), (32, 32, 35), (32, 64, 1), (64, 64, 35)) + 432 + 2 * 16 + 640
    assert round(deep / 1e6, 1) == PRINTED["resnet-32"]
    assert round((VGG + 512 * 10) / 1e6, 1) == 14.7  # VGG's convolutions with a classifier on them alone


def test_a_network_of_table_1_has_one_width() -> None:
    with pytest.raises(ValueError, match=r"feature_dim of resnet-20 must be 64, got 32"):
        build_network("resnet-20", 32)


def test_a_residual_block_starts_from_the_identity_and_fills_up_with_zeros() -> None:
    block = build_network("resnet-20", 64)[6]  # the first of 32 filters
    for part in block.body.parameters():
        torch.nn.init.zeros_(part)
    images = torch.rand(2, 16, 8, 8)
    found = block(images)
    torch.testing.assert_close(found[:, :16], images[:, :, ::2, ::2])
    assert not found[:, 16:].any()


def test_a_highway_layer_lets_through_what_its_gate_holds_back() -> None:
    layer = build_network("highway-11", 64)[2]
    torch.nn.init.zeros_(layer.gate.weight)
    torch.nn.init.zeros_(layer.body.weight)
    images = torch.rand(2, 16, 8, 8)
    torch.testing.assert_close(layer(images), images * (1 - 1 / (1 + math.exp(2))))


def test_a_dense_layer_keeps_what_came_in() -> None:
    images = torch.rand(2, 16, 8, 8)
    found = build_network("densenet-40", 448)[1](images)
    assert found.shape == (2, 28, 8, 8)
    torch.testing.assert_close(found[:, :16], images)


def test_the_wide_residual_network_has_its_sources_parameters() -> None:
    """36.5 million for ten classes, 8.9 for 16-8 and 0.6 for 40-1, as Zagoruyko and Komodakis print them."""
    for depth, factor, printed in ((28, 10, 36.5), (22, 8, 17.2), (40, 4, 8.9), (40, 1, 0.6)):
        with torch.device("meta"):
            network = wide_resnet(depth, factor, 64 * factor)
        ours = sum(p.numel() for p in network.parameters()) + 10 * 64 * factor + 10
        assert round(ours / 1e6, 1) == printed
        assert sum(isinstance(m, torch.nn.Conv2d) and m.kernel_size == (3, 3) for m in network.modules()) == depth - 3


def test_a_wide_network_halves_the_places_twice_and_has_one_width() -> None:
    network = wide_resnet(10, 1, 64)
    assert network(torch.randn(2, 3, 32, 32)).shape == (2, 64)
    images, sizes = torch.randn(2, 3, 32, 32), []
    for part in network:
        images = part(images)
        if isinstance(part, WideBlock):
            sizes.append(tuple(images.shape[1:]))
    assert sizes == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]
    with pytest.raises(ValueError, match=r"feature_dim of wide-resnet-28-10 must be 640, got 64"):
        NETWORKS["wide-resnet-28-10"](64)


def test_a_wide_block_lets_its_input_through_untouched_unless_the_shape_changes() -> None:
    for block, kept in ((WideBlock(16, 16, 1), True), (WideBlock(16, 32, 2), False)):
        torch.nn.init.zeros_(block.body[-1].weight)
        images = torch.randn(2, 16, 8, 8)
        found = block(images)
        assert (found.shape == images.shape) == kept
        if kept:
            assert torch.equal(found, images)
        else:
            assert block.shape is not None
            torch.testing.assert_close(found, block.shape(block.first(images)))


def table_5() -> dict[str, dict[str, str]]:
    """The printed rows of the include-and-exclude paper's Table 5."""
    from discriminative.papers import printed

    rows: dict[str, dict[str, str]] = {}
    for (row, column), cell in printed("include_exclude", "5").items():
        rows.setdefault(row, {})[column] = str(cell)
    return rows


def test_include_and_excludes_network_is_table_5_row_by_row() -> None:
    """Sizes, numbers of convolutions and of parameters; the paper cuts thousands off and does not round them."""
    network = build_network("include-exclude-27", 512).eval()
    x, seen, depth = torch.zeros(1, 3, 112, 96), {}, {}
    for name, part in network.named_children():
        x = part(x)
        weights = [m.weight for m in part.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
        seen[name] = tuple(x.shape[1:]), sum(weight.numel() for weight in weights)
        depth[name] = len(weights)
    rows = table_5()
    assert set(rows) == set(seen) - {"Flatten"}
    for row, cells in rows.items():
        size, parameters = seen[row]
        height, width, channels = map(int, re.findall(r"\d+", cells["Output Size"]))
        assert size in ((channels, height, width), (channels,)), row
        assert depth[row] == int(float(cells["Depth"])), row
        told = re.match(r"([\d.]+) ?K", cells["Params"])
        places = len(told.group(1).partition(".")[2]) if told else 0
        assert told is None or math.floor(parameters / 1000 * 10**places) / 10**places == float(told.group(1)), row
    assert sum(depth.values()) - 1 == 27


def test_spherenets_are_as_deep_as_they_are_called() -> None:
    for depth in (20, 64):
        with torch.device("meta"):
            network = NETWORKS[f"spherenet-{depth}"](512)
        assert sum(isinstance(m, torch.nn.Conv2d) for m in network.modules()) == depth
