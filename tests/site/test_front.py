"""The first page says what the records say: counts by scale, comparisons with links, a card a paper."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from discriminative import papers
from discriminative.papers import claims
from discriminative.site.citations import bibtex, byline, is_title
from discriminative.site.front import answer, cards, compared, counts_table, picture
from discriminative.site.get_page import built_from, with_versions
from discriminative.site.notebook import chapters
from discriminative.site.pieces import Axis
from discriminative.site.sorts import SORTS, arm_words, common_words, families, prints_beside, sort
from discriminative.study import Fewer, Proved
from discriminative.tables import permalink
from discriminative.verdicts import by_default, losses_told, verdicts

ROOT = Path(__file__).parents[2]
HTML = ROOT / "build" / "html"
JUDGED = verdicts()


def plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def test_every_claim_is_of_one_sort_and_no_prediction_question_or_proof_counts_as_the_papers() -> None:
    found = {id: sort(claim) for id, claim in claims().items()}
    assert set(found.values()) <= SORTS.keys()
    for id, claim in claims().items():
        assert (found[id] == "proved") == isinstance(claim.test, Proved)
        assert (found[id] == "ours") == (claim.says in ("our prediction", "our question") and found[id] != "proved")
        if found[id] == "printed":
            assert isinstance(claim.test, Fewer)
            assert claim.test.paper


def test_the_answer_counts_what_the_table_counts() -> None:
    text = plain(answer(JUDGED.values()))
    printed = [each for each in JUDGED.values() if sort(each.claim) == "printed" and each.verdict.word != "not run"]
    own = [each for each in JUDGED.values() if sort(each.claim) == "own scale"]
    held = sum(each.verdict.word == "reproduced" for each in printed)
    assert text.startswith(f"Of {len(printed)} comparisons")
    assert f"{held} hold" in text
    run = sum(each.verdict.word != "not run" for each in own)
    assert f"own scale {run} of {len(own)} claims were run" in text
    table = counts_table(JUDGED.values())
    assert f"{run} of {len(own)}" in table
    totals = [int(n) for n in re.findall(r"\d+ of (\d+)</td>", table)]
    proved = sum(sort(each.claim) == "proved" for each in JUDGED.values())
    assert sum(totals) + proved == len(claims())


def test_a_claim_that_holds_against_a_rival_that_failed_is_named_where_it_is_counted() -> None:
    failed = {id for id, each in JUDGED.items() if by_default(each)}
    assert "C-OS3b" in failed
    text, shown = plain(answer(JUDGED.values())), cards(JUDGED, {}, ROOT)
    printed = [id for id in JUDGED if id in failed and sort(JUDGED[id].claim) == "printed"]
    assert f"{len(printed)} only against a rival that failed: {', '.join(printed)}" in text
    assert all(id in plain(shown) for id in failed)
    well = {id: replace(each, lost={}) for id, each in JUDGED.items()}
    assert "failed" not in answer(well.values())


def test_a_row_of_the_picture_says_what_its_arms_lost() -> None:
    drawn = plain(picture(JUDGED, {}))
    lost = [each for each in compared(JUDGED.values()) if losses_told(each)]
    assert lost
    assert all(losses_told(each)[0] in drawn for each in lost)


def test_a_row_of_the_picture_leads_to_its_claim_and_says_in_words_what_it_draws() -> None:
    shown = compared(JUDGED.values())
    assert not [each.claim.id for each in shown if each.claim.whose]
    drawn = picture(JUDGED, dict(chapters(ROOT)))
    for group in families(each.claim for each in shown):
        assert f'href="book/verdicts.html#{permalink(group[0])}"' in drawn
    assert drawn.count('class="ours"') >= 2 * len(shown)
    diamonds = sum(prints_beside(each.claim) for each in shown)
    assert drawn.count('class="paper"') == diamonds < len(shown)
    assert drawn.count("the paper −") + drawn.count("the paper +") >= diamonds


def test_the_picture_opens_with_few_rows_a_paper_and_holds_the_others_one_click_away() -> None:
    drawn = picture(JUDGED, dict(chapters(ROOT)))
    groups = drawn.split("<h3>")[1:]
    assert len(groups) >= 5
    for group in groups:
        opened, _, folded = group.partition("<details>")
        assert 1 <= opened.count("<li>") <= 3
        told = re.search(r"<summary>(\d+) more", folded)
        assert folded.count("<li>") == (int(told[1]) if told else 0)


def test_no_row_of_the_picture_names_an_arm_in_words_of_its_paper_alone() -> None:
    labels = map(plain, re.findall(r'<span class="what">(.*?)<small>', picture(JUDGED, dict(chapters(ROOT)))))
    jargon = r"^(A\.1|Eq\. 6|RN|L_re|stopped|literal|decay|scale|center)\b(?! loss)|=\d|\b(alpha|lambda)\b"
    assert not [label for label in labels if re.search(jargon, label)]


def test_arms_in_a_line_say_once_what_they_share() -> None:
    nbsp = "\N{NO-BREAK SPACE}"
    assert common_words(["m=4", "m=2", "m=3"]) == "L-Softmax, m = 4, 2, 3".replace(" = ", f"{nbsp}={nbsp}")
    assert arm_words("RN lambda=0.1") == "feature incay λ = 0.1".replace(" = ", f"{nbsp}={nbsp}")
    assert arm_words("RN lambda=0") == "the same without incay"
    assert arm_words("W-Softmax k=5") == "W-Softmax on 5 classes"
    assert arm_words("softmax") == "softmax"


def test_the_papers_number_stands_beside_ours_only_where_it_is_about_the_same_data() -> None:
    claim = next(claim for claim in claims().values() if claim.id == "C-LSM1")
    assert prints_beside(claim)
    assert not prints_beside(replace(claim, paper_scale="all of CIFAR-10, a network"))
    assert not prints_beside(replace(claim, paper_scale="all of Fashion-MNIST, a network"))


def test_claims_that_differ_in_a_number_stand_together_the_confirmatory_one_first() -> None:
    groups = families(claims().values())
    assert sum(map(len, groups)) == len(claims())
    first = next(group for group in groups if any(claim.id == "C-LSM1" for claim in group))
    assert [claim.id for claim in first] == ["C-LSM1", "C-LSM1a", "C-LSM1b"]


def test_an_axis_holds_nought_and_ends_where_it_is_told() -> None:
    axis = Axis.over([-31.0, 1900.0])
    assert (axis.low, axis.high) == (-40, 100)
    assert axis.at(-40) == 0
    assert axis.at(5000) == 100
    assert 0 in axis.ticks


def test_every_registered_paper_has_a_card_even_without_an_idea_or_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    executed = dict(chapters(ROOT))
    shown = cards(JUDGED, executed, ROOT)
    for paper in papers.papers():
        assert f'href="notebooks/{paper.notebook}.html"' in shown
        if is_title(ROOT, paper.citation, paper.title):
            assert html.escape(byline(ROOT, paper.citation)) in shown
        assert html.escape(paper.idea) in shown
    bare = [replace(paper, idea="", thumbnail="") for paper in papers.papers()]
    monkeypatch.setattr("discriminative.site.front.papers", lambda: bare)
    assert cards(JUDGED, {}, ROOT).count('class="paper-card"') == len(bare)


def test_authors_and_years_come_from_the_bibliography() -> None:
    assert byline(ROOT, "li2020learning") == "Li and Wang, 2020"
    assert byline(ROOT, "liu2020deep") == "Liu, 2020"
    assert is_title(ROOT, "li2020learning", "Learning discriminative features via weights-biased softmax loss")
    assert not is_title(ROOT, "li2020learning", "Another work")
    assert bibtex(ROOT, "liu2020deep").startswith("@phdthesis{liu2020deep,")
    with pytest.raises(ValueError, match=r"references\.bib, got 'nobody'"):
        byline(ROOT, "nobody")


def test_the_page_of_citation_names_this_copy_and_every_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    text = with_versions((ROOT / "book" / "get.md").read_text(), ROOT)
    assert "<!--" not in text
    assert "git clone" not in text
    assert all(f"{{{paper.citation}," in text for paper in papers.papers())
    monkeypatch.setenv("REPOSITORY_URL", "https://example.org/a/b")
    assert "git clone https://example.org/a/b.git" in with_versions((ROOT / "book" / "get.md").read_text(), ROOT)
    assert "href='https://example.org/a/b/commit/" in built_from(ROOT)


def test_every_page_says_what_it_was_built_from() -> None:
    for path in (HTML / "intro.html", HTML / "book" / "verdicts.html", *(HTML / "notebooks").glob("*.html")):
        assert re.search(r"Built from [0-9a-f]{7,}\+? of \d{4}-\d\d-\d\d\.", path.read_text()), path.name
