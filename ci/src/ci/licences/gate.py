"""The gate `licences`: each package of the locks, held against the lists of the settings."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from ci import project, verdict, waivers
from ci.findings import Finding, Kind, Look, Severity
from ci.licences import licence, wheels
from ci.licences.licence import Lists
from ci.licences.settings import KNOWN, LicencesSettings, parse
from ci.licences.wheels import Licensed, Wheels
from ci.settings import FILE
from ci.subject import Subject
from ci.together import together
from ci.verdict import Verdict

TOOL: Final = "license-expression"
UNKNOWN: Final = "unknown"
"""The identifier of a finding whose licence nobody can tell."""

TARGET: Final = "source"
"""How the source is called in findings."""


async def judged(subject: Subject) -> Verdict | None:
    """Return what the gate comes to today, None if it is off. Raises SettingsError, ToolError, ReportError."""
    text = await project.text(subject.source)
    settings = parse(text)
    if settings is None:
        return None
    paths = list(dict.fromkeys((*settings.variants, *settings.locks)))
    read = await together([wheels.read(subject.source, path, settings) for path in paths])
    packages = [each for one in read for each in one.packages]
    findings = tuple(finding for one in read for finding in held(one, settings))
    names = {(each.pin.package, each.pin.version) for each in packages}
    look = Look(findings, packages=len(names), files=len(paths), notes=(*notes(read, settings),))
    return verdict.judge(
        look,
        settings,
        waivers.addressed(waivers.parse(text), (TOOL,), findings),
        scanner=f"the metadata of wheels for Python {settings.python} on {wheels.PLATFORM}",
        feed="",
        today=dt.datetime.now(dt.UTC).date(),
        tools=(TOOL,),
    )


def held(read: Wheels, settings: LicencesSettings) -> Iterator[Finding]:
    """Yield a finding for each package whose licence is not known, or not let pass."""
    named = read.identifiers
    lists = Lists(
        {named[each] for each in settings.allowed}, {named[each] for each in settings.denied}
    )
    for each in read.packages:
        if each.licence is None:
            yield _finding(
                each,
                UNKNOWN,
                f"its metadata says {each.said!r}" if each.said else "its metadata says nothing",
                f"read which it is, and name it: [{KNOWN}.{each.pin.package}] in {FILE}, with licence and reason",
            )
        elif not lists.let_pass(each.licence):
            stopping = ", ".join(lists.stopping(each.licence))
            yield _finding(
                each,
                licence.text(each.licence),
                f"not let pass: {stopping}",
                f"do without {each.pin.package}, or let {stopping} pass in [{settings.table}] of {FILE}, or waive it",
            )


def notes(read: Iterable[Wheels], settings: LicencesSettings) -> Iterator[str]:
    """Yield which licences there are, what was not looked at, and what the settings name for nothing."""
    read = tuple(read)
    packages = {
        (each.pin.package, each.pin.version): each.licence for one in read for each in one.packages
    }
    counted = Counter(licence.text(each) if each else UNKNOWN for each in packages.values())
    yield "licences: " + ", ".join(f"{text} {number}" for text, number in counted.most_common())
    elsewhere = sorted({f"{pin.package} {pin.version}" for one in read for pin in one.elsewhere})
    if elsewhere:
        yield f"for other systems or Pythons, and not looked at: {', '.join(elsewhere)}"
    present = {name for name, _ in packages}
    yield from (
        f"[{KNOWN}.{name}]: no lock has it" for name in settings.known if name not in present
    )


def _finding(each: Licensed, id_: str, message: str, remedy: str) -> Finding:
    return Finding(
        kind=Kind.LICENCE,
        id=id_,
        severity=Severity.HIGH,
        target=TARGET,
        path=each.pin.path,
        line=each.pin.line,
        package=each.pin.package,
        installed=each.pin.version,
        message=message,
        remedy=remedy,
        tool=TOOL,
    )
