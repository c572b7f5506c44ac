"""Images a second of our training loop beside a bare PyTorch loop, network by network.

Both train the same network on batches of the same size, in one process, taking turns; the bare loop goes round four
batches that are already in place: no data, no augmentation, no curves, no checks. (With one batch again and again a
processor learns by heart which way the batch's branches go: a PReLU network of half a millisecond a step then runs a
sixth faster than it would on data.) The ratio is ours to bare, round by round.
The share is the arithmetic that the network needs (counted forward and backward) at our speed, of the rate at which
this device multiplies square matrices in the same precision; on a CPU it can exceed 1, since convolutions and matrix
products come from different libraries there.

    python benchmarks/throughput.py --name cpu
    python benchmarks/throughput.py --name gpu --device cuda --compile
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from discriminative.data import Dataset, Split
from discriminative.networks import NETWORKS, build_network, flops, input_shape
from discriminative.provenance import describe_environment, revision
from discriminative.runs import Head, Optimizer, Run, Schedule
from discriminative.training import Interrupted, train

WIDTHS = {"lenet": 500, "lenet-linear": 2, "mlp": 32, "mlp-linear": 2, "digits-cnn": 32, "cifar-quick": 64,
          "thesis-mnist-2d": 2, "thesis-mnist": 256, "thesis-cifar10": 256, "thesis-cifar100": 512,
          "thesis-lfw": 512}  # fmt: skip
CLASSES = {"thesis-cifar100": 100, "thesis-lfw": 1000}
RESULTS = Path(__file__).parent / "throughput"
BATCHES = 4  # that both loops go round
WARM = 5  # steps of each round that are not timed


def data(network: str, count: int, device: str) -> Dataset:
    """Random images in the network's shape."""
    torch.manual_seed(0)
    images = torch.randint(0, 256, (count, *input_shape(network)), dtype=torch.uint8)
    part = Split(images, torch.arange(count) % CLASSES.get(network, 10))
    mean = torch.full((input_shape(network)[0],), 0.5)
    return Dataset(network, part, part, part, CLASSES.get(network, 10), 255.0, mean).to(device)


def now(device: str) -> float:
    """On a CPU the process's own time: what others do on the machine does not count (we run on one thread)."""
    return time.process_time() if device == "cpu" else time.perf_counter()


class Clock:
    """Notes when the warm steps and all steps are done, with the device at rest."""

    def __init__(self, steps: int, device: str) -> None:
        self.steps, self.device = steps, device
        self.begin = self.end = 0.0

    def __call__(self, step: int, _: int = 0) -> None:
        if step in (WARM, WARM + self.steps):
            if self.device == "cuda":
                torch.cuda.synchronize()
            if step == WARM:
                self.begin = now(self.device)
            else:
                self.end = now(self.device)

    @property
    def done(self) -> bool:
        return self.end > 0

    @property
    def seconds(self) -> float:
        return self.end - self.begin


def ours(run: Run, resident: Dataset, device: str, compiled: bool, steps: int) -> float:
    clock = Clock(steps, device)
    try:
        train(run, device=device, data=resident, progress=clock, compile_network=compiled, stop=lambda: clock.done)
    except Interrupted:
        return steps * run.batch_size / clock.seconds
    raise RuntimeError("the run ended before it was stopped")


