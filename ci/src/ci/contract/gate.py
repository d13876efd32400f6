"""The gate `contract`: the document is what the code gives, breaks no client, and the service keeps it."""

import datetime as dt
import shlex
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Final

import dagger

from ci import baseline, go, known, project, python, step, verdict, waivers
from ci.contract import document, oasdiff, schemathesis, service, settings
from ci.contract.settings import CONTRACT, ContractSettings, ServiceSettings
from ci.errors import SettingsError, ToolError
from ci.findings import Finding, Look
from ci.output import last_lines
from ci.program import IMAGE
from ci.settings import FILE
from ci.step import Mount, Step
from ci.subject import Subject
from ci.together import together
from ci.verdict import Verdict

_DOCUMENTS: Final = "/documents"
_REPORT: Final = "/report"
_OUTPUT: Final = f"{_REPORT}/output.txt"
_SHORT: Final = 12


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of the gate found, with which tool, and by what, in words."""

    tool: str
    words: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Contract:
    """A source with its document, and what the settings say of them. text: of its pyproject.toml."""

    subject: Subject
    settings: ContractSettings
    text: str
    committed: str

    async def compared(self) -> Part:
        """Return what the document breaks for clients of the baseline's. Nothing runs where it is the same."""
        name = oasdiff.NAME
        reference = baseline.reference(self.text, self.subject.since)
        if not reference:
            return Part(name, f"compared with nothing: {FILE} has no [{baseline.BASELINE}]")
        base = await baseline.find(self.subject.git, reference)
        where = f"{base.commit[:_SHORT]} of {base.reference}"
        before = await _before(base.source, self.settings.document)
        if before is None:
            return Part(name, f"compared with nothing: {where} has no such document")
        if before == self.committed:
            return Part(name, f"the same as at {where}")
        suffix = PurePosixPath(self.settings.document).suffix
        texts = ((f"before{suffix}", before), (f"after{suffix}", self.committed))
        tool = await go.build(oasdiff.FOLDER, oasdiff.PACKAGE)
        command = oasdiff.command(*(f"{_DOCUMENTS}/{file}" for file, _ in texts))
        mounts = (Mount(_DOCUMENTS, known.folder(texts)),)
        ran = await _run("contract breaking", tool.container, command, mounts=mounts)
        if await ran.exit_code():
            raise ToolError(
                f"{name} broke off:\n{await _last_lines(ran)}",
                f"Nothing is known of the contract until it runs: mend {self.settings.document}.",
            )
        found = tuple(oasdiff.read(await ran.file(_OUTPUT).contents(), self.settings.document))
        return Part(name, f"{tool.origin}, against {where}", found)

    async def current(self, application: dagger.Container) -> Part:
        """Return whether the document is what the code gives."""
        command = self.settings.command
        words = shlex.join(command)
        ran = await _run("contract document", application, [*command])
        if await ran.exit_code():
            raise ToolError(
                f"`{words}` broke off, so that the document is not known:\n{await _last_lines(ran)}",
                f"{CONTRACT}.command in {FILE} has to print the document.",
            )
        given = await ran.file(_OUTPUT).contents()
        found = document.outdated(self.committed, given, self.settings.document, words)
        return Part(document.NAME, f"held against `{words}`", (found,) if found else ())

    async def kept(self, application: dagger.Container, wanted: ServiceSettings) -> Part:
        """Return where the running service does not keep its document."""
        server = service.server(application, self.text)
        address = service.address(server, self.text)
        lock = files("ci.contract").joinpath(schemathesis.LOCK).read_text(encoding="utf-8")
        container = await (await python.container(IMAGE, lock)).sync()
        command = schemathesis.command(wanted, address, _REPORT)
        try:
            ran = await _run("contract service", container, command, servers=(server,))
            names = await ran.directory(_REPORT).entries()
        except dagger.QueryError as error:
            raise ToolError(
                f"the service does not start: {error}\n{await service.words(server)}",
                "Nothing is known of the service until it runs: `dagger up serve` shows it by itself.",
            ) from None
        if schemathesis.SUMMARY not in names:
            raise ToolError(
                f"{schemathesis.NAME} broke off:\n{await _last_lines(ran)}",
                f"Nothing is known of the service until it gives its document at {wanted.path}.",
            )
        folder = ran.directory(_REPORT)
        summary = schemathesis.summary(await folder.file(schemathesis.SUMMARY).contents())
        found: tuple[Finding, ...] = ()
        if summary.failures:
            events = await folder.file(schemathesis.EVENTS).contents()
            found = tuple(schemathesis.read(events, address, self.settings.document))
        if bool(found) != bool(await ran.exit_code()):
            raise ToolError(
                f"{schemathesis.NAME} says otherwise than its report:\n{await _last_lines(ran)}",
                "Lock a version of it whose reports this module reads.",
            )
        return Part(schemathesis.NAME, f"{schemathesis.origin(lock)}, {summary}", found)


async def judged(subject: Subject) -> Verdict | None:
    """Return what the gate comes to today, None if it is off. Raises SettingsError, ToolError, ReportError."""
    text = await project.text(subject.source)
    read = settings.parse(text)
    if read is None:
        return None
    if not await subject.source.exists(read.document):
        raise SettingsError(
            f"{CONTRACT}.document in {FILE} names {read.document!r}, which is not in the source",
            "Name the OpenAPI document, by its path below the repository's root.",
        )
    committed = await subject.source.file(read.document).contents()
    contract = Contract(subject, read, text, committed)
    work = [contract.compared()]
    if read.command or read.service:
        application = await service.container(subject.source, text)
        work += [contract.current(application)] if read.command else []
        work += [contract.kept(application, read.service)] if read.service else []
    parts = await together(work)
    tools = tuple(part.tool for part in parts)
    found = tuple(finding for part in parts for finding in part.findings)
    return verdict.judge(
        Look(found, files=1),
        read,
        waivers.addressed(waivers.parse(text), tools, found),
        scanner="; ".join(part.words for part in parts),
        feed="",
        today=dt.datetime.now(dt.UTC).date(),
        tools=tools,
    )


async def _before(base: dagger.Directory, path: str) -> str | None:
    """Return the baseline's document, None where it has none; one that was moved since is where its settings say."""
    if not await base.exists(path) and await base.exists(FILE):
        read = settings.parse(await base.file(FILE).contents())
        path = read.document if read else path
    return await base.file(path).contents() if await base.exists(path) else None


async def _run(
    name: str,
    container: dagger.Container,
    command: list[str],
    *,
    mounts: tuple[Mount, ...] = (),
    servers: tuple[step.Server, ...] = (),
) -> dagger.Container:
    """Run a command whose output is for this module: it goes into a file, and not to those who look on."""
    ran = await step.run(
        Step(
            name=name,
            container=container.with_directory(_REPORT, known.folder()),
            command=("sh", "-c", f'exec "$@" > {_OUTPUT}', name, *command),
            mounts=mounts,
            servers=servers,
            expect=dagger.ReturnType.ANY,
            judged=True,
        )
    )
    return await ran.sync()


async def _last_lines(ran: dagger.Container) -> str:
    """Return the end of what a command said, on its standard error or else where it printed."""
    said = (await ran.stderr()).strip() or (await ran.file(_OUTPUT).contents()).strip()
    return last_lines(said)
