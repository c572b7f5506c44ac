"""What the first chapter says of Fashion-MNIST and CIFAR-10: who is given up, why, and who gains when all are tuned."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from discriminative.data import fashion_labels
from discriminative.evidence import Arms
from discriminative.ledger import correctness
from discriminative.papers.thesis.alike import CERTAIN, CERTAIN_TUNING, TAKEN_OVER
from discriminative.papers.thesis.answers import FASHION_TUNING
from discriminative.papers.thesis.claims import CLAIMS
from discriminative.papers.thesis.told import Said, chose, points_told, saved, span
from discriminative.papers.thesis.wider import FLOOR_TUNING
from discriminative.statistics import interval, judge_errors
from discriminative.study import Arm, Fewer

__all__ = ["causes", "certain", "fashion", "given_up_on_cifar"]

WATCHED = {"softmax": "softmax", "m2": "m=2", "m4": "m=4", "a4": "A-Softmax m=4"}


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


def _pooled(arms: Arms) -> Said:
    """Points that m = 4 saves over softmax, both tuned there, over the seeds of C-LSM12f and the twelve after them."""
    wrong: list[dict[int, int | None]] = [{}, {}]
    for found in (Arms.of("fashion-floor-tuned", "laptop"), arms):
        for of, name in zip(wrong, CERTAIN[:2], strict=True):
            of |= found.wrong(name) if name in found else {}
    return {"certain_pooled": points_told(judge_errors(wrong[0], wrong[1], arms.images, 0.0)), "pooled": len(wrong[0])}


def _shirt(arms: Arms) -> Said:
    """The class that m = 4 gives up at a floor of 1: its error at the tuned floor less that under softmax, by seed."""
    _, classes = fashion_labels()
    shirt = classes.index("shirt")
    if any(name not in arms or not arms.finished(name) for name in CERTAIN):
        return {"shirt_errors": "–", "shirt_more": "–", "shirt_in": "–"}
    by_seed = {
        name: {record["run"]["seed"]: record["geometry"]["class_error"][shirt] for record in arms.finished(name)}
        for name in CERTAIN
    }
    softmax, margin = (by_seed[name] for name in CERTAIN[:2])
    gaps = [margin[seed] - softmax[seed] for seed in sorted(softmax.keys() & margin.keys())]
    mean, low, high = interval(gaps)
    ends = [f"{sum(by_seed[name].values()) / len(by_seed[name]):.1f} %" for name in (CERTAIN[0], CERTAIN[1])]
    return {
        "shirt_errors": f"{ends[1]} with m = 4 and {ends[0]} with softmax",
        "shirt_more": f"{mean:.1f} [{low:.1f}, {high:.1f}]",
        "shirt_in": f"{sum(gap > 0 for gap in gaps)} of {len(gaps)}",
    }


def _all_tuned(arms: Arms) -> str:
    """What Fashion-MNIST's own validation chose for each loss that was tuned there."""
    told = []
    for name in (each for each in arms if each.endswith(" all tuned")):
        loss = name.removesuffix(" all tuned")
        told.append(chose(loss.replace("=", " = "), _tried_for(loss), arms[name].run))
    return "validation chose " + "; ".join(told) if told else "these have not run yet"


def _tried_for(loss: str) -> list[Arm]:
    tried = (*FASHION_TUNING, *FLOOR_TUNING, *CERTAIN_TUNING)
    return [arm for arm in tried if arm.name.startswith(f"{loss} rate")]


