"""Tables of the verification chapter."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from discriminative.evidence import Arms
from discriminative.figures.style import label
from discriminative.ledger import correctness
from discriminative.papers import printed, printed_rows
from discriminative.papers.verification.experiments import HEADS
from discriminative.statistics import interval
from discriminative.study import Claim, Fewer
from discriminative.unseen import asked_characters
from discriminative.verdicts import Judged
from discriminative.verification import binomial_error, crossed_interval

__all__ = [
    "Crossed", "arms_rows", "at_edges", "beyond_nought", "crossed", "crossed_rows", "gains", "gains_rows",
    "least", "lost_by_arm", "named", "open_set_rows", "pair_rows", "quoted_rows", "rates", "sign_test",
    "signed", "trained", "untrained",
]  # fmt: skip

PAIRS = 6000  # of LFW
OTHER_NETWORK = "not run: a network of another paper, none of which is here"
WIDER = "not run: one network here, beside [N]"
BESIDE = "not run: on faces no term beside a margin"
UNTRIED = "not run: not among the losses on faces"
ALPHA = "not run: alpha = 1 alone"
# Paper, table, its columns of LFW and of YouTube Faces; of each row that the paper ran our arm on faces, or why there
# is none, and the arm on characters, if any. The other rows of a table carry the reference that they come from.
OPEN_SET: tuple[tuple[str, str, str, str, dict[str, tuple[str, str]]], ...] = (
    ("thesis", "2.5", "Accuracy", "", {
        "Softmax": ("softmax", "softmax"),
        "Softmax + Contrastive": (UNTRIED, "contrastive loss"),
        "L-Softmax (m=2)": (UNTRIED, "m=2"),
        "L-Softmax (m=3)": (UNTRIED, ""),
        "L-Softmax (m=4)": ("m=4", "m=4"),
    }),
    ("incay", "1", "mAcc", "", {
        "COCO": ("not run: no such loss in the book", ""),
        "RN + COCO": ("not run: no such loss in the book", ""),
        "L-Softmax": ("m=4", "m=4"),
        "RN + L-Softmax": (BESIDE, ""),
        "A-Softmax": ("A-Softmax m=4", "A-Softmax m=4"),
        "RN + A-Softmax": (BESIDE, ""),
    }),
    ("weights_biased", "3", "Accuracy", "", {
        "original softmax": ("softmax", "softmax"),
        "W-Softmax ($\\alpha=0.5$)": (ALPHA, ""),
        "W-Softmax ($\\alpha=1$)": ("W-Softmax", "W-Softmax"),
        "W-Softmax ($\\alpha=1.5$)": (ALPHA, ""),
    }),
    ("weights_biased", "4", "Accuracy", "", {
        "Softmax Loss": ("softmax", "softmax"),
        "W-Softmax ($\\alpha=0.5$)": (ALPHA, ""),
        "W-Softmax ($\\alpha=1$)": ("W-Softmax", "W-Softmax"),
        "W-Softmax ($\\alpha=1.5$)": (ALPHA, ""),
    }),
    ("reconstruction", "2", "LFW", "YTF", {
        "DeepFace (Taigman et al. 2014)": (OTHER_NETWORK, ""),
        "DeepFace+Lre": (OTHER_NETWORK, ""),
        "FaceNet (Schroff, Kalenichenko, and Philbin 2015)": (OTHER_NETWORK, ""),
        "FaceNet+Lre": (OTHER_NETWORK, ""),
        "DeepID (Sun, Wang, and Tang 2015)": (OTHER_NETWORK, ""),
        "DeepID+Lre": (OTHER_NETWORK, ""),
        "DDRL (Yu et al. 2018)": (OTHER_NETWORK, ""),
        "DDRL+Lre": (OTHER_NETWORK, ""),
        "L-Softmax (Liu et al. 2016)": ("m=4", "m=4"),
        "L-Softmax+Lre": (BESIDE, ""),
        "Softmax+Center Loss (Wen et al. 2016)": ("center loss", "center loss"),
        "Softmax+Center Loss+Lre": (BESIDE, ""),
    }),
    ("include_exclude", "6", "Acc. on LFW", "Acc. on YTF", {
        "Softmax [N]": ("softmax", "softmax"),
        "Triplet Loss [N]": (UNTRIED, "triplet loss"),
        "L-Softmax [N]": ("m=4", "m=4"),
        "Center [N]": ("center loss", "center loss"),
        "IE [N]": ("include-exclude loss", "include-exclude loss"),
        **{f"{loss} [P]": (WIDER, "") for loss in ("Softmax", "Triplet Loss", "L-Softmax", "Center", "IE")},
    }),
)  # fmt: skip
TITLES = {
    "thesis": "thesis", "incay": "incay", "weights_biased": "W-Softmax", "reconstruction": "reconstruction",
    "include_exclude": "include-exclude",
}  # fmt: skip
# What is compared on LFW in which paper and table: the row without and the row with.
GAINS = (
    ("thesis: L-Softmax m = 4 over softmax", "thesis", "2.5", "Softmax", "L-Softmax (m=4)"),
    ("incay: RN beside L-Softmax", "incay", "1", "L-Softmax", "RN + L-Softmax"),
    ("incay: RN beside A-Softmax", "incay", "1", "A-Softmax", "RN + A-Softmax"),
    ("W-Softmax over softmax", "weights_biased", "3", "original softmax", "W-Softmax ($\\alpha=1$)"),
    ("reconstruction: beside L-Softmax", "reconstruction", "2", "L-Softmax (Liu et al. 2016)", "L-Softmax+Lre"),
    (
        *("reconstruction: beside center loss", "reconstruction", "2"),
        *("Softmax+Center Loss (Wen et al. 2016)", "Softmax+Center Loss+Lre"),
    ),
    ("include-exclude over softmax", "include_exclude", "6", "Softmax [N]", "IE [N]"),
    ("include-exclude over center loss", "include_exclude", "6", "Center [N]", "IE [N]"),
    ("include-exclude over L-Softmax", "include_exclude", "6", "L-Softmax [N]", "IE [N]"),
)


def _right(paper: str, value: float | str) -> float | None:
    """The share of right pairs as printed; the reconstruction paper prints errors."""
    if isinstance(value, str):
        return None
    return 100 - value if paper == "reconstruction" else value


def named(value: float, low: float, high: float) -> str:
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"


def _percent_right(arms: Arms, name: str) -> str:
    errors = arms.numbers(name) if name in arms else []
    if not errors:
        return "not run"
    mean, low, high = interval([100 - error for error in errors])
    told = f"{mean:.1f}, one run" if len(errors) == 1 else f"{named(mean, low, high)}, n = {len(errors)}"
    failed = sum(arms.lost(name))
    return f"{told}; {failed} of {len(arms.records(name))} failed" if failed else told


def _shown(name: str) -> str:
    return name.replace("$\\alpha=", "alpha = ").replace("$)", ")")


def _share(paper: str, cells: dict[str, float | str], column: str) -> str:
    value = _right(paper, cells.get(column, ""))
    return "–" if value is None else f"{value:.2f}"


def open_set_rows(faces: Arms, characters: Arms) -> tuple[list[str], list[list[str]]]:
    """Every open-set row that the five papers ran, as printed, beside our arms on faces and on characters."""
    heads = ["Row", "Paper, table", "Printed, LFW", "Ours, LFW", "Ours, characters", "Printed, YTF"]
    rows = []
    for paper, table, lfw, ytf, ran in OPEN_SET:
        for name, cells in printed_rows(paper, table):
            if name in ran:
                face, character = ran[name]
                ours = face if face.startswith("not run") else _percent_right(faces, face)
                more = _percent_right(characters, character) if character else "not run"
                rows.append([_shown(name), f"{TITLES[paper]}, {table}", _share(paper, cells, lfw), ours, more,
                             _share(paper, cells, ytf)])  # fmt: skip
    return heads, rows


def quoted_rows() -> list[list[str]]:
    """The other rows of the same tables, of as many cells: each carries the reference that it comes from."""
    return [
        [_shown(name), f"{TITLES[paper]}, {table}", _share(paper, cells, lfw), "–", "–", _share(paper, cells, ytf)]
        for paper, table, lfw, ytf, ran in OPEN_SET
        for name, cells in printed_rows(paper, table)
        if name not in ran
    ]


def gains() -> list[tuple[str, float, float]]:
    """Each printed comparison: its name, the share of right pairs without and with."""
    found = []
    for name, paper, table, without, row in GAINS:
        column = next(lfw for one, number, lfw, *_ in OPEN_SET if (one, number) == (paper, table))
        before, after = (_right(paper, printed(paper, table)[each, column]) for each in (without, row))
        assert before is not None
        assert after is not None
        found.append((name, before, after))
    return found


def rates(arms: Arms) -> str:
    """Which arms train at which learning rate, in words, those that lost half of their runs or more left out."""
    by_rate: dict[float, list[str]] = {}
    for name in trained(arms, arms):
        by_rate.setdefault(arms[name].run.optimizer.rate, []).append(label(name))
    return "; ".join(f"{rate:g} for {', '.join(names)}" for rate, names in sorted(by_rate.items())) or "no record yet"


def least(arms: Arms, measure: str) -> float:
    """The smallest mean of a measure over the arms that trained."""
    return min((arms.mean(name, measure) for name in trained(arms, arms)), default=math.nan)


def at_edges(arms: Arms, tried: int) -> str:
    """Which heads train at the lowest or the highest of the first so many rates of their grid, in words."""
    told = []
    for name in arms:
        if name in HEADS:
            rates, rate = HEADS[name][1][:tried], arms[name].run.optimizer.rate
            ends = {min(rates): "lowest", max(rates): "highest"}
            told += [f"{label(name)} at the {ends[rate]}, {rate:g}"] if rate in ends else []
    return "; ".join(told) or "none"


def signed(arms: Arms, name: str, measure: str) -> str:
    """A measure's mean with its interval over runs, with signs."""
    values = arms.numbers(name, measure) if name in arms else []
    if len(values) < 2:
        return "nan"
    mean, low, high = interval(values)
    return f"{mean:+.2f} [{low:+.2f}, {high:+.2f}]"


