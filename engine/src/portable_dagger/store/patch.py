"""Patches in git's form, made and applied by git outside of any repository."""

from __future__ import annotations

import hashlib
import os
import posixpath
import stat as modes
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.errors import PatchError, RuntimeToolError
from portable_dagger.store.changes import Place, compare, part
from portable_dagger.store.copy import extract
from portable_dagger.store.edit import Draft, edited

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.store.snapshot import Snapshot
    from portable_dagger.store.store import Store

DIFFERENT = 1
"""Exit code of `git diff --no-index` where something differs."""

KINDS = {"A": "ADDED", "D": "REMOVED", "R": "RENAMED"}
"""Letters of `git diff --raw`; all others are MODIFIED."""


@dataclass(frozen=True, slots=True)
class FileStat:
    """How one file changed: its kind (see KINDS), and how many lines came and went (0 for binary files)."""

    path: str
    kind: str
    added: int = 0
    removed: int = 0
    old_path: str | None = None


def git(
    arguments: Sequence[str], folder: Path, data: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder, without anybody's configuration; RuntimeToolError when it is not installed."""
    surroundings = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
    }
    try:
        return subprocess.run(  # noqa: S603  our own arguments
            ["git", *arguments],  # noqa: S607  found on the host's PATH
            cwd=folder,
            env=surroundings,
            input=data,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise RuntimeToolError("git is not installed; patches need it", "install git") from error


def diff(store: Store, before: Place, after: Place) -> bytes:
    """Return the patch that leads from one directory to the other; empty when they are equal."""
    # Without a prefix, git's renames name a/NAME and b/NAME, and would not apply.
    return _compared(store, before, after, ["--no-renames"])


def statistics(store: Store, before: Place, after: Place) -> list[FileStat]:
    """Return how each file changed, sorted by path; a file that moved is one change."""
    fields = _compared(store, before, after, ["--raw", "--numstat", "-z"]).decode(errors="replace")
    parts = iter(fields.split("\0")[:-1])
    kinds: dict[str, str] = {}
    found: list[FileStat] = []
    for field in parts:
        if field.startswith(":"):
            letter = field.rpartition(" ")[2][0]
            old = next(parts)
            new = next(parts) if letter in "RC" else old
            kinds[new[2:]] = KINDS.get(letter, "MODIFIED")
            continue
        added, removed, path = field.split("\t")
        # To git the sides' names differ, a/NAME and b/NAME, so it gives both; a missing side is /dev/null.
        old, new = (path, path) if path else (next(parts), next(parts))
        name = (old if new == os.devnull else new)[2:]
        found.append(
            FileStat(
                name,
                kinds[name],
                int(added) if added != "-" else 0,
                int(removed) if removed != "-" else 0,
                old[2:] if kinds[name] == "RENAMED" else None,
            )
        )
    return sorted(found, key=lambda stat: stat.path)


def _compared(store: Store, before: Place, after: Place, options: list[str]) -> bytes:
    """Compare by git what differs, put into folders a/ and b/."""
    found = compare(store, before, after)
    with tempfile.TemporaryDirectory(prefix="portable-dagger-") as folder:
        for name, place, paths in (
            ("a", before, [*found.modified, *found.removed]),
            ("b", after, [*found.modified, *found.added]),
        ):
            side = Path(folder, name)
            side.mkdir()
            extract(store, part(store, place, paths), "/", side)
        arguments = ["diff", "--no-index", "--no-prefix", "--no-color", *options, "a", "b"]
        answer = git(arguments, Path(folder))
    if answer.returncode not in {0, DIFFERENT}:
        raise PatchError(f"git diff failed: {answer.stderr.decode(errors='replace')}")
    return answer.stdout


def patched(store: Store, snapshot: Snapshot, path: str, patch: bytes) -> Snapshot:
    """Apply a patch to a directory; PatchError when it does not fit."""

    def write(draft: Draft) -> None:
        with tempfile.TemporaryDirectory(prefix="portable-dagger-") as name:
            folder = Path(name)
            extract(store, snapshot, path, folder)
            before = _marks(folder)
            answer = git(["apply", "--whitespace=nowarn", "-"], folder, patch)
            if answer.returncode != 0:
                raise PatchError(
                    f"failed to apply patch: {answer.stderr.decode(errors='replace').strip()}",
                    "make the patch from the same files",
                )
            after = _marks(folder)
            for inner in sorted(before.keys() - after.keys()):
                if posixpath.dirname(inner) not in before.keys() - after.keys():
                    draft.whiteout(posixpath.join(path, inner))
            for inner in sorted(after):
                if after[inner] != before.get(inner):
                    _put(draft, posixpath.join(path, inner), folder / inner)

    digest = hashlib.sha256(patch).hexdigest()
    return edited(store, snapshot, ["patch", path, digest], write) if patch.strip() else snapshot


def _marks(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return by relative path what tells a new file from the one that was there; directories count by being there."""
    found: dict[str, tuple[int, ...]] = {}
    for place in folder.rglob("*"):
        status = place.lstat()
        directory = modes.S_ISDIR(status.st_mode)
        found[place.relative_to(folder).as_posix()] = (
            (status.st_mode,)
            if directory
            else (status.st_mode, status.st_ino, status.st_size, status.st_mtime_ns)
        )
    return found


def _put(draft: Draft, path: str, source: Path) -> None:
    status = source.lstat()
    if source.is_symlink():
        place = draft.place(path)
        place.unlink(missing_ok=True)
        place.symlink_to(source.readlink())
    elif source.is_dir():
        draft.folder(path, None, None, modes.S_IMODE(status.st_mode))
    else:
        known = draft.tree.lookup(path, follow=False)
        owner = (known.stat.st_uid, known.stat.st_gid) if known is not None else None
        draft.file(path, source.read_bytes(), modes.S_IMODE(status.st_mode), owner)
