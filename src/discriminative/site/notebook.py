"""Notebooks as data: bare ones, executed ones, what they hold, and what nbval compares."""

from __future__ import annotations

import ast
import base64
import copy
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = [
    "BookError", "Notebook", "bare_chapters", "carry_over", "chapter_title", "chapters", "executed_path",
    "glued_pictures", "is_injected", "read", "reference_copy", "toc_files", "with_said_descriptions", "write",
]  # fmt: skip

Notebook = dict[str, Any]


class BookError(ValueError):
    """The book cannot be built; the message says which page and what to do."""


def read(path: Path) -> Notebook:
    notebook: Notebook = json.loads(path.read_text())
    return notebook


def write(path: Path, notebook: Notebook) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    os.replace(part, path)


def carry_over(bare: Notebook, executed: Notebook) -> Notebook:
    """The bare notebook's cells with the outputs of an execution of the same code cells."""
    done = [c for c in executed["cells"] if c["cell_type"] == "code" and not is_injected(c)]
    added = [c for c in executed["cells"] if is_injected(c)]
    cells, outputs = [], iter(done)
    for cell in bare["cells"]:
        if cell["cell_type"] == "code":
            cells.append(next(outputs))
            if "parameters" in cell["metadata"].get("tags", []):
                cells += added
        else:
            cells.append(cell)
    return executed | {"cells": cells}


def reference_copy(executed: Notebook) -> Notebook:
    """What nbval compares: the executed notebook without images, papermill's cell and anything of this machine."""
    result = copy.deepcopy(executed)
    result["cells"] = [cell for cell in result["cells"] if not is_injected(cell)]
    result["metadata"] = {k: v for k, v in result["metadata"].items() if k in ("kernelspec", "language_info")}
    for cell in result["cells"]:
        cell["metadata"].pop("papermill", None)
        for key in ("execution", "collapsed"):
            cell["metadata"].pop(key, None)
        if not cell["metadata"].get("tags"):  # papermill gives every cell a list of tags
            cell["metadata"].pop("tags", None)
        ignored = "nbval-ignore-output" in cell["metadata"].get("tags", [])
        kept = [] if ignored else cell.get("outputs", [])
        for output in kept:
            for kind in [k for k in output.get("data", {}) if "image/" in k]:
                del output["data"][kind]
            check = output.get("metadata", {}).get("check")
            if check:  # the worst case differs in its last digits between processors
                check.pop("worst", None)
        if cell["cell_type"] == "code":
            cell["outputs"] = kept
    return result


def glued_pictures(executed: Notebook) -> dict[str, bytes]:
    """The pictures that a notebook glued, by key."""
    return {name: base64.b64decode(data) for name, data in _glued(executed, "image/png").items()}


def _glued(executed: Notebook, kind: str) -> dict[str, str]:
    """What a notebook glued of one media type, by key."""
    found = {}
    for cell in executed["cells"]:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            data = output.get("data", {}).get(f"application/papermill.record/{kind}")
            if name and data:
                found[name] = "".join(data)
    return found


def with_said_descriptions(executed: Notebook) -> Notebook:
    """An executed notebook in whose ``:alt:`` lines, where MyST reads no role, each glued text stands as its value."""
    said = _glued(executed, "text/plain")

    def value_of(match: re.Match[str]) -> str:
        if match[1] not in said:
            raise BookError(f"the description of a figure names {match[1]}, which no cell glues")
        told = said[match[1]]
        if match[2]:
            return format(float(told), match[2])
        return str(ast.literal_eval(told)) if told[0] in "'\"" else told

    def with_values(cell: dict[str, Any]) -> dict[str, Any]:
        if cell["cell_type"] != "markdown":
            return cell
        text = re.sub(
            r"^:alt: .*$",
            lambda line: re.sub(r"\{glue:text\}`([^`:]+)(?::([^`]+))?`", value_of, line[0]),
            "".join(cell["source"]),
            flags=re.MULTILINE,
        )
        return cell | {"source": text.splitlines(keepends=True)}

    return executed | {"cells": [with_values(cell) for cell in executed["cells"]]}


def chapter_title(executed: Notebook) -> str:
    """The text of a notebook's first heading."""
    text = "\n".join("".join(cell["source"]) for cell in executed["cells"] if cell["cell_type"] == "markdown")
    found = re.search(r"^# +(.*)$", text, flags=re.MULTILINE)
    return found.group(1) if found else "Untitled"


def is_injected(cell: dict[str, Any]) -> bool:
    """Whether papermill put the cell in, to set the parameters."""
    return "injected-parameters" in cell["metadata"].get("tags", [])


def toc_files(root: Path) -> list[str]:
    """Every page that the table of contents names, without its ending, in reading order."""
    import yaml

    def walk(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from (node[key] for key in ("root", "file") if key in node)
            node = list(node.values())
        if isinstance(node, list):
            for child in node:
                yield from walk(child)

    return list(walk(yaml.safe_load((root / "_toc.yml").read_text())))


def bare_chapters(root: Path) -> list[Path]:
    """Every notebook of the book, in the order of the table of contents.

    Raises:
        BookError: if a notebook has no line there.
    """
    listed = toc_files(root)
    found = sorted((root / "notebooks").glob("*.ipynb"))
    for path in found:
        if f"notebooks/{path.stem}" not in listed:
            raise BookError(f"notebooks/{path.name} has no line in _toc.yml; give it one under 'The papers'")
    return sorted(found, key=lambda path: listed.index(f"notebooks/{path.stem}"))


def executed_path(root: Path, stem: str) -> Path:
    return root / "build" / "executed" / f"{stem}.ipynb"


def chapters(root: Path) -> list[tuple[str, Notebook]]:
    """Each executed notebook with its name, in the order of the table of contents."""
    paths = [executed_path(root, path.stem) for path in bare_chapters(root)]
    return [(path.stem, with_said_descriptions(read(path))) for path in paths if path.exists()]
