"""Claims and verdicts as data: all of them, with what a reader needs to check one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from discriminative.ledger import Ledger
from discriminative.papers import claims
from discriminative.site.claims import claims_json, named_in, verdicts_json
from discriminative.verdicts import verdicts

ROOT = Path(__file__).parents[2]


def test_every_claim_is_told_with_its_criterion_and_what_would_train_it() -> None:
    told = {claim["id"]: claim for claim in json.loads(claims_json(ROOT))}
    assert told.keys() == claims().keys()
    for id, claim in claims().items():
        assert told[id]["statement"] == claim.statement
        assert told[id]["criterion"]
        assert told[id]["test"]["name"] == type(claim.test).__name__
        assert (told[id]["command"] is None) == (not claim.experiment)


def test_every_verdict_is_told_with_the_records_that_decided_it() -> None:
    told = json.loads(verdicts_json(verdicts(), ROOT))
    assert told.keys() == claims().keys()
    ledger, decided = Ledger.of("paper"), 0
    for id, judged in verdicts().items():
        assert told[id]["word"] == judged.verdict.word
        records = [record for arm in told[id]["records"].values() for record in arm]
        assert all(len(list(ledger.folder.glob(f"*/{record}.json"))) == 1 for record in records)
        decided += bool(records)
        if judged.verdict.n:
            assert len(records) >= judged.verdict.n
    assert decided > 5


def test_a_claim_was_named_by_the_first_commit_that_wrote_it(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        settings = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        command = ["git", *settings, *words]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    hashes = []
    for text in ('Claim("C-A1")\n', 'Claim("C-A1")\nClaim("C-A2")\n', 'Claim("C-A1", 2)\nClaim("C-A2")\n'):
        (tmp_path / "claims.py").write_text(text)
        git("add", "-A")
        git("commit", "-qm", "one")
        hashes.append(git("rev-parse", "--short", "HEAD"))
    assert {id: named["commit"] for id, named in named_in(tmp_path).items()} == {"C-A1": hashes[0], "C-A2": hashes[1]}


def test_without_git_nothing_is_said_of_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert named_in(tmp_path) == {}
