"""The suite of a source, as the settings have it and as somebody selects from it."""

import datetime as dt

import dagger

from ci import failures, hash_seed, known, lock, matrix, project, settings, table
from ci.errors import SuiteError
from ci.matrix import Selection
from ci.settings import FILE, TABLE
from ci.subject import Subject
from ci.suite import Suite, SuiteRun
from ci.verdict import Verdict


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


async def judged(subject: Subject) -> Verdict | None:
    """Return what the suite comes to today, None if it is off. Raises SettingsError and SelectionError."""
    if "test" not in settings.our_tables(await project.text(subject.source)):
        return None
    ran = await run(subject.source, subject.selection)
    return failures.judge(ran.summary, dt.datetime.now(dt.UTC).date())


async def passed(source: dagger.Directory, selection: Selection) -> str:
    """Run the suite and return its table. Raises SuiteError with it if the suite is not green."""
    summary = (await run(source, selection)).summary
    text = table.render(summary)
    if not summary.green:
        raise SuiteError(f"{table.verdict(summary)}\n\n{text}\n")
    return f"{text}\n"
