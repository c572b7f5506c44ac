"""The built book, and the tools that build it."""

from __future__ import annotations

import json
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
    shown = {"output_type": "display_data", "data": {"image/png": "x", "text/plain": "y"}, "metadata": {}}
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
