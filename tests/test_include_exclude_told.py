"""What the chapter on include-and-exclude is told and shown: differences, tunings, softmax at a sweep's seeds."""

from __future__ import annotations

import copy
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from discriminative import pictures
from discriminative.evidence import Arms
from discriminative.figures.style import colour
from discriminative.ledger import Ledger
from discriminative.losses import FreeVarianceIncludeExclude, class_variance, include_exclude_loss
from discriminative.networks import flops
from discriminative.papers import claims, experiment, printed
from discriminative.papers.include_exclude import appendix, figures, free_variance, full_scale, takeaways, told
from discriminative.papers.include_exclude.free_variance import FreePath
from discriminative.runs import Run, Schedule, Term
from discriminative.statistics import Verdict
from discriminative.study import Arm
from discriminative.training import train
from discriminative.verdicts import verdicts

mpl.use("Agg")
END = "n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}2"


@pytest.fixture
def arms(tiny: Run, tmp_path: Path) -> Arms:
    """Softmax over four seeds; an arm of a sweep over the first two; one that equals it; one without a record."""
    ledger, record = Ledger(tmp_path), train(tiny)[0]
    wrong = {
        "softmax": (400, 420, 100, 120),
        "A.1 lambda=1": (300, 302),
        "A.1 lambda=0": (400, 420),
        "A.1 lambda=2": (),
    }
    made = []
    for i, (name, counts) in enumerate(wrong.items()):
        arm = Arm(name, replace(tiny, feature_dim=3 + i), tuple(range(len(counts) or 1)))
        for run, count in zip(arm.runs(), counts, strict=False):
            kept = copy.deepcopy(record) | {"run": run.to_json(), "id": run.id, "status": "finished"}
            for part in ("test", "validation"):
                kept["metrics"][part] |= {"wrong": count, "images": 10_000}
            ledger.write(kept)
        made.append(arm)
    return Arms(made, ledger)


def test_a_difference_is_told_in_words(arms: Arms) -> None:
    gain = told.against(arms, "softmax", "A.1 lambda=1")
    assert gain == f"1.09 points fewer [0.05 more to 2.23 fewer], {END}"
    assert told.against(arms, "A.1 lambda=1", "softmax").startswith("1.09 points more [")
    assert told.against(arms, "softmax", "A.1 lambda=0") == "as many errors at each of 2 seeds"
    assert told.against(arms, "softmax", "A.1 lambda=2") == "not run"
    assert told.error(arms, "A.1 lambda=1") == "3.01 %"
    assert told.error(arms, "A.1 lambda=2") == told.error(arms, "nothing") == "–"


def test_a_sweep_is_told_by_what_parts_its_settings(arms: Arms) -> None:
    two = f"the means of 2 settings lie within 1.09 points, {END} each"
    assert told.spread_told(arms.only("A.1 lambda=1", "A.1 lambda=0", "A.1 lambda=2")) == two
    both = told.spread_told(arms.only("softmax", "A.1 lambda=1"))
    assert both.endswith("2 to 4 each")
    assert told.spread_told(arms.only("A.1 lambda=1")) == "not run"
    names = ("A.1 lambda=1", "A.1 lambda=2", "nothing")
    gain = f"1.09 points fewer [0.05 more to 2.23 fewer], {END}"
    assert told.errors_told(arms, *names, beside="softmax") == f"A.1 lambda=1 3.01 % ({gain})"
    assert told.errors_told(arms, "A.1 lambda=2", beside="softmax") == "not run"


def test_a_tuning_that_is_not_run_is_not_told_as_if_it_were(arms: Arms) -> None:
    assert told.tuning_told(arms.only("A.1 lambda=2")).startswith("none of their 1 tuning runs is there yet")
    assert told.tuning_told(arms.only("softmax")) == "all of their 4 tuning runs are there"
    assert told.tuning_told(arms) == "8 of their 9 tuning runs are there"


