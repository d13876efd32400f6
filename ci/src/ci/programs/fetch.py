"""Fetches an image from a registry into an OCI layout, with all that is attached to it.

    python -m ci.programs.fetch --repository NAME --address URL --reference TAG|DIGEST --output FOLDER [--auth FILE]

The layout holds the index, its images with their layers, and what refers to the index or to one of its images; all of
it is checked against its digest. index.json lists the image first, with the reference as its annotation
org.opencontainers.image.ref.name, then what refers to it. `--auth` is a config.json of Docker.

Progress goes to standard error. The answer is a JSON object on standard output: digest, manifests, blobs, bytes and
attachments. What goes wrong gives status 1 and a message.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ci.programs import logins, parts
from ci.programs.errors import ProgramError
from ci.programs.layout import INDEX, REFERENCE, Layout
from ci.programs.parts import Part
from ci.programs.registry import Manifest, Repository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ci.programs.layout import Descriptor

_MARK: Final = '{"imageLayoutVersion":"1.0.0"}'
_SIDE_BY_SIDE: Final = 6


@dataclass(slots=True)
class Fetch:
    """An image on its way from a repository into a layout."""

    repository: Repository
    layout: Layout
    _manifests: set[str] = field(default_factory=set)
    _blobs: dict[str, Part] = field(default_factory=dict)

    def run(self, reference: str) -> dict[str, Any]:
        """Fetch it; return what the program answers. Raises RegistryError, DigestError for what has been changed."""
        (self.layout.folder / "blobs/sha256").mkdir(parents=True, exist_ok=True)
        root = self.repository.get_manifest(reference, "image")
        name = {"annotations": {REFERENCE: reference}}
        entries = [_descriptor(root) | name]
        subjects = self._keep(root, Part(entries[0], "image"))
        for subject in subjects:
            for entry in self.repository.referrers(subject).entries:
                part = parts.referrer(entry)
                if part.digest not in self._manifests:
                    self._fetch_manifest(part)
                    entries.append(entry)
        self._fetch_blobs()
        self._write(entries)
        return {
            "digest": root.digest,
            "manifests": len(self._manifests),
            "blobs": len(self._blobs),
            "bytes": sum(part.size for part in self._blobs.values()),
            "attachments": len(entries) - 1,
        }

    def _fetch_manifest(self, part: Part) -> list[str]:
        return self._keep(self.repository.get_manifest(part.digest, part.role), part)

    def _keep(self, manifest: Manifest, part: Part) -> list[str]:
        """Keep a manifest and all manifests below it; return their digests. Blobs are fetched later."""
        self.layout.path(manifest.digest).write_bytes(manifest.raw)
        self._manifests.add(manifest.digest)
        kept = [manifest.digest]
        for below in parts.below(manifest.document(str(part)), part):
            if below.is_manifest:
                kept += self._fetch_manifest(below)
            else:
                self._blobs.setdefault(below.digest, below)
        return kept

    def _fetch_blobs(self) -> None:
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            futures = [pool.submit(self._fetch_blob, part) for part in self._blobs.values()]
            try:
                for future in futures:
                    future.result()
            except ProgramError:
                pool.shutdown(cancel_futures=True)
                raise

    def _fetch_blob(self, part: Part) -> None:
        path = self.layout.path(part.digest)
        # It gets its name when it is what the name says.
        fetched = path.with_suffix(".part")
        self.repository.get_blob(part, fetched)
        fetched.rename(path)
        self.repository.say(f"{self.repository.name}: {part.role}, {part.volume}")

    def _write(self, entries: list[Descriptor]) -> None:
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
        (self.layout.folder / "oci-layout").write_text(_MARK, encoding="utf-8")
        (self.layout.folder / "index.json").write_text(json.dumps(index), encoding="utf-8")


def _descriptor(manifest: Manifest) -> Descriptor:
    return {
        "mediaType": manifest.media_type,
        "digest": manifest.digest,
        "size": len(manifest.raw),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns 1 with a message on standard error if the image could not be fetched as it is."""
    parser = argparse.ArgumentParser(
        prog="python -m ci.programs.fetch",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--repository", required=True)
    parser.add_argument("--address", required=True)
    parser.add_argument("--reference", required=True)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--auth", type=Path)
    given = parser.parse_args(arguments)
    try:
        known = logins.load(given.auth)
        repository = Repository(given.repository, given.address, known)
        try:
            answer = Fetch(repository, Layout(given.output)).run(given.reference)
        finally:
            repository.close()
    except ProgramError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