def certain() -> tuple[list[str], list[list[str]], Said]:
    """Four losses all tuned on Fashion-MNIST, on seeds that no other record of it has: heads, rows, what is said."""
    arms, said, rows = Arms.of("fashion-certain", "laptop"), Said(), []
    for name in (*CERTAIN, TAKEN_OVER):
        if name not in arms or not arms.finished(name):
            rows.append([name, *["–"] * 4, f"not run: {arms.command}"])
            continue
        errors = np.array([record["geometry"]["class_error"] for record in arms.finished(name)])
        rows.append([
            name, f"{arms.mean(name):.2f}", "" if name == CERTAIN[0] else saved(arms, CERTAIN[0], name),
            f"{arms.mean(name, 'training error'):.2f}", f"{int((errors > 90).any(1).sum())} of {len(errors)}",
            f"{arms.mean(name, 'angle gap'):.1f}°",
        ])  # fmt: skip
    for key, name in zip(("m4", "smoothed", "normface", "taken"), (*CERTAIN[1:], TAKEN_OVER), strict=True):
        said[f"certain_{key}"] = saved(arms, CERTAIN[0], name)
    said["smoothed_over_taken"] = saved(arms, TAKEN_OVER, CERTAIN[2])
    said["m4_over_taken"] = saved(arms, TAKEN_OVER, CERTAIN[1])
    said |= _pooled(arms) | _shirt(arms)
    said["certain_tried"] = span([len(_tried_for(name.removesuffix(" all tuned"))) for name in CERTAIN])
    said["certain_told"] = _all_tuned(arms)
    heads = ["Loss", "Test error (%)", "Points saved over softmax", "Training error (%)"]
    return [*heads, "Runs with a class above 90 %", "Angle gap"], rows, said


CAUSES = (
    ("fashion-causes", ("softmax", "m=4", "A-Softmax m=4", "softmax batch norm", "m=4 batch norm", "m=4 floor 5")),
    ("fashion-tuned", ("softmax tuned there", "m=4 tuned there")),
    ("fashion-floor-tuned", ("softmax all tuned", "m=4 all tuned")),
)


def causes() -> tuple[list[str], list[list[str]], Said]:
    """Fashion-MNIST class by class: heads, rows, and what is said of the class that suffers most."""
    _, classes = fashion_labels()
    rows, said = [], Said()
    for name, wanted in CAUSES:
        arms = Arms.of(name, "laptop")
        for arm in wanted:
            found = (
                [record for record in arms.finished(arm) if "class_error" in record["geometry"]] if arm in arms else []
            )
            if not found:
                rows.append([arm, *["–"] * 5, f"not run: {arms.command}"])
                continue
            errors = np.array([record["geometry"]["class_error"] for record in found])
            lengths = np.array([record["geometry"]["class_weight_norm"] for record in found])
            features = np.array([record["geometry"]["class_feature_norm"] for record in found])
            worst = int(errors.mean(0).argmax())
            lost, unit = int((errors > 90).any(1).sum()), arm.startswith("A-Softmax")
            ends = (lengths[:, worst].mean(), np.delete(lengths, worst, 1).mean())
            norms = ["1, always"] if unit else [f"{end:.2f}" for end in ends]
            rows.append([
                arm, f"{arms.mean(arm):.2f}", f"{arms.mean(arm, 'training error'):.2f}",
                f"{classes[worst]}, {errors[:, worst].mean():.0f}", f"{lost} of {len(found)}", " and ".join(norms),
                f"{features[:, worst].mean():.1f} and {np.delete(features, worst, 1).mean():.1f}",
            ])  # fmt: skip
            said[f"features {arm}"] = f"{features[:, worst].mean() / np.delete(features, worst, 1).mean():.2f}"
            said[f"worst {arm}"] = f"{errors[:, worst].mean():.0f} %"
            said[f"validation {arm}"] = f"{arms.mean(arm, 'validation error'):.1f} %"
            said[f"lost {arm}"] = f"{lost} of {len(found)}"
            if arm in ("m=4", "m=4 batch norm"):
                key = "given_up" if arm == "m=4" else "given_up_normed"
                said |= {key: lost, f"{key}_of": len(found), f"{key}_norm": float(lengths[:, worst].max())}
            if arm == "m=4":
                said["others_norm"] = float(np.delete(lengths, worst, 1).mean())
    alone, floored = Arms.of("fashion-causes", "laptop"), Arms.of("fashion-floor-tuned", "laptop")
    for key, arm in (("softmax", "softmax"), ("m4", "m=4"), ("floor", "m=4 floor 5")):
        said[f"shortest_{key}"] = _shortest(alone, arm, classes)
    said["all_tuned_there"] = _all_tuned(floored)
    said["fashion_counts"] = f"{_least_that_counts(floored.mean('softmax all tuned')):.1f}"
    control = Arms.of("fashion-control", "laptop")
    said["fashion_unit"] = saved(control, "softmax", "weight-normalised")
    said["fashion_unit_a4"] = saved(control, "softmax", "A-Softmax m=4")
    for key, name in (("a4", "A-Softmax m=4"), ("unit", "weight-normalised")):
        optimizer = control[name].run.optimizer
        said[f"settings_{key}"] = f"the rate {optimizer.rate:g} and the decay {optimizer.weight_decay:g}"
    said["fashion_train_unit"] = control.mean("weight-normalised", "training error")
    said["fashion_rates"] = _rates_there()
    for key, arm in (
        ("lost_unit", "A-Softmax m=4"), ("lost_floor", "m=4 floor 5"), ("lost_tuned", "m=4 tuned there"),
        ("lost_all", "m=4 all tuned"),
    ):  # fmt: skip
        said[key] = said.get(f"lost {arm}", "not run")
    for key, name in (
        ("features_m4", "features m=4"), ("features_normed", "features m=4 batch norm"),
        ("features_a4", "features A-Softmax m=4"), ("features_softmax", "features softmax"),
        ("worst_a4", "worst A-Softmax m=4"), ("worst_softmax", "worst softmax"), ("validation_m4", "validation m=4"),
        ("validation_floor", "validation m=4 floor 5"), ("validation_softmax", "validation softmax"),
    ):  # fmt: skip
        said[key] = said.get(name, "not run")
    said = {key: value for key, value in said.items() if " " not in key}
    for key in ("given_up", "given_up_of", "given_up_norm", "given_up_normed", "given_up_normed_of", "others_norm"):
        said.setdefault(key, math.nan)
    heads = ["Arm", "Test error (%)", "Training error (%)", "Worst class, its error (%)"]
    heads += ["Runs with a class above 90 %", "Norm of its weight and the others'"]
    return [*heads, "Norm of its features and the others'"], rows, said


