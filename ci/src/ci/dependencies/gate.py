"""The gate `dependencies`: what two sources know of the packages of all locks, as one verdict."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import dagger

from ci import known, lock, project, verdict, waivers
from ci.dependencies import advisories, audit, matcher, vulnerability
from ci.dependencies.advisories import Advisories
from ci.dependencies.settings import DependenciesSettings, parse
from ci.dependencies.vulnerability import Known, Package
from ci.errors import SettingsError
from ci.findings import TRIVY, Finding, Look
from ci.lock import Pin
from ci.printable import printable
from ci.settings import FILE
from ci.subject import Subject
from ci.together import both, together
from ci.tool import Tool
from ci.verdict import Verdict
from ci.waivers import Waiver

SOURCES: Final = (audit.NAME, TRIVY)


@dataclass(frozen=True, slots=True)
class Feeds:
    """What the sources know things from; advisories: None where pip-audit asks its service."""

    trivy: Tool
    advisories: Advisories | None
    database: dagger.Directory
    origin: str
    """Of what day, in words."""

    async def known(self, packages: list[Package], today: dt.date) -> list[Known]:
        """Return what both sources know of packages. Raises ToolError and ReportError."""
        one, other = await both(
            audit.look(packages, self.advisories, today),
            matcher.look(self.trivy, packages, self.database),
        )
        return [*one, *other]


async def judged(subject: Subject) -> Verdict | None:
    """Return what the gate comes to today, None if it is off.

    Raises SettingsError; FeedError for advisories that will not do; ToolError and ReportError for a source that did not
    tell all.
    """
    text = await project.text(subject.source)
    settings = parse(text)
    if settings is None:
        return None
    now = dt.datetime.now(dt.UTC)
    pins, feeds = await both(_pins(subject.source, settings), _feeds(subject, settings, text, now))
    packages = sorted({Package(pin.package, pin.version) for pin in pins})
    found = vulnerability.merged(await feeds.known(packages, now.date()))
    findings = tuple(finding for each in found for finding in each.findings(pins))
    look = Look(
        findings,
        packages=len(packages),
        files=len({pin.path for pin in pins}),
        notes=tuple(map(printable, vulnerability.disagreements(found, SOURCES))),
    )
    return verdict.judge(
        look,
        settings,
        _held(waivers.parse(text), findings),
        scanner=f"{audit.origin()}; {feeds.trivy.origin}",
        feed=feeds.origin,
        today=now.date(),
        tools=SOURCES,
    )


def _held(held: Iterable[Waiver], findings: tuple[Finding, ...]) -> list[Waiver]:
    """Return the waivers that are this gate's; those of Trivy that are of nothing here are for what `scan` finds."""
    ours = waivers.addressed(held, (audit.NAME, TRIVY), findings)
    return [each for each in ours if each.tool != TRIVY or any(map(each.matches, findings))]


async def _feeds(
    subject: Subject, settings: DependenciesSettings, text: str, now: dt.datetime
) -> Feeds:
    """Return what is given, or else what is fetched; `text` is that of pyproject.toml. Raises FeedError."""
    given = subject.max_age_days
    days = settings.feed_max_age_days if given is None else given
    if subject.advisories is None:
        trivy = await matcher.find(text)
        fetched = await matcher.fetch(trivy, now, days)
        origin = f"PyPI's service on {now:%Y-%m-%d}; Trivy's {fetched}"
        return Feeds(trivy, None, fetched.directory, origin)
    trivy, loaded = await both(matcher.find(text), advisories.load(subject.advisories))
    allowed_by = "--max-age-days" if given is not None else f"{settings.table}.feed-max-age-days"
    advisories.check_age(loaded.modified, now, days, allowed_by)
    return Feeds(trivy, loaded, loaded.index.directory("db"), str(loaded))


async def _pins(source: dagger.Directory, settings: DependenciesSettings) -> list[Pin]:
    """Return the packages of all locks. Raises SettingsError for a pattern without a lock, and without any package."""
    # The whole tree is walked once, and only after an edit.
    seen = known.once(source.filter(include=[*settings.locks]))
    globbed = await together([seen.glob(pattern) for pattern in settings.locks])
    for pattern, found in zip(settings.locks, globbed, strict=True):
        if not found:
            raise SettingsError(
                f"{settings.table}.locks in {FILE} has {pattern!r}, which no file matches",
                "Name the locks of the source, by patterns of their paths.",
            )
    paths = list(dict.fromkeys(path for found in globbed for path in found))
    texts = await together([seen.file(path).contents() for path in paths])
    pins = [pin for path, text in zip(paths, texts, strict=True) for pin in lock.pins(text, path)]
    if not pins:
        raise SettingsError(
            f"the locks that {settings.table}.locks in {FILE} names hold no package", "Lock some."
        )
    return pins
