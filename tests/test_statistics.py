"""The rules of evidence, each against hand arithmetic or a case made to fall on one side."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from discriminative.statistics import (
    DIFFERENCE,
    EQUIVALENCE,
    Verdict,
    _detectable,
    _seeds_needed,
    effect,
    holm,
    interval,
    judge,
    judge_equivalence,
    judge_errors,
    proportion,
)

THIRD = math.log(0.40 / 0.31) / 3  # of the paper's effect


def by_seed(values: list[int | None]) -> dict[int, int | None]:
    return dict(enumerate(values))


def test_the_effect_is_the_log_ratio_of_smoothed_errors() -> None:
    assert effect(40, 31, 10_000) == pytest.approx(math.log(40.5 / 31.5))
    assert math.isfinite(effect(5, 0, 100))


def test_the_interval_of_a_count_is_exact_and_ends_at_0_and_1() -> None:
    for count in range(6):
        low, high = proportion(count, 5)
        assert stats.binom.sf(count - 1, 5, low) == pytest.approx(0.025 if count else 1.0)
        assert stats.binom.cdf(count, 5, high) == pytest.approx(0.025 if count < 5 else 1.0)
        assert 0 <= low < high <= 1
    assert proportion(0, 5)[0] == 0
    assert proportion(5, 5)[1] == 1
    for wrong in ((6, 5), (-1, 5), (0, 0)):
        with pytest.raises(ValueError, match="count must be of one trial or more"):
            proportion(*wrong)


def test_the_interval_is_students() -> None:
    values = [1.0, 2.0, 4.0, 4.5]
    expected = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert interval(values)[1:] == pytest.approx(expected)
    assert interval([1.0]) == (1.0, -math.inf, math.inf)


BASE = [400, 410, 395, 405, 402, 398]


@pytest.mark.parametrize(
    ("arm", "word"),
    [
        ([x - 100 for x in BASE], "reproduced"),
        ([x - 1 for x in BASE], "contradicted"),
        ([x + 60 + i for i, x in enumerate(BASE)], "reversed"),
        ([x + d for x, d in zip(BASE, (-120, 40, -90, 60, -30, 20), strict=True)], "inconclusive"),
    ],
)
def test_each_word_has_its_case(arm: list[int], word: str) -> None:
    verdict = judge_errors(by_seed(list(BASE)), by_seed(list(arm)), 10_000, THIRD)
    assert verdict.word == word
    assert verdict.n == 6
    assert verdict.low < verdict.effect < verdict.high
    assert verdict.smallest == pytest.approx(THIRD)


def test_a_small_sure_gain_below_a_third_of_the_papers_is_not_reproduced() -> None:
    arm = [x - 20 for x in BASE]
    assert judge_errors(by_seed(list(BASE)), by_seed(list(arm)), 10_000, THIRD).word == "contradicted"


def test_pairs_are_by_seed() -> None:
    verdict = judge_errors({0: 400, 1: 410, 2: 390, 7: 100}, {2: 300, 0: 310, 1: 320, 9: 5}, 10_000, THIRD)
    assert verdict.n == 3
    assert verdict.points == pytest.approx(0.9)


def test_an_arm_with_a_divergence_is_never_reproduced() -> None:
    arm: list[int | None] = [x - 100 for x in BASE]
    arm[2] = None
    verdict = judge_errors(by_seed(list(BASE)), by_seed(arm), 10_000, THIRD)
    assert verdict.word == "inconclusive"
    assert verdict.diverged == 1
    assert verdict.n == 5
    assert "1 of 6 runs diverged" in verdict.reason


def test_no_record_is_not_run() -> None:
    assert judge_errors({}, {}, 10_000, THIRD).word == "not run"


def test_a_collapse_is_counted_and_stays_in() -> None:
    verdict = judge_errors(by_seed(list(BASE)), by_seed([300, 301, 9000, 299, 302, 300]), 10_000, THIRD)
    assert verdict.collapsed == 1
    assert verdict.n == 6


def test_the_promised_power_is_near_the_truth() -> None:
    """Simulated: at the detectable effect, about 80 % of experiments exclude zero."""
    rng = np.random.default_rng(0)
    n, sd = 12, 0.1
    detectable = float((stats.t.ppf(0.975, n - 1) + stats.t.ppf(0.8, n - 1)) * sd / math.sqrt(n))
    found = [interval(rng.normal(detectable, sd, n))[1] > 0 for _ in range(4000)]
    assert np.mean(found) == pytest.approx(0.8, abs=0.03)
    pairs = rng.normal(0, 1, (2, n))
    base = by_seed([int(400 + 10 * x) for x in pairs[0]])
    arm = by_seed([int(380 + 10 * x) for x in pairs[1]])
    verdict = judge_errors(base, arm, 10_000, THIRD)
    gains = [effect(b, a, 10_000) for b, a in zip(base.values(), arm.values(), strict=True)]  # type: ignore[arg-type]
    expected = (stats.t.ppf(0.975, n - 1) + stats.t.ppf(0.8, n - 1)) * np.std(gains, ddof=1) / math.sqrt(n)
    assert verdict.detectable == pytest.approx(float(expected))
    assert verdict.seeds_needed is not None


def test_holm_by_hand() -> None:
    found = {name: Verdict("reproduced", p=p) for name, p in (("a", 0.04), ("b", 0.001), ("c", 0.02))}
    corrected = holm(found)
    assert [corrected[name].holm_p for name in "bca"] == pytest.approx([0.003, 0.04, 0.04])
    assert {v.word for v in corrected.values()} == {"reproduced"}
    worse = holm({**found, "a": Verdict("reproduced", p=0.06)})
    assert worse["a"].word == "inconclusive"
    assert worse["c"].holm_p == pytest.approx(0.04)


def test_holm_counts_a_claim_that_has_no_record_yet() -> None:
    found = {name: Verdict("reproduced", p=p) for name, p in (("a", 0.02), ("b", 0.001))}
    corrected = holm(found | {"c": Verdict("not run")})
    assert [corrected[name].holm_p for name in "ba"] == pytest.approx([0.003, 0.04])
    assert corrected["c"] == Verdict("not run")
    assert holm(found | {"c": Verdict("not run"), "d": Verdict("not run")})["a"].word == "inconclusive"  # 3 x 0.02


@pytest.mark.parametrize("later", [0.0005, 0.01, 0.3])
def test_a_record_that_comes_later_withdraws_no_verdict(later: float) -> None:
    found = {name: Verdict("reproduced", p=p) for name, p in (("a", 0.02), ("b", 0.001))}
    before = holm(found | {"c": Verdict("not run")})
    after = holm(found | {"c": Verdict("reproduced", p=later)})
    assert all(before[name].word == after[name].word == "reproduced" for name in found)


# Hand arithmetic. Three paired differences 2, 3, 4: mean 3, standard deviation 1, and with 2 degrees of freedom
# t(0.975) = 4.3027, so the 95 % interval is 3 +- 4.3027 / sqrt(3) = 3 +- 2.4842.
TEN = {0: 10.0, 1: 10.0, 2: 10.0}
TWO_THREE_FOUR = {0: 12.0, 1: 13.0, 2: 14.0}


@pytest.mark.parametrize(
    ("smallest", "word"),
    [(3.0, "reproduced"), (3.1, "inconclusive"), (5.4, "inconclusive"), (5.5, "contradicted")],
)
def test_a_mean_below_the_smallest_effect_that_counts_is_not_reproduced(smallest: float, word: str) -> None:
    verdict = judge(TEN, TWO_THREE_FOUR, smallest)
    assert (verdict.low, verdict.high) == pytest.approx((0.5158, 5.4842), abs=1e-4)
    assert verdict.word == word


def test_the_p_value_by_hand() -> None:
    """t = 3 sqrt(3), and with two degrees of freedom P(|T| > t) = 1 - t / sqrt(2 + t^2) in closed form."""
    assert judge(TEN, TWO_THREE_FOUR, 0.0).p == pytest.approx(1 - math.sqrt(27 / 29))


@pytest.mark.parametrize("quantiles", [DIFFERENCE, EQUIVALENCE])
@pytest.mark.parametrize("sd", [0.0, 0.3, 1.0, 7.0, 24.9, 40.0])
def test_the_seeds_needed_are_the_fewest(sd: float, quantiles: tuple[float, float]) -> None:
    found = _seeds_needed(sd, 1.0, quantiles)
    assert found == next((n for n in range(3, 10_001) if _detectable(sd, n, quantiles) <= 1.0), None)
    assert (found is None) == (sd == 40.0)


def test_the_seeds_needed_by_hand() -> None:
    """80 % power for 1 at a standard deviation of 1.

    10 pairs: (2.262 + 0.883) / sqrt(10) = 0.995; 9 pairs: (2.306 + 0.889) / 3 = 1.065.
    """
    assert judge(TEN, TWO_THREE_FOUR, 1.0).seeds_needed == 10
    assert judge(TEN, TWO_THREE_FOUR, 0.0).seeds_needed is None


def test_the_correlation_by_hand() -> None:
    """Deviations (-1, 0, 1) and (-1, 1, 0): 1 / sqrt(2 * 2)."""
    assert judge({0: 1.0, 1: 2.0, 2: 3.0}, {0: 11.0, 1: 13.0, 2: 12.0}, 0.0).correlation == pytest.approx(0.5)
    assert math.isnan(judge(TEN, TWO_THREE_FOUR, 0.0).correlation)


def test_more_than_half_wrong_is_a_collapse() -> None:
    arm = by_seed([5000, 5001, 300])
    assert judge_errors(by_seed([400, 410, 395]), arm, 10_000, THIRD).collapsed == 1


def test_a_measure_is_judged_by_its_paired_differences() -> None:
    base: dict[int, float | None] = {0: 10.0, 1: 12.0, 2: 11.0, 3: 10.5}
    verdict = judge(base, {seed: (value or 0) + 3 + 0.1 * seed for seed, value in base.items()}, 1.0)
    assert verdict.word == "reproduced"
    assert verdict.effect == pytest.approx(3.15)
    assert judge(base, {seed: (value or 0) - 3 - 0.1 * seed for seed, value in base.items()}, 0.0).word == "reversed"


def test_a_baseline_that_diverges_can_be_the_claim() -> None:
    base: dict[int, float | None] = {0: None, 1: None, 2: None, 3: 1.0, 4: 1.0}
    arm: dict[int, float | None] = dict.fromkeys(range(5), 2.0)
    assert judge(base, arm, 0.0, or_baseline_diverges=True).word == "reproduced"
    assert judge(base, arm, 0.0).word == "inconclusive"
    same: dict[int, float | None] = dict.fromkeys(range(5), 1.0)
    told = judge(base, same, 0.0, or_baseline_diverges=True)
    assert (told.word, told.reason) == ("reproduced", "3 of 5 runs without it diverged")
    assert judge({**base, 0: 1.0}, same, 0.0, or_baseline_diverges=True).word == "inconclusive"  # 2 of 5 are too few
    assert judge({0: None, 1: None}, {0: 1.0, 1: 1.0}, 0.0, or_baseline_diverges=True).word == "inconclusive"
    assert judge(base, {**arm, 4: None}, 0.0, or_baseline_diverges=True).word == "inconclusive"


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ([0.1, -0.1, 0.2, 0.0, 0.1], "reproduced"),
        ([2.0, 2.1, 1.9, 2.2, 2.0], "contradicted"),
        ([2.0, -2.1, 1.9, 0.2, 1.0], "inconclusive"),
        ([0.1, 0.2], "inconclusive"),
        ([0.1, -0.1, 0.2, None, 0.1], "inconclusive"),
        ([], "not run"),
    ],
)
def test_an_equivalence_is_judged_by_its_90_percent_interval(values: list[float | None], word: str) -> None:
    assert judge_equivalence(dict(enumerate(values)), 1.0).word == word


@pytest.mark.parametrize(("half_width", "word"), [(1.69, "reproduced"), (1.68, "inconclusive")])
def test_the_interval_of_an_equivalence_by_hand(half_width: float, word: str) -> None:
    """-1, 0, 1: standard deviation 1, t(0.95) = 2.920 with 2 degrees of freedom, 2.920 / sqrt(3) = 1.6859."""
    verdict = judge_equivalence({0: -1.0, 1: 0.0, 2: 1.0}, half_width)
    assert (verdict.low, verdict.high) == pytest.approx((-1.6859, 1.6859), abs=1e-4)
    assert verdict.word == word


def test_an_equivalence_says_which_bounds_its_seeds_can_show() -> None:
    """Simulated: where the truth is zero, about 80 % of experiments lie inside the bounds that it names."""
    rng, n = np.random.default_rng(0), 12
    bounds = float(stats.t.ppf(0.95, n - 1) + stats.t.ppf(0.9, n - 1)) / math.sqrt(n)
    found = [interval(rng.normal(0, 1, n), level=0.9) for _ in range(4000)]
    assert np.mean([-bounds < low and high < bounds for _, low, high in found]) == pytest.approx(0.8, abs=0.03)
    values = [0.0, 1.0, -1.0, 2.0, -2.0, 0.5]
    verdict = judge_equivalence(dict(enumerate(values)), 0.5)
    assert verdict.detectable == pytest.approx(
        (stats.t.ppf(0.95, 5) + stats.t.ppf(0.9, 5)) * np.std(values, ddof=1) / math.sqrt(6)
    )
    assert verdict.seeds_needed is not None
    assert verdict.seeds_needed > 6
