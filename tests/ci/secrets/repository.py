"""A git repository with the corpus in it: each case in one place, so that no part of the history is left out."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

from tests.ci.secrets import held_out
from tests.ci.secrets.corpus import Case, cases
from tests.ci.secrets.negatives import NEGATIVES
from tests.ci.secrets.positives import POSITIVES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CORPUS: Final = (
    *cases(POSITIVES, secret=True),
    *cases(held_out.POSITIVES, secret=True, held_out=True),
    *cases(NEGATIVES, secret=False),
    *cases(held_out.NEGATIVES, secret=False, held_out=True),
)
PLACES: Final = (
    "in a commit",
    "removed again",
    "on another branch",
    "at a tag alone",
    "in a merge",
    "in a conflict",
    "not committed",
)
SETTINGS: Final = "[tool.ci.secrets]\n"
CONFLICT: Final = "one side\n"

_ENVIRONMENT: Final = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
}
_WHO: Final = ("-c", "user.name=Ada", "-c", "user.email=ada@shop.test")


def place(case: Case) -> str:
    """Return where a case is: the places take turns."""
    return PLACES[CORPUS.index(case) % len(PLACES)]


def git(folder: Path, *words: str, check: bool = True) -> None:
    """Run git in a repository."""
    command = ["git", "-C", str(folder), *_WHO, *words]
    environment = {**os.environ, **_ENVIRONMENT}
    subprocess.run(command, env=environment, check=check, capture_output=True)


def make(folder: Path) -> None:
    """Make the repository in a new folder."""
    chosen = {where: [case for case in CORPUS if place(case) == where] for where in PLACES}
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    # What attributes hide from `git log` is no less there.
    (folder / ".gitattributes").write_text("*.lock -diff\n*.dat binary\n", encoding="utf-8")
    _write(folder, chosen["in a commit"])
    _commit(folder, "begin")
    _write(folder, chosen["removed again"])
    _commit(folder, "add")
    for case in chosen["removed again"]:
        (folder / case.path).unlink()
    _commit(folder, "remove")
    for branch, where in (("topic", "on another branch"), ("tagged", "at a tag alone")):
        git(folder, "switch", "--quiet", "--create", branch)
        _write(folder, chosen[where])
        _commit(folder, branch)
        git(folder, "switch", "--quiet", "main")
    git(folder, "tag", "v0", "tagged")
    git(folder, "branch", "--delete", "--force", "tagged")
    _merge(folder, chosen["in a merge"], chosen["in a conflict"])
    _write(folder, chosen["not committed"])


def _merge(folder: Path, merged: Iterable[Case], conflicting: Iterable[Case]) -> None:
    """Merge two sides that both have a file for each of `conflicting`; the merge itself has what the cases hold."""
    conflicting = tuple(conflicting)
    for branch in ("side", "main"):
        git(folder, "switch", "--quiet", *(["--create"] if branch == "side" else []), branch)
        for case in conflicting:
            path = folder / case.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{CONFLICT} {branch}\n", encoding="utf-8")
        _commit(folder, branch)
    git(folder, "merge", "--no-commit", "side", check=False)
    _write(folder, [*merged, *conflicting])
    _commit(folder, "merge")


def _write(folder: Path, chosen: Iterable[Case]) -> None:
    for case in chosen:
        path = folder / case.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(case.text, encoding="utf-8")


def _commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", f"--message={message}")
