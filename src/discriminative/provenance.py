"""Where a number comes from: the code that a run executes, definition by definition, and the machine it ran on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import torch

import discriminative
from discriminative import losses
from discriminative._checks import require
from discriminative._definitions import Choice, Definition, Definitions, Place, Rules
from discriminative.runs import Run
from discriminative.unseen import UNSEEN

__all__ = [
    "choice_of", "definitions_of", "describe_environment", "describe_source", "same_machine", "source_hash",
    "told_machine",
]  # fmt: skip

PACKAGE = Path(discriminative.__file__).parent


def _sources() -> dict[str, bytes]:
    """The text of every module of the package, by name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(("discriminative", *parts)).removesuffix(".__init__")] = path.read_bytes()
    return found


SOURCES = _sources()  # as they are imported: what is edited on disk later did not produce this process' records


RULES = Rules(
    face="discriminative.losses",
    tables=frozenset({
        ("discriminative.data", "DATASETS"),
        ("discriminative.networks", "NETWORKS"),
        ("discriminative.networks", "TABLE_2_1"),
        ("discriminative.unseen", "UNSEEN"),
    }),
    settings="discriminative.runs",  # a run's values are in its record
    unreached=(
        ("discriminative.runs", "Run.id"),
        ("discriminative.runs", "Run.to_json"),
        ("discriminative.provenance", ""),  # what describes a run, or says where its data lie, is no part of it
        ("discriminative._definitions", ""),
        ("discriminative.paths", ""),
        ("discriminative.unseen", "fetch_"),
        ("discriminative.data", "_fetch_"),  # what is downloaded is checked by its content when it is read
    ),
)  # fmt: skip
ROOT = ("discriminative.training", "train")
OPEN_SET = ("discriminative.training.open_set", "train_open_set")  # where a part of the identities is unseen
CODE = Definitions(SOURCES, RULES)


def choice_of(run: Run) -> Choice:
    """What a run chooses of this package: its heads and terms, and their schedule; its data set and its network.

    Raises:
        ValueError: if a head or a term is none in ``discriminative.losses``.
    """
    names = {part.name for part in (run.head, *(stage.head for stage in run.stages), *run.terms) if part is not None}
    if run.blend is not None or any(stage.blend is not None for stage in run.stages):
        names.add("Blend")
    if run.loss == "hinge":
        names.add("multiclass_hinge")
    for name in sorted(names):
        require(name in losses.__all__, "{!r} is no name in discriminative.losses", name)
    networks = "discriminative.networks"
    keys = (
        (("discriminative.data", "DATASETS"), run.dataset),
        ((networks, "NETWORKS"), run.network),
        ((networks, "TABLE_2_1"), run.network),
        (("discriminative.unseen", "UNSEEN"), run.dataset),
    )
    return Choice(frozenset(names), keys)


def definitions_of(run: Run, code: Definitions = CODE) -> list[Definition]:
    """Every definition of this package that a run executes: those that the loop and what it chooses reach by name."""
    choice = choice_of(run)
    return code.reached(_roots(choice, code), choice)


def _roots(choice: Choice, code: Definitions) -> list[Place]:
    datasets = {key for _, key in choice.keys}
    roots = [ROOT, *([OPEN_SET] if datasets & UNSEEN.keys() else [])]
    return [code.place(*root) for root in roots] + [code.place(RULES.face, name) for name in sorted(choice.names)]


def source_hash(run: Run, code: Definitions = CODE) -> str:
    """16 hex digits that change when, and only when, a definition changes that the run executes.

    Annotations, comments, docstrings, messages and where a definition stands do not count.
    """
    return _hash(choice_of(run), code)


@cache
def _hash(choice: Choice, code: Definitions) -> str:
    return code.digest(_roots(choice, code), choice)[:16]


def describe_source(run: Run) -> dict[str, str]:
    return {"revision": revision(), "hash": source_hash(run)}


@cache
def revision() -> str:
    """``DISCRIMINATIVE_REVISION``, else git's short commit, else ``unknown``; ``+`` marks changed source files."""
    override = os.environ.get("DISCRIMINATIVE_REVISION")
    if override:
        return override
    try:
        here = {"cwd": PACKAGE, "capture_output": True, "text": True, "timeout": 20}
        head = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], check=True, **here).stdout.strip()  # type: ignore[call-overload]
        changed = subprocess.run(["git", "status", "--porcelain", "--", "."], check=True, **here).stdout.strip()  # type: ignore[call-overload]
        return f"{head}+" if changed else str(head)
    except (OSError, subprocess.SubprocessError):
        return "unknown"


PINS = ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS")


def describe_environment(device: torch.device) -> dict[str, Any]:
    """Device, threads and versions; the loop adds wall time and throughput.

    On a CPU also what the name hides and the digits depend on: the processor's vendor, family, model and stepping, the
    instructions that torch uses, oneDNN's version, and what is set to hold them down.
    """
    processor = _processor()
    named: dict[str, Any] = {"device": device.type}
    if device.type == "cuda":
        named["device_name"] = torch.cuda.get_device_name(device)
    else:
        named["device_name"] = processor.get("model name") or platform.processor() or platform.machine()
    described = named | {
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": _version("torchvision"),
        "system": f"{platform.system()} {platform.machine()}",
    }
    if device.type == "cpu":
        described["processor"] = " ".join(
            f"{short} {processor.get(name, 'unknown')}"
            for short, name in (("vendor", "vendor_id"), ("family", "cpu family"), ("model", "model"),
                                ("stepping", "stepping"))
        )  # fmt: skip
        described["capability"] = torch.backends.cpu.get_cpu_capability()
        described["onednn"] = _onednn()
        pins = [f"{name}={os.environ[name]}" for name in PINS if os.environ.get(name)]
        if pins:
            described["pins"] = " ".join(pins)
    return described


SAME_DIGITS = ("device", "processor", "capability", "onednn", "pins", "threads", "torch")


def same_machine(recorded: dict[str, Any], here: dict[str, Any]) -> bool:
    """Whether equal code must give equal digits: every part on which they are known to depend is known and equal.

    Records older than these words lack a processor's capability: their machine is nobody's.
    """
    names = SAME_DIGITS if recorded.get("device") == "cpu" else ("device", "device_name", "torch")
    known = recorded.get("device") != "cpu" or "capability" in recorded
    return known and all(recorded.get(name) == here.get(name) for name in names)


def told_machine(environment: dict[str, Any]) -> str:
    """The machine of a record in a few words."""
    name, version = environment.get("device_name"), f"torch {environment.get('torch')}"
    if environment.get("device") != "cpu":
        return f"{name}, {version}"
    if "capability" not in environment:
        return f"{name}, capability unknown, {version}"
    pins = f", {environment['pins']}" if "pins" in environment else ""
    return f"{name} ({environment['processor']}), {environment['capability']}{pins}, {version}"


@cache
def _onednn() -> str:
    """The version of oneDNN that torch was built with, by its older name."""
    found = re.search(r"MKL-DNN v(\S+)", torch.__config__.show())
    return found.group(1) if found else "unknown"


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


@cache
def _processor() -> dict[str, str]:
    """What Linux says of the first processor; nothing elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return {}
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
