"""Where things are: the project's root, its ledger and what it builds."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["data_root", "project_root"]


def project_root() -> Path:
    """The folder that holds ``_toc.yml``: ``DISCRIMINATIVE_ROOT``, else the nearest one above here or the package."""
    override = os.environ.get("DISCRIMINATIVE_ROOT")
    if override:
        if not Path(override).is_dir():
            raise ValueError(f"DISCRIMINATIVE_ROOT names {override}, which is no folder; name a folder or unset it")
        return Path(override)
    for start in (Path.cwd(), Path(__file__).resolve()):
        for folder in (start, *start.parents):
            if (folder / "_toc.yml").exists() and (folder / "pyproject.toml").exists():
                return folder
    return Path.cwd()


def data_root() -> Path:
    """Where data sets are kept: ``DISCRIMINATIVE_DATA``, else a folder in the platform's cache."""
    override = os.environ.get("DISCRIMINATIVE_DATA")
    if override:
        if Path(override).exists() and not Path(override).is_dir():
            raise ValueError(f"DISCRIMINATIVE_DATA names {override}, which is a file; name a folder or unset it")
        return Path(override)
    if os.name == "nt":
        cache = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif os.uname().sysname == "Darwin":
        cache = Path.home() / "Library" / "Caches"
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "discriminative-features"
