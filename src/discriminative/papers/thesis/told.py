"""What the first chapter's prose says in numbers, read off the records."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from discriminative.data import fashion_labels
from discriminative.evidence import Arms, collapsed, mark, means, rank
from discriminative.ledger import correctness
from discriminative.papers import printed

__all__ = ["choices", "family", "fashion", "gaps", "shortcuts", "workhorse"]

Said = dict[str, Any]
WATCHED = {"softmax": "softmax", "m2": "m=2", "m4": "m=4", "a4": "A-Softmax m=4"}
WIDE = 50.0  # degrees of angle gap


def workhorse() -> Said:
    """The printed errors; what contrast does; how much harder 2,000 images are than all; the gain on 8,000."""
    cells = printed("thesis", "2.2")
    small, whole = Arms.of("workhorse", "laptop", "softmax"), Arms.of("table-2-2", "laptop", "softmax")
    gain = Arms.of("curve-8000", "laptop").errors_against("softmax", "m=4")
    interval = f"[{-gain.points_high:+.2f}, {-gain.points_low:+.2f}]"
    return {
        "paper_softmax": cells["Softmax", "Error Rate"],
        "paper_m4": cells["L-Softmax (m=4)", "Error Rate"],
        "contrast_turn": small.mean("softmax", "contrast turn"),
        "contrast_norm": small.mean("softmax", "contrast norm"),
        "small_over_whole": small.mean("softmax") / whole.mean("softmax"),
        "large_points": f"{-gain.points:+.2f} {interval}".replace("-", "−"),
    }


def fashion() -> Said:
    """Fashion-MNIST: the errors' range, what every run misses, and the class that m = 4 gives up."""
    arms, said = Arms.of("fashion", "laptop"), Said()
    labels, names = fashion_labels()
    truth = np.array(labels)
    by_class = {name: _class_errors(arms, name, truth) for name in WATCHED.values()}
    given_up = int(by_class["m=4"].mean(0).argmax())
    for key, name in WATCHED.items():
        errors, wrong = arms.numbers(name), arms.always_wrong(name)
        said[f"fashion_range_{key}"] = f"{min(errors):.1f} to {max(errors):.1f} %"
        said[f"fashion_train_{key}"] = arms.mean(name, "training error")
        said[f"fashion_missed_{key}"] = int(wrong.sum())
        ends = [f"{end:.0f}" for end in (by_class[name][:, given_up].min(), by_class[name][:, given_up].max())]
        said[f"fashion_class_{key}"] = " to ".join(dict.fromkeys(ends)) + " %"
    said["fashion_class"] = names[given_up]
    said["fashion_lost"] = int((arms.always_wrong("m=4") & (truth == given_up)).sum())
    ranked = sorted((arms.mean(name), name) for name in arms)
    return said | {"fashion_ranked": ", ".join(f"{name} {error:.1f} %" for error, name in ranked)}


def _class_errors(arms: Arms, name: str, truth: np.ndarray) -> np.ndarray:
    """Error in each class, percent, ``[runs, classes]``."""
    wrong = [~correctness(record) for record in arms.finished(name)]
    return np.array([[100 * run[truth == c].mean() for c in range(10)] for run in wrong])


def family(shown: Arms) -> Said:
    """NormFace along its scales, what smoothing its scale of 4 amounts to, and who stands for the families.

    Args:
        shown: the arms of the figure, each setting once.
    """
    arms = Arms.of("family", "laptop")
    swept = [f"{arms.mean(f'NormFace s={scale}'):.1f} % at s = {scale}" for scale in (4, 8, 16, 32)]
    share = 9 * math.exp(-4 * 10 / 9)
    names = {shown[name].run.id: name for name in shown}
    return {
        "scale_sweep": ", ".join(swept),
        "smoothing_4": 10 / 9 * share / (1 + share),
        "family_stand": ", ".join(names[arms[name].run.id] for name in ("NormFace", "CosFace", "ArcFace")),
    }


def gaps(panels: Mapping[str, Arms]) -> Said:
    """How the angle gap ranks the arms by error on 500, 2,000 and 8,000 images and on Fashion-MNIST.

    Args:
        panels: in that order, by their titles.
    """
    said = Said()
    found = {key: means(arms, "angle gap", "test error") for key, arms in zip(SIZES, panels.values(), strict=True)}
    for key, rows in found.items():
        for name, beyond in (("", 0.0), ("wide_", WIDE)):
            number, rho = rank(rows, "angle gap", "test error", beyond)
            said[f"gap_{name}arms_{key}"], said[f"gap_{name}rank_{key}"] = number, rho
    said["gap_lost"] = "; ".join(f"{title}: {arms.lost_told()}" for title, arms in panels.items())
    places = ("", "second-", "third-", "fourth-", "fifth-", "sixth-")
    for key, of in (("gap", "angle gap"), ("error", "test error")):
        order = found["fashion"].sort_values(of).index
        place = dict(zip(order, places, strict=False)).get("softmax", "no ")
        said[f"fashion_{key}_place"] = f"{place}smallest"
    return said


