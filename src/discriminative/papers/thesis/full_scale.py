"""The thesis at its own scale, Tables 2.2 to 2.4 and Figures 2.2 and 2.5, and CIFAR-10 as far as a CPU gets.

As printed (section 2.2.7): the networks of Table 2.1, batches of 256, rate 0.1 divided by 10 at 12k and 15k of 18k
iterations on every set, momentum 0.9, weight decay 5e-4, batch norm, PReLU, no dropout, mean subtraction only; "+" pads
by 4, crops at random and flips; one view of each test image.

What the thesis leaves open, and what we chose:

- the blend: lambda falls from 1,000 to its floor over the first 40 % of the run; one floor for every margin and set,
  the one of 5, 1 and 0.1 that errs least on CIFAR-10's validation images with m = 4 under a tuning seed. The softmax
  baseline gets as many configurations: three weight decays. Where another decay than the thesis' wins, the arm "softmax
  tuned" stands beside the printed setting;
- the final fit uses training and validation images together (60,000 or 50,000), since the thesis chose its schedule on
  a split and then, it seems, trained on everything; such a record has no validation error;
- where batch norm and PReLU sit, the 2-D feature, pooling: see ``networks.thesis_cnn``; with the bare 2-D feature the
  rate is 0.01, since at 0.1 softmax diverged under every seed;
- the hinge: Caffe's layer, one against all, margin 1, on the scores of a softmax head, at the same rate; a rate at
  which it diverges is an outcome;
- heads have no bias; images are scaled to [0, 1]; 32 x 32 images are not cropped without "+";
- bfloat16 autocast, where the thesis had 32 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from discriminative.ledger import Ledger
from discriminative.papers.shared import (
    BASES,
    CIFAR10,
    FLOORS,
    MARGINS,
    QUICK_CIFAR,
    arm_name,
    margin_head,
    table_row,
)  # fmt: skip
from discriminative.runs import TUNING_SEEDS, BlendSchedule, Optimizer, Run
from discriminative.study import Arm, Experiment

__all__ = ["FULL_SCALE", "chosen_decay", "chosen_floor", "waiting"]

SEEDS = tuple(range(5))
DECAYS = (5e-4, 1e-4, 2e-3)  # the thesis' first: of equals, the first is chosen


def _tuning() -> dict[str, Run]:
    base = replace(CIFAR10, fit_on="train")
    found = {f"softmax decay {d:g}": replace(base, optimizer=Optimizer(weight_decay=d)) for d in DECAYS}
    return found | {
        f"m=4 floor {floor:g}": replace(base, head=margin_head(4), blend=BlendSchedule(floor)) for floor in FLOORS
    }


TUNING = tuple(Arm(name, run, TUNING_SEEDS[:1]) for name, run in _tuning().items())


def _fewest_wrong(names: list[str]) -> str | None:
    """The tuning arm with the fewest wrong answers on validation; ``None`` while a record is missing."""
    ledger = Ledger.of("paper")
    wrong = {}
    for arm in TUNING:
        run = arm.runs()[0]
        if arm.name in names:
            record = ledger.find(run)
            if record is None:
                return None
            if record["status"] == "finished":
                wrong[arm.name] = record["metrics"]["validation"]["wrong"]
    return min(wrong, key=lambda name: wrong[name]) if wrong else None


def chosen_floor() -> float | None:
    """The floor that validation chose; ``None`` until the records of the tuning say it."""
    choice = _fewest_wrong([f"m=4 floor {floor:g}" for floor in FLOORS])
    return None if choice is None else float(choice.rsplit(" ", 1)[1])


def chosen_decay() -> float | None:
    """The weight decay that validation chose for softmax; ``None`` until the records of the tuning say it."""
    choice = _fewest_wrong([f"softmax decay {decay:g}" for decay in DECAYS])
    return None if choice is None else float(choice.rsplit(" ", 1)[1])


def _margin(base: Run, margin: int, floor: float) -> Run:
    return replace(base, head=margin_head(margin), blend=BlendSchedule(floor))


def _table(number: str) -> tuple[Arm, ...]:
    base, floor, decay = BASES[number], chosen_floor(), chosen_decay()
    arms = [
        Arm("softmax", base, SEEDS, table_row(1)),
        Arm("hinge", replace(base, loss="hinge"), SEEDS, "Hinge Loss"),
    ]
    if floor is not None:
        arms += [Arm(arm_name(m), _margin(base, m, floor), SEEDS, table_row(m)) for m in MARGINS]
    if decay not in (None, base.optimizer.weight_decay):
        arms.append(Arm("softmax tuned", replace(base, optimizer=Optimizer(weight_decay=decay or 0.0)), SEEDS))
    return tuple(arms)


def _plane() -> tuple[Arm, ...]:
    base, floor = BASES["figure 2.2"], chosen_floor()
    margins = () if floor is None else tuple(Arm(f"m={m}", _margin(base, m, floor), SEEDS[:3]) for m in MARGINS)
    printed = replace(base, optimizer=Optimizer())
    return (Arm("m=1", base, SEEDS[:3]), *margins, Arm("m=1 at the printed rate", printed, SEEDS[:3]))


def _cosines() -> tuple[Arm, ...]:
    """Seed 0 of arms of the tables: its records hold the cosines between the classes' features."""
    found, floor = [], chosen_floor()
    for number, name in (("2.3", "CIFAR10"), ("2.3+", "CIFAR10+"), ("2.4", "CIFAR100")):
        found.append(Arm(f"softmax {name}", BASES[number], SEEDS[:1]))
        if floor is not None:
            found.append(Arm(f"m=4 {name}", _margin(BASES[number], 4, floor), SEEDS[:1]))
    return tuple(found)