def bare(run: Run, classes: int, device: str, compiled: bool, steps: int) -> float:
    network = build_network(run.network, run.feature_dim).to(device, memory_format=torch.channels_last)
    head = nn.Linear(run.feature_dim, classes, bias=False).to(device)
    parameters = [*network.parameters(), *head.parameters()]
    fused = True if device == "cuda" else None
    optimizer = torch.optim.SGD(parameters, lr=1e-4, momentum=0.9, weight_decay=5e-4, fused=fused)
    forward: Any = network
    if compiled:
        torch.compiler.reset()
        forward = torch.compile(network)
    images = torch.rand(BATCHES * run.batch_size, *input_shape(run.network), device=device).sub(0.5)
    batches = images.contiguous(memory_format=torch.channels_last).split(run.batch_size)
    labels = torch.arange(run.batch_size, device=device) % classes
    autocast = torch.autocast(device, torch.bfloat16) if run.precision == "bfloat16" else nullcontext()
    clock = Clock(steps, device)
    for step in range(WARM + steps):
        with autocast:
            features = forward(batches[step % BATCHES])
        loss = F.cross_entropy(head(features.float()), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        clock(step + 1)
    return steps * run.batch_size / clock.seconds


def matrix_rate(device: str, precision: str) -> float:
    """Multiplications and additions a second of a square matrix product: the best of five."""
    size = 8192 if device == "cuda" else 1024
    kind = torch.bfloat16 if precision == "bfloat16" else torch.float32
    a, b = (torch.randn(size, size, device=device, dtype=kind) for _ in range(2))
    best = float("inf")
    for _ in range(6):
        if device == "cuda":
            torch.cuda.synchronize()
        start = now(device)
        for _ in range(10 if device == "cuda" else 1):
            a @ b
        if device == "cuda":
            torch.cuda.synchronize()
        best = min(best, (now(device) - start) / (10 if device == "cuda" else 1))
    return 2 * size**3 / best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="*", choices=sorted(NETWORKS), default=sorted(NETWORKS))
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--precision", choices=("float32", "bfloat16"), help="bfloat16 on a GPU, float32 on a CPU")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--augment", action="store_true", help="crops and flips in our loop, too")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="aimed at for each loop of a round")
    parser.add_argument("--name", help="write benchmarks/throughput/<name>.json")
    options = parser.parse_args()
    torch.set_num_threads(1)
    precision = options.precision or ("bfloat16" if options.device == "cuda" else "float32")
    rate = matrix_rate(options.device, precision)
    rows = []
    for name in options.networks:
        resident = data(name, BATCHES * options.batch, options.device)
        run = Run(
            name, name, WIDTHS[name], Head("Softmax"), 0, batch_size=options.batch, precision=precision,
            optimizer=Optimizer(1e-4), schedule=Schedule(10**6),
            augmentation=("crop4", "flip") if options.augment else (),
        )  # fmt: skip
        speed = bare(run, resident.num_classes, options.device, options.compile, 3)  # how many steps to time
        steps = max(3, round(options.seconds * speed / options.batch))
        rounds = []
        for i in range(options.rounds):
            pair = {}
            for which in ("ours", "bare") if i % 2 == 0 else ("bare", "ours"):
                if which == "ours":
                    pair[which] = ours(run, resident, options.device, options.compile, steps)
                else:
                    pair[which] = bare(run, resident.num_classes, options.device, options.compile, steps)
            rounds.append(pair)
        ratios = [pair["ours"] / pair["bare"] for pair in rounds]
        middle = statistics.median(pair["ours"] for pair in rounds)
        row = {
            "network": name,
            "images_per_second": round(middle),
            "bare": round(statistics.median(pair["bare"] for pair in rounds)),
            "ratio": [round(value, 3) for value in (min(ratios), statistics.median(ratios), max(ratios))],
            "share_of_matrix_rate": round(flops(name, WIDTHS[name]) * middle / rate, 3),
            "minutes_for_18k_steps_of_256": round(18_000 * 256 / middle / 60, 1),
            "steps": steps,
        }
        rows.append(row)
        print(json.dumps(row), flush=True)
    result = {
        "environment": describe_environment(torch.device(options.device)),
        "revision": revision(),
        "precision": precision,
        "compiled": options.compile,
        "augmented": options.augment,
        "batch": options.batch,
        "matrix_rate_tflops": round(rate / 1e12, 3),
        "networks": rows,
    }
    if options.name:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{options.name}.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
