"""A book of two chapters, built as ours is: numbers of equations, statements and figures belong to their chapter."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from cells import notebook, prose

from discriminative.site.build import build_site
from discriminative.site.notebook import BookError

ROOT = Path(__file__).parents[2]
CHAPTER = r"""# Chapter {name}

```{{math}}
:label: eq-{name}-one
x = 1
```

```{{math}}
:label: eq-{name}-two
y = 2
```

```{{prf:theorem}} Of {name}
:label: thm-{name}
It is {{eq}}`eq-{name}-two`, not {{eq}}`eq-{other}-two`, and {{prf:ref}}`thm-{other}` says so.
```
"""


def laid_out(root: Path) -> Path:
    """A staged book of two chapters that refer to each other."""
    site = root / "build" / "site"
    shutil.copytree(ROOT / "book" / "assets", site / "book" / "assets")
    shutil.copy(ROOT / "book" / "references.bib", site / "book")
    shutil.copy(ROOT / "_config.yml", site)
    (site / "intro.md").write_text("# The book\n\nText.\n")
    chapters = "".join(f"  - file: notebooks/{name}\n" for name in ("a", "b"))
    parts = f"parts:\n- caption: The papers\n  chapters:\n{chapters}"
    (site / "_toc.yml").write_text(f"format: jb-book\nroot: intro\ndefaults:\n  numbered: true\n{parts}")
    (site / "notebooks").mkdir()
    for name, other in (("a", "b"), ("b", "a")):
        cells = [prose(CHAPTER.format(name=name, other=other)) | {"id": "one"}]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        (site / "notebooks" / f"{name}.ipynb").write_text(json.dumps(notebook(*cells) | {"metadata": kernel}))
    return root


def built(root: Path) -> dict[str, str]:
    (root / "build" / "site.before").mkdir()  # what staging leaves
    build_site(root)
    assert not (root / "build" / "site.before").exists()
    return held(root)


def held(root: Path) -> dict[str, str]:
    """Every file of the built book, its bytes as text."""
    html = root / "build" / "html"
    return {
        str(path.relative_to(html)): path.read_bytes().decode("latin-1") for path in html.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laid_out(tmp_path_factory.mktemp("book"))


@pytest.fixture(scope="module")
def pages(root: Path) -> dict[str, str]:
    found = built(root)
    return {name: found[f"notebooks/{name}.html"] for name in ("a", "b")}


def test_what_is_not_parsed_again_comes_out_as_if_it_were(root: Path, pages: dict[str, str], tmp_path: Path) -> None:
    for place in (root, laid_out(tmp_path)):
        chapter = place / "build" / "site" / "notebooks" / "a.ipynb"
        more = "\\n\\n```{math}\\n:label: eq-a-zero\\nz = 0\\n```"
        chapter.write_text(chapter.read_text().replace("# Chapter a", f"# Chapter a, longer{more}"))
    again, fresh = built(root), built(tmp_path)
    log = (root / "build" / "jupyter-book-html.log").read_text()
    assert re.search(r"0 added, 1 changed, 0 removed", log)
    assert again.keys() == fresh.keys()
    assert again == fresh  # every file, byte for byte
    assert "(1.3)" in again["notebooks/b.html"]  # of an equation in a, which has moved


def test_a_label_that_has_gone_is_missed_by_a_page_that_was_not_parsed_again(root: Path, pages: dict[str, str]) -> None:
    chapter = root / "build" / "site" / "notebooks" / "a.ipynb"
    text = chapter.read_text()
    chapter.write_text(text.replace(":label: thm-a", ":label: thm-gone"))
    before = held(root)
    with pytest.raises(BookError, match="jupyter-book refused the book"):
        build_site(root)
    assert held(root) == before
    chapter.write_text(text)
    assert "0 changed" in (build_site(root), (root / "build" / "jupyter-book-html.log").read_text())[1]


@pytest.mark.parametrize(("name", "number"), [("a", 1), ("b", 2)])
def test_an_equation_has_the_number_of_its_chapter(pages: dict[str, str], name: str, number: int) -> None:
    shown = re.findall(r'class="eqno">\(([\d.]+)\)<a class="headerlink" href="#equation-(eq-[ab]-\w+)"', pages[name])
    assert shown == [(f"{number}.1", f"eq-{name}-one"), (f"{number}.2", f"eq-{name}-two")]


@pytest.mark.parametrize(("name", "own", "other"), [("a", "1.2", "2.2"), ("b", "2.2", "1.2")])
def test_a_reference_shows_the_number_that_stands_at_the_equation(
    pages: dict[str, str], name: str, own: str, other: str
) -> None:
    shown = re.findall(r'href="([^"]*)#equation-eq-([ab])-two">\(([\d.]+)\)', pages[name])
    away = "b" if name == "a" else "a"
    assert shown == [("", name, own), (f"{away}.html", away, other)]


@pytest.mark.parametrize(("name", "number"), [("a", "1.1"), ("b", "2.1")])
def test_a_statement_has_the_number_of_its_chapter_there_and_from_the_other(
    pages: dict[str, str], name: str, number: str
) -> None:
    other = "b" if name == "a" else "a"
    here, there = (re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", pages[page])) for page in (name, other))
    assert f"Theorem {number} (Of {name})" in here
    assert f", and Theorem {number} says so." in there
