"""Pages and paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from discriminative.site.build import (
    bless,
    browser,
    copy_records,
    for_paper,
    make,
    print_book,
    print_pdf,
    without_thebe,
)
from discriminative.site.staging import PDF

ROOT = Path(__file__).parents[2]
HTML = ROOT / "build" / "html"


def test_on_paper_folds_are_open_and_links_stay_within_the_page() -> None:
    page = '<details class="not-run"><a href="../book/provenance.html">here</a><a href="#prop-x">there</a></details>'
    file = '<a class="reference download internal" download="" href="_downloads/ledger.csv"><span>all</span></a>'
    assert for_paper(page + file) == (
        '<details class="not-run" open><a href="#document-book/provenance">here</a>'
        '<a href="#prop-x">there</a></details><span>all</span>'
    )
    assert for_paper('<details class="quoted"><p>') == '<details class="quoted" open><p>'
    assert for_paper('<details class="claim"><p>') == '<details class="claim"><p>'


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The book's PDF; printed now where the last build left it out."""
    chromium = browser()
    if chromium is None:
        pytest.skip("there is no Chromium (apt-get install chromium)")
    path = HTML / PDF
    return (path if path.exists() else print_book(ROOT, chromium, tmp_path_factory.mktemp("pdf"))).read_bytes()


def test_the_pdf_leads_to_no_folder_of_this_machine(printed: bytes) -> None:
    assert b"file:" not in printed


def test_the_pdf_holds_the_whole_book(printed: bytes) -> None:
    assert printed.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", printed)) >= 15
    assert b"/Outlines" in printed


def test_a_browser_that_does_not_print_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>text</p>")
    with pytest.raises(ValueError, match="did not print the PDF"):
        print_pdf("false", tmp_path / "page.html", tmp_path / "page.pdf")


def test_no_browser_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "")
    assert browser() is None
    monkeypatch.setenv("CHROMIUM", "mine")
    assert browser() == "mine"


def test_the_launcher_for_outside_code_is_taken_out() -> None:
    launcher = (
        '<script>const THEBE_JS_URL = "https://x";</script>\n<script async src="_static/sphinx-thebe.js?v=1"></script>'
    )
    page = f"<head><script>let kept = 1</script>{launcher}<script src='kept.js'></script></head>"
    assert without_thebe(page) == "<head><script>let kept = 1</script><script src='kept.js'></script></head>"
    assert not any("unpkg" in path.read_text() for path in HTML.rglob("*.html"))


def test_a_pdf_that_is_asked_for_needs_a_browser(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "")
    with pytest.raises(ValueError, match="printing needs a Chromium"):
        make("quick", pdf=True)


def test_a_chapter_that_is_blessed_by_a_name_must_be_one(root: Path) -> None:
    (root / "notebooks").mkdir()
    (root / "notebooks" / "a.ipynb").touch()
    (root / "_toc.yml").write_text("- file: notebooks/a")
    with pytest.raises(ValueError, match=r"must be one of \['a'\], got 'b'"):
        bless(["b"])


def test_the_pdf_has_a_bookmark_for_every_heading(tmp_path: Path) -> None:
    chromium = browser()
    if chromium is None:
        pytest.skip("there is no Chromium")
    (tmp_path / "page.html").write_text("<!doctype html><title>t</title><h1>First</h1><p>x</p><h2>Second</h2><p>y</p>")
    print_pdf(chromium, tmp_path / "page.html", tmp_path / "page.pdf")
    made = (tmp_path / "page.pdf").read_bytes()
    assert b"/Outlines" in made
    assert all(b"/Title (" + heading + b")" in made for heading in (b"First", b"Second"))


def test_records_beside_the_pages_are_the_ledgers_and_one_that_is_there_is_not_copied_again(
    tmp_path: Path,
) -> None:
    results, before, target = (tmp_path / name for name in ("results", "html", "new"))
    for name, text in {
        "mnist/a.json": "1",
        "mnist/b.json": "2",
        "superseded/c.json": "3",
        "pictures/d.npz": "4",
    }.items():
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text(text)
    copy_records(results, before, target)
    assert held(target) == {"mnist/a.json": "1", "mnist/b.json": "2"}
    target.rename(before)
    written = (before / "mnist" / "a.json").stat().st_ino
    (results / "mnist" / "b.json").unlink()
    (results / "mnist" / "e.json").write_text("5")
    (results / "verified.json").write_text("[]")
    copy_records(results, before, target)
    assert held(target) == {"mnist/a.json": "1", "mnist/e.json": "5", "verified.json": "[]"}
    assert (target / "mnist" / "a.json").stat().st_ino == written
    target.rename(before)
    (results / "verified.json").write_text("[1]")
    copy_records(results, before, target)
    assert held(target)["verified.json"] == "[1]"


def held(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
