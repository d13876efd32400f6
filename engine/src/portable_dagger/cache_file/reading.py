"""A cache file, read in place: the tar of an OCI layout whose one manifest names a document and the blobs it speaks of.

What is read goes from the digest in the index to the digests that it names, and from there on.
"""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any, Final, cast

from portable_dagger.bundle import layout
from portable_dagger.bundle.archive import Archive, ArchiveReader
from portable_dagger.cache_file.document import MEDIA_TYPE, Document, decode
from portable_dagger.errors import BundleDamagedError, BundleError, CacheFileError
from portable_dagger.images.layout import OCI_INDEX, OCI_MANIFEST, Descriptor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_HINT: Final = "such a file is what `./dagger cache save FILE` writes"


def manifest(document: layout.Document, blobs: Iterable[tuple[str, int]]) -> layout.Document:
    """Return the manifest of a cache file: its document, and digests and sizes of its blobs."""
    value = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": MEDIA_TYPE,
        "config": document.descriptor().to_json(),
        "layers": [Descriptor(layout.OUTPUT, *blob).to_json() for blob in blobs],
    }
    return layout.Document(OCI_MANIFEST, _json(value))


def index(named: layout.Document) -> bytes:
    """Return the index of a cache file."""
    entry = {**named.descriptor().to_json(), "artifactType": MEDIA_TYPE}
    return _json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]})


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


class Reader(ArchiveReader):
    """An open cache file, to be used in a `with`; safe to use from several threads.

    Raises CacheFileError if the file is none, or does not fit together.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._archive = Archive(path)
        except BundleError as error:
            raise _refusal(path, error) from error
        try:
            self.document: Document = decode(self.blob(self._config()))
            self._check_blobs()
        except BaseException:
            self._archive.close()
            raise

    def blob(self, digest: str) -> bytes:
        """Return a small blob, which has that digest."""
        try:
            return self._archive.blob(digest)
        except BundleError as error:
            raise _refusal(self.path, error) from error

    def check(self, digest: str) -> None:
        """See that a blob has the digest that names it."""
        try:
            self._archive.check(digest)
        except BundleError as error:
            raise _refusal(self.path, error) from error

    def stream(self, digest: str) -> IO[bytes]:
        """Return a reader of a blob, which does not check its digest."""
        return cast("IO[bytes]", self._archive.stream(digest))

    def _config(self) -> str:
        """Return the digest of the document, by way of index and manifest."""
        try:
            found = json.loads(self._archive.document(layout.INDEX_FILE) or b"")
            entries = [e for e in found["manifests"] if e.get("artifactType") == MEDIA_TYPE]
            if not entries:
                raise CacheFileError(f"{self.path} is something else than a saved cache", _HINT)
            named = json.loads(self.blob(str(entries[0]["digest"])))
            return str(named["config"]["digest"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise CacheFileError(
                f"{self.path} is damaged: its index cannot be read", _HINT
            ) from error

    def _check_blobs(self) -> None:
        """See that all that the document names is there, in the size that it says."""
        document = self.document
        named = [(folder.blob, folder.size) for folder in document.folders]
        named += [(output.digest, output.size) for output in document.outputs]
        for digest, size in named:
            if not self._archive.holds(digest) or self._archive.size(digest) != size:
                raise CacheFileError(f"{self.path} is damaged: it lacks the blob {digest}", _HINT)


def _refusal(path: Path, error: BundleError) -> CacheFileError:
    """Word what is wrong with the file for whoever wants to load a cache."""
    if isinstance(error, BundleDamagedError):
        return CacheFileError(error.message, "save the cache again")
    if not path.is_file():
        return CacheFileError(f"there is no file {path}", _HINT)
    return CacheFileError(f"{path} holds no saved cache: it is no tar of an OCI layout", _HINT)
