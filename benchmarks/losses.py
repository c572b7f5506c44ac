"""What the losses cost beside plain softmax: time and peak memory of one forward and backward pass.

    python benchmarks/losses.py --name cpu
    python benchmarks/losses.py --name gpu-bf16 --device cuda --dtype bfloat16 --classes 1000 100000 1000000

Everything runs in one process, interleaved: a round times every loss once, and a loss's figure is the ratio of its time
to that of ``F.linear`` and ``F.cross_entropy`` in the same round. Ratios, with their least, median and greatest, go to
``benchmarks/results/<name>.json``; absolute times are not kept. On a CPU the clock is the process's own time, on one
thread. A head is timed as ``F.cross_entropy(head(x, y), y)``, a term by itself: what it adds. A path is another way to
the loss of a head; a part is what heads over weights of length one do beyond softmax, each step by itself.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn

from discriminative import losses
from discriminative.losses._unit import inverse_norms, project_rows_
from discriminative.provenance import describe_environment

RESULTS = Path(__file__).parent / "results"

HEADS: dict[str, Callable[[int, int], nn.Module]] = {
    "WeightNormalizedSoftmax": losses.WeightNormalizedSoftmax,
    "NormFace": lambda d, c: losses.NormFace(d, c, scale=30.0),
    "COCO": lambda d, c: losses.COCO(d, c, scale=30.0, learn_scale=True),
    "L2ConstrainedSoftmax": lambda d, c: losses.L2ConstrainedSoftmax(d, c, scale=30.0),
    "LSoftmax m=4": lambda d, c: losses.LSoftmax(d, c, margin=4),
    "ASoftmax m=4": lambda d, c: losses.ASoftmax(d, c, margin=4),
    "CosFace": lambda d, c: losses.CosFace(d, c, margin=0.35, scale=30.0),
    "ArcFace": lambda d, c: losses.ArcFace(d, c, margin=0.5, scale=30.0),
    "GuardedArcFace": lambda d, c: losses.GuardedArcFace(d, c, margin=0.5, scale=30.0),
    "WSoftmax literal": lambda d, c: losses.WSoftmax(d, c, alpha=1.0),
    "WSoftmax stopped": lambda d, c: losses.WSoftmax(d, c, alpha=1.0, gradient="stopped"),
    "GuardedWSoftmax": lambda d, c: losses.GuardedWSoftmax(d, c, alpha=1.0),
    "CentredWSoftmax": lambda d, c: losses.CentredWSoftmax(d, c, alpha=1.0),
}
TERMS: dict[str, Callable[[int, int], nn.Module]] = {
    "FeatureIncay": lambda d, c: losses.FeatureIncay(),
    "CenterLoss": losses.CenterLoss,
    "IncludeExclude": losses.IncludeExclude,
    "IncludeExclude, all centres": lambda d, c: losses.IncludeExclude(d, c, rivals="all"),
    "FeedBackwardReconstruction": lambda d, c: losses.FeedBackwardReconstruction(),
    "WeightSeparability": lambda d, c: losses.WeightSeparability(),
    "TripletLoss": lambda d, c: losses.TripletLoss(),
    "ContrastiveLoss": lambda d, c: losses.ContrastiveLoss(),
}


class PlainHead(nn.Module):
    """The baseline: nothing but a matrix."""

    def __init__(self, feature_dim: int, num_classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(num_classes, feature_dim) / feature_dim**0.5)

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        return F.linear(features, self.weight)


class WSoftmaxLoop(PlainHead):
    """W-Softmax as its Algorithm 1 has it: a transformed weight matrix for every sample."""

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        unit = F.normalize(self.weight)
        out = []
        for x, c in zip(features, labels, strict=True):
            turned = F.normalize(unit[c] + unit)
            turned = torch.where((torch.arange(len(unit), device=c.device) == c).unsqueeze(1), unit, turned)
            out.append(turned @ x)
        return torch.stack(out)


class WSoftmaxBroadcast(PlainHead):
    """The same with all the transformed matrices at once: B x C x D elements."""

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        unit = F.normalize(self.weight)
        turned = F.normalize(unit[labels].unsqueeze(1) + unit, dim=2)
        logits = (turned * features.unsqueeze(1)).sum(2)
        own = F.one_hot(labels, len(unit)).bool()
        return torch.where(own, features @ unit.T, logits)


class IncludeExcludeBroadcast(losses.CenterLoss):
    """Include-and-exclude (A.1, all centres) from the differences themselves: B x C x D elements."""

    def forward(self, features: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        distance = (features.unsqueeze(1) - self.centers).square().sum(2)
        own = distance.gather(1, labels.unsqueeze(1)).squeeze(1)
        spread = own.detach().sum() / (len(labels) - 1)
        others = torch.ones_like(distance).scatter(1, labels.unsqueeze(1), 0.0).bool()
        rival = (-distance / (2 * spread * (distance.shape[1] - 1))).masked_fill(~others, -torch.inf).logsumexp(1)
        return (own / (2 * spread) + 0.1 + rival).relu().mean()


PAPERS: dict[str, tuple[Callable[[int, int], nn.Module], str]] = {
    "WSoftmax, Algorithm 1": (WSoftmaxLoop, "head"),
    "WSoftmax, broadcast": (WSoftmaxBroadcast, "head"),
    "IncludeExclude, broadcast": (IncludeExcludeBroadcast, "term"),
}


AT_ONCE = 1024  # classes, in the paths that take a part of them at a time


class ChunkedCosFace(nn.Module):
    """CosFace whose logits are made for some classes at a time."""

    def __init__(self, feature_dim: int, num_classes: int) -> None:
        super().__init__()
        self.head = losses.CosFace(feature_dim, num_classes, margin=0.35, scale=30.0)

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        return losses.chunked_cross_entropy(self.head, features, labels, AT_ONCE)


def sharded_cosface(feature_dim: int, num_classes: int) -> nn.Module:
    """CosFace as each process of a group holds it; here one process, which has all the classes."""
    return losses.ShardedHead(
        lambda classes: losses.CosFace(feature_dim, classes, margin=0.35, scale=30.0), num_classes, None, AT_ONCE
    )


PATHS: dict[str, Callable[[int, int], nn.Module]] = {
    f"CosFace, {AT_ONCE:,} classes at a time": ChunkedCosFace,
    "CosFace, sharded, of one process": sharded_cosface,
}


def parts(batch: int, weight: Tensor) -> dict[str, Callable[[], Tensor]]:
    """The steps that heads over weights of length one take beyond softmax's own."""
    weight = F.normalize(weight.detach())
    inverse, grad = inverse_norms(weight), torch.randn_like(weight)
    logits = torch.randn(batch, len(weight), device=weight.device)
    return {
        "norms of the weights": lambda: inverse_norms(weight),
        "the same, 256 rows at a time": lambda: torch.cat([inverse_norms(rows) for rows in weight.split(256)]),
        "logits divided by them": lambda: logits.mul_(inverse),
        "gradient of the logits divided by them": lambda: logits * inverse,
        "projection of the gradient of the weights": lambda: project_rows_(grad, weight, inverse),
    }


