"""What the outputs of a chapter depend on: its cells, the code that they reach, the records of its experiments."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import discriminative

if TYPE_CHECKING:
    from discriminative.ledger import Ledger, Verified
    from discriminative.runs import Run
    from discriminative.study import Experiment, Paper

__all__ = ["Records", "experiments_read", "files_read", "package_texts", "reached", "texts_in"]

Import = tuple[str, str]  # a module, and a name in it; an empty name is the module itself

PACKAGE = Path(discriminative.__file__).parent
# What makes records speaks to a chapter through them, and through whether today's code still gives them.
THROUGH_RECORDS = (
    "discriminative.training",
    "discriminative.provenance",
    "discriminative.queue",
    "discriminative.upkeep",
)


@cache
def package_texts() -> dict[str, str]:
    """The text of every module of the package, by its full name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(("discriminative", *parts)).removesuffix(".__init__")] = path.read_text()
    return found


def reached(cells: Iterable[str], texts: Mapping[str, str]) -> set[str]:
    """The modules that cells import, and what these import in turn.

    A module that only gathers the names of others (``discriminative.losses``) leads to those that are asked for, so
    that another loss is none of a chapter's business.

    Args:
        cells: the source of code cells.
        texts: the package.
    """
    found: set[str] = set()
    seen: set[Import] = set()
    waiting = [pair for cell in cells for pair in _imports(_without_magics(cell))]
    while waiting:
        module, name = waiting.pop()
        if f"{module}.{name}" in texts:
            module, name = f"{module}.{name}", ""
        if module not in texts or (module, name) in seen:
            continue
        seen.add((module, name))
        if _is_face(module, texts):
            waiting += [pair for pair in _imports(texts[module]) if name in ("", "*", pair[1])]
            continue
        if module not in found:
            found.add(module)
            waiting += [pair for pair in _imports(texts[module]) if not _through_records(pair)]
            parent = module.rpartition(".")[0]
            if not _is_face(parent, texts):
                waiting.append((parent, ""))
    return found


def _through_records(pair: Import) -> bool:
    return any(f"{'.'.join(pair)}.".startswith(f"{name}.") for name in THROUGH_RECORDS)


def _without_magics(source: str) -> str:
    return re.sub(r"^\s*[%!].*$", "", source, flags=re.MULTILINE)


@cache
def _imports(text: str) -> tuple[Import, ...]:
    found: list[Import] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(node.module, alias.name) for alias in node.names]
    return tuple(found)


def _is_face(module: str, texts: Mapping[str, str]) -> bool:
    """Whether a package's own module holds the imports of its parts and the list of their names, and nothing else."""
    return _only_gathers(texts.get(module, "")) and any(name.startswith(f"{module}.") for name in texts)


@cache
def _only_gathers(text: str) -> bool:
    """Whether a module holds imports and the list of its names, and nothing else."""
    body = [node for node in ast.parse(text).body if not isinstance(node, ast.Expr)]  # docstrings aside
    imports = [node for node in body if isinstance(node, ast.ImportFrom) and node.module != "__future__"]
    plain = [node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]
    return bool(imports) and all(ast.unparse(node).startswith("__all__ = ") for node in plain)


def files_read(stem: str, cells: Iterable[str]) -> list[Path]:
    """The package's files that the cells of a chapter and its papers reach: modules, and the data beside them."""
    cells = list(cells)
    imports = [f"import discriminative.papers.{paper.name}" for paper in papers_read(stem, texts_in(cells))]
    modules = reached([*cells, *imports], package_texts())
    paths = {_path(module) for module in modules}
    paths |= {data for path in paths for data in path.parent.glob("*.json")}
    return sorted(paths)


def _path(module: str) -> Path:
    path = PACKAGE.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def texts_in(cells: Iterable[str]) -> set[str]:
    """Every text that stands in code cells as a value: names of papers and of experiments are among them."""
    found: set[str] = set()
    for cell in cells:
        for node in ast.walk(ast.parse(_without_magics(cell))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def experiments_read(stem: str, cells: Iterable[str]) -> list[Experiment]:
    """The experiments whose records a chapter reads, by name.

    They are those of its paper and of every paper that its cells name, whichever its cells name themselves, and those
    that decide the book's confirmatory claims, for Holm's correction counts these together. A chapter that is of no
    paper and names nothing reads them all.
    """
    from discriminative.papers import claims, experiments

    texts, known = texts_in(cells), experiments()
    names = {item.name for paper in papers_read(stem, texts) for item in paper.all_experiments()} | (
        texts & known.keys()
    )
    if not names:
        return list(known.values())
    names |= {claim.experiment for claim in claims().values() if claim.confirmatory} & known.keys()
    return [known[name] for name in sorted(names)]


def papers_read(stem: str, texts: Collection[str]) -> list[Paper]:
    """The paper of a chapter, and those that it names."""
    from discriminative.papers import papers

    return [paper for paper in papers() if paper.notebook == stem or paper.name in texts]


class Records:
    """The records of the quick ledger and of the committed one, each looked at once, whichever chapters read it.

    Args:
        root: the project.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lines: dict[tuple[str, str], list[str]] = {}

    def told(self, experiments: Iterable[Experiment]) -> Iterator[str]:
        """A line for every record of the experiments: its content, and whether today's code still gives it."""
        from discriminative.ledger import Ledger
        from discriminative.runs import PROFILES

        for profile in PROFILES:
            ledger = Ledger.of(profile, self.root)
            verified = ledger.verified()
            for item in experiments:
                if (item.name, profile) not in self.lines:
                    runs = [run for arm in item.at(profile) for run in arm.runs()]
                    self.lines[item.name, profile] = [_line(ledger, run, verified) for run in runs if ledger.has(run)]
                yield from self.lines[item.name, profile]


def _line(ledger: Ledger, run: Run, verified: Verified) -> str:
    from discriminative.ledger import LedgerError, standing

    content = hashlib.sha256(ledger.path(run).read_bytes()).hexdigest()
    try:
        return f"{run.id} {content} {standing(ledger.read(run), verified)}"
    except LedgerError:
        return f"{run.id} {content} broken"
