"""What is trained for the chapter on W-Softmax, table by table and figure by figure.

The workhorse is that of the first chapter: LeNet with a 64-d feature, 2,000 MNIST images, 10 epochs. What the paper
leaves open decides the outcome, so it is swept and not chosen: whether the gradient flows through w_c inside w'_j
(``literal``, the derivative of the printed equation) or not (``stopped``), whether a batch norm stands before the head,
and whether softmax trains first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import product

from discriminative.papers.shared import DIGITS, SMALL_CIFAR, WORKHORSE, control
from discriminative.runs import TUNING_SEEDS, BlendSchedule, Head, Optimizer, Run, Schedule, Stage
from discriminative.study import Arm, Experiment, Tuning

__all__ = ["ALPHAS", "DECAYS", "EXPERIMENTS", "MAP", "PAPERS", "TENFOLD", "TUNING", "WIDTHS", "map_name"]

ALPHAS = (0.1, 0.5, 1.0, 1.5)
PAPERS = (0.5, 1.0, 1.5)  # those of its tables
GRADIENTS = ("literal", "stopped")
WARM = 0.2  # fraction of the run that softmax trains; the paper does not say when it switches

PLAIN = Head("Softmax")
NORMALISED = Head("WeightNormalizedSoftmax")


def biased(alpha: float, gradient: str) -> Head:
    """W-Softmax; at alpha = 0 what it then is, the weight-normalised softmax."""
    return Head("WSoftmax", {"alpha": alpha, "gradient": gradient}) if alpha else NORMALISED


def warmed(run: Run, head: Head, starts: float = WARM) -> Run:
    """Softmax first, as the paper trains, and the other head from that fraction of the run on."""
    return replace(run, head=PLAIN, stages=(Stage(starts, head),))


# ---------------------------------------------------------------------------------------------------------------------
# The map: everything that the paper leaves open, at one rate and the paper's own decay. The rate is the largest of
# .05 and .02 at which no arm without batch norm diverged under a tuning seed.

MAP = replace(WORKHORSE, optimizer=Optimizer(0.02))
FEW, SOME, MANY = tuple(range(3)), tuple(range(5)), tuple(range(12))


def map_name(alpha: float, gradient: str = "literal", norm: bool = True, warm: bool = True) -> str:
    loss = f"{gradient} alpha={alpha:g}" if alpha else "weight-normalised"
    return f"{loss} {'batch-norm' if norm else 'bare'} {'warm' if warm else 'cold'}"


def _map_seeds(alpha: float, gradient: str, norm: bool, warm: bool) -> tuple[int, ...]:
    """Twelve for the two arms of the confirmatory C-WSM13, five along Figure 5, three elsewhere."""
    if alpha == 1 and gradient == "literal" and not warm:
        return MANY
    return SOME if norm and warm else FEW


def _map(base: Run, alphas: Iterable[float], gradients: Iterable[str] = GRADIENTS) -> Iterator[Arm]:
    for norm, warm in product((False, True), (False, True)):
        settings = [(0.0, "literal"), *product(alphas, gradients)]
        for alpha, gradient in settings:
            head, run = biased(alpha, gradient), replace(base, batch_norm=norm)
            run = warmed(run, head) if warm else replace(run, head=head)
            name, seeds = map_name(alpha, gradient, norm, warm), _map_seeds(alpha, gradient, norm, warm)
            yield Arm(name, run, seeds)


REPAIRS = {
    "guarded proportional": Head("GuardedWSoftmax", {"alpha": 1.0}),
    "guarded constant": Head("GuardedWSoftmax", {"alpha": 1.0, "margin": "constant"}),
    "centred": Head("CentredWSoftmax", {"alpha": 1.0}),
}


def _repairs(base: Run) -> tuple[Arm, ...]:
    """At alpha = 1 and from the start on, beside the printed loss and the one without a bias."""
    heads = {"weight-normalised": NORMALISED, "literal alpha=1": biased(1.0, "literal"), **REPAIRS}
    return tuple(
        Arm(f"{name} {told} cold", replace(base, head=head, batch_norm=norm), FEW if norm else SOME)
        for (norm, told), (name, head) in product(((False, "bare"), (True, "batch-norm")), heads.items())
    )


def _bare() -> tuple[Arm, ...]:
    """The arms without batch norm at the setting that the loss without turned rivals chose among twelve, alone."""
    base = replace(MAP, optimizer=control("weight-normalised").run.optimizer)
    return tuple(arm for arm in _repairs(base) if not arm.run.batch_norm)


# Rivals of the same margin and scale, at the rate of the map and with its batch norm and warm start. A batch norm of
# slope one gives 64 units a root mean square norm of 8, the scale. On a simplex of ten W-Softmax with alpha = 1 leaves
# half the angle between two weights, Theta / 2, to nobody; so does CosFace with 2 sin(Theta / 2) sin(Theta / 4) = .609,
# and L-Softmax with m = 3, its blend brought to a floor of 1 within the stage.
MATCHED = 0.609
RIVALS = {
    "NormFace s=8": Stage(WARM, Head("NormFace", {"scale": 8.0})),
    f"CosFace m={MATCHED:g} s=8": Stage(WARM, Head("CosFace", {"margin": MATCHED, "scale": 8.0})),
    "m=3": Stage(WARM, Head("LSoftmax", {"margin": 3}), BlendSchedule(1.0)),
}


def _rivals(optimizer: Optimizer = MAP.optimizer) -> tuple[Arm, ...]:
    base = replace(MAP, batch_norm=True, optimizer=optimizer)
    known = {map_name(alpha, "stopped"): alpha for alpha in (0.0, *PAPERS)}
    return (
        Arm("softmax", base, SOME),
        *(Arm(name, warmed(base, biased(alpha, "stopped")), SOME) for name, alpha in known.items()),
        *(Arm(name, replace(base, stages=(stage,)), SOME) for name, stage in RIVALS.items()),
    )


# ---------------------------------------------------------------------------------------------------------------------
# The comparison: with batch norm, and softmax first for whatever is not softmax; each arm takes the best of six
# configurations under one tuning seed, on validation.

RATES = (0.1, 0.2, 0.4)
DECAYS = (5e-4, 2e-3)
NORMED = replace(WORKHORSE, batch_norm=True)

COMPARED = {
    "softmax": NORMED,
    "weight-normalised": warmed(NORMED, NORMALISED),
    **{f"stopped alpha={a:g}": warmed(NORMED, biased(a, "stopped")) for a in PAPERS},
    "literal alpha=1": warmed(NORMED, biased(1.0, "literal")),
}
ROWS = {
    "softmax": "original softmax",
    **{f"stopped alpha={a:g}": rf"W-Softmax ($\alpha={a:g}$)*" for a in PAPERS},
}


TUNING = Tuning(
    "wsm-tuning",
    "Table 1",
    "Rate and decay on validation",
    tuple(
        Arm(
            f"{name} rate {rate:g} decay {decay:g}",
            replace(run, optimizer=Optimizer(rate, weight_decay=decay)),
            TUNING_SEEDS[:1],
        )
        for name, run in COMPARED.items()
        for rate, decay in product(RATES, DECAYS)
    ),
    {
        "softmax": "softmax rate 0.4 decay 0.002",
        "weight-normalised": "weight-normalised rate 0.2 decay 0.002",
        "stopped alpha=0.5": "stopped alpha=0.5 rate 0.4 decay 0.002",
        "stopped alpha=1": "stopped alpha=1 rate 0.2 decay 0.002",
        "stopped alpha=1.5": "stopped alpha=1.5 rate 0.2 decay 0.002",
        "literal alpha=1": "literal alpha=1 rate 0.2 decay 0.002",
    },
)
LOOKED_AT = ("softmax", "weight-normalised", "stopped alpha=1")  # what C-WSM5 compares, and softmax


def _tuned() -> tuple[Arm, ...]:
    seeds = {name: len(MANY if name in LOOKED_AT else SOME) for name in COMPARED}
    return tuple(TUNING.arm(name, seeds[name], ROWS.get(name)) for name in COMPARED)


# What three of them chose, ten times the map's rate and four times its decay: there every arm is set beside the others
# once more.
TENFOLD = Optimizer(0.2, weight_decay=2e-3)


# ---------------------------------------------------------------------------------------------------------------------
# Figure 4 and Table 5: the width of the feature and the number of classes, at one rate, softmax and W-Softmax alike
# with batch norm and from the start on (the gradient stopped, since only so the trends of the paper can appear).

SWEPT = replace(NORMED, optimizer=Optimizer(0.2))
WIDTHS = (2, 4, 6, 9, 18, 64, 270)
FIVE = (0, 1, 2, 3, 4)
BOTH = {"softmax": PLAIN, "W-Softmax": biased(1.0, "stopped")}


def _widths(classes: tuple[int, ...], widths: Iterable[int]) -> tuple[Arm, ...]:
    return tuple(
        Arm(f"{name} M={m}", replace(SWEPT, head=head, feature_dim=m, classes=classes), FEW)
        for (name, head), m in product(BOTH.items(), widths)
    )


def _classes() -> tuple[Arm, ...]:
    """The first k digits, as the paper takes them; with ten the arms of the sweep over widths."""
    return tuple(
        Arm(f"{name} k={k}", replace(SWEPT, head=head, classes=tuple(range(k)) if k < 10 else ()), FEW)
        for (name, head), k in product(BOTH.items(), range(5, 11))
    )


def _classes_even() -> tuple[Arm, ...]:
    """Five digits and ten, 200 images of each, as the paper's classes keep theirs; the same steps for both."""
    return tuple(
        Arm(
            f"{name} k={k}",
            replace(SWEPT, head=head, train_size=200 * k, classes=tuple(range(k)) if k < 10 else ()),
            SOME,
        )
        for (name, head), k in product((*BOTH.items(), ("weight-normalised", NORMALISED)), (5, 10))
    )