def peer_version() -> str | None:
    try:
        return version("pytorch-metric-learning")
    except ImportError:
        return None


def peers(feature_dim: int, num_classes: int) -> dict[str, nn.Module]:
    """The same losses of pytorch-metric-learning, where it is installed; version 2 has ArcFace's margin in degrees."""
    found = peer_version()
    if found is None:
        return {}
    from pytorch_metric_learning import losses as peer

    margin = 28.6 if int(found.split(".")[0]) < 3 else 0.5
    return {
        "peer LargeMarginSoftmax m=4": peer.LargeMarginSoftmaxLoss(num_classes, feature_dim, margin=4, scale=1),
        "peer SphereFace m=4": peer.SphereFaceLoss(num_classes, feature_dim, margin=4, scale=1),
        "peer CosFace": peer.CosFaceLoss(num_classes, feature_dim, margin=0.35, scale=30),
        "peer ArcFace": peer.ArcFaceLoss(num_classes, feature_dim, margin=margin, scale=30),
    }


def cases(
    feature_dim: int, num_classes: int, features: Tensor, labels: Tensor, slow: bool
) -> dict[str, tuple[str, nn.Module, Callable[[], Tensor]]]:
    """Every module with its kind and the scalar that it is timed for (a part: what it makes); the baseline first."""
    weight = (torch.randn(num_classes, feature_dim) / feature_dim**0.5).to(features.device).requires_grad_()
    makers: list[tuple[str, str, Callable[[int, int], nn.Module]]] = [("softmax", "head", PlainHead)]
    makers += [(name, "head", maker) for name, maker in HEADS.items()]
    makers += [(name, "term", maker) for name, maker in TERMS.items()]
    makers += [(name, "path", maker) for name, maker in PATHS.items()]
    if slow:
        makers += [(name, kind, maker) for name, (maker, kind) in PAPERS.items()]
    out: dict[str, tuple[str, nn.Module, Callable[[], Tensor]]] = {}
    for name, kind, maker in makers:
        module = maker(feature_dim, num_classes).to(features.device)
        for parameter in module.parameters():
            if parameter.ndim == 2 and not parameter.any():  # centres start at the origin
                nn.init.normal_(parameter, std=feature_dim**-0.5)
        if kind == "term":
            out[name] = (kind, module, lambda m=module: m(features, labels, weight))  # type: ignore[misc]
        elif kind == "path":
            out[name] = (kind, module, lambda m=module: m(features, labels))  # type: ignore[misc]
        else:
            out[name] = (kind, module, lambda m=module: F.cross_entropy(m(features, labels), labels))  # type: ignore[misc]
    for name, module in peers(feature_dim, num_classes).items():
        module.to(features.device)
        for parameter in module.parameters():  # as long as ours: with its own start, probabilities are denormal numbers
            nn.init.normal_(parameter, std=feature_dim**-0.5)
        out[name] = ("head", module, lambda m=module: m(features, labels))  # type: ignore[misc]
    for name, part in parts(len(features), weight).items():
        out[name] = ("part", nn.Module(), part)
    return out


