"""What Jupyter Book is given to read."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest
from cells import code, notebook, prose

from discriminative.ledger import Ledger, read_record
from discriminative.site.claims import verdicts_json
from discriminative.site.notebook import BookError
from discriminative.site.provenance import export_csv
from discriminative.site.staging import (
    GENERATED,
    PDF,
    check_labels,
    keep_times,
    stage_figures,
    switch_on_buttons,
    without_pdf,
)
from discriminative.site.verdict_page import verdict_page
from discriminative.verdicts import verdicts

ROOT = Path(__file__).parents[2]
HTML = ROOT / "build" / "html"


def test_the_introduction_links_to_the_pdf_just_when_there_is_one() -> None:
    assert (PDF in (HTML / "intro.html").read_text()) == (HTML / PDF).exists()
    text = (ROOT / "intro.md").read_text()
    assert text.count(PDF) == 1
    assert without_pdf(text).splitlines() == [line for line in text.splitlines() if PDF not in line]


def test_buttons_appear_only_where_the_address_is_known(tmp_path: Path) -> None:
    import yaml

    config = tmp_path / "_config.yml"
    config.write_text((ROOT / "_config.yml").read_text())
    assert "repository" not in yaml.safe_load(config.read_text())
    switch_on_buttons(config, "https://example.org/a/b")
    settings = yaml.safe_load(config.read_text())
    assert settings["repository"]["url"] == "https://example.org/a/b"
    assert settings["html"]["use_edit_page_button"]


def test_formulas_come_with_the_book() -> None:
    page = (HTML / "notebooks" / "large_margin_softmax.html").read_text()
    assert "_static/mathjax/tex-chtml.js" in page
    assert (HTML / "_static" / "mathjax" / "tex-chtml.js").stat().st_size > 500_000
    assert len(list((HTML / "_static" / "mathjax").rglob("*.woff"))) >= 20
    assert list((HTML / "_static" / "mathjax").rglob("LICENSE*"))


def test_a_label_in_two_chapters_stops_the_build_and_names_both() -> None:
    one, two = notebook(prose("(eq-a)=\ntext")), notebook(prose("$$\nx\n$$ (eq-a)"))
    check_labels([("first", one), ("second", notebook(prose("(eq-b)=")))])
    with pytest.raises(BookError, match=r"'eq-a' stands in first\.ipynb and in second\.ipynb"):
        check_labels([("first", one), ("second", two)])


def test_pictures_of_two_chapters_keep_apart(tmp_path: Path) -> None:
    for stem in ("first", "second"):
        data = {"application/papermill.record/image/png": base64.b64encode(stem.encode()).decode()}
        shown = {"output_type": "display_data", "data": data, "metadata": {"scrapbook": {"name": "fig-a"}}}
        stage_figures(notebook(code("glue", outputs=[shown])), tmp_path / stem)
    assert [(tmp_path / stem / "fig-a.png").read_text() for stem in ("first", "second")] == ["first", "second"]


def test_a_staged_file_keeps_its_time_just_as_long_as_its_content(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for folder, texts in ((before, {"same": "a", "other": "b"}), (after, {"same": "a", "other": "c", "new": "d"})):
        folder.mkdir()
        for name, text in texts.items():
            (folder / name).write_text(text)
            os.utime(folder / name, (1000, 1000) if folder == before else (500, 500))
    keep_times(before, after)
    times = {path.name: path.stat().st_mtime for path in after.iterdir()}
    assert times["same"] == 1000
    assert min(times["other"], times["new"]) > 1e9


def test_no_page_alters_a_record_that_others_read() -> None:
    judged, ledger = verdicts(), Ledger.of("paper", ROOT)
    records = ledger.records()
    for page in GENERATED.values():
        page(ROOT)
    verdict_page(ROOT, judged)
    verdicts_json(judged, ROOT)
    export_csv(ROOT, Path(os.devnull))
    assert all(read_record(path) is record for path, record in zip(ledger.paths(), records, strict=True))
    assert all(json.loads(path.read_bytes()) == record for path, record in zip(ledger.paths(), records, strict=True))
