"""The vulnerability database that Trivy reads: given as a directory, or fetched; with its date and digest."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Final

import dagger
from dagger import dag

from ci import program
from ci.errors import FeedError

ARCHIVE: Final = "db.tar.gz"
DATABASE: Final = "trivy.db"
METADATA: Final = "metadata.json"
HINT: Final = (
    f"Give as --feed a directory with {DATABASE} and {METADATA} (at its top or below db), "
    f"or with {ARCHIVE} as the registry's artifact has it."
)
_VERSION: Final = 2
_FOLDER: Final = "/feed"
_GIVEN: Final = "/given"


@dataclass(frozen=True, slots=True)
class Feed:
    """A database as a directory with DATABASE and METADATA, the time it is of, and its SHA-256."""

    directory: dagger.Directory
    updated: dt.datetime
    digest: str
    vulnerabilities: int
    """How many it describes."""

    def __str__(self) -> str:
        known = f"{self.vulnerabilities} vulnerabilit{'y' if self.vulnerabilities == 1 else 'ies'}"
        return f"of {self.updated:%Y-%m-%dT%H:%M:%SZ}, {known}, sha256:{self.digest}"


def read_date(metadata: str) -> dt.datetime:
    """Return the time that a database is of, out of its metadata.json. Raises FeedError."""
    try:
        document = json.loads(metadata)
        version = document["Version"]
        updated = dt.datetime.fromisoformat(document["UpdatedAt"])
    except (ValueError, KeyError, TypeError) as error:
        raise FeedError(f"the feed's {METADATA} cannot be read: {error!r}", HINT) from None
    if version != _VERSION:
        raise FeedError(f"the feed has schema {version!r}, not {_VERSION}", HINT)
    if updated.tzinfo is None:
        raise FeedError(f"the feed's UpdatedAt has no time zone: {updated}", HINT)
    return updated.astimezone(dt.UTC)


def check_age(updated: dt.datetime, now: dt.datetime, days: int) -> None:
    """Raise FeedError if a database is too old, or of a time to come."""
    age = now - updated
    if age > dt.timedelta(days=days):
        raise FeedError(
            f"the feed is of {updated:%Y-%m-%d}, {age.days} days ago; "
            f"tool.ci.scan.feed-max-age-days allows {days}",
            "Fetch a newer one.",
        )
    if age < dt.timedelta(days=-1):
        raise FeedError(f"the feed is of {updated:%Y-%m-%d}, which is to come", "Check the clock.")


def check_content(vulnerabilities: int, sources: int) -> None:
    """Raise FeedError if a database is a sound file that knows of nothing: every scan with it would be green."""
    if not vulnerabilities or not sources:
        raise FeedError(
            f"the feed's {DATABASE} is empty: {vulnerabilities} vulnerabilities, {sources} lists of advisories",
            "Fetch another one: with this one nothing would ever be found.",
        )


async def load(given: dagger.Directory, now: dt.datetime, days: int) -> Feed:
    """Return the feed in a directory. Raises FeedError if it is missing, broken, empty or too old."""
    folder = await _unpacked(given)
    missing = [name for name in (DATABASE, METADATA) if not await folder.exists(name)]
    if missing:
        raise FeedError(f"the feed has no {' and no '.join(missing)}", HINT)
    updated = read_date(await folder.file(METADATA).contents())
    check_age(updated, now, days)
    found = json.loads(await _facts(folder))
    check_content(found["vulnerabilities"], found["sources"])
    return Feed(folder, updated, found["digest"], found["vulnerabilities"])


async def _facts(folder: dagger.Directory) -> str:
    looking = (await program.container("feed")).with_mounted_directory(_FOLDER, folder)
    try:
        return await looking.with_exec([f"{_FOLDER}/{DATABASE}"], use_entrypoint=True).stdout()
    except dagger.ExecError as error:
        said = error.stderr.strip()
        raise FeedError(f"the feed's {DATABASE} cannot be read: {said}", HINT) from error


async def _unpacked(given: dagger.Directory) -> dagger.Directory:
    for folder in (given, given.directory("db")):
        # An absent folder is no error to the API before something is read of it.
        if folder is not given and not await given.exists("db"):
            break
        if await folder.exists(DATABASE):
            return folder
    if not await given.exists(ARCHIVE):
        raise FeedError(f"the feed has neither {DATABASE} nor {ARCHIVE}", HINT)
    command = ["tar", "--extract", "--gzip", f"--file={_GIVEN}/{ARCHIVE}", f"--directory={_FOLDER}"]
    unpacked = (
        _container()
        .with_mounted_directory(_GIVEN, given)
        .with_directory(_FOLDER, dag.directory())
        .with_exec([*command, "--no-same-owner"], expect=dagger.ReturnType.ANY)
    )
    if await unpacked.exit_code():
        said = (await unpacked.stderr()).strip()
        raise FeedError(f"the feed's {ARCHIVE} cannot be unpacked: {said}", HINT)
    return unpacked.directory(_FOLDER)


def _container() -> dagger.Container:
    return dag.container().from_(program.IMAGE)