def clock(device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def peak_bytes(step: Callable[[], None], device: str) -> int:
    """The most bytes alive at once beyond those alive before the step, gradients included."""
    if device == "cuda":
        torch.cuda.synchronize()
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        step()
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated() - before
    activities = [torch.profiler.ProfilerActivity.CPU]
    with torch.profiler.profile(activities=activities, profile_memory=True, acc_events=True) as profile:
        step()
    assert profile.profiler is not None
    events = profile.profiler.kineto_results.events()
    changes = sorted((event.start_ns(), event.nbytes()) for event in events if event.name() == "[memory]")
    alive = most = 0
    for _, change in changes:
        alive += change
        most = max(most, alive)
    return most


def measure(
    num_classes: int, batch: int, feature_dim: int, rounds: int, device: str, dtype: torch.dtype, slow: bool
) -> list[dict[str, Any]]:
    torch.manual_seed(0)
    features = torch.randn(batch, feature_dim).to(device=device, dtype=dtype).requires_grad_()
    labels = torch.randint(num_classes, (batch,)).to(device)
    todo = cases(feature_dim, num_classes, features, labels, slow)
    baseline = todo["softmax"][1]
    if dtype != torch.float32:  # what autocast does for a plain head: features and weights in the half type
        baseline.to(dtype)

    def step(module: nn.Module, loss: Callable[[], Tensor]) -> None:
        features.grad = None
        module.zero_grad(set_to_none=True)
        made = loss()
        if made.requires_grad:
            made.backward()

    repeats = min(max(1, 200_000 // (batch * num_classes)), 100)
    times: dict[str, list[float]] = {name: [] for name in todo}
    for turn in range(rounds + 1):  # the first round warms up
        for name, (_, module, loss) in todo.items():
            started = clock(device)
            for _ in range(repeats):
                step(module, loss)
            elapsed = clock(device) - started
            if turn:
                times[name].append(elapsed)
    out = []
    for name, (kind, module, loss) in todo.items():
        ratios = [mine / base for mine, base in zip(times[name], times["softmax"], strict=True)]
        step(module, loss)
        features.grad = None
        module.zero_grad(set_to_none=True)
        out.append(
            {
                "loss": name,
                "kind": kind,
                "classes": num_classes,
                "ratio": {
                    "min": round(min(ratios), 3),
                    "median": round(statistics.median(ratios), 3),
                    "max": round(max(ratios), 3),
                },
                "peak_mib": round(peak_bytes(lambda m=module, f=loss: step(m, f), device) / 2**20, 2),  # type: ignore[misc]
            }
        )
    return out


def environment(device: str) -> dict[str, Any]:
    found = describe_environment(torch.device(device))
    kept = {
        key: found[key]
        for key in ("device_name", "processor", "capability", "threads", "python", "torch")
        if key in found
    }
    return {**kept, "pytorch_metric_learning": peer_version()}


def main(arguments: Iterable[str] | None = None) -> Path:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", default="cpu", help="the results go to benchmarks/results/<name>.json")
    parser.add_argument("--classes", type=int, nargs="+", default=[10, 100, 1000, 10000])
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--feature-dim", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--slow-rounds", type=int, default=3, help="rounds with the papers' own algorithms too")
    parser.add_argument("--slow-classes", type=int, nargs="*", default=[100], help="classes for those")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(None if arguments is None else list(arguments))
    torch.set_num_threads(1)
    dtype = getattr(torch, options.dtype)
    shape = (options.batch, options.feature_dim)
    results = []
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)  # of the sharded path
    try:
        for classes in options.classes:
            results += measure(classes, *shape, options.rounds, options.device, dtype, slow=False)
        for classes in options.slow_classes:
            rows = measure(classes, *shape, options.slow_rounds, options.device, dtype, slow=True)
            results += [row for row in rows if row["loss"] in PAPERS]
    finally:
        dist.destroy_process_group()
    record = {
        "environment": environment(options.device),
        "settings": {"batch": shape[0], "feature_dim": shape[1], "rounds": options.rounds, "dtype": options.dtype,
                     "slow_rounds": options.slow_rounds},
        "results": results,
    }  # fmt: skip
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / f"{options.name}.json"
    path.write_text(json.dumps(record, indent=1) + "\n")
    for row in results:
        ratio = row["ratio"]
        print(f"{row['classes']:>8} {row['loss']:<30} {ratio['median']:>8.2f} [{ratio['min']:.2f}, {ratio['max']:.2f}]"
              f" {row['peak_mib']:>9.2f} MiB")  # fmt: skip
    return path


if __name__ == "__main__":
    main()
