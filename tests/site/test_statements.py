"""Every statement with its checks, on the pages of proofs and of errata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cells import code, notebook, prose

from discriminative.site.statements import errata_page, labels, proofs_page

HTML = Path(__file__).parents[2] / "build" / "html"

CHAPTER = r"""
```{prf:proposition} Where $x$ is
:label: prop-x
:class: ours

It is there, with {eq}`eq-x`.

:::{math}
:label: eq-x
x
:::
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
    (root / "notebooks").mkdir()
    (root / "notebooks" / "a.ipynb").touch()
    (root / "_toc.yml").write_text("- file: notebooks/a")
    (root / "build" / "executed" / "a.ipynb").write_text(json.dumps(notebook(*cells)))
    return root


BOUNDED = {"label": "prop-x", "what": "it never_rises", "worst": 2.345e-17, "at_most": 1e-12}
FAILS = {"label": "erratum-7", "what": "the gap", "worst": 0.0761, "at_least": 0.05}


def test_the_page_of_proofs_lists_every_statement_with_its_bound_and_worst_case(tmp_path: Path) -> None:
    exact = {"label": "prop-x", "what": "symbolically"}
    page = proofs_page(chapters(tmp_path, prose(CHAPTER), checks(BOUNDED, exact, FAILS)))
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
        proofs_page(chapters(tmp_path, prose(CHAPTER), checks(BOUNDED)))


def test_the_page_of_errata_gathers_the_printed_and_the_corrected_line(tmp_path: Path) -> None:
    page = errata_page(chapters(tmp_path, prose(CHAPTER), checks(BOUNDED, FAILS)))
    assert ":::{admonition} {ref}`Erratum to Eq. 7 <erratum-7>`" in page
    assert "{.printed}\nPrinted: $a = b$,\nover two lines.\n\n{.corrected}\nCorrected: $a = -b$.\n" in page
    assert "✓ The gap, so the printed line fails: bound $\\ge 0.05$, found $0.076$." in page
    assert "The reason." not in page
    assert "prop-x" not in page


@pytest.mark.parametrize("name", ["proofs", "errata"])
def test_the_generated_pages_and_the_chapter_are_linked(name: str) -> None:
    page = (HTML / "book" / f"{name}.html").read_text()
    assert 'href="../notebooks/large_margin_softmax.html#erratum-2-5"' in page


def test_labels_are_those_of_places_figures_statements_and_equations() -> None:
    text = "(a-place)=\n# T\n```{math}\n:label: eq-one\nx\n```\n$$\ny\n$$ (eq-two)\n"
    text += "```{figure} a.png\n:name: fig-a\n:alt: none\n```"
    assert labels(notebook(prose(text), code("(not-one)="))) == {"a-place", "eq-one", "eq-two", "fig-a"}


def test_what_a_chapter_glues_into_an_erratum_is_found_from_the_page_of_errata(tmp_path: Path) -> None:
    text = CHAPTER.replace("Corrected: $a = -b$.", "Corrected: {glue:text}`gap:.2f`, beside {glue:text}`b.ipynb::c`.")
    page = errata_page(chapters(tmp_path, prose(text), checks(BOUNDED, FAILS)))
    assert "Corrected: {glue:text}`../notebooks/a.ipynb::gap:.2f`, beside {glue:text}`b.ipynb::c`." in page
