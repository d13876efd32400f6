"""The gates that need nothing but the source: what they find is judged, reported, and mended where tools can."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

import dagger
from dagger import dag

from ci import (
    black,
    findings_report,
    inspection,
    inspection_settings,
    known,
    project,
    ruff,
    step,
    verdict,
    waivers,
)
from ci.errors import GateError
from ci.inspection import Inspection
from ci.linter import SOURCE, Answer
from ci.settings import FILE, TABLE
from ci.step import Mount, Step
from ci.together import together
from ci.verdict import Verdict

OFF: Final = f"off: {FILE} has no [{TABLE}.{{name}}]\n"

_FIXES: Final = {ruff.NAME: ruff.fix_command, black.NAME: black.fix_command}
"""The tools that mend what they find, in the order in which they do: Black has the last word on how it looks."""


async def judged(source: dagger.Directory, gate: str) -> Verdict | None:
    """Return what a gate comes to today, None if it is off. Raises SettingsError, ToolError, ReportError."""
    text = await project.text(source)
    planned = inspection.plan(inspection_settings.parse(text), gate)
    if not planned:
        return None
    found = await inspection.look(source, planned)
    tools = tuple(dict.fromkeys(each.linter.name for each in planned))
    origins = dict.fromkeys([await each.origin(source) for each in planned])
    return verdict.judge(
        found,
        planned[0].settings,
        waivers.addressed(waivers.parse(text), tools, found.findings),
        scanner=", ".join(origins),
        feed="",
        today=dt.datetime.now(dt.UTC).date(),
        tools=tools,
    )


async def passed(source: dagger.Directory, gate: str) -> str:
    """Return what a gate says, if it is green or off. Raises GateError with it if it is red."""
    found = await judged(source, gate)
    if found is None:
        return OFF.format(name=gate)
    if found.faults:
        raise GateError(f"{'; '.join(found.faults)}\n\n{found.table()}\n")
    return f"{found.table()}\n"


async def report(source: dagger.Directory, gates: Iterable[str]) -> dagger.Directory:
    """Return a folder for each gate that is not off, with its findings; red ones too."""
    made = dag.directory()
    for gate in gates:
        found = await judged(source, gate)
        if found is not None:
            made = made.with_directory(gate, findings_report.directory(found))
    return made


async def mended(source: dagger.Directory) -> dagger.Changeset:
    """Return what the tools of `format` and `lint` change, where they can mend what they find."""
    settings = inspection_settings.parse(await project.text(source))
    planned = [*inspection.plan(settings, "lint"), *inspection.plan(settings, "format")]
    before = known.once(source)
    after = before
    for tool in _FIXES:
        ours = [each for each in planned if each.linter.name == tool]
        for fixed in await together([_fixed(each, after) for each in ours]):
            after = after.with_directory("/", fixed)
    return after.changes(before)


async def _fixed(inspection: Inspection, source: dagger.Directory) -> dagger.Directory:
    """Return what a tool sees of a source, mended. A file that it cannot read stays as it is: its gate tells it."""
    linter = inspection.linter
    ran = await step.run(
        Step(
            name=f"fix {inspection.name}",
            container=await inspection.container(source),
            command=tuple(_FIXES[linter.name](inspection.paths)),
            mounts=(Mount(SOURCE, inspection.seen(source)),),
            expect=dagger.ReturnType.ANY,
            source=SOURCE,
        )
    )
    linter.ended(Answer(await ran.exit_code(), await ran.stdout(), await ran.stderr()))
    return ran.directory(SOURCE)
