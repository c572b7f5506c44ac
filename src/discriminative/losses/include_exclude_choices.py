"""What the include-and-exclude paper leaves open, as terms: other variances, where centres begin, L-Softmax added."""

from __future__ import annotations

from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from discriminative._checks import check_integer, check_number, require
from discriminative._tensors import check_batch, lift
from discriminative.losses._distances import squared_distances
from discriminative.losses.center import Prototypes
from discriminative.losses.include_exclude import IncludeExclude, Reading, _rivals
from discriminative.losses.large_margin import large_margin_logits

__all__ = [
    "AddedLSoftmax", "CoordinateVarianceIncludeExclude", "FreeVarianceIncludeExclude", "PlacedIncludeExclude",
]  # fmt: skip

Place = Literal["random", "means"]


class FreeVarianceIncludeExclude(Prototypes):
    r"""Include-and-exclude as its Algorithm 1 trains it: :math:`\sigma^2` is a free parameter (lines 8 and 12).

    .. math:: L_n = \left\{ \frac{d_{y_n}}{2\sigma^2} + \alpha + \log \sum_{c \ne y_n} e^{-d_c / (2 \sigma^2 q)}
              \right\}_+

    Nothing keeps the parameter positive. Below zero the own centre repels and the farthest rival attracts; at zero the
    loss is no number. For training use :class:`IncludeExclude`, whose variance is a statistic or kept positive. The
    rivals are all classes present in the batch.

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        margin: alpha >= 0.
        reading: ``"A.1"``, where q is the number of rivals, or ``"Eq. 6"``, where it is 1.
        variance: what it begins with; 0.5 is that of Eq. 7.

    Example:
        >>> term = FreeVarianceIncludeExclude(feature_dim=2, num_classes=2)
        >>> term.move_to_means(torch.eye(2), torch.tensor([0, 1]))
        >>> round(float(term(torch.eye(2), torch.tensor([1, 0]), torch.zeros(2, 2)).detach()), 4)
        2.1
    """

    def __init__(
        self,
        feature_dim: int,
        num_classes: int,
        margin: float = 0.1,
        reading: Reading = "A.1",
        variance: float = 0.5,
    ) -> None:
        super().__init__(feature_dim, num_classes)
        self.margin = check_number("margin", margin, at_least=0)
        require(reading in get_args(Reading), "reading must be one of {}, got {!r}", get_args(Reading), reading)
        self.reading: Reading = reading
        self.variance = nn.Parameter(torch.tensor(check_number("variance", variance, above=0)))

    def forward(self, features: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        check_batch(features, labels, self.centers)
        with torch.autocast(features.device.type, enabled=False):
            f, mu = lift(features, self.centers)
            gap = f - F.embedding(labels, mu)
            candidates, barred = _rivals(labels, mu, "batch")
            power = (~barred[:1]).sum().clamp_min(1) if self.reading == "A.1" else 1
            logits = squared_distances(f, candidates, barred) * (-0.5 / (self.variance * power))
            rivals = logits.masked_fill(barred, -torch.inf).logsumexp(1)
            losses = (gap.square().sum(1) / (2 * self.variance) + self.margin + rivals).relu()
            return losses.sum() / max(len(f), 1)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, margin={self.margin:g}, reading={self.reading!r}"


class CoordinateVarianceIncludeExclude(IncludeExclude):
    """Include-and-exclude whose variance is that of a coordinate: the batch's over the width of a feature.

    The paper sums its variance over the D dimensions. Divided by D it is that of the Gaussians which the classes are.

    Args:
        options: as for :class:`IncludeExclude`.

    Example:
        >>> options = {"feature_dim": 2, "num_classes": 2}
        >>> f, y = torch.tensor([[1.0, 1.0], [1.0, -1.0]]), torch.tensor([0, 1])
        >>> [float(kind(**options).variance(f, y)) for kind in (IncludeExclude, CoordinateVarianceIncludeExclude)]
        [4.0, 2.0]
    """

    def variance(self, features: Tensor, labels: Tensor) -> Tensor | float:
        return super().variance(features, labels) / features.shape[1]


class PlacedIncludeExclude(IncludeExclude):
    """Include-and-exclude whose centres do not begin at the origin.

    Args:
        feature_dim: D, the width of a feature.
        num_classes: C.
        place: ``"random"``, standard normal coordinates, or ``"means"``, the class means of the first batch it sees (a
            class that this batch lacks stays at the origin).
        options: as for :class:`IncludeExclude`.

    Example:
        >>> term = PlacedIncludeExclude(feature_dim=2, num_classes=3, place="means", variance=0.5)
        >>> _ = term(torch.eye(2), torch.tensor([1, 0]), torch.zeros(3, 2))
        >>> term.centers.detach()
        tensor([[0., 1.],
                [1., 0.],
                [0., 0.]])
    """

    placed: Tensor

    def __init__(self, feature_dim: int, num_classes: int, place: Place = "means", **options: Any) -> None:
        super().__init__(feature_dim, num_classes, **options)
        require(place in get_args(Place), "place must be one of {}, got {!r}", get_args(Place), place)
        self.place: Place = place
        self.register_buffer("placed", torch.tensor(False))
        if place == "random":
            nn.init.normal_(self.centers)

    def forward(self, features: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        if self.place == "means" and not bool(self.placed):
            self.move_to_means(features.detach(), labels)
            self.placed.fill_(True)
        return super().forward(features, labels, weight)


class AddedLSoftmax(nn.Module):
    """The cross-entropy of L-Softmax as a term beside softmax, over the same class weights.

    So the paper trains its baseline: under "softmax loss and L-Softmax loss", not under L-Softmax in softmax's place.

    Args:
        margin: m, an integer >= 1.

    Example:
        >>> term = AddedLSoftmax(margin=2)
        >>> x, w = torch.tensor([[1.0, 0.0]]), torch.eye(2)
        >>> bool(term(x, torch.tensor([0]), w) == F.cross_entropy(x @ w.T, torch.tensor([0])))  # on its own weight
        True
    """

    def __init__(self, margin: int = 4) -> None:
        super().__init__()
        self.margin = check_integer("margin", margin)

    def forward(self, features: Tensor, labels: Tensor, weight: Tensor) -> Tensor:
        logits = large_margin_logits(features, labels, weight, self.margin)
        return F.cross_entropy(logits, labels, reduction="sum") / max(len(labels), 1)

    def extra_repr(self) -> str:
        return f"margin={self.margin}"
