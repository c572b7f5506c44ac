"""The tests that claims are put to: each knows its arms, tells its criterion, and can lose."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from discriminative.measures import MEASURES
from discriminative.statistics import Values
from discriminative.study import Claim, Criterion, Fewer, Flat, Less, More, Ordered, Proved, Within


class Made:
    """Evidence that a test makes up: a measure by arm and seed."""

    images = 10_000

    def __init__(self, **arms: Values) -> None:
        self.arms: Mapping[str, Values] = arms

    def values(self, arm: str, measure: str) -> Values:
        return self.arms[arm]

    def wrong(self, arm: str) -> dict[int, int | None]:
        return {seed: None if value is None else int(value) for seed, value in self.arms[arm].items()}


def around(mean: float, spread: float = 1.0) -> Values:
    return {seed: mean + spread * (seed % 3 - 1) for seed in range(6)}


def shuffled(mean: float, spread: float = 1.0) -> Values:
    return {seed: mean + spread * ((seed + 1) % 3 - 1) for seed in range(6)}


CASES = [
    (Fewer("a", "b", paper=(4.0, 3.0)), {"b": around(400), "a": shuffled(300)}, "reproduced"),
    (Fewer("a", "b", paper=(4.0, 3.0)), {"b": around(400), "a": shuffled(399)}, "contradicted"),
    (Fewer("a", "b", smallest=0.1), {"b": around(300), "a": shuffled(400)}, "reversed"),
    (Fewer("a", "b", smallest=0.1), {"b": around(400, 60), "a": shuffled(380, 60)}, "inconclusive"),
    (More("angle gap", "a", "b", smallest=5.0), {"b": around(20), "a": shuffled(30)}, "reproduced"),
    (More("angle gap", "a", "b", smallest=5.0), {"b": around(20), "a": shuffled(22)}, "contradicted"),
    (More("angle gap", "a", "b", smallest=5.0), {"b": around(20), "a": shuffled(10)}, "reversed"),
    (More("angle gap", "a", than=20.0, smallest=5.0), {"a": around(30)}, "reproduced"),
    (More("angle gap", "a", than=20.0, smallest=5.0), {"a": around(10)}, "reversed"),
    (Less("angle gap", "a", "b", smallest=5.0), {"b": around(20), "a": shuffled(10)}, "reproduced"),
    (Less("angle gap", "a", "b", smallest=5.0), {"b": around(20), "a": shuffled(18)}, "contradicted"),
    (Less("angle gap", "a", "b", smallest=5.0), {"b": around(20), "a": shuffled(30)}, "reversed"),
    (Less("angle gap", "a", than=20.0, smallest=5.0), {"a": around(10)}, "reproduced"),
    (Within("angle gap", "a", target=20.0, smallest=5.0), {"a": around(21)}, "reproduced"),
    (Within("angle gap", "a", target=20.0, smallest=5.0), {"a": around(40)}, "contradicted"),
    (Within("angle gap", "a", "b", smallest=5.0), {"b": around(20), "a": shuffled(21)}, "reproduced"),
    (Within("angle gap", "a", "b", smallest=5.0), {"b": around(20), "a": shuffled(30)}, "contradicted"),
    (Within("angle gap", "a", "b", smallest=5.0), {"b": around(20, 9), "a": shuffled(23, 9)}, "inconclusive"),
    (Ordered("own angle", ("a", "b", "c"), 2.0), {"a": around(1), "b": around(5), "c": around(9)}, "reproduced"),
    (Ordered("own angle", ("a", "b", "c"), 2.0), {"a": around(1), "b": around(9), "c": around(5)}, "reversed"),
    (
        Ordered("own angle", ("a", "b", "c"), 2.0),
        {"a": around(1), "b": around(9), "c": shuffled(9, 0.2)},
        "contradicted",
    ),
    (Ordered("own angle", ("a", "b"), 2.0, rising=False), {"a": around(9), "b": around(1)}, "reproduced"),
    (Ordered("own angle", ("a", "b"), 2.0, rising=False), {"a": around(1), "b": around(9)}, "reversed"),
    (Flat("own angle", ("a", "b", "c"), 3.0), {"a": around(5), "b": shuffled(5), "c": around(5)}, "reproduced"),
    (Flat("own angle", ("a", "b", "c"), 3.0), {"a": around(1), "b": around(5), "c": shuffled(9)}, "contradicted"),
    (Flat("own angle", ("a", "b", "c"), 3.0), {"a": around(1), "b": around(20), "c": shuffled(1)}, "contradicted"),
    (Flat("own angle", ("a", "b"), 3.0), {"a": around(5, 9), "b": shuffled(6, 9)}, "inconclusive"),
]


@pytest.mark.parametrize(("test", "arms", "word"), CASES)
def test_every_kind_of_test_can_win_and_lose(test: Criterion, arms: dict[str, Values], word: str) -> None:
    assert test.judge(Made(**arms)).word == word
    assert test.arms == tuple(arms)


def test_a_kind_that_no_records_could_contradict_does_not_exist() -> None:
    lost = {type(test) for test, _, word in CASES if word in ("contradicted", "reversed")}
    assert lost == {Fewer, More, Less, Within, Ordered, Flat}


@pytest.mark.parametrize(("test", "arms", "word"), [case for case in CASES if case[2] == "reproduced"])
def test_an_arm_that_diverged_is_never_reproduced(test: Criterion, arms: dict[str, Values], word: str) -> None:
    lost = arms | {test.arms[-1]: arms[test.arms[-1]] | {2: None}}
    assert test.judge(Made(**lost)).word == "inconclusive"


def test_the_numbers_of_less_are_positive_where_the_arm_has_less() -> None:
    arms = {"b": around(20), "a": shuffled(10)}
    more, less = (kind("angle gap", "a", "b", smallest=1.0).judge(Made(**arms)) for kind in (More, Less))
    assert less.effect == -more.effect == pytest.approx(10)
    assert (less.low, less.high) == (-more.high, -more.low)


def test_the_weakest_step_gives_an_order_its_numbers() -> None:
    found = Ordered("own angle", ("a", "b", "c"), 1.0).judge(Made(a=around(1), b=around(9), c=shuffled(12, 0.5)))
    assert (found.word, found.effect) == ("reproduced", pytest.approx(3))


def test_a_third_of_the_papers_effect_counts_unless_another_is_set() -> None:
    """ln(0.40 / 0.31) = 0.25489."""
    assert Fewer("a", "b", paper=(0.40, 0.31)).counts_from == pytest.approx(0.08496, abs=1e-5)
    assert Fewer("a", "b", paper=(0.40, 0.31), smallest=0.5).counts_from == 0.5
    assert Fewer("a", "b", paper=(0.31, 0.40)).paper_effect == pytest.approx(-0.25489, abs=1e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Fewer("a", "b"),
        lambda: More("angle gap", "a", "b"),
        lambda: Less("angle gap", "a", "b", smallest=-1.0),
        lambda: Within("angle gap", "a"),
        lambda: Within("angle gap", "a", smallest=0.0),
        lambda: Flat("angle gap", ("a",), 1.0),
        lambda: Ordered("angle gap", ("a", "a"), 1.0),
        lambda: Flat("angle gap", ("a", "b"), math.nan),
        lambda: Claim("C-X", "here", "It is so.", "everywhere", Proved("prop-x"), "workhorse"),
        lambda: Claim("C-X", "here", "It is so.", "everywhere", Fewer("a", "b", smallest=0.1)),
    ],
)
def test_a_claim_without_what_decides_it_is_refused(make: object) -> None:
    with pytest.raises(ValueError, match=r"smallest|arms|neither|records of an experiment decide"):
        make()  # type: ignore[operator]


def test_a_criterion_is_told_in_words() -> None:
    gap = MEASURES["angle gap"]
    assert More("angle gap", "a", "b", smallest=5.0).criterion(gap) == (
        "mean gap between the angles to the own and to the nearest rival class, a against b, paired by seed: wider, "
        "the 95 % interval on that side of 0 and the mean at least 5 degrees"
    )
    assert "narrower" in Less("angle gap", "a", "b", smallest=5.0).criterion(gap)
    assert "(-8.1 % of the error, a third of the paper's effect)" in Fewer("a", "b", (0.40, 0.31)).criterion(None)
    assert "falls along a, b" in Ordered("angle gap", ("a", "b"), 1.0, rising=False).criterion(gap)
    assert "within 1 degrees of 3" in Within("angle gap", "a", target=3.0, smallest=1.0).criterion(gap)
    assert Proved("prop-x").criterion(None) == "a proof, with an executed check (prop-x)"
