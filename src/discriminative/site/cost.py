"""What the losses cost: the page that stands on what ``benchmarks/losses.py`` measured."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["cost_figure", "cost_page", "ratios"]


ALT = (
    "Time of each head beside softmax against the number of classes, in two panels with logarithmic axes. Above, the "
    "heads with margins and scales: all lines fall as the classes grow, ours furthest, the peer library's, dashed, "
    "above them. Below, the forms of W-Softmax, whose lines fall too and flatten out higher up."
)


def _measured(root: Path) -> dict[str, dict[str, Any]]:
    """What ``benchmarks/losses.py`` wrote, by name; other benchmarks keep theirs beside it, in a form of their own."""
    folder = root / "benchmarks" / "results"
    found = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    return {name: measured for name, measured in found.items() if "results" in measured}


def _rows(measured: dict[str, Any], kind: str) -> dict[str, dict[int, dict[str, Any]]]:
    """Loss to number of classes to what was measured, for one kind (``"head"``, ``"term"`` or another)."""
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for row in measured["results"]:
        if row["kind"] == kind and row.get("ratio"):
            found.setdefault(row["loss"], {})[row["classes"]] = row
    return found


def ratios(root: Path, kind: str) -> dict[str, dict[int, float]]:
    """Loss to number of classes to the median of its time beside softmax, from the first benchmark."""
    measured: dict[str, Any] = next(iter(_measured(root).values()), {"results": []})
    return {
        name: {classes: float(row["ratio"]["median"]) for classes, row in by_classes.items()}
        for name, by_classes in _rows(measured, kind).items()
    }


# The colour of each head among those of ``figures.style``; W-Softmax's four differ in the kind of line instead.
SHADES = {
    "LSoftmax": "m=4", "LargeMarginSoftmax": "m=4", "ASoftmax": "A-Softmax", "SphereFace": "A-Softmax",
    "WeightNormalizedSoftmax": "weight-normalised",
}  # fmt: skip
ALIKE = {"COCO", "L2ConstrainedSoftmax", "GuardedArcFace"}  # in the table only: in the figure they would lie on others
LINES = {"WSoftmax stopped": (0, (6, 2)), "GuardedWSoftmax": (0, (1, 1)), "CentredWSoftmax": (0, (5, 2, 1, 2))}


def cost_figure(measured: dict[str, Any], path: Path) -> None:
    """How the time of each head grows with the classes, beside softmax: margins and scales above, W-Softmax below.

    The peer library's heads stand in the colours of ours, dashed.
    """
    import matplotlib.pyplot as plt

    from discriminative.figures.style import COLOURS, WIDTH, use_style

    use_style()
    figure, panels = plt.subplots(2, 1, figsize=(WIDTH, 8.4), sharex=True, height_ratios=(1.5, 1))
    heads = {name: rows for name, rows in _rows(measured, "head").items() if "," not in name and name not in ALIKE}
    for name, by_classes in sorted(heads.items(), key=lambda item: -item[1][min(item[1])]["ratio"]["median"]):
        family, peer = name.removeprefix("peer ").split(" ")[0], name.startswith("peer ")
        biased = "WSoftmax" in family
        classes = sorted(by_classes)
        ratios = [by_classes[c]["ratio"]["median"] for c in classes]
        for axes in panels if family == "softmax" else (panels[int(biased)],):
            axes.plot(
                classes, ratios, marker="o", linewidth=1.6, markersize=4, label=name,
                linestyle=(0, (3, 1.5)) if peer else LINES.get(name, "-"),
                color="#7c3aed" if biased else COLOURS.get(SHADES.get(family, family), COLOURS["softmax"]),
            )  # fmt: skip
    for axes in panels:
        axes.set(xscale="log", yscale="log", ylabel="time beside softmax")
        axes.set_yticks([1, 1.5, 2, 3, 4, 6, 10], ["1", "1.5", "2", "3", "4", "6", "10"])
        axes.minorticks_off()
        axes.set_ylim(0.9, 24 if axes is panels[0] else 14)  # room for the legend above the lines
        axes.legend(fontsize=10, loc="upper right", handlelength=3.2, labelspacing=0.2)
    panels[1].set_xlabel("classes")
    panels[1].set_xticks(classes, [f"{count:,}" for count in classes])
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    plt.close(figure)


def _table(measured: dict[str, Any], kind: str) -> list[str]:
    rows = _rows(measured, kind)
    classes = sorted({c for by_classes in rows.values() for c in by_classes})
    lines = ["| | " + " | ".join(f"{c:,} classes" for c in classes) + " |", "| --- |" + " ---: |" * len(classes)]
    for name, by_classes in rows.items():
        cells = []
        for c in classes:
            row = by_classes.get(c)
            if row is None:
                cells.append("–")
                continue
            peak = row.get("peak_mib")
            cells.append(_spread(row["ratio"]) + (f"; {peak:.1f} MiB" if peak is not None else ""))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _throughput(root: Path) -> list[str]:
    """The training loop beside a bare one, from ``benchmarks/throughput``."""
    lines = []
    for path in sorted((root / "benchmarks" / "throughput").glob("*.json")):
        measured = json.loads(path.read_text())
        environment = measured["environment"]
        machine = f"{environment['device_name']}, {measured['precision']}, torch {environment['torch']}"
        lines += [
            f"`{path.stem}`: {machine}, batches of {measured['batch']}"
            + (", compiled" if measured["compiled"] else "")
            + f"; square matrices multiply at {measured['matrix_rate_tflops']:.3g} Tflop/s.",
            "",
            "| network | images a second | beside a bare loop | share of the matrix rate | 18k steps of 256, minutes |",
            "| --- | ---: | ---: | ---: | ---: |",
        ]
        for row in measured["networks"]:
            low, middle, high = row["ratio"]
            lines.append(
                f"| {row['network']} | {row['images_per_second']:,} | {middle:.2f} ({low:.2f} to {high:.2f}) "
                f"| {row['share_of_matrix_rate']:.2f} | {row['minutes_for_18k_steps_of_256']:,.1f} |"
            )
        lines.append("")
    return lines


@dataclass(frozen=True)
class Aim:
    """What a loss was to cost beside softmax at some number of classes; or how many times faster it was to be."""

    loss: str
    classes: int
    bound: float
    than: str = ""

    def told(self) -> str:
        if self.than:
            return f"{self.loss}, {self.classes:,} classes: at least {self.bound:g} times faster than {self.than}"
        return f"{self.loss}, {self.classes:,} classes: at most {self.bound:g}"

    def met(self, found: dict[tuple[str, int], dict[str, float]]) -> str:
        """The number that was measured and whether it reaches the aim; a dash where it was not measured."""
        ratio, slow = found.get((self.loss, self.classes)), found.get((self.than, self.classes))
        if ratio is None or (self.than and slow is None):
            return "–"
        if slow is not None:
            faster = slow["median"] / ratio["median"]
            return f"{faster:.0f}, {'met' if faster >= self.bound else 'short'}"
        return f"{_spread(ratio)}, {'met' if ratio['median'] <= self.bound else 'short'}"


AIMS = [
    *(Aim(f"{head} m=4", *aim) for head in ("LSoftmax", "ASoftmax")
      for aim in ((10, 3.2), (100, 1.9), (1000, 1.2), (10_000, 1.1))),
    *(Aim(head, *aim) for head in ("NormFace", "CosFace", "ArcFace") for aim in ((1000, 1.4), (10_000, 1.25))),
    *(Aim("WSoftmax literal", classes, 2.5) for classes in (100, 1000, 10_000)),
    Aim("WSoftmax literal", 100, 50, "WSoftmax, Algorithm 1"),
    *(Aim("IncludeExclude, all centres", *aim, "IncludeExclude, broadcast") for aim in ((100, 25), (1000, 100))),
    *(Aim(term, 1000, 0.2) for term in ("FeatureIncay", "CenterLoss", "FeedBackwardReconstruction")),
]  # fmt: skip


def _spread(ratio: dict[str, float]) -> str:
    return f"{ratio['median']:.2f} ({ratio['min']:.2f} to {ratio['max']:.2f})"


def _aims(measured: dict[str, dict[str, Any]]) -> list[str]:
    """What was aimed at, a line each, beside every measurement."""
    lines = ["| aim, in times softmax | " + " | ".join(f"`{name}`" for name in measured) + " |"]
    lines.append("| --- |" + " --- |" * len(measured))
    found = [{(row["loss"], row["classes"]): row["ratio"] for row in each["results"]} for each in measured.values()]
    lines += [f"| {aim.told()} | {' | '.join(aim.met(ratios) for ratios in found)} |" for aim in AIMS]
    return [*lines, ""]


def _memory(root: Path) -> list[str]:
    """The most that a step over very many classes held, from ``benchmarks/memory``."""
    lines = []
    for path in sorted((root / "benchmarks" / "memory").glob("*.json")):
        measured = json.loads(path.read_text())
        sizes = measured["settings"]
        lines += [
            f"`{path.stem}`: CosFace over {sizes['classes']:,} classes of width {sizes['feature_dim']}, a batch of "
            f"{sizes['batch']}, {sizes['classes_at_once']:,} classes at a time; the weights alone are "
            f"{4 * sizes['classes'] * sizes['feature_dim'] / 2**30:.2f} GiB. {measured['environment']['system']}, "
            f"torch {measured['environment']['torch']}.",
            "",
            "| way | most held by a process, GiB |",
            "| --- | ---: |",
            *(f"| {way} | {peak:.2f} |" for way, peak in measured["peak_gib"].items()),
            "",
        ]
    return lines


def _planned(classes: int = 1_000_000, width: int = 512, batch: int = 1024, at_once: int = 16_384) -> list[str]:
    """Arithmetic, not measured: what the same would need on one GPU."""
    row, logits, part = 4 * classes * width / 2**30, 4 * batch * classes / 2**30, 4 * batch * at_once / 2**30
    return [
        f"| {classes:,} classes of width {width}, a batch of {batch:,}, float32, momentum | whole, GiB "
        f"| {at_once:,} at a time, GiB |",
        "| --- | ---: | ---: |",
        f"| weights, their gradient, their momentum | {3 * row:.1f} | {3 * row:.1f} |",
        f"| the gradient once more, by way of the own class | – | {row:.1f} |",
        f"| logits, log-probabilities and the gradient of the logits | {3 * logits:.1f} | {3 * part:.1f} |",
        f"| together | {3 * row + 3 * logits:.1f} | {4 * row + 3 * part:.1f} |",
        "",
    ]


def cost_page(root: Path) -> str:
    """``book/cost.md`` with what was measured behind it; the figures go into the staged site."""
    losses = _measured(root)
    made = {"aims": _aims(losses), "memory": _memory(root), "planned": _planned(), "throughput": _throughput(root)}
    text = (root / "book" / "cost.md").read_text().rstrip()
    for name, table in made.items():
        text = text.replace(f"<!-- {name} -->", "\n".join(table).rstrip())
    lines = [text, "", "## What was measured", ""]
    for name, measured in losses.items():
        environment, settings = measured["environment"], measured["settings"]
        told = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in settings.items() if value is not None)
        machine = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in environment.items() if v is not None)
        figure = f"fig-costs-{name}"
        cost_figure(measured, root / "build" / "site" / "book" / "figures" / "cost" / f"{figure}.png")
        lines += [
            f"```{{figure}} figures/cost/{figure}.png",
            f":name: {figure}",
            f":alt: {ALT}",
            "",
            f"Time beside softmax as the classes grow (`{name}`). Above: heads with margins and scales, and the peer",
            f"library's, dashed, in the colours of ours. Below: W-Softmax. {machine}.",
            "```",
            "",
            f"Median ratio to softmax, with the least and the greatest in brackets, and the peak of memory ({told}).",
            "",
        ]
        for kind in dict.fromkeys(row["kind"] for row in measured["results"]):
            table = _table(measured, kind)
            if len(table) > 3:
                lines += [f"### By {kind}, {name}", "", *table]
    return "\n".join(lines)
