"""What a run trains: the network, the head of each stage, the terms; and the loss of a batch."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from discriminative import geometry, losses
from discriminative._checks import require
from discriminative.losses.softmax import LinearHead
from discriminative.networks import build_network
from discriminative.runs import BlendSchedule, Head, Run, Term
from discriminative.training.seeds import generator

__all__ = ["Model", "Parts", "Phase", "build", "head_class", "phases", "refuse", "term_class"]


def head_class(run: Run, head: Head) -> type[nn.Module]:
    """The head of that name; refused where the run would not train it as it says."""
    kind = getattr(losses, head.name, None)
    is_head = isinstance(kind, type) and issubclass(kind, LinearHead)
    require(is_head, "head must be the name of a head in discriminative.losses, got {!r}", head.name)
    plain = run.loss != "hinge" or kind is losses.Softmax
    require(plain, "the hinge is taken over plain scores: head must be 'Softmax', got {!r}", head.name)
    found: type[nn.Module] = kind  # type: ignore[assignment]
    return found


def term_class(term: Term) -> type[nn.Module]:
    """The class of that name, whose objects are called with (features, labels, weight)."""
    kind: Any = getattr(losses, term.name, None)
    is_term = isinstance(kind, type) and issubclass(kind, nn.Module)
    if is_term:
        is_term = list(inspect.signature(kind.forward).parameters) == ["self", "features", "labels", "weight"]
    require(is_term, "a term must be the name of one in discriminative.losses, got {!r}", term.name)
    found: type[nn.Module] = kind
    return found


def refuse(run: Run) -> None:
    """Refuse what would not be trained as it says before anything is recorded of it."""
    for phase in phases(run):
        head_class(run, phase.head)
    for term in run.terms:
        term_class(term)


class Phase(NamedTuple):
    """From which step on which head is trained, for how many steps, with which blend, at which share of the rate."""

    begins: int
    steps: int
    head: Head
    blend: BlendSchedule | None
    rate: float
    fresh: bool  # whether the head is another than that of the phase before


def phases(run: Run) -> list[Phase]:
    """The run without its stages is one phase; each stage opens another. Where only the rate changes the head stays."""
    total = run.schedule.steps
    begins = [0, *(round(stage.starts * total) for stage in run.stages)]
    fresh = [True, *(stage.head is not None or stage.blend is not None for stage in run.stages)]
    found = [Phase(0, total, run.head, run.blend, 1.0, True)]
    for stage, begin, new in zip(run.stages, begins[1:], fresh[1:], strict=True):
        last = found[-1]
        blend = stage.blend if new else last.blend
        found.append(Phase(begin, total, stage.head or last.head, blend, last.rate * stage.rate, new))
    for i, phase in enumerate(found):  # a head is trained until the next one comes
        ends = next((begin for begin, new in zip(begins[i + 1 :], fresh[i + 1 :], strict=True) if new), total)
        found[i] = phase._replace(steps=ends - phase.begins)
    return found


def build(run: Run, num_classes: int) -> tuple[nn.Module, nn.Module]:
    """Network and first head, initialised from two generators: heads under one seed share the network exactly."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator(run.seed, "network").initial_seed())
        network = build_network(run.network, run.feature_dim)
        if run.batch_norm:
            network = nn.Sequential(network, nn.BatchNorm1d(run.feature_dim))
        head = _build_head(run, phases(run)[0], num_classes, 0)
    with torch.no_grad():
        weight = head.get_parameter("weight")
        if run.fixed_weight != "none":
            weight.copy_(fixed_weight(run, num_classes))
        elif run.head_start != 1:
            weight.mul_(run.head_start)
    return network, head


def _build_head(run: Run, phase: Phase, num_classes: int, index: int) -> nn.Module:
    torch.manual_seed(generator(run.seed, "head", index).initial_seed())
    arguments = dict(phase.head.arguments)
    if phase.blend is not None:
        blend = phase.blend
        arguments["blend"] = losses.Blend(blend.floor, phase.steps, blend.start, blend.reached)
    return head_class(run, phase.head)(run.feature_dim, num_classes, **arguments)


