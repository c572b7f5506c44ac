"""The box before the evidence says what the experiments train, and nothing that they do not."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from discriminative.networks import NETWORKS
from discriminative.papers import experiment, experiments
from discriminative.runs import Optimizer, Run
from discriminative.setup import layers, setup_box
from discriminative.study import Arm, Experiment


def text(shown: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", shown).split())


def test_the_layers_of_lenet_are_told_in_order_with_the_parameters_that_they_have() -> None:
    assert layers("lenet", 64) == (
        "image 28 × 28 × 1; 5 × 5 convolution to 20; 2 × 2 max pooling, PReLU; 5 × 5 convolution to 50; "
        f"2 × 2 max pooling, PReLU; linear to 64, PReLU; {520 + 20 + 25_050 + 50 + 51_264 + 64:,} parameters"
    )
    assert "9 × (residual block of" not in layers("resnet-20", 64)
    assert "3 × (residual block of 16)" in layers("resnet-20", 64)


@pytest.mark.parametrize("network", sorted({arm.run.network for item in experiments().values() for profile in item.arms
                                            for arm in item.at(profile)}))  # fmt: skip
def test_every_network_that_is_trained_can_be_told(network: str) -> None:
    widths = {arm.run.feature_dim for item in experiments().values() for profile in item.arms
              for arm in item.at(profile) if arm.run.network == network}  # fmt: skip
    assert network in NETWORKS
    for width in widths:
        assert layers(network, width).endswith(" parameters")


def test_a_box_has_a_row_for_what_differs_and_a_range_where_arms_differ(plain: Run) -> None:
    fast = replace(plain, optimizer=Optimizer(0.1))
    long = replace(plain, schedule=replace(plain.schedule, steps=120))
    item = Experiment("one", "", "", {"laptop": (Arm("softmax", plain, (0, 1)), Arm("m=2", fast, (0, 1, 2)))})
    other = Experiment("two", "", "", {"laptop": (Arm("softmax", long, (100, 101)), Arm("m=2", long, (100, 101)))})
    shown = setup_box([item, other], "laptop", "What was trained.")
    rows = [text(row) for row in re.findall(r"<tr><th scope=\"row\">.*?</tr>", shown)]
    assert rows == [
        "200 digits images; 360 to test one MLP, 8-d feature 60 9.6 epochs 32 0.05 to 0.1 by arm 0.0005 2 to 3 by arm",
        "200 digits images; 360 to test two MLP, 8-d feature 120 19 epochs 32 0.05 0.0005 2 for tuning",
    ]
    told = text(shown)
    assert told.startswith("What was trained.")
    assert "SGD with momentum 0.9; the rate falls to 0.1 of itself at 2/3 and 5/6 of the steps." in told
    assert "λ" not in told
    assert text(setup_box([item], "laptop", arms=["softmax"])).count("by arm") == 0
    with pytest.raises(ValueError, match="experiments must have arms at paper"):
        setup_box([item], "paper")


def test_a_blend_is_told_by_its_floors_and_every_cell_carries_its_heading(tiny: Run) -> None:
    item = Experiment("one", "", "", {"laptop": (Arm("m=2", tiny, (0,)),)})
    shown = setup_box([item], "laptop")
    assert "λ falls to its floor of 1." in text(shown)
    heads = re.findall(r'<th scope="col">(.*?)</th>', shown)
    assert re.findall(r'data-label="(.*?)"', shown) == heads[1:]


def test_every_experiment_of_the_book_has_a_box() -> None:
    for item in experiments().values():
        if item.at("laptop"):
            assert f"<small>{item.name}</small>" in setup_box([experiment(item.name)], "laptop")
