"""What is trained for verification: every loss of the book on characters, the papers' on faces, some on digits.

On Omniglot a run learns 137 characters of four alphabets and is asked about 64 of two others; two more tune. On LFW,
without outside data, a run learns the people of eight folds of View 2, takes its threshold from a ninth and is tested
on the tenth; which is which the seed decides, so that seeds 0 to 9 are the ten folds. Settings are chosen on View 1.

Every arm is tried in equally many configurations: a head at so many rates, a term at half as many rates and at two
coefficients. Its other settings are those of its paper, or of the chapter that holds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from discriminative.papers.shared import tuned
from discriminative.runs import TUNING_SEEDS, BlendSchedule, Head, Optimizer, Run, Schedule, Stage, Term
from discriminative.study import Arm, Experiment

__all__ = ["CHARACTERS", "COMMON", "DIGITS", "EXPERIMENTS", "FACES", "FACE_NAMES", "RIVALS", "configurations"]

CHARACTERS = Run(
    "omniglot", "lenet", 64, Head("Softmax"), 0, batch_size=64, augmentation=("crop4",), schedule=Schedule(380)
)
FACES = Run(
    "lfw", "face-light", 128, Head("Softmax"), 0, batch_size=64, augmentation=("flip", "crop4"), schedule=Schedule(600)
)
DIGITS = Run("digits-unseen", "mlp", 32, Head("Softmax"), 0, batch_size=64, schedule=Schedule(210))
RIVALS = 10  # a fifth of the classes that a batch of 64 characters holds beside the own one
SCALE = 16.0

PLAIN = (0.05, 0.1, 0.02, 0.2)  # the first three where three are tried
UNIT = (0.2, 0.4, 0.1, 0.05)  # features and weights of length one
HINGE = (0.003, 0.01, 0.001, 0.03)


def _term(name: str, coefficient: float, rate: float | None = None, **arguments: Any) -> dict[str, Any]:
    return {"terms": (Term(name, coefficient, arguments, rate=rate),)}


# What an arm changes, and at which rates it is tried; for a term what its coefficients are.
HEADS: dict[str, tuple[dict[str, Any], Sequence[float]]] = {
    "softmax": ({}, PLAIN),
    "hinge": ({"loss": "hinge"}, HINGE),
    "weight-normalised": ({"head": Head("WeightNormalizedSoftmax")}, PLAIN),
    "NormFace": ({"head": Head("NormFace", {"scale": SCALE})}, UNIT),
    "m=2": ({"head": Head("LSoftmax", {"margin": 2}), "blend": BlendSchedule(1.0)}, PLAIN),
    "m=4": ({"head": Head("LSoftmax", {"margin": 4}), "blend": BlendSchedule(1.0)}, PLAIN),
    "A-Softmax m=4": ({"head": Head("ASoftmax", {"margin": 4}), "blend": BlendSchedule(1.0)}, PLAIN),
    "CosFace": ({"head": Head("CosFace", {"margin": 0.35, "scale": SCALE})}, UNIT),
    "ArcFace": ({"head": Head("GuardedArcFace", {"margin": 0.3, "scale": SCALE})}, UNIT),
    "W-Softmax": ({"stages": (Stage(0.2, Head("WSoftmax", {"alpha": 1.0, "gradient": "stopped"})),)}, PLAIN),
    "guarded W-Softmax": ({"head": Head("GuardedWSoftmax", {"alpha": 1.0})}, PLAIN),
    "L_re": (_term("FeedBackwardReconstruction", 0.001), PLAIN),
}
TERMS: dict[str, tuple[dict[str, Any], tuple[float, float]]] = {
    "RN": (_term("FeatureIncay", 1.0), (0.1, 1.0)),
    "center loss": (_term("CenterLoss", 1.0, 0.5), (0.003, 0.01)),
    "include-exclude loss": (_term("IncludeExclude", 1.0, 0.5, nearest=RIVALS), (0.05, 0.5)),
    "include-exclude loss Q=all": (_term("IncludeExclude", 1.0, 0.5), (0.05, 0.5)),
    "triplet loss": (_term("TripletLoss", 1.0), (0.1, 1.0)),
    "contrastive loss": (_term("ContrastiveLoss", 1.0), (0.01, 0.1)),
}
COMMON = ("softmax", "RN", "L_re", "triplet loss", "center loss", "include-exclude loss")
FACE_NAMES = (
    *("softmax", "weight-normalised", "NormFace", "m=4", "A-Softmax m=4", "CosFace", "ArcFace", "W-Softmax"),
    *("center loss", "include-exclude loss"),
)


def configurations(base: Run, names: Sequence[str], count: int) -> Iterator[Arm]:
    """``count`` configurations of each arm, four or three: the first rates, or two rates and as many coefficients."""
    for name in names:
        if name in HEADS:
            changes, rates = HEADS[name]
            for rate in rates[:count]:
                yield Arm(f"{name} rate {rate:g}", _at(base, changes, rate), TUNING_SEEDS[:1])
            continue
        changes, coefficients = TERMS[name]
        both = [(rate, c) for c in coefficients for rate in PLAIN[:2]]
        for rate, c in both[:count]:
            terms = (replace(changes["terms"][0], coefficient=c),)
            run = _at(base, {"terms": terms}, rate)
            yield Arm(f"{name} rate {rate:g} lambda={c:g}", run, TUNING_SEEDS[:1])


def _at(base: Run, changes: Mapping[str, Any], rate: float) -> Run:
    return replace(base, **changes, optimizer=Optimizer(rate))


CHARACTER_TUNING = tuple(configurations(CHARACTERS, (*HEADS, *TERMS), 4))
FACE_TUNING = tuple(configurations(FACES, FACE_NAMES, 3))


def _characters() -> tuple[Arm, ...]:
    return tuned(CHARACTER_TUNING, (*HEADS, *TERMS), tuple(range(12)))


def _common() -> tuple[Arm, ...]:
    """Losses that are compared, at the same rates: each with the coefficients that its tuning chose, at both."""
    rates = {**dict.fromkeys(COMMON, (0.1, 0.05)), "NormFace": (0.1,), "ArcFace": (0.1,)}
    return tuple(
        replace(arm, name=f"{arm.name} rate {rate:g}", run=replace(arm.run, optimizer=Optimizer(rate)))
        for arm in tuned(CHARACTER_TUNING, tuple(rates), tuple(range(12)))
        for rate in rates[arm.name]
    )


def _faces() -> tuple[Arm, ...]:
    return tuned(FACE_TUNING, FACE_NAMES, tuple(range(10)))


def _digits(name: str, rate: float) -> Arm:
    changes = HEADS[name][0] if name in HEADS else {"terms": (replace(TERMS[name][0]["terms"][0], coefficient=0.01),)}
    return Arm(name, _at(DIGITS, changes, rate), (0, 1, 2))


EXPERIMENTS = (
    Experiment(
        "unseen-characters-tuning",
        "open-set verification",
        "Four configurations of every loss, by pairs of two alphabets that no run is trained on",
        {"laptop": CHARACTER_TUNING},
    ),
    Experiment(
        "unseen-characters",
        "open-set verification",
        "Pairs of characters of unseen alphabets, and the official one-shot runs, by every loss",
        {
            "quick": (
                _digits("softmax", 0.05),
                _digits("NormFace", 0.2),
                _digits("ArcFace", 0.2),
                _digits("center loss", 0.05),
            ),
            "laptop": _characters,
        },
        after="unseen-characters-tuning",
    ),
    Experiment(
        "unseen-characters-common",
        "open-set verification",
        "The terms and softmax, ArcFace and NormFace on unseen characters, at common learning rates",
        {"laptop": _common},
        after="unseen-characters-tuning",
    ),
    Experiment(
        "unseen-faces-tuning",
        "open-set verification",
        "Three configurations of every loss, by View 1 of LFW",
        {"laptop": FACE_TUNING},
    ),
    Experiment(
        "unseen-faces",
        "open-set verification",
        "The ten folds of View 2 of LFW, without outside data, by the papers' losses",
        {"laptop": _faces},
        after="unseen-faces-tuning",
    ),
)
