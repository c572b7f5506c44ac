"""Which state of the code this copy was built from, and how to cite it and the papers."""

from __future__ import annotations

import html
import os
import subprocess
from importlib.metadata import version
from pathlib import Path

from discriminative.papers import papers
from discriminative.provenance import revision
from discriminative.site.citations import bibtex

__all__ = ["built_from", "commit", "with_versions"]


def commit(root: Path) -> tuple[str, str]:
    """The commit that the project's folder is at, ``+`` where its sources were changed since, and its date.

    Two empty texts where there is no git.
    """
    command = ["git", "show", "-s", "--format=%as", "HEAD"]
    try:
        date = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "", ""
    return revision(), date


def built_from(root: Path) -> str:
    """HTML for the foot of every page: the commit with its date, a link where the public address is known."""
    name, date = commit(root)
    if not name:
        return ""
    repository = os.environ.get("REPOSITORY_URL")
    shown = html.escape(name)
    if repository:
        shown = f"<a href='{html.escape(repository)}/commit/{shown.rstrip('+')}'>{shown}</a>"
    return f"Built from {shown} of {date}."


def with_versions(text: str, root: Path) -> str:
    """``book/get.md`` with how to clone it, what this copy was built from, and the entries to cite."""
    made = {
        "clone": _clone(),
        "version": f"{built_from(root)} Version {version('discriminative-features')}.",
        "cite-book": _fenced(_book(root)),
        "cite-papers": _fenced(bibtex(root, *(paper.citation for paper in papers()))),
    }
    for name, piece in made.items():
        text = text.replace(f"<!-- {name} -->", piece)
    return text


def _clone() -> str:
    repository = os.environ.get("REPOSITORY_URL")
    if not repository:
        return "In the project's folder, the one that holds its `Makefile`:"
    return (
        f"```bash\ngit clone {repository}.git\n```\n\n"
        f"In a notebook elsewhere, on Colab for instance, the losses install from there:\n\n"
        f"```python\n%pip install git+{repository}.git\n```\n\nIn the project's folder:"
    )


def _fenced(text: str) -> str:
    return f"```bibtex\n{text}\n```"


def _book(root: Path) -> str:
    """An entry from ``CITATION.cff``, with the commit of this copy."""
    import yaml

    told = yaml.safe_load((root / "CITATION.cff").read_text())
    name, date = commit(root)
    fields = {
        "title": f"{{{told['title']}}}",
        "author": f"{{{{{' and '.join(who['name'] for who in told['authors'])}}}}}",
        "year": f"{{{date[:4]}}}" if date else "",
        "note": f"{{Version {told['version']}{f', commit {name}' if name else ''}}}",
        "url": f"{{{os.environ['REPOSITORY_URL']}}}" if os.environ.get("REPOSITORY_URL") else "",
    }
    lines = "".join(f"  {key} = {value},\n" for key, value in fields.items() if value)
    return f"@software{{discriminativefeatures,\n{lines}}}"
