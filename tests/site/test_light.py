"""Pages are lighter than they are built: a few icons for a library, sizes on pictures, formulas only where they are."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from discriminative.site.light import (
    NAMES,
    _terms,
    icons_css,
    lighten,
    with_drawings,
    with_names,
    with_sizes,
    with_terms,
)

HTML = Path(__file__).parents[2] / "build" / "html"
LIBRARY = (
    'x={"table-list":[1,2,[],"f0","M9"],bars:[448,512,["navicon"],"f0c9","M0 96"],"list":[512,512,[],"f03a","M1"]}'
)
HEAD = (
    '<script defer src="../_static/scripts/fontawesome.js?digest=1"></script>\n'
    '<script>window.MathJax = {"options": {"processHtmlClass": "tex2jax_process|math"}}</script>\n'
    '<script defer="defer" src="../_static/mathjax/tex-chtml.js?v=2"></script>\n'
)


def site(folder: Path, body: str) -> str:
    (folder / "_static" / "scripts").mkdir(parents=True)
    (folder / "_static" / "scripts" / "fontawesome.js").write_text(LIBRARY)
    (folder / "book").mkdir()
    (folder / "book" / "a.html").write_text(HEAD + body)
    lighten(folder)
    return (folder / "book" / "a.html").read_text()


def test_a_page_without_formulas_asks_for_no_script_that_sets_them(tmp_path: Path) -> None:
    assert "MathJax" not in site(tmp_path / "one", "<p>words</p>")
    page = site(tmp_path / "two", '<span class="math notranslate">x</span>')
    assert "window.MathJax" in page
    assert "tex-chtml.js" in page


def test_the_icons_of_the_pages_are_all_that_is_left_of_the_library(tmp_path: Path) -> None:
    page = site(tmp_path, '<i class="fa-solid fa-bars"></i><i class="fas fa-list fa-lg"></i>')
    assert "fontawesome" not in page
    assert '<link rel="stylesheet" href="../_static/icons.css" />' in page
    rules = (tmp_path / "_static" / "icons.css").read_text()
    assert "i.fa-bars" in rules
    assert "M1" in rules
    assert "M9" not in rules
    assert not (tmp_path / "_static" / "scripts" / "fontawesome.js").exists()


def test_an_icon_is_found_by_another_of_its_names() -> None:
    assert "M0%2096" in icons_css(LIBRARY, ["navicon"])


def test_an_icon_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="no icon 'nothing'"):
        icons_css(LIBRARY, ["nothing"])


def test_a_picture_says_its_size_unless_it_does_already(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (30, 20)).save(tmp_path / "a b.png")
    (tmp_path / "c.svg").write_text('<svg viewBox="0 0 300.5 200"></svg>')
    assert (
        with_sizes('<img src="a%20b.png" alt="x" />', tmp_path)
        == '<img src="a%20b.png" alt="x" width="30" height="20" />'
    )
    assert with_sizes('<img src="c.svg">', tmp_path) == '<img src="c.svg" width="300" height="200" />'
    for left in ('<img src="a b.png" height="5">', '<img src="gone.png">', '<img src="data:image/png;base64,x">'):
        assert with_sizes(left, tmp_path) == left


def test_every_picture_of_the_book_has_a_size() -> None:
    for path in (HTML / "intro.html", *(HTML / "notebooks").glob("*.html"), *(HTML / "book").glob("*.html")):
        article = path.read_text().partition("<article")[2].partition("</article>")[0]
        for tag in re.findall(r"<img\b[^>]*>", article):
            assert re.search(r'width="\d+" height="\d+"', tag), (path.name, tag)


def test_a_glued_picture_becomes_its_drawing_with_its_files_below(tmp_path: Path) -> None:
    kept, shown = tmp_path / "_static" / "figures" / "one", tmp_path / "_images"
    for folder in (kept, shown, tmp_path / "notebooks"):
        folder.mkdir(parents=True)
    (kept / "fig-a.png").write_bytes(b"picture")
    (kept / "fig-a.svg").write_text('<svg viewBox="0 0 300 200"></svg>')
    (shown / "4711.png").write_bytes(b"picture")
    (shown / "other.png").write_bytes(b"other")
    pictures = {hashlib.sha256(b"picture").hexdigest(): kept / "fig-a.png"}
    page = '<figure id="x"><img alt="y" src="../_images/4711.png" /><figcaption>z</figcaption></figure>'
    other = page.replace("4711", "other")
    told = with_drawings(page + other, tmp_path / "notebooks", tmp_path, pictures)
    assert '<img alt="y" src="../_static/figures/one/fig-a.svg" />' in told
    assert told.count('<a href="../_static/figures/one/fig-a.csv">data (CSV)</a>') == 1
    assert told.endswith(other)
    assert "<!--" not in told
    (kept / "fig-a.svg").write_text("x" * 400_000)
    told = with_drawings(page, tmp_path / "notebooks", tmp_path, pictures)
    assert 'src="../_images/4711.png"' in told
    assert "fig-a.svg" in told


def test_two_names_of_an_entry_have_one_explanation_and_a_verdict_says_what_it_means() -> None:
    glossary = (
        '<dl><dt id="term-paired-seeds">paired seeds<a href="#x">#</a></dt><dt id="term-pair-lost">pair lost</dt>'
        '<dd><p>A pair &amp; more.</p></dd>\n<dt id="term-reproduced">reproduced</dt><dd><p>Above zero.</p></dd></dl>'
    )
    terms = _terms(glossary)
    assert terms == {
        "term-paired-seeds": "A pair & more.", "term-pair-lost": "A pair & more.", "term-reproduced": "Above zero.",
    }  # fmt: skip
    chip = '<span class="chip chip-reproduced">● reproduced</span>'
    assert with_terms(chip, terms) == chip.replace('reproduced">', 'reproduced" title="Above zero.">', 1)


def test_a_formula_is_explained_whole_and_none_is_cut() -> None:
    page = r'<article><span class="math">\(a \text{ simplex}\)</span> <span>\(H(Y)\)</span> a simplex</article>'
    made = with_names(page, {"term-simplex": "Equal angles.", "term-H-Y": "Entropy."}, "glossary.html")
    assert r"\(a \text{ simplex}\)" in made
    assert re.search(r'<a [^>]*title="Entropy\.">\\\(H\(Y\)\\\)</a>', made)
    assert re.search(r'a <a [^>]*title="Equal angles\.">simplex</a>', made)
    displayed = '<article><div class="math">\n\\[b \\text{ (a simplex)}\\]</div></article>'
    assert with_names(displayed, {"term-simplex": "Equal angles."}, "glossary.html") == displayed


def test_every_name_of_the_book_that_is_explained_is_an_entry_of_its_glossary() -> None:
    assert set(NAMES.values()) <= set(_terms((HTML / "book" / "glossary.html").read_text()))


def test_a_name_without_a_link_leads_to_its_entry_once_a_page() -> None:
    terms = {"term-workhorse": "The setting & more."}
    page = (
        "<title>workhorse</title><article><h2>A workhorse</h2><code>workhorse</code> a workhorse, a workhorse</article>"
    )
    made = with_names(page, terms, "../book/glossary.html")
    link = '<a class="reference internal" href="../book/glossary.html#term-workhorse" title="The setting &amp; more.">'
    assert made == page.replace("a workhorse,", f"a {link}workhorse</a>,", 1)
    assert with_names(made, terms, "../book/glossary.html") == made
    entry = page.replace("<h2>", '<h2 id="term-workhorse">')
    assert with_names(entry, terms, "") == entry
