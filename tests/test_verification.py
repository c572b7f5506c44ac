"""The protocols by hand-worked cases, against scikit-learn, and every bad input as one sentence."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from discriminative import verification
from discriminative.statistics import interval
from discriminative.verification import Pairs

F64 = torch.float64


def pairs_of(rows: list[tuple[int, int, bool, int]]) -> Pairs:
    first, second, same, fold = (torch.tensor(column) for column in zip(*rows, strict=True))
    return Pairs(first, second, same, fold)


PLACE = {("Ann", 1): 0, ("Ann", 2): 1, ("Bob", 1): 2, ("Bob", 2): 3, ("Cid", 1): 4, ("Dan", 1): 5}
LISTED = "2\t1\nAnn\t1\t2\nAnn\t1\tBob\t1\nBob\t1\t2\nCid\t1\tDan\t1\n"


def test_the_list_of_pairs_is_read_fold_by_fold() -> None:
    found = verification.lfw_pairs(LISTED, PLACE)
    assert found.first.tolist() == [0, 0, 2, 4]
    assert found.second.tolist() == [1, 2, 3, 5]
    assert found.same.tolist() == [True, False, True, False]
    assert found.fold.tolist() == [0, 0, 1, 1]
    assert found.folds == 2
    assert found.of(1).first.tolist() == [2, 4]
    assert verification.lfw_pairs("1\nAnn\t1\t2\nAnn\t1\tBob\t1\n", PLACE, "pairsDevTest.txt").folds == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LISTED.replace("Cid\t1", "Cid\t9"), "line 5 names Cid number 9, which is not among the images"),
        (LISTED.removesuffix("Cid\t1\tDan\t1\n"), "must hold 2 folds of 2 pairs, got 3 lines after the first"),
        (LISTED.replace("Bob\t1\t2", "Bob\t1\tAnn\t1"), "line 4 must be a pair of one person, got 'Bob"),
        (LISTED.replace("Cid\t1\tDan\t1", "Cid\t1\tCid\t1"), "line 5 must be a pair of two people, got 'Cid' twice"),
        (LISTED.replace("Ann\t1\t2", "Ann\tx\t2"), "line 2 must number its images, got 'x'"),
        (LISTED.replace("2\t1\n", "two\n"), "must begin with the number of folds and of pairs, got 'two'"),
        ("", "must begin with the number of folds and of pairs, got ''"),
    ],
)  # fmt: skip
def test_a_broken_list_is_named_in_one_sentence(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=r"pairs\.txt") as error:
        verification.lfw_pairs(text, PLACE)
    assert told in str(error.value)


VIDEOS = {"Ann/1": 0, "Ann/2": 1, "Bob/1": 2, "Cid/3": 3}
SPLITS = (
    "split number, first name, second name, is same\n"
    "1, Ann/1, Ann/2, 1\n1, Ann/1, Bob/1, 0\n2, Bob/1, Cid/3, 0\n2, Ann/2, Ann/1, 1\n"
)


def test_video_pairs_are_read_split_by_split() -> None:
    found = verification.youtube_pairs(SPLITS, VIDEOS)
    assert found.first.tolist() == [0, 0, 2, 1]
    assert found.same.tolist() == [True, False, False, True]
    assert found.fold.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("1, Ann/1, Bob/1, 0", "1, Ann/1, Eve/1, 0", "line 3 names the video Eve/1, which is not there"),
        ("1, Ann/1, Bob/1, 0", "1, Ann/1, Bob/1, 1", "line 3 calls Ann/1 and Bob/1 the same person"),
        ("1, Ann/1, Ann/2, 1", "1, Ann/1, Ann/2, 0", "line 2 calls Ann/1 and Ann/2 two people"),
        ("2, Bob/1, Cid/3, 0", "3, Bob/1, Cid/3, 0", "must hold splits of one size, got [2, 1, 1]"),
        ("1, Ann/1, Bob/1, 0", "Ann/1 Bob/1", "line 3 must be a split, two videos and 0 or 1"),
    ],
)
def test_a_broken_list_of_videos_is_named_in_one_sentence(old: str, new: str, told: str) -> None:
    with pytest.raises(ValueError, match=r"splits\.txt") as error:
        verification.youtube_pairs(SPLITS.replace(old, new), VIDEOS)
    assert told in str(error.value)


def test_an_identity_on_both_sides_is_refused() -> None:
    verification.require_disjoint(["Ann", "Bob"], ["Cid"])
    with pytest.raises(ValueError, match="must not be both trained on and asked about, got 2 such: Ann, Bob"):
        verification.require_disjoint(["Ann", "Bob", "Dan"], ["Bob", "Ann", "Cid"])


def test_scores_by_hand() -> None:
    features = torch.tensor([[3.0, 4.0], [4.0, 3.0], [0.0, 0.0]])
    pairs = pairs_of([(0, 1, True, 0), (0, 2, False, 0)])
    assert verification.scores(features, pairs).tolist() == pytest.approx([24 / 25, 0.0])
    assert verification.scores(features, pairs, "l2").tolist() == pytest.approx([-math.sqrt(2), -5.0])
    with pytest.raises(ValueError, match="metric must be one of"):
        verification.scores(features, pairs, "l1")  # type: ignore[arg-type]


def test_mirror_images_are_summed_and_frames_averaged() -> None:
    features = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert verification.mirror_sum(features, features.flip(1)).tolist() == [[3, 3], [7, 7], [11, 11]]
    assert verification.average_by(features, torch.tensor([1, 0, 1])).tolist() == [[3, 4], [3, 4]]
    with pytest.raises(ValueError, match=r"mirrored must have the shape \(3, 2\), got \(2, 2\)"):
        verification.mirror_sum(features, features[:2])
    with pytest.raises(ValueError, match="every group must have a frame, group 1 has none"):
        verification.average_by(features, torch.tensor([0, 2, 2]))


def test_principal_axes_are_scikit_learns_and_see_training_features_alone() -> None:
    from sklearn.decomposition import PCA

    train, asked = torch.randn(50, 6, dtype=F64), torch.randn(7, 6, dtype=F64)
    mean, axes = verification.principal_axes(train, 3)
    theirs = PCA(3, svd_solver="full").fit(train.numpy()).transform(asked.numpy())
    ours = verification.project(asked, mean, axes).numpy()
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), rtol=1e-9)
    with pytest.raises(ValueError, match="components must be at most 6, got 7"):
        verification.principal_axes(train, 7)


def right_answers(scores: torch.Tensor, same: torch.Tensor, threshold: float) -> int:
    return int(((scores >= threshold) == same).sum())


@pytest.mark.parametrize("seed", range(20))
def test_no_threshold_answers_more_pairs_right(seed: int) -> None:
    noise = torch.Generator().manual_seed(seed)
    scores = torch.randint(0, 6, (30,), generator=noise).to(F64)  # many ties
    same = torch.rand(30, generator=noise) < 0.5
    tried = [-1.0, *(i + 0.5 for i in range(-1, 7))]
    found = verification.best_threshold(scores, same)
    assert right_answers(scores, same, found) == max(right_answers(scores, same, each) for each in tried)


def test_a_threshold_lies_halfway_and_one_kind_alone_has_one() -> None:
    scores = torch.tensor([0.1, 0.2, 0.8, 0.9], dtype=F64)
    same = torch.tensor([False, False, True, True])
    assert verification.best_threshold(scores, same) == pytest.approx(0.5)
    assert verification.best_threshold(scores, torch.ones(4, dtype=torch.bool)) == pytest.approx(0.1)
    assert verification.best_threshold(scores, torch.zeros(4, dtype=torch.bool)) > 0.9
    with pytest.raises(ValueError, match="a threshold needs pairs, got 0"):
        verification.best_threshold(scores[:0], same[:0])


def test_a_fold_is_answered_by_the_threshold_of_the_others() -> None:
    """By hand: the first fold's best threshold is .35, the second's .75; each is answered by the other's."""
    rows = [(0, 1, True, 0), (0, 2, False, 0), (0, 1, True, 1), (0, 2, False, 1)]
    scores = torch.tensor([0.4, 0.3, 0.8, 0.7], dtype=F64)
    found = verification.answers(scores, pairs_of(rows))
    assert found.thresholds == pytest.approx((0.75, 0.35))
    assert found.right.tolist() == [False, True, True, False]
    assert found.by_fold == [0.5, 0.5]
    assert found.accuracy == 0.5
    assert found.standard_error == 0.0


