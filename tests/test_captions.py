"""Captions are told by the records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from discriminative.evidence import Arms
from discriminative.figures.caption import caption
from discriminative.ledger import Ledger
from discriminative.runs import Optimizer, Run
from discriminative.study import Arm
from discriminative.training import train


@pytest.fixture
def ledger(tmp_path: Path, plain: Run) -> tuple[Ledger, Arm]:
    ledger, arm = Ledger(tmp_path), Arm("softmax", plain, (0, 1), "Softmax")
    for run in arm.runs():
        ledger.write(*train(run))
    return ledger, arm


def test_a_caption_is_told_by_the_records(ledger: tuple[Ledger, Arm]) -> None:
    told = caption(Arms([ledger[1]], ledger[0]))
    assert told.startswith("200 training images, 60 steps, 2 seeds, ")
    assert "diverged" not in told
    assert caption(Arms([], ledger[0])) == "No record yet."


def test_a_caption_counts_the_seeds_of_each_arm_that_are_drawn(ledger: tuple[Ledger, Arm], plain: Run) -> None:
    ledger_, arm = ledger
    other = Arm("m=4", replace(plain, batch_size=16), (0, 1))
    third = Arm("m=2", replace(plain, batch_size=8), (0,))
    absent = Arm("CosFace", replace(plain, batch_size=4), (0,))
    for run in (*other.runs()[:1], *third.runs()):
        ledger_.write(*train(run))
    assert ", 2 seeds for softmax, 1 for m = 4, " in caption(Arms([arm, other], ledger_)).replace("\xa0", " ")
    assert ", 2 seeds for softmax, 1 for the others, " in caption(Arms([arm, other, third], ledger_))
    assert ", no seeds for CosFace, 1 for the others, " in caption(Arms([other, third, absent], ledger_))
    assert ", 1 seed, " in caption(Arms([arm, other], ledger_).at_seeds(0))


def test_a_caption_says_what_went_wrong(tmp_path: Path, plain: Run) -> None:
    ledger = Ledger(tmp_path)
    wild = Arm("wild", replace(plain, optimizer=Optimizer(1e12)), (0, 1))
    idle = Arm("idle", replace(plain, optimizer=Optimizer(1e-9)), (0,))
    for arm in (wild, idle):
        for run in arm.runs():
            ledger.write(*train(run))
    assert " Of 3 runs 2 diverged and 1 ended above 50 % error." in caption(Arms([wild, idle], ledger))


def test_a_caption_calls_the_end_of_the_blend_its_floor(tmp_path: Path, tiny: Run) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(*train(tiny))
    assert ", floor of λ 1, 1 seed, " in caption(Arms([Arm("m=2", tiny, (tiny.seed,))], ledger))


def test_an_arm_that_stands_in_two_panels_is_told_once(ledger: tuple[Ledger, Arm]) -> None:
    arms = Arms([ledger[1]], ledger[0])
    assert caption(arms, arms) == caption(arms)
