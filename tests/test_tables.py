"""Tables: the paper's cells beside ours, every empty cell with its reason, what other code made with a mark."""

from __future__ import annotations

import ast
import html
import itertools
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from discriminative import tables
from discriminative.evidence import MARKS, Arms, mark
from discriminative.figures.caption import caption
from discriminative.ledger import HOLDS, Ledger, arm_key
from discriminative.papers import papers, printed
from discriminative.papers.shared import MARGINS
from discriminative.provenance import source_hash
from discriminative.runs import Optimizer, Run
from discriminative.site.provenance import MEANING
from discriminative.statistics import Verdict
from discriminative.study import Arm, Fewer, Paper
from discriminative.tables import Column
from discriminative.training import train
from discriminative.verdicts import arms_of, verdicts

RESULTS = Ledger(Path(__file__).parents[1] / "results")


@pytest.fixture
def ledger(tmp_path: Path, plain: Run) -> tuple[Ledger, Arm]:
    ledger, arm = Ledger(tmp_path), Arm("softmax", plain, (0, 1), "Softmax")
    for run in arm.runs():
        ledger.write(*train(run))
    return ledger, arm


def column(arm: Arm, ledger: Ledger) -> Column:
    return Column({arm.row or "": (arm, "discriminative run x")}, ledger)


def rows(shown: str) -> dict[str, str]:
    """The rows of a table by their heading, less its links."""
    found = re.findall(r'<th scope="row">(.*?)</tr>', shown, flags=re.DOTALL)
    return {re.sub(r"</?a\b[^>]*>", "", row.split("</th>")[0]): row for row in found}


def test_a_table_puts_ours_beside_the_papers_cell(ledger: tuple[Ledger, Arm]) -> None:
    shown = tables.paper_table("thesis", "2.2", {"ours": column(ledger[1], ledger[0])}, title="Errors.")
    errors = [
        100 * wrong / 360 for wrong in Arms([ledger[1]], ledger[0]).wrong("softmax").values() if wrong is not None
    ]
    row = rows(shown)["Softmax"]
    assert ">0.40<" in row
    assert f"{sum(errors) / 2:.2f}" in row
    assert "n = 2" in row
    assert len(rows(shown)) == 13
    assert shown.index("Errors.") < shown.index("<table")
    assert '<th scope="col">Paper, error %</th>' in shown


def test_every_empty_cell_carries_its_reason_in_sight(tmp_path: Path, plain: Run) -> None:
    arm = Arm("softmax", plain, (0,), "Softmax")
    shown = tables.paper_table("thesis", "2.2", {"ours": column(arm, Ledger(tmp_path))}, title="Errors.")
    found = rows(shown)
    assert "–<sup>1</sup>" in found["Hinge Loss"]
    assert "–<sup>2</sup>" in found["Softmax"]
    assert "<sup>1</sup> not run at this scale." in shown
    assert "<sup>2</sup> not run: <code>discriminative run x</code>." in shown
    assert "title=" not in shown


def test_rows_that_a_paper_quotes_are_folded_and_its_references_are_not_ours(tmp_path: Path, plain: Run) -> None:
    ours = {"ours": column(Arm("softmax", plain, (0,), "Softmax"), Ledger(tmp_path))}
    for shown, count, one in (
        (tables.paper_table("thesis", "2.2", ours, title="Errors."), 8, "R-CNN"),
        (tables.printed_table("include_exclude", "2", title="Printed."), 6, "R-CNN"),
        (tables.paper_table("incay", "1", ours, title="Faces.", column="mAcc"), 6, "COCO"),
    ):
        above, folded = shown.split('<details class="quoted">')
        assert folded.startswith(f"<summary>{count} rows quoted from elsewhere</summary>")
        assert len(rows(folded)) == count
        assert any(row.startswith(one) for row in rows(folded))
        assert not any(tables.QUOTED.search(row) for row in rows(above))
        assert not re.search(r"(?<!the paper's )\[\d+\]", shown)
    assert "R-CNN <small>the paper's [51]</small>" in tables.paper_table("thesis", "2.2", ours, title="Errors.")


def test_a_cell_whose_runs_all_diverged_says_so(tmp_path: Path, plain: Run) -> None:
    ledger, arm = Ledger(tmp_path), Arm("softmax", replace(plain, optimizer=Optimizer(1e12)), (0, 1), "Softmax")
    for run in arm.runs():
        ledger.write(*train(run))
    shown = tables.paper_table("thesis", "2.2", {"ours": column(arm, ledger)}, title="Errors.")
    assert f'#{tables.records_anchor(arm)}">diverged</a> <small>2 of 2</small>' in rows(shown)["Softmax"]
    assert "<sup>1</sup> every run diverged." in tables.arms_table(
        Arms([arm], ledger, "discriminative run x"), title="Arms."
    )


def test_a_table_of_accuracies_is_not_headed_error() -> None:
    faces = Column({}, RESULTS, "no data")
    shown = tables.paper_table("thesis", "2.5", {"ours": faces}, title="Faces.", column="Accuracy", unit="accuracy %")
    assert "Paper, accuracy %" in shown
    assert "error" not in shown
    assert "<sup>1</sup> no data." in shown