def test_a_control_that_is_not_run_has_its_reason() -> None:
    assert all(len(row) == len(told.NOT_RUN_HEADS) and all(row) for row in told.NOT_RUN)
    assert len(told.NOT_RUN) == 6


def test_the_sweep_stands_beside_softmax_at_its_own_seeds(arms: Arms) -> None:
    figure = figures.lambda_sweep(arms.only("A.1 lambda=1"), arms.only("softmax"))
    for axes in figure.axes:
        plain = [line for line in axes.lines if line.get_color() == colour("softmax")]
        levels = {line.get_linestyle(): line.get_ydata()[0] for line in plain}
        assert levels["--"] == pytest.approx(4.1)
        assert levels[":"] == pytest.approx(2.6)
        dots = [line for line in plain if line.get_marker() == "o"]
        assert [list(line.get_ydata()) for line in dots] == [[4.0, 4.2]]
    plt.close(figure)


def test_a_measure_is_told_by_its_difference_with_a_sign(arms: Arms) -> None:
    less = told.apart(arms, "test error", "softmax", "A.1 lambda=1", 2, " points")
    assert less == f"\N{MINUS SIGN}1.09 points [\N{MINUS SIGN}2.23, +0.05], {END}"
    assert told.apart(arms, "test error", "softmax", "A.1 lambda=2") == "not run"
    assert told.apart(arms, "test error", "softmax", "nothing") == "not run"


def test_a_later_start_is_read_off_the_curves(arms: Arms) -> None:
    for name, errors in (("softmax", [0.5, 0.1, 0.0]), ("A.1 lambda=1", [0.5, 0.5, 0.0])):
        for record in arms.finished(name):
            record["curves"] |= {"step": [10, 20, 40], "train_error": errors, "terms": [[3.0, 2.0, 1.5]]}
    for share, late in ((0.9, "50.0"), (0.5, "0.0")):
        told_ = told.later(arms, "softmax", "A.1 lambda=1", share)
        assert told_ == f"+{late} % of the run [+{late}, +{late}], {END}"
    assert told.later(arms, "softmax", "A.1 lambda=2", 0.9) == "not run"
    assert told.ends(arms, "A.1 lambda=1") == "1.50"
    assert told.ends(arms, "A.1 lambda=2") == told.ends(arms, "nothing") == "–"


def test_how_far_a_centre_comes(tiny: Run) -> None:
    term = Term("CenterLoss", 0.5, rate=0.1)
    run = replace(tiny, terms=(term,), schedule=Schedule(2, drops=()))
    assert told.way_of_centres(run) == pytest.approx(1 - math.exp(-0.5 * 0.1 * 2 / 10 / 0.1))
    assert told.way_of_centres(replace(run, terms=(replace(term, rate=0.0),))) == 0


def test_a_quadratic_sees_a_hump_and_not_noise() -> None:
    rng = np.random.default_rng(1)
    at, noise = np.arange(35.0), rng.standard_normal((4000, 35))
    place = (at - at.mean()) / at.std()
    hump = 1 - place**2
    assert (appendix.smooth_p(at, noise) < 0.05).mean() == pytest.approx(0.05, abs=0.012)
    assert (appendix.smooth_p(at, noise + 2 * hump / hump.std()) < 0.05).all()
    assert appendix.smooth_p(at, noise[0]) == pytest.approx(appendix.smooth_p(at, noise)[0])


def test_the_sentence_on_a_stable_lambda_is_about_faces() -> None:
    claim = claims()["C-IE4"]
    assert claim.paper_scale.startswith("LFW")
    assert claim.says == "our reading"


