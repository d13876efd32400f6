"""A bundle read from its file: the description, images, and blobs.

What is read goes from the digest of the bundle's manifest to the digests that it names, and from there on: whoever
knows that one digest to be right need not trust the rest of the file.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.bundle import layout
from portable_dagger.bundle.archive import Archive, ArchiveReader
from portable_dagger.bundle.description import decode
from portable_dagger.bundle.images import Image
from portable_dagger.errors import ArchiveError, BundleDamagedError, BundleError
from portable_dagger.images.layout import (
    OCI_MANIFEST,
    REFERENCE_NAME,
    Descriptor,
    descriptors,
    manifest,
    read_object,
)

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.bundle.archive import Section
    from portable_dagger.bundle.description import Description
    from portable_dagger.images.config import ImageConfig

_HINT: Final = "get the file again"


@dataclass(frozen=True, slots=True)
class Stored:
    """An image in the file: its manifest's descriptor, its configuration's digest, its layers as (blob, diff_id)."""

    descriptor: Descriptor
    config: str
    image: Image
    layers: tuple[tuple[str, str], ...]


class Reader(ArchiveReader):
    """An open bundle, to be used in a `with`; safe to use from several threads.

    Raises BundleError if the file is none, BundleDamagedError if what was read of it so far does not fit.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._archive = Archive(path)
        try:
            self.index = self._index()
            self.digest = self._bundle().digest
            """The digest of the bundle's manifest, which stands for all of it."""

            self._manifest = self._object(self.digest)
            self.description: Description = decode(self.blob(self._config().digest))
        except BaseException:
            self._archive.close()
            raise

    def holds(self, digest: str) -> bool:
        """Whether the file has a blob of that name; a thin bundle lacks layers."""
        return self._archive.holds(digest)

    def blob(self, digest: str) -> bytes:
        """Return a small blob such as an output; BundleDamagedError if it is missing, or is another one."""
        return self._archive.blob(digest)

    def stream(self, digest: str) -> Section:
        """Return a reader of a blob, whose digest it does not check; BundleDamagedError if it is missing."""
        return self._archive.stream(digest)

    def image(self, name: str) -> Image:
        """Return a step's or service's image; BundleDamagedError if there is none."""
        if name not in self.images:
            raise BundleDamagedError(f"{self.path} has no image {name}", _HINT)
        return self.images[name].image

    def image_config(self, name: str) -> ImageConfig:
        """Return the configuration of a step's or service's image; BundleDamagedError if there is none."""
        return self.image(name).config

    @functools.cached_property
    def images(self) -> dict[str, Stored]:
        """The images by name: those of steps, then those of services."""
        found = {}
        for entry in self._named("layers"):
            if entry.media_type == OCI_MANIFEST:
                name = entry.annotations.get(layout.TITLE, "")
                found[name] = self._image(name, entry)
        return found

    @functools.cached_property
    def outputs(self) -> dict[str, int]:
        """Sizes of the blobs that are neither layers nor images, by digest."""
        return {
            entry.digest: entry.size
            for entry in self._named("layers")
            if entry.media_type != OCI_MANIFEST
        }

    def signatures(self) -> tuple[bytes, ...]:
        """Return the Sigstore bundles that are attached to the bundle's manifest; nobody has checked them yet."""
        found = []
        for entry in self.index:
            value = self._object(entry.digest)
            subject = value.get("subject") or {}
            if (
                value.get("artifactType") == layout.SIGNATURE
                and subject.get("digest") == self.digest
            ):
                found += [self.blob(blob.digest) for blob in self._listed(value, "layers")]
        return tuple(found)

    def verify(self) -> tuple[int, int]:
        """Check every blob's digest, and that all that is needed is there; return how many blobs and bytes there are.

        Raises BundleDamagedError. Signatures are not checked: see bundle.signing.
        """
        # Not needed by those who only read.
        from portable_dagger.bundle.verifying import verify  # noqa: PLC0415

        return verify(self, self._archive)

    def _index(self) -> tuple[Descriptor, ...]:
        try:
            value = read_object(self._archive.document(layout.INDEX_FILE) or b"", layout.INDEX_FILE)
        except ArchiveError as error:
            raise BundleDamagedError(f"{self.path}: {error.message}", _HINT) from error
        return self._listed(value, "manifests")

    def _bundle(self) -> Descriptor:
        for entry in self.index:
            if entry.annotations.get(REFERENCE_NAME) == layout.NAME:
                if self._object(entry.digest).get("artifactType") != layout.BUNDLE:
                    break
                return entry
        raise BundleError(
            f"{self.path} is an OCI layout, but no bundle of a step",
            "a bundle is a file that `./dagger --capture FOLDER …` wrote",
        )

    def _config(self) -> Descriptor:
        found = self._named("config")
        if len(found) != 1:
            raise BundleDamagedError(f"{self.path} has no description", _HINT)
        return found[0]

    def _named(self, field: str) -> tuple[Descriptor, ...]:
        return self._listed(self._manifest, field)

    def _listed(self, value: dict[str, Any], field: str) -> tuple[Descriptor, ...]:
        found = value.get(field) or []
        try:
            listed = descriptors({"manifests": found if isinstance(found, list) else [found]})
        except (KeyError, TypeError, AttributeError) as error:
            raise BundleDamagedError(f"a manifest of {self.path} lacks {error}", _HINT) from error
        for entry in listed:
            noted = entry.annotations
            texts = isinstance(noted, dict) and all(isinstance(t, str) for t in noted.values())
            if not (isinstance(entry.digest, str) and texts):
                raise BundleDamagedError(f"{field} of {self.path} cannot be read", _HINT)
        return listed

    def _image(self, name: str, entry: Descriptor) -> Stored:
        value = self._object(entry.digest)
        try:
            config = value["config"]["digest"]
            found = manifest(value, self._object(config))
        except (ArchiveError, KeyError, TypeError, AttributeError) as error:
            raise BundleDamagedError(f"the image {name} of {self.path}: {error}", _HINT) from error
        layers = tuple(diff_id for _, diff_id in found.layers)
        image = Image(name, str(found.platform), found.config, layers)
        return Stored(entry, config, image, found.layers)

    def _object(self, digest: str) -> dict[str, Any]:
        try:
            return read_object(self.blob(digest), digest)
        except ArchiveError as error:
            raise BundleDamagedError(f"{self.path}: {error.message}", _HINT) from error