def test_the_standard_error_is_that_of_the_mean_over_folds() -> None:
    rows = [(0, 1, True, fold) for fold in range(3) for _ in range(4)]
    scores = torch.tensor([1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0], dtype=F64)
    found = verification.answers(scores, pairs_of(rows), 0.5)
    assert found.by_fold == [1.0, 0.75, 0.5]
    assert found.standard_error == pytest.approx(0.25 / math.sqrt(3))


def test_folds_of_different_sizes_or_one_without_a_threshold_are_refused() -> None:
    rows = [(0, 1, True, 0), (0, 2, False, 0), (0, 1, True, 1)]
    scores = torch.zeros(3, dtype=F64)
    with pytest.raises(ValueError, match=r"folds must have one size, got \[2, 1\]"):
        verification.answers(scores, pairs_of(rows))
    with pytest.raises(ValueError, match="one fold needs a threshold from elsewhere, got None"):
        verification.answers(scores[:2], pairs_of(rows[:2]))
    with pytest.raises(ValueError, match=r"fold must be one of 0\.\.1, got 2"):
        pairs_of(rows).of(2)


def test_a_curve_by_hand() -> None:
    """Same: .9 .6 .4; different: .7 .3 .1. Thresholds from above accept S, then D, then S, S, D, D."""
    scores = torch.tensor([0.9, 0.6, 0.4, 0.7, 0.3, 0.1], dtype=F64)
    same = torch.tensor([True, True, True, False, False, False])
    found = verification.curve(scores, same)
    assert found.far.tolist() == pytest.approx([0, 0, 1 / 3, 1 / 3, 1 / 3, 2 / 3, 1])
    assert found.tar.tolist() == pytest.approx([0, 1 / 3, 1 / 3, 2 / 3, 1, 1, 1])
    assert found.area == pytest.approx(7 / 9)  # of 9 couples 7 are ranked right
    assert found.equal_error == pytest.approx(1 / 3)  # .7 accepted, .4 refused
    assert found.tar_at(1 / 3) == 1.0
    with pytest.raises(ValueError, match=r"far must be from 0\.33, one of 3 different pairs, to 1, got 0\.1"):
        found.tar_at(0.1)
    with pytest.raises(ValueError, match="a curve needs same and different pairs, got 3 and 0"):
        verification.curve(scores[:3], same[:3])