def lost_by_arm(arms: Arms) -> str:
    """Which arms lost runs, and how many of how many, in words."""
    told = []
    for name in arms:
        counts = zip(arms.lost(name), ("diverged", "did not train"), strict=True)
        words = " and ".join(f"{count} {word}" for count, word in counts if count)
        told += [f"{label(name)}: {words} of {len(arms.records(name))}"] if words else []
    return "; ".join(told) or "none"


@dataclass(frozen=True)
class Crossed:
    """A difference of pair errors in points, with its interval over seeds and the one over seeds and characters."""

    claim: Claim
    mean: float
    seeds: tuple[float, float]
    both: tuple[float, float]


def crossed(judged: Iterable[Judged], arms: Mapping[str, Arms]) -> list[Crossed]:
    """Those of the claims that compare the errors of two arms of an experiment that asks about the same characters."""
    found = []
    for each, differences in _compared(judged, arms):
        _, low, high = interval(list(100 * differences.mean(1)))
        mean, *both = crossed_interval(differences, asked_characters())
        found.append(Crossed(each.claim, mean, (low, high), (both[0], both[1])))
    return found


def crossed_rows(found: Iterable[Crossed]) -> tuple[list[str], list[list[str]]]:
    heads = ["Claim", "Compared", "Points more wrong", "Over seeds", "Over seeds and characters"]
    rows = []
    for each in found:
        baseline, arm = each.claim.test.arms
        ends = (f"[{low:+.2f}, {high:+.2f}]" for low, high in (each.seeds, each.both))
        rows.append([each.claim.id, f"{label(arm)} against {label(baseline)}", f"{each.mean:+.2f}", *ends])
    return heads, rows or [_nothing(heads)]