def test_an_interval_has_the_level_that_it_is_asked_for(arms: Arms) -> None:
    late = (0.1, 0.3)
    for name, errors in (("softmax", (0.0, 0.0)), ("A.1 lambda=1", late)):
        for record, at in zip(arms.finished(name), errors, strict=False):
            curve = [0.5, 0.5, 0.0] if at == late[1] else [0.5, 0.0, 0.0]
            record["curves"] |= {"step": [10, 20, 40], "train_error": curve}
    wide, narrow = (told.later(arms, "softmax", "A.1 lambda=1", 0.9, level) for level in (0.95, 0.9))
    assert wide.startswith("+25.0 % of the run [")
    assert narrow.startswith("+25.0 % of the run [")
    assert float(wide.split("[")[1].split(",")[0].replace("\N{MINUS SIGN}", "-")) < float(
        narrow.split("[")[1].split(",")[0].replace("\N{MINUS SIGN}", "-")
    )
    ((rival, cell),) = told.later_rows(arms, "A.1 lambda=1", ["softmax"], [0.9])
    assert (rival, cell) == ("softmax", narrow.replace(" % of the run", ""))


def test_chance_is_one_answer_for_all(arms: Arms) -> None:
    assert told.at_chance(arms, "softmax", "A.1 lambda=1", "nothing") == "0 of 6"
    assert told.at_chance(arms, "A.1 lambda=2") == "not run"
    arms.finished("softmax")[0]["metrics"]["test"] |= {"wrong": 9000}
    assert told.at_chance(arms, "softmax") == "1 of 4"
    arms.finished("softmax")[1]["run"]["dataset"] = "cifar100"
    arms.finished("softmax")[1]["metrics"]["test"] |= {"wrong": 9000}  # of a hundred classes that is no chance
    assert told.at_chance(arms, "softmax") == "1 of 4"


def test_the_value_in_one_point_is_that_of_the_loss() -> None:
    f, y = torch.randn(640, 6, dtype=torch.float64), torch.arange(640) % 10
    mu = torch.zeros(10, 6, dtype=torch.float64)
    for reading, nearest in (("A.1", None), ("A.1", 3), ("Eq. 6", None)):
        value = include_exclude_loss(f, y, mu, class_variance(f, y, mu), 0.1, nearest, reading)
        run = {"terms": [{"arguments": {"reading": reading, "nearest": nearest}}], "batch_size": 640}
        assert told.in_one_point(run, 10) == pytest.approx(float(value))


def test_a_row_of_what_fell_tells_its_course(arms: Arms) -> None:
    for record in arms.records("A.1 lambda=1"):
        record["curves"] |= {"feature_norm": [1.0, 0.02], "terms": [[9.0, None, 2.734, 2.736]]}
        record["run"] |= {"terms": [{"arguments": {}}], "batch_size": 64}
    (row,) = told.fallen("here", arms, "A.1 lambda=1", "A.1 lambda=2", "nothing")
    assert row == ["here, A.1 lambda=1", "0 of 2", "3.01 %", "0.02 to 1.00", "2.73 to 2.74", "2.73"]


def test_the_pull_tells_how_far_off_the_centres_are(arms: Arms) -> None:
    """Features in one point, the centres in another at twice their length; the statistic of the batch as variance."""
    f, y = torch.zeros(640, 6, dtype=torch.float64), torch.arange(640) % 10
    f[:, 0], mu = 0.5, torch.zeros(10, 6, dtype=torch.float64)
    mu[:, 1] = math.sqrt(0.75)
    f.requires_grad_()
    value = include_exclude_loss(f, y, mu, class_variance(f.detach(), y, mu), 0.1, None, "A.1")
    (pull,) = torch.autograd.grad(0.3 * 640 * value, f)
    length = float(pull.square().sum(1).sqrt().mean())
    for record in arms.records("A.1 lambda=1"):
        record["curves"] |= {"feature_norm": [9.0, 0.5, 0.5, 0.6], "term_pulls": [[None, length, length, 0.0]]}
        record["run"] |= {"terms": [{"coefficient": 0.3, "arguments": {}}], "batch_size": 640}
    assert told.distances_told(arms, "A.1 lambda=1") == "2.0"
    assert told.norms_rise(arms, "A.1 lambda=1", "nothing") == "2 of 4"
    assert told.distances_told(arms, "nothing") == told.norms_rise(arms, "nothing") == "not run"


