"""What a figure counts and colours; how it looks is for the eye."""

from __future__ import annotations

import copy
import itertools
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from PIL import Image, ImageOps

from discriminative import papers
from discriminative.evidence import Arms, means, paired_gains, pairs_told, rank
from discriminative.figures import files, style, takeaways
from discriminative.figures.arms import (
    against,
    by_arm,
    errors_by_arm,
    label_ends,
    label_lines,
    learning_curves,
    training_curves,
)
from discriminative.figures.claims import forest, shown_of
from discriminative.ledger import Ledger
from discriminative.papers.thesis import figures, told
from discriminative.runs import Run
from discriminative.study import Arm
from discriminative.training import train
from discriminative.verdicts import arms_of, verdicts

mpl.use("Agg")
ROOT = Path(__file__).parents[1]


def put(ledger: Ledger, record: dict[str, Any], run: Run, wrong: int | None, gap: float = 30.0) -> None:
    """A record of that run with so many of 10,000 test images wrong; ``None`` for one that diverged."""
    made = copy.deepcopy(record)
    made |= {"run": run.to_json(), "id": run.id, "status": "finished" if wrong is not None else "diverged"}
    if wrong is not None:
        made["metrics"]["test"] |= {"wrong": wrong, "images": 10_000}
        made["geometry"]["angle_gap"] = gap
    ledger.write(made)


@pytest.fixture
def arms(tiny: Run, tmp_path: Path) -> Arms:
    """Softmax over five seeds, one diverged; another arm over the same, one of them collapsed."""
    ledger, record = Ledger(tmp_path), train(tiny)[0]
    plain = Arm("softmax", tiny, tuple(range(5)))
    other = Arm("m=2", replace(tiny, feature_dim=5), tuple(range(5)))
    for run, wrong in zip(plain.runs(), (400, 410, 420, 430, None), strict=True):
        put(ledger, record, run, wrong, gap=20.0)
    for run, wrong in zip(other.runs(), (300, 310, 320, 5001, 330), strict=True):
        put(ledger, record, run, wrong, gap=40.0)
    return Arms([plain, other], ledger)


def test_a_collapsed_run_stands_in_the_mean_and_one_that_diverged_does_not(arms: Arms) -> None:
    found = means(arms, "angle gap", "test error")
    assert found.loc["softmax", "angle gap"] == 20.0
    assert found.loc["softmax", "test error"] == pytest.approx(4.15)
    assert found.loc["m=2", "test error"] == pytest.approx((3.0 + 3.1 + 3.2 + 50.01 + 3.3) / 5)


def test_a_pair_is_lost_where_a_run_diverged_and_the_figure_says_how_many_are_left(arms: Arms) -> None:
    gains = paired_gains({500: arms})
    started, kept = gains["m=2"][500]
    assert (started, len(kept)) == (5, 4)
    assert kept[0] == pytest.approx(math.log(400.5 / 300.5))
    assert kept[3] == pytest.approx(math.log(430.5 / 5001.5))
    assert pairs_told(gains) == "500 images: 4 of 5"
    gains["hinge"] = {500: (5, kept[:2]), 2000: (4, kept)}
    assert pairs_told(gains) == "500 images: 4 of 5 (m=2), 2 of 5 (hinge); 2,000 images: 4 of 4"


def test_a_rank_correlation_needs_seven_arms() -> None:
    rows = pd.DataFrame({"x": [10.0 * i for i in range(8)], "y": [9.0 - i for i in range(8)]})
    assert rank(rows, "x", "y") == (8, pytest.approx(-1.0))
    assert rank(rows, "x", "y", beyond=10) == (7, pytest.approx(-1.0))
    number, rho = rank(rows, "x", "y", beyond=20)
    assert number == 6
    assert math.isnan(rho)
    assert rank(pd.DataFrame(), "x", "y")[0] == 0


def test_every_arm_that_a_claim_or_experiment_of_the_book_names_has_a_colour_of_its_loss() -> None:
    for experiment in papers.experiments().values():
        for profile in experiment.arms:
            for arm in experiment.at(profile):
                assert style.colour(arm.name).startswith("#")


def test_a_loss_without_a_colour_is_an_error_and_no_grey() -> None:
    for name in ("CosFaces", "m=9", "soft"):
        with pytest.raises(ValueError, match="begins with no loss that has a colour"):
            style.colour(name)
    assert style.family("A-Softmax m=4") == "A-Softmax"
    assert style.colour("m=1 at the printed rate") == style.colour("softmax")


