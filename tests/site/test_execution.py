"""A chapter is executed when, and only when, what it computes from has changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cells import code, notebook, prose

from discriminative.site.execution import check_parameters, execute, execution_key


def test_the_key_of_an_execution_sees_code_and_records_and_not_prose(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "requirements.lock").write_text("torch")
    one = execution_key(notebook(prose("a"), code("x")), "quick", tmp_path)
    assert one == execution_key(notebook(prose("b"), code("x")), "quick", tmp_path)
    assert one != execution_key(notebook(prose("a"), code("y")), "quick", tmp_path)
    assert one != execution_key(notebook(prose("a"), code("x")), "laptop", tmp_path)
    (tmp_path / "results" / "mnist").mkdir(parents=True)
    (tmp_path / "results" / "mnist" / "a.json").write_text("{}")
    assert one != execution_key(notebook(prose("a"), code("x")), "quick", tmp_path)


def test_a_misspelt_parameter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must have the one parameter 'profile'"):
        check_parameters(notebook(code("profil = 1", "parameters")), tmp_path / "a.ipynb")
    with pytest.raises(ValueError, match="one cell tagged parameters, got 0"):
        check_parameters(notebook(code("x")), tmp_path / "a.ipynb")


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
            execute(path, "quick", tmp_path)
    assert not list((tmp_path / "build" / "executed").iterdir())
