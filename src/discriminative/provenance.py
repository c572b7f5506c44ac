"""Where a number comes from: the code that a run executes, definition by definition, and the machine it ran on."""

from __future__ import annotations

import os
import platform
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

__all__ = ["choice_of", "definitions_of", "describe_environment", "describe_source", "source_hash"]

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
    }),
    settings="discriminative.runs",  # a run's values are in its record
    unreached=(
        ("discriminative.runs", "Run.id"),
        ("discriminative.runs", "Run.to_json"),
        ("discriminative.provenance", ""),  # what describes a run, or says where its data lie, is no part of it
        ("discriminative._definitions", ""),
        ("discriminative.paths", ""),
        ("discriminative.data", "_fetch_"),  # what is downloaded is checked by its content when it is read
    ),
)  # fmt: skip
ROOT = ("discriminative.training", "train")
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
    )
    return Choice(frozenset(names), keys)


def definitions_of(run: Run, code: Definitions = CODE) -> list[Definition]:
    """Every definition of this package that a run executes: those that the loop and what it chooses reach by name."""
    choice = choice_of(run)
    return code.reached(_roots(choice, code), choice)


def _roots(choice: Choice, code: Definitions) -> list[Place]:
    return [code.place(*ROOT), *(code.place(RULES.face, name) for name in sorted(choice.names))]


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


def describe_environment(device: torch.device) -> dict[str, Any]:
    """Device, threads and versions; the loop adds wall time and throughput."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor()
    return {
        "device": device.type,
        "device_name": name,
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": _version("torchvision"),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
