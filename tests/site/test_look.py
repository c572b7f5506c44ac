"""The built book has nothing that a reader would trip over, and looking over finds what would be."""

from __future__ import annotations

from pathlib import Path

import pytest

from discriminative.site.look import look_over
from discriminative.site.notebook import toc_files

ROOT = Path(__file__).parents[2]
HTML = ROOT / "build" / "html"


def test_the_built_book_has_nothing_that_a_reader_would_trip_over() -> None:
    assert (HTML / "index.html").exists(), "run `make book` first"
    expected = [f"{name}.html" for name in toc_files(ROOT)]
    assert "notebooks/large_margin_softmax.html" in expected
    assert look_over(HTML, expected) == []


def test_a_page_that_is_not_there_is_missed(tmp_path: Path) -> None:
    assert "notebooks/a.html is missing" in look_over(tmp_path, ["notebooks/a.html"])


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ('<article><img alt="" src="a.png"></article>', "an image without a description"),
        ('<script src="https://cdn.example.org/x.js"></script>', "asks an outside host"),
        ('<link rel="stylesheet" href="//fonts.example.org/x.css">', "asks an outside host"),
        ("<article>see {prf:ref}`prop` </article>", "a raw directive"),
        ('<p id="a">one</p><p class="b" id="a">two</p>', "two places with the id 'a'"),
        ('<a href="book.pdf">', "links to book.pdf, which is not there"),
    ],
)
def test_looking_over_finds_what_is_wrong(tmp_path: Path, spoil: str, told: str) -> None:
    (tmp_path / "page.html").write_text(spoil)
    assert any(told in problem for problem in look_over(tmp_path))
