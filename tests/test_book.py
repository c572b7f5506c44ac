"""The built book, and the tools that build it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from discriminative import book

ROOT = Path(__file__).parents[1]
HTML = ROOT / "build" / "html"


def code(source: str, *tags: str, outputs: list[Any] | None = None) -> dict[str, Any]:
    return {"cell_type": "code", "source": [source], "metadata": {"tags": list(tags)}, "outputs": outputs or []}


def prose(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": [source], "metadata": {}}


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_the_built_book_has_nothing_that_a_reader_would_trip_over() -> None:
    assert (HTML / "index.html").exists(), "run `make book` first"
    assert book.look_over(HTML) == []


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
    assert any(told in problem for problem in book.look_over(tmp_path))


def test_a_change_of_prose_carries_the_outputs_over() -> None:
    output = {"output_type": "stream", "text": "4", "name": "stdout"}
    executed = notebook(
        prose("old"), code("profile = 1", "parameters"), code("profile = 2", "injected-parameters"),
        code("2 + 2", outputs=[output]),
    )  # fmt: skip
    fresh = book.carry_over(notebook(prose("new"), code("profile = 1", "parameters"), code("2 + 2")), executed)
    assert [c["source"] for c in fresh["cells"]] == [["new"], ["profile = 1"], ["profile = 2"], ["2 + 2"]]
    assert fresh["cells"][3]["outputs"] == [output]


def test_the_key_of_an_execution_sees_code_and_records_and_not_prose(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "requirements.lock").write_text("torch")
    one = book.execution_key(notebook(prose("a"), code("x")), "quick", tmp_path)
    assert one == book.execution_key(notebook(prose("b"), code("x")), "quick", tmp_path)
    assert one != book.execution_key(notebook(prose("a"), code("y")), "quick", tmp_path)
    assert one != book.execution_key(notebook(prose("a"), code("x")), "laptop", tmp_path)
    (tmp_path / "results" / "mnist").mkdir(parents=True)
    (tmp_path / "results" / "mnist" / "a.json").write_text("{}")
    assert one != book.execution_key(notebook(prose("a"), code("x")), "quick", tmp_path)


def test_a_misspelt_parameter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must have the one parameter 'profile'"):
        book.check_parameters(notebook(code("profil = 1", "parameters")), tmp_path / "a.ipynb")
    with pytest.raises(ValueError, match="one cell tagged parameters, got 0"):
        book.check_parameters(notebook(code("x")), tmp_path / "a.ipynb")


def test_a_failing_cell_is_one_sentence_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "requirements.lock").write_text("")
    path = tmp_path / "notebooks" / "broken.ipynb"
    cells = [code('profile = "quick"', "parameters"), code('raise RuntimeError("too hot")')]
    bare = notebook(*cells)
    bare["metadata"] = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for number, cell in enumerate(bare["cells"]):
        cell |= {"id": f"cell{number}", "execution_count": None}
    path.write_text(json.dumps(bare))
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match=r"broken\.ipynb, cell \d+: RuntimeError: too hot"):
            book.execute(path, "quick", tmp_path)
    assert not list((tmp_path / "build" / "executed").iterdir())


def test_a_reference_keeps_what_is_compared_and_drops_the_rest() -> None:
    shown = {
        "output_type": "display_data",
        "data": {"application/papermill.record/image/png": "x", "image/png": "x", "text/plain": "y"},
        "metadata": {},
    }
    check = {
        "output_type": "display_data",
        "data": {"text/plain": "holds"},
        "metadata": {"check": {"label": "a", "worst": 1e-17}},
    }
    executed = notebook(
        code("profile = 2", "injected-parameters"), code("a", outputs=[shown, check]),
        code("b", "nbval-ignore-output", outputs=[shown]),
    )  # fmt: skip
    executed["metadata"] = {"papermill": {"input_path": "a"}, "kernelspec": {"name": "python3"}}
    kept = book.reference_copy(executed)
    assert kept["metadata"] == {"kernelspec": {"name": "python3"}}
    assert [len(cell["outputs"]) for cell in kept["cells"]] == [2, 0]
    assert kept["cells"][0]["outputs"][0]["data"] == {"text/plain": "y"}
    assert kept["cells"][0]["outputs"][1]["metadata"]["check"] == {"label": "a"}


CHAPTER = r"""
```{prf:proposition} Where $x$ is
:label: prop-x
:class: ours

It is there.
```

:::{admonition} Erratum to Eq. 7
:class: erratum
:name: erratum-7

{.printed}
Printed: $a = b$,
over two lines.

{.corrected}
Corrected: $a = -b$.

The reason.
:::

