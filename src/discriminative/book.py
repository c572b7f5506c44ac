"""The book: notebooks executed by papermill, pages staged, the site built strictly and looked over."""

from __future__ import annotations

import base64
import copy
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

from discriminative._checks import require
from discriminative.cost_page import cost_page
from discriminative.paths import project_root
from discriminative.provenance_page import export_csv, provenance_page

__all__ = ["bless", "content_pages", "execute", "look_over", "make", "reference_copy"]

Notebook = dict[str, Any]


class BookError(ValueError):
    """The book cannot be built; the message says which page and what to do."""


def make(profile: str) -> int:
    """Execute what changed, build the site into ``build/html`` and say where to open it."""
    root = project_root()
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        execute(path, profile, root)
    chromium = browser()
    stage(profile, root, pdf=chromium is not None)
    build_site(root, chromium)
    problems = look_over(root / "build" / "html")
    if problems:
        raise BookError(f"the built book has {len(problems)} problems: {'; '.join(problems[:5])}")
    print(f"the book is built: open {root / 'build' / 'html' / 'index.html'}")
    if chromium is None:
        print("without its PDF: there is no Chromium")
    return 0


def browser() -> str | None:
    """The browser that prints the PDF and that the tests drive: ``CHROMIUM`` (empty for none), else one on the path."""
    named = os.environ.get("CHROMIUM")
    if named is not None:
        return named or None
    return next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)


# ---------------------------------------------------------------------------------------------------------------------
# Execution


