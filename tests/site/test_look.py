"""The built book has nothing that a reader would trip over, and looking over finds what would be."""

from __future__ import annotations

from pathlib import Path

import pytest

from discriminative.site.look import look_over

HTML = Path(__file__).parents[2] / "build" / "html"


def test_the_built_book_has_nothing_that_a_reader_would_trip_over() -> None:
    assert (HTML / "index.html").exists(), "run `make book` first"
    assert look_over(HTML) == []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ('<article><img alt="" src="a.png"></article>', "an image without a description"),
        ('<script src="https://cdn.example.org/x.js"></script>', "asks an outside host"),
        ('<link rel="stylesheet" href="//fonts.example.org/x.css">', "asks an outside host"),
        ("<article>see {prf:ref}`prop` </article>", "a raw directive"),
        ('<a href="book.pdf">', "links to book.pdf, which is not there"),
    ],
)
def test_looking_over_finds_what_is_wrong(tmp_path: Path, spoil: str, told: str) -> None:
    (tmp_path / "page.html").write_text(spoil)
    assert any(told in problem for problem in look_over(tmp_path))
