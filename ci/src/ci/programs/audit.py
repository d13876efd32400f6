"""Audits a lock with pip-audit: `python -m ci.programs.audit [--advisories FILE] LOCK OUTPUT`.

LOCK is a pylock.toml (PEP 751) with names and versions. OUTPUT becomes a JSON list, an object for each package that has
vulnerabilities: package, version, upgrade (the least version in which all that can be is mended, "" for none) and
vulnerabilities, each with ids, fixes (the later versions that mend it), summary and severity.

With advisories (`advisories.json` of `ci.programs.advisories`) pip-audit asks a server of this process, on its
loopback, which speaks OSV's API (https://google.github.io/osv.dev/post-v1-query); and nothing else answers.

Returns 1 with a message on standard error if pip-audit breaks off, or does not look at every package: it ends well even
if it skipped all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ci.programs import osv
from ci.programs.errors import AuditError
from ci.programs.osv_server import Book, served

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NOWHERE: Final = "http://127.0.0.1:9"
"""Where nothing listens (RFC 863)."""

_LINES: Final = 5


def audit(lock: Path, advisories: Path | None) -> list[dict[str, Any]]:
    """Return what OUTPUT holds. Raises AuditError."""
    wanted = dict(map(_named, tomllib.loads(lock.read_text(encoding="utf-8"))["packages"]))
    if advisories is None:
        return read(_ran(lock, [], {}), wanted, {})
    documents = json.loads(advisories.read_text(encoding="utf-8"))
    book = Book(map(osv.read, documents))
    # Whatever else it might ask for, it is not let out.
    closed = {"HTTP_PROXY": _NOWHERE, "HTTPS_PROXY": _NOWHERE, "NO_PROXY": "127.0.0.1"}
    closed |= {name.lower(): value for name, value in closed.items()}
    with served(book) as address:
        report = _ran(lock, ["--vulnerability-service=osv", f"--osv-url={address}"], closed)
    return read(report, wanted, book.severities)


def _ran(lock: Path, options: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """Run pip-audit, and return its report. Raises AuditError."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        project.mkdir()
        (project / "pylock.toml").write_bytes(lock.read_bytes())
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip_audit", "--locked", "--format=json", "--desc=on"]
        command += ["--aliases=on", "--progress-spinner=off", f"--cache-dir={folder}/cache"]
        ran = subprocess.run(  # noqa: S603 - the interpreter that runs this
            [*command, *options, f"--output={report}", str(project)],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        # 1 is for vulnerabilities, and for all that goes wrong before there is a report.
        if ran.returncode not in {0, 1} or not report.exists():
            said = "\n".join((ran.stderr or ran.stdout).strip().splitlines()[-_LINES:])
            raise AuditError(f"pip-audit broke off with exit code {ran.returncode}:\n{said}")
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return found


def read(
    report: dict[str, Any], wanted: dict[tuple[str, Version], str], severities: dict[str, str]
) -> list[dict[str, Any]]:
    """Return what a report tells of all the packages that were wanted. Raises AuditError if it lacks some."""
    entries = report["dependencies"]
    looked = {_named(entry)[0] for entry in entries if "skip_reason" not in entry}
    missing = sorted(set(wanted) - looked)
    if missing:
        reasons = sorted({entry["skip_reason"] for entry in entries if "skip_reason" in entry})
        names = ", ".join(f"{name} {version}" for name, version in missing)
        why = "\n".join(reasons[:_LINES])
        raise AuditError(
            f"pip-audit did not look at {len(missing)} packages: {names}\n{why}".strip()
        )
    return [
        {
            "package": _named(entry)[0][0],
            "version": wanted[_named(entry)[0]],
            "upgrade": _upgrade(entry),
            "vulnerabilities": [
                {
                    "ids": [found["id"], *found["aliases"]],
                    "fixes": _later(found["fix_versions"], entry["version"]),
                    "summary": found["description"],
                    "severity": severities.get(found["id"], osv.UNKNOWN),
                }
                for found in entry["vulns"]
            ],
        }
        for entry in entries
        if entry["vulns"]
    ]


def _named(package: dict[str, Any]) -> tuple[tuple[str, Version], str]:
    """Return a package and its version as they are compared, and the version as it is written. Raises AuditError."""
    version = package["version"]
    try:
        return (canonicalize_name(package["name"]), Version(version)), version
    except InvalidVersion as error:
        raise AuditError(f"{package['name']} {version} has no version of PEP 440") from error


def _upgrade(entry: dict[str, Any]) -> str:
    fixes = [_later(found["fix_versions"], entry["version"]) for found in entry["vulns"]]
    return max((each[0] for each in fixes if each), key=Version, default="")


def _later(versions: Iterable[str], version: str) -> list[str]:
    return [each for each in versions if Version(each) > Version(version)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m ci.programs.audit", description=__doc__)
    parser.add_argument("--advisories", type=Path)
    parser.add_argument("lock", type=Path)
    parser.add_argument("output", type=Path)
    given = parser.parse_args(arguments)
    try:
        found = audit(given.lock, given.advisories)
    except AuditError as error:
        print(error, file=sys.stderr)
        return 1
    given.output.write_text(json.dumps(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
