"""What the chapter on W-Softmax is told and shown: a diagnosis of a loss, gains by seed, runs that diverged."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_hex

from discriminative.evidence import Arms
from discriminative.figures.style import colour
from discriminative.geometry import unit_rows
from discriminative.ledger import Ledger
from discriminative.papers.weights_biased import figures, takeaways, told
from discriminative.papers.weights_biased.experiments import ALPHAS, PAPERS, map_name
from discriminative.runs import Run
from discriminative.statistics import interval
from discriminative.study import Arm
from discriminative.training import train

mpl.use("Agg")
SPACE = "\N{NO-BREAK SPACE}"


def made(tiny: Run, folder: Path, wrong: Mapping[str, tuple[int | None, ...]]) -> Arms:
    """Arms of these names with so many of 10,000 test images wrong at seeds 0, 1, ...; ``None`` for one diverged."""
    ledger, record = Ledger(folder), train(tiny)[0]
    arms = [Arm(name, replace(tiny, feature_dim=3 + i), tuple(range(len(wrong[name])))) for i, name in enumerate(wrong)]
    for arm in arms:
        for run, count in zip(arm.runs(), wrong[arm.name], strict=True):
            kept = copy.deepcopy(record) | {"run": run.to_json(), "id": run.id}
            kept["status"] = "diverged" if count is None else "finished"
            if count is not None:
                kept["metrics"]["test"] |= {"wrong": count, "images": 10_000}
                known = {"trained_loss": 0.01, "mean_feature_loss": 2.5, "all_negative_share": 0.25}
                known |= {"class_error": [count / 100, 7.0], "class_own_angle": [count / 10, 20.0]}
                known |= {"class_own_angle_train": [15.0, 18.0], "right_in_training_only": count / 1000}
                known |= {"fisher_ratio": count / 100, "between_cosine_max": -count / 1000}
                kept["metrics"]["train"] |= {"images": 2000}
                kept["geometry"] |= {**known, "mean_energy_share": count / 1000, "probe_error": 7.0}
            ledger.write(kept)
    return Arms(arms, ledger)


def test_a_diagnosis_is_of_the_runs_that_finished(tiny: Run, tmp_path: Path) -> None:
    arms = made(tiny, tmp_path, {"literal": (100, 300, None), "stopped": (None,)})
    row = told.diagnosis(arms, "literal", "as printed")
    assert row == ["as printed", "2 of 3", "2.0", "1.0e-02", "2.5e+00", "25.0", "20.0", "7.0"]
    assert len(row) == len(told.DIAGNOSIS)
    assert told.diagnosis(arms, "stopped") == ["stopped", "0 of 1", *["–"] * 6]
    assert math.isnan(told.arm_mean(arms, "stopped", "trained_loss"))
    assert told.decimals(0.126, 2) == "0.13"


def test_a_difference_of_errors_is_paired_by_seed(tiny: Run, tmp_path: Path) -> None:
    arms = made(tiny, tmp_path, {"softmax": (100, 200, None, 500), "W-Softmax": (200, 320, 100), "literal": (90,)})
    assert told.paired(arms, "softmax", "W-Softmax") == f"+1.10 points [−0.17, +2.37], n{SPACE}={SPACE}2"
    assert told.paired(arms, "W-Softmax", "softmax").startswith("−1.10 points [−2.37, +0.17]")
    assert told.paired(arms, "softmax", "literal") == "1 pair, no interval"
    assert told.paired(arms, "softmax", "softmax").startswith("+0.00 points")
    none = Arms([replace(arms["softmax"], seeds=(7,)), arms["literal"]], arms.ledger)
    assert told.paired(none, "softmax", "literal") == "not run"


def test_a_mean_stands_with_its_interval_and_an_arm_with_how_many_of_its_runs(tiny: Run, tmp_path: Path) -> None:
    arms = made(tiny, tmp_path, {"softmax": (100, 200, None), "stopped": (0, 300), "literal": (90,), "lost": (None,)})
    assert told.over_seeds(arms, "softmax", "test error", 2) == "1.50 [−4.85, 7.85]"
    assert told.over_seeds(arms, "literal", "test error") == "0.9"
    assert told.over_seeds(arms, "lost", "test error") == "–"
    assert told.with_any(arms, "stopped", "test error") == "1 of 2"
    assert told.with_any(arms, "softmax", "test error") == "2 of 2"


def test_a_sweep_is_told_by_its_steps_with_their_intervals(tiny: Run, tmp_path: Path) -> None:
    arms = made(tiny, tmp_path, {"softmax": (100, 200), "literal": (150, 350, 100), "lost": (None, None)})
    names = ("softmax", "literal", "lost")
    assert told.steps_told(arms, names, "Fisher ratio") == ["+1.00 [−5.35, +7.35]", "–"]
    assert told.steps_told(arms, ("literal", "softmax"), "largest class cosine", 3) == ["+0.100 [−0.535, +0.735]"]
    rows = told.spread_rows(arms, ("softmax", "literal"), "as printed")
    assert [len(row) for row in rows] == [3] * len(told.SPREAD)
    assert rows[0] == ["Fisher ratio, as printed", "1.50, 2.00", "+1.00 [−5.35, +7.35]"]
    assert rows[3][:2] == ["Largest cosine between classes, as printed", "−0.150, −0.200"]
    assert told.spread_rows(arms, ("softmax", "lost"), "")[0][1:] == ["1.50, –", "–"]


def test_counts_carry_an_exact_interval(tiny: Run, tmp_path: Path) -> None:
    arms = made(tiny, tmp_path, {"softmax": (1, 0), "literal": (150, 140, 200), "lost": (None,)})
    assert told.counted(4, 5, "runs") == "4 of 5 runs [28 %, 99 %]"
    assert told.counted(0, 0) == "–"
    assert told.images_with(arms, "softmax", "right_in_training_only") == "2 of 4,000 images [0.006 %, 0.180 %]"
    assert told.images_with(arms, "softmax", "never_kept") == told.images_with(arms, "lost", "probe_error") == "–"
    assert told.wider_in_training(arms, "literal") == "class 0 under seed 0 and class 0 under seed 1"
    assert told.wider_in_training(arms, "lost") == "none"


def test_classes_are_told_by_their_mean_over_the_runs(tiny: Run, tmp_path: Path) -> None:
    arms = made(tiny, tmp_path, {"softmax": (300, 500), "literal": (100, 200, None), "lost": (None,)})
    assert told.class_rises(arms, "softmax", "literal", ("zero", "one")) == "one +0.0, zero −2.5"
    assert told.class_rises(arms, "literal", "softmax", ("zero", "one")) == "zero +2.5, one +0.0"
    assert told.class_rises(arms, "softmax", "lost", ("zero", "one")) == "–"
    assert told.classes_falling(arms, ("softmax", "literal")) == "1 of 2"
    assert told.classes_falling(arms, ("literal", "softmax")) == "0 of 2"
    assert told.classes_falling(arms, ("softmax", "lost")) == "–"


def test_gains_are_compared_at_each_seed_in_points_and_as_shares(tiny: Run, tmp_path: Path) -> None:
    wrong = {
        "softmax k=5": (100, 200, 900),
        "W-Softmax k=5": (50, 100, None),
        "softmax k=10": (400, 400, 400),
        "W-Softmax k=10": (200, 176, 100),
    }
    arms = made(tiny, tmp_path, wrong)
    assert told.gains_apart(arms, "k=5", "k=10").startswith("+1.37 points [")  # 2.0 - 0.5 and 2.24 - 1.0
    share = told.gains_apart(arms, "k=5", "k=10", share=True)  # 50 - 50 and 56 - 50
    assert share.startswith("+3 per cent of softmax's error [")
    assert told.gains_apart(arms, "k=10", "k=5").endswith(f"n{SPACE}={SPACE}2")
    wrong = {"plain" + name.removeprefix("softmax"): count for name, count in wrong.items()} | wrong
    other = made(tiny, tmp_path / "other", wrong | {"plain k=5": (50, 100, 900)})
    assert told.gains_apart(other, "k=5", "k=10", against="plain").startswith("+2.12 points [")  # no gain with five


def test_a_difference_may_be_of_any_measure_and_runs_that_err_more_are_counted(tiny: Run, tmp_path: Path) -> None:
    arms = made(tiny, tmp_path, {"softmax": (100, 200, 300), "W-Softmax": (150, 100, 400), "lost": (None,)})
    assert told.paired(arms, "softmax", "W-Softmax", "Fisher ratio", unit="").startswith(
        "+0.17 [\N{MINUS SIGN}2.42, +2.75]"
    )
    assert told.erring_more(arms, "softmax", "W-Softmax") == "2 of 3"
    assert told.erring_more(arms, "softmax", "lost") == "0 of 0"


def test_the_mean_features_share_of_the_fall_is_set_beside_that_of_the_optimum(tiny: Run, tmp_path: Path) -> None:
    arms = made(tiny, tmp_path, {"literal": (100, 300), "lost": (None,)})
    found, best = told.mean_shares(arms, "literal", 1.0)  # of log 10, 2.303: the mean is at 2.5, the features at 0.01
    assert found == f"{100 * (math.log(10) - 2.5) / (math.log(10) - 0.01):.0f} % [-9, -9]"
    assert best == "38 %"
    assert told.mean_shares(arms, "lost", 1.0) == ("–", "–")


def test_the_means_loss_at_the_optimum_is_that_of_features_which_stand_there() -> None:
    alpha, k = 1.0, 10
    rho, angle = figures.optimum(alpha)
    gram = (1 - rho) * torch.eye(k, dtype=torch.float64) + rho
    values, vectors = torch.linalg.eigh(gram)
    w, y = vectors * values.sqrt(), torch.arange(k)
    n = (1 + alpha**2 + 2 * alpha * gram).sqrt()
    rivals = (alpha * w[:, None] + w[None]) / n[:, :, None]
    rivals[y, y] = w
    x = unit_rows((w[:, None] - rivals).sum(1))
    assert math.degrees(float((x * w).sum(1).mean().acos())) == pytest.approx(angle, abs=0.01)
    for length in (2.0, 5.0):
        told_loss, mean_loss = (
            float(torch.nn.functional.cross_entropy(torch.einsum("yjd,yd->yj", rivals, each), y))
            for each in (length * x, length * x.mean(0).expand(k, -1))
        )
        assert figures.optimum_mean_loss(alpha, told_loss) == pytest.approx(mean_loss, abs=1e-4)


def test_the_maps_title_says_where_runs_diverged(tiny: Run, tmp_path: Path) -> None:
    bare = {"norm": False, "warm": False}
    wrong = {map_name(1.0, "literal", **bare): (100, 300), map_name(1.0, "stopped", **bare): (500, None, 700)}
    wrong |= {map_name(1.0, gradient): (200,) for gradient in ("literal", "stopped")}
    says = takeaways.over_alpha(made(tiny, tmp_path, wrong))
    assert says.startswith("The test error at α = 1: without either help 2.00 % under the printed gradient, ")
    assert "6.00 % under the stopped one (mean of 2 of 3 runs, the rest diverged); with batch norm" in says
    assert says.endswith("2.00 % under the printed gradient, 2.00 % under the stopped one.")


def test_a_run_that_diverged_is_a_cross_at_the_top_of_the_map(tiny: Run, tmp_path: Path) -> None:
    bare = {"norm": False, "warm": False}
    names = {map_name(1.0, "stopped", **bare): (300, None, None), map_name(0.5, "literal", **bare): (None,)}
    figure = figures.over_alpha(made(tiny, tmp_path, names))
    for axes in (figure.axes[0], figure.axes[4]):
        crosses = {line.get_color(): line for line in axes.lines if line.get_marker() == "x"}
        assert crosses.keys() == {colour("stopped"), colour("literal")}
        stopped, literal = crosses[colour("stopped")], crosses[colour("literal")]
        assert list(stopped.get_xdata()) == [1.0, 1.0]
        assert list(literal.get_xdata()) == [0.5]
        assert stopped.get_transform() == axes.get_xaxis_transform()
        assert len(set(stopped.get_ydata())) == 2
        assert all(0.8 < y <= 1 for y in stopped.get_ydata())
    assert not [line for line in figure.axes[3].lines if line.get_marker() == "x"]
    plt.close(figure)


def test_curves_by_class_carry_their_names_in_their_own_colours(tiny: Run, tmp_path: Path) -> None:
    ledger, record = Ledger(tmp_path), train(tiny)[0]
    arm = Arm(map_name(1.0, "stopped"), tiny, (tiny.seed,))
    record["geometry"] |= {key: [30.0] * 10 for key in ("class_own_angle", "class_own_angle_train")}
    ledger.write(record)
    figure = figures.by_class(Arms([arm], ledger))
    (line,), (name,) = figure.axes[1].lines, figure.axes[1].texts
    assert name.get_text() == "α = 1"
    assert to_hex(name.get_color()) == to_hex(line.get_color())
    plt.close(figure)


def test_the_best_common_angle_is_that_of_the_theorem() -> None:
    rho, angle = figures.optimum(1.0)
    assert (round(rho, 3), round(angle)) == (0.165, 53)
    values, vectors = torch.linalg.eigh(torch.full((10, 10), rho, dtype=torch.float64).fill_diagonal_(1))
    w = vectors * values.sqrt()
    n = math.sqrt(2 + 2 * rho)
    features = unit_rows((1 - 1 / n) * w - (w.sum(0) - w) / (9 * n))
    assert figures.optimum_energy(1.0) == pytest.approx(float(features.mean(0).square().sum()), abs=1e-12)
    assert figures.optimum_energy(0.3) == pytest.approx(0.0, abs=1e-6)
    assert figures.optimum(0.3) == (pytest.approx(-1 / 9), pytest.approx(0.0, abs=1e-3))


def decided(arms: Arms, names: tuple[str, ...], measure: str) -> list[int]:
    """Of each step its sign where the 95 % interval is off zero, else 0."""
    steps = [interval([b - a for a, b in arms.pairs(*pair, measure)]) for pair in pairwise(names)]
    return [1 if low > 0 else -1 if high < 0 else 0 for _, low, high in steps]


def test_what_is_said_of_the_sweeps_over_alpha_is_so_in_the_records() -> None:
    swept, fast, tuned = (Arms.of(f"wsm-{name}", "laptop") for name in ("map", "tenfold", "tuned"))
    stopped = tuple(map_name(alpha, "stopped") for alpha in (0.0, *PAPERS))
    literal = tuple(map_name(alpha, "literal") for alpha in (0.0, *PAPERS))
    for names in (stopped, literal):
        for measure in ("Fisher ratio", "within-class cosine"):
            assert decided(swept, names, measure) == [1, 1, 1]
        assert decided(swept, names, "largest class cosine") == [-1, 1, 1]
    assert decided(swept, stopped, "between-class cosine") == [-1, -1, -1]
    assert decided(swept, literal, "between-class cosine") == [0, 1, 1]
    assert decided(swept, stopped, "angle gap") == [1, 1, -1]
    assert decided(swept, literal, "angle gap") == [1, -1, -1]
    assert decided(swept, literal[::2], "angle gap") == [-1]
    assert decided(fast, stopped, "angle gap") == decided(fast, stopped, "Fisher ratio") == [1, 1, 1]
    assert decided(swept, stopped, "own angle") == decided(fast, stopped, "own angle") == [-1, -1, -1]
    own = ("weight-normalised", *(f"stopped alpha={alpha:g}" for alpha in PAPERS))
    assert decided(tuned, own, "own angle") == [0, -1, -1]
    assert decided(swept, literal, "own angle") == [0, 1, 1]
    assert decided(swept, literal, "weight cosine") == [1, 1, 1]
    assert decided(swept, stopped, "cosines off the simplex") == [0, 1, 1]


def test_what_is_said_of_softmax_first_is_so_in_the_records() -> None:
    swept = Arms.of("wsm-map", "laptop")

    def first(alpha: float, gradient: str, norm: bool) -> int:
        cold, warm = (map_name(alpha, gradient, norm, warm) for warm in (False, True))
        return decided(swept, (cold, warm), "test error")[0]

    assert [first(alpha, "literal", False) for alpha in ALPHAS] == [-1] * 4
    assert [first(alpha, "stopped", False) for alpha in ALPHAS] == [0, -1, 0, 0]
    assert min(first(alpha, gradient, True) for alpha in (0.0, *ALPHAS) for gradient in ("literal", "stopped")) == 0
