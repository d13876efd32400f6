"""The output of one command: scrubbed, shown as progress, and kept as files until it goes to the store."""

from __future__ import annotations

import codecs
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from portable_dagger.record.scrubber import Scrubber

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from portable_dagger.record.progress import Span

STREAMS = ("stdout", "stderr", "combined")


class Output:
    """Collects stdout and stderr; `combined` has both in the order in which they came.

    `redirected` are the streams that the command has in files: they are reported as such.
    """

    def __init__(
        self,
        folder: Path,
        secrets: Iterable[bytes],
        span: Span,
        redirected: Collection[str] = (),
    ) -> None:
        texts = self._secrets = list(secrets)
        self._span = span
        self._redirected = redirected
        self._files = {stream: _kept_file(folder) for stream in STREAMS}
        self._scrubbers = {stream: Scrubber(texts) for stream in ("stdout", "stderr")}
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = {stream: decoder("replace") for stream in ("stdout", "stderr")}

    def write(self, stream: Literal["stdout", "stderr"], chunk: bytes) -> None:
        """Take one chunk of a stream."""
        self._keep(stream, self._scrubbers[stream].feed(chunk))

    def scrubbed(self, data: bytes) -> bytes:
        """Return what was printed elsewhere without the secrets of this command."""
        scrubber = Scrubber(self._secrets)
        return scrubber.feed(data) + scrubber.flush()

    def end(self) -> None:
        """Take what was held back, and close the files; a second call does nothing."""
        if self._files["combined"].closed:
            return
        for stream, scrubber in self._scrubbers.items():
            self._keep(stream, scrubber.flush())
        for file in self._files.values():
            file.close()

    def path(self, stream: str) -> Path:
        """Return the file that holds a stream."""
        return Path(self._files[stream].name)

    def remove(self) -> None:
        """Delete the files that were not taken."""
        for stream in STREAMS:
            self.path(stream).unlink(missing_ok=True)

    def _keep(self, stream: str, data: bytes) -> None:
        if data:
            self._files[stream].write(data)
            self._files["combined"].write(data)
            text = self._decoders[stream].decode(data)
            self._span.log(stream, text, redirected=stream in self._redirected)


def _kept_file(folder: Path) -> IO[bytes]:
    """Open a file that stays when it is closed; Output.remove deletes it."""
    return tempfile.NamedTemporaryFile(dir=folder, delete=False)