def test_the_papers_scale_fills_its_column_as_records_come(paper_scale: Ledger) -> None:
    here = {"ours": Column.of("thesis-table-2-3", "paper")}
    found = rows(tables.paper_table("thesis", "2.3", here, title="Errors.", column="CIFAR10"))
    assert "8.10" in found["L-Softmax (m=4)"]
    assert "n = 5" in found["Softmax"]
    assert "–<sup>" in found["L-Softmax (m=2)"]


def test_before_the_tuning_the_margins_cells_say_what_they_wait_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCRIMINATIVE_ROOT", str(tmp_path))
    shown = tables.paper_table("thesis", "2.4", {"ours": Column.of("thesis-table-2-4", "paper")}, title="Errors.")
    command = "<code>discriminative run thesis-tuning thesis-table-2-4 --profile paper</code>"
    assert f"<sup>1</sup> not run: {command}." in shown
    assert f"<sup>2</sup> not run, and thesis-tuning has to choose its setting first: {command}." in shown
    assert "–<sup>1</sup>" in rows(shown)["Softmax"]
    assert "–<sup>2</sup>" in rows(shown)["L-Softmax (m=4)"]


def test_after_the_tuning_a_row_without_an_arm_waits_for_nothing() -> None:
    shown = tables.paper_table(
        "weights_biased", "1", {"ours": Column.of("wsm-tuned", "laptop")}, title="Errors.", column="test accuracy"
    )
    assert "<sup>1</sup> not run at this scale." in shown
    assert "has to choose" not in shown


def test_a_column_takes_arms_of_other_experiments_with_their_commands() -> None:
    found = Column.of("workhorse", "laptop", also={"Hinge Loss": ("family", "hinge")}).cells
    assert set(found) == {"Hinge Loss", "Softmax", *(f"L-Softmax (m={m})" for m in MARGINS)}
    arm, command = found["Hinge Loss"]
    assert (arm.run.loss, command) == ("hinge", "discriminative run family --profile laptop")


@pytest.fixture
def old(tmp_path: Path, plain: Run) -> tuple[Ledger, Arm]:
    """An arm of one record that other code made."""
    ledger, arm = Ledger(tmp_path), Arm("softmax", plain, (0,), "Softmax")
    record, arrays = train(plain.with_seed(0))
    record["source"]["hash"] = "0" * 16
    ledger.write(record, arrays)
    return ledger, arm


def test_what_other_code_made_is_marked_until_it_is_verified(old: tuple[Ledger, Arm]) -> None:
    ledger, arm = old
    run = arm.runs()[0]

    def shown() -> str:
        return (
            tables.paper_table("thesis", "2.2", {"ours": column(arm, ledger)}, title="Errors.")
            + tables.arms_table(Arms([arm], ledger, "discriminative run x"), title="Arms.")
            + tables.plain_table(["Arm"], [[f"softmax {mark([ledger.read(run)], ledger)}"]], title="Arms.")
            + caption(Arms([arm], ledger))
        )

    def counts() -> tuple[int, int, int]:
        told = shown()
        return told.count("‡"), told.count("§"), told.count('href="../book/provenance.html"')

    assert counts() == (7, 0, 3)
    assert "‡ Rests on unchecked records: made by other code" in shown()
    assert "‡ 1 of 1 records unchecked: made by other code" in shown()
    for equal, expected in ((False, (0, 7, 3)), (True, (0, 0, 0))):
        key = arm_key(run), "0" * 16
        ledger.note_verified({key: {"hash": source_hash(run), "equal": equal, "run": run.id}})
        assert counts() == expected


def test_every_standing_but_the_best_has_a_mark() -> None:
    assert {*HOLDS, *MARKS} == set(MEANING)


def test_an_arm_counts_its_runs_above_half_wrong_as_collapsed(tmp_path: Path, plain: Run) -> None:
    ledger, arm = Ledger(tmp_path), Arm("softmax", plain, (0, 1, 2))
    for run, wrong in zip(arm.runs(), (180, 181, 324), strict=True):  # of 360
        record = train(run)[0]
        record["metrics"]["test"]["wrong"] = wrong
        ledger.write(record)
    assert re.findall(r">([^<]*)</td>", tables.arms_table(Arms([arm], ledger, "discriminative run x"), title="Runs."))[
        -3:
    ] == [
        "3",
        "0",
        "2",
    ]


def test_a_chip_is_readable_without_its_colour() -> None:
    assert ">▼ reversed<" in tables.chip(Verdict("reversed"))


def text(shown: str) -> str:
    return html.unescape(re.sub(r"<.*?>", " ", shown)).replace("\xa0", " ")


