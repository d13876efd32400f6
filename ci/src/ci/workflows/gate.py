"""The gate `workflows`: zizmor, actionlint and this module's own rules, side by side."""

import datetime as dt
from functools import partial
from typing import Final

import dagger

from ci import known, project, step, verdict, waivers
from ci.findings import Finding, Look
from ci.inspection.linter import REPORT, SOURCE, Answer, Linter
from ci.step import Mount, Step
from ci.subject import Subject
from ci.together import both, together
from ci.tool import Tool
from ci.verdict import Verdict
from ci.workflows import actionlint, folder, interface, rules, settings, zizmor
from ci.workflows.folder import Folder
from ci.workflows.settings import NAME, WorkflowSettings

TOOLS: Final = (NAME, zizmor.NAME, actionlint.NAME)


async def judged(subject: Subject) -> Verdict | None:
    """Return what the workflows come to today, None if the gate is off.

    Raises SettingsError where there is no workflow or no module, ToolError and ReportError.
    """
    text = await project.text(subject.source)
    held = settings.parse(text)
    if held is None:
        return None
    found = await folder.read(subject.source)
    first, second = await both(zizmor.find(), actionlint.find(held.actionlint_image))
    looked = await together(
        [
            _ruled(subject.source, found, held),
            _look(_zizmor(found), first, found, found.readable),
            _look(_ACTIONLINT, second, found, found.paths),
        ]
    )
    findings = tuple(finding for each in looked for finding in each)
    return verdict.judge(
        Look(findings, files=len((*found.paths, *found.actions))),
        held,
        waivers.addressed(waivers.parse(text), TOOLS, findings),
        scanner=f"{first.origin}, {second.origin}",
        feed="",
        today=dt.datetime.now(dt.UTC).date(),
        tools=TOOLS,
    )


async def _ruled(
    source: dagger.Directory, found: Folder, held: WorkflowSettings
) -> tuple[Finding, ...]:
    offered = await interface.ask(source)
    subject = rules.Subject(found.workflows, offered, held.also_called, found.composite)
    return (*found.findings, *rules.judge(subject))


async def _look(
    linter: Linter, tool: Tool, found: Folder, paths: tuple[str, ...]
) -> tuple[Finding, ...]:
    """Return what a tool finds in files. Raises ToolError and ReportError."""
    if not paths:
        return ()
    # actionlint takes settings and actions from a repository alone.
    repository = known.once(found.seen.with_new_directory(".git"))
    ran = await step.run(
        Step(
            name=linter.name,
            container=tool.container.with_workdir(SOURCE),
            command=tuple(linter.command(paths)),
            mounts=(Mount(SOURCE, repository),),
            expect=dagger.ReturnType.ANY,
            source=SOURCE,
            output=REPORT,
            judged=True,
        )
    )
    return linter.findings(Answer(await ran.exit_code(), await ran.stdout(), await ran.stderr()))


def _zizmor(found: Folder) -> Linter:
    read = partial(zizmor.read, paths=found.readable)
    return Linter(name=zizmor.NAME, command=zizmor.command, read=read, codes=zizmor.CODES)


_ACTIONLINT: Final = Linter(name=actionlint.NAME, command=actionlint.command, read=actionlint.read)
