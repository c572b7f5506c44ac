"""The first page: an answer over all papers, one picture, the counts apart by what they can say, a card a paper."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from discriminative.papers import papers
from discriminative.site.citations import byline, is_title
from discriminative.site.notebook import Notebook, chapter_title, chapters
from discriminative.site.pieces import Axis, interval_drawn, raw, strip, told_in_short
from discriminative.site.sorts import SORTS, arm_words, common_words, counts, families, prints_beside, sort
from discriminative.study import Claim, Fewer, Paper
from discriminative.tables import permalink
from discriminative.verdicts import Judged, by_default, losses_told, percent_told

__all__ = ["answer", "cards", "compared", "counts_table", "picture", "with_front"]

VERDICTS = "book/verdicts.html"
FIRST = 3  # rows of a paper in the picture before the fold


def with_front(text: str, judged: Mapping[str, Judged], root: Path) -> str:
    """The page with what its marks name, computed from the verdicts of every paper."""
    executed = dict(chapters(root))
    made = {
        "answer": answer(judged.values()),
        "picture": picture(judged, executed),
        "counts": counts_table(judged.values()),
        "papers": cards(judged, executed, root),
    }
    for name, piece in made.items():
        text = text.replace(f"<!-- {name} -->", raw(piece))
    return text


def compared(judged: Iterable[Judged]) -> list[Judged]:
    """The claims beside a printed error of a table of the paper that have an interval: what the picture shows.

    Those whose numbers are of the arm without what the paper proposes are none of them.
    """
    return [
        each
        for each in judged
        if sort(each.claim) == "printed"
        and each.claim.place.startswith("Table")
        and math.isfinite(each.verdict.low)
        and not each.claim.whose
    ]


def answer(judged: Iterable[Judged]) -> str:
    """HTML: what the records say over all papers, in three sentences, with their scales."""
    judged = list(judged)
    of = {name: [each for each in judged if sort(each.claim) == name] for name in SORTS}
    decided = [each for each in of["printed"] if each.verdict.word != "not run"]
    word = counts(decided)
    held = [each for each in decided if each.verdict.word == "reproduced"]
    places: dict[str, int] = {}
    for each in held:
        places[each.claim.scale] = places.get(each.claim.scale, 0) + 1
    ranked = sorted(places.items(), key=lambda item: -item[1])
    where = "; ".join(f"{n if ranked[1:] else 'all'} on {scale}" for scale, n in ranked)
    where = "; ".join(filter(None, (where, html.escape(_rivals(held)))))
    rest = counts(each for each in of["unprinted"] if each.verdict.word != "not run")
    run = sum(each.verdict.word != "not run" for each in of["own scale"])
    lost = word["contradicted"] + word["reversed"]
    return (
        f"<p>Of {len(decided)} comparisons with an error that a paper prints, on fewer images or another "
        f"network than its own, <b>{len(held)} hold</b>{f' ({where})' if where else ''}, "
        f"<b>{lost} do not</b> ({word['reversed']} of them go the other way) and {word['inconclusive']} stay open. "
        f"Of {rest.total()} further statements, about angles, norms and the course of training, {rest['reproduced']} "
        f"hold and {rest['contradicted'] + rest['reversed']} do not. "
        f"At the papers' own scale {run} of {len(of['own scale'])} claims were run.</p>"
    )


def _rivals(found: Iterable[Judged]) -> str:
    """How many of some verdicts hold against a rival half of whose runs or more failed, and which; empty for none."""
    told = [each.claim.id for each in found if by_default(each)]
    return f"{len(told)} only against a rival that failed: {', '.join(told)}" if told else ""


def picture(judged: Mapping[str, Judged], executed: Mapping[str, Notebook]) -> str:
    """HTML: a row for every setting that stands beside a table of a paper, ours and the paper's, with links."""
    shown = compared(judged.values())
    ends = [100 * math.expm1(-end) for each in shown for end in (each.verdict.low, each.verdict.high)]
    ends += [100 * math.expm1(-(each.claim.paper_effect or 0)) for each in shown]
    axis = Axis.over(ends)
    groups = []
    for paper in papers():
        ids = {claim.id for claim in paper.claims}
        rows = families(each.claim for each in shown if each.claim.id in ids)
        if rows:
            first = [row for row in rows if prints_beside(row[0])][:FIRST] or rows[:1]
            groups.append(
                f"<h3>{html.escape(_title(paper, executed))}</h3>{_list(first, judged, axis)}"
                + _folded([row for row in rows if row not in first], judged, axis)
            )
    ticks = "".join(
        f'<span style="left:{axis.at(tick):.1f}%">{f"{tick:+d}".replace("-", "−") if tick else "0"}</span>'
        for tick in axis.ticks
    )
    return (
        '<figure class="ours-and-theirs"><figcaption><b>How each loss changes the test error of its baseline, in '
        "percent of it: left is better.</b> Dots with bars are ours, with 95&nbsp;% intervals over seeds; open "
        "diamonds are the paper's, where it prints a number for the same data set; a triangle stands for more than the "
        "axis holds. Of each paper the first comparisons with a diamond are open. Every row leads to its "
        "claims.</figcaption>"
        f'{"".join(groups)}<div class="axis" aria-hidden="true"><div>{ticks}</div></div></figure>'
    )


