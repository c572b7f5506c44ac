"""Where a number comes from: the state of the code that a run imports, and the machine it ran on."""

from __future__ import annotations

import ast
import hashlib
import os
import platform
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import torch

import discriminative
from discriminative import losses
from discriminative.runs import Run

__all__ = ["describe_environment", "describe_source", "modules_of", "source_hash"]

PACKAGE = Path(discriminative.__file__).parent


def _sources() -> dict[str, bytes]:
    """The text of every module of the package, by name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(("discriminative", *parts)).removesuffix(".__init__")] = path.read_bytes()
    return found


SOURCES = _sources()  # as they are imported: what is edited on disk later did not produce this process' records


def modules_of(run: Run) -> frozenset[str]:
    """Every module of this package whose code a run executes: the loop, the head, and what they import."""
    roots = {"discriminative.training", getattr(losses, run.head.name).__module__}
    roots |= {getattr(losses, term.name).__module__ for term in run.terms}
    if run.loss == "hinge":
        roots.add(losses.multiclass_hinge.__module__)
    return _closure(frozenset(roots))


@cache
def _closure(roots: frozenset[str]) -> frozenset[str]:
    found: set[str] = set()
    waiting = sorted(roots)
    while waiting:
        module = waiting.pop()
        if module in found or module.count(".") == 0 or module in UNCOUNTED:
            continue
        found.add(module)
        for node in ast.walk(ast.parse(SOURCES[module])):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            waiting += [name for name in names if name.startswith("discriminative.") and name in SOURCES]
    return frozenset(found)


# The list of all losses (the run names the one it uses), and what only describes or finds a run.
UNCOUNTED = {"discriminative.losses", "discriminative.provenance", "discriminative.paths"}


@cache
def _code_hash(text: bytes) -> str:
    """SHA-256 of a module's code: comments, docstrings and layout do not count."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(_spelled(tree).encode()).hexdigest()


def _spelled(node: Any) -> str:
    """A syntax tree as text that is the same under every Python: what is empty is left out (``ast.dump`` is not)."""
    if isinstance(node, ast.AST):
        fields = [f"{name}={_spelled(value)}" for name, value in ast.iter_fields(node) if value not in (None, [])]
        return f"{type(node).__name__}({','.join(fields)})"
    return f"[{','.join(map(_spelled, node))}]" if isinstance(node, list) else repr(node)


def source_hash(run: Run) -> str:
    """16 hex digits that change when, and only when, code that the run executes changes."""
    digest = hashlib.sha256()
    for module in sorted(modules_of(run)):
        digest.update(f"{module} {_code_hash(SOURCES[module])}\n".encode())
    return digest.hexdigest()[:16]


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
