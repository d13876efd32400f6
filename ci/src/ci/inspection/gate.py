"""The gates that need nothing but the source: what they find is judged, reported, and mended where tools can."""

import datetime as dt
from typing import Final

import dagger

from ci import known, project, step, verdict, waivers
from ci.inspection import black, ruff, settings
from ci.inspection.inspection import Inspection, look, plan
from ci.inspection.linter import REPORT, SOURCE, Answer
from ci.step import Mount, Step
from ci.subject import Subject
from ci.together import together
from ci.verdict import Verdict

_FIXES: Final = {ruff.NAME: ruff.fix_command, black.NAME: black.fix_command}
"""The tools that mend what they find, in the order in which they do: Black has the last word on how it looks."""


async def judged(subject: Subject, gate: str) -> Verdict | None:
    """Return what a gate comes to today, None if it is off. Raises SettingsError, ToolError, ReportError."""
    text = await project.text(subject.source)
    planned = plan(settings.parse(text), gate)
    if not planned:
        return None
    if subject.changed is not None:
        planned = [each.narrowed(subject.changed) for each in planned]
    found = await look(subject.source, planned)
    tools = tuple(dict.fromkeys(each.linter.name for each in planned))
    origins = dict.fromkeys([await each.origin(subject.source) for each in planned])
    return verdict.judge(
        found,
        planned[0].settings,
        waivers.addressed(waivers.parse(text), tools, found.findings),
        scanner=", ".join(origins),
        feed="",
        today=dt.datetime.now(dt.UTC).date(),
        tools=tools,
    )


async def mended(source: dagger.Directory) -> dagger.Changeset:
    """Return what the tools of `format` and `lint` change, where they can mend what they find."""
    read = settings.parse(await project.text(source))
    planned = [*plan(read, "lint"), *plan(read, "format")]
    before = known.once(source)
    after = before
    for tool in _FIXES:
        ours = [each for each in planned if each.linter.name == tool]
        fixed = await together([_fixed(each, after) for each in ours])
        for changed in filter(None, fixed):
            after = after.with_directory("/", changed)
    return after.changes(before)


async def _fixed(inspection: Inspection, source: dagger.Directory) -> dagger.Directory | None:
    """Return what a tool sees of a source, mended; None if it finds nothing, which its gate has asked already.

    A file that it cannot read stays as it is: its gate tells it.
    """
    linter = inspection.linter
    found = await inspection.answer(source)
    linter.ended(found)
    if not found.exit_code:
        return None
    ran = await step.run(
        Step(
            name=f"fix {inspection.name}",
            container=await inspection.container(source),
            command=tuple(_FIXES[linter.name](inspection.paths)),
            mounts=(Mount(SOURCE, inspection.seen(source)),),
            expect=dagger.ReturnType.ANY,
            source=SOURCE,
            output=REPORT,
        )
    )
    linter.ended(Answer(await ran.exit_code(), await ran.stdout(), await ran.stderr()))
    return ran.directory(SOURCE)