def _list(rows: list[list[Claim]], judged: Mapping[str, Judged], axis: Axis) -> str:
    return f"<ul>{''.join(_row([judged[claim.id] for claim in row], axis) for row in rows)}</ul>"


def _folded(rows: list[list[Claim]], judged: Mapping[str, Judged], axis: Axis) -> str:
    """The rows that do not come first, behind a line that counts them."""
    if not rows:
        return ""
    shapes = strip(counts(judged[claim.id] for row in rows for claim in row))
    return (
        f"<details><summary>{len(rows)} more comparison{'s' if rows[1:] else ''} <span>{shapes}</span></summary>"
        f"{_list(rows, judged, axis)}</details>"
    )


def _row(found: list[Judged], axis: Axis) -> str:
    claims = [each.claim for each in found]
    beside = prints_beside(claims[0])
    told = "; ".join(told_in_short(each, beside) for each in found)
    settings = common_words(claim.test.arm for claim in claims)
    against = common_words(each.claim.test.arms[0] for each in found)
    scale = claims[0].scale + ("" if against == "softmax" else f"; against {against}")
    shapes = f"<span>{strip(counts(found))}</span>"
    lost = "; ".join(text for each in found for text in losses_told(each))
    scale += f"; {lost}" if lost else ""
    return (
        f'<li><a href="{VERDICTS}#{permalink(claims[0])}" title="{told}"><span class="what">{html.escape(settings)} '
        f"<small>{html.escape(scale)}</small></span>{shapes}{interval_drawn(found, axis, beside)}"
        f'<span class="visually-hidden">{told}</span></a></li>'
    )


