"""When a claim was named, and whether before its records, is what git shows."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from discriminative import naming
from discriminative.ledger import Ledger
from discriminative.naming import Named, named
from discriminative.runs import Run
from discriminative.study import Arm, Claim, Less

CLAIMS = """
from types import SimpleNamespace as S
def claim(id, smallest, confirmatory):
    return S(id=id, experiment="made", test=S(arms=("base", "arm"), counts_from=smallest), confirmatory=confirmatory)
CLAIMS = [claim("C-X", {smallest}, confirmatory={confirmatory})]
"""


class Project:
    """A project of two arms whose history a test writes."""

    def __init__(self, root: Path, arms: tuple[Arm, ...]) -> None:
        self.root, self.arms = root, arms
        for package in ("", "papers", "papers/x"):
            folder = root / "src" / "discriminative" / package
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "__init__.py").write_text("")
        self.git("init", "-q")

    def git(self, *words: str) -> str:
        settings = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *settings, *words], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-qm", "one")
        return self.git("rev-parse", "HEAD")[:9]

    def claim(self, smallest: float, confirmatory: bool) -> str:
        file = self.root / "src" / "discriminative" / "papers" / "x" / "claims.py"
        file.write_text(CLAIMS.format(smallest=smallest, confirmatory=confirmatory))
        return self.commit()

    def record(self, arm: int) -> str:
        path = Ledger.of("laptop", self.root).path(self.arms[arm].runs()[0])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
        return self.commit()


@pytest.fixture
def project(root: Path, plain: Run, monkeypatch: pytest.MonkeyPatch) -> Project:
    arms = Arm("base", plain, (0, 1)), Arm("arm", replace(plain, batch_size=16), (0, 1))
    claim = Claim("C-X", "here", "It is.", "this", Less("own angle", "arm", "base", 0.5), "made", confirmatory=True)
    monkeypatch.setattr(naming, "claims", lambda: {"C-X": claim})
    monkeypatch.setattr(naming, "arms_of", lambda _: arms)
    return Project(root, arms)


def test_a_claim_named_before_the_arm_has_a_record_was_named_before_its_records(project: Project) -> None:
    project.record(0)  # of the baseline, which others share
    first = project.claim(0.5, True)
    assert named(project.root)["C-X"].before is None
    second = project.record(1)
    found = named(project.root)["C-X"]
    assert (found.commit, found.records, found.before) == (first, second, True)
    assert len(found.date) == 10


def test_a_claim_named_when_all_arms_had_records_was_not(project: Project) -> None:
    project.record(0)
    records = project.record(1)
    commit = project.claim(0.5, True)
    found = named(project.root)["C-X"]
    assert (found.commit, found.records, found.before) == (commit, records, False)


def test_naming_counts_from_when_the_claim_is_confirmatory_with_todays_criterion(project: Project) -> None:
    project.claim(0.5, False)
    project.record(0)
    project.claim(0.4, True)  # another smallest effect
    project.record(1)
    commit = project.claim(0.5, True)
    found = named(project.root)["C-X"]
    assert (found.commit, found.before) == (commit, False)


def test_a_record_committed_together_with_the_claim_does_not_follow_it(project: Project) -> None:
    project.record(0)
    path = Ledger.of("laptop", project.root).path(project.arms[1].runs()[0])
    path.write_text("{}")
    project.claim(0.5, True)
    assert named(project.root)["C-X"].before is False


def test_nothing_is_said_without_git_or_with_a_history_that_was_cut_off(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project.claim(0.5, True)
    project.record(0)
    shallow = tmp_path_factory.mktemp("shallow")
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{project.root}", str(shallow)], check=True)
    assert named(shallow) == {"C-X": Named()}
    monkeypatch.setenv("PATH", os.fspath(tmp_path_factory.mktemp("empty")))
    assert named(project.root) == {"C-X": Named()}
