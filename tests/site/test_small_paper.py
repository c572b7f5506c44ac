"""A second paper is a folder, a notebook and one word: it is trained, judged, executed, and gets its page."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cells import code, notebook, prose

ROOT = Path(__file__).parents[2]

PAPER = '''
"""A small paper."""

from dataclasses import replace

from discriminative.papers import printed
from discriminative.runs import Head, Optimizer, Run, Schedule
from discriminative.study import Arm, Claim, Experiment, Fewer, Less, Measure, Paper, Proved

RUN = Run("digits", "mlp", 8, Head("Softmax"), 0, train_size=200, batch_size=32, schedule=Schedule(40))
ARMS = (
    Arm("softmax", RUN, (0, 1, 2), "Softmax"),
    Arm("decayed", replace(RUN, optimizer=Optimizer(weight_decay=0.2)), (0, 1, 2), "Decayed"),
)
CELLS = printed("small", "1")
PAPER = Paper(
    name="small",
    title="A small paper",
    citation="liu2020deep",
    notebook="small",
    prefix="small",
    experiments=[Experiment("small-one", "Table 1", "Decay", {"quick": ARMS})],
    claims=[
        Claim(
            "C-SM1", "Table 1", "Decayed weights are shorter.", "digits",
            Less("small norm", "decayed", "softmax", smallest=0.01), "small-one", "quick",
        ),
        Claim(
            "C-SM2", "Table 1", "Decayed errs less.", "digits",
            Fewer("decayed", "softmax", paper=(CELLS["Softmax", "Error"], CELLS["Decayed", "Error"])), "small-one",
            "quick",
        ),
        Claim("C-SM3", "Eq. 1", "One is one.", "all", Proved("prop-small-one")),
    ],
    measures={
        "small norm": Measure(
            lambda r: float(r["geometry"]["weight_norm_mean"]), "", "longer", "shorter", "mean norm of the weights"
        )
    },
    colours={"decayed": "#0b7d12"},
)
'''

TABLE = [
    {"table": "1", "row": row, "column": "Error", "value": value, "unit": "%", "printed": str(value)}
    for row, value in (("Softmax", 10.0), ("Decayed", 5.0))
]

PROSE = r"""# A small chapter

The first claim is {glue:text}`C-SM1.word`, by {glue:text}`C-SM1.value:.2f`. {glue:text}`count_proved` is proved.

```{prf:proposition} One
:label: prop-small-one
$1 = 1$.
```

```{glue:figure} fig-errors
:name: fig-small-errors
:alt: Errors of two arms.

Errors. {glue:text}`errors`
```
"""

CELLS = (
    (
        "from discriminative.chapter import Chapter\nfrom discriminative.checks import exact\n"
        "from discriminative.figures.arms import errors_by_arm",
        "remove-cell",
    ),
    ('profile = "quick"', "parameters"),
    ('chapter = Chapter("small", profile)\nchapter.verdicts()', "remove-input"),
    ('chapter.brief("C-SM1", "C-SM3")', "remove-input"),
    ('arms = chapter.arms("small-one", profile="quick")\nchapter.figure("errors", errors_by_arm, arms)', "remove-cell"),
    (
        'chapter.table("1", {"Digits": chapter.column("small-one", "quick")}, title="Table 1.", column="Error")',
        "remove-input",
    ),
    ('exact("prop-small-one", 1 == 1, "one")', "hide-input"),
)

BUILD = """
import shutil
from discriminative.paths import project_root
from discriminative.site.build import build_site
from discriminative.site.execution import execute_all

root = project_root()
assert execute_all([root / "notebooks" / "small.ipynb"], "quick", root) == ["small"]
assert execute_all([root / "notebooks" / "small.ipynb"], "quick", root) == []  # nothing that it reads has changed
(root / "build" / "site" / "notebooks").mkdir()
shutil.copy(root / "build" / "executed" / "small.ipynb", root / "build" / "site" / "notebooks")
build_site(root)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    registry = root / "src" / "discriminative" / "papers" / "__init__.py"
    text = registry.read_text()
    assert text.count("PAPERS: tuple[str, ...] = (") == 1
    registry.write_text(text.replace("PAPERS: tuple[str, ...] = (", 'PAPERS: tuple[str, ...] = ("small", '))
    folder = registry.parent / "small"
    folder.mkdir()
    (folder / "__init__.py").write_text(PAPER)
    (folder / "tables.json").write_text(json.dumps(TABLE))
    cells = [code(*cell) | {"id": f"cell{i}", "execution_count": None} for i, cell in enumerate(CELLS)]
    chapter = notebook(prose(PROSE) | {"id": "prose"}, *cells)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    (root / "notebooks").mkdir()
    (root / "notebooks" / "small.ipynb").write_text(json.dumps(chapter | {"metadata": kernel}))
    site = root / "build" / "site"
    for place in (root, site):
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "_config.yml", place)
        (place / "intro.md").write_text("# The book\n\nText.\n")
        (place / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters:\n- file: notebooks/small\n")
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, root)
    shutil.copytree(ROOT / "book" / "assets", site / "book" / "assets")
    shutil.copy(ROOT / "book" / "references.bib", site / "book")
    run(root, "-m", "discriminative", "run", "small-one", "--profile", "quick")
    run(root, "-c", BUILD)
    return root


def run(root: Path, *words: str) -> str:
    environment = os.environ | {
        "PYTHONPATH": str(root / "src"), "DISCRIMINATIVE_ROOT": str(root), "OMP_NUM_THREADS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, *words], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    return done.stdout


def test_it_is_trained_and_judged(project: Path) -> None:
    told = run(
        project,
        "-c",
        "from discriminative.verdicts import verdicts\n"
        "for judged in verdicts('small').values(): print(judged.claim.id, judged.verdict.word, judged.verdict.n)",
    )
    words = dict(line.split(" ", 1) for line in told.splitlines())
    assert len(list((project / "build" / "records" / "digits").glob("*.json"))) == 6
    assert words["C-SM1"] == "reproduced 3"
    assert words["C-SM2"].endswith(" 3")
    assert words["C-SM3"] == "reproduced 0"


def test_it_gets_its_page(project: Path) -> None:
    page = (project / "build" / "html" / "notebooks" / "small.html").read_text()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
    assert re.search(r"The first claim is reproduced , by −\d\.\d\d \. 1 is proved", text)
    assert 'id="c-sm1"' in page
    assert 'href="#c-sm1"' in page
    assert "Every claim, the paper's number beside ours." in text or "Every claim, the paper&#x27;s number" in text
    assert "3 seeds" in text
    assert "Paper, error %" in text
