"""Captions are told by the records."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from discriminative.evidence import Arms
from discriminative.figures.caption import caption
from discriminative.ledger import Ledger
from discriminative.papers import papers, takeaways
from discriminative.runs import Optimizer, Run
from discriminative.site.finish import plain
from discriminative.study import Arm
from discriminative.training import train

ROOT = Path(__file__).parents[1]
HTML = ROOT / "build" / "html"


@pytest.fixture
def ledger(tmp_path: Path, plain: Run) -> tuple[Ledger, Arm]:
    ledger, arm = Ledger(tmp_path), Arm("softmax", plain, (0, 1), "Softmax")
    for run in arm.runs():
        ledger.write(*train(run))
    return ledger, arm


def test_a_caption_is_told_by_the_records(ledger: tuple[Ledger, Arm]) -> None:
    told = caption(Arms([ledger[1]], ledger[0]))
    assert told.startswith("200 training images, 60 steps, 2 seeds, ")
    assert "diverged" not in told
    assert caption(Arms([], ledger[0])) == "No record yet."


def test_a_caption_counts_the_seeds_of_each_arm_that_are_drawn(ledger: tuple[Ledger, Arm], plain: Run) -> None:
    ledger_, arm = ledger
    other = Arm("m=4", replace(plain, batch_size=16), (0, 1))
    third = Arm("m=2", replace(plain, batch_size=8), (0,))
    absent = Arm("CosFace", replace(plain, batch_size=4), (0,))
    for run in (*other.runs()[:1], *third.runs()):
        ledger_.write(*train(run))
    assert ", 2 seeds for softmax, 1 for m = 4, " in caption(Arms([arm, other], ledger_)).replace("\xa0", " ")
    assert ", 2 seeds for softmax, 1 for the others, " in caption(Arms([arm, other, third], ledger_))
    assert ", no seeds for CosFace, 1 for the others, " in caption(Arms([other, third, absent], ledger_))
    assert ", 1 seed, " in caption(Arms([arm, other], ledger_).at_seeds(0))


def test_a_caption_says_what_went_wrong(tmp_path: Path, plain: Run) -> None:
    ledger = Ledger(tmp_path)
    wild = Arm("wild", replace(plain, optimizer=Optimizer(1e12)), (0, 1))
    idle = Arm("idle", replace(plain, optimizer=Optimizer(1e-9)), (0,))
    for arm in (wild, idle):
        for run in arm.runs():
            ledger.write(*train(run))
    assert " Of 3 runs 2 diverged and 1 ended above 50 % error." in caption(Arms([wild, idle], ledger))


def test_a_caption_calls_the_end_of_the_blend_its_floor(tmp_path: Path, tiny: Run) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(*train(tiny))
    assert ", floor of λ 1, 1 seed, " in caption(Arms([Arm("m=2", tiny, (tiny.seed,))], ledger))


def test_an_arm_that_stands_in_two_panels_is_told_once(ledger: tuple[Ledger, Arm]) -> None:
    arms = Arms([ledger[1]], ledger[0])
    assert caption(arms, arms) == caption(arms)


# ---------------------------------------------------------------------------------------------------------------------
# Three parts: what the figure shows, in bold; how to read it; what it was drawn from

PLACED = re.compile(
    r"```\{(?:glue:)?figure\} [^\n]*\n:name: fig-(?P<key>[\w-]+)\n(?::\w+:[^\n]*\n)*\n(?P<caption>(?:(?!```).)*?)\n```",
    flags=re.DOTALL,
)
CAPTIONS = {
    (path.stem, match["key"]): match["caption"]
    for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    for cell in json.loads(path.read_text())["cells"]
    if cell["cell_type"] == "markdown"
    for match in PLACED.finditer("".join(cell["source"]))
}
NAMED = {paper.notebook: takeaways(paper.name) for paper in papers()}


def test_every_figure_of_the_chapters_is_looked_at() -> None:
    texts = [path.read_text() for path in (ROOT / "notebooks").glob("*.ipynb")]
    assert len(CAPTIONS) == sum(text.count("{glue:figure}") + text.count("```{figure}") for text in texts) > 50


@pytest.mark.parametrize(("chapter", "key"), CAPTIONS)
def test_a_caption_says_what_is_shown_how_to_read_it_and_from_what_it_was_drawn(chapter: str, key: str) -> None:
    """What records show is told by the records; a sentence that is typed stands at a figure without any."""
    parts = re.fullmatch(
        r"\*\*(?P<says>[^*]+)\*\*\s(?P<read>.{20,})\s(?P<data>\{glue:text\}`[\w-]+`|Data: [^`]+\.)",
        CAPTIONS[chapter, key],
        flags=re.DOTALL,
    )
    assert parts is not None, CAPTIONS[chapter, key]
    if parts["says"] != f"{{glue:text}}`{key}.says`":
        assert key not in NAMED[chapter]
        assert parts["data"].startswith("Data: none, ")
    if parts["data"].startswith("{"):
        assert parts["data"] == f"{{glue:text}}`{key}`"


def test_no_takeaway_is_left_without_its_figure() -> None:
    for chapter, found in NAMED.items():
        assert found.keys() <= {key for stem, key in CAPTIONS if stem == chapter}


@pytest.mark.parametrize("path", sorted((HTML / "notebooks").glob("*.html")), ids=lambda path: path.stem)
def test_every_caption_of_a_built_chapter_has_its_three_parts(path: Path) -> None:
    captions = re.findall(r"<figcaption>\s*<p>(.*?)</p>\s*</figcaption>", path.read_text(), flags=re.DOTALL)
    figures = [text for text in captions if 'class="caption-number"' in text and "Fig." in text]
    assert figures
    for text in figures:
        said = re.search(r'class="caption-text"><strong>(.*?)</strong>(.*)', text, flags=re.DOTALL)
        assert said is not None, text
        assert len(plain(said[1])) > 20, text
        read, _, data = plain(said[2]).partition("Data: ")
        assert len(read) > 20, text
        assert len(data) > 5, text
