"""Trivy, the second source: what its own matching finds for the packages of locks.

It shares nothing with pip-audit: another reader of locks, another implementation of PEP 440, and online another
database. It is here for `scan` anyway, is kept up by its makers, and takes a database that is made beforehand, which
Safety (it calls home before it looks at a local one) and pip-audit's own peers (they ask a service to match) do not.
"""

import datetime as dt
import json
from collections.abc import Iterable
from typing import Final

import dagger

from ci import feed, known, scan, scan_settings, step, tool, trivy
from ci.dependencies.advisories import HINT
from ci.dependencies.vulnerability import Known, Package
from ci.errors import FeedError, ReportError, ToolError
from ci.feed import Feed
from ci.findings import TRIVY, Severity
from ci.lock import normalised
from ci.step import Mount, Step
from ci.tool import Tool

_LOCK: Final = "requirements.txt"
_LOCKS: Final = "/locks"
_REPORT: Final = "/report.json"


async def find(text: str) -> Tool:
    """Return Trivy, as [tool.ci.scan] of a pyproject.toml names it."""
    return await tool.find(scan_settings.parse(text).image, "trivy.txt", TRIVY)


async def fetch(found: Tool, now: dt.datetime, days: int) -> Feed:
    """Return Trivy's database of today. Raises FeedError."""
    try:
        return await feed.load(await scan.fetch(found, now), now, days)
    except FeedError as error:
        raise FeedError(str(error).removesuffix(feed.HINT).strip(), HINT) from error


async def look(found: Tool, packages: Iterable[Package], database: dagger.Directory) -> list[Known]:
    """Return what Trivy knows of packages. Raises ToolError if it breaks off, or skips one; ReportError."""
    packages = tuple(packages)
    text = "".join(f"{each.name}=={each.version}\n" for each in packages)
    ran = await step.run(
        Step(
            name="trivy locks",
            container=found.container.with_directory(f"{trivy.CACHE}/db", database).with_workdir(
                _LOCKS
            ),
            command=tuple(trivy.lock_command(_REPORT)),
            mounts=(Mount(_LOCKS, known.folder(((_LOCK, text),))),),
            expect=dagger.ReturnType.ANY,
            judged=True,
        )
    )
    if await ran.exit_code():
        raise ToolError(f"Trivy broke off:\n{(await ran.stderr()).strip()}", HINT)
    return read(await ran.file(_REPORT).contents(), packages)


def read(text: str, packages: Iterable[Package]) -> list[Known]:
    """Read Trivy's report of packages. Raises ReportError; ToolError if it is not of all of them."""
    try:
        results = json.loads(text).get("Results") or ()
        looked = {
            Package(normalised(entry["Name"]), entry["Version"])
            for result in results
            for entry in result.get("Packages") or ()
        }
        found = [
            Known(
                source=TRIVY,
                package=Package(normalised(entry["PkgName"]), entry["InstalledVersion"]),
                ids=(entry["VulnerabilityID"], *(entry.get("VendorIDs") or ())),
                fixes=tuple(filter(None, entry.get("FixedVersion", "").split(", "))),
                upgrade="",
                summary=entry.get("Title", ""),
                severity=Severity[entry["Severity"]],
            )
            for result in results
            for entry in result.get("Vulnerabilities") or ()
        ]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ReportError(
            f"Trivy's report cannot be read: {error!r}", "Run the gate again."
        ) from None
    missing = sorted({*packages} - looked)
    if missing:
        raise ToolError(
            f"Trivy did not look at {len(missing)} packages: {', '.join(map(str, missing))}", HINT
        )
    return found