def test_a_papers_own_losses_have_their_colours_and_the_longest_name_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    own = replace(papers.papers()[0], colours={"softmax incay": "#123456"})
    monkeypatch.setattr(style, "papers", lambda: [own])
    assert style.colour("softmax incay 0.1") == "#123456"
    assert style.colour("softmax") == style.COLOURS["softmax"]
    monkeypatch.setattr(style, "papers", lambda: [replace(own, colours={"hinge": "#123456"})])
    with pytest.raises(ValueError, match="two losses are called 'hinge'"):
        style.colour("softmax")


def test_no_colour_stands_for_losses_of_two_papers() -> None:
    """Within one paper two names of one loss share theirs, as m = 1 and softmax do."""
    owners = [style.COLOURS, *(paper.colours for paper in papers.papers())]
    tints = [tint for colours in owners for tint in set(colours.values())]
    assert len(set(tints)) == len(tints)
    assert len(set(style.COLOURS.values())) == len(style.COLOURS) - 1


def test_a_row_counts_what_its_arm_lost(arms: Arms) -> None:
    figure = errors_by_arm(arms)
    shown = [text.get_text() for text in figure.axes[0].texts]
    assert shown == ["of 5: 1 diverged", "of 5: 1 collapsed"]
    assert figure.axes[0].get_xscale() == "log"  # failures beside successes
    plt.close(figure)


def test_what_a_figure_of_errors_shows_is_read_off_the_intervals_of_the_pairs(arms: Arms, tiny: Run) -> None:
    assert takeaways.by_errors(arms) == "Beside softmax the one arm cannot be told from it; softmax errs least, 4.15 %."
    better, worse = (Arm(name, replace(tiny, feature_dim=n), tuple(range(5))) for name, n in (("m=3", 6), ("m=4", 7)))
    record = train(tiny)[0]
    for arm, shift in ((better, -100), (worse, 100)):
        for run, wrong in zip(arm.runs(), (400, 412, 420, 431, 400), strict=True):
            put(arms.ledger, record, run, wrong + shift)
    more = Arms([*arms.arms, better, worse], arms.ledger)
    told = takeaways.by_errors(more).replace("\N{NO-BREAK SPACE}", " ")
    assert told == (
        "Beside softmax 1 of 3 arms errs less, 1 errs more and 1 cannot be told from it; "
        "L-Softmax m = 3 errs least, 3.13 %."
    )
    assert takeaways.by_errors(Arms([], arms.ledger)) == takeaways.NOTHING
    few = more.only("softmax", "m=3").at_seeds(0, 1)
    assert takeaways.by_errors(few).startswith("Beside softmax the one arm has too few pairs")


def test_every_kind_of_figure_says_something_of_arms_without_a_record(tmp_path: Path) -> None:
    nothing = Arms(Arms.of("workhorse", "laptop", "softmax", "m=4").arms, Ledger(tmp_path))
    for draw, says in takeaways.DEFAULTS.items():
        data: tuple[Any, ...] = (nothing,)
        if draw in (against, training_curves):
            data = ({"here": nothing},)
        elif draw is learning_curves:
            data = ({500: nothing},)
        elif draw is by_arm:
            data = (nothing, "angle gap")
        assert says(*data) == takeaways.NOTHING


def test_the_figures_of_any_arms_can_be_drawn(arms: Arms) -> None:
    for figure in (
        by_arm(arms, "angle gap"),
        against({"here": arms}, beyond=50.0),
        against({"here": arms, "there": arms, "nowhere": Arms([], arms.ledger)}, "own angle", "angle gap"),
        learning_curves({500: arms, 2000: arms}),
        training_curves({"here": arms}),
    ):
        plt.close(figure)


def test_the_forest_holds_the_papers_own_claims_and_all_are_against_softmax() -> None:
    shown = shown_of(verdicts("thesis").values(), {"Table 2.2": "mnist", "Table 2.3": "cifar10"})
    assert {each.claim.id for each in shown} >= {"C-LSM1", "C-LSM1f", "C-LSM2c"}
    assert {each.claim.says for each in shown} == {"paper"}
    assert {arms_of(each.claim)[0].name for each in shown} == {"softmax"}


def test_claims_at_the_papers_scale_stand_in_the_forest_as_soon_as_they_are_judged(paper_scale: Ledger) -> None:
    figure = forest(verdicts("thesis").values(), {"Table 2.3": "cifar10"})
    shown = [text.get_text() for text in figure.axes[0].texts]
    assert shown == ["m = 4, 50,000 CIFAR-10 images, the thesis' network", "reproduced"]
    assert [line.get_marker() for line in figure.axes[0].lines].count("D") == 1
    plt.close(figure)