def test_the_area_is_scikit_learns() -> None:
    from sklearn.metrics import roc_auc_score

    scores, same = torch.randn(200, dtype=F64), torch.rand(200) < 0.4
    assert verification.curve(scores, same).area == pytest.approx(roc_auc_score(same.numpy(), scores.numpy()))


def test_the_equal_error_lies_on_the_line_between_two_thresholds() -> None:
    found = verification.Curve(np.array([0.0, 0.1, 0.3, 1.0]), np.array([0.0, 0.8, 0.8, 1.0]), 10)
    assert found.equal_error == pytest.approx(0.2)  # false rejects stay at .2 while false accepts rise past it


def test_the_interval_over_identities_is_wider_than_that_over_pairs_where_pairs_share_identities() -> None:
    noise = torch.Generator().manual_seed(0)
    people = torch.arange(12).repeat_interleave(10)
    easy = torch.rand(12, generator=noise)  # how often a person's pairs are answered right
    first, second = torch.triu_indices(120, 120, 1)
    same = people[first] == people[second]
    pairs = Pairs(first[same], second[same], same[same], torch.zeros_like(first[same]))
    right = (torch.rand(len(pairs), generator=noise) < easy[people[pairs.first]]).double()
    low, high = verification.identity_interval(lambda w: float((w * right).sum() / w.sum()), pairs, people)
    binomial = 2 * 1.96 * verification.binomial_error(100 * float(right.mean()), len(pairs)) / 100
    assert low < float(right.mean()) < high
    assert high - low > 2 * binomial


