"""The suite in its cells: pytest in a container, with a database of its own and coverage measured."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import anyio
import dagger
from dagger import dag

from ci import coverage, hash_seed, junit, known, postgres, python, step
from ci.errors import ReportError
from ci.matrix import Cell
from ci.output import last_lines
from ci.results import Result, Summary
from ci.settings import VERSION, SuiteSettings
from ci.step import Mount, Server, Step

SOURCE: Final = "/src"
REPORT: Final = "/report"
JUNIT: Final = "junit.xml"
COBERTURA: Final = "coverage.xml"
LINES: Final = "coverage.json"
DATA: Final = "coverage.data"

_CELLS: Final = "/cells"
_NO_TESTS: Final = 5
"""pytest's exit code for: no tests were collected."""

_WHOLE: Final = frozenset({0, 1})
"""pytest's exit codes for: all tests ran. With a file that it cannot collect, for one, none does."""


@dataclass(frozen=True, slots=True)
class CellRun:
    """A cell that ran: its result, its container after pytest, and the files in REPORT."""

    result: Result
    container: dagger.Container = field(default_factory=dag.container)
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """All cells, and the container that holds their coverage together in REPORT, if there is any."""

    summary: Summary
    cells: tuple[CellRun, ...]
    merged: dagger.Container | None


@dataclass(frozen=True)
class Suite:
    """What every cell shares: settings, source, the lock's file and the selection of tests."""

    settings: SuiteSettings
    source: dagger.Directory
    """What the suite sees of the repository."""

    lock: str
    """The text of the lock with what the suite imports."""

    select: str | None
    seed: str
    """The seed of hashes; the environment in the settings may have another one."""

    async def run(self, cells: Sequence[Cell]) -> SuiteRun:
        """Run the suite in all `cells` side by side; a red or crashed cell stops no other."""
        start = time.monotonic()
        runs: dict[Cell, CellRun] = {}

        async def run(cell: Cell) -> None:
            runs[cell] = await self._run(cell)

        async with anyio.create_task_group() as group:
            for cell in cells:
                group.start_soon(run, cell)
        ordered = tuple(runs[cell] for cell in cells)
        merged = await self._merge(ordered)
        total = None
        if merged is not None:
            text = await merged.file(f"{REPORT}/{COBERTURA}").contents()
            total = coverage.parse(text)
        summary = Summary(
            results=tuple(run.result for run in ordered),
            coverage=total,
            # Some of the tests cannot cover what all of them do.
            threshold=0 if self.select else self.settings.coverage_threshold,
            seconds=time.monotonic() - start,
            seed=dict(self.settings.environment).get(hash_seed.VARIABLE, self.seed),
        )
        return SuiteRun(summary, ordered, merged)

    async def _run(self, cell: Cell) -> CellRun:
        try:
            container = await (await step.run(await self._step(cell))).sync()
            code = await container.exit_code()
            report = container.directory(REPORT)
            names = tuple(await report.entries())
            results = measured = None
            if JUNIT in names:
                results = junit.parse(await report.file(JUNIT).contents())
            if COBERTURA in names:
                measured = coverage.parse(await report.file(COBERTURA).contents())
            crash = ""
            if results is None or code not in _WHOLE or (code and not results.failed):
                crash = self._reason(code, await container.combined_output())
        except dagger.ExecError as error:
            output = f"{error.stdout}\n{error.stderr}"
            crash = _broken(f"exit code {error.exit_code}: {' '.join(error.command)}", output)
            return CellRun(Result(cell, crash=crash))
        except (dagger.QueryError, ReportError) as error:
            return CellRun(Result(cell, crash=str(error)))
        return CellRun(Result(cell, results, measured, crash), container, names)

    def _reason(self, code: int, output: str) -> str:
        if code == _NO_TESTS:
            which = f"matches {self.select!r}" if self.select else "was found"
            return f"no test {which} in {', '.join(self.settings.paths)}"
        return _broken(f"pytest ended with exit code {code}", output)

    async def _step(self, cell: Cell) -> Step:
        """Return pytest in a cell; with the same content it has the same seed, and so is the same step."""
        container = (await self._container(cell)).with_env_variable(hash_seed.VARIABLE, self.seed)
        servers: tuple[Server, ...] = ()
        if cell.postgres is not None:
            image = self.settings.postgres_image.replace(VERSION, cell.postgres)
            address = postgres.url(self.settings.database_scheme)
            # The suite of the baseline may run beside this one: what differs has another server.
            servers = (postgres.server(image, f"{cell.name} {self.seed}"),)
            container = container.with_env_variable(self.settings.database_variable, address)
        for name, value in self.settings.environment:
            container = container.with_env_variable(name, value)
        command = ["python", "-m", "pytest", *self.settings.paths, "-p", "no:cacheprovider"]
        command += [f"--junitxml={REPORT}/{JUNIT}"]
        command += [f"--cov={package}" for package in self.settings.packages]
        # The threshold is one for all cells together.
        command += [f"--cov-report=xml:{REPORT}/{COBERTURA}", "--cov-fail-under=0"]
        if self.select:
            command += ["-k", self.select]
        return Step(
            name=f"test {cell.name}",
            container=container,
            command=tuple(command),
            # Last, so that an edit changes nothing below it.
            mounts=(Mount(SOURCE, self.source),),
            servers=servers,
            expect=dagger.ReturnType.ANY,
            source=SOURCE,
            reports=(f"{REPORT}/{JUNIT}",),
        )

    async def _container(self, cell: Cell) -> dagger.Container:
        """Return the container of a cell's Python version, which works in SOURCE."""
        image = self.settings.python_image.replace(VERSION, cell.python)
        return (
            (await python.container(image, self.lock))
            .with_directory(REPORT, known.folder())
            # Nothing but the reports is written, and those not into the source.
            .with_env_variable("PYTHONDONTWRITEBYTECODE", "1")
            .with_env_variable("COVERAGE_FILE", f"{REPORT}/{DATA}")
            .with_workdir(SOURCE)
        )

    async def _merge(self, runs: Sequence[CellRun]) -> dagger.Container | None:
        """Combine the coverage of the cells line by line, with the tools of the last one measured."""
        measured = [run for run in runs if {DATA, COBERTURA} <= set(run.files)]
        if not measured:
            return None
        container = await self._container(measured[-1].result.cell)
        container = container.with_mounted_directory(SOURCE, self.source)
        paths = []
        for run in measured:
            path = f"{_CELLS}/{run.result.cell.name}/{DATA}"
            container = container.with_mounted_file(path, run.container.file(f"{REPORT}/{DATA}"))
            paths.append(path)
        return container.with_exec(
            ["python", "-m", "coverage", "combine", "--keep", *paths]
        ).with_exec(
            ["python", "-m", "coverage", "xml", "--fail-under=0", "-o", f"{REPORT}/{COBERTURA}"]
        )


async def lines(merged: dagger.Container) -> str:
    """Return the coverage of all cells line by line, as coverage.py's JSON."""
    path = f"{REPORT}/{LINES}"
    command = ["python", "-m", "coverage", "json", "--quiet", "--fail-under=0", "-o", path]
    return await merged.with_exec(command).file(path).contents()


def _broken(what: str, output: str) -> str:
    return f"{what}\n{last_lines(output)}"
