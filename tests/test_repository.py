"""The repository's own promises: one set of dependencies, no paths of a machine, bare notebooks."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
HTML = ROOT / "build" / "html"
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
    """8 KiB with ten classes; every class beyond has five measures of its own, of six bytes each."""
    for path in (ROOT / "results").glob("*/*.json"):
        classes = len(json.loads(path.read_bytes()).get("geometry", {}).get("class_error") or ())
        assert path.stat().st_size <= 8192 + 30 * max(0, classes - 10), path
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


def test_what_others_read_about_the_project_says_the_same_everywhere() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    meta, zenodo = (json.loads((ROOT / name).read_text()) for name in ("codemeta.json", ".zenodo.json"))
    assert {cited["version"], meta["version"], zenodo["version"]} == {PROJECT["version"]}
    assert meta["description"] == zenodo["description"] == PROJECT["description"]
    assert zenodo["title"] == cited["title"]
    names = {each["name"] for each in (*cited["authors"], *meta["author"], *zenodo["creators"], *PROJECT["authors"])}
    assert len(names) == 1
    assert all(PROJECT["license"] in told for told in (cited["license"], meta["license"], zenodo["license"]))


def test_the_containers_install_what_is_locked() -> None:
    """`make setup` installs requirements.lock and the project without its dependencies, and nothing else does."""
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    recipe = (ROOT / "Dockerfile").read_text()
    assert container["postCreateCommand"] == "make setup"
    assert "RUN make setup" in recipe
    assert "pip install" not in recipe
    allowed = re.search(r"python>=3\.11,<3\.(\d+)", (ROOT / "environment.yml").read_text())
    assert allowed
    for image in (container["image"], recipe):
        found = re.search(r"python:3\.(\d+)", image)
        assert found
        assert 11 <= int(found[1]) < int(allowed[1])


def test_every_python_of_the_workflow_is_allowed_by_the_environment() -> None:
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    environment = (ROOT / "environment.yml").read_text()
    last = max(int(version.split(".")[1]) for version in steps["jobs"]["test"]["strategy"]["matrix"]["python"])
    assert f"<3.{last + 1}" in environment


def test_every_file_that_the_manifest_names_is_made() -> None:
    """The project's own is short; the built one names every figure and page beside."""
    short, built = (yaml.safe_load(path.read_text()) for path in (ROOT / "codecheck.yml", HTML / "codecheck.yml"))
    assert {entry["file"] for entry in short["manifest"]} < {entry["file"] for entry in built["manifest"]}
    for entry in built["manifest"]:
        assert (ROOT / entry["file"]).exists(), entry["file"]
        assert entry["comment"]


def test_the_bibliography_names_where_each_work_can_be_found() -> None:
    """The neighbours of the papers have a DOI or an arXiv number; what could not be confirmed has none."""
    from pybtex.database import parse_file

    entries = parse_file(str(ROOT / "book" / "references.bib")).entries
    for key in (
        *("wang2017normface", "liu2017sphereface", "wang2018cosface", "deng2019arcface", "wen2016discriminative"),
        "papyan2020prevalence",
    ):
        assert entries[key].fields["doi"].startswith("10."), key
    for key in ("chen2020angular", "mixon2022neural", "zhu2021geometric"):
        assert re.fullmatch(r"\d{4}\.\d{5}", entries[key].fields["eprint"]), key


def test_tests_of_a_file_share_a_process_and_whole_notebooks_go_singly(request: pytest.FixtureRequest) -> None:
    groups = {item.path.name: [m.args[0] for m in item.iter_markers("xdist_group")] for item in request.session.items}
    assert groups["test_repository.py"] == ["tests/test_repository.py"]
    assert not groups.get("test_notebooks.py")
