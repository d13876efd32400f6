"""Inspections: tools that read a part of the source in a container, planned from the settings."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Final

import dagger

from ci import known, lock, python, step
from ci.errors import SelectionError, SettingsError
from ci.findings import Look
from ci.inspection import GATES
from ci.inspection.bandit import BANDIT
from ci.inspection.black import BLACK
from ci.inspection.flake8 import FLAKE8
from ci.inspection.linter import REPORT, SOURCE, Answer, Linter
from ci.inspection.mypy import MYPY
from ci.inspection.ruff import RUFF
from ci.inspection.settings import CONFIGURATION, Inspections, InspectionSettings
from ci.settings import FILE
from ci.step import Mount, Step
from ci.together import together

_LINTERS: Final = {linter.name: linter for linter in (RUFF, FLAKE8)}
_OWN_LOCK: Final = "bandit.txt"
_EVERYTHING: Final = "."
_SPECIAL: Final = frozenset("*?[]{}\\!")
"""What has a meaning in patterns of paths."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """A tool that reads a part of the source.

    name: of its step, for people. table: of its settings, for messages. paths: those of the settings, or some of them.
    only: the files that it is given of those below the paths; None for all.
    """

    name: str
    table: str
    linter: Linter
    settings: InspectionSettings
    paths: tuple[str, ...]
    only: tuple[str, ...] | None = None

    def narrowed(self, changed: Iterable[str]) -> "Inspection":
        """Return it for the changed files alone, if what it finds in the others is sure to be the same.

        That is so where a file is judged by itself, and neither settings nor the tool have changed. Ruff is given
        everything: which imports are the source's own, and what is a package, it sees by other files; and it is quick.
        """
        only = tuple(sorted(changed))
        settled = (self.settings.requirements, *CONFIGURATION)
        others = [each for each in self.settings.include if not each.endswith((".py", ".pyi"))]
        if (
            not self.linter.alone
            or others
            or any(
                fnmatchcase(f"/{path}", f"*/{pattern.removeprefix('**/')}")
                for path in only
                for pattern in settled
            )
        ):
            return self
        # A pattern would not find such a name: spaces around it are none of its own.
        unfit = _SPECIAL & set("".join(only)) or any(path != path.strip() for path in only)
        return self if unfit else replace(self, only=only)

    async def run(self, source: dagger.Directory) -> Look:
        """Return what the tool finds.

        Raises SettingsError for a lock without the tool or a path without a Python file, ToolError and ReportError.
        """
        count = await self._count(source)
        inspection = self
        if self.only is not None:
            changed = await self._changed(source)
            count, paths = len(changed), [path for path in self.paths if _any([path], changed)]
            if not paths:
                return Look()
            inspection = replace(self, paths=tuple(paths))
        return Look(self.linter.findings(await inspection.answer(source)), files=count)

    async def answer(self, source: dagger.Directory) -> Answer:
        """Return what the tool says of a source, whatever that is. Raises SettingsError for a lock without it."""
        ran = await step.run(
            Step(
                name=self.name,
                container=await self.container(source),
                command=tuple(self.linter.command(self.paths)),
                mounts=(Mount(SOURCE, self.seen(source)),),
                expect=dagger.ReturnType.ANY,
                source=SOURCE,
                output=REPORT,
                judged=True,
            )
        )
        return Answer(await ran.exit_code(), await ran.stdout(), await ran.stderr())

    async def container(self, source: dagger.Directory) -> dagger.Container:
        """Return the container with the tool, which works in SOURCE; of the source it depends on the lock alone."""
        made = await _container(self.settings.python_image, await self.lock(source))
        return made.with_workdir(SOURCE)

    async def lock(self, source: dagger.Directory) -> str:
        """Return the text of the lock with the tool. Raises SettingsError where it has none."""
        path = self.settings.requirements
        if not path:
            return files("ci.inspection").joinpath(_OWN_LOCK).read_text(encoding="utf-8")
        text = await _lock(source, path, f"{self.table}.requirements")
        if not self.linter.version(text):
            raise SettingsError(
                f"{self.table}.requirements in {FILE} names {path!r}, which locks no {self.linter.name}",
                f"Lock {self.linter.name} there, by version and hash.",
            )
        return text

    def seen(self, source: dagger.Directory) -> dagger.Directory:
        """Return what the tool sees of a source: edits of all else run nothing again."""
        seen = _given(source, self.settings.include)
        if self.only is not None:
            only = [file for file in self.only if _any(self.paths, [file])]
            return known.once(seen.filter(include=[*CONFIGURATION, *only]))
        if self.linter.alone and _EVERYTHING not in self.paths:
            below = [f"{path.rstrip('/')}/**" for path in self.paths]
            return known.once(seen.filter(include=[*CONFIGURATION, *self.paths, *below]))
        return seen

    async def origin(self, source: dagger.Directory) -> str:
        """Return which tool it is, in words."""
        where = self.settings.requirements or "this module's own lock"
        return f"{self.linter.name} {self.linter.version(await self.lock(source))} of {where}"

    async def _count(self, source: dagger.Directory) -> int:
        """Return how many Python files the tool is given. Raises SettingsError for a path that has none."""
        found = await _python_files(source, self.settings.include)
        for path in self.paths:
            if not _any([path], found):
                raise SettingsError(
                    f"{self.table}.paths in {FILE} names {path!r}, where the tool sees no Python file",
                    f"Name files and folders below the repository's root that {self.table}.include has, too.",
                )
        return sum(_any(self.paths, [file]) for file in found)

    async def _changed(self, source: dagger.Directory) -> list[str]:
        """Return the files that the tool is given of those that it is to be given alone."""
        found = await _python_files(source, self.settings.include)
        return [file for file in found if file in (self.only or ()) and _any(self.paths, [file])]


@known.shared
async def _container(image: str, text: str) -> dagger.Container:
    """Return the container with what a lock's text names: one for all inspections of a gate that have the same."""
    made = await python.container(image, text)
    return await made.sync()


