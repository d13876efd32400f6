"""Advisories as the vulnerability database that Trivy reads (schema 2 of trivy-db).

A bucket for each source of advisories has a bucket for each package, whose values say which versions are affected;
"data-source" says what the sources are, and "vulnerability" has what is told of each vulnerability.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ci.programs import bolt_writer
from ci.programs.severity import ORDER

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ci.programs.bolt_writer import Tree
    from ci.programs.osv import Advisory, Affected, Interval

_SOURCE: Final = "pip::OSV"
"""The prefix is the one by which Trivy finds what is of Python's packages."""

_ID: Final = "osv"
_SCHEMA: Final = 2


def write(folder: Path, advisories: Iterable[Advisory], updated: dt.datetime) -> None:
    """Write trivy.db and metadata.json into a folder."""
    packages: dict[str, dict[str, bytes]] = {}
    told: dict[str, bytes] = {}
    for advisory in advisories:
        told[advisory.id] = _json(
            Title=advisory.summary,
            Severity=advisory.severity,
            VendorSeverity={_ID: ORDER.index(advisory.severity)},
        )
        of_package: dict[str, list[str]] = {}
        for affected in advisory.affected:
            of_package.setdefault(affected.package, []).extend(_specifiers(affected))
        for package, specifiers in of_package.items():
            packages.setdefault(package, {})[advisory.id] = _json(VulnerableVersions=specifiers)
    source = _json(ID=_ID, Name="OSV", URL="https://osv.dev")
    buckets: Tree = {_SOURCE: packages, "data-source": {_SOURCE: source}, "vulnerability": told}
    folder.mkdir(parents=True)
    bolt_writer.write(folder / "trivy.db", buckets)
    date = updated.isoformat()
    metadata = {"Version": _SCHEMA, "UpdatedAt": date, "NextUpdate": date, "DownloadedAt": date}
    (folder / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")


def _specifiers(affected: Affected) -> Iterator[str]:
    """Yield alternatives of PEP 440: for each interval, and for each version that is in none."""
    yield from map(_specifier, affected.intervals)
    for version in sorted(affected.versions):
        if not any(version in interval for interval in affected.intervals):
            yield f"=={version}"


def _specifier(interval: Interval) -> str:
    bounds = {">=": interval.introduced, "<": interval.fixed, "<=": interval.last}
    # The empty one is of every version.
    return ",".join(f"{sign}{version}" for sign, version in bounds.items() if version is not None)


def _json(**values: Any) -> bytes:  # noqa: ANN401 - what JSON has
    return json.dumps(values).encode()
