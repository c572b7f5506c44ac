"""A search for a sign finds what a search for its name does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from discriminative.site.aliases import ALIASES, with_aliases

HTML = Path(__file__).parents[2] / "build" / "html"


def index(entries: list[str], **terms: list[int]) -> str:
    told = {"indexentries": {entry: [[3, f"term-{entry}", True]] for entry in entries}, "terms": terms}
    return f"Search.setIndex({json.dumps(told)})"


def test_an_alias_leads_to_the_entry_that_it_stands_for_and_a_sign_to_every_page_of_its_name() -> None:
    made = json.loads(with_aliases(index([*ALIASES.values()], psi=[1, 2]))[len("Search.setIndex(") : -1])
    for alias, entry in ALIASES.items():
        assert made["indexentries"][alias] == made["indexentries"][entry]
        assert alias == alias.lower()  # as the search compares it
    assert made["terms"]["ψ"] == [1, 2]


def test_an_alias_of_no_entry_is_refused() -> None:
    with pytest.raises(ValueError, match="no entry of the glossary"):
        with_aliases(index(["psi"]))


def test_the_built_index_knows_every_alias() -> None:
    found = json.loads((HTML / "searchindex.js").read_text().strip()[len("Search.setIndex(") : -1])
    assert found["indexentries"].keys() >= ALIASES.keys()


def test_no_term_of_the_glossary_is_explained_twice() -> None:
    text = (HTML.parents[1] / "book" / "glossary.md").read_text()
    blocks = re.findall(r"```\{glossary\}\n(.*?)```", text, flags=re.DOTALL)
    terms = [line for block in blocks for line in block.splitlines() if line and not line.startswith(" ")]
    assert len(terms) > 40
    assert len(set(terms)) == len(terms)
