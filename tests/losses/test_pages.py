from __future__ import annotations

import importlib.util
import json
import math
import re
from collections import Counter
from pathlib import Path

import pytest

from discriminative import geometry, losses

BOOK = Path(__file__).parents[2] / "book"
PAGE = BOOK / "using_the_losses.md"


def test_the_code_of_the_page_runs_from_top_to_bottom(capsys):
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), flags=re.M | re.S)
    assert len(blocks) >= 10
    namespace: dict = {}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), namespace)
    assert "the mean gap in angle" in capsys.readouterr().out


def test_every_example_of_a_large_margin_has_its_blend():
    shown = [path.read_text() for path in (BOOK.parent / "README.md", *BOOK.rglob("*.md"))]
    shown += [getattr(losses, name).__doc__ or "" for name in losses.__all__]
    made = [call for text in shown for call in re.findall(r"= [LA]Softmax\([^\n]*", text)]
    assert len(made) >= 6
    assert [call for call in made if "blend=" not in call] == []


def test_the_tables_of_the_guard_are_the_committed_result_and_its_code_makes_them():
    spec = importlib.util.spec_from_file_location("guarded", BOOK.parent / "benchmarks" / "guarded.py")
    guarded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(guarded)
    record = json.loads(guarded.RESULT.read_text())
    assert guarded.tables(record) in PAGE.read_text()
    cells = {(row["head"], row["scale"], row["rate"]): row["accuracy"] for row in record["rows"]}
    assert cells.keys() == {(head, *cell) for head in guarded.HEADS for cell in guarded.CELLS}
    for cell in guarded.CELLS:
        assert min(cells["GuardedArcFace", *cell]) > 0.7
        assert sum(accuracy < 0.25 for accuracy in cells["ArcFace", *cell]) >= 3
    curve, _ = guarded.train("ArcFace", *guarded.CURVE, seed=0, epochs=2)
    assert curve == pytest.approx(record["curves"]["ArcFace"][0][:2], rel=1e-2)


def test_the_guard_of_the_other_library_jumps_by_what_the_page_says():
    for m in (0.1, 0.5, 1.0, 1.5):
        beyond = math.cos(math.pi - m) - m * math.sin(m)
        assert -1 - beyond == pytest.approx(math.cos(m) + m * math.sin(m) - 1)
        assert beyond < -1


def test_every_name_on_the_page_is_public():
    imported = re.findall(r"^from discriminative\.losses import (.*)$", PAGE.read_text(), flags=re.M)
    named = {name.strip() for line in imported for name in line.split(",")}
    assert len(named) > 8
    assert named <= set(losses.__all__)


@pytest.mark.parametrize("module", [losses, geometry], ids=lambda module: module.__name__)
def test_the_reference_holds_every_public_name_once(module):
    shown: Counter[str] = Counter()
    for page in (BOOK / "api").glob("*.md"):
        for part in page.read_text().split(".. currentmodule:: ")[1:]:
            if part.split()[0] == module.__name__:
                shown.update(re.findall(r"^\.\. auto(?:function|class):: (\w+)", part, flags=re.M))
    assert shown == Counter(module.__all__)


@pytest.mark.parametrize("module", [losses, geometry], ids=lambda module: module.__name__)
def test_every_public_name_has_a_docstring_with_an_example(module):
    for name in module.__all__:
        text = getattr(module, name).__doc__ or ""
        assert ">>> " in text, name
        assert len(text.splitlines()[0]) > 20, name
    assert sorted(module.__all__) == sorted(set(module.__all__))


def test_the_page_of_costs_types_no_measured_number():
    text = re.sub(r"```.*?```|\$\$.*?\$\$|\$[^$]*\$|`[^`]*`", "", (BOOK / "cost.md").read_text(), flags=re.S)
    assert re.findall(r"\d+(?:\.\d+)?\s*(?:x|×|times|%|ms|MiB)", text) == []
    assert re.findall(r"\d+\.\d+", text) == []
