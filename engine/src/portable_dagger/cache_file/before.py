"""The file that is about to be replaced: its layers go into the new one as they are, since layers never change."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from portable_dagger.cache_file import reading
from portable_dagger.errors import CacheFileError

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.cache_file.document import Folder, Layer


class Before:
    """What of a file can be used again, until `close`; nothing, if it is no cache file."""

    def __init__(self, path: Path) -> None:
        self._reader: reading.Reader | None = None
        self._layers: dict[str, Layer] = {}
        try:
            self._reader = reading.Reader(path)
        except CacheFileError:
            return
        self._layers = {layer.digest: layer for layer in self._reader.document.layers}

    def close(self) -> None:
        """Close the file."""
        if self._reader is not None:
            self._reader.close()

    def folder(self, digest: str) -> Folder | None:
        """Return a layer as it is packed there; None if it is not, or is damaged."""
        layer = self._layers.get(digest)
        if layer is None or self._reader is None:
            return None
        try:
            self._reader.check(layer.folder.blob)
        except CacheFileError:
            return None
        return layer.folder

    def stream(self, folder: Folder) -> IO[bytes]:
        """Return a reader of what is packed there."""
        assert self._reader is not None
        return self._reader.stream(folder.blob)
