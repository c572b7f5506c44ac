"""Pages and paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from discriminative.site.build import browser, for_paper, print_pdf, without_thebe
from discriminative.site.staging import PDF

HTML = Path(__file__).parents[2] / "build" / "html"


def test_on_paper_folds_are_open_and_links_stay_within_the_page() -> None:
    page = '<details class="not-run"><a href="../book/provenance.html">here</a><a href="#prop-x">there</a></details>'
    file = '<a class="reference download internal" download="" href="_downloads/ledger.csv"><span>all</span></a>'
    assert for_paper(page + file) == (
        '<details class="not-run" open><a href="#document-book/provenance">here</a>'
        '<a href="#prop-x">there</a></details><span>all</span>'
    )


def test_the_pdf_leads_to_no_folder_of_this_machine() -> None:
    if (HTML / PDF).exists():  # there is none where there is no Chromium
        assert b"file:" not in (HTML / PDF).read_bytes()


@pytest.mark.skipif(browser() is None, reason="there is no Chromium (apt-get install chromium)")
def test_the_pdf_holds_the_whole_book() -> None:
    printed = (HTML / PDF).read_bytes()
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