def beyond_nought(found: Iterable[Crossed]) -> dict[str, str]:
    """Of how many differences, and of which claims, the intervals leave out nought, as a chapter glues it."""
    found = list(found)
    told = {"crossed_count": f"{len(found)}"}
    for key, ends in (("seeds", [each.seeds for each in found]), ("both", [each.both for each in found])):
        kept = [each.claim.id for each, (low, high) in zip(found, ends, strict=True) if not low <= 0 <= high]
        told |= {f"crossed_{key}": f"{len(kept)}", f"crossed_{key}_which": ", ".join(kept) or "none"}
    return told


def _compared(judged: Iterable[Judged], arms: Mapping[str, Arms]) -> Iterator[tuple[Judged, np.ndarray]]:
    """Claims on errors of two arms; by common seed and pair 1 where the arm alone is wrong, -1 where the other is."""
    for each in judged:
        found = arms.get(each.claim.experiment)
        if found is None or not isinstance(each.claim.test, Fewer) or not found:
            continue
        baseline, arm = (
            {record["run"]["seed"]: correctness(record).astype(float) for record in found.finished(name)}
            for name in each.claim.test.arms
        )
        seeds = sorted(baseline.keys() & arm.keys())
        if len(seeds) > 1:
            yield each, np.array([baseline[seed] - arm[seed] for seed in seeds])


def sign_test(pairs: int) -> float:
    """The two-sided sign test where one of two losses answers so many pairs more, in the best case for it."""
    return min(1.0, 2.0 ** (1 - pairs))