@pytest.mark.parametrize("between", [1, 10, 20, 28, 29, 40, 90, 150])
def test_two_classes_are_confused_by_arcface_where_and_only_where_their_weights_are_closer_than_the_margin(
    between: float,
) -> None:
    """What the discs of ArcFace's figure show: right for its label in training and wrong at test time."""
    margin, half = 0.5, math.radians(between) / 2
    phi = np.linspace(-math.pi, math.pi, 36_001)
    first, second = np.cos(phi - half), np.cos(phi + half)
    bent = np.cos(np.arccos(first.clip(-1, 1)) + margin)
    lost = phi[(bent > second + 1e-12) & (first < second - 1e-12)]
    assert bool(len(lost)) == (math.radians(between) < margin)
    both = (bent > second) & (np.cos(np.arccos(second.clip(-1, 1)) + margin) > first)
    assert both[(bent > second + 1e-9) & (first < second - 1e-9)].all()  # the wedge that is right for either label


def test_every_figure_that_needs_no_record_can_be_drawn() -> None:
    style.use_style()
    for name in set(figures.__all__) - {"gains", "norms"}:
        figure = getattr(figures, name)()
        assert figure.get_size_inches()[0] == style.WIDTH
        plt.close(figure)


def test_gains_stand_over_a_baseline_over_the_same_without_the_margin_and_over_two_losses_without_any() -> None:
    arms = told.worth_arms()
    beside, without = {"CosFace m=0.2 s=8": "NormFace s=8", "hinge": ""}, ("NormFace s=16", "NormFace s=32")
    figure = figures.gains(arms, beside, "softmax-bias", without)
    marks = {
        (round(float(line.get_xdata()[0]), 9), line.get_marker())
        for line in figure.axes[0].lines
        if line.get_marker() in ("o", "D", "s", "^") and np.isfinite(line.get_xdata()).any()  # not the legend's
    }
    wanted = {
        (round(arms.errors_against(baseline, name).points, 9), mark)
        for baseline, name, mark in (
            ("softmax-bias", "CosFace m=0.2 s=8", "o"),
            ("NormFace s=8", "CosFace m=0.2 s=8", "D"),
            ("NormFace s=16", "CosFace m=0.2 s=8", "s"),
            ("NormFace s=32", "CosFace m=0.2 s=8", "^"),
            ("softmax-bias", "hinge", "o"),
        )
    }
    assert marks == wanted
    plt.close(figure)


def test_norms_are_drawn_for_every_arm_that_recorded_them_beside_log_k() -> None:
    arms = Arms.of("starts", "laptop")
    figure = figures.norms(arms)
    told_norms = [name for name in arms if any("feature_norm" in r["curves"] for r in arms.finished(name))]
    assert told_norms
    drawn = [len([line for line in axes.lines if len(line.get_xdata()) > 2]) for axes in figure.axes]
    assert drawn == [len(told_norms)] * 5
    for axes, height in ((figure.axes[1], math.log(10)), (figure.axes[4], 0)):
        level = [line for line in axes.lines if len(set(line.get_ydata())) == 1]
        assert [float(line.get_ydata()[0]) for line in level] == [height]
    pulls = {name: line.get_ydata() for name, line in zip(told_norms, figure.axes[4].lines, strict=False)}
    assert all(max(pull) < 0 for name, pull in pulls.items() if name != "softmax")
    name = told_norms[-1]
    last = np.mean([record["curves"]["feature_norm"][-1] for record in arms.finished(name)])
    assert float(figure.axes[2].lines[len(told_norms) - 1].get_ydata()[-1]) == pytest.approx(last)
    plt.close(figure)


def test_a_figure_is_kept_with_the_runs_or_the_points_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCRIMINATIVE_ROOT", str(tmp_path))
    figure, axes = plt.subplots()
    axes.plot([1, 2], [3, 4], label="rising")
    axes.scatter([5], [6])
    arms = Arms.of("workhorse", "laptop", "softmax", ledger=Ledger(ROOT / "results"))
    files.keep("one", "a", figure, [])
    files.keep("one", "b", figure, [arms])
    plt.close(figure)
    folder = tmp_path / "build" / "figures" / "one"
    assert (folder / "fig-a.svg").read_text() == (folder / "fig-b.svg").read_text()  # no date, no chance
    points = pd.read_csv(folder / "fig-a.csv")
    assert points[["x", "y"]].to_numpy().tolist() == [[1, 3], [2, 4], [5, 6]]
    assert points["series"][0] == "rising"
    runs = pd.read_csv(folder / "fig-b.csv")
    assert set(runs["id"]) == {record["id"] for record in arms.finished()}
    assert set(runs["arm"]) == {"softmax"}


