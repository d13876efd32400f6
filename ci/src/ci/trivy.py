"""Trivy: its command lines, and its JSON as findings (https://trivy.dev, schema version 2 of its reports)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ci.errors import ReportError
from ci.findings import Finding, Kind, Look, Severity
from ci.scan_settings import ScanSettings

CACHE: Final = "/cache"
"""Trivy's folder, with the vulnerability database in `db`."""

_SCHEMA: Final = 2
# Nothing is asked for on the network: the database is there, and the checks are those built in.
_OFFLINE: Final = (
    f"--cache-dir={CACHE}",
    "--offline-scan",
    "--skip-db-update",
    "--skip-java-db-update",
    "--skip-check-update",
    "--skip-version-check",
    "--disable-telemetry",
    "--quiet",
    "--format=json",
)
_EVERYTHING: Final = "--scanners=vuln,misconfig,secret,license"


def fetch_command() -> list[str]:
    """Return the command that fetches the vulnerability database of today."""
    flags = ["--download-db-only", "--skip-version-check", "--disable-telemetry", "--quiet"]
    return ["trivy", "filesystem", f"--cache-dir={CACHE}", *flags]


def source_command(settings: ScanSettings, folder: str, output: str) -> list[str]:
    """Return the command that scans a folder, and writes JSON.

    It is to run elsewhere: it obeys a trivy.yaml, .trivyignore and trivy-secret.yaml in its working directory.
    """
    locks = [f"--file-patterns=pip:{pattern}" for pattern in settings.locks]
    skipped = [f"--skip-{sort}={path}" for path in settings.skip for sort in ("dirs", "files")]
    return [
        "trivy",
        "filesystem",
        *_OFFLINE,
        _EVERYTHING,
        *locks,
        *skipped,
        f"--output={output}",
        folder,
    ]


def lock_command(output: str) -> list[str]:
    """Return the command that looks for vulnerabilities in the working directory's locks, and lists all packages."""
    sort = ["--scanners=vuln", "--list-all-pkgs"]
    return ["trivy", "filesystem", *_OFFLINE, *sort, f"--output={output}", "."]


def image_command(path: str, output: str) -> list[str]:
    """Return the command that scans an image and writes JSON.

    It is an OCI layout in a folder, or a tar with Docker's manifest.json; Trivy reads no tar of a bare OCI layout.
    """
    return ["trivy", "image", *_OFFLINE, _EVERYTHING, f"--input={path}", f"--output={output}"]


def parse(text: str, target: str) -> Look:
    """Read a report; `target` is what was looked at. Raises ReportError."""
    try:
        report = json.loads(text)
        if report["SchemaVersion"] != _SCHEMA:
            raise ReportError(
                f"Trivy's report of {target} has schema version {report['SchemaVersion']}",
                f"This module reads version {_SCHEMA}, which Trivy 0.69 writes.",
            )
        results = report.get("Results") or ()
        found = [finding for result in results for finding in _of_result(result, target)]
        packages = sum(len(result.get("Packages") or ()) for result in results)
        files = {path for result in results for path in _read(result)}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReportError(
            f"Trivy's report of {target} cannot be read: {error!r}", "Run the scan again."
        ) from None
    ordered = sorted(found, key=lambda finding: finding.order)
    return Look(tuple(ordered), packages, len(files))


def _read(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield the files that packages or settings were read from."""
    if result["Class"] == "config":
        yield result["Target"]
    elif result["Class"] == "lang-pkgs":
        for package in result.get("Packages") or ():
            # A lock is the target itself; of what is installed, each package has a file.
            yield package.get("FilePath") or result["Target"]


def _of_result(result: Mapping[str, Any], target: str) -> Iterator[Finding]:
    # The target of a system's packages is the image's own name, which is no file.
    path = "" if result["Class"] == "os-pkgs" else result["Target"]
    for entry in result.get("Vulnerabilities") or ():
        yield Finding(
            kind=Kind.VULNERABILITY,
            id=entry["VulnerabilityID"],
            severity=Severity[entry["Severity"]],
            target=target,
            path=entry.get("PkgPath") or path,
            line=_line(result, entry),
            package=entry["PkgName"],
            installed=entry["InstalledVersion"],
            fixed=entry.get("FixedVersion", ""),
            title=entry.get("Title", ""),
            link=entry.get("PrimaryURL", ""),
        )
    for entry in result.get("Misconfigurations") or ():
        if entry["Status"] == "FAIL":
            yield Finding(
                kind=Kind.MISCONFIGURATION,
                id=entry["ID"],
                severity=Severity[entry["Severity"]],
                target=target,
                path=path,
                line=entry.get("CauseMetadata", {}).get("StartLine", 0),
                title=entry["Title"],
                link=entry.get("PrimaryURL", ""),
            )
    for entry in result.get("Secrets") or ():
        # Never Match nor Code: they hold the line that the secret is in.
        yield Finding(
            kind=Kind.SECRET,
            id=entry["RuleID"],
            severity=Severity[entry["Severity"]],
            target=target,
            path=path,
            line=entry["StartLine"],
            title=entry["Title"],
        )
    for entry in result.get("Licenses") or ():
        yield Finding(
            kind=Kind.LICENCE,
            id=entry["Name"],
            severity=Severity[entry["Severity"]],
            target=target,
            path=entry.get("FilePath", ""),
            package=entry.get("PkgName", ""),
            title=entry.get("Category", ""),
            link=entry.get("Link", ""),
        )


def _line(result: Mapping[str, Any], entry: Mapping[str, Any]) -> int:
    """Return the line of the lock that names a vulnerable package."""
    for package in result.get("Packages") or ():
        if (package["Name"], package.get("Version")) == (
            entry["PkgName"],
            entry["InstalledVersion"],
        ):
            for location in package.get("Locations") or ():
                return int(location["StartLine"])
    return 0