def test_a_weaker_pull_is_told_at_equal_settings_and_seeds(arms: Arms) -> None:
    for name, pull in (("A.1 lambda=1", 6.0), ("A.1 lambda=0", 2.0)):
        for record in arms.finished(name):
            record["curves"] |= {"term_pulls": [[9.0, pull]]}
    assert told.pulled_less(arms, "A.1 lambda=1", "A.1 lambda=0") == "not run"  # these are no settings of one name
    both = Arms([replace(arms.arms[1], name="fixed 1"), replace(arms.arms[2], name="free 1")], arms.ledger)
    for name, pull in (("fixed 1", 6.0), ("free 1", 2.0)):
        for record in both.finished(name):
            record["curves"] |= {"term_pulls": [[9.0, pull]]}
    assert told.pulled_less(both, "fixed", "free") == "3"
    assert told.validated_alike(arms, "A.1 lambda=1", "softmax") == ("3.00 % and 3.02 %", "4.00 % and 4.20 %")
    assert told.validated_alike(arms, "A.1 lambda=1", "A.1 lambda=2") == ("–", "–")


def test_an_arm_under_two_names_is_shown_once(arms: Arms) -> None:
    first = arms.arms[1]
    twice = arms | Arms([replace(first, name="again"), replace(first, name="and again")], arms.ledger)
    left, words = told.distinct(twice)
    assert list(left) == list(arms)
    assert words == "again and and again are A.1 lambda=1, with the same runs"
    assert told.distinct(arms)[1] == "no two have the same runs"


def test_a_choice_at_an_end_of_its_grid_is_told(tiny: Run) -> None:
    grid = [
        Arm(f"t {c} {m}", replace(tiny, terms=(Term("TripletLoss", c, {"margin": m}),)), (0,))
        for c in (0.1, 1.0, 10.0)
        for m in (1.0, 5.0, 9.0)
    ]
    assert told.at_edge(grid, grid[4].run) == "inside its grid"
    assert told.at_edge(grid, grid[6].run) == "the greatest coefficient and the least margin"
    assert told.at_edge(grid[:3], grid[1].run) == "inside its grid"  # a coefficient that was not swept has no end
    rates = [
        Arm(f"c {rate}", replace(tiny, terms=(Term("CenterLoss", 0.1, rate=rate),)), (0,)) for rate in (0.05, 0.5, 5.0)
    ]
    assert told.at_edge(rates, rates[2].run) == "the greatest rate of the centres"


def test_what_a_verdict_is_before_correction() -> None:
    verdict = Verdict("contradicted", "", effect=0.068, low=0.015, high=0.121, smallest=0.146, n=12)
    assert told.before_correction(verdict, 14) == "p = 0.004, times 14 0.06"
    assert told.before_correction(Verdict("not run", ""), 14) == "not run"


def test_losses_and_norms_stand_beside_softmaxs(arms: Arms) -> None:
    for name, loss in (("softmax", 0.2), ("A.1 lambda=1", 0.1)):
        for record in arms.finished(name):
            for part, value in (("train", loss / 10), ("test", loss)):
                record["metrics"][part] |= {"loss": value}
            record["geometry"]["feature_norm_mean"] = 10 * loss
    rows = told.loss_rows(arms, "softmax", "softmax", "A.1 lambda=1", "A.1 lambda=2")
    assert [row[0] for row in rows] == ["softmax", "A.1 lambda=1"]
    assert rows[0][1:3] == ["–", "0.0200"]
    assert rows[1][1].startswith("\N{MINUS SIGN}69.3 %")
    assert told.norms_told(arms, "A.1 lambda=1", "A.1 lambda=2") == "1: 1.0, 3.01 %"
    assert told.validated(arms, "A.1 lambda=1", "nothing") == "3.01 %, –"
    assert told.out_told(arms, "A.1") == "0 of 3"