@known.shared
async def _lock(source: dagger.Directory, path: str, key: str) -> str:
    """Return the text of a lock of the source."""
    return await lock.read(source, path, key)


def _given(source: dagger.Directory, include: tuple[str, ...]) -> dagger.Directory:
    """Return what the settings let tools see of a source, beside what their own settings are in."""
    return known.once(source.filter(include=[*CONFIGURATION, *include]))


@known.shared
async def _python_files(source: dagger.Directory, include: tuple[str, ...]) -> list[str]:
    """Return the paths of the Python files that a gate's tools are given, all its inspections together."""
    found = await _given(source, include).glob("**/*.py*")
    return [path for path in found if path.endswith((".py", ".pyi"))]


def below(path: str, file: str) -> bool:
    """Return whether a file is the path, or somewhere below it."""
    path = path.removeprefix("./").rstrip("/")
    return path in {"", _EVERYTHING, file} or file.startswith(f"{path}/")


def _any(paths: Iterable[str], files: Sequence[str]) -> bool:
    """Return whether any of the files is at or below any of the paths."""
    return any(below(path, file) for path in paths for file in files)


def plan(settings: Inspections, gate: str) -> list[Inspection]:
    """Return what a gate runs, side by side; nothing if it is off. Raises SelectionError for a gate that is none."""
    if gate == "format":
        return list(_of("format", BLACK, settings.format))
    if gate == "lint":
        tools = settings.lint.tools if settings.lint else ()
        return [each for tool in tools for each in _of(tool, _LINTERS[tool], settings.lint)]
    if gate == "types":
        return [
            Inspection(f"types {name}", f"{target.table}.{name}", MYPY, target, target.paths)
            for name, target in settings.types.items()
        ]
    if gate == "code-security":
        return list(_of("code-security", BANDIT, settings.code_security))
    raise SelectionError(f"{gate!r} is no gate of the source", f"There is {', '.join(GATES)}.")


async def look(source: dagger.Directory, planned: list[Inspection]) -> Look:
    """Return what all find, looking side by side; the first that breaks off ends the others."""
    looks = await together([inspection.run(source) for inspection in planned])
    # Two tools may be given the same files.
    files = {each.paths: one.files for each, one in zip(planned, looks, strict=True)}
    found = tuple(finding for one in looks for finding in one.findings)
    return Look(found, files=sum(files.values()))


def _of(name: str, linter: Linter, settings: InspectionSettings | None) -> Iterator[Inspection]:
    """Yield a tool's inspections: one for each path if it can look at them apart, so that an edit runs one again."""
    if settings is None:
        return
    if not linter.alone or len(settings.paths) == 1:
        yield Inspection(name, settings.table, linter, settings, settings.paths)
        return
    for path in settings.paths:
        yield Inspection(f"{name} {path}", settings.table, linter, settings, (path,))
