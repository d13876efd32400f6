"""Reads advisories of OSV's schema and makes one index of them: `python -m ci.programs.advisories FOLDER OUTPUT`.

FOLDER has them as *.json, *.yaml and *.yml, anywhere below, and in *.tar.gz, *.tgz and *.zip; folders whose names begin
with a dot are not looked at. OUTPUT becomes a folder with

    advisories.json    those of packages of PyPI that were not withdrawn: a list of OSV documents by their IDs, each as
                       far as it is needed here, with its severity in words
    facts.json         advisories and withdrawn (how many), modified (the newest time), digest (SHA-256 of the list)
    db/                the same as Trivy's vulnerability database

Returns 1 with a message on standard error for a file that cannot be read: what is skipped would never be found.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import sys
import tarfile
import zipfile
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import yaml

from ci.programs import osv, severity, trivy_database
from ci.programs.errors import AdvisoryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_ARCHIVES: Final = (".tar.gz", ".tgz", ".zip")
_YAML: Final = (".yaml", ".yml")
_JSON: Final = ".json"


def index(folder: Path, output: Path) -> None:
    """Write the index of the advisories in a folder. Raises AdvisoryError."""
    found: dict[str, Mapping[str, Any]] = {}
    times = []
    for path, content in _files(folder):
        try:
            document = _parse(path, content)
            if not osv.affected(document):
                continue
            time = _modified(document)
            times.append(time)
            known = found.get(document["id"])
            if known is None or _modified(known) < time:
                found[document["id"]] = document
        except (ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
            raise AdvisoryError(f"{path} is no advisory of OSV's schema: {error!r}") from error
    standing = [_reduced(found[name]) for name in sorted(found) if not found[name].get("withdrawn")]
    if not standing:
        raise AdvisoryError("there is no advisory of a package of PyPI")
    output.mkdir(parents=True, exist_ok=True)
    text = json.dumps(standing, sort_keys=True, separators=(",", ":"))
    (output / "advisories.json").write_text(text, encoding="utf-8")
    facts = {
        "advisories": len(standing),
        "withdrawn": len(found) - len(standing),
        "modified": max(times).isoformat(),
        "digest": hashlib.sha256(text.encode()).hexdigest(),
    }
    (output / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    trivy_database.write(output / "db", map(osv.read, standing), max(times))


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the paths and contents of all files that are to be advisories."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or _hidden(name):
            continue
        if name.endswith(_ARCHIVES):
            try:
                yield from ((f"{name}: {member}", content) for member, content in _packed(path))
            except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError) as error:
                raise AdvisoryError(f"the archive {name} cannot be unpacked: {error}") from error
        elif name.endswith((*_YAML, _JSON)):
            yield name, path.read_bytes()


def _packed(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith((*_YAML, _JSON)) and not _hidden(name):
                    yield name, archive.read(name)
        return
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content and member.name.endswith((*_YAML, _JSON)) and not _hidden(member.name):
                yield member.name, content.read()


def _hidden(name: str) -> bool:
    return any(part.startswith(".") and part != "." for part in PurePosixPath(name).parts)


def _parse(path: str, content: bytes) -> dict[str, Any]:
    # YAML's loader in C takes a tenth of the time of the one in Python.
    read = json.loads if path.endswith(_JSON) else partial(yaml.load, Loader=yaml.CSafeLoader)
    document = read(content)
    if not isinstance(document, dict) or not document["id"]:
        raise TypeError("it has no id")
    return document


def _modified(document: Mapping[str, Any]) -> dt.datetime:
    """Return when an advisory was last changed; a time without a zone is UTC (RFC 3339 with Z, says the schema)."""
    value = document["modified"]
    time = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
    return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)


def _reduced(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return an advisory as far as it is needed here."""
    return {
        "id": document["id"],
        "aliases": list(document.get("aliases") or ()),
        "summary": osv.read(document).summary,
        "database_specific": {"severity": severity.of(document)},
        "affected": [
            {key: entry[key] for key in ("package", "ranges", "versions") if entry.get(key)}
            for entry in osv.affected(document)
        ],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m ci.programs.advisories", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    given = parser.parse_args(arguments)
    try:
        index(given.folder, given.output)
    except AdvisoryError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
