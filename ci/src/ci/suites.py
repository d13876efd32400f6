"""The suite of a source, as the settings have it and as somebody selects from it."""

import dagger

from ci import hash_seed, known, lock, matrix, project, settings, table
from ci.errors import SuiteError
from ci.matrix import Selection
from ci.settings import FILE, TABLE
from ci.suite import Suite, SuiteRun


async def run(source: dagger.Directory, selection: Selection) -> SuiteRun:
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


async def passed(source: dagger.Directory, selection: Selection) -> str:
    """Run the suite and return its table. Raises SuiteError with it if the suite is not green."""
    summary = (await run(source, selection)).summary
    text = table.render(summary)
    if not summary.green:
        raise SuiteError(f"{table.verdict(summary)}\n\n{text}\n")
    return f"{text}\n"