def counts_table(judged: Iterable[Judged]) -> str:
    """HTML: the book's claims by what they can say; proofs and predictions of our own apart."""
    judged = list(judged)
    words = ("reproduced", "contradicted", "reversed", "inconclusive")
    rows = []
    for name, meaning in SORTS.items():
        found = [each for each in judged if sort(each.claim) == name]
        word = counts(found)
        run = len(found) - word["not run"]
        if name == "proved":
            cells = f'<td colspan="{len(words)}">{len(found)}, each with a check that runs</td>'
        else:
            cells = "".join(f'<td class="num">{f"{word[each]}" if word[each] else "–"}</td>' for each in words)
        link = f"{VERDICTS}#sort={name.replace(' ', '+')}"
        rows.append(
            f'<tr><th scope="row"><a href="{link}">{meaning[0].upper()}{meaning[1:]}</a></th>'
            f'<td class="num">{"" if name == "proved" else f"{run} of {len(found)}"}</td>{cells}</tr>'
        )
    heads = "".join(f'<th scope="col"><span class="count chip-{word}">{word}</span></th>' for word in words)
    return (
        '<div class="scroll"><table class="ledger counts"><thead><tr><th scope="col">Claims</th>'
        f'<th scope="col">run</th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def cards(judged: Mapping[str, Judged], executed: Mapping[str, Notebook], root: Path) -> str:
    """HTML: a card a paper, with its idea in a line, a picture, its verdicts, the best and the worst of its numbers."""
    return f'<div class="paper-cards">{"".join(_card(paper, judged, executed, root) for paper in papers())}</div>'


def _card(paper: Paper, judged: Mapping[str, Judged], executed: Mapping[str, Notebook], root: Path) -> str:
    page = f"notebooks/{paper.notebook}.html"
    found = [judged[claim.id] for claim in paper.claims]
    proved = sum(sort(each.claim) == "proved" for each in found)
    decided = counts(each for each in found if sort(each.claim) != "proved")
    chapter = executed.get(paper.notebook)
    rivals = html.escape(_rivals(found))
    by = byline(root, paper.citation) if is_title(root, paper.citation, paper.title) else ""
    return (
        f'<section class="paper-card">{_thumbnail(paper, chapter) if chapter else ""}'
        f'<h3><a href="{page}">{html.escape(_title(paper, executed))}</a></h3>'
        f"<p><cite>{html.escape(paper.title)}</cite> <small>{html.escape(by)}</small></p>"
        f"<p>{html.escape(paper.idea)}</p>"
        f'<p><a class="strip" href="{VERDICTS}#paper={paper.name}">{strip(decided)}</a> '
        f"<small>{'; '.join(filter(None, (f'{proved} proved', rivals)))}</small></p>"
        f"{_extremes(found)}</section>"
    )


def _thumbnail(paper: Paper, chapter: Notebook) -> str:
    """The picture of a card, with the description that it has in the chapter."""
    placed = re.compile(r"\{glue:figure\} fig-([\w-]+)\n(?:(?!```).)*?:alt: ([^\n]+)", re.DOTALL)
    texts = ["".join(cell["source"]) for cell in chapter["cells"] if cell["cell_type"] == "markdown"]
    found = {match[1]: match[2] for text in texts for match in placed.finditer(text)}
    key = paper.thumbnail if paper.thumbnail in found else next(iter(found), "")
    if not key:
        return ""
    place = f"_static/figures/{paper.notebook}/fig-{key}.png"
    return f'<img class="thumbnail" src="{place}" alt="{html.escape(found[key])}" width="310" height="170">'


def _extremes(found: Iterable[Judged]) -> str:
    """The best and the worst change of the error among those beside a table of the paper."""
    shown = sorted(compared(found), key=lambda each: -each.verdict.effect)
    if not shown:
        return "<p><small>No error of its tables has a number of ours yet.</small></p>"
    ends = [("Best", shown[0]), ("Worst", shown[-1])] if len(shown) > 1 else [("So far", shown[0])]
    return "".join(f"<p><small>{name}: {_number(each)}</small></p>" for name, each in ends)


def _number(judged: Judged) -> str:
    claim = judged.claim
    paper = f" (the paper: {percent_told(claim.paper_effect)})" if claim.paper_effect and prints_beside(claim) else ""
    assert isinstance(claim.test, Fewer)
    return (
        f'<a href="{VERDICTS}#{permalink(claim)}">{percent_told(judged.verdict.effect)} of the error</a>, '
        f"{html.escape(arm_words(claim.test.arm))}, {html.escape(claim.scale)}{paper}"
    )


def _title(paper: Paper, executed: Mapping[str, Notebook]) -> str:
    return chapter_title(executed[paper.notebook]) if paper.notebook in executed else paper.title