def execute(path: Path, profile: str, root: Path) -> Path:
    """The executed copy of a notebook, in ``build/executed/``; executed again only if what it computes from changed.

    A change of Markdown cells alone carries the outputs over.
    """
    target = root / "build" / "executed" / path.name
    bare: Notebook = json.loads(path.read_text())
    check_parameters(bare, path)
    key = execution_key(bare, profile, root)
    old: Notebook | None = json.loads(target.read_text()) if target.exists() else None
    if old is not None and old["metadata"].get("discriminative", {}).get("key") == key:
        fresh = carry_over(bare, old)
        if fresh != old:
            _write(target, fresh)
            print(f"{path.stem}: outputs carried over")
        return target

    import papermill
    from papermill.exceptions import PapermillExecutionError

    print(f"{path.stem}: executing at {profile}", flush=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part.ipynb")
    started = time.monotonic()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    try:
        papermill.execute_notebook(
            path,
            part,
            parameters={"profile": profile},
            kernel_name="python3",
            cwd=root / "notebooks",
            progress_bar=sys.stderr.isatty(),
        )
    except PapermillExecutionError as error:
        part.unlink(missing_ok=True)
        raise BookError(f"{path.name}, cell {error.cell_index}: {error.ename}: {error.evalue}") from error
    done: Notebook = json.loads(part.read_text())
    part.unlink()
    done["metadata"].pop("papermill", None)  # it holds this machine's paths
    for cell in filter(_injected, done["cells"]):
        cell["metadata"]["tags"].append("remove-cell")  # the page says its profile where it speaks of it
    done["metadata"]["discriminative"] = {
        "key": key,
        "profile": profile,
        "seconds": round(time.monotonic() - started, 1),
        "finished": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "environment": _environment(),
    }
    _write(target, done)
    return target


def check_parameters(bare: Notebook, path: Path) -> None:
    """A chapter has one parameters cell, which sets ``profile`` alone: papermill would take any other name silently."""
    cells = [cell for cell in bare["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    require(len(cells) == 1, "{} must have one cell tagged parameters, got {}", path.name, len(cells))
    names = re.findall(r"^(\w+)\s*=", "".join(cells[0]["source"]), flags=re.MULTILINE)
    require(names == ["profile"], "{} must have the one parameter 'profile', got {}", path.name, names)


def execution_key(bare: Notebook, profile: str, root: Path) -> str:
    """What an execution depends on: its code cells, the package, the records, the locked versions, the profile."""
    digest = hashlib.sha256(profile.encode())
    digest.update(json.dumps([_code(cell) for cell in bare["cells"] if cell["cell_type"] == "code"]).encode())
    files = [*(root / "src").rglob("*.py"), *(root / "src").rglob("*.json"), root / "requirements.lock"]
    for folder in ("results", "build/records", "benchmarks/results"):
        files += (root / folder).rglob("*.json")
    for file in sorted(files):
        digest.update(str(file.relative_to(root)).encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _code(cell: dict[str, Any]) -> tuple[str, Any]:
    return "".join(cell["source"]), {k: v for k, v in cell["metadata"].items() if k != "papermill"}


def carry_over(bare: Notebook, executed: Notebook) -> Notebook:
    """The bare notebook's cells with the outputs of an execution of the same code cells."""
    done = [c for c in executed["cells"] if c["cell_type"] == "code" and not _injected(c)]
    added = [c for c in executed["cells"] if _injected(c)]
    result = copy.deepcopy(executed)
    result["cells"] = []
    outputs = iter(done)
    for cell in bare["cells"]:
        if cell["cell_type"] == "code":
            result["cells"].append(next(outputs))
            if "parameters" in cell["metadata"].get("tags", []):
                result["cells"] += added
        else:
            result["cells"].append(cell)
    return result


def _injected(cell: dict[str, Any]) -> bool:
    return "injected-parameters" in cell["metadata"].get("tags", [])


def _environment() -> dict[str, str]:
    import torch

    from discriminative.provenance import describe_environment, revision

    described = describe_environment(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    return {"revision": revision(), **{k: str(v) for k, v in described.items() if k != "threads"}}


def _write(path: Path, notebook: Notebook) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    os.replace(part, path)


# ---------------------------------------------------------------------------------------------------------------------
# References for nbval


def reference_copy(executed: Notebook) -> Notebook:
    """What nbval compares: the executed notebook without images, papermill's cell and anything of this machine."""
    result = copy.deepcopy(executed)
    result["cells"] = [cell for cell in result["cells"] if not _injected(cell)]
    result["metadata"] = {k: v for k, v in result["metadata"].items() if k in ("kernelspec", "language_info")}
    for cell in result["cells"]:
        cell["metadata"].pop("papermill", None)
        for key in ("execution", "collapsed"):
            cell["metadata"].pop(key, None)
        if not cell["metadata"].get("tags"):  # papermill gives every cell a list of tags
            cell["metadata"].pop("tags", None)
        ignored = "nbval-ignore-output" in cell["metadata"].get("tags", [])
        kept = [] if ignored else cell.get("outputs", [])
        for output in kept:
            for kind in [k for k in output.get("data", {}) if "image/" in k]:
                del output["data"][kind]
            check = output.get("metadata", {}).get("check")
            if check:  # the worst case differs in its last digits between processors
                check.pop("worst", None)
        if cell["cell_type"] == "code":
            cell["outputs"] = kept
    return result


def bless() -> int:
    """Make today's quick execution the reference that nbval compares; read the diff before committing it."""
    root = project_root()
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        executed = json.loads(execute(path, "quick", root).read_text())
        _write(root / "tests" / "reference" / path.name, reference_copy(executed))
        picture = glued_pictures(executed).get("fig-forest")
        if picture:
            (root / "book" / "assets" / "result.png").write_bytes(picture)  # the README's picture
        print(f"blessed {path.name}: read `git diff tests/reference` before you commit it")
    return 0


# ---------------------------------------------------------------------------------------------------------------------
# Staging and building

PDF = "discriminative-features.pdf"
PAGES = ("_config.yml", "_toc.yml", "intro.md", "book", "src")


def stage(profile: str, root: Path, pdf: bool = False) -> None:
    """Lay out ``build/site``: the pages, the executed notebooks in the places of the bare ones, and MathJax.

    Args:
        profile: the scale of the notebooks' own runs.
        root: the project.
        pdf: whether the book will have its PDF; without one, the introduction does not link to it.
    """
    site = root / "build" / "site"
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    for name in PAGES:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, site / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, site / name)
    shutil.copytree(root / "build" / "executed", site / "notebooks", ignore=shutil.ignore_patterns("*.part*"))
    stage_figures(site)
    for name, page in GENERATED.items():
        (site / "book" / f"{name}.md").write_text(page(root))
    export_csv(root, site / "book" / "ledger.csv")
    if not pdf:
        intro = site / "intro.md"
        intro.write_text(without_pdf(intro.read_text()))
    stage_mathjax(site / "book" / "assets" / "mathjax")
    repository = os.environ.get("REPOSITORY_URL")
    if repository:
        switch_on_buttons(site / "_config.yml", repository)


def without_pdf(text: str) -> str:
    """A page less its lines that link to the PDF."""
    return "".join(line for line in text.splitlines(keepends=True) if PDF not in line)


def stage_figures(site: Path) -> None:
    """Every glued picture as ``book/figures/<key>.png``, for pages that show a chapter's figure."""
    folder = site / "book" / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((site / "notebooks").glob("*.ipynb")):
        for key, picture in glued_pictures(json.loads(path.read_text())).items():
            (folder / f"{key}.png").write_bytes(picture)


def glued_pictures(executed: Notebook) -> dict[str, bytes]:
    """The pictures that a notebook glued, by key."""
    found = {}
    for cell in executed["cells"]:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            data = output.get("data", {}).get("application/papermill.record/image/png")
            if name and data:
                found[name] = base64.b64decode("".join(data))
    return found


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
    for path in sorted((root / "build" / "executed").glob("*.ipynb")):
        told = json.loads(path.read_text())["metadata"]["discriminative"]
        environment = told["environment"]
        rows.append(
            f"| {{doc}}`../notebooks/{path.stem}` | {told['finished']} | {told['seconds']:.0f} | {told['profile']} "
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


STATEMENT = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?:prf:(?P<kind>proposition|theorem|corollary|lemma)|admonition)\}"
    r"[ ]*(?P<title>[^\n]*)\n(?P<body>.*?)^(?P=fence)[ ]*$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Statement:
    """A proposition, theorem, corollary, lemma or erratum of a chapter, with its executed checks."""

    kind: str
    label: str
    title: str
    ours: bool
    printed: tuple[str, ...]
    corrected: tuple[str, ...]
    checks: tuple[dict[str, Any], ...]

    @property
    def link(self) -> str:
        """A role that links to it from any page."""
        if self.kind == "erratum":
            return f"{{ref}}`{self.title} <{self.label}>`"
        return f"{{prf:ref}}`{self.label}`: {self.title}"


def statements(executed: Notebook) -> list[Statement]:
    """Every proposition, theorem, corollary, lemma and erratum of an executed notebook, in reading order.

    Raises:
        BookError: if one has no executed check.
    """
    checks: dict[str, list[dict[str, Any]]] = {}
    for cell in executed["cells"]:
        for output in cell.get("outputs", []):
            check = output.get("metadata", {}).get("check")
            if check:
                checks.setdefault(check["label"], []).append(check)
    found = []
    for cell in executed["cells"]:
        if cell["cell_type"] != "markdown":
            continue
        for match in STATEMENT.finditer("".join(cell["source"])):
            options = dict(re.findall(r"^:(\w+):[ ]*(.*?)[ ]*$", match["body"], flags=re.MULTILINE))
            classes = options.get("class", "").split()
            kind = match["kind"] or ("erratum" if "erratum" in classes else None)
            if kind is None:
                continue
            label = options.get("name" if kind == "erratum" else "label", "")
            if label not in checks:
                raise BookError(f"the {kind} {match['title']!r} has no executed check under its label {label!r}")
            found.append(
                Statement(
                    kind, label, match["title"].strip(), "ours" in classes,
                    _paragraphs(match["body"], "printed"), _paragraphs(match["body"], "corrected"),
                    tuple(checks[label]),
                )
            )  # fmt: skip
    return found


def _paragraphs(body: str, kind: str) -> tuple[str, ...]:
    """The paragraphs that carry a class, as ``{.printed}`` on the line above them."""
    return tuple(re.findall(rf"^\{{\.{kind}\}}\n(.+?)(?=\n\s*\n|\Z)", body, flags=re.MULTILINE | re.DOTALL))


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return re.sub(r"([\\`*_{}\[\]<>$|#~^])", r"\\\1", text)


def _digits(value: float) -> str:
    """Two significant digits as a formula."""
    mantissa, _, exponent = f"{value:.2g}".partition("e")
    if not exponent:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else f"{mantissa} \\cdot {power}"


def _bound(check: dict[str, Any]) -> tuple[str, str]:
    """A check's bound and the worst case that it met, as cells of a table."""
    for key, sign in (("at_most", r"\le"), ("at_least", r"\ge")):
        if key in check:
            return f"${sign} {_digits(check[key])}$", f"${_digits(check['worst'])}$"
    return "exact", "–"


def _told(check: dict[str, Any]) -> str:
    """What was checked; of an erratum's printed line, that it fails."""
    what = check["what"] + (", so the printed line fails" if "at_least" in check else "")
    return _plain(what[:1].upper() + what[1:])


def _chapters(root: Path) -> list[tuple[str, Notebook]]:
    """Each executed notebook with its name, in the order of the table of contents."""
    order = (root / "_toc.yml").read_text()
    paths = sorted((root / "build" / "executed").glob("*.ipynb"), key=lambda path: (order.find(path.stem), path.stem))
    return [(path.stem, json.loads(path.read_text())) for path in paths]


def chapter_title(executed: Notebook) -> str:
    """The text of a notebook's first heading."""
    text = "\n".join("".join(cell["source"]) for cell in executed["cells"] if cell["cell_type"] == "markdown")
    found = re.search(r"^# +(.*)$", text, flags=re.MULTILINE)
    return found.group(1) if found else "Untitled"


def proofs_page(root: Path) -> str:
    """Every statement of the book with its checks: the bound of each and the worst case that was found."""
    lines = [
        "(all-proofs)=",
        "# Every proof and its check",
        "",
        "A proof convinces; a check that runs guards against a slip in the proof, in its statement and in the code.",
        "Each statement of the book is listed here with what was executed for it: over random instances in double",
        "precision, against a bound, or symbolically, without rounding (*exact*). The worst case is the one that this",
        "copy of the book met. A statement without a check cannot be listed: the build stops. A check never stands in",
        "for a proof; the link leads to the proof.",
        "",
    ]
    for stem, executed in _chapters(root):
        listed = statements(executed)
        checks = sum(len(item.checks) for item in listed)
        lines += [f"## {chapter_title(executed)}", ""]
        lines += [f"{{doc}}`../notebooks/{stem}`: {len(listed)} statements, {checks} checks.", ""]
        lines += ["```{list-table}", ":header-rows: 1", ":class: proofs", ":widths: 38 34 14 14", ""]
        lines += ["* - Statement", "  - What was executed", "  - Bound", "  - Worst case"]
        for item in listed:
            shown = item.link + (" [ours]{.ours-mark}" if item.ours else "")
            for check in item.checks:
                bound, worst = _bound(check)
                lines += [f"* - {shown}".rstrip(), f"  - {_told(check)}", f"  - {bound}", f"  - {worst}"]
                shown = ""
        lines += ["```", ""]
    return "\n".join(lines)


def errata_page(root: Path) -> str:
    """Every erratum of the book: the printed line, the corrected one, and a link to the place that proves it."""
    lines = [
        "(all-errata)=",
        "# Errata",
        "",
        "What we believe to be slips in the papers, gathered from the chapters; each was checked before it was called",
        "one, and has a cell that shows it. None is meant as more than help to the next reader, and every one of them",
        "can itself be wrong: the link leads to the argument and to the cell, which can be run and disputed.",
        "",
    ]
    for stem, executed in _chapters(root):
        listed = [item for item in statements(executed) if item.kind == "erratum"]
        if not listed:
            continue
        lines += [f"## {chapter_title(executed)}", "", f"{{doc}}`../notebooks/{stem}`", ""]
        for item in listed:
            lines += [f":::{{admonition}} {item.link}", ":class: erratum", ""]
            for kind, paragraphs in (("printed", item.printed), ("corrected", item.corrected)):
                for paragraph in paragraphs:
                    lines += [f"{{.{kind}}}", paragraph, ""]
            for check in item.checks:
                bound, worst = _bound(check)
                found = f"bound {bound}, found {worst}" if "worst" in check else "exact"
                lines += ["{.check}", f"✓ {_told(check)}: {found}.", ""]
            lines += [":::", ""]
    return "\n".join(lines)


# The pages that staging writes: ``book/<name>.md`` by the function named here. Another one is another line.
GENERATED: dict[str, Callable[[Path], str]] = {
    "execution": execution_page,
    "proofs": proofs_page,
    "errata": errata_page,
    "cost": cost_page,
    "provenance": provenance_page,
}


def build_site(root: Path, chromium: str | None = None) -> None:
    """Strictly, from nothing, into a temporary place; ``build/html`` is replaced only by a whole book.

    With a Chromium the book is also built as a single page, at the same time, and printed.
    """
    out = root / "build" / "out"
    shutil.rmtree(out, ignore_errors=True)
    builders = ("html", "singlehtml") if chromium else ("html",)
    print("building the site" + (" and its PDF" if chromium else ""), flush=True)
    runs = [(builder, _sphinx(root, builder, out / builder)) for builder in builders]
    for builder, run in runs:
        run.wait()
        if run.returncode:
            log = _log(root, builder)
            text = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text())
            lines = [line for line in text.splitlines() if re.search(r"WARNING|ERROR|Error", line)]
            told = "\n  ".join(lines[:12]) or text[-800:]
            for _, other in runs:
                other.wait()
            raise BookError(f"jupyter-book refused the book (all of it in {log}):\n  {told}")
    pages = out / "html" / "_build" / "html"
    for page in pages.rglob("*.html"):
        page.write_text(without_thebe(page.read_text()))
    if chromium:
        single = out / "singlehtml" / "_build" / "singlehtml" / "intro.html"
        single.write_text(for_paper(single.read_text()))
        print_pdf(chromium, single, pages / PDF)
    html_folder = root / "build" / "html"
    shutil.rmtree(html_folder, ignore_errors=True)
    shutil.move(str(pages), html_folder)
    shutil.rmtree(out, ignore_errors=True)


def _log(root: Path, builder: str) -> Path:
    return root / "build" / f"jupyter-book-{builder}.log"


def _sphinx(root: Path, builder: str, out: Path) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command = [*program, "build", str(root / "build" / "site"), "--path-output", str(out), "--builder", builder]
    with _log(root, builder).open("w") as stream:
        return subprocess.Popen(
            [*command, "--all", "-W", "--keep-going", "-n"], stdout=stream, stderr=subprocess.STDOUT
        )


def for_paper(page: str) -> str:
    """The single page as it is printed: folded tables opened, links of our own tables to pages made links within it.

    A file to download lies beside the page, not in it: on paper its link would lead to a folder of this machine.
    """
    page = page.replace('<details class="not-run">', '<details class="not-run" open>')
    page = re.sub(r'<a class="reference download[^>]*>(.*?)</a>', r"\1", page, flags=re.DOTALL)
    return re.sub(r'href="\.\./((?:book|notebooks)/\w+)\.html"', r'href="#document-\1"', page)


def print_pdf(chromium: str, page: Path, target: Path) -> None:
    """Print a page, once its formulas are set, with an outline of its headings."""
    profile = page.parent / "profile"
    command = [
        *(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        *(f"--user-data-dir={profile}", "--virtual-time-budget=30000", "--no-pdf-header-footer"),
        *("--generate-pdf-document-outline", f"--print-to-pdf={target}", page.as_uri()),
    ]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if run.returncode or not target.exists():
        told = run.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise BookError(f"{chromium} did not print the PDF ({told[0]}); CHROMIUM= leaves it out")


def without_thebe(page: str) -> str:
    """A page without the launcher that Jupyter Book puts into each: we offer none, and it names outside hosts."""
    scripts = (
        r">\s*const THEBE_JS_URL.*?",
        r"[^>]*sphinx-thebe\.js[^>]*>",
        r" type=\"text/x-thebe-config\">.*?",
        r">kernelName = .*?",
    )
    return re.sub(rf"[ \t]*<script(?:{'|'.join(scripts)})</script>\n?", "", page, flags=re.DOTALL)


# ---------------------------------------------------------------------------------------------------------------------
# Looking over what was built


def content_pages(folder: Path) -> Iterator[Path]:
    """The pages that were written for reading: not the search page, the index and what the theme brings."""
    for path in sorted(folder.rglob("*.html")):
        if path.relative_to(folder).parts[0] not in ("_static", "_sources") and path.name not in (
            "search.html",
            "genindex.html",
        ):
            yield path


def look_over(folder: Path) -> list[str]:
    """What a reader would trip over: outside hosts, images without a description, raw directives, an empty index."""
    problems = []
    index = folder / "searchindex.js"
    if not index.exists() or index.stat().st_size < 1000:
        problems.append("the search index is empty")
    pages = list(content_pages(folder))
    expected = ("index.html", "intro.html", "notebooks/large_margin_softmax.html")
    problems += [f"{name} is missing" for name in expected if not (folder / name).exists()]
    for path in pages:
        text, page = path.read_text(), path.relative_to(folder)
        outside = re.findall(r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=\"(?:https?:)?//[^\"]+\"[^>]*>", text)
        problems += [f"{page} asks an outside host: {tag[:90]}" for tag in outside if 'rel="canonical"' not in tag]
        article = text[text.find("<article") : text.find("</article>")]
        for tag in re.findall(r"<img\b[^>]*>", article):
            found = re.search(r'alt="([^"]*)"', tag)
            alt = html.unescape(found.group(1)) if found else ""
            if len(alt) < 20 or alt.startswith(("../", "_images")):
                problems.append(f"{page} has an image without a description: {tag[:90]}")
        for link in re.findall(r"href=\"([^\":#?]+\.pdf)\"", text):
            if not (path.parent / link).exists():
                problems.append(f"{page} links to {link}, which is not there")
        if re.search(r"\{(prf:ref|eq|numref|cite:[pt]|glue:\w+)\}", article):
            problems.append(f"{page} shows a raw directive")
    return problems
