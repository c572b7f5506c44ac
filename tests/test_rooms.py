"""One room an idea, and arrows only point down: the imports of every module are read, those inside functions too."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from discriminative.papers import PAPERS

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "discriminative"

# From the top down. A room may import those below it; what a paper draws and says with the records stands above the
# rooms that hold them, the rest of its folder below.
ROOMS = (
    *(
        "__main__",
        "cli",
        "site",
        "naming",
        "chapter",
        "papers.*.takeaways",
        "papers.*.given_up",
        "papers.*.told",
        "papers.*.figures",
        "figures",
        "setup",
        "tables",
        "verdicts",
        "disputed",
    ),
    *("evidence", "measures", "papers.*", "papers.*.claims", "papers.*.experiments", "papers.shared", "papers"),
    *(
        "upkeep",
        "queue",
        "grids",
        "study",
        "pictures",
        "training",
        "ledger",
        "provenance",
        "_definitions",
        "losses",
        "networks",
        "cifar_networks",
        "face_networks",
        "data",
    ),
    *("unseen", "verification", "sources"),
    *("geometry", "statistics", "runs", "checks", "_tensors", "paths", "_checks", ""),
)


def module_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in SOURCE.rglob("*.py")}


def imported(path: Path) -> set[str]:
    """The modules of the package that a file imports, by what stands after ``discriminative.``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "discriminative":
            base = node.module.removeprefix("discriminative").removeprefix(".")
            for name in node.names:
                inner = f"{base}.{name.name}".removeprefix(".")
                found.add(inner if inner in MODULES else base)
        elif isinstance(node, ast.Import):
            names = (name.name for name in node.names)
            found |= {name.removeprefix("discriminative").removeprefix(".") for name in names if "discrimin" in name}
    return found - {module_of(path)}


def room(module: str) -> str:
    """The room that a module stands in; what a paper's folder holds besides is part of its experiments."""
    parts = module.split(".")
    if parts[0] != "papers" or module in ROOMS:
        return parts[0] if module not in ROOMS else module
    if len(parts) == 2:
        return "papers.*"
    inner = f"papers.*.{parts[2]}"
    return inner if inner in ROOMS else "papers.*.experiments"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_arrows_point_down(module: str) -> None:
    here = ROOMS.index(room(module))
    for other in imported(MODULES[module]):
        assert ROOMS.index(room(other)) >= here, f"{module} imports {other}, which stands above it"


def test_every_room_is_used_and_every_module_has_one() -> None:
    assert {room(module) for module in MODULES} == set(ROOMS)


def test_nothing_but_a_papers_own_folder_names_a_paper() -> None:
    names = "|".join(PAPERS)
    for module, path in MODULES.items():
        if not module.startswith("papers."):
            found = [name for name in imported(path) if re.match(rf"papers\.(?:{names})(?:\.|$)", name)]
            assert not found, f"{module} imports {found}"


def test_no_paper_imports_another() -> None:
    for module, path in MODULES.items():
        own = re.match(r"papers\.(\w+)", module)
        if own and own.group(1) in PAPERS:
            others = [f"papers.{name}" for name in PAPERS if name != own.group(1)]
            assert not [name for name in imported(path) if name.startswith(tuple(others))], module


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_no_cell_is_long(path: Path) -> None:
    """About 45 lines; what fetches and glues belongs into the package."""
    for cell in json.loads(path.read_text())["cells"]:
        if cell["cell_type"] == "code":
            assert len("".join(cell["source"]).splitlines()) <= 50, cell["id"]
