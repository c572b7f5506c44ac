"""Headings of the chapters say what is found; those that say it of a record hold by the verdicts of today."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest

from discriminative.evidence import Arms
from discriminative.papers import papers
from discriminative.papers.incay.told import scales_told
from discriminative.verdicts import verdicts

ROOT = Path(__file__).parents[1]
BOOKS = {paper.name: ROOT / "notebooks" / f"{paper.notebook}.ipynb" for paper in papers()}
EMPTY = {"claims", "code", "evidence", "experiments", "findings", "results", "tables", "verdicts"}

# Heading to the verdicts that it speaks of: of each claim the words under which it may stand.
HELD = "reproduced"
LOST = "contradicted", "reversed"
SAID: dict[str, dict[str, tuple[str, ...]]] = {
    "On 2,000 images of MNIST every m errs less than softmax": {
        "C-LSM1": (HELD,), "C-LSM1a": (HELD,), "C-LSM1b": (HELD,),
    },
    "With m = 4 features of one class are more alike than with softmax, and not with it alone": {"C-LSM6a": (HELD,)},
    "Without the blend every m errs more than softmax, each at its tuned rate": {
        "C-LSM7a": ("reversed",), "C-LSM7b": ("reversed",), "C-LSM7c": ("reversed",),
    },
    "On Fashion-MNIST, at MNIST's floor, m = 4 errs more: a class is given up": {"C-LSM1f": ("reversed",)},
    "Tuned on Fashion-MNIST, no loss saves what counts": {"C-LSM12f": LOST, "C-LSM12g": LOST, "C-LSM12h": LOST},
    "With λ = 1 features are longer, and errors are not fewer (Tables 2 and 3)": {
        "C-INC3f": (HELD,), "C-INC6a": LOST,
    },
    "Begun after a tenth of the run, incay with λ = 1 lengthens as much as from the start": {
        "C-INC13b": ("contradicted",),
    },
    "Wrong answers have shorter features (Figures 1, 3 and 6, Table 5)": {"C-INC1": (HELD,), "C-INC2": (HELD,)},
    "Without batch norm training takes the solution without a label": {"C-WSM13": (HELD,)},
    "Tuned, it errs less than softmax, weights normalised or not": {
        "C-WSM5": (HELD,), "C-WSM5a": (HELD,), "C-WSM5b": (HELD,), "C-WSM5c": (HELD,), "C-WSM5d": (HELD,),
        "C-WSM5e": (HELD,),
    },
    "One reading errs less than softmax, the other does not": {"C-IE1a": (HELD,), "C-IE1b": LOST},
    "At equal settings the appendix' loss compacts classes more": {"C-IE5": (HELD,)},
    "At the paper's coefficient the error stays, at 1 it falls": {"C-FBR1a": (HELD,), "C-FBR1b": (HELD,)},
    "It is worth what a center loss of its strength is": {
        "C-FBR12a": (HELD,), "C-FBR12b": (HELD,), "C-FBR12c": (HELD,),
    },
    "It does not lower e(W)": {"C-FBR3a": LOST, "C-FBR3b": LOST, "C-FBR3c": LOST, "C-FBR3d": LOST},
    "Cosine or distance? Faces and characters disagree": {"C-IE10": (HELD,), "C-IE10a": ("reversed",)},
}  # fmt: skip


def headings(path: Path) -> list[str]:
    found = []
    for cell in json.loads(path.read_text())["cells"]:
        if cell["cell_type"] == "markdown":
            bare = re.sub(r"^(`{3,}|:{3,}).*?^\1\s*$", "", "".join(cell["source"]), flags=re.DOTALL | re.MULTILINE)
            found += re.findall(r"^#+ (.+)$", bare, flags=re.MULTILINE)
    return found


@pytest.mark.parametrize("paper", BOOKS)
def test_no_heading_only_names_a_kind_of_section(paper: str) -> None:
    for heading in headings(BOOKS[paper]):
        words = set(re.findall(r"\w+", heading.lower())) - {"the", "and", "our"}
        assert words - EMPTY, heading
        assert not re.search(r"\d\.\d|\d ?%", heading), heading  # a measured number would have to be glued


def test_every_heading_that_is_held_to_a_verdict_stands_in_a_chapter() -> None:
    assert SAID.keys() <= {heading for path in BOOKS.values() for heading in headings(path)}


@pytest.mark.parametrize("heading", SAID)
def test_a_heading_says_what_the_verdicts_say(heading: str) -> None:
    (paper,) = [name for name, path in BOOKS.items() if heading in headings(path)]
    judged = verdicts(paper)
    for id, words in SAID[heading].items():
        assert judged[id].verdict.word in words, id


def test_the_slower_the_rate_the_larger_the_scale_that_survives() -> None:
    """A heading of incay's chapter."""
    assert "The slower the rate, the larger the scale that survives (Table 4)" in headings(BOOKS["incay"])
    survived = scales_told(Arms.of("incay-scale", "laptop")).survived
    scales = [survived[rate] for rate in sorted(survived)]
    assert len(scales) > 2
    assert all(slower > faster for slower, faster in itertools.pairwise(scales))
