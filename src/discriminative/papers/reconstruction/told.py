"""What the chapter on reconstruction says in numbers, read off the records, the pictures and the networks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from discriminative import pictures
from discriminative.cifar_networks import WIDTHS
from discriminative.evidence import Arms, means, rank
from discriminative.geometry import separability_floor
from discriminative.ledger import Ledger
from discriminative.networks import NETWORKS
from discriminative.papers import printed
from discriminative.papers.reconstruction.figures import PRINTED, Picture, apart
from discriminative.papers.reconstruction.full_scale import FULL_SCALE, ROWS, face_hours
from discriminative.queue import Estimate

__all__ = ["below", "centers", "classes", "hours", "nearer", "networks", "order", "reached", "separation", "shots"]

Said = dict[str, Any]
Table = tuple[list[str], list[list[str]]]


def reached(swept: Arms, penalty: Arms, three: Arms) -> Said:
    """Where e(W) ends, in two digits: the geometric mean over the runs of an arm."""
    wanted = {
        "e_softmax": (swept, "softmax", "log e(W)"),
        "e_softmax_unit": (swept, "softmax", "log unit e(W)"),
        "e_penalty": (penalty, "e(W) 0.01", "log e(W)"),
        "e_penalty_more": (penalty, "e(W) 0.1", "log e(W)"),
        "e_random": (three, "frozen random", "log e(W)"),
        "e_dependent": (three, "frozen dependent", "log e(W)"),
    }
    return {key: f"{10 ** arms.mean(name, of):.2g}" for key, (arms, name, of) in wanted.items()}


def centers() -> Said:
    """Points that the loss at 1, its held forms and the center losses of its strength save over softmax."""
    arms = Arms.of("reconstruction", "laptop") | Arms.of("reconstruction-center", "laptop")
    names = {
        "saved_loss": "L_re 1",
        "saved_features_held": "L_re 1, features held",
        "saved_weights_held": "L_re 1, weights held",
        "saved_three": "L_re 3",
        "saved_ten": "L_re 10",
        "saved_tied": "tied center as L_re 1",
        "saved_own": "own center as L_re 1",
    }
    return {key: _saved(arms, name) for key, name in names.items()}


def _saved(arms: Arms, name: str) -> str:
    found = arms.errors_against("softmax", name)
    if math.isnan(found.points):
        return "not run"
    told = f"{found.points:.2f} [{found.points_low:.2f}, {found.points_high:.2f}]".replace("-", "−")
    return f"{told}, n = {found.n}"


def order(others: Arms) -> Said:
    """Figure 4's order: how e(W), raw and of unit columns, ranks the losses by error; and what raises it."""
    found = means(others, "log e(W)", "log unit e(W)", "test error")
    said = Said()
    for key, of in (("raw", "log e(W)"), ("unit", "log unit e(W)")):
        said[f"order_arms_{key}"], said[f"order_rank_{key}"] = rank(found, of, "test error")
    for key, name in (("softmax", "softmax"), ("loss", "L_re 1"), ("own", "own center as L_re 1")):
        said[f"length_{key}"] = others.mean(name, "weight norm")
        said[f"unit_{key}"] = f"{10 ** others.mean(name, 'log unit e(W)'):.2g}"
    return said


def separation(three: Arms) -> Table:
    """Figure 2 in numbers: Fisher ratio, cosines within and between classes, and the error before each still layer."""
    rows = []
    for name in three:
        values = [10 ** three.mean(name, "log Fisher ratio")]
        values += [three.mean(name, of) for of in ("within-class cosine", "between-class cosine", "test error")]
        rows.append([name, *(f"{value:.2f}".replace("-", "−") for value in values)])
    return ["Classifier", "Fisher ratio", "Cosine within a class", "Between classes", "Test error (%)"], rows


def classes(resnet: Arms) -> Table:
    """Figure 6 on ResNet-20: the mean angle between the features of a class and its weight, in degrees."""
    names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    columns = {}
    for arm in resnet:
        found = [record["geometry"]["class_own_angle"] for record in resnet.finished(arm)]
        columns[arm] = [f"{value:.1f}" for value in np.mean(found, axis=0)] if found else ["not run"] * len(names)
    rows = [[name, *(column[k] for column in columns.values())] for k, name in enumerate(names)]
    return ["Class", *columns], rows


def shots(experiment: str, *names: str) -> dict[str, Picture]:
    """The pictures of the first seeds of arms, where they were taken."""
    arms = Arms.of(experiment, "laptop", *names)
    found = {name: pictures.taken(arms[name].runs()[0]) for name in arms}
    return {name: shot for name, shot in found.items() if shot is not None}


def nearer(shown: Mapping[str, Picture]) -> Said:
    """Of two networks' classes, in how many the second has its mean activation nearer its weight, by either measure."""
    (_, plain), (_, other) = shown.items()
    pairs = list(zip(apart(plain), apart(other), strict=True))
    return {
        "nearer_distance": sum(b[0] < a[0] for a, b in pairs),
        "nearer_cosine": sum(b[1] > a[1] for a, b in pairs),
        "nearer_of": len(pairs),
    }


WHY = {
    "network-in-network": "not found: the source's nine convolutions have a twelfth of that",
    "vgg-16": "not found: its convolutions and the classes have 14.7M, with the source's two layers 33.6M",
    "highway-11": "a wider network, which the source does not name: its own for CIFAR-10 are thin",
    "resnet-32": "the count that the source gives for ResNet-110; 36 is no depth of the form 6n + 2",
    "densenet-40": "agrees",
}


def networks() -> Table:
    """Table 1's networks: depth and parameters as printed, those of the network that the source defines, and why."""
    cells, rows = printed("reconstruction", "1"), []
    for name, (row, _) in ROWS.items():
        with torch.device("meta"):
            network = NETWORKS[name](WIDTHS[name])
        count = sum(p.numel() for p in network.parameters()) + 10 * WIDTHS[name]
        columns = [f"{cells[row, 'Depth']:.0f}", str(cells[row, "Params"])]
        rows.append([name, *columns, f"{count / 1e6:.2f}M", str(WIDTHS[name]), WHY[name]])
    return ["Network", "Depth, printed", "Parameters, printed", "In its source", "Feature", "What explains it"], rows


def below() -> Said:
    """How many decades the printed values lie below what a matrix of their shape, or softmax with decay, can have."""
    found = []
    for _, table, model, column, (features, count) in PRINTED:
        value = float(printed("reconstruction", table)[model, column])
        floors = (separability_floor(count, features), 1 / count)
        found += [math.log10(floor / value) for floor in floors if floor > 0]
    return {"decades_least": min(found), "decades_most": max(found)}


def hours() -> Said:
    """What Tables 1 and 2 would take on a GPU by the plan: in full, in a fifth of the epochs, for faces."""
    estimate = Estimate(Ledger.of("paper"), "cuda")

    def total(short: bool) -> float:
        runs = [
            run
            for item in FULL_SCALE
            if item.name.endswith("-short") == short
            for arm in item.at("paper")
            for run in arm.runs()
        ]
        return estimate.total(runs) / 3600

    return {"hours_long": total(False), "hours_short": total(True), "hours_faces": face_hours()}
