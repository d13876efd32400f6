"""Writes a captured step as a bundle: a tar of an OCI layout that any OCI tool opens (docs/reference/bundles.md).

    python -m ci.programs.bundle FOLDER FILE

FOLDER has plan.json, the images step.tar, mount-1.tar …, service-1.tar … and service-1-data.tar … as an engine packs
containers, and the texts stdout, stderr, combined and report-1 …, as far as there are any. Blobs are copied from file
to file, each once.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import sys
import tarfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ci.programs import archive, description, machine
from ci.programs.description import Contents
from ci.programs.errors import ProgramError
from ci.programs.layout import INDEX, REFERENCE, Descriptor
from ci.programs.parts import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ci.programs.archive import Blob

BUNDLE: Final = "application/vnd.portable-ci.bundle.v1"
CONFIG: Final = "application/vnd.oci.image.config.v1+json"
OUTPUT: Final = "application/octet-stream"
NAME: Final = "bundle"

_LAYOUT: Final = b'{"imageLayoutVersion":"1.0.0"}'
_TITLE: Final = "org.opencontainers.image.title"
_IMAGES: Final = "*.tar"
_TEXTS: Final = ("stdout", "stderr", "combined")


@dataclass(slots=True)
class Archive:
    """The blobs of a layout that is being put together, by their digests."""

    blobs: dict[str, Blob | bytes] = field(default_factory=dict)

    def document(self, media_type: str, value: dict[str, Any]) -> Descriptor:
        """Put in a document; return its descriptor."""
        return self.data(
            media_type, json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
        )

    def data(self, media_type: str, data: bytes) -> Descriptor:
        """Put in bytes; return their descriptor."""
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self.blobs[digest] = data
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def manifest(self, config: Descriptor, layers: list[Descriptor], **more: str) -> Descriptor:
        """Put in a manifest (OCI image specification v1.1, manifest.md); return its descriptor."""
        value = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}
        return self.document(MANIFEST, value | more)

    def write(self, path: Path, entries: list[Descriptor]) -> None:
        """Write the layout with an index over `entries`; equal layouts give equal files."""
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
            _add(tar, "oci-layout", _LAYOUT)
            _add(tar, "index.json", json.dumps(index, sort_keys=True).encode())
            for digest, blob in sorted(self.blobs.items()):
                _add(tar, f"blobs/{digest.replace(':', '/')}", blob)


def write(folder: Path, output: Path) -> None:
    """Write the bundle of what a folder holds. Raises LayoutError where an image in it is none."""
    plan = json.loads((folder / "plan.json").read_bytes())
    written = Archive()
    images = {path.stem: archive.read(path) for path in sorted(folder.glob(_IMAGES), key=_number)}
    outputs = {}
    for name in (*_TEXTS, *(f"report-{number + 1}" for number in range(len(plan["reports"])))):
        path = folder / name
        if path.exists():
            outputs[name] = written.data(OUTPUT, path.read_bytes())
    digests = {name: entry["digest"] for name, entry in outputs.items()}
    contents = Contents(images, digests)
    described = description.description(plan, contents, machine.facts())
    named = {
        each["place"]["image"]: _image(written, each["place"], contents, label)
        for each, label in (
            (described["steps"][0], description.label(plan, contents)),
            *((service, None) for service in described["services"]),
        )
    }
    titled = [{**entry, "annotations": {_TITLE: name}} for name, entry in sorted(named.items())]
    blobs = sorted(outputs.values(), key=lambda entry: str(entry["digest"]))
    config = written.document(f"{BUNDLE}+json", described)
    bundle = written.manifest(config, [*titled, *blobs], artifactType=BUNDLE)
    entries = [{**bundle, "artifactType": BUNDLE, "annotations": {REFERENCE: NAME}}]
    entries += [
        {**entry, "annotations": {REFERENCE: name}} for name, entry in sorted(named.items())
    ]
    written.write(output, entries)


def _image(
    written: Archive, place: dict[str, Any], contents: Contents, label: dict[str, Any] | None
) -> Descriptor:
    """Put in the image of a place, with its mounts on top; return its manifest's descriptor."""
    name = "step" if place["image"] == description.STEP else place["image"]
    base = contents.images[name]
    over = [
        image
        for other, image in contents.images.items()
        if other == f"{name}-data" or (name == "step" and other.startswith("mount-"))
    ]
    layers = [layer for image in (base, *over) for layer in image.layers]
    for layer in layers:
        written.blobs[layer.descriptor["digest"]] = layer.blob
    config = copy.deepcopy(base.config)
    config["rootfs"]["diff_ids"] = [layer.diff_id for layer in layers]
    config["history"] = [{"created_by": layer.title} for layer in layers]
    run = config.setdefault("config", {})
    run.pop("Entrypoint", None)
    run["Cmd"] = place["args"]
    if label is not None:
        told = json.dumps(label, sort_keys=True)
        run["Labels"] = (run.get("Labels") or {}) | {description.LABEL: told}
    return written.manifest(
        written.document(CONFIG, config), [layer.descriptor for layer in layers]
    )


def _number(path: Path) -> tuple[int, str]:
    """Sort names by their numbers: mount-2 comes before mount-10."""
    return len(path.stem), path.stem


def _add(tar: tarfile.TarFile, name: str, content: Blob | bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode = 0o644
    if isinstance(content, bytes):
        entry.size = len(content)
        tar.addfile(entry, BytesIO(content))
        return
    entry.size = content.size
    with content.path.open("rb") as file:
        file.seek(content.offset)
        tar.addfile(entry, file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns 1 with a message on standard error if an image is none."""
    parser = argparse.ArgumentParser(prog="python -m ci.programs.bundle", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    given = parser.parse_args(arguments)
    try:
        write(given.folder, given.output)
    except ProgramError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
