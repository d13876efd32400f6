"""Makes a scanner's bills of materials the same each time, and checks that they name every installed package.

    python -m ci.programs.sbom --layout FOLDER --spdx FILE --cyclonedx FILE --created TIME --output FOLDER

The layout holds one image. Writes spdx.json and cyclonedx.json; what a scanner makes up anew each time (serial numbers,
times) follows from the image's digest and its commit's time. Fails if a package of the image is in neither.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ci.programs import installed
from ci.programs.errors import ProgramError, SbomError
from ci.programs.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

SPDX: Final = "spdx.json"
CYCLONEDX: Final = "cyclonedx.json"
_NAMESPACE: Final = uuid.NAMESPACE_URL


def settled_spdx(bill: dict[str, Any], digest: str, created: str) -> dict[str, Any]:
    """Return an SPDX document with what follows from image and time (SPDX 2.3, 6.5 and 6.9); packages, not files."""
    creation = {**bill["creationInfo"], "created": created}
    files = {file["SPDXID"] for file in bill.get("files", [])}
    relationships = [
        relationship
        for relationship in bill.get("relationships", [])
        if not files & {relationship["spdxElementId"], relationship["relatedSpdxElement"]}
    ]
    return {
        **{name: value for name, value in bill.items() if name != "files"},
        "documentNamespace": f"urn:spdx:{digest}",
        "creationInfo": creation,
        "relationships": relationships,
    }


def settled_cyclonedx(bill: dict[str, Any], digest: str, created: str) -> dict[str, Any]:
    """Return a CycloneDX document with what follows from image and time (CycloneDX 1.6, serialNumber)."""
    metadata = {**bill.get("metadata", {}), "timestamp": created}
    return {
        **bill,
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, digest)}",
        "metadata": metadata,
    }


def lacking(packages: set[installed.Package], bill: dict[str, Any]) -> list[str]:
    """Return the packages that a bill does not name, sorted."""
    return sorted(map(str, packages - installed.in_bill(installed.purls(bill))))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns 1 with a message on standard error if a package is lacking."""
    parser = argparse.ArgumentParser(prog="python -m ci.programs.sbom", description=__doc__)
    for name in ("--layout", "--spdx", "--cyclonedx", "--output"):
        parser.add_argument(name, required=True, type=Path)
    parser.add_argument("--created", required=True)
    given = parser.parse_args(arguments)
    given.output.mkdir(parents=True, exist_ok=True)
    try:
        _run(given)
    except ProgramError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _run(given: argparse.Namespace) -> None:
    layout = Layout(given.layout)
    (entry,) = layout.entries()
    packages = installed.in_image(layout, layout.document(entry, "image"))
    if not packages:
        raise SbomError(f"image {entry['digest']} has no package that dpkg or pip knows of")
    for source, name, settled in (
        (given.spdx, SPDX, settled_spdx),
        (given.cyclonedx, CYCLONEDX, settled_cyclonedx),
    ):
        bill = settled(json.loads(source.read_bytes()), entry["digest"], given.created)
        if missing := lacking(packages, bill):
            raise SbomError(
                f"{name} of image {entry['digest']} lacks {len(missing)} of {len(packages)} "
                f"installed packages: {', '.join(missing[:10])}"
            )
        text = json.dumps(bill, sort_keys=True, separators=(",", ":"))
        (given.output / name).write_text(text, encoding="utf-8")
    print(f"{len(packages)} packages, each in both bills of materials")


if __name__ == "__main__":
    sys.exit(main())