# Twenty classes, where C - 1 is 19 and half of it 10: the first twenty of CIFAR-100.
TWENTY = replace(SMALL_CIFAR, dataset="cifar100", classes=tuple(range(20)), schedule=Schedule(300), batch_norm=True)


def _twenty() -> tuple[Arm, ...]:
    return tuple(
        Arm(f"{name} M={m}", replace(TWENTY, head=head, feature_dim=m), FEW)
        for m, (name, head) in product((5, 10, 19, 76), BOTH.items())
    )


# ---------------------------------------------------------------------------------------------------------------------
# Table 2 on a CPU: Caffe's quick network on 4,000 images of CIFAR-10, batch norm and softmax first as in Table 1.


def _small_cifar() -> tuple[Arm, ...]:
    base, seeds = replace(SMALL_CIFAR, batch_norm=True), tuple(range(5))
    return (
        Arm("softmax", base, seeds, "original softmax"),
        Arm("weight-normalised", warmed(base, NORMALISED), seeds),
        *(
            Arm(f"stopped alpha={a:g}", warmed(base, biased(a, "stopped")), seeds, rf"W-Softmax($\alpha={a:g}$)*")
            for a in PAPERS
        ),
    )


def _cifar_rate() -> tuple[Arm, ...]:
    """Is it the rate? Five times the other one, alpha = 1 and its control."""
    wanted = ("weight-normalised", "stopped alpha=1")
    return tuple(
        Arm(arm.name, replace(arm.run, optimizer=Optimizer(0.1)), FEW) for arm in _small_cifar() if arm.name in wanted
    )


