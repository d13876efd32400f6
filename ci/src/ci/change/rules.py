"""What a change does to what judges it: the settings of gates and tools, the module, the workflows.

Each side is judged by its own rules: a finding counts as fixed where its rule is gone. A person has to see those first.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

import dagger

from ci import project
from ci.change.since import Change
from ci.inspection.settings import CONFIGURATION
from ci.reports.markdown import code
from ci.settings import FILE
from ci.together import both

_FOLDERS: Final = ("ci", "engine", ".ci", ".github")
"""Where this repository has the module, the engine that runs it, and the workflows."""

_FILES: Final = (*(name for name in CONFIGURATION if name != FILE), "dagger", "dagger.json")
_OURS: Final = "ci"
_WAIVERS: Final = "waivers"
_SHOWN: Final = 20


def render(changed: Iterable[str], before: str = "", now: str = "") -> str:
    """Return in Markdown which rules changed, "" for none: of paths that differ, and both texts of pyproject.toml."""
    paths = sorted(changed)
    folders = [
        f"{name}/" for name in _FOLDERS if any(path.startswith(f"{name}/") for path in paths)
    ]
    files = [path for path in paths if _rules(path) and not path.startswith(tuple(folders))]
    tables = _tables(before, now) if FILE in paths else []
    parts = [f"{code(FILE)} ({', '.join(_short(tables))})"] if tables else []
    parts += _short([code(name) for name in (*folders, *files)])
    if not parts:
        return ""
    return f"**The rules changed**: {', '.join(parts)}. Look at these first."


def _rules(path: str) -> bool:
    # `**/` stands for the root, too.
    return any(fnmatchcase(f"/{path}", f"/{each}".replace("/**/", "*/")) for each in _FILES)


def _short(parts: list[str]) -> list[str]:
    more = len(parts) - _SHOWN
    return [*parts[:_SHOWN], f"and {more} more"] if more > 0 else parts


def _tables(before: str, now: str) -> list[str]:
    """Return the tables of tools that differ, of this module's own each by itself, waivers with their numbers."""
    old, new = _read(before), _read(now)
    if old is None or new is None:
        return ["which cannot be read"]
    found = [
        code(f"[tool.{name}]")
        for name in sorted({*old, *new} - {_OURS})
        if old.get(name) != new.get(name)
    ]
    ours, others = _table(old.get(_OURS)), _table(new.get(_OURS))
    for name in sorted({*ours, *others}):
        one, other = ours.get(name), others.get(name)
        if one != other:
            numbers = f": {_moved(one, other)}" if name == _WAIVERS else ""
            found.append(f"{code(f'[tool.{_OURS}.{name}]')}{numbers}")
    return found


def _read(text: str) -> Mapping[str, Any] | None:
    try:
        return _table(tomllib.loads(text).get("tool"))
    except tomllib.TOMLDecodeError:
        return None


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _moved(before: object, now: object) -> str:
    """Return how many entries came and went; one that was edited did both."""
    old, new = (
        Counter(repr(entry) for entry in side) if isinstance(side, list) else Counter[str]()
        for side in (before, now)
    )
    return f"{(new - old).total()} added, {(old - new).total()} removed"


async def compared(source: dagger.Directory, change: Change) -> str:
    """Return which rules a change brings, in Markdown; "" for none. Raises SettingsError."""
    if FILE not in change.changed:
        return render(change.changed)
    before, now = await both(_text(change.baseline.source), project.text(source))
    return render(change.changed, before, now)


async def _text(source: dagger.Directory) -> str:
    return await project.text(source) if await source.exists(FILE) else ""
