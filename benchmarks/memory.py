"""What a step over very many classes holds in memory: the logits whole, some classes at a time, or a part a process.

    python benchmarks/memory.py --name cpu

Each way runs in processes of its own: the head is made, one batch goes forward and backward, and the most that the
process ever held, less what it held before, goes to ``benchmarks/memory/<name>.json``; for the sharded head that of the
process that held most. The machine needs to have the memory, and may be busy: nothing is timed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor

from discriminative.losses import CosFace, ShardedHead, chunked_cross_entropy
from discriminative.provenance import describe_environment

RESULTS = Path(__file__).parent / "memory"
RANKS = 2


def plain(classes: int, width: int, at_once: int) -> Callable[[Tensor, Tensor], Tensor]:
    head = CosFace(width, classes, margin=0.35, scale=30.0)
    return lambda x, y: F.cross_entropy(head(x, y), y)


def chunked(classes: int, width: int, at_once: int) -> Callable[[Tensor, Tensor], Tensor]:
    head = CosFace(width, classes, margin=0.35, scale=30.0)
    return lambda x, y: chunked_cross_entropy(head, x, y, at_once)


def sharded(classes: int, width: int, at_once: int) -> Callable[[Tensor, Tensor], Tensor]:
    return ShardedHead(lambda some: CosFace(width, some, margin=0.35, scale=30.0), classes, None, at_once)


WAYS: dict[
    str, tuple[Callable[[int, int, int], Callable[[Tensor, Tensor], Tensor]], int]
] = {  # with how many processes
    "the logits whole": (plain, 1),
    "some classes at a time": (chunked, 1),
    f"sharded over {RANKS} processes, some classes at a time": (sharded, RANKS),
}


def held() -> int:
    """The most bytes that this process has ever held (Linux counts in KiB)."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def step(way: str, rank: int, meeting: str, sizes: dict[str, int], out: Any) -> None:
    make, ranks = WAYS[way]
    torch.set_num_threads(1)
    torch.manual_seed(rank)
    if ranks > 1:
        dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=ranks)
    features = torch.randn(sizes["batch"] // ranks, sizes["feature_dim"]).requires_grad_()
    labels = torch.randint(sizes["classes"], (len(features),))
    F.cross_entropy(features @ features.T, torch.arange(len(features))).backward()  # what torch loads at a first step
    before = held()
    loss = make(sizes["classes"], sizes["feature_dim"], sizes["classes_at_once"])
    loss(features, labels).backward()
    out.put(held() - before)
    if ranks > 1:
        dist.destroy_process_group()


def measure(way: str, sizes: dict[str, int]) -> float:
    """GiB of the process that holds most."""
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    with tempfile.TemporaryDirectory() as folder:
        told = (str(Path(folder) / "meeting"), sizes, out)
        processes = [context.Process(target=step, args=(way, rank, *told)) for rank in range(WAYS[way][1])]
        for process in processes:
            process.start()
        most = max(out.get(timeout=600) for _ in processes)
        for process in processes:
            process.join()
    return round(most / 2**30, 3)


def main(arguments: list[str] | None = None) -> Path:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", default="cpu", help="the results go to benchmarks/memory/<name>.json")
    parser.add_argument("--classes", type=int, default=1_000_000)
    parser.add_argument("--feature-dim", type=int, default=64)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--classes-at-once", type=int, default=16_384)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    names = ("classes", "feature_dim", "batch", "classes_at_once")
    sizes = {name: getattr(options, name) for name in names}
    found = describe_environment(torch.device("cpu"))
    record = {
        "environment": {name: found[name] for name in ("system", "python", "torch")},
        "settings": sizes,
        "peak_gib": {way: measure(way, sizes) for way in WAYS},
    }
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"{options.name}.json"
    path.write_text(json.dumps(record, indent=1) + "\n")
    print(path.read_text())
    return path


if __name__ == "__main__":
    main()
