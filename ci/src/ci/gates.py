"""The gates whose failing steps can be captured, by their names: each says what it came to, and whether it is red."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import dagger

from ci import (
    hash_seed,
    image_settings,
    images,
    inspecting,
    inspection,
    known,
    lock,
    matrix,
    project,
    scan,
    serving,
    settings,
    step,
    table,
)
from ci.errors import CiError, SelectionError
from ci.settings import FILE, TABLE
from ci.suite import Suite, SuiteRun
from ci.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of the suite runs: Python and Postgres versions, and tests; None is all."""

    python: list[str] | None = None
    postgres: list[str] | None = None
    tests: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a gate came to, in words."""

    text: str
    red: bool


Gate = Callable[[], Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class Gates:
    """The gates of a source; git: its repository, feed: Trivy's database (see `ci.scan`)."""

    source: dagger.Directory
    git: dagger.GitRepository
    selection: Selection
    feed: dagger.Directory | None = None

    async def run(self, name: str) -> Result:
        """Run a gate; an error that is its answer is a red result. Raises SelectionError for a name that is none."""
        gates: dict[str, Gate] = {
            "test": self._test,
            "images": self._images,
            "scan": self._scan,
            "serve": self._serve,
            **{name: partial(self._inspection, name) for name in inspection.GATES},
        }
        if name not in gates:
            raise SelectionError(f"{name!r} is no gate", f"There is {', '.join(gates)}.")
        try:
            return await gates[name]()
        except dagger.ExecError as error:
            command = " ".join(error.command)
            said = f"{error.stdout}\n{error.stderr}".strip()
            return Result(f"exit code {error.exit_code}: {command}\n{said}\n", red=True)
        except (CiError, dagger.QueryError) as error:
            return Result(f"{error}\n", red=True)

    async def _test(self) -> Result:
        summary = (await suite(self.source, self.selection)).summary
        return Result(f"{table.render(summary)}\n", red=not summary.green)

    async def _images(self) -> Result:
        return Result((await images.build(self.source, self.git)).table(), red=False)

    async def _scan(self) -> Result:
        found = await scanned(self.source, self.feed, None)
        return Result(f"{found.table()}\n", red=bool(found.faults))

    async def _serve(self) -> Result:
        server = await served(self.source, self.git, None)
        await step.start("serve", server)
        return Result("the application starts\n", red=False)

    async def _inspection(self, gate: str) -> Result:
        found = await inspecting.judged(self.source, gate)
        if found is None:
            return Result(inspecting.OFF.format(name=gate), red=False)
        return Result(f"{found.table()}\n", red=bool(found.faults))


async def suite(source: dagger.Directory, selection: Selection) -> SuiteRun:
    """Run the suite, or a part of it. Raises SettingsError and SelectionError."""
    read = settings.parse(await project.text(source)).test
    requirements = await lock.read(source, read.requirements, f"{TABLE}.test.requirements")
    cells = matrix.cells(
        matrix.narrow(f"{TABLE}.test.python", read.python, selection.python),
        matrix.narrow(f"{TABLE}.test.postgres", read.postgres, selection.postgres),
    )
    seen = known.once(source.filter(include=[FILE, *read.include]))
    seed = hash_seed.derive(await seen.digest())
    return await Suite(read, seen, requirements, selection.tests, seed).run(cells)


async def scanned(
    source: dagger.Directory, feed: dagger.Directory | None, image: dagger.File | None
) -> Verdict:
    """Scan a source, and an image if one is given as a tar. Raises SettingsError, FeedError and ScanError."""
    scanner = await scan.prepare(source, feed)
    look = await scanner.source(source)
    if image is not None:
        look += await scanner.image(image, "image")
    return scanner.judge(look)


async def served(
    source: dagger.Directory, git: dagger.GitRepository, variant: str | None
) -> step.Server:
    """Return the application's server, from its image and with its own database. Raises SettingsError."""
    text = await project.text(source)
    container = await images.container(source, git, variant, None)
    return serving.server(container, image_settings.parse(text), serving.parse(text))
