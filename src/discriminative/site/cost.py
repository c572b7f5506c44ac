"""What the losses cost: the page that stands on what ``benchmarks/losses.py`` measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["cost_figure", "cost_page", "ratios"]


ALT = (
    "Time of each head beside softmax against the number of classes, in two panels with logarithmic axes. Above, the "
    "heads with margins and scales: all lines fall as the classes grow, ours to near one, the peer library's, dashed, "
    "to less than two. Below, the forms of W-Softmax, whose lines fall too and end near two."
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
LINES = {"WSoftmax stopped": (0, (6, 2)), "GuardedWSoftmax": (0, (1, 1)), "CentredWSoftmax": (0, (5, 2, 1, 2))}


def cost_figure(measured: dict[str, Any], path: Path) -> None:
    """How the time of each head grows with the classes, beside softmax: margins and scales above, W-Softmax below.

    The peer library's heads stand in the colours of ours, dashed.
    """
    import matplotlib.pyplot as plt

    from discriminative.figures.style import COLOURS, WIDTH, use_style

    use_style()
    figure, panels = plt.subplots(2, 1, figsize=(WIDTH, 7.2), sharex=True, height_ratios=(1.5, 1))
    heads = {name: rows for name, rows in _rows(measured, "head").items() if "," not in name}  # ours, not the papers'
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
        axes.set_yticks([1, 1.5, 2, 3, 4, 6], ["1", "1.5", "2", "3", "4", "6"])
        axes.minorticks_off()
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
            ratio, peak = row["ratio"], row.get("peak_mib")
            told = f"{ratio['median']:.2f} ({ratio['min']:.2f} to {ratio['max']:.2f})"
            cells.append(told + (f"; {peak:.1f} MiB" if peak is not None else ""))
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


def cost_page(root: Path) -> str:
    """``book/cost.md`` with what was measured behind it; the figures go into the staged site."""
    text, loop = (root / "book" / "cost.md").read_text().rstrip().split("<!-- throughput -->")
    lines = [text.rstrip(), "", *_throughput(root), loop.strip(), "", "## What was measured", ""]
    for name, measured in _measured(root).items():
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
