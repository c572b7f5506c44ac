"""What the usage page says of version 2 of pytorch-metric-learning, where that is installed."""

from __future__ import annotations

import math
from importlib.metadata import version

import pytest
import torch
import torch.nn.functional as F

from discriminative.losses import ASoftmax, CosFace, GuardedArcFace, LSoftmax, NormFace

peer = pytest.importorskip("pytorch_metric_learning.losses", reason="an optional extra: pytorch-metric-learning")
if int(version("pytorch-metric-learning").split(".")[0]) != 2:
    pytest.skip("the page's statements about version 2", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # its own, from NumPy

MOVES = {
    "ArcFace": (lambda: peer.ArcFaceLoss(4, 6, margin=28.6, scale=64),
                lambda: GuardedArcFace(6, 4, margin=math.radians(28.6), scale=64.0)),
    "CosFace": (lambda: peer.CosFaceLoss(4, 6, margin=0.35, scale=64),
                lambda: CosFace(6, 4, margin=0.35, scale=64.0)),
    "SphereFace": (lambda: peer.SphereFaceLoss(4, 6, margin=4, scale=1), lambda: ASoftmax(6, 4, margin=4)),
    "LargeMarginSoftmax": (lambda: peer.LargeMarginSoftmaxLoss(4, 6, margin=4, scale=1),
                           lambda: LSoftmax(6, 4, margin=4)),
    "NormalizedSoftmax": (lambda: peer.NormalizedSoftmaxLoss(4, 6, temperature=0.05),
                          lambda: NormFace(6, 4, scale=1 / 0.05)),
}  # fmt: skip


@pytest.mark.parametrize("name", MOVES)
def test_a_head_with_the_columns_as_its_rows_has_the_same_loss_and_scores(name: str) -> None:
    theirs, ours = (make() for make in MOVES[name])
    assert theirs.W.shape == (6, 4)
    with torch.no_grad():
        ours.weight.copy_(theirs.W.T)
    x, y = torch.randn(64, 6), torch.randint(4, (64,))
    if name == "ArcFace":  # below pi - m, where the two guards agree
        x = ours.weight[y].detach() + 0.5 * x
    torch.testing.assert_close(F.cross_entropy(ours(x, y), y), theirs(x, y), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(ours(x), theirs.get_logits(x), rtol=1e-4, atol=1e-4)


def test_its_guard_jumps_down_where_ours_is_continuous() -> None:
    loss, m = peer.ArcFaceLoss(2, 2, margin=28.6, scale=1), math.radians(28.6)
    angles = torch.tensor([math.pi - m - 1e-4, math.pi - m + 1e-4], dtype=torch.float64)
    below, beyond = loss.modify_cosine_of_target_classes(angles.cos()).tolist()
    assert below - beyond == pytest.approx(math.cos(m) + m * math.sin(m) - 1, abs=1e-3)
