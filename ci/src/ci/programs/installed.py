"""The packages that an image holds, by what its package tools wrote down, and those that a bill of materials names."""

from __future__ import annotations

import email
import re
import tarfile
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ci.programs.layout import Descriptor, Layout

_STATUS: Final = "var/lib/dpkg/status"
_STATUS_FOLDER: Final = "var/lib/dpkg/status.d/"
_METADATA: Final = ".dist-info/METADATA"
_WHITEOUT: Final = ".wh."
_PURL: Final = re.compile(
    r"pkg:(?P<kind>deb|pypi)/(?:[^@?#]*/)?(?P<name>[^/@?#]+)@(?P<version>[^?#]+)"
)


class Package(NamedTuple):
    """A package: its kind (deb or pypi), its name as the kind compares it, and its version."""

    kind: str
    name: str
    version: str

    def __str__(self) -> str:
        """Return the package as messages name it."""
        return f"{self.name} {self.version} ({self.kind})"


def in_image(layout: Layout, manifest: dict[str, Any]) -> set[Package]:
    """Return the packages of an image; what a higher layer takes away or writes anew counts."""
    files: dict[str, bytes] = {}
    for layer in manifest["layers"]:
        for name, content in _metadata(layout, layer):
            folder, _, last = name.rpartition("/")
            if last.startswith(_WHITEOUT):
                gone = f"{folder}/{last.removeprefix(_WHITEOUT)}"
                files = {
                    path: text
                    for path, text in files.items()
                    if path != gone and not path.startswith(f"{gone}/")
                }
            else:
                files[name] = content
    found: set[Package] = set()
    for name, content in files.items():
        text = content.decode(errors="replace")
        found |= {python(text)} if name.endswith(_METADATA) else set(debian(text))
    return found


def _metadata(layout: Layout, layer: Descriptor) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(layout.path(layer["digest"])) as archive:
        for entry in archive:
            name = entry.name.removeprefix("./").strip("/")
            if name.rpartition("/")[2].startswith(_WHITEOUT):
                yield name, b""
            elif entry.isreg() and (
                name == _STATUS or name.startswith(_STATUS_FOLDER) or name.endswith(_METADATA)
            ):
                content = archive.extractfile(entry)
                assert content is not None
                yield name, content.read()


def debian(status: str) -> Iterator[Package]:
    """Give the packages of dpkg's database; one that is removed but for its settings is none."""
    for paragraph in status.split("\n\n"):
        fields = email.message_from_string(paragraph.strip())
        state = str(fields.get("Status", "ok installed"))
        if fields["Package"] and "config-files" not in state and "not-installed" not in state:
            yield Package("deb", str(fields["Package"]), str(fields["Version"]))


def python(metadata: str) -> Package:
    """Return the package of a wheel's METADATA, its name normalised (PEP 503)."""
    fields = email.message_from_string(metadata)
    return Package("pypi", _normal(str(fields["Name"])), str(fields["Version"]))


def in_bill(purls: Iterable[str]) -> set[Package]:
    """Return the packages that package URLs name."""
    found = set()
    for purl in purls:
        if match := _PURL.match(purl):
            name = unquote(match["name"])
            name = _normal(name) if match["kind"] == "pypi" else name
            found.add(Package(match["kind"], name, unquote(match["version"])))
    return found


def purls(bill: dict[str, Any]) -> list[str]:
    """Return the package URLs of an SPDX or CycloneDX document."""
    if "spdxVersion" in bill:
        return [
            reference["referenceLocator"]
            for package in bill.get("packages", [])
            for reference in package.get("externalRefs", [])
            if reference["referenceType"] == "purl"
        ]
    return [component["purl"] for component in bill.get("components", []) if "purl" in component]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
