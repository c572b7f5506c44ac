"""``build/site``: what Jupyter Book reads, with the executed notebooks, their pictures and the generated pages."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
from collections.abc import Callable
from importlib.metadata import distribution, version
from pathlib import Path
from time import time_ns

from discriminative._checks import require
from discriminative.figures.files import folder_of
from discriminative.site.choosing import choosing_page
from discriminative.site.claims import claims_json, verdicts_json
from discriminative.site.cost import cost_page
from discriminative.site.front import with_front
from discriminative.site.get_page import built_from, with_versions
from discriminative.site.notebook import BookError, Notebook, chapters, glued_pictures, write
from discriminative.site.provenance import export_csv, provenance_page
from discriminative.site.statements import errata_page, labels, proofs_page
from discriminative.site.verdict_page import verdict_page, verdicts_csv
from discriminative.verdicts import verdicts

__all__ = ["PDF", "stage", "switch_on_buttons", "without_pdf"]

PDF = "discriminative-features.pdf"
PAGES = ("_config.yml", "_toc.yml", "intro.md", "book", "src")


def stage(root: Path, pdf: bool = False) -> None:
    """Lay out ``build/site``: the pages, the executed notebooks in the places of the bare ones, and MathJax.

    Args:
        root: the project.
        pdf: whether the book will have its PDF; without one, the introduction does not link to it.
    """
    site, before = root / "build" / "site", root / "build" / "site.before"
    shutil.rmtree(before, ignore_errors=True)
    if site.exists():
        site.rename(before)
    site.mkdir(parents=True)
    for name in PAGES:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, site / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, site / name)
    found = chapters(root)
    check_labels(found)
    for stem, executed in found:
        write(site / "notebooks" / f"{stem}.ipynb", executed)
        stage_figures(executed, site / "book" / "assets" / "figures" / stem, folder_of(stem, root))
    for name, page in GENERATED.items():
        (site / "book" / f"{name}.md").write_text(page(root))
    export_csv(root, site / "book" / "ledger.csv")
    judged = verdicts()
    (site / "book" / "claims.json").write_text(claims_json(root))
    (site / "book" / "verdicts.json").write_text(verdicts_json(judged, root))
    (site / "book" / "verdicts.csv").write_text(verdicts_csv(judged, root))
    (site / "book" / "verdicts.md").write_text(verdict_page(root, judged))
    intro = site / "intro.md"
    text = with_front(intro.read_text(), judged, root)
    intro.write_text(text if pdf else without_pdf(text))
    get = site / "book" / "get.md"
    get.write_text(with_versions(get.read_text(), root))
    config = site / "_config.yml"
    config.write_text(config.read_text().replace("<!-- built from -->", built_from(root)))
    stage_mathjax(site / "book" / "assets" / "mathjax")
    repository = os.environ.get("REPOSITORY_URL")
    if repository:
        switch_on_buttons(config, repository)
    keep_times(before, site)


def keep_times(before: Path, after: Path) -> None:
    """A staged file that is as it was keeps its time, one that is other gets that of now: Sphinx goes by it."""
    now = time_ns()
    for path in filter(Path.is_file, after.rglob("*")):
        old = before / path.relative_to(after)
        same = old.exists() and filecmp.cmp(old, path, shallow=False)
        time = old.stat().st_mtime_ns if same else now
        os.utime(path, ns=(time, time))


def without_pdf(text: str) -> str:
    """A page less its lines that link to the PDF."""
    return "".join(line for line in text.splitlines(keepends=True) if PDF not in line)


def check_labels(found: list[tuple[str, Notebook]]) -> None:
    """No label stands in two chapters: a reference to it would lead to one of them, and its number be the other's.

    Raises:
        BookError: if one does.
    """
    places: dict[str, str] = {}
    for stem, executed in found:
        for label in sorted(labels(executed)):
            if label in places:
                raise BookError(
                    f"the label {label!r} stands in {places[label]}.ipynb and in {stem}.ipynb; give each the prefix of "
                    "its paper"
                )
            places[label] = stem


def stage_figures(executed: Notebook, folder: Path, kept: Path | None = None) -> None:
    """Every picture that a chapter glued as ``_static/figures/<chapter>/<key>.png``, for pages that show it."""
    folder.mkdir(parents=True, exist_ok=True)
    for key, picture in glued_pictures(executed).items():
        (folder / f"{key}.png").write_bytes(picture)
        for suffix in (".svg", ".csv", "-slide.png"):  # which the chapter kept while it ran
            if kept is not None and (kept / f"{key}{suffix}").exists():
                shutil.copy(kept / f"{key}{suffix}", folder)


def stage_mathjax(target: Path) -> None:
    """MathJax, its fonts and its licence out of the installed wheel: the book asks no outside host for anything."""
    files = distribution("sphinx-mathjax-offline").files or []
    wanted = re.compile(r"(tex-chtml\.js|output/chtml/fonts/woff-v2/[^/]+\.woff)$")
    for file in files:
        match = wanted.search(str(file))
        if match:
            path = target / match.group(1)
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file.locate(), path)
    require((target / "tex-chtml.js").exists(), "{} holds no tex-chtml.js", "sphinx-mathjax-offline")
    # The wheel lacks the text of MathJax's licence; it is Apache 2.0, as is that of requests, which carries it.
    text = next(f for f in distribution("requests").files or [] if f.name == "LICENSE").read_text()
    require(
        "Apache License" in text and "Version 2.0" in text, "{} must be the Apache licence 2.0", "requests' LICENSE"
    )
    notice = "MathJax 3.2.2 and its fonts, Copyright the MathJax Consortium, under the licence below.\n\n"
    (target / "LICENSE.txt").write_text(notice + text)


def switch_on_buttons(config: Path, repository: str) -> None:
    """Launch and edit buttons, where the repository's public address is known."""
    import yaml

    settings = yaml.safe_load(config.read_text())
    settings["repository"] = {"url": repository, "branch": "main"}
    settings["html"] |= {"use_repository_button": True, "use_edit_page_button": True}
    settings["launch_buttons"] = {"notebook_interface": "classic", "colab_url": "https://colab.research.google.com"}
    config.write_text(yaml.safe_dump(settings, sort_keys=False))