# ---------------------------------------------------------------------------------------------------------------------
# Digits, for every build of the book.


def _digits_map() -> tuple[Arm, ...]:
    """The whole row with batch norm and softmax first, and where it fails without batch norm."""
    wanted = [map_name(a, g, True, True) for a in (0.0, *PAPERS) for g in GRADIENTS]
    wanted += [map_name(1.0, g, norm, False) for g in GRADIENTS for norm in (False, True)]
    return tuple(replace(arm, seeds=FEW) for arm in _map(DIGITS, PAPERS) if arm.name in wanted)


# ---------------------------------------------------------------------------------------------------------------------
# The paper's own scale: the networks of the thesis' Table 2.1, which the paper names; rate 0.01, times 0.9 every 6,000
# steps; momentum 0.9, decay 5e-4; batches of 50 and of 256; batch norm, PReLU, no dropout; no augmentation is named.
# What it does not say, and what we chose: 60,000 steps, of which softmax trains the first half; batch norm once more
# before the head, after the last PReLU; the final fit on training and validation images together; both readings of
# the gradient; the weight-normalised softmax as the control beside softmax.

DECAYED = Schedule(60_000, tuple(i / 10 for i in range(1, 10)), 0.9)
PAPER_SEEDS = tuple(range(5))


def _paper_run(dataset: str, feature_dim: int, batch: int, **changes: object) -> Run:
    network = f"thesis-{dataset}"
    run = Run(
        dataset, network, feature_dim, PLAIN, 0, batch_size=batch, schedule=DECAYED, optimizer=Optimizer(0.01),
        fit_on="train+validation", batch_norm=True, precision="bfloat16",
    )  # fmt: skip
    return replace(run, **changes)  # type: ignore[arg-type]


PAPER_RUNS = {
    "mnist": _paper_run("mnist", 256, 50),
    "cifar10": _paper_run("cifar10", 256, 256),
    "cifar100": _paper_run("cifar100", 512, 256),
}


def _paper_table(dataset: str) -> tuple[Arm, ...]:
    base, row = PAPER_RUNS[dataset], r"W-Softmax ($\alpha={}$)*" if dataset == "mnist" else r"W-Softmax($\alpha={}$)*"
    arms = [
        Arm("softmax", base, PAPER_SEEDS, "original softmax"),
        Arm("weight-normalised", warmed(base, NORMALISED, 0.5), PAPER_SEEDS),
        Arm("hinge", replace(base, loss="hinge"), PAPER_SEEDS, "Hinge Loss"),
    ]
    for gradient, alpha in product(GRADIENTS, PAPERS):
        name, printed = f"{gradient} alpha={alpha:g}", row.format(f"{alpha:g}") if gradient == "literal" else None
        arms.append(Arm(name, warmed(base, biased(alpha, gradient), 0.5), PAPER_SEEDS, printed))
    return tuple(arms)