def fixed_weight(run: Run, num_classes: int) -> Tensor:
    """Class weights that are not trained, ``[C, D]`` with rows of length one, by the seed and apart from all else."""
    count, dim = num_classes, run.feature_dim
    noise = generator(run.seed, "fixed weight")

    def normal(rows: int, columns: int) -> Tensor:
        return torch.randn(rows, columns, generator=noise, dtype=torch.float64)

    def frame(columns: int) -> Tensor:
        require(columns <= dim, "feature_dim must be at least {} for fixed_weight {!r} of {} classes, got {}", columns,
                run.fixed_weight, count, dim)  # fmt: skip
        q: Tensor = torch.linalg.qr(normal(dim, columns)).Q
        return q.T

    if run.fixed_weight == "orthonormal":
        rows = frame(count)
    elif run.fixed_weight == "simplex":
        rows = geometry.simplex(count, dtype=torch.float64) @ frame(count - 1)
    elif run.fixed_weight == "dependent":
        rank = (min(count, dim) + 1) // 2
        rows = geometry.unit_rows(normal(count, rank)) @ frame(rank)
    else:
        rows = geometry.unit_rows(normal(count, dim))
    return rows.float()


@dataclass
class Parts:
    """The loss of a batch and what it was made of."""

    total: Tensor
    loss: Tensor  # the head's
    logits: Tensor
    scores: Tensor  # the logits of a test, without margins
    terms: dict[int, Tensor]  # the values of the terms that act, by their place in the run


