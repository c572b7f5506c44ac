"""The repository's own promises: one set of dependencies, no paths of a machine, bare notebooks."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DIRECT = [
    *PROJECT["dependencies"],
    *PROJECT["optional-dependencies"]["book"],
    *PROJECT["optional-dependencies"]["test"],
]


def name_of(requirement: str) -> str:
    return re.split(r"[<>=!~;\[ ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def test_the_lock_holds_every_direct_dependency_at_a_version_that_is_allowed() -> None:
    from packaging.requirements import Requirement

    locked: dict[str, set[str]] = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        if "==" in line:
            locked.setdefault(name_of(line), set()).add(line.split("==")[1].split(" ")[0])
    for requirement in map(Requirement, DIRECT):
        assert name_of(requirement.name) in locked, requirement
        assert all(requirement.specifier.contains(v) for v in locked[name_of(requirement.name)]), requirement


def test_the_lock_names_no_index() -> None:
    assert not re.search(r"index-url|find-links|https?://|file:", (ROOT / "requirements.lock").read_text())


def test_the_conda_environment_is_in_step() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    listed: set[str] = set()
    for item in environment["dependencies"]:
        listed |= set(item["pip"]) if isinstance(item, dict) else {item}
    assert {item for item in listed if not item.startswith(("python", "pip", "-e"))} == set(DIRECT)


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / name for name in names if name and (ROOT / name).exists()]


def test_no_path_of_a_machine_is_tracked() -> None:
    pattern = re.compile(r"(?<![\w.])/(?:home|root|work|tmp|Users)/[A-Za-z0-9_.]+")
    found = []
    for path in tracked():
        if (
            path.suffix in (".py", ".md", ".yml", ".toml", ".ipynb", ".json", ".cff", ".css", ".js", "")
            and path.is_file()
        ):
            found += [f"{path.name}: {match}" for match in pattern.findall(path.read_text(errors="ignore"))]
    assert not found


def test_no_tracked_file_is_large() -> None:
    assert not [path.name for path in tracked() if path.stat().st_size > 1_000_000]


def test_records_are_small() -> None:
    for path in (ROOT / "results").glob("*/*.json"):
        assert path.stat().st_size <= 8192, path
    for path in (ROOT / "results").rglob("*.npz"):
        assert path.stat().st_size <= 65_536, path


def test_every_committed_record_is_whole_and_belongs_to_an_experiment() -> None:
    from discriminative.ledger import Ledger

    assert len(Ledger(ROOT / "results").records()) > 100


@pytest.mark.parametrize("workflow", ["test.yml", "publish.yml"])
def test_workflows_use_the_readmes_commands(workflow: str) -> None:
    steps: Any = yaml.safe_load((ROOT / ".github" / "workflows" / workflow).read_text())
    commands = " ".join(step.get("run", "") for job in steps["jobs"].values() for step in job["steps"])
    assert ("make test" if workflow == "test.yml" else "make book") in commands


def test_the_readme_names_the_commands_that_exist() -> None:
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    for command in re.findall(r"^make (\w+)", readme, flags=re.MULTILINE):
        assert re.search(rf"^{command}:", makefile, flags=re.MULTILINE), command