def _paper_classes(dataset: str) -> tuple[Arm, ...]:
    return tuple(
        Arm(
            f"{name} k={k}",
            replace(run, classes=tuple(range(k)) if k < 10 else ()),
            PAPER_SEEDS,
            f"$k={k}$" if name == "softmax" else None,
        )
        for k in range(5, 11)
        for name, run in (
            ("softmax", PAPER_RUNS[dataset]),
            ("W-Softmax", warmed(PAPER_RUNS[dataset], biased(1.0, "literal"), 0.5)),
        )
    )


def _paper_widths(dataset: str) -> tuple[Arm, ...]:
    least = 99 if dataset == "cifar100" else 9
    widths = (2, 4, 6, least, 2 * least, 10 * least, 30 * least) if least == 9 else (10, 50, least, 200, 990, 2970)
    return tuple(
        Arm(f"{name} M={m}", replace(run, feature_dim=m), FEW)
        for m in widths
        for name, run in (
            ("softmax", PAPER_RUNS[dataset]),
            ("W-Softmax", warmed(PAPER_RUNS[dataset], biased(1.0, "literal"), 0.5)),
        )
    )


SETS = {"mnist": "MNIST", "cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}

EXPERIMENTS = (
    Experiment(
        "wsm-map",
        "section 5.3",
        "What the paper leaves open: gradient, batch norm, start and alpha",
        {"quick": _digits_map(), "laptop": tuple(_map(MAP, ALPHAS))},
    ),
    Experiment(
        "wsm-repairs",
        "section 4",
        "The two repairs at alpha = 1",
        {"quick": _repairs(DIGITS)[:5], "laptop": _repairs(MAP)},
    ),
    Experiment(
        "wsm-tuned",
        "Table 1",
        "W-Softmax behind a batch norm, softmax first, against softmax and against its control",
        {"laptop": _tuned()},
        after="wsm-tuning",
    ),
    Experiment("wsm-rivals", "Table 1", "Losses of the same margin and scale, at one rate", {"laptop": _rivals()}),
    Experiment(
        "wsm-bare",
        "section 4",
        "Without batch norm, at rate and decay of the loss without turned rivals",
        {"laptop": _bare()},
    ),
    Experiment(
        "wsm-tenfold",
        "Table 1",
        "The same losses at ten times the rate of the map and four times its decay",
        {"laptop": _rivals(TENFOLD)},
    ),
    Experiment("wsm-cifar", "Table 2", "4,000 CIFAR-10 images, quick network", {"laptop": _small_cifar()}),
    Experiment("wsm-cifar-rate", "Table 2", "4,000 CIFAR-10 images, at five times the rate", {"laptop": _cifar_rate()}),
    Experiment("wsm-width-20", "Figure 4", "The width of the feature, twenty classes", {"laptop": _twenty()}),
    Experiment("wsm-width", "Figure 4", "The width of the feature, ten classes", {"laptop": _widths((), WIDTHS)}),
    Experiment("wsm-classes", "Table 5", "The first k digits", {"laptop": _classes()}),
    Experiment("wsm-classes-even", "Table 5", "Five digits and ten, 200 images of each", {"laptop": _classes_even()}),
    Experiment(
        "wsm-width-5", "Figure 4", "The width of the feature, five classes", {"laptop": _widths(FIVE, (2, 3, 4, 9, 64))}
    ),
    Experiment("wsm-table-1", "Table 1", "MNIST at the paper's scale", {"paper": partial(_paper_table, "mnist")}),
    *(
        Experiment(
            f"wsm-table-2-{name}",
            "Table 2",
            f"{SETS[name]} at the paper's scale",
            {"paper": partial(_paper_table, name)},
        )
        for name in ("cifar10", "cifar100")
    ),
    *(
        Experiment(
            f"wsm-table-5-{name}",
            "Table 5",
            f"The first k classes of {SETS[name]} at the paper's scale",
            {"paper": partial(_paper_classes, name)},
        )
        for name in ("mnist", "cifar10")
    ),
    *(
        Experiment(
            f"wsm-figure-4-{name}",
            "Figure 4",
            f"The width of the feature on {SETS[name]} at the paper's scale",
            {"paper": partial(_paper_widths, name)},
        )
        for name in SETS
    ),
)
