"""The networks for faces at the papers' scale: ``[B, 3, 112, 96]`` in, features out."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

__all__ = ["FACE_SHAPE", "UNITS", "FaceBlock", "include_exclude_resnet", "spherenet"]

FACE_SHAPE = (3, 112, 96)
UNITS = {20: (1, 2, 4, 1), 64: (3, 8, 16, 3)}  # residual blocks behind each of SphereNet's four strided convolutions


class FaceBlock(nn.Module):
    """Two 3 x 3 convolutions of one width beside the identity."""

    def __init__(self, width: int, norm: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(*_unit(width, width, norm, padding=1), *_unit(width, width, norm, padding=1))

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = images + self.body(images)
        return found


def _unit(channels: int, filters: int, norm: bool, stride: int = 1, padding: int = 0) -> list[nn.Module]:
    """Convolution, batch norm and ReLU; without the norm a bias and PReLU, one slope a channel."""
    convolution = nn.Conv2d(channels, filters, 3, stride, padding, bias=not norm)
    return [convolution, nn.BatchNorm2d(filters), nn.ReLU()] if norm else [convolution, nn.PReLU(filters)]


def spherenet(depth: int, feature_dim: int = 512) -> nn.Sequential:
    """SphereNet of Liu et al. (2017): four 3 x 3 convolutions of stride 2, residual blocks behind each, a bare feature.

    ``depth`` counts convolutions: 20 or 64. PReLU, no batch norm, as published.
    """
    layers: list[nn.Module] = []
    channels = 3
    for filters, blocks in zip((64, 128, 256, 512), UNITS[depth], strict=True):
        layers += _unit(channels, filters, norm=False, stride=2, padding=1)
        layers += [FaceBlock(filters, norm=False) for _ in range(blocks)]
        channels = filters
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512 * 7 * 6, feature_dim))


def include_exclude_resnet(feature_dim: int = 512, widened: bool = False) -> nn.Sequential:
    """The 27 convolutions of Table 5 of the include-and-exclude paper: [N], or [P] where it is widened.

    Its rows are its children, by name. Convolutions outside the blocks have no padding, as the printed sizes say. Where
    the paper is silent: batch norm and ReLU behind each convolution, as in the network that it reduces, and none
    behind ``Fc5``. [P] widens "all the convolutional layers between Conv1 and Conv4 with a widening factor 2": here
    Conv1 and all up to Conv4, which is left out, since a block has the width of the convolution before it.
    """
    k = 2 if widened else 1
    rows: OrderedDict[str, nn.Module] = OrderedDict()
    channels, block = 3, 0
    for i, (filters, blocks) in enumerate(((32, 0), (64 * k, 1), (128 * k, 2), (256 * k, 5), (512, 3))):
        rows[f"Conv{i}"] = nn.Sequential(*_unit(channels, filters, norm=True))
        if i:
            rows[f"Pool{i}"] = nn.MaxPool2d(2)
        for _ in range(blocks):
            block += 1
            rows[f"Resblock{block}"] = FaceBlock(filters, norm=True)
        channels = filters
    rows["Flatten"] = nn.Flatten()
    rows["Fc5"] = nn.Linear(512 * 5 * 4, feature_dim, bias=False)
    return nn.Sequential(rows)