def test_the_least_coefficient_has_most_of_the_printed_gain() -> None:
    steps = {name: (softmax, there, best, share) for name, softmax, there, best, share in appendix.first_steps()}
    assert len(steps) == 4
    softmax, there, best, share = steps["MNIST [N]"]
    assert (softmax, round(there, 2), best) == (0.61, 0.36, 0.31)
    assert share == pytest.approx(math.log(0.61 / 0.36) / math.log(0.61 / 0.31))


def test_table_1_is_printed_with_the_parameters_that_its_numbers_make() -> None:
    """Filters, two batch-norm numbers and a slope a channel; the 2-D feature is bare."""
    cells = printed("include_exclude", "1")
    heads, rows = told.table_1_rows(cells)
    assert [row[0] for row in rows] == list(dict.fromkeys(name.split(" / ")[0] for name, _ in cells))
    assert len(heads) == 10
    for name, *layers, ours in rows:
        channels, side, count = (1, 28, 0) if "MNIST" in name else (3, 32, 0)
        for head, cell in zip(heads[1:-2], layers, strict=False):
            if head.startswith("Pool"):
                assert cell == "1 of 2 × 2 / 2"
                side = math.ceil(side / 2)
            elif cell != "–":
                told_ = re.fullmatch(r"(\d) of (\d) × \2, (\d+) / 1 / (\d)", cell)
                assert told_
                number, size, filters, pad = map(int, told_.groups())
                assert pad == size // 2
                for _ in range(number):
                    count += size * size * channels * filters + 3 * filters
                    channels = filters
        width = int(layers[-1])
        count += channels * side * side * width + (2 if width == 2 else 3 * width)
        assert ours == f"{count:,}", name


def test_the_powerful_rows_are_planned_and_stand_in_their_tables() -> None:
    assert flops("wide-resnet-28-10", 640) > 30e9
    for table in ("3", "4"):
        rows = full_scale.powerful_rows(table)
        assert set(rows) == {row for row, _ in printed("include_exclude", table) if row.endswith("[P]")}
        for name, arm in rows.values():
            run = experiment(name).arm("paper", arm).run
            assert (run.network, run.dataset) == ("wide-resnet-28-10", {"3": "cifar10", "4": "cifar100"}[table])
            assert (arm == "softmax") == (not run.terms) == (not run.stages)


def test_the_fine_tuned_go_on_from_where_softmax_ends() -> None:
    """Until a term begins each step has the baseline's rate; then a fifth of the first rate, divided by 5 twice."""
    base = experiment("ie-table-3-powerful").arm("paper", "softmax").run
    late = experiment("ie-table-3-powerful").arm("paper", "A.1").run
    epoch = 50_000 // 128
    assert (base.schedule.steps, late.schedule.steps) == (200 * epoch, 300 * epoch)
    for step in range(0, 200 * epoch, 7):
        assert late.schedule.rate(0.1, step) == base.schedule.rate(0.1, step)
    (stage,), (term,) = late.stages, late.terms
    assert round(stage.starts * late.schedule.steps) == round(term.starts * late.schedule.steps) == 200 * epoch
    found = [stage.rate * late.schedule.rate(0.1, at * epoch) for at in (200, 239, 240, 270, 299)]
    assert found == pytest.approx([0.02, 0.02, 0.004, 0.0008, 0.0008])


def test_the_first_bad_steps_of_an_arm_are_told(arms: Arms) -> None:
    assert told.diverged_told(arms, "softmax") == "–"
    for record, step in zip(arms.records("softmax"), (5, 3, 4), strict=False):
        record |= {"status": "diverged"}
        record["metrics"]["first_bad_step"] = step
    assert told.diverged_told(arms, "softmax") == "3 to 5"