# ---------------------------------------------------------------------------------------------------------------------
# CIFAR-10 on a CPU: Caffe's quick network on 10,000 images, 30 epochs. The rate, the same for both arms, is the better
# of two for m = 4 at 400 steps under a tuning seed (0.05 and 0.02); the floor is the one that the workhorse chose.

QUICK_ARMS = (
    Arm("softmax", QUICK_CIFAR, SEEDS, table_row(1)),
    Arm("m=4", _margin(QUICK_CIFAR, 4, 1.0), SEEDS, table_row(4)),
)

TITLES = {
    "2.2": ("thesis-table-2-2", "Table 2.2", "MNIST at the thesis' scale"),
    "2.3": ("thesis-table-2-3", "Table 2.3", "CIFAR-10 at the thesis' scale"),
    "2.3+": ("thesis-table-2-3-plus", "Table 2.3", "CIFAR-10 with crops and flips at the thesis' scale"),
    "2.4": ("thesis-table-2-4", "Table 2.4", "CIFAR-100 at the thesis' scale"),
}

# The arms with a margin come into being with the records of the tuning: until then no floor has been chosen.
AFTER = "thesis-tuning"

FULL_SCALE = (
    Experiment(AFTER, "section 2.2.7", "The floor of the blend, on CIFAR-10's validation", {"paper": TUNING}),
    *(Experiment(*told, {"paper": partial(_table, number)}, AFTER) for number, told in TITLES.items()),
    Experiment(
        "thesis-figure-2-2",
        "Figure 2.2",
        "Two-dimensional features with the thesis' network",
        {"paper": _plane},
        AFTER,
    ),
    Experiment(
        "thesis-figure-2-5",
        "Figure 2.5",
        "Cosines between the features of the classes",
        {"paper": _cosines},
        AFTER,
    ),
    Experiment("cifar-quick", "Table 2.3", "Caffe's quick network on 10,000 CIFAR-10 images", {"laptop": QUICK_ARMS}),
)


def waiting(names: Sequence[str] = ()) -> list[str]:
    """What is not in the plan while no floor has been chosen, with the hours it would take on a GPU."""
    from discriminative.queue import Estimate

    if chosen_floor() is not None:
        return []
    estimate, told = Estimate(Ledger.of("paper"), "cuda"), []
    places = [(name, BASES[number], SEEDS) for number, (name, _, _) in TITLES.items()]
    places.append(("thesis-figure-2-2", BASES["figure 2.2"], SEEDS[:3]))
    total = 0.0
    for name, base, seeds in places:
        if not names or name in names:
            hours = sum(estimate.seconds(_margin(base, m, FLOORS[0])) for m in MARGINS) * len(seeds) / 3600
            total += hours
            count = len(MARGINS) * len(seeds)
            told.append(f"  {name}: m = 2, 3, 4, {count} runs, {hours:.2f} GPU-hours, wait for thesis-tuning")
    return [*told, f"with what waits {total:.2f} GPU-hours more"] if told else []
