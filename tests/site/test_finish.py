"""The last step of a page: ids, minus signs, answers with their checks, words and a picture for who shares it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from discriminative.site.finish import (
    finished,
    plain,
    repeated_ids,
    with_checks_in_folds,
    with_description,
    with_minus,
    with_stacked,
)

HTML = Path(__file__).parents[2] / "build" / "html"
PAGES = [path for path in sorted(HTML.rglob("*.html"))
         if path.relative_to(HTML).parts[0] not in ("_static", "_sources")]  # fmt: skip


def article(inner: str) -> str:
    return f"<article>{inner}</article>"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("changes by <span>-24</span> %", "changes by <span>−24</span> %"),
        ("[-0.05, +0.52], (-.5)", "[−0.05, +0.52], (−.5)"),
        ("L<sub>x</sub>-2, m-1, 1-2, C-LSM1, 2-D, 1%-2%, e-05", "L<sub>x</sub>-2, m-1, 1-2, C-LSM1, 2-D, 1%-2%, e-05"),
        ('<code>-1</code><pre>x = -1</pre><span class="math nohighlight">\\(-1\\)</span>', None),
        ('<i title="-3 points" data-x="-3">x</i>', '<i title="−3 points" data-x="-3">x</i>'),
        ("<code>results</code>-2", None),
    ],
)
def test_a_minus_is_a_minus_in_prose_and_tables_and_nothing_else_is_touched(typed: str, shown: str | None) -> None:
    assert with_minus(article(typed)) == article(typed if shown is None else shown)
    assert with_minus(f"<script>x = -1</script>{article(typed)}").startswith("<script>x = -1</script>")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_page_has_two_places_with_one_id_or_a_hyphen_before_a_number(path: Path) -> None:
    page = path.read_text()
    assert repeated_ids(page) == []
    assert with_minus(page) == page


def test_ids_of_all_proofs_go_and_another_that_stands_twice_is_found() -> None:
    page = article('<div class="proof" id="proof"></div><div id="proof"></div><p id="a">-1</p><p id="a"></p>')
    assert repeated_ids(page) == ["a", "proof"]
    assert repeated_ids(finished(page, Path("s/a.html"), Path("s"))) == ["a"]


def test_the_check_of_an_answer_is_folded_with_it() -> None:
    fold = '<div class="dropdown admonition"><p>Answer</p><div>deep</div></div>'
    check = '<div class="cell tag_hide-input docutils"><div>holds</div></div>'
    assert with_checks_in_folds(f"<p>a</p>{fold}\n{check}<p>b</p>") == (f"<p>a</p>{fold[:-6]}\n{check}</div><p>b</p>")
    assert with_checks_in_folds(f"{fold}<p>between</p>{check}") == f"{fold}<p>between</p>{check}"
    twice = with_checks_in_folds(fold + check + fold + check)
    assert twice == (fold[:-6] + check + "</div>") * 2


def test_every_answer_of_the_book_holds_its_check() -> None:
    folded = 0
    for path in (HTML / "notebooks").glob("*.html"):
        page = path.read_text()
        assert with_checks_in_folds(page) == page
        inside = r"Answer</p>(?:(?!admonition-title).)*?tag_hide-input"
        folded += len(re.findall(inside, page, flags=re.DOTALL))
    assert folded >= 10


def test_a_page_says_what_is_on_it_for_who_shares_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = tmp_path / "_static" / "figures" / "one"
    figures.mkdir(parents=True)
    (figures / "fig-a.png").write_bytes(b"x")
    (tmp_path / "notebooks").mkdir()
    words = "Long features tend to be classified correctly &amp; short ones <em>wrongly</em>, as the paper says. " * 4
    page = "<title>2. One &#8212; Book</title>" + article(
        f'<p>Too short.</p><p>{words}</p><img src="../_static/figures/one/fig-a.svg">'
    )
    made = with_description(page, tmp_path / "notebooks" / "one.html", tmp_path)
    told = re.search(r'<meta name="description" content="(.*?)"', made)
    assert told
    assert told[1].startswith("Long features tend to be classified correctly &amp; short ones wrongly")
    assert len(told[1]) < 220
    assert '<meta property="og:title" content="2. One — Book" />' in made
    assert '<meta property="og:image" content="../_static/figures/one/fig-a.png" />' in made
    monkeypatch.setenv("SITE_URL", "https://example.org/book/")
    made = with_description(page, tmp_path / "notebooks" / "one.html", tmp_path)
    assert 'content="https://example.org/book/_static/figures/one/fig-a.png"' in made
    assert with_description(made, tmp_path / "notebooks" / "one.html", tmp_path) == made


def test_every_page_for_reading_has_a_description_and_a_picture_that_is_there() -> None:
    for path in PAGES:
        if path.name in ("search.html", "genindex.html", "index.html"):
            continue
        page = path.read_text()
        told = re.search(r'<meta name="description" content="([^"]{40,})"', page)
        assert told, path.name
        picture = re.search(r'property="og:image" content="([^"]+)"', page)
        assert picture, path.name
        assert (path.parent / picture[1]).exists()


def test_a_wide_table_of_prose_carries_the_names_of_its_columns_for_a_phone() -> None:
    heads = "".join(f"<th><p>{name}</p></th>" for name in ("loss", "CPU", "GPU &amp; more", "memory"))
    table = f'<table class="table"><thead><tr>{heads}</tr></thead><tbody><tr>{"<td>1</td>" * 4}</tr></tbody></table>'
    made = with_stacked(table)
    assert made.startswith('<table class="table stacked">')
    assert re.findall('data-label="(.*?)"', made) == ["loss", "CPU", "GPU &amp; more", "memory"]
    assert with_stacked(table.replace("<th><p>memory</p></th>", "")) == table.replace("<th><p>memory</p></th>", "")
    assert with_stacked(made) == made


def test_html_is_told_as_words() -> None:
    assert plain("<p>The <b>margin</b> \\(m = \\alpha\\)\n of it &amp; more</p>") == "The margin m = alpha of it & more"
