"""What a build has made, file by file: the manifest of a code check."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["manifest"]


def manifest(root: Path, pages: Path) -> str:
    """``codecheck.yml`` of the project with every figure and every page of this build beside what it names.

    Args:
        root: the project.
        pages: the built site, where the files are.
    """
    lines = [re.sub(r"^# `make book`.*\n", "", (root / "codecheck.yml").read_text().rstrip(), flags=re.MULTILINE)]
    for path in sorted(pages.glob("_static/figures/*/*.*")):
        where = path.relative_to(pages)
        lines += [f"  - file: build/html/{where}", f"    comment: Figure {path.stem} of the chapter {path.parent.name}"]
    for path in sorted([*pages.glob("intro.html"), *pages.glob("book/*.html"), *pages.glob("notebooks/*.html")]):
        title = re.search(r"<title>(.*?)</title>", path.read_text(), flags=re.DOTALL)
        told = " ".join(title[1].split("&#8212;")[0].split()) if title else path.stem
        lines += [f"  - file: build/html/{path.relative_to(pages)}", f'    comment: "The page {told}"']
    return "\n".join(lines) + "\n"
