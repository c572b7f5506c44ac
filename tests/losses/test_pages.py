from __future__ import annotations

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