def gains_rows() -> tuple[list[str], list[list[str]]]:
    """How many of 6,000 pairs each printed gain is, against the error of a difference, and the best case of a test."""
    heads = ["Compared", "Printed gain", "Pairs of 6,000", "Standard errors apart", "Sign test, at best"]
    rows = []
    for name, before, after in gains():
        both = float(np.hypot(binomial_error(before, PAIRS), binomial_error(after, PAIRS)))
        count = round(abs(after - before) * PAIRS / 100)
        best = sign_test(count)
        rows.append([name, f"{after - before:+.2f} points", f"{count}", f"{(after - before) / both:+.1f}",
                     f"p = {best:.2f}" if best >= 0.005 else "p < 0.005"])  # fmt: skip
    return heads, rows


def arms_rows(arms: Arms, one_shot: bool) -> tuple[list[str], list[list[str]]]:
    """Every arm with runs that finished: training error, errors of pairs by cosine and distance, a curve, seconds."""
    heads = [
        "Arm",
        "Training error (%)",
        "Pairs wrong, cosine (%)",
        "L2 (%)",
        "Cosine along 32 axes (%)",
        "Equal error (%)",
        "Accepted at 1 in 100 (%)",
    ]
    heads += ["One-shot wrong (%)"] if one_shot else []
    heads += ["Equal error over identities, seed 0 (%)", "Seconds a run", "Runs"]
    rows = []
    for name in arms:
        found = arms.finished(name)
        if not found:
            continue
        cells = [label(name), _mean(arms.numbers(name, "training error")), _mean(arms.numbers(name))]
        gaps = zip(arms.numbers(name), arms.numbers(name, "cosine over L2"), strict=True)
        cells += [
            _mean([error + gap for error, gap in gaps]),
            _mean(_projected(arms, name)),
            _mean(arms.numbers(name, "equal error")),
            _mean(arms.numbers(name, "true accepts")),
        ]
        cells += [_mean(arms.numbers(name, "one-shot error"))] if one_shot else []
        seconds = float(np.median([record["environment"]["wall_seconds"] for record in found]))
        diverged, collapsed = arms.lost(name)
        lost = "".join(f"; {n} {word}" for n, word in ((diverged, "diverged"), (collapsed, "did not train")) if n)
        cells.append(_over_identities(found))
        rows.append([*cells, f"{seconds:.0f}", f"{len(found)}{lost}"])
    return heads, rows or [_nothing(heads)]


def _projected(arms: Arms, name: str) -> list[float]:
    """Errors by the cosine of projected features, of the runs that have them."""
    plain, less = arms.values(name, "test error"), arms.values(name, "projection")
    both = [(plain[seed], gain) for seed, gain in less.items()]
    return [error - gain for error, gain in both if error is not None and gain is not None]


def trained(arms: Arms, names: Iterable[str]) -> list[str]:
    """Those of the names whose finished runs did not collapse by half or more."""
    return [
        name
        for name in names
        if name in arms and arms.finished(name) and 2 * arms.lost(name)[1] < len(arms.finished(name))
    ]


def untrained(arms: Arms) -> str:
    """The other arms that have finished runs, in words."""
    kept = trained(arms, arms)
    names = [label(name) for name in arms if arms.finished(name) and name not in kept]
    return ", ".join(names) or "none"


def _nothing(heads: list[str]) -> list[str]:
    return ["no record yet", *["–"] * (len(heads) - 1)]


def _over_identities(records: list[dict[str, Any]]) -> str:
    """The interval of the equal error rate of the run under seed 0, its identities drawn again."""
    for record in records:
        ends = record["metrics"]["pairs"].get("over_identities")
        if ends and None not in ends:
            return f"[{ends[0]:.1f}, {ends[1]:.1f}]"
    return "–"


def _mean(values: list[float]) -> str:
    if not values:
        return "–"
    mean, low, high = interval(values)
    return named(mean, low, high) if len(values) > 1 else f"{mean:.1f}"


def pair_rows(arms: Arms, baseline: str = "softmax") -> tuple[list[str], list[list[str]]]:
    """Pairs that most runs of an arm answer right where most of the baseline answer wrong, and the other way round."""
    heads = ["Arm", f"Right, {baseline} wrong", f"Wrong, {baseline} right", "Both wrong", "Wrong under every seed"]
    rows: list[list[str]] = []
    if baseline not in arms or not arms.finished(baseline):
        return heads, [_nothing(heads)]
    first = _mostly_right(arms, baseline)
    for name in arms:
        if name == baseline or not arms.finished(name):
            continue
        second = _mostly_right(arms, name)
        counts = (second & ~first, ~second & first, ~second & ~first, arms.always_wrong(name))
        rows.append([label(name), *(f"{int(each.sum()):,}" for each in counts)])
    return heads, rows


def _mostly_right(arms: Arms, name: str) -> np.ndarray:
    answers = np.array([correctness(record) for record in arms.finished(name)])
    found: np.ndarray = answers.mean(0) >= 0.5
    return found
