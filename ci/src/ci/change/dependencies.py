"""What a change does to the packages that locks name: added, removed, or locked by another version."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import dagger

from ci import project, scan_settings
from ci.change.since import Change
from ci.reports.markdown import cell
from ci.together import both, together

_PIN: Final = re.compile(
    r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?\s*===?\s*(?P<version>[^\s;\\#]+)",
    flags=re.MULTILINE,
)
_SEPARATORS: Final = re.compile(r"[-_.]+")
_ROWS: Final = 100
"""As many are shown."""


@dataclass(frozen=True, slots=True, order=True)
class Move:
    """A package of a lock, with its versions at the baseline and now; "" where it is not locked."""

    lock: str
    package: str
    before: str
    now: str


def difference(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[Move, ...]:
    """Return what differs between locks: their texts by their paths."""
    return tuple(
        Move(path, package, old.get(package, ""), new.get(package, ""))
        for path in sorted({*before, *now})
        for old, new in [(_pins(before.get(path, "")), _pins(now.get(path, "")))]
        for package in sorted({*old, *new})
        if old.get(package) != new.get(package)
    )


def _pins(text: str) -> dict[str, str]:
    """Return the versions of a lock's packages; of one with several, as environment markers choose, all of them."""
    found: dict[str, list[str]] = {}
    for pin in _PIN.finditer(text):
        # As PEP 503 compares names.
        found.setdefault(_SEPARATORS.sub("-", pin["name"]).lower(), []).append(pin["version"])
    return {name: ", ".join(sorted(set(versions))) for name, versions in found.items()}


def render(moves: Iterable[Move]) -> str:
    """Return a table in Markdown."""
    moves = tuple(moves)
    if not moves:
        return "No lock names other packages or versions."
    rows = [
        f"| {' | '.join(map(cell, (move.lock, move.package, move.before, move.now)))} |"
        for move in moves[:_ROWS]
    ]
    more = [f"\n… and {len(moves) - _ROWS} more"] if len(moves) > _ROWS else []
    added = sum(not move.before for move in moves)
    removed = sum(not move.now for move in moves)
    summary = f"{added} added, {removed} removed, {len(moves) - added - removed} of another version"
    head = [f"{summary}:", "", "| Lock | Package | Before | Now |"]
    return "\n".join([*head, "|---|---|---|---|", *rows, *more])


async def compared(source: dagger.Directory, change: Change) -> str:
    """Return what a change does to locks, in Markdown. Raises SettingsError."""
    before, now = await both(_texts(change.baseline.source, change), _texts(source, change))
    return render(difference(before, now))


async def _texts(source: dagger.Directory, change: Change) -> dict[str, str]:
    """Return the locks of a source that changed: the files that [tool.ci.scan] takes for some."""
    patterns = scan_settings.parse(await project.text(source)).locks
    paths = [
        path
        for path in sorted(change.changed)
        if any(re.search(pattern, path) for pattern in patterns)
    ]
    there = await together([source.exists(path) for path in paths])
    found = [path for path, exists in zip(paths, there, strict=True) if exists]
    texts = await together([source.file(path).contents() for path in found])
    return dict(zip(found, texts, strict=True))