```{admonition} Answer
:class: dropdown
Not a statement.
```
"""


def checks(*found: dict[str, Any]) -> dict[str, Any]:
    return code(
        "checked", outputs=[{"output_type": "display_data", "data": {}, "metadata": {"check": c}} for c in found]
    )


def chapters(root: Path, *cells: dict[str, Any]) -> Path:
    (root / "build" / "executed").mkdir(parents=True)
    (root / "_toc.yml").write_text("- file: notebooks/a")
    (root / "build" / "executed" / "a.ipynb").write_text(json.dumps(notebook(*cells)))
    return root


BOUNDED = {"label": "prop-x", "what": "it never_rises", "worst": 2.345e-17, "at_most": 1e-12}
FAILS = {"label": "erratum-7", "what": "the gap", "worst": 0.0761, "at_least": 0.05}


def test_the_page_of_proofs_lists_every_statement_with_its_bound_and_worst_case(tmp_path: Path) -> None:
    exact = {"label": "prop-x", "what": "symbolically"}
    page = book.proofs_page(chapters(tmp_path, prose(CHAPTER), checks(BOUNDED, exact, FAILS)))
    assert "* - {prf:ref}`prop-x`: Where $x$ is [ours]{.ours-mark}\n  - It never\\_rises" in page
    assert "  - $\\le 10^{-12}$\n  - $2.3 \\cdot 10^{-17}$" in page
    assert "* -\n  - Symbolically\n  - exact\n  - –" in page
    assert (
        "{ref}`Erratum to Eq. 7 <erratum-7>`\n  - The gap, so the printed line fails\n  - $\\ge 0.05$\n  - $0.076$"
        in page
    )
    assert "2 statements, 3 checks" in page
    assert "Answer" not in page


def test_a_statement_without_a_check_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"the erratum 'Erratum to Eq\. 7' has no executed check under its label"):
        book.proofs_page(chapters(tmp_path, prose(CHAPTER), checks(BOUNDED)))


def test_the_page_of_errata_gathers_the_printed_and_the_corrected_line(tmp_path: Path) -> None:
    page = book.errata_page(chapters(tmp_path, prose(CHAPTER), checks(BOUNDED, FAILS)))
    assert ":::{admonition} {ref}`Erratum to Eq. 7 <erratum-7>`" in page
    assert "{.printed}\nPrinted: $a = b$,\nover two lines.\n\n{.corrected}\nCorrected: $a = -b$.\n" in page
    assert "✓ The gap, so the printed line fails: bound $\\ge 0.05$, found $0.076$." in page
    assert "The reason." not in page
    assert "prop-x" not in page


@pytest.mark.parametrize("name", ["proofs", "errata"])
def test_the_generated_pages_and_the_chapter_are_linked(name: str) -> None:
    page = (HTML / "book" / f"{name}.html").read_text()
    assert 'href="../notebooks/large_margin_softmax.html#erratum-2-5"' in page


def test_on_paper_folds_are_open_and_links_stay_within_the_page() -> None:
    page = '<details class="not-run"><a href="../book/provenance.html">here</a><a href="#prop-x">there</a></details>'
    file = '<a class="reference download internal" download="" href="_downloads/ledger.csv"><span>all</span></a>'
    assert book.for_paper(page + file) == (
        '<details class="not-run" open><a href="#document-book/provenance">here</a>'
        '<a href="#prop-x">there</a></details><span>all</span>'
    )


def test_the_pdf_leads_to_no_folder_of_this_machine() -> None:
    if (HTML / book.PDF).exists():  # there is none where there is no Chromium
        assert b"file:" not in (HTML / book.PDF).read_bytes()


def test_the_introduction_links_to_the_pdf_just_when_there_is_one() -> None:
    assert (book.PDF in (HTML / "intro.html").read_text()) == (HTML / book.PDF).exists()
    text = (ROOT / "intro.md").read_text()
    assert text.count(book.PDF) == 1
    assert book.without_pdf(text).splitlines() == [line for line in text.splitlines() if book.PDF not in line]


@pytest.mark.skipif(book.browser() is None, reason="there is no Chromium (apt-get install chromium)")
def test_the_pdf_holds_the_whole_book() -> None:
    printed = (HTML / book.PDF).read_bytes()
    assert printed.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", printed)) >= 15
    assert b"/Outlines" in printed


def test_a_browser_that_does_not_print_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>text</p>")
    with pytest.raises(ValueError, match="did not print the PDF"):
        book.print_pdf("false", tmp_path / "page.html", tmp_path / "page.pdf")


def test_no_browser_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "")
    assert book.browser() is None
    monkeypatch.setenv("CHROMIUM", "mine")
    assert book.browser() == "mine"


def test_the_launcher_for_outside_code_is_taken_out() -> None:
    launcher = (
        '<script>const THEBE_JS_URL = "https://x";</script>\n<script async src="_static/sphinx-thebe.js?v=1"></script>'
    )
    page = f"<head><script>let kept = 1</script>{launcher}<script src='kept.js'></script></head>"
    assert book.without_thebe(page) == "<head><script>let kept = 1</script><script src='kept.js'></script></head>"
    assert not any("unpkg" in path.read_text() for path in HTML.rglob("*.html"))


def test_buttons_appear_only_where_the_address_is_known(tmp_path: Path) -> None:
    import yaml

    config = tmp_path / "_config.yml"
    config.write_text((ROOT / "_config.yml").read_text())
    assert "repository" not in yaml.safe_load(config.read_text())
    book.switch_on_buttons(config, "https://example.org/a/b")
    settings = yaml.safe_load(config.read_text())
    assert settings["repository"]["url"] == "https://example.org/a/b"
    assert settings["html"]["use_edit_page_button"]


def test_formulas_come_with_the_book() -> None:
    page = (HTML / "notebooks" / "large_margin_softmax.html").read_text()
    assert "_static/mathjax/tex-chtml.js" in page
    assert (HTML / "_static" / "mathjax" / "tex-chtml.js").stat().st_size > 500_000
    assert len(list((HTML / "_static" / "mathjax").rglob("*.woff"))) >= 20
    assert list((HTML / "_static" / "mathjax").rglob("LICENSE*"))
