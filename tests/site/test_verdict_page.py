"""All verdicts on one page: every claim, readable without a script, and the same as a table."""

from __future__ import annotations

import csv
import html
import io
import re
from pathlib import Path

from discriminative.papers import claims, papers
from discriminative.site.provenance import provenance_page
from discriminative.site.verdict_page import verdict_page, verdicts_csv
from discriminative.tables import permalink
from discriminative.verdicts import arms_of, verdicts

ROOT = Path(__file__).parents[2]
JUDGED = verdicts()
PAGE = verdict_page(ROOT, JUDGED)


def test_every_claim_has_a_row_with_its_criterion_and_a_place_of_its_own() -> None:
    for claim in claims().values():
        assert PAGE.count(f'<dl id="{permalink(claim)}">') == 1, claim.id
    rows = re.findall(r'<details class="claim"[^>]*>(.*?)</dl></details>', PAGE, flags=re.DOTALL)
    assert len(rows) == len(claims())
    assert all("<dt>Criterion</dt>" in row and "<dt>Why</dt>" in row for row in rows)


def test_without_a_script_nothing_is_hidden_but_the_filters() -> None:
    assert re.findall(r"<(\w+)[^>]* hidden[ >]", PAGE) == ["form"]


def test_a_rows_filters_are_its_verdict_its_paper_and_whether_a_number_is_printed() -> None:
    found = dict(re.findall(r'<details class="claim"([^>]*)>.*?<dl id="([^"]*)">', PAGE, flags=re.DOTALL))
    by_id = {id: head for head, id in found.items()}
    for paper in papers():
        for claim in paper.claims:
            head = by_id.get(permalink(claim))
            if head is None:  # two claims with the same filters
                continue
            assert f'data-paper="{paper.name}"' in head
    rows = re.findall(r'<details class="claim"([^>]*)>', PAGE)
    for word in {each.verdict.word for each in JUDGED.values()}:
        count = sum(each.verdict.word == word for each in JUDGED.values())
        assert sum(f'data-word="{word}"' in row for row in rows) == count
    assert sum('data-printed="yes"' in row for row in rows) == sum(
        claim.paper_effect is not None for claim in claims().values()
    )


def test_an_arm_leads_to_its_row_of_the_provenance_page_and_that_to_its_records() -> None:
    provenance = provenance_page(ROOT)
    linked = set(re.findall(r'href="\.\./book/provenance\.html#([^"]+)"', PAGE))
    assert len(linked) > 50
    assert linked <= set(re.findall(r'<span id="([^"]+)">', provenance))
    records = re.findall(r'href="\.\./results/([^"]+)"', provenance)
    assert len(records) > 1000
    assert all((ROOT / "results" / record).exists() for record in records)
    claim = claims()["C-LSM1"]
    for arm in arms_of(claim):
        assert f"records-{arm.run.id}" in linked


def test_the_table_has_a_line_a_claim_and_every_number_of_its_verdict() -> None:
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(verdicts_csv(JUDGED, ROOT)))}
    assert rows.keys() == claims().keys()
    for id, judged in JUDGED.items():
        assert rows[id]["verdict"] == judged.verdict.word
        assert rows[id]["statement"] == judged.claim.statement
    line, verdict = rows["C-LSM1"], JUDGED["C-LSM1"].verdict
    assert float(line["points"]) == verdict.points
    assert int(line["n"]) == verdict.n
    assert line["command"].startswith("discriminative run")


def test_nothing_of_a_claim_is_read_as_markup() -> None:
    for claim in claims().values():
        assert html.escape(claim.scale) in PAGE