def _shortest(arms: Arms, name: str, classes: Sequence[str]) -> str:
    """The four shortest class weights of an arm by name, means over its runs, and between which the others lie."""
    found = [record["geometry"]["class_weight_norm"] for record in arms.finished(name)] if name in arms else []
    if not found:
        return "not run"
    lengths = np.mean(found, axis=0)
    order = np.argsort(lengths)
    told = [f"{classes[c]} {lengths[c]:.2f}" for c in order[:4]]
    return f"{', '.join(told)}, the others {lengths[order[4]]:.2f} to {lengths[order[-1]]:.2f}"


def _least_that_counts(error: float) -> float:
    """The smallest change of an error that counts in C-LSM12, in points, where the test has it as a share."""
    test = next(claim.test for claim in CLAIMS if claim.id == "C-LSM12f")
    assert isinstance(test, Fewer)
    return error * -math.expm1(-test.counts_from)


def _rates_there() -> str:
    """The rates that Fashion-MNIST's own validation chose for softmax and m = 4, and whether they are other ones."""
    there, here = Arms.of("fashion-tuned", "laptop"), Arms.of("fashion", "laptop")
    if len(there) < 2:
        return "none yet"
    pairs = [(there[f"{name} tuned there"].run, here[name].run) for name in ("softmax", "m=4")]
    told = " and ".join(f"{run.optimizer.rate:g}" for run, _ in pairs)
    same = all(run.optimizer == other.optimizer for run, other in pairs)
    return f"{told}, those of the workhorse, so that these are runs of the table's first two rows" if same else told


def given_up_on_cifar() -> Said:
    """CIFAR-10 with the quick network: which classes m = 4 gets wrong in nearly every image, in how many runs."""
    arms, said = Arms.of("cifar-quick", "laptop"), Said()
    labels, names = cifar_labels()
    for key, name in (("softmax", "softmax"), ("m4", "m=4")):
        errors = _class_errors(arms, name, np.array(labels))
        counts = (errors > 90).sum(0)
        told = [f"*{names[c]}* in {counts[c]} of {len(errors)} runs" for c in np.argsort(-counts) if counts[c]]
        said[f"cifar_lost_{key}"] = ", ".join(told).replace("*", "") or "none"
        said[f"cifar_train_{key}"] = arms.mean(name, "training error")
        said[f"cifar_worst_{key}"] = float(errors.mean(0).max())
    return said


@cache
def cifar_labels() -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The class of every test image of CIFAR-10 and the classes' names."""
    stored = json.loads((Path(__file__).parent / "cifar10_labels.json").read_text())
    return tuple(map(int, stored["labels"])), tuple(stored["names"])
