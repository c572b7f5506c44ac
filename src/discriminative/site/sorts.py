"""Claims by what can be said of them: at the paper's own scale, beside a printed error, without one, ours, proved."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import takewhile

from discriminative.papers import papers
from discriminative.setup import DATA_NAMES
from discriminative.study import Claim, Proved
from discriminative.verdicts import Judged, arms_of, readable

__all__ = [
    "arm_words",
    "common_words",
    "SHORT",
    "SORTS",
    "counts",
    "dataset",
    "families",
    "loss",
    "prints_beside",
    "sort",
]

# The sorts of claims, what each means and what it is called where room is short, in the order in which they are told.
SORTS = {
    "own scale": "at the paper's own scale",
    "printed": "at a smaller scale, beside an error that the paper prints",
    "unprinted": "everything else that we read in the papers",
    "ours": "our own predictions and questions",
    "proved": "proved",
}
SHORT = {
    "own scale": "Own scale", "printed": "Beside a printed error", "unprinted": "Other claims",
    "ours": "Ours", "proved": "Proved",
}  # fmt: skip


def sort(claim: Claim) -> str:
    """A key of ``SORTS``."""
    if isinstance(claim.test, Proved):
        return "proved"
    if claim.says in ("our prediction", "our question"):
        return "ours"
    if claim.profile == "paper":
        return "own scale"
    return "unprinted" if claim.paper_effect is None else "printed"


def counts(judged: Iterable[Judged]) -> Counter[str]:
    """How many claims have each word."""
    return Counter(each.verdict.word for each in judged)


@cache
def dataset(claim: Claim) -> str:
    """The data that a claim's arms are trained on, as readers call it; empty for a proof."""
    name = next((arm.run.dataset for arm in arms_of(claim)), "")
    if not name and claim.experiment:  # its arms wait for a choice: the scale names the data
        return next((told for told in sorted(DATA_NAMES.values(), key=len, reverse=True) if told in claim.scale), "")
    return DATA_NAMES.get(name, name)


def prints_beside(claim: Claim) -> bool:
    """Whether the paper's printed errors are about the data set that ours are about."""
    about = claim.paper_scale or claim.scale
    return (
        claim.paper_effect is not None and re.search(rf"(?<![\w-]){re.escape(dataset(claim))}(?!\d)", about) is not None
    )


def loss(claim: Claim) -> str:
    """The loss that a claim is about, without its settings, as the first words of its arm say."""
    if not claim.test.arm:
        return ""
    first = claim.test.arm.split(" ")[0]
    return "L-Softmax" if re.fullmatch(r"m=\d", first) else readable(first)


def arm_words(name: str) -> str:
    """An arm as a reader is told who knows no paper: in the place of its beginning the words of ``Paper.words``."""
    known = {key: told for paper in papers() for key, told in paper.words.items()}
    found = max((key for key in known if name == key or name.startswith(f"{key} ")), key=len, default="")
    told = f"{known[found]}{name.removeprefix(found)}" if found else name
    told = re.sub(r"^m=(?=[2-9])", "L-Softmax, m=", told)
    told = re.sub(r"\b(lambda|alpha)=", lambda match: f"{GREEK[match[1]]}\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}", told)
    return readable(re.sub(r"\bk=(\d+)", r"on \1 classes", told))


GREEK = {"lambda": "λ", "alpha": "α"}


def common_words(names: Iterable[str]) -> str:
    """Arms in a line, what they begin with told once: ``L-Softmax, m = 4, 2, 3``."""
    first, *others = dict.fromkeys(map(arm_words, names))
    letters = zip(first, *others, strict=False)
    shared = "".join(same[0] for same in takewhile(lambda same: len(set(same)) == 1, letters))
    begins = max(shared.rfind(space) for space in " \N{NO-BREAK SPACE}") + 1
    return ", ".join([first, *(other[begins:] for other in others)])


def families(claims: Iterable[Claim]) -> list[list[Claim]]:
    """Claims that differ in a number alone stand together, the confirmatory one first; otherwise the order stays."""
    found: dict[tuple[str, ...], list[Claim]] = {}
    for claim in claims:
        words = re.sub(r"-?\d+(\.\d+)?", "#", claim.statement)
        same = (claim.place, words, claim.scale, claim.experiment, type(claim.test).__name__, claim.says)
        found.setdefault(same, []).append(claim)
    return [sorted(group, key=lambda claim: not claim.confirmatory) for group in found.values()]