def test_losses_are_told_apart_by_their_shapes_too_and_none_is_the_diamond_of_the_papers() -> None:
    assert len(set(style.MARKERS.values())) == len(style.MARKERS)
    assert not set(style.MARKERS.values()) & {"o", "D"}
    assert style.MARKERS.keys() <= style.COLOURS.keys()
    assert style.marker("A-Softmax m=4") != style.marker("ArcFace m=0.5 s=16")
    assert style.marker("m=4 floor 1") == style.marker("softmax") == "o"


def test_a_figure_is_kept_as_large_as_a_slide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCRIMINATIVE_ROOT", str(tmp_path))
    for size in ((5.5, 2.0), (4.0, 9.0)):
        figure, axes = plt.subplots(figsize=size, facecolor="black")
        axes.plot([1, 2])
        files.keep("one", "a", figure, [])
        plt.close(figure)
        with Image.open(tmp_path / "build" / "figures" / "one" / "fig-a-slide.png") as slide:
            assert slide.size == (1920, 1080)
            left, upper, right, lower = ImageOps.invert(slide.convert("L")).getbbox() or (0, 0, 0, 0)
            assert max((right - left) / 1920, (lower - upper) / 1080) == pytest.approx(
                0.92, abs=0.04
            )  # less an edge of white


def test_a_number_below_nought_in_a_figure_has_a_minus() -> None:
    figure, axes = plt.subplots()
    shown = [axes.text(0, 0, text) for text in ("gap -0.3", "C-LSM1", "$-1$")]
    files.sign_texts(figure)
    assert [text.get_text() for text in shown] == ["gap −0.3", "C-LSM1", "$-1$"]
    plt.close(figure)


def test_names_at_the_ends_of_curves_keep_their_order_and_do_not_touch() -> None:
    figure, axes = plt.subplots(figsize=(5.5, 3))
    axes.set(ylim=(0, 100))
    label_ends(axes, [(50.0, "b", "k"), (52.0, "a", "k"), (math.nan, "none", "k"), (0.0, "c", "k")])
    figure.canvas.draw()
    boxes = {text.get_text(): text.get_window_extent() for text in axes.texts}
    assert list(boxes) == ["a", "b", "c", "none"]
    for above, below in itertools.pairwise(boxes.values()):
        assert above.y0 >= below.y1 - 1
    plt.close(figure)


def test_on_a_logarithmic_axis_a_name_stands_where_its_line_ends() -> None:
    figure, axes = plt.subplots(figsize=(5.5, 3))
    axes.plot([0, 1], [1, 10], label="middle", color="#0b5394")
    axes.plot([0, 1], [1, 0.0], label="nought", color="#374151")
    axes.plot([0, 1], [1, 1], label="_left out")
    axes.set(yscale="log", ylim=(0.1, 1000))
    label_lines(axes)
    places = {text.get_text(): (text.xy[1], text.get_color()) for text in axes.texts}  # type: ignore[attr-defined]
    assert places == {"middle": (pytest.approx(0.5), "#0b5394"), "nought": (0.0, "#374151")}
    plt.close(figure)


def test_a_loss_has_its_one_shape_in_the_figures_of_every_paper() -> None:
    """Means of arms, told apart by colour, are drawn in the shape of their loss and in no other."""
    for path in (ROOT / "src" / "discriminative" / "papers").glob("*/figures.py"):
        text = path.read_text()
        assert not re.search(r'(?:mean|np\.exp)\([^\n]*"[os^]",\s*color=colour\((?:str\()?name', text), path
        assert 'fmt="o"' not in text, path


def test_every_text_of_a_figure_stands_out_from_white() -> None:
    figure, axes = plt.subplots()
    faint = axes.text(0, 0, "m = 2", color="#7cc4ec")
    dark = axes.text(0, 1, "m = 4", color="#0b5394")
    files.darken_texts(figure)
    assert dark.get_color() == to_rgb("#0b5394")
    red, green, blue = to_rgb(faint.get_color())
    assert files._contrast(red, green, blue) >= 4.5
    assert blue > green > red  # still the same hue
    plt.close(figure)