def test_a_weight_is_the_product_of_how_often_two_identities_were_drawn() -> None:
    seen: list[torch.Tensor] = []
    pairs = pairs_of([(0, 1, True, 0), (0, 2, False, 0)])

    def note(weight: torch.Tensor) -> float:
        seen.append(weight)
        return math.nan

    assert all(map(math.isnan, verification.identity_interval(note, pairs, torch.tensor([5, 5, 7]), draws=30)))
    drawn = {tuple(weight.tolist()) for weight in seen}
    assert drawn == {(2.0, 0.0), (1.0, 1.0), (0.0, 0.0)}  # of two identities: twice one, each once, twice the other


def test_one_shot_takes_the_most_alike() -> None:
    features = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.0, 3.0]])
    trials = torch.tensor([[0, 0, 1, 2], [3, 0, 1, 2]])
    assert verification.one_shot(features, trials).tolist() == [True, False]


def test_the_extent_of_identities_by_hand() -> None:
    angles = torch.tensor([0.0, 10.0, 90.0, 130.0]).deg2rad()
    features = torch.stack([angles.cos(), angles.sin()], 1)
    assert verification.extent(features, torch.tensor([0, 0, 1, 1])) == pytest.approx((40.0, 80.0), abs=1e-3)
    within, between = verification.extent(features[:1], torch.tensor([0]))
    assert math.isnan(within)
    assert math.isnan(between)


def test_what_six_thousand_pairs_resolve() -> None:
    assert verification.binomial_error(99.4, 6000) == pytest.approx(0.0997, abs=1e-4)
    with pytest.raises(ValueError, match=r"accuracy must be in percent, got 100\.5"):
        verification.binomial_error(100.5, 6000)


def made_up_pairs(count: int = 12) -> Pairs:
    """Of so many identities every pair of two, and thirty of one each."""
    one, two = np.triu_indices(count, 1)
    own = np.repeat(np.arange(count), 30)
    first, second = (torch.from_numpy(np.concatenate([own, other])) for other in (one, two))
    return Pairs(first, second, first == second, torch.zeros_like(first))


def test_an_interval_over_seeds_and_identities_is_that_over_seeds_where_identities_do_not_matter() -> None:
    by_seed, pairs = np.linspace(-0.02, 0.05, 12), made_up_pairs()
    found = verification.crossed_interval(np.repeat(by_seed[:, None], len(pairs), 1), pairs, draws=4000)
    assert found == pytest.approx(interval(list(100 * by_seed)), rel=0.05)


def test_an_interval_over_seeds_and_identities_holds_nought_where_one_identity_makes_the_difference() -> None:
    pairs, noise = made_up_pairs(), np.random.default_rng(0)
    of_one = ((pairs.first == 3) & pairs.same).numpy()
    differences = of_one * noise.uniform(0.9, 1.0, (12, 1))
    mean, low, high = verification.crossed_interval(differences, pairs)
    assert mean == pytest.approx(50 * (differences[:, pairs.same.numpy()].mean()))
    over_seeds = interval(list(100 * differences[:, pairs.same.numpy()].mean(1) / 2))
    assert over_seeds[1] > 0 > low
    assert high > over_seeds[2]
    with pytest.raises(ValueError, match="two seeds or more, got 1"):
        verification.crossed_interval(differences[:1], pairs)
