"""A chapter is executed when, and only when, what it computes from has changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cells import code, notebook, prose

from discriminative.ledger import Ledger
from discriminative.papers import experiment
from discriminative.runs import Run
from discriminative.site import execution, reading
from discriminative.site.execution import check_parameters, execute_all, execution_key
from discriminative.site.notebook import BookError, bare_chapters, executed_path, read
from discriminative.training import train

PARAMETERS = code('profile = "quick"', "parameters")


def put(root: Path, name: str, *cells: dict[str, Any]) -> Path:
    """A notebook that papermill can execute, in a project of its own."""
    bare = notebook(*cells)
    bare["metadata"] = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    for number, cell in enumerate(bare["cells"]):
        cell |= {"id": f"cell{number}"} | ({"execution_count": None} if cell["cell_type"] == "code" else {})
    path = root / "notebooks" / f"{name}.ipynb"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(bare))
    (root / "requirements.lock").write_text("torch")
    return path


@pytest.fixture
def key(root: Path) -> Callable[..., str]:
    """The key of a chapter whose one code cell is given."""
    (root / "requirements.lock").write_text("torch")

    def of(source: str, text: str = "prose", profile: str = "quick") -> str:
        return execution_key(notebook(prose(text), code(source)), "a", profile, reading.Records(root))

    return of


def test_the_key_of_an_execution_sees_code_profile_and_versions_and_not_prose(
    key: Callable[..., str], root: Path
) -> None:
    one = key("x")
    assert one == key("x", text="other prose")
    assert one != key("y")
    assert one != key("x", profile="laptop")
    (root / "requirements.lock").write_text("torch==3")
    assert one != key("x")


def test_the_key_sees_the_records_of_its_experiments_and_no_others(
    key: Callable[..., str], root: Path, tiny: Run, plain: Run
) -> None:
    one = key("x")
    ledger = Ledger.of("laptop", root)
    ledger.write(train(tiny)[0])  # of no experiment
    assert one == key("x")
    named = experiment("workhorse").arm("laptop", "softmax").run
    record = {**train(plain)[0], "id": named.id, "run": named.to_json()}
    ledger.write(record)
    two = key("x")
    assert one != two
    path = ledger.path(named)
    path.write_text(path.read_text().replace(record["source"]["hash"], "0" * 16))
    three = key("x")
    assert three not in (one, two)
    path.write_text("{")  # cut short: the book's pages say so, and here it is one more state
    assert key("x") not in (one, two, three)


TEXTS = {
    "discriminative": "",
    "discriminative.losses": "from discriminative.losses.a import A\nfrom discriminative.losses.b import B",
    "discriminative.losses.a": "from discriminative.geometry import angle\nA = 1",
    "discriminative.losses.b": "",
    "discriminative.geometry": "",
    "discriminative.report": "def f():\n    from discriminative import ledger",
    "discriminative.ledger": "from discriminative.provenance import hash\nfrom discriminative.runs import Run\nX = 1",
    "discriminative.provenance": "from discriminative import losses\nX = 1",
    "discriminative.runs": "",
}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("import numpy as np", set()),
        ("%matplotlib inline\nfrom discriminative.losses import A", {"losses.a", "geometry"}),
        ("from discriminative.losses import B as C", {"losses.b"}),
        ("from discriminative import losses", {"losses.a", "losses.b", "geometry"}),
        ("import discriminative.losses.b", {"losses.b"}),
        ("if True:\n    from discriminative import report", {"report", "ledger", "runs"}),
        ("from discriminative import provenance", {"provenance", "losses.a", "losses.b", "geometry"}),
    ],
)
def test_a_chapter_reaches_what_its_cells_import_and_what_that_imports(cell: str, expected: set[str]) -> None:
    found = reading.reached([cell], TEXTS) - {"discriminative"}
    assert found == {f"discriminative.{name}" for name in expected}


def test_the_files_of_a_chapter_are_those_modules_and_the_data_beside_them() -> None:
    files = reading.files_read("a", ["from discriminative.losses import psi"])
    names = {str(path.relative_to(reading.PACKAGE)) for path in files}
    assert "losses/_psi.py" in names
    assert not [name for name in names if name.startswith(("losses/incay", "losses/__init__", "training"))]
    assert "papers/thesis/tables.json" in {
        str(path.relative_to(reading.PACKAGE))
        for path in reading.files_read("a", ["from discriminative.papers.thesis import claims"])
    }


def test_the_texts_of_cells_are_where_papers_and_experiments_are_named() -> None:
    found = reading.texts_in(['Chapter("incay", profile)\n%matplotlib inline', "x = f('workhorse', y)"])
    assert found == {"incay", "workhorse"}


def test_a_misspelt_parameter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must have the one parameter 'profile'"):
        check_parameters(notebook(code("profil = 1", "parameters")), tmp_path / "a.ipynb")
    with pytest.raises(ValueError, match="one cell tagged parameters, got 0"):
        check_parameters(notebook(code("x")), tmp_path / "a.ipynb")


def test_a_failing_cell_is_one_sentence_and_leaves_nothing_behind(root: Path) -> None:
    broken = put(root, "broken", prose("text"), PARAMETERS, code("1 + 1"), code('raise RuntimeError("too hot")'))
    with pytest.raises(ValueError, match=r"broken\.ipynb, cell 3: RuntimeError: too hot"):
        execute_all([broken], "quick", root)
    assert not list((root / "build" / "executed").iterdir())


MEET = """
import pathlib, time
pathlib.Path("{mine}").touch()
limit = time.monotonic() + 60
while not pathlib.Path("{theirs}").exists():
    assert time.monotonic() < limit, "the other never came"
    time.sleep(0.05)
profile
"""


def test_two_chapters_are_executed_at_once_and_then_only_what_changed(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a = put(root, "a", prose("old"), PARAMETERS, code(MEET.format(mine="one", theirs="two")))
    b = put(root, "b", PARAMETERS, code(MEET.format(mine="two", theirs="one")))
    assert sorted(execute_all([a, b], "laptop", root)) == ["a", "b"]
    assert "'laptop'" in json.dumps(read(executed_path(root, "a")))
    assert execute_all([a, b], "laptop", root) == []
    put(root, "a", prose("new"), PARAMETERS, code(MEET.format(mine="one", theirs="two")))
    monkeypatch.setattr(execution, "_execute", lambda *_: pytest.fail("prose alone has changed"))
    assert execute_all([a, b], "laptop", root) == []
    assert read(executed_path(root, "a"))["cells"][0]["source"] == ["new"]
    assert "a: outputs carried over" in capsys.readouterr().out


def test_a_chapter_that_the_table_of_contents_forgot_is_named(root: Path) -> None:
    for name in ("a", "b"):
        put(root, name, PARAMETERS)
    (root / "_toc.yml").write_text("root: intro\nparts:\n- chapters:\n  - file: notebooks/b\n  - file: notebooks/a\n")
    assert [path.stem for path in bare_chapters(root)] == ["b", "a"]
    put(root, "c", PARAMETERS)
    with pytest.raises(BookError, match=r"notebooks/c\.ipynb has no line in _toc\.yml"):
        bare_chapters(root)
