from __future__ import annotations

from functools import partial

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F
from cases import HARD, HARD_NAMES, batch, elements_made, leaves
from test_heads import HEADS, NAMES, make

from discriminative.losses import ArcFace, GuardedArcFace, ShardedHead, WSoftmax, chunked_cross_entropy

OWN_LOGIT = [name for name in NAMES if not name.startswith(("WSoftmax", "GuardedW", "CentredW"))]


def results(loss, head, x, y):
    (f,) = leaves(x)
    head.zero_grad()
    value = loss(head, f, y)
    value.sum().backward()
    return [value.detach(), f.grad, *(parameter.grad.clone() for parameter in head.parameters())]


def whole(head, x, y, reduction="mean"):
    return F.cross_entropy(head(x, y), y, reduction=reduction)


@pytest.mark.parametrize("name", OWN_LOGIT)
@pytest.mark.parametrize("size", [1, 3, 4, 100])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_chunks_give_the_value_and_the_gradients_of_the_whole(name, size, reduction):
    x, y, w = batch(seed=6, samples=9, classes=7)
    head = make(name, w).double()
    chunked = partial(chunked_cross_entropy, classes_at_once=size, reduction=reduction)
    expected = results(partial(whole, reduction=reduction), head, x, y)
    for got, value in zip(results(chunked, head, x, y), expected, strict=True):
        torch.testing.assert_close(got, value, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", ["LSoftmax", "NormFace", "GuardedArcFace"])
def test_hard_inputs_are_those_of_the_whole(name):
    for case in HARD_NAMES:
        x, y, w = HARD[case]
        head = make(name, w)
        if not len(x):
            assert chunked_cross_entropy(head, x, y) == 0
            continue
        chunked = partial(chunked_cross_entropy, classes_at_once=2)
        for got, value in zip(results(chunked, head, x, y), results(whole, head, x, y), strict=True):
            assert got.isfinite().all(), case
            torch.testing.assert_close(got, value, rtol=1e-6, atol=1e-6, msg=case)


def test_nothing_of_batch_times_classes_is_made():
    x, y, w = batch(samples=32, classes=400, dim=4, dtype=torch.float32)
    head = make("CosFace", w)
    with elements_made() as counts:
        results(partial(chunked_cross_entropy, classes_at_once=50), head, x, y)
    assert 32 * 50 <= max(counts) <= 32 * 50 + 32  # C D is 1,600 too; the whole would be 12,800


@pytest.mark.parametrize("name", ["WSoftmax at one", "GuardedWSoftmax", "CentredWSoftmax"])
def test_a_margin_in_every_rival_is_refused(name):
    x, y, w = batch()
    with pytest.raises(TypeError, match="head must be one whose margin is in the own logit alone, got"):
        chunked_cross_entropy(make(name, w), x, y)


SHARDED = ["Softmax", "COCO", "LSoftmax", "ASoftmax", "CosFace", "ArcFace", "GuardedArcFace"]
CLASSES, SAMPLES = 7, 12  # the last class of seven makes the shards uneven


def work(rank, folder, ranks):
    """One process: its half of the samples, its shard of the classes; what comes out is saved for the test."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=ranks)
    x, y, w = batch(seed=6, samples=SAMPLES, classes=CLASSES)
    own = slice(rank * SAMPLES // ranks, (rank + 1) * SAMPLES // ranks)
    saved = {}
    for name in SHARDED:
        sharded = ShardedHead(partial(HEADS[name], 5), CLASSES, classes_at_once=2).double()
        part = slice(sharded.first, sharded.first + sharded.head.num_classes)
        with torch.no_grad():
            sharded.head.weight.copy_(w[part])
        (f,) = leaves(x[own])
        loss = sharded(f, y[own])
        loss.backward()
        saved[name] = (loss.detach(), f.grad, sharded.head.weight.grad, sharded.predict(x[own]))
    torch.save(saved, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@pytest.mark.parametrize("ranks", [1, 2])
def test_processes_give_the_value_and_the_gradients_of_one(tmp_path, ranks):
    mp.spawn(work, args=(str(tmp_path), ranks), nprocs=ranks)
    found = [torch.load(tmp_path / f"{rank}.pt") for rank in range(ranks)]
    x, y, w = batch(seed=6, samples=SAMPLES, classes=CLASSES)
    for name in SHARDED:
        head = make(name, w).double()
        loss, by_features, by_weight = (results(whole, head, x, y)[i] for i in (0, 1, 1))
        by_weight = head.weight.grad
        shards = [part[name] for part in found]
        for shard in shards:
            torch.testing.assert_close(shard[0], loss)
        # the mean over the own batch has the whole's gradient times the number of processes
        torch.testing.assert_close(torch.cat([shard[1] for shard in shards]) / ranks, by_features)
        torch.testing.assert_close(torch.cat([shard[2] for shard in shards]), by_weight)
        assert torch.equal(torch.cat([shard[3] for shard in shards]), head(x).argmax(1))


@pytest.fixture
def alone():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def test_bad_shards_are_named(alone):
    with pytest.raises(TypeError, match=r"margin is in the own logit alone, got WSoftmax"):
        ShardedHead(lambda count: WSoftmax(5, count, 1.0), 4)
    with pytest.raises(ValueError, match="classes_at_once must be an integer >= 1, got 0"):
        ShardedHead(lambda count: ArcFace(5, count, 0.5, 8.0), 4, classes_at_once=0)
    head = ShardedHead(lambda count: GuardedArcFace(5, count, 0.5, 8.0), 4)
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.3, got 4"):
        head(torch.randn(1, 5), torch.tensor([4]))