@pytest.mark.parametrize("reading", ["A.1", "Eq. 6"])
@pytest.mark.parametrize("variance", [0.6, 0.05, -0.4])
def test_e_by_its_formula_is_the_slope_of_the_free_variance(reading: Any, variance: float) -> None:
    """Also where a class is missing from the batch, and below zero."""
    torch.manual_seed(1)
    term = FreeVarianceIncludeExclude(3, 5, reading=reading).double()
    f, y = torch.randn(40, 3, dtype=torch.float64), torch.arange(40) % 4
    with torch.no_grad():
        term.centers.copy_(torch.randn(5, 3))
        term.variance.fill_(variance)
    term(f, y).backward()
    assert term.variance.grad is not None
    e, astray = free_variance.margin_of_distances(f, y, term.centers.detach(), variance, reading)
    assert e / (2 * variance**2) == pytest.approx(float(term.variance.grad), rel=1e-9)
    nearest = [min((float((x - m).square().sum()), c) for c, m in enumerate(term.centers[:4].detach()))[1] for x in f]
    assert astray == pytest.approx(np.mean([c != own for c, own in zip(nearest, y.tolist(), strict=True)]))


def test_a_trained_path_is_the_propositions_and_begins_as_it_says() -> None:
    rises, stands = (free_variance.free_path(reading, 1, steps=25) for reading in ("A.1", "Eq. 6"))
    for path in (rises, stands):
        assert len(path.variance) == 25
        assert path.gap < 1e-9
    assert rises.variance[1] > rises.variance[0] == 0.5
    assert rises.crossed is None
    assert stands.variance[1] == pytest.approx(0.5, abs=1e-12)
    assert stands.value[0] == pytest.approx(0.1 + math.log(9))
    assert stands.pull[0] < 1e-12 < rises.pull[0]
    assert min(stands.variance) < free_variance.BOUND
    again = free_variance.free_path("Eq. 6", 1, steps=5)
    assert again.variance == stands.variance[:5]


def crossing(seed: int, *variance: float) -> FreePath:
    some = [float(i) for i in range(len(variance))]
    return FreePath("Eq. 6", seed, list(variance), list(variance), some, some, [i / 10 for i in some])


def test_a_path_is_told_by_where_it_crosses() -> None:
    paths = [crossing(0, 0.5, 0.1, -0.2, -12.34), crossing(1, 0.5, 0.7, 0.6), crossing(2, 0.5, -0.1)]
    assert [path.crossed for path in paths] == [2, None, 1]
    assert free_variance.crossed_told(paths) == "2 of 3 runs (steps 1 to 2)"
    assert free_variance.crossed_told(paths[:2]) == "1 of 2 runs (step 2)"
    assert free_variance.crossed_told(paths[1:2]) == "none of 1 runs"
    assert free_variance.astray_told(paths) == "10 to 30 %"
    assert free_variance.astray_told([]) == "–"
    first, second, third = free_variance.path_rows(paths)
    minus = "\N{MINUS SIGN}"
    assert first == ["Eq. 6, seed 0", "0.500", "2", f"{minus}12.3", f"{minus}12.3", "3.00", "30 %"]
    assert second[1:4] == ["0.700", "–", "–"]
    assert third[2:4] == ["1", "–"]
    assert [row[0] for row in free_variance.step_rows(paths[0], before=1, after=1)] == ["0", "1", "2", "3"]
    assert free_variance.step_rows(paths[0])[2][1] == f"{minus}0.200"
    assert takeaways.free_paths(paths).startswith(
        "A free variance falls below zero in 2 of 3 runs (steps 1 to 2) under "
    )