SIZES = ("500", "2000", "8000", "fashion")


def shortcuts() -> tuple[list[str], list[list[str]], Said]:
    """Literal ArcFace's collapsed runs beside the loss that needs no label: a table's heads and rows; what is said."""
    family, literal = Arms.of("family", "laptop"), Arms.of("literal", "laptop")
    arms = family.only(*(name for name in family if name.startswith("ArcFace m"))) + literal
    rows, shares, misses = [], [], []
    for name in arms:
        lost = [record for record in arms.records(name) if collapsed(record)]
        settings = arms[name].run.head.arguments
        value = math.log1p(9 * math.exp(-settings["scale"] * (1 - math.cos(settings["margin"]))))
        row = [f"{name} {mark(arms.records(name), arms.ledger)}", f"{len(lost)} of {len(arms.records(name))}"]
        rows.append([*row, f"{value:.2g}", *(_how_lost(lost) if lost else ["–"] * 4)])
        shares += [record["geometry"]["mean_energy_share"] for record in lost]
        misses += [record["geometry"]["negative_own_share"] for record in lost]
    least = 100 * min(misses, default=math.nan)
    said = {
        "shortcut_runs": len(shares),
        "shortcut_share": 100 * min(shares, default=math.nan),
        "shortcut_negative": "all" if round(least, 0) == 100 else f"at least {least:.0f} %",
    }
    heads = ["Arm", "Above 50 % error", "Loss without the label", "Their test error", "Their training loss"]
    return [*heads, "Own angle", "Weight cosines"], rows, said


def _how_lost(lost: list[dict[str, Any]]) -> list[str]:
    """Test errors, training loss, own angle and weight cosines of runs that collapsed."""

    def mean(key: str) -> float:
        return sum(float(record["geometry"][key]) for record in lost) / len(lost)

    loss = sum(float(record["curves"]["loss"][-1]) for record in lost) / len(lost)
    wrong = [100 * record["metrics"]["test"]["wrong"] / record["metrics"]["test"]["images"] for record in lost]
    spread = round(min(wrong)) < round(max(wrong))
    errors = f"{min(wrong):.0f}–{max(wrong):.0f} %" if spread else f"{wrong[0]:.0f} %"
    return [errors, f"{loss:.2g}", f"{mean('own_angle'):.1f}°", f"{mean('weight_cosine_mean'):.3f}"]


CHOICES = (
    ("m = 4: floor 5 for 1", ("workhorse", "m=4"), ("workhorse", "m=4 floor 5")),
    ("m = 4: floor 0.1 for 1", ("workhorse", "m=4"), ("workhorse", "m=4 floor 0.1")),
    ("m = 4: floor reached after 10 %, not 40 %", ("workhorse", "m=4"), ("blend", "m=4 reached at 10 %")),
    ("m = 4: floor reached after 80 %, not 40 %", ("workhorse", "m=4"), ("blend", "m=4 reached at 80 %")),
    ("m = 4: no blend, at its own rate", ("workhorse", "m=4"), ("blend", "m=4 no blend")),
    ("m = 4: no blend, at the rate with it", ("workhorse", "m=4"), ("blend", "m=4 no blend, rate as with it")),
    ("m = 4: twice the steps", ("workhorse", "m=4"), ("longer", "m=4")),
    ("softmax: twice the steps", ("workhorse", "softmax"), ("longer", "softmax")),
    ("softmax: a bias", ("workhorse", "softmax"), ("family", "softmax-bias")),
    ("softmax: weights of length one", ("workhorse", "softmax"), ("family", "weight-normalised")),
)


def choices() -> tuple[list[str], list[list[str]]]:
    """A table's heads and rows: what was changed, and the points that it added to the error."""
    rows = [[told, *_worth(before, after)] for told, before, after in CHOICES]
    return ["Choice", "Points", "95 % interval", "Pairs", "Diverged"], rows


def _worth(before: tuple[str, str], after: tuple[str, str]) -> list[str]:
    found = Arms.of(before[0], "laptop", before[1]).against(Arms.of(after[0], "laptop", after[1]))
    lost = found.diverged + found.baseline_diverged
    if math.isnan(found.points):
        return ["–", "–", f"{found.n}", f"{lost or '–'}"]
    ends = f"[{-found.points_high:+.2f}, {-found.points_low:+.2f}]"
    return [f"{-found.points:+.2f}".replace("-", "−"), ends.replace("-", "−"), f"{found.n}", f"{lost or '–'}"]
