"""What a run tells on its way: 40 points of its losses and errors, of what its features are and what pulls at them."""

from __future__ import annotations

import bisect
import math
from typing import Any

import torch
from torch import Tensor

from discriminative import geometry
from discriminative._tensors import lift, norms
from discriminative.runs import Run
from discriminative.training.model import Model, Parts

__all__ = ["CURVE_POINTS", "Curves", "digits", "four_digits", "pulls"]

CURVE_POINTS = 40
MANY_CLASSES = 20
LOOKED_AT = ("feature_norm", "weight_norm", "separability_raw", "separability_unit", "pull_along", "pull_across")


def digits(value: float, count: int) -> float | None:
    """So many significant digits; ``None`` for what is not finite (JSON has no word for it)."""
    return float(f"{value:.{count}g}") if math.isfinite(value) else None


def four_digits(value: float) -> float | None:
    return digits(value, 4)


def pulls(model: Model, features: Tensor, inner: Tensor, labels: Tensor, step: int) -> list[Tensor]:
    """What pulls at the features of a batch, as means over its images; the pull is minus the gradient of an image.

    Returns:
        Of the head's loss the pull along the feature (positive where it lengthens it) and the length of the rest,
        across; then the length of the pull of each term of the run, times its coefficient, at what it acts on (0 where
        it does not act).
    """
    x, inner = (part.detach().requires_grad_() for part in lift(features, inner))
    with torch.enable_grad():
        loss = model.head_loss(model.head(model.scaled(x), labels), labels)
        (gradient,) = torch.autograd.grad(loss, x)
        pull = -len(x) * gradient
        direction = geometry.unit_rows(x.detach())
        along = (pull * direction).sum(1)
        result = [along.mean(), norms(pull - along.unsqueeze(1) * direction).mean()]
        for i, term in enumerate(model.run.terms):
            value = model.term_value(i, x, inner, labels) if i in model.acting(step) else None
            seen = inner if term.on == "preactivation" else x
            length = x.new_zeros(())
            if value is not None and value.requires_grad:
                (found,) = torch.autograd.grad(value, seen, allow_unused=True)
                length = length if found is None else norms(len(x) * found).mean()
            result.append(abs(term.coefficient) * length)
    return result


