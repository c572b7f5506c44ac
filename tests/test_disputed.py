"""Pairs that two losses answer differently: chosen by the records, their images those of the data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from discriminative.cli import main
from discriminative.disputed import disputed, keep, kept
from discriminative.evidence import Arms
from discriminative.ledger import Ledger, correctness
from discriminative.papers import experiment
from discriminative.papers.verification.experiments import HEADS, TERMS
from discriminative.paths import data_root
from discriminative.runs import Schedule
from discriminative.training import train_any
from discriminative.unseen import UNSEEN


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory) -> Arms:
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "records")
    found = [
        replace(arm, run=replace(arm.run, schedule=Schedule(40)), seeds=(0, 1))
        for arm in experiment("unseen-characters").at("quick")[:2]
    ]
    for arm in found:
        for run in arm.runs():
            ledger.write(*train_any(run))
    return Arms(found, ledger)


def test_a_disputed_pair_is_the_one_on_which_most_seeds_differ(arms: Arms) -> None:
    found = disputed(arms, arms)
    assert {(each.right, each.same) for each in found} <= {(a, b) for a in (True, False) for b in (True, False)}
    assert found
    share = {name: np.mean([correctness(record) for record in arms.finished(name)], axis=0) for name in arms}
    same = arms.ledger.arrays(arms["softmax"].run)["same"]
    for each in found:
        gain = (share["NormFace"] - share["softmax"]) * (1 if each.right else -1)
        assert each.arm == "NormFace"
        assert same[each.pair] == each.same
        assert gain[each.pair] == gain[same == each.same].max() > 0
        assert each.shares == (share["softmax"][each.pair], share["NormFace"][each.pair])
        for name, cosine, cut in zip(("softmax", "NormFace"), each.cosines, each.thresholds, strict=True):
            right = correctness(next(r for r in arms.finished(name) if r["run"]["seed"] == 0))[each.pair]
            if abs(cosine - cut) > 2e-3:  # scores are kept in half precision, thresholds with three digits
                assert right == ((cosine >= cut) == each.same)
    assert disputed(arms.only("softmax"), ("softmax", "NormFace")) == []


def test_images_are_kept_of_the_pairs_that_are_named_and_never_of_faces(root: Path) -> None:
    assert kept("digits-unseen") == {}
    keep("digits-unseen", [7, 3, 7])
    found, unseen = kept("digits-unseen"), UNSEEN["digits-unseen"](data_root(), 0)
    assert list(found) == [3, 7]
    assert np.array_equal(found[7][1], unseen.images[unseen.pairs.second[7]].numpy())
    with pytest.raises(ValueError, match="no images of lfw are kept"):
        keep("lfw", [0])


def test_every_disputed_pair_of_characters_has_its_drawings_in_the_repository() -> None:
    arms = Arms.of("unseen-characters", "laptop")
    found = disputed(arms, (*HEADS, *TERMS))
    assert len({each.arm for each in found}) > 10
    assert {each.pair for each in found} <= kept("omniglot").keys()


def test_the_command_keeps_them_and_trains_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, set[int]]] = []
    monkeypatch.setattr("discriminative.disputed.keep", lambda name, pairs: asked.append((name, pairs)) or Path("here"))
    assert main(["picture", "unseen-characters", "--pairs"]) == 0
    assert asked[0][0] == "omniglot"
    assert f"images of {len(asked[0][1])} pairs kept" in capsys.readouterr().out