def test_the_table_of_verdicts_has_units_what_is_printed_of_what_and_confirmatory_claims_first() -> None:
    shown = tables.verdicts_table("thesis", RESULTS)
    found = {name.split(":")[0]: text(row) for name, row in rows(shown).items()}
    for judged in verdicts("thesis", RESULTS).values():
        claim, verdict = judged.claim, judged.verdict
        row = found[claim.id]
        if verdict.word == "not run":
            continue
        if isinstance(claim.test, Fewer) and math.isfinite(verdict.effect):
            assert re.search(r" points (fewer|more) ", row)
        if claim.paper_effect is not None:
            assert claim.paper_scale in row
        assert ("‡" in row) == bool(mark(Arms(arms_of(claim), RESULTS).records(), RESULTS).count("‡"))
    assert "all of MNIST, the thesis' network" in found["C-LSM1f"]
    assert "all of CIFAR-10, the thesis' network" in found["C-LSM2c"]
    order = [name.split(":")[0] for name in rows(shown)]
    assert order[:2] == ["C-LSM1", "C-LSM1f"]
    assert 'href="#prop-concentration"' in rows(shown)[next(name for name in rows(shown) if "C-TH4" in name)]


def test_what_was_not_run_is_folded_below_with_its_reason_and_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCRIMINATIVE_ROOT", str(tmp_path))
    shown = tables.verdicts_table("thesis")
    above, below = shown.split('<details class="not-run">')
    assert list(rows(above)) == [next(name for name in rows(shown) if "C-TH4" in name)]
    found = {name.split(":")[0]: text(row) for name, row in rows(below).items()}
    assert "discriminative run workhorse --profile laptop" in found["C-LSM1"]
    assert "no record yet" in found["C-LSM1"]
    assert "discriminative run thesis-tuning thesis-table-2-3 --profile paper" in found["C-LSM2"]
    assert "thesis-tuning has to choose its setting first" in found["C-LSM2"]
    assert [name.split(":")[0] for name in rows(below)][:5] == ["C-LSM1", "C-LSM1f", "C-LSM2", "C-LSM3", "C-LSM4"]


def test_a_table_of_texts_folds_the_rows_that_a_paper_quotes() -> None:
    shown = tables.plain_table(["Row", "%"], [["a", "1"]], title="Rows.", quoted=[["b [7]", "2"]])
    open_rows, folded = shown.split("<details")
    assert "b [7]" not in open_rows
    assert "1 row quoted from elsewhere" in folded
    assert "b [7]" in folded
    assert "<details" not in tables.plain_table(["Row", "%"], [["a", "1"]], title="Rows.")


def test_a_few_claims_are_told_in_a_line_each_with_a_link_to_their_rows() -> None:
    shown = tables.brief(verdicts("thesis", RESULTS), "C-LSM1", "C-TH4")
    assert shown.count("<li>") == 2
    assert 'href="#c-lsm1"' in shown
    assert "points fewer" in shown
    assert "(2,000 MNIST images, LeNet-64)" in text(shown)
    assert "lost" not in text(shown)
    assert "8 of 12 pairs lost" in text(tables.brief(verdicts("thesis", RESULTS), "C-LSM11a"))
    table = tables.verdicts_table("thesis", RESULTS)
    assert 'id="c-lsm1"' in table
    assert 'id="c-th4"' in table


def calls(path: Path) -> list[tuple[str, str]]:
    """Number and column of every printed table that a chapter shows; names that a loop over literals binds are read."""
    found: list[tuple[str, str]] = []
    for cell in json.loads(path.read_text())["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] != "code" or not re.search(r"chapter\.(printed_)?table\(", source):
            continue
        tree, bound = ast.parse(source), {}
        for loop in (node for node in ast.walk(tree) if isinstance(node, ast.For)):
            targets = loop.target.elts if isinstance(loop.target, ast.Tuple) else [loop.target]
            rows = loop.iter.elts if isinstance(loop.iter, ast.Tuple | ast.List) else []
            for i, target in enumerate(targets):
                cells = [row.elts[i] if isinstance(loop.target, ast.Tuple) else row for row in rows]
                bound[ast.unparse(target)] = [
                    ast.literal_eval(each) for each in cells if isinstance(each, ast.Constant)
                ]
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if ast.unparse(call.func) not in ("chapter.table", "chapter.printed_table"):
                continue
            whole = "" if ast.unparse(call.func).endswith("printed_table") else "Error Rate"
            named = {word.arg: word.value for word in call.keywords}.get("column", ast.Constant(whole))
            values = [
                [each.value] if isinstance(each, ast.Constant) else bound[ast.unparse(each)]
                for each in (call.args[0], named)
            ]
            assert all(values), ast.unparse(call)
            found += itertools.product(*values)
    return found


@pytest.mark.parametrize("paper", papers(), ids=lambda paper: paper.name)
def test_every_printed_table_of_a_chapter_has_a_row(paper: Paper) -> None:
    shown = calls(Path(__file__).parents[1] / "notebooks" / f"{paper.notebook}.ipynb")
    assert shown or paper.name == "verification"
    for number, column in shown:
        cells = printed(paper.name, number)
        assert [row for row, has in cells if column in ("", has)], (number, column)


def test_a_table_without_a_row_is_an_error() -> None:
    with pytest.raises(
        ValueError, match="table 1 of weights_biased must have a row in the column 'Error Rate', got none"
    ):
        tables.paper_table("weights_biased", "1", {}, title="Accuracy.")
