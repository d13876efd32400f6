"""The gate `docs`, and what mends what it finds of the help of commands."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import dagger
from dagger import dag

from ci import known, lock, program, project, python, step, verdict, waivers
from ci.docs import settings
from ci.docs.blocks import NAME, Help, Run, mended, read
from ci.docs.settings import DEFAULT, DocsSettings
from ci.errors import SettingsError
from ci.findings import Finding, Look
from ci.inspection.inspection import below
from ci.inspection.linter import SOURCE, Answer
from ci.settings import FILE
from ci.step import Mount, Step
from ci.subject import Subject
from ci.together import together
from ci.verdict import Verdict

_PAGE: Final = ".md"
_PAGES: Final = f"**/*{_PAGE}"
_NAMES: Final = "names"
_FOLDER: Final = "/names"
_OUTPUT: Final = "/documentation.json"
_BLOCK: Final = "block"
_BLOCKS: Final = "/block"
_RUNNERS: Final = {"python": ("python3",), "sh": ("sh", "-eu")}
_ENVIRONMENT: Final = (("COLUMNS", "80"), ("PYTHONDONTWRITEBYTECODE", "1"), ("PYTHONPATH", SOURCE))


@dataclass(frozen=True, slots=True)
class _Documentation:
    """A source's pages, as the program read them."""

    source: dagger.Directory
    settings: DocsSettings
    files: int
    findings: tuple[Finding, ...]
    runs: tuple[Run, ...]
    helps: tuple[Help, ...]

    @property
    def origin(self) -> str:
        """What ran, and where, in words."""
        numbers = ((len(self.runs), "block"), (len(self.helps), "command"))
        blocks, commands = (
            f"{number} {word}{'' if number == 1 else 's'}" for number, word in numbers
        )
        return f"{blocks} and the help of {commands}, run in {self.settings.python_image}"

    async def ran(self, name: str, command: tuple[str, ...], *mounts: Mount) -> Answer:
        """Return how a command in the source ended."""
        container, seen = await _surroundings(self.source, self.settings)
        ran = await step.run(
            Step(
                name=name,
                container=container,
                command=command,
                mounts=(Mount(SOURCE, seen), *mounts),
                expect=dagger.ReturnType.ANY,
                source=SOURCE,
                judged=True,
            )
        )
        return Answer(await ran.exit_code(), await ran.stdout(), await ran.stderr())

    async def helped(self, block: Help) -> Answer:
        """Return what the command of a help prints."""
        return await self.ran(f"help {block.place}", ("sh", "-c", block.command))

    async def looked(self, block: Run) -> list[Finding]:
        """Run a block; return what is to mend."""
        mount = Mount(_BLOCKS, known.folder(((_BLOCK, block.text),)))
        command = (*_RUNNERS[block.language], f"{_BLOCKS}/{_BLOCK}")
        return block.findings(await self.ran(f"block {block.place}", command, mount))


async def judged(subject: Subject) -> Verdict | None:
    """Return what is found, as of today; None if the gate is off. Raises SettingsError."""
    text = await project.text(subject.source)
    read_settings = settings.parse(text)
    if read_settings is None:
        return None
    found = await _read(subject.source, read_settings)

    async def helped(block: Help) -> list[Finding]:
        return block.findings(await found.helped(block))

    looked = await together([*map(found.looked, found.runs), *map(helped, found.helps)])
    findings = (*found.findings, *(each for one in looked for each in one))
    return verdict.judge(
        Look(findings, files=found.files),
        read_settings,
        waivers.addressed(waivers.parse(text), [NAME], findings),
        scanner=found.origin,
        feed="",
        today=dt.datetime.now(dt.UTC).date(),
        tools=(NAME,),
    )


async def fixed(source: dagger.Directory) -> dagger.Changeset:
    """Return the changes that bring the help of commands into step with the code; of one that fails, none."""
    read_settings = settings.parse(await project.text(source))
    after = source
    if read_settings is not None:
        found = await _read(source, read_settings)
        answers = await together([found.helped(block) for block in found.helps])
        pages: dict[str, list[tuple[Help, str]]] = {}
        for block, answer in zip(found.helps, answers, strict=True):
            if answer.exit_code == 0 and block.findings(answer):
                pages.setdefault(block.path, []).append((block, answer.stdout))
        for path, changes in pages.items():
            text = await source.file(path).contents()
            after = after.with_new_file(path, mended(text, changes))
    return after.changes(source)


@known.shared
async def _surroundings(
    source: dagger.Directory, chosen: DocsSettings
) -> tuple[dagger.Container, dagger.Directory]:
    """Return the container that blocks and commands run in, and what they see of the source."""
    made = dag.container().from_(chosen.python_image)
    if chosen.requirements:
        text = await lock.read(source, chosen.requirements, f"{chosen.table}.requirements")
        made = await python.container(chosen.python_image, text)
    for name, value in (*_ENVIRONMENT, *chosen.environment):
        made = made.with_env_variable(name, value)
    seen = source.filter(include=[*chosen.include])
    return known.once(made.with_workdir(SOURCE)), known.once(seen)


async def _read(source: dagger.Directory, chosen: DocsSettings) -> _Documentation:
    """Return what the program reads of the pages. Of other files it knows the names alone."""
    names = [name for name in await source.glob("**") if not name.endswith("/")]
    _check(chosen, names)
    reading = (
        (await program.container("documentation"))
        .with_mounted_directory(SOURCE, source.filter(include=[_PAGES]))
        .with_mounted_directory(_FOLDER, known.folder(((_NAMES, "\n".join(sorted(names))),)))
    )
    arguments = [SOURCE, f"--names={_FOLDER}/{_NAMES}", f"--output={_OUTPUT}"]
    arguments += [f"--path={path.removeprefix('./')}" for path in chosen.paths]
    arguments += [f"--language={language}" for language in chosen.languages]
    if chosen.external:
        # Of today: the web's answers of another day would do without the date.
        today = dt.datetime.now(dt.UTC).date().isoformat()
        reading = reading.with_env_variable("ASKED_ON", today)
        arguments.append("--external")
    ran = reading.with_exec(arguments, use_entrypoint=True)
    document = json.loads(await ran.file(_OUTPUT).contents())
    findings, runs, helps = read(document)
    return _Documentation(
        source, chosen, document["files"], tuple(findings), tuple(runs), tuple(helps)
    )


def _check(chosen: DocsSettings, names: Iterable[str]) -> None:
    """Raise SettingsError for a path without a page: what it is to hold, nobody would look at.

    The default is whatever of it there is.
    """
    pages = [name for name in names if name.endswith(_PAGE)]
    lost = [path for path in chosen.paths if not any(below(path, page) for page in pages)]
    if lost and (chosen.paths != DEFAULT or len(lost) == len(chosen.paths)):
        raise SettingsError(
            f"{chosen.table}.paths in {FILE} names no page: {', '.join(lost)}",
            "Name Markdown files, or folders with some, below the repository's root.",
        )
