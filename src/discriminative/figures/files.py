"""A figure as files beside its chapter: a drawing that can be enlarged, and the numbers that it was drawn from."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from discriminative.evidence import Arms
from discriminative.paths import project_root
from discriminative.verdicts import SIGN

__all__ = ["SLIDE", "darken_texts", "data_of", "drawing_of", "folder_of", "keep", "slide_of", "sign_texts"]

SLIDE = 1920, 1080  # dots
CONTRAST = 4.5  # of text to white, WCAG 2 AA


def folder_of(chapter: str, root: Path | None = None) -> Path:
    """Where a chapter's figures are kept while it runs, for the pages that are built from it."""
    return (project_root() if root is None else root) / "build" / "figures" / chapter


def keep(chapter: str, key: str, figure: Figure, groups: Sequence[Arms]) -> None:
    """Write ``fig-<key>.svg``, ``fig-<key>.csv`` and ``fig-<key>-slide.png`` into the chapter's folder."""
    folder = folder_of(chapter)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"fig-{key}.svg").write_text(drawing_of(figure))
    data_of(figure, groups).to_csv(folder / f"fig-{key}.csv", index=False)
    (folder / f"fig-{key}-slide.png").write_bytes(slide_of(figure))


def drawing_of(figure: Figure) -> str:
    """SVG, the same on every machine for the same figure."""
    drawn = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "discriminative"}):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    return drawn.getvalue()


def slide_of(figure: Figure) -> bytes:
    """PNG, as large as a slide: the figure as large as fits, in the middle of white."""
    from PIL import Image

    width, height = figure.get_size_inches()
    drawn, made = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=0.94 * min(SLIDE[0] / width, SLIDE[1] / height))
    slide = Image.new("RGB", SLIDE, "white")
    with Image.open(drawn) as picture:
        slide.paste(picture.convert("RGB"), ((SLIDE[0] - picture.width) // 2, (SLIDE[1] - picture.height) // 2))
    slide.quantize(128).save(made, format="png", optimize=False)
    return made.getvalue()


def data_of(figure: Figure, groups: Sequence[Arms]) -> pd.DataFrame:
    """The runs behind a figure, a line each; of one that shows no runs, every point of its lines and clouds."""
    frames = [frame for arms in groups if not (frame := arms.frame()).empty]
    if frames:
        return pd.concat(frames, ignore_index=True).drop_duplicates(["id", "arm"])
    points = []
    for panel, axes in enumerate(figure.axes, 1):
        shown = [(f"line {i}", line.get_label(), np.asarray(line.get_xydata())) for i, line in enumerate(axes.lines, 1)]
        clouds = [each for each in axes.collections if isinstance(each, PathCollection)]
        shown += [(f"points {i}", each.get_label(), np.asarray(each.get_offsets())) for i, each in enumerate(clouds, 1)]
        for name, label, pairs in shown:
            told = str(label)
            series = name if told.startswith("_") else told
            points += [{"panel": panel, "series": series, "x": x, "y": y} for x, y in pairs]
    return pd.DataFrame(points, columns=["panel", "series", "x", "y"])


def sign_texts(figure: Figure) -> None:
    """Every number below nought in a text has a minus and no hyphen; formulas have theirs."""
    for text in figure.findobj(Text):
        told = text.get_text()
        if "$" not in told and SIGN.search(told):
            text.set_text(SIGN.sub("\N{MINUS SIGN}", told))


def darken_texts(figure: Figure) -> None:
    """Every text that stands out too little from white becomes darker, of the same hue, until it does."""
    for text in figure.findobj(Text):
        red, green, blue = to_rgb(text.get_color())
        while _contrast(red, green, blue) < CONTRAST:
            red, green, blue = 0.95 * red, 0.95 * green, 0.95 * blue
        text.set_color((red, green, blue))


def _contrast(*channels: float) -> float:
    """Of a colour to white."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
