"""Changes of one directory done on top of changes of another: a three-way merge, file by file."""

from __future__ import annotations

import enum
import stat as modes
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.errors import MergeConflictError
from portable_dagger.store import edit
from portable_dagger.store.changes import Place, applied, differ, entries
from portable_dagger.store.copy import copy
from portable_dagger.store.patch import git

if TYPE_CHECKING:
    from portable_dagger.store.snapshot import Snapshot
    from portable_dagger.store.store import Store
    from portable_dagger.store.tree import Entry


class OnConflict(enum.Enum):
    """What happens to files that both sides changed."""

    FAIL_EARLY = "fail, even if their lines could be merged"
    FAIL = "fail where lines cannot be merged"
    LEAVE_CONFLICT_MARKERS = "write both sides' lines between markers"
    PREFER_OURS = "take our lines"
    PREFER_THEIRS = "take their lines"


OPTIONS = {OnConflict.PREFER_OURS: ["--ours"], OnConflict.PREFER_THEIRS: ["--theirs"]}
"""Options of `git merge-file`."""

MOST_CONFLICTS = 127
"""Exit codes of `git merge-file` up to here count conflicts; above, it failed (as it does with binary files)."""

Entries = dict[str, "Entry"]


def merged(
    store: Store, ours: tuple[Place, Place], theirs: tuple[Place, Place], on_conflict: OnConflict
) -> Snapshot:
    """Return our newer directory's snapshot with their changes; both are given as (before, after).

    MergeConflictError names the files that do not go together.
    """
    target = ours[1]
    base, their = entries(store, theirs[0]), entries(store, theirs[1])
    our = entries(store, target)
    our_changes = _changed(store, entries(store, ours[0]), our)
    their_changes = _changed(store, base, their)
    both = sorted(
        path for path in our_changes & their_changes if not _same(store, our, their, path)
    )
    if both and on_conflict is OnConflict.FAIL_EARLY:
        raise MergeConflictError(f"conflict: both sides changed {', '.join(both)}")
    root = applied(store, target, *theirs)
    result = entries(store, (root, target[1]))
    kept = {path for path in our_changes - their_changes if path in our and path not in result}
    for path in sorted(kept):  # they removed the directory that we put it into
        root = copy(store, root, _inside(target, path), target[0], _inside(target, path))
    conflicts: list[str] = []
    for path in both:
        sides = (our.get(path), base.get(path), their.get(path))
        text, clean = _merged_text(sides, on_conflict)
        chosen = sides[2] if on_conflict is OnConflict.PREFER_THEIRS else sides[0]
        if on_conflict is OnConflict.LEAVE_CONFLICT_MARKERS:
            chosen = sides[0] or sides[2]
        if not clean and on_conflict is OnConflict.FAIL:
            conflicts.append(path)
        elif text is not None and sides[0] is not None:
            owner = (sides[0].stat.st_uid, sides[0].stat.st_gid)
            mode = modes.S_IMODE(sides[0].stat.st_mode)
            root = edit.write_file(store, root, _inside(target, path), text, mode, owner)
        elif chosen is None:
            root = edit.remove(store, root, [_inside(target, path)], "any")
        else:
            source = theirs[1] if chosen is sides[2] else target
            root = copy(store, root, _inside(target, path), source[0], _inside(source, path))
    if conflicts:
        raise MergeConflictError(
            "\n".join(f"CONFLICT (content): Merge conflict in {path}" for path in conflicts),
            "choose a side with onConflict",
        )
    return root


def _inside(place: Place, path: str) -> str:
    return f"{place[1].rstrip('/')}/{path}"


def _changed(store: Store, before: Entries, after: Entries) -> set[str]:
    """Return the files, not directories, that were added, modified or removed."""
    return {
        path
        for path in before.keys() | after.keys()
        if not path.endswith("/") and not _same(store, before, after, path)
    }


def _same(store: Store, one: Entries, other: Entries, path: str) -> bool:
    if path not in one or path not in other:
        return path not in one and path not in other
    return not differ(store, one[path], other[path])


def _merged_text(
    sides: tuple[Entry | None, Entry | None, Entry | None], on_conflict: OnConflict
) -> tuple[bytes | None, bool]:
    """Merge our, the base's and their file; returns the text (None: one side has to be taken) and if it is clean."""
    our, base, their = sides
    resolved = on_conflict in OPTIONS
    if our is None or their is None or not (our.is_file and their.is_file):
        return None, resolved
    with tempfile.TemporaryDirectory(prefix="portable-dagger-") as name:
        folder = Path(name)
        for label, entry in (("ours", our), ("base", base), ("theirs", their)):
            data = entry.source.read_bytes() if entry is not None and entry.is_file else b""
            (folder / label).write_bytes(data)
        options = OPTIONS.get(on_conflict, [])
        answer = git(["merge-file", "-p", *options, "ours", "base", "theirs"], folder)
    if answer.returncode > MOST_CONFLICTS:
        return None, resolved
    return answer.stdout, answer.returncode == 0