class Curves:
    """Means over each fortieth of the run, and the first step whose loss is not finite.

    Loss and predictions of each step wait on the device until :meth:`look` fetches them together. ``loss`` is the
    head's, without terms. ``train_error`` is that of the logits which the loss sees, margin and all; ``plain_error``,
    where they differ, that of the test scores. ``terms`` holds the mean value of each term, without its coefficient.
    Norms, separability and pulls are those of the batch that ends the fortieth, before its update (see :func:`pulls`);
    ``measured`` holds the steps, every second of them where there are many classes or several terms (or a bent head and
    a term), and every fourth where there are both: a record is to stay small.
    """

    def __init__(self, run: Run, bent: bool, num_classes: int = 2) -> None:
        steps = run.schedule.steps
        self.every = 2 ** ((num_classes > MANY_CLASSES) + (len(run.terms) + bent > 1))
        self.bent, self.terms = bent, len(run.terms)
        points = min(CURVE_POINTS, steps)
        self.ends = [round((i + 1) * steps / points) for i in range(points)]
        self.sums = [[0.0] * 4 for _ in self.ends]  # of losses, errors and plain errors, and how many steps
        self.values = [[[0.0, 0.0] for _ in range(self.terms)] for _ in self.ends]  # of terms, and how many steps
        self.rates = [0.0] * points
        self.blends: list[float | None] = [None] * points
        self.looked: list[list[float] | None] = [None] * points
        self.waiting: list[tuple[int, Tensor, Tensor, Tensor, Tensor, Tensor]] = []
        self.waiting_terms: list[tuple[int, int, Tensor]] = []
        self.waiting_looks: list[tuple[int, Tensor]] = []
        self.first_bad = -1

    def point(self, step: int) -> int:
        return bisect.bisect_right(self.ends, step)

    def add(self, step: int, parts: Parts, labels: Tensor, rate: float, blend: float | None) -> None:
        predicted = parts.logits.detach().argmax(1)
        plain = parts.scores.argmax(1) if self.bent else predicted
        self.waiting.append((step, parts.total.detach(), parts.loss.detach(), predicted, plain, labels))
        self.waiting_terms += [(step, i, value.detach()) for i, value in parts.terms.items()]
        i = self.point(step)
        self.rates[i], self.blends[i] = rate, blend

    def measure(self, model: Model, features: Tensor, inner: Tensor, labels: Tensor, step: int) -> None:
        """Where a fortieth ends: the state of features and weights, and what pulls."""
        i = self.point(step)
        if step + 1 != self.ends[i] or (i + 1) % self.every:
            return
        weight = model.head.get_parameter("weight").detach()
        features = features.detach()
        values = [
            norms(*lift(features)).mean(), norms(weight).mean(), geometry.weight_separability(weight),
            geometry.weight_separability(weight, unit=True), *pulls(model, features, inner, labels, step),
        ]  # fmt: skip
        self.waiting_looks.append((i, torch.stack([value.float() for value in values])))

    def look(self) -> int:
        """Fetch what waits; the first step with a loss that is no number, or -1."""
        for i, values in self.waiting_looks:
            self.looked[i] = values.tolist()
        self.waiting_looks = []
        if self.waiting_terms:
            fetched = torch.stack([value for *_, value in self.waiting_terms]).tolist()
            for (step, i, _), value in zip(self.waiting_terms, fetched, strict=True):
                sums = self.values[self.point(step)][i]
                sums[:] = [sums[0] + value, sums[1] + 1]
            self.waiting_terms = []
        if not self.waiting:
            return self.first_bad
        steps, totals, losses, predicted, plain, labels = zip(*self.waiting, strict=True)
        truth = torch.stack(labels)
        errors = [(torch.stack(guesses) != truth).float().mean(1) for guesses in (predicted, plain)]
        columns = torch.stack([torch.stack(totals), torch.stack(losses), *errors]).tolist()
        for step, total, loss, *wrong in zip(steps, *columns, strict=True):
            sums = self.sums[self.point(step)]
            sums[:] = [before + value for before, value in zip(sums, (loss, *wrong, 1.0), strict=True)]
            if self.first_bad < 0 and not (math.isfinite(total) and math.isfinite(loss)):
                self.first_bad = step
        self.waiting = []
        return self.first_bad

    def state(self) -> dict[str, Any]:
        self.look()
        return {
            "sums": self.sums, "rates": list(self.rates), "blends": list(self.blends), "values": self.values,
            "looked": list(self.looked),
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        sums = [[float(value) for value in values] for values in state["sums"]]
        rates, blends = [float(rate) for rate in state["rates"]], list(state["blends"])
        terms = [[[float(value) for value in pair] for pair in values] for values in state["values"]]
        looked = [None if values is None else [float(value) for value in values] for values in state["looked"]]
        fits = all(len(part) == len(self.ends) for part in (sums, rates, blends, terms, looked))
        fits &= all(len(values) == 4 for values in sums)
        fits &= all(len(values) == self.terms and all(len(pair) == 2 for pair in values) for values in terms)
        fits &= all(values is None or len(values) == len(LOOKED_AT) + self.terms for values in looked)
        if not fits:
            raise ValueError("its curves are not as long as the run's")
        self.sums, self.rates, self.blends, self.values, self.looked = sums, rates, blends, terms, looked

    def at_chance(self, steps_done: int, chance_loss: float, chance_error: float) -> bool:
        """Whether the last fortieth that is over stood where a network stands that tells no class from another."""
        over = [i for i, end in enumerate(self.ends) if end <= steps_done and self.sums[i][3] > 0]
        if not over:
            return False
        loss, _, error, count = self.sums[over[-1]]
        return abs(loss / count / chance_loss - 1) < 0.03 and error / count > 0.95 * chance_error

    def result(self, steps_done: int) -> dict[str, Any]:
        self.look()
        keep = [i for i, end in enumerate(self.ends) if self.sums[i][3] > 0 and end <= steps_done]

        def means(column: int) -> list[float | None]:
            return [four_digits(self.sums[i][column] / self.sums[i][3]) for i in keep]

        curves: dict[str, Any] = {
            "step": [self.ends[i] for i in keep],
            "loss": means(0),
            "train_error": means(1),
            "rate": [four_digits(self.rates[i]) for i in keep],
        }
        if self.bent:
            curves["plain_error"] = means(2)
        if any(self.blends[i] is not None for i in keep):
            curves["blend"] = [four_digits(self.blends[i] or 0.0) for i in keep]
        measured = [(self.ends[i], self.looked[i]) for i in keep]
        curves["measured"] = [end for end, values in measured if values is not None]
        looked = [values for _, values in measured if values is not None]
        curves |= {name: [digits(values[j], 3) for values in looked] for j, name in enumerate(LOOKED_AT)}
        if self.terms:
            sums = [self.values[i] for i in keep]
            curves["terms"] = [
                [four_digits(values[t][0] / values[t][1]) if values[t][1] else None for values in sums]
                for t in range(self.terms)
            ]
            curves["term_pulls"] = [
                [digits(values[len(LOOKED_AT) + t], 3) for values in looked] for t in range(self.terms)
            ]
        return curves
