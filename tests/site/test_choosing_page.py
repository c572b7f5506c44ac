"""Which loss: every number of the page comes from a record or from the formula that it names."""

from __future__ import annotations

import html
import math
import re
from pathlib import Path

from discriminative.evidence import Arms
from discriminative.ledger import Ledger
from discriminative.losses import best_probability, equal_margins, suggest_scale
from discriminative.papers import experiment
from discriminative.site.choosing import Data, by_data, choosing_page, lost, margins, scales, tuning
from discriminative.site.cost import ratios
from discriminative.site.provenance import provenance_page
from discriminative.verdicts import percent_told

ROOT = Path(__file__).parents[2]
RESULTS = Ledger(ROOT / "results")


def rows(shown: str) -> dict[str, list[str]]:
    """The cells of a table by their heading, as a reader sees them; of headings that repeat, the first."""
    found: dict[str, list[str]] = {}
    for row in re.findall(r'<tr><th scope="row">(.*?)</tr>', shown, flags=re.DOTALL):
        head, *cells = (html.unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.split(r"</t[hd]>", row)[:-1])
        found.setdefault(head, cells)
    return found


def test_a_cell_is_the_paired_change_of_the_error_and_leads_to_its_records() -> None:
    shown = by_data(RESULTS)
    pairs = Arms.of("workhorse", "laptop", "softmax", "m=4", ledger=RESULTS)
    verdict = pairs.errors_against("softmax", "m=4")
    cells = rows(shown)["L-Softmax m = 4"]
    assert any(cell.startswith(percent_told(verdict.effect)) for cell in cells)
    assert f'#records-{pairs["m=4"].run.id}"' in shown
    linked = set(re.findall(r"provenance\.html#([^\"]+)", shown + tuning(RESULTS) + lost(RESULTS)))
    assert len(linked) > 30
    page = provenance_page(ROOT)
    assert {link for link in linked if f'id="{link}"' not in page} == set()


def test_every_column_and_every_row_holds_a_number() -> None:
    table = rows(by_data(RESULTS))
    assert all(any(cell != "–" for cell in cells) for cells in table.values())
    assert all(any(cells[i] != "–" for cells in table.values()) for i in range(len(next(iter(table.values())))))


def test_errors_of_pairs_of_unseen_classes_are_called_that() -> None:
    run = experiment("unseen-characters-tuning").at("laptop")[0].run
    assert Data(run).told == "Omniglot, pairs of unseen classes, tuned there"


def test_a_loss_that_lost_a_run_is_listed_with_it() -> None:
    shown = lost(RESULTS)
    arm = Arms.of("literal", "laptop", ledger=RESULTS)
    name = next(iter(arm))
    assert sum(arm.lost(name)) > 0
    assert f"records-{arm[name].run.id}" in shown
    count = int(re.search(r"The (\d+) of \d+ settings", shown)[1])  # type: ignore[index]
    assert len(re.findall("<tbody>.*</tbody>", shown)[0].split("<tr>")) - 1 == count


def test_scales_and_margins_are_those_of_the_functions() -> None:
    table = rows(scales())
    assert table["1,000"][2] == f"{suggest_scale(1000, 0.999):.1f}"
    assert table["1,000"][3] == f"{best_probability(1000, 4):.3f}"
    found = equal_margins(math.radians(20), math.acos(-1 / 9))
    assert rows(margins())["20°"] == [f"{value:.2f}" for value in found.values() if value is not None]


def test_the_cost_is_what_was_measured() -> None:
    assert ratios(ROOT, "head")["softmax"][10] == 1.0
    assert f"{ratios(ROOT, 'head')['NormFace'][1000]:.2f}" in choosing_page(ROOT)


def test_the_page_has_no_mark_left_and_its_code_runs() -> None:
    page = choosing_page(ROOT)
    assert "<!--" not in page
    for block in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL):
        exec(block, {})