class Model:
    """Network, heads and terms of a run on their device.

    Heads that follow each other hand over what they share by name and shape: the same parameter, so that its momentum
    stays too.
    """

    def __init__(self, run: Run, num_classes: int, device: torch.device) -> None:
        self.run, self.phases = run, phases(run)
        self.network, first = build(run, num_classes)
        self.heads, self.terms = [first], []
        with torch.random.fork_rng(devices=[]):
            for index, phase in enumerate(self.phases[1:], 1):
                head = _build_head(run, phase, num_classes, index) if phase.fresh else self.heads[-1]
                self._hand_over(self.heads[-1], head)
                self.heads.append(head)
            for index, term in enumerate(run.terms):
                torch.manual_seed(generator(run.seed, "term", index).initial_seed())
                self.terms.append(_build_term(term, run.feature_dim, num_classes))
        self.network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        for module in [*self.heads, *self.terms]:
            module.to(device)
        for head in self.heads:
            if run.trainable == "network":
                head.requires_grad_(False)
            if run.fixed_weight != "none":
                head.get_parameter("weight").requires_grad_(False)
        if run.trainable == "head":
            self.network.requires_grad_(False)
        self.starts = [round(term.starts * run.schedule.steps) for term in run.terms]
        self.stops = [round(term.stops * run.schedule.steps) for term in run.terms]
        self.begins = self._first_steps()
        self.tapped = any(term.on == "preactivation" for term in run.terms)
        self.body = _Tapped(self.network, run) if self.tapped else self.network
        self.bends = [self._bent(head, device) for head in self.heads]
        self.bent = any(self.bends)
        self.enter(0)

    @staticmethod
    def _hand_over(before: nn.Module, after: nn.Module) -> None:
        for name, parameter in before.named_parameters():
            own = dict(after.named_parameters()).get(name)
            if own is not None and own.shape == parameter.shape:
                setattr(after, name, parameter)

    def _first_steps(self) -> dict[nn.Parameter, int]:
        """Every parameter that is trained, with the first step that moves it."""
        begins = dict.fromkeys(self.network.parameters(), 0)
        for phase, head in zip(self.phases, self.heads, strict=True):
            for parameter in head.parameters():
                begins.setdefault(parameter, phase.begins)
        for start, term in zip(self.starts, self.terms, strict=True):
            begins |= dict.fromkeys(term.parameters(), start)
        return {parameter: step for parameter, step in begins.items() if parameter.requires_grad}

    def _bent(self, head: nn.Module, device: torch.device) -> bool:
        """Whether a margin bends the logits that are trained on, so that they are no test scores."""
        run, classes = self.run, head.get_parameter("weight").shape[0]
        noise = torch.randn(2 * classes, run.feature_dim, generator=generator(run.seed, "probe")).to(device)
        labels = torch.arange(len(noise), device=device) % classes
        ones = torch.ones(2, run.feature_dim, device=device)
        with torch.no_grad():
            return not torch.equal(head(ones, labels[:1].expand(2)), head(ones)) or not torch.equal(
                head(noise, labels), head(noise)
            )

    def groups(self) -> list[dict[str, Any]]:
        """Matrices and filters decay; biases, slopes and what terms own do not. ``rate`` is each group's own."""
        optimizer = self.run.optimizer
        heads = {id(parameter) for head in self.heads for parameter in head.parameters()}
        own = [set(map(id, term.parameters())) for term in self.terms]
        rest = [p for p in self.begins if not any(id(p) in ids for ids in own)]
        apart = optimizer.head_decay is not None
        weights = [p for p in rest if p.ndim > 1 and not (apart and id(p) in heads)]
        groups: list[dict[str, Any]] = [
            {"params": weights, "weight_decay": optimizer.weight_decay, "rate": optimizer.rate},
            {"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0.0, "rate": optimizer.rate},
        ]
        if apart:
            decaying = [p for p in rest if p.ndim > 1 and id(p) in heads]
            groups.append({"params": decaying, "weight_decay": optimizer.head_decay, "rate": optimizer.rate})
        for term, ids in zip(self.run.terms, own, strict=True):
            rate = optimizer.rate if term.rate is None else term.rate
            groups.append({"params": [p for p in self.begins if id(p) in ids], "weight_decay": 0.0, "rate": rate})
        return [group for group in groups if group["params"]]

    def enter(self, step: int) -> float:
        """Take the head of that step; return its share of the rate."""
        index = max(i for i, phase in enumerate(self.phases) if phase.begins <= step)
        self.head, self.bends_now = self.heads[index], self.bends[index]
        self.blend: losses.Blend | None = getattr(self.head, "blend", None)
        return self.phases[index].rate

    def acting(self, step: int) -> list[int]:
        """The terms that act in that step."""
        return [i for i in range(len(self.terms)) if self.starts[i] <= step < self.stops[i]]

    def scaled(self, features: Tensor) -> Tensor:
        """The features as the head sees them."""
        return features if self.run.feature_scale == 1 else features * self.run.feature_scale

    def head_loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        if self.run.loss == "hinge":
            return losses.multiclass_hinge(logits, labels, form="one-vs-all")
        return F.cross_entropy(logits, labels, label_smoothing=self.run.label_smoothing)

    def term_value(self, index: int, features: Tensor, inner: Tensor, labels: Tensor) -> Tensor:
        seen = inner if self.run.terms[index].on == "preactivation" else features
        value: Tensor = self.terms[index](seen, labels, self.head.get_parameter("weight"))
        return value

    def loss(self, features: Tensor, inner: Tensor, labels: Tensor, step: int) -> Parts:
        """The loss of a batch: that of the head, and each term that acts times its coefficient."""
        logits = self.head(self.scaled(features), labels)
        with torch.no_grad():
            scores = self.head(self.scaled(features.detach())) if self.bends_now else logits
        loss = total = self.head_loss(logits, labels)
        terms = {i: self.term_value(i, features, inner, labels) for i in self.acting(step)}
        for i, value in terms.items():
            total = total + self.run.terms[i].coefficient * value
        return Parts(total, loss, logits, scores, terms)

    def state(self) -> dict[str, Any]:
        later = [head.state_dict() for head in self.heads[1:]]
        terms = [term.state_dict() for term in self.terms]
        return {
            "network": self.network.state_dict(),
            "head": self.heads[0].state_dict(),
            "later": later,
            "terms": terms,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        modules, states = [*self.heads, *self.terms], [state["head"], *state["later"], *state["terms"]]
        for module, part in zip(modules, states, strict=True):
            module.load_state_dict(part)


def _build_term(term: Term, feature_dim: int, num_classes: int) -> nn.Module:
    kind = term_class(term)
    widths = {"feature_dim": feature_dim, "num_classes": num_classes}
    wanted = inspect.signature(kind).parameters
    return kind(**{name: value for name, value in widths.items() if name in wanted}, **term.arguments)


class _Tapped(nn.Module):
    """A network that also gives what its last activation sees."""

    def __init__(self, network: nn.Module, run: Run) -> None:
        super().__init__()
        parts = list(network.children())
        self.after: nn.Module = parts[1] if run.batch_norm else nn.Identity()
        *layers, self.activation = parts[0].children() if run.batch_norm else parts
        self.layers = nn.Sequential(*layers)
        is_activation = isinstance(self.activation, nn.PReLU | nn.ReLU)
        require(is_activation, "a term on the preactivation needs a network that ends in an activation, got {!r}",
                run.network)  # fmt: skip

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        inner = self.layers(images)
        return self.after(self.activation(inner)), inner