def test_the_path_is_drawn_with_zero_and_the_bound() -> None:
    figure = figures.free_paths([crossing(0, 0.5, 0.1, -0.2), crossing(1, 0.5, 0.7, 8.0)])
    levels = [float(line.get_ydata()[0]) for line in figure.axes[0].lines if str(line.get_label()).startswith("_")]
    assert levels == [free_variance.BOUND, 0]
    drawn = [list(line.get_ydata()) for line in figure.axes[0].lines if not str(line.get_label()).startswith("_")]
    assert drawn == [[0.5, 0.1, -0.2], [0.5, 0.7, 8.0]]
    low, high = figure.axes[0].get_ylim()
    assert low < -0.2
    assert high > 8
    plt.close(figure)


def test_every_error_of_an_arm_is_told(arms: Arms) -> None:
    assert told.each_error(arms, "A.1 lambda=1") == "3.00 % and 3.02 %"
    assert told.each_error(arms, "A.1 lambda=2") == told.each_error(arms, "nothing") == "–"


def test_what_the_chapter_says_of_a_fixed_variance_on_cifar_is_what_its_records_say() -> None:
    """It is said in words that it trains, that no gain of the paper's size is seen, and that placed centres fail."""
    again = Arms.of("ie-cifar-again", "laptop")
    assert told.at_chance(again, "A.1 fixed, tuned").startswith("0 of ")
    assert verdicts("include_exclude")["C-IE3c"].verdict.word == "contradicted"
    assert min(again.numbers("A.1 lambda=1 placed")) > 85
    for id in ("C-IE3a", "C-IE3b"):
        assert verdicts("include_exclude")[id].verdict.word == "reversed"


@pytest.fixture
def planes(tiny: Run, root: Path) -> Arms:
    """Two arms of one run each, the first with its plane; both recorded."""
    ledger, made = Ledger.of("laptop", root), []
    record = train(tiny)[0]
    for i, name in enumerate(("softmax", "A.1")):
        arm = Arm(name, replace(tiny, seed=7 + i), (7 + i,))
        run = arm.runs()[0]
        kept = copy.deepcopy(record) | {"run": run.to_json(), "id": run.id, "status": "finished"}
        kept["metrics"]["test"] |= {"wrong": 50, "images": 1000}
        ledger.write(kept)
        made.append(arm)
    arrays: dict[str, Any] = {"weight": np.ones((10, 2))}
    for part, wrong, reach in (("train", 10, 1.0), ("test", 52, 2.0)):
        arrays[f"{part}_features"] = reach * np.array([[1.0, 0.0], [0.0, -1.0], [0.5, 0.5]])
        arrays[f"{part}_labels"] = np.array([0, 1, 2])
        arrays |= {f"{part}_wrong": np.array(wrong), f"{part}_images": np.array(1000)}
    assert pictures.take([made[0].runs()[0]], lambda _: arrays, "-plane") == 1
    return Arms(made, ledger)


def test_planes_of_training_and_test_images_share_a_scale(planes: Arms) -> None:
    figure = figures.both_planes(planes)
    above, missing, below, _ = figure.axes
    assert above.get_xlim() == below.get_xlim() == pytest.approx((-2.1, 2.1))
    points = [axes.collections[0].get_offsets() for axes in (above, below)]
    assert np.array_equal(np.asarray(points[1]), 2 * np.asarray(points[0]))
    titles = {missing.get_title(place) for place in ("left", "center", "right")}  # the book's style moves a title
    assert "A.1: not taken" in titles
    assert not missing.collections
    plt.close(figure)


def test_planes_are_told_with_both_errors_and_their_distance_from_the_records(planes: Arms) -> None:
    says = takeaways.both_planes(planes)
    assert says == "Errors on training and on test images: 1.00 % and 5.20 % under softmax."
    again = "0 of 1 have the error of their record, the others one within 0.20 points of it"
    assert told.taken_again(planes) == again
    assert told.taken_again(planes.only("A.1")) == "none is taken"
    planes.finished("softmax")[0]["metrics"]["test"] |= {"wrong": 52}
    assert told.taken_again(planes) == "all 1 have the error of their record"