def execution_page(root: Path) -> str:
    """Which notebook ran when, for how long, at which profile, on what, from which state of the code."""
    rows = []
    for stem, executed in chapters(root):
        told = executed["metadata"]["discriminative"]
        environment = told["environment"]
        rows.append(
            f"| {{doc}}`../notebooks/{stem}` | {told['finished']} | {told['seconds']:.0f} | {told['profile']} "
            f"| {environment['device_name']}, Python {environment['python']}, torch {environment['torch']} "
            f"| `{environment['revision']}` |"
        )
    versions = [(name, version(name)) for name in ("jupyter-book", "papermill", "sphinx", "sphinx-proof", "myst-nb")]
    return "\n".join(
        [
            "# How this copy was made",
            "",
            "Every page with numbers is a notebook that papermill executed before the book was built. A revision with",
            "a `+` had changes on top of the commit.",
            "",
            "| Notebook | Executed | Seconds | Profile | On | Revision |",
            "| --- | --- | ---: | --- | --- | --- |",
            *rows,
            "",
            "Built with " + ", ".join(f"{name} {number}" for name, number in versions) + ".",
            "",
        ]
    )


# The pages that staging writes: ``book/<name>.md`` by the function named here. Another one is another line.
GENERATED: dict[str, Callable[[Path], str]] = {
    "execution": execution_page,
    "proofs": proofs_page,
    "errata": errata_page,
    "cost": cost_page,
    "which_loss": choosing_page,
    "provenance": provenance_page,
}
