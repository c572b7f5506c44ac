"""The book from notebooks to pages and, where there is a Chromium, to paper."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import distributions
from pathlib import Path

from discriminative._checks import require
from discriminative.paths import project_root
from discriminative.site.aliases import write_aliases
from discriminative.site.execution import execute_all
from discriminative.site.finish import without_ids
from discriminative.site.light import lighten
from discriminative.site.look import look_over
from discriminative.site.manifest import manifest
from discriminative.site.notebook import (
    BookError,
    bare_chapters,
    executed_path,
    glued_pictures,
    read,
    reference_copy,
    toc_files,
    write,
)
from discriminative.site.staging import PDF, stage

DATA = ("claims.json", "verdicts.json", "verdicts.csv", "ledger.csv")  # kept at an address that does not change

__all__ = ["bless", "browser", "build_site", "make", "print_book"]


def make(profile: str, pdf: bool = False) -> int:
    """Execute what changed, build the site into ``build/html`` and say where to open it.

    Args:
        profile: what the notebooks show of runs of their own.
        pdf: print the PDF whatever happens. Without it, one is printed where there is a Chromium and numbers may have
            changed: a book whose prose alone was edited is built without, for a minute of its author's time.
    """
    root, chromium = project_root(), browser()
    if pdf and chromium is None:
        raise BookError("printing needs a Chromium; name one with CHROMIUM=...")
    changed = execute_all(bare_chapters(root), profile, root)
    prints = chromium is not None and (pdf or bool(changed) or not (root / "build" / "html").exists())
    stage(root, pdf=prints)
    build_site(root, chromium if prints else None)
    problems = look_over(root / "build" / "html", [f"{name}.html" for name in toc_files(root)])
    if problems:
        raise BookError(f"the built book has {len(problems)} problems: {'; '.join(problems[:5])}")
    print(f"the book is built: open {root / 'build' / 'html' / 'index.html'}")
    if not prints:
        print("without its PDF: " + ("there is no Chromium" if chromium is None else "`make pdf` prints it"))
    return 0


def bless(names: Sequence[str] = ()) -> int:
    """Make today's quick execution the reference that nbval compares; read the diff before committing it.

    Args:
        names: of chapters, e.g. ``large_margin_softmax``; all where none is given.
    """
    root = project_root()
    paths = {path.stem: path for path in bare_chapters(root)}
    for name in names:
        require(name in paths, "a chapter to bless must be one of {}, got {!r}", list(paths), name)
    chosen = [path for path in paths.values() if path.stem in names or not names]
    execute_all(chosen, "quick", root)
    for path in chosen:
        executed = read(executed_path(root, path.stem))
        write(root / "tests" / "reference" / path.name, reference_copy(executed))
        picture = glued_pictures(executed).get("fig-forest")
        if picture and path.stem == next(iter(paths)):
            (root / "book" / "assets" / "result.png").write_bytes(picture)  # the README's picture: the first chapter's
        print(f"blessed {path.name}: read `git diff tests/reference` before you commit it")
    return 0


def browser() -> str | None:
    """The browser that prints the PDF and that the tests drive: ``CHROMIUM`` (empty for none), else one on the path."""
    named = os.environ.get("CHROMIUM")
    if named is not None:
        return named or None
    return next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)


def build_site(root: Path, chromium: str | None = None) -> None:
    """Strictly, every page written anew; ``build/html`` is replaced only by a whole book.

    Sources that have not changed since the last whole book are not parsed again (``build/sphinx`` keeps what they
    gave); after a refusal everything is. With a Chromium the book is also built as a single page, at the same time,
    and printed.
    """
    out = root / "build" / "sphinx"
    print("building the site" + (" and its PDF" if chromium else ""), flush=True)
    runs = {builder: _sphinx(root, builder, out) for builder in ("html", *(["singlehtml"] if chromium else []))}
    for replaced in (root / "build").glob("*.before"):  # a disk may take its time for this, while Sphinx takes its own
        shutil.rmtree(replaced, ignore_errors=True)
    failed = [builder for builder, run in runs.items() if run.wait()]
    if failed:
        shutil.rmtree(out)
        raise BookError(_refusal(root, failed[0]))
    pages = out / "html" / "_build" / "html"
    for page in pages.rglob("*.html"):
        page.write_text(without_thebe(page.read_text()))
    lighten(pages)
    write_aliases(pages)
    if chromium:
        _print_single(chromium, out, pages / PDF)
    (pages / "data").mkdir()
    for name in DATA:
        if (root / "build" / "site" / "book" / name).exists():
            shutil.copy(root / "build" / "site" / "book" / name, pages / "data")
    if (root / "codecheck.yml").exists():
        (pages / "codecheck.yml").write_text(manifest(root, pages))
    html_folder = root / "build" / "html"
    if (root / "results").exists():  # every record, so that a number leads to the file that it was computed from
        copy_records(root / "results", html_folder / "results", pages / "results")
    if html_folder.exists():
        html_folder.rename(root / "build" / "html.before")
    pages.rename(html_folder)


def copy_records(results: Path, before: Path, target: Path) -> None:
    """The records beside the pages: those of the last book are moved, and what is new, other or gone is made so.

    They are thousands of small files that hardly ever change: most need neither be deleted nor copied.
    """
    if before.exists():
        before.rename(target)
    wanted = {
        path.relative_to(results)
        for path in results.rglob("*")
        if path.is_file() and path.suffix != ".npz" and "superseded" not in path.relative_to(results).parts
    }
    for path in [path for path in target.rglob("*") if path.is_file() and path.relative_to(target) not in wanted]:
        path.unlink()
    for name in wanted:
        if not (target / name).exists() or not filecmp.cmp(results / name, target / name):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(results / name, target / name)


def print_book(root: Path, chromium: str, out: Path) -> Path:
    """The PDF of what is staged, made in a folder of its own."""
    if _sphinx(root, "singlehtml", out).wait():
        raise BookError(_refusal(root, "singlehtml"))
    return _print_single(chromium, out, out / PDF)


def _print_single(chromium: str, out: Path, target: Path) -> Path:
    single = out / "singlehtml" / "_build" / "singlehtml" / "intro.html"
    single.write_text(for_paper(single.read_text()))
    print_pdf(chromium, single, target)
    return target


def _refusal(root: Path, builder: str) -> str:
    log = _log(root, builder)
    text = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text())
    lines = [line for line in text.splitlines() if re.search(r"WARNING|ERROR|Error", line)]
    told = "\n  ".join(lines[:12]) or text[-800:]
    return f"jupyter-book refused the book (all of it in {log}):\n  {told}"


def _log(root: Path, builder: str) -> Path:
    return root / "build" / f"jupyter-book-{builder}.log"


def _sphinx(root: Path, builder: str, out: Path) -> subprocess.Popen[bytes]:
    """Start a build; the pages of an earlier one go, what it parsed stays as long as the versions are the same."""
    folder = out / builder
    versions = "\n".join(sorted(f"{each.name} {each.version}" for each in distributions()))
    stamp = folder / "versions.txt"
    if not stamp.exists() or stamp.read_text() != versions:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        stamp.write_text(versions)
    shutil.rmtree(folder / "_build" / builder, ignore_errors=True)
    # Without the collector of garbage, which takes half of its time to walk through documents that are all in use.
    program = [sys.executable, "-c", "import gc; gc.disable(); from jupyter_book.cli.main import main; main()"]
    command = [*program, "build", str(root / "build" / "site"), "--path-output", str(folder)]
    with _log(root, builder).open("w") as stream:
        return subprocess.Popen(
            [*command, "--builder", builder, "-W", "--keep-going", "-n"], stdout=stream, stderr=subprocess.STDOUT
        )


def for_paper(page: str) -> str:
    """The single page as it is printed: folded tables opened, links of our own tables to pages made links within it.

    A file to download lies beside the page, not in it: on paper its link would lead to a folder of this machine.
    """
    page = re.sub(r'<details class="(?:not-run|quoted)"(?=>)', r"\g<0> open", without_ids(page))
    page = re.sub(r'<a class="reference download[^>]*>(.*?)</a>', r"\1", page, flags=re.DOTALL)
    page = re.sub(r'<a href="(?:\.\./)?results/[^>]*>(.*?)</a>', r"\1", page)
    page = re.sub(r'href="(?:\.\./)?(?:book|notebooks)/\w+\.html(#[\w-]+)"', r'href="\1"', page)
    return re.sub(r'href="(?:\.\./)?((?:book|notebooks)/\w+)\.html(?:#[^"]*)?"', r'href="#document-\1"', page)


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
