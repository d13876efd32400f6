"""Scans: sources and images looked at with Trivy, and what is found."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import dagger

from ci import (
    feed,
    layout,
    project,
    scan_settings,
    tool,
    trivy,
    verdict,
    waivers,
)
from ci.errors import FeedError, ScanError
from ci.feed import Feed
from ci.findings import TRIVY, Look
from ci.image import Image
from ci.scan_attestation import ScanPolicy
from ci.scan_settings import ScanSettings
from ci.step import Mount, Step, run
from ci.subject import Subject
from ci.tool import Tool
from ci.verdict import Verdict
from ci.waivers import Waiver

SOURCE: Final = "source"
"""How the source is called in findings."""

_LOCK: Final = "trivy.txt"
_ARCHIVE: Final = "/image.tar"
_LAYOUT: Final = "/layout"
_FOLDER: Final = "/source"
_REPORT: Final = "/report.json"
_LINES: Final = 10


@dataclass(frozen=True, slots=True)
class Scanner:
    """What scans: Trivy, with a feed that is not too old; the settings and waivers of one source; the time."""

    tool: Tool
    feed: Feed
    settings: ScanSettings
    waivers: tuple[Waiver, ...]
    now: dt.datetime

    async def source(self, source: dagger.Directory) -> Look:
        """Return what is found in a source's files. Raises ScanError if Trivy breaks off."""
        step = Step(
            name="scan",
            container=self._container().with_workdir("/"),
            command=tuple(trivy.source_command(self.settings, _FOLDER, _REPORT)),
            mounts=(Mount(_FOLDER, source),),
            source=_FOLDER,
            judged=True,
        )
        with _breaking_off(SOURCE):
            return await _read(await run(step), SOURCE)

    async def image(self, archive: dagger.File, name: str) -> Look:
        """Return what is found in an image, given as the tar that Container.asTarball gives. Raises ScanError."""
        mounted = self._container().with_mounted_file(_ARCHIVE, archive)
        with _breaking_off(name):
            return await _read(mounted.with_exec(trivy.image_command(_ARCHIVE, _REPORT)), name)

    async def built(self, image: Image) -> Look:
        """Return what is found in an image that was built here. Raises ScanError."""
        mounted = layout.single(image).mounted(self._container(), _LAYOUT)
        with _breaking_off(image.name):
            return await _read(mounted.with_exec(trivy.image_command(_LAYOUT, _REPORT)), image.name)

    def judge(self, look: Look) -> Verdict:
        """Return what findings come to today."""
        return verdict.judge(
            look,
            self.settings,
            (waiver for waiver in self.waivers if waiver.tool in {"", TRIVY}),
            scanner=self.tool.origin,
            feed=str(self.feed),
            today=self.now.date(),
        )

    def _container(self) -> dagger.Container:
        return self.tool.container.with_directory(f"{trivy.CACHE}/db", self.feed.directory)


async def judged(subject: Subject) -> Verdict:
    """Scan a source, and an image if one is given. Raises SettingsError, FeedError and ScanError."""
    scanner = await prepare(subject.source, subject.feed)
    look = await scanner.source(subject.source)
    if subject.image is not None:
        look += await scanner.image(subject.image, "image")
    return scanner.judge(look)


async def prepare(source: dagger.Directory, given: dagger.Directory | None) -> Scanner:
    """Return the scanner for a source, with the feed given, or else with one that Trivy fetches.

    Raises SettingsError, and FeedError if the feed is missing, broken, empty or too old.
    """
    text = await project.text(source)
    settings = scan_settings.parse(text)
    held = waivers.parse(text)
    now = dt.datetime.now(dt.UTC)
    found = await tool.find(settings.image, _LOCK, "trivy")
    directory = given if given is not None else await fetch(found, now)
    loaded = await feed.load(directory, now, settings.feed_max_age_days)
    return Scanner(found, loaded, settings, held, now)


async def policy(source: dagger.Directory) -> ScanPolicy:
    """Return what attached scans are held against: a source's settings and waivers, today. Raises SettingsError."""
    text = await project.text(source)
    today = dt.datetime.now(dt.UTC).date()
    return ScanPolicy(scan_settings.parse(text), waivers.parse(text), today)


async def fetch(found: Tool, now: dt.datetime) -> dagger.Directory:
    """Return Trivy's vulnerability database of today, as it fetches it. Raises FeedError."""
    # Of today: without the date the answer of another day would do.
    fetched = found.container.with_env_variable("FEED_OF", now.date().isoformat()).with_exec(
        trivy.fetch_command(), expect=dagger.ReturnType.ANY
    )
    if await fetched.exit_code():
        said = _last(await fetched.stderr())
        raise FeedError(f"Trivy could not fetch its vulnerability database:\n{said}", feed.HINT)
    return fetched.directory(f"{trivy.CACHE}/db")


async def _read(ran: dagger.Container, name: str) -> Look:
    return trivy.parse(await ran.file(_REPORT).contents(), name)


@contextmanager
def _breaking_off(name: str) -> Iterator[None]:
    """Raise ScanError where Trivy, as it looks at `name`, does not end well."""
    try:
        yield
    except dagger.ExecError as error:
        raise ScanError(
            f"Trivy broke off at {name}:\n{_last(error.stderr)}",
            "If it is about the database, give another feed.",
        ) from error


def _last(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_LINES:])
