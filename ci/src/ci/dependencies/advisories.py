"""Advisories given as a directory: read once, whatever they are held against; with their date, number and digest."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Final

import dagger

from ci import known, program
from ci.errors import FeedError

HINT: Final = (
    "Give as --advisories a directory with advisories of OSV's schema, as JSON, as YAML, or in archives of them "
    "(*.tar.gz, *.zip); a variable CI_DEPENDENCIES_ADVISORIES in the file .env does it for every call."
)
_PATTERNS: Final = ("json", "yaml", "yml", "tar.gz", "tgz", "zip")
_GIVEN: Final = "/given"
_INDEX: Final = "/index"


@dataclass(frozen=True, slots=True)
class Advisories:
    """What is in a directory, indexed (see `ci.programs.advisories`)."""

    index: dagger.Directory
    modified: dt.datetime
    """When the newest one was last changed."""

    number: int
    """Without those that were withdrawn."""

    digest: str

    def __str__(self) -> str:
        known_of = f"{self.number} advisor{'y' if self.number == 1 else 'ies'}"
        return f"of {self.modified:%Y-%m-%dT%H:%M:%SZ}, {known_of}, sha256:{self.digest}"


async def load(given: dagger.Directory) -> Advisories:
    """Return the advisories in a directory. Raises FeedError for one that cannot be read, or without any."""
    seen = given.filter(include=[f"**/*.{ending}" for ending in _PATTERNS])
    ran = (
        (await program.container("advisories"))
        .with_mounted_directory(_GIVEN, seen)
        .with_exec([_GIVEN, _INDEX], use_entrypoint=True, expect=dagger.ReturnType.ANY)
    )
    if await ran.exit_code():
        said = (await ran.stderr()).strip()
        raise FeedError(f"the advisories cannot be read: {said}", HINT)
    index = known.once(ran.directory(_INDEX))
    facts = json.loads(await index.file("facts.json").contents())
    modified = dt.datetime.fromisoformat(facts["modified"])
    return Advisories(index, modified, facts["advisories"], facts["digest"])


def check_age(modified: dt.datetime, now: dt.datetime, days: int, allowed_by: str) -> None:
    """Raise FeedError if advisories are older than `days`, which `allowed_by` allows, or of a time to come."""
    age = now - modified
    if age > dt.timedelta(days=days):
        raise FeedError(
            f"the newest of the advisories is of {modified:%Y-%m-%d}, {age.days} days ago; {allowed_by} allows {days}",
            f"Give newer ones, or --max-age-days={age.days + 1} if you know what they cannot tell.",
        )
    if age < dt.timedelta(days=-1):
        raise FeedError(
            f"the newest of the advisories is of {modified:%Y-%m-%d}, which is to come",
            "Check the clock.",
        )
