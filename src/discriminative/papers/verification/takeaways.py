"""What the figures of the verification chapter show, by the records and by what the papers print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np

from discriminative.disputed import disputed
from discriminative.evidence import Arms
from discriminative.figures.takeaways import NOTHING, by_errors, ends_of, named
from discriminative.papers.verification.figures import rates
from discriminative.verification import binomial_error

__all__ = ["TAKEAWAYS"]

FEW = 0.01  # false accepts


def printed_gains(rows: list[tuple[str, float, float]], pairs: int = 6000) -> str:
    """How many printed gains are smaller than twice the error of a difference."""
    small = [
        abs(after - before) < 1.96 * np.hypot(binomial_error(before, pairs), binomial_error(after, pairs))
        for _, before, after in rows
    ]
    return f"{sum(small)} of {len(rows)} printed gains are smaller than what two independent tests differ by."


def roc(arms: Arms) -> str:
    """Who accepts the most and the fewest same pairs where one different pair of a hundred is accepted."""
    found = {}
    for name in arms:
        far, tar = rates(arms, name)
        if len(tar):
            found[name] = 100 * float(tar.mean(0)[int(np.abs(np.log(far / FEW)).argmin())])
    if not found:
        return NOTHING
    least, most = ends_of(found)
    return (
        f"Of the losses drawn, with one of a hundred different pairs accepted, {named(most)} knows most same pairs, "
        f"{found[most]:.0f} %, and {named(least)} the fewest, {found[least]:.0f} %."
    )


def histograms(arms: Arms) -> str:
    """How far the mean cosines of same and of different pairs lie apart under seed 0."""
    apart = {}
    for name in arms:
        if any(record["run"]["seed"] == 0 for record in arms.finished(name)):
            stored = arms.ledger.arrays(arms[name].runs()[0])
            cosine, same = stored["cosine"].astype(float), stored["same"]
            apart[name] = float(cosine[same].mean() - cosine[~same].mean())
    if not apart:
        return NOTHING
    least, most = ends_of(apart)
    return (
        f"Of the losses drawn, {named(most)} has the mean cosines of same and of different pairs farthest apart, by "
        f"{apart[most]:.2f}, and {named(least)} the nearest, by {apart[least]:.2f}."
    )


def common(arms: Arms) -> str:
    """How the arms of each learning rate stand beside softmax at that rate."""
    rates_of = Counter(name.split(" rate ")[1] for name in arms)
    told = []
    for rate in sorted(rates_of):
        here = arms.only(*(name for name in arms if name.endswith(f" rate {rate}")))
        told.append(by_errors(here, f"softmax rate {rate}").split(";")[0])
    return f"{'; '.join(told)}."


def drawings(arms: Arms, names: Iterable[str], baseline: str = "softmax") -> str:
    """How many losses are mostly right where the baseline is mostly wrong, and the other way round."""
    names = list(names)
    found = disputed(arms, names, baseline)
    if not found:
        return NOTHING
    divided = [each for each in found if min(each.shares) < 0.5 < max(each.shares)]
    better, worse = (len({each.arm for each in divided if each.right == right}) for right in (True, False))
    return (
        f"{better} of {len(names)} losses have pairs that most of their runs answer right and most of {baseline}'s "
        f"wrong, {worse} have pairs the other way round."
    )


TAKEAWAYS: dict[str, Callable[..., str]] = {
    "os-gains": printed_gains,
    "os-roc": roc,
    "os-digits": roc,
    "os-scores": histograms,
    "os-common": common,
    "os-drawings": drawings,
}
