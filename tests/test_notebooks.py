"""Chapters: bare in the repository, the same cells in the references, and nbval compares what they print."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from discriminative.site.execution import check_parameters

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
REFERENCES = ROOT / "tests" / "reference"


def read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text())
    return notebook


def sources(path: Path) -> list[tuple[str, str]]:
    return [(cell["cell_type"], "".join(cell["source"])) for cell in read(path)["cells"]]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_is_committed_bare(path: Path) -> None:
    for cell in read(path)["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
    assert read(path)["metadata"]["kernelspec"]["name"] == "python3"
    check_parameters(read(path), path)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_reference_has_the_chapters_cells(path: Path) -> None:
    """An edited chapter that was not blessed fails here: run ``make bless`` and read the diff."""
    assert sources(REFERENCES / path.name) == sources(path)


def test_every_reference_has_its_chapter() -> None:
    assert {path.name for path in REFERENCES.glob("*.ipynb")} == {path.name for path in CHAPTERS}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_reference_is_an_execution_without_images_or_errors(path: Path) -> None:
    for cell in read(REFERENCES / path.name)["cells"]:
        for output in cell.get("outputs", []):
            assert output["output_type"] != "error"
            assert not [kind for kind in output.get("data", {}) if kind.startswith("image/")]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_statement_has_a_check_that_nbval_compares(path: Path) -> None:
    text = "\n".join(source for kind, source in sources(path) if kind == "markdown")
    labels = re.findall(r"\{prf:(?:proposition|theorem|corollary|lemma)\}[^\n]*\n:label: (\S+)", text)
    labels += re.findall(r":name: (erratum-\S+)", text)
    assert labels
    compared = {
        output["metadata"]["check"]["label"]
        for cell in read(REFERENCES / path.name)["cells"]
        if "nbval-ignore-output" not in cell["metadata"].get("tags", [])
        for output in cell.get("outputs", [])
        if "check" in output.get("metadata", {})
    }
    assert set(labels) <= compared


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_prose_holds_no_measured_number_by_hand(path: Path) -> None:
    for kind, source in sources(path):
        if kind == "markdown":
            assert not re.search(r"\d\.\d+ ?(?:%|points)", source), source[:200]


def nbval(source: Path, path: Path) -> subprocess.CompletedProcess[str]:
    """Run nbval on a reference with the package taken from ``source``."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(source),
        "OMP_NUM_THREADS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-x", "-p", "no:cacheprovider", "-W", "ignore"]
    sanitiser = ["--nbval-sanitize-with", str(ROOT / "tests" / "sanitize.cfg")]
    return subprocess.run(
        [*command, *sanitiser, "-c", os.devnull, "--rootdir", str(ROOT), str(path)], cwd=ROOT, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_chapter_still_prints_its_reference(path: Path) -> None:
    run = nbval(ROOT / "src", REFERENCES / path.name)
    assert run.returncode == 0, run.stdout[-3000:]
    assert re.search(r"\d+ passed", run.stdout)


MUTATIONS = {
    "psi's interval index off by one": (
        "losses/_psi.py",
        "for j in range(1, margin):",
        "for j in range(2, margin + 1):",
    ),
    "a sign in the gradient": (
        "losses/_target.py",
        ".mul_(turn * w_norm.unsqueeze(1))",
        ".mul_(-turn * w_norm.unsqueeze(1))",
    ),
    "psi that falls half as far": (
        "losses/_psi.py",
        "multiple_angle(cosine, margin) - 2 * k",
        "multiple_angle(cosine, margin) - k",
    ),
    "ArcFace that takes its angle away": (
        "losses/angular.py",
        "cosine * cos_m - sine",
        "cosine * cos_m + sine",
    ),
    "the margin taken off the wrong way": (
        "losses/angular.py",
        "scale * (cosine - margin)",
        "scale * (cosine + margin)",
    ),
    "a margin on the arc that is a little too wide": (
        "geometry.py",
        "return 2 * math.asin(parameter / most)",
        "return 2.0001 * math.asin(parameter / most)",
    ),
}


INCAY = {
    "an epsilon twice as large": (
        "losses/incay.py",
        "1 / (square + eps) if form",
        "1 / (square + 2 * eps) if form",
    ),
    "a logarithm of the norm and not of its square": (
        "losses/incay.py",
        "losses = -2 * torch.hypot",
        "losses = -torch.hypot",
    ),
    "a simplex that is too narrow": (
        "geometry.py",
        "lower * (1 + math.sqrt(2 * count / (count - 1)))",
        "lower * (1 + math.sqrt(2 * (count - 1) / count))",
    ),
}
RECONSTRUCTION = {
    "e(W) divided by the width": (
        "geometry.py",
        "max(count - dim, 0)) / max(count, 1)",
        "max(count - dim, 0)) / max(dim, 1)",
    ),
    "a floor upside down": ("geometry.py", "else 1 - dim / count)", "else 1 - count / dim)"),
    "the divergence the other way": (
        "losses/reconstruction.py",
        "log_p - log_q), reduction",
        "log_q - log_p), reduction",
    ),
}
WEIGHTS_BIASED = {
    "a rival's length with half the cosine": (
        "losses/weights_biased.py",
        "clamp_min_(0).mul_(2 * alpha).add_(",
        "clamp_min_(0).mul_(alpha).add_(",
    ),
    "a stopped gradient that flows": (
        "losses/weights_biased.py",
        "both[:count].scatter_(1, index, own)",
        "both[:count].scatter_(1, index, own + through)",
    ),
    "a guard that can help a rival less than nothing": (
        "losses/weights_biased.py",
        "size = scores.gather(1, index).abs() if margin",
        "size = scores.gather(1, index) if margin",
    ),
}
INCLUDE_EXCLUDE = {
    "the two readings changed over": (
        "losses/include_exclude.py",
        'if reading == "A.1" else 1',
        'if reading != "A.1" else 1',
    ),
    "a variance divided by one more": (
        "losses/include_exclude.py",
        "max(len(features) - 1, 1)",
        "max(len(features), 1)",
    ),
    "a free variance that cannot be crossed": (
        "losses/include_exclude_choices.py",
        "(gap.square().sum(1) / (2 * self.variance)",
        "(gap.square().sum(1) / (2 * self.variance.abs())",
    ),
    "a moving rule without its one": (
        "losses/center.py",
        "rate * gaps / (1 + counts)",
        "rate * gaps / counts.clamp_min(1)",
    ),
    "a deviation of the population": (
        "papers/include_exclude/appendix.py",
        "np.std(self.accuracies, ddof=1)",
        "np.std(self.accuracies, ddof=0)",
    ),
}
VERIFICATION = {
    "a threshold that the nearest different pair reaches": (
        "verification.py",
        "float(ranked[cut - 1 : cut + 1].mean())",
        "float(ranked[cut - 1])",
    ),
    "a sign test of one side": (
        "papers/verification/told.py",
        "2.0 ** (1 - pairs)",
        "2.0 ** (-pairs)",
    ),
    "an extent that norms have a part in": (
        "verification.py",
        "dim=1)\n    angle = (unit @ unit.T)",
        "dim=1) * features.norm(dim=1, keepdim=True) / 10\n    angle = (unit @ unit.T)",
    ),
}
BY_CHAPTER = {
    "large_margin_softmax": MUTATIONS,
    "feature_incay": INCAY,
    "weights_biased_softmax": WEIGHTS_BIASED,
    "include_exclude": INCLUDE_EXCLUDE,
    "feedback_reconstruction": RECONSTRUCTION,
    "verification": VERIFICATION,
}


@pytest.mark.parametrize(
    ("chapter", "name"), [(chapter, name) for chapter in BY_CHAPTER for name in BY_CHAPTER[chapter]]
)
def test_a_mutation_of_the_source_makes_nbval_fail(chapter: str, name: str, tmp_path: Path) -> None:
    file, original, changed = BY_CHAPTER[chapter][name]
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    path = tmp_path / "src" / "discriminative" / file
    text = path.read_text()
    assert text.count(original) == 1
    path.write_text(text.replace(original, changed))
    run = nbval(tmp_path / "src", REFERENCES / f"{chapter}.ipynb")
    assert run.returncode == 1, run.stdout[-2000:]
    assert "1 failed" in run.stdout
