"""When a confirmatory claim was named, and whether before its records: what git shows, and no more."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from discriminative.ledger import Ledger
from discriminative.papers import claims
from discriminative.study import Arm, Claim
from discriminative.verdicts import arms_of

__all__ = ["Named", "named"]


@dataclass(frozen=True)
class Named:
    """When a claim was named confirmatory with its criterion of today, and when records could first answer it.

    Args:
        commit: that named it, in short; empty where git shows none.
        date: of that commit.
        records: the commit with which every arm of it had a record; empty where one has none yet.
        before: whether the naming precedes the first record of at least one of its arms in the history, so that nothing
            could be compared yet; ``None`` where there is no record, or git does not say.
    """

    commit: str = ""
    date: str = ""
    records: str = ""
    before: bool | None = None


def named(root: Path) -> dict[str, Named]:
    """Every confirmatory claim by id. Without git, or with a history that was cut off, nothing is said of any.

    The claims of a commit are evaluated by the code of that commit, once for the same ``claims.py``: what came out is
    kept under ``build/named``.
    """
    today = {claim.id: claim for claim in claims().values() if claim.confirmatory}
    if _git(root, "rev-parse", "--is-shallow-repository") != "false":
        return {id: Named() for id in today}
    state = f"{_git(root, 'rev-parse', 'HEAD')} {[(id, _criterion(claim)) for id, claim in today.items()]}"
    kept = root / "build" / "named" / f"{hashlib.sha256(state.encode()).hexdigest()[:16]}.json"
    if not kept.exists():
        _keep(kept, {id: asdict(found) for id, found in _searched(root, today).items()})
    return {id: Named(**found) for id, found in json.loads(kept.read_text()).items()}


def _searched(root: Path, today: dict[str, Claim]) -> dict[str, Named]:
    first: dict[str, str] = {}
    # commits that change a line with that word; one that changes a criterion alone is seen with the next of them
    log = _git(root, "log", "--reverse", "--topo-order", "--format=%H", "-m", "-Gconfirmatory", "--", "*claims.py")
    for commit in (log or "").split():
        if len(first) == len(today):
            break
        then = _claims_at(root, commit)
        for id, claim in today.items():
            if id not in first and then.get(id) == _criterion(claim):
                first[id] = commit
    return {id: _told(root, claim, first.get(id, "")) for id, claim in today.items()}


def _told(root: Path, claim: Claim, commit: str) -> Named:
    records = [_first_record(root, arm, claim.profile) for arm in arms_of(claim)]
    last, before = "", None
    if records and all(records):
        ends = (one for one in records if all(one == other or _precedes(root, other, one) for other in records))
        last = next(ends, records[-1])
        before = any(_precedes(root, commit, one) for one in records) if commit else None
    date = _git(root, "show", "-s", "--format=%as", commit) if commit else ""
    return Named(commit[:9], date or "", last[:9], before)


def _precedes(root: Path, first: str, second: str) -> bool:
    return first != second and _git(root, "merge-base", "--is-ancestor", first, second) is not None


def _first_record(root: Path, arm: Arm, profile: str) -> str:
    """The commit that first added a record of an arm, whether it is there still or not."""
    ledger = Ledger.of(profile, root)
    paths = [str(ledger.path(run).relative_to(root)) for run in arm.runs()]
    found = _git(root, "log", "--reverse", "--topo-order", "--diff-filter=A", "--format=%H", "--", *paths)
    return (found or "").split("\n")[0]


def _criterion(claim: Claim) -> list[Any]:
    """What a claim is decided by, as ``EVALUATE`` prints it."""
    return [claim.experiment, list(claim.test.arms), round(claim.test.counts_from, 9)]


EVALUATE = """
import json
from importlib import import_module
from math import log
from pathlib import Path
import discriminative

found = {}
for path in sorted(Path(discriminative.__file__).parent.glob("papers/*/claims.py")):
    for claim in import_module(f"discriminative.papers.{path.parent.name}.claims").CLAIMS:
        if claim.confirmatory:
            test = getattr(claim, "test", claim)  # a claim was its own test once
            arms = test.arms if hasattr(test, "arms") else [arm for arm in (claim.baseline, claim.arm) if arm]
            counts = getattr(test, "counts_from", None)
            if counts is None:
                counts = abs(log(claim.paper_baseline / claim.paper_arm)) / 3
            found[claim.id] = [claim.experiment, list(arms), round(counts, 9)]
print(json.dumps(found))
"""


def _claims_at(root: Path, commit: str) -> dict[str, Any]:
    """The confirmatory claims of a commit with their criteria; none where its code does not run today."""
    tree = _git(root, "ls-tree", "-r", commit, "--", "src/discriminative/papers") or ""
    files = sorted(line for line in tree.split("\n") if line.endswith("claims.py"))
    kept = root / "build" / "named" / f"{hashlib.sha256(repr(files).encode()).hexdigest()[:16]}.json"
    if not kept.exists():
        _keep(kept, _evaluated(root, commit))
    found: dict[str, Any] = json.loads(kept.read_text())
    return found


def _keep(path: Path, found: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(found))
    part.replace(path)


def _evaluated(root: Path, commit: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / "source.zip"  # whose unpacking asks for no filter, which Python before 3.11.4 lacks
        if _git(root, "archive", "--format=zip", f"--output={archive}", commit, "src") is None:
            return {}
        shutil.unpack_archive(archive, scratch)
        environment = os.environ | {"PYTHONPATH": str(Path(scratch) / "src"), "DISCRIMINATIVE_ROOT": scratch}
        done = subprocess.run(
            [sys.executable, "-c", EVALUATE], cwd=scratch, env=environment, capture_output=True, text=True, check=False
        )
        found: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
        return found


def _git(root: Path, *words: str) -> str | None:
    """What git prints; ``None`` where it fails or is not there."""
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
