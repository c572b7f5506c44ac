"""Every claim and every verdict as data: what was asked and when in ``claims.json``, the answers in the other."""

from __future__ import annotations

import json
import math
import re
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from discriminative.ledger import Ledger
from discriminative.measures import measure
from discriminative.naming import named
from discriminative.papers import experiment, papers
from discriminative.study import Claim
from discriminative.verdicts import Judged, kind, numbers, why

__all__ = ["claims_json", "named_in", "verdicts_json"]


def claims_json(root: Path) -> str:
    """A list of every claim: where its paper says it, how it is tested, and the commit that named it.

    Of a confirmatory one also the commit that gave it that rank with its criterion of today, and whether its records
    came after it.
    """
    named_in_git, ranked = named_in(root), named(root)
    told = []
    for paper in papers():
        for claim in paper.claims:
            test = claim.test
            told.append(
                {
                    "id": claim.id,
                    "paper": paper.citation,
                    "chapter": paper.notebook,
                    "place": claim.place,
                    "statement": claim.statement,
                    "says": claim.says,
                    "scale": claim.scale,
                    "kind": kind(claim),
                    "test": {"name": type(test).__name__} | asdict(cast("Any", test)),
                    "criterion": test.criterion(measure(test.measure) if test.measure else None),
                    "experiment": claim.experiment or None,
                    "profile": claim.profile if claim.experiment else None,
                    "named": named_in_git.get(claim.id),
                    "confirmatory": asdict(ranked[claim.id]) if claim.id in ranked else None,
                    "command": _command(claim),
                }
            )
    return _spelled(told)


def verdicts_json(judged: Mapping[str, Judged], root: Path) -> str:
    """Claim id to its verdict: the word, the numbers, the reasons, and by arm the records that decided."""
    return _spelled({id: _answer(each, root) for id, each in judged.items()})


def _answer(judged: Judged, root: Path) -> dict[str, Any]:
    claim = judged.claim
    ledger = Ledger.of(claim.profile, root)
    arms = {arm.name: [run.id for run in arm.runs() if ledger.has(run)] for arm in judged.arms}
    lost = {
        name: dict(zip(("runs", "diverged", "collapsed"), counts, strict=True)) for name, counts in judged.lost.items()
    }
    return numbers(judged) | {"why": why(judged), "records": arms, "lost": lost, "command": _command(claim)}


def _command(claim: Claim) -> str | None:
    return experiment(claim.experiment).command(claim.profile) if claim.experiment else None


def named_in(root: Path) -> dict[str, dict[str, str]]:
    """Claim id to the commit that first wrote it into a ``claims.py``, and its date; nothing where there is no git."""
    command = ["git", "log", "--reverse", "-p", "--unified=0", "--date=short", "--format=commit %h %ad", "-G", '"C-']
    try:
        run = subprocess.run(
            [*command, "--", "*claims.py"], cwd=root, capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    found: dict[str, dict[str, str]] = {}
    commit = {"commit": "", "date": ""}
    for line in run.stdout.splitlines():
        if line.startswith("commit "):
            commit = dict(zip(("commit", "date"), line.split()[1:], strict=True))
        elif line.startswith("+"):
            for id in re.findall(r'"(C-[^"\s]+)"', line):
                found.setdefault(id, commit)
    return found


def _spelled(value: Any) -> str:
    return json.dumps(_plain(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """As JSON has it: what is no number is null."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
