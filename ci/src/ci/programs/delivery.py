"""The push to one registry, step by step, and where it stands."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

from ci.programs.errors import ProgramError, RegistryError
from ci.programs.registry import Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ci.programs.layout import Descriptor, Layout
    from ci.programs.parts import Part
    from ci.programs.registry import Repository

PUSHED: Final = "pushed"
FAILED: Final = "failed"
NOT_TAGGED: Final = "not tagged"
UNTOUCHED: Final = "untouched"
PARTLY_TAGGED: Final = "partly tagged"


@dataclass(slots=True)
class Outcome:
    """Where one registry stands, as the answer has it.

    state: `pushed` (everything is there, and all tags), `failed` (see error), or, because another one failed,
    `untouched` (nothing was sent), `not tagged` (images without tags at most), `partly tagged` (see tags_set).
    tags_present: those that led to their digest before. bytes: what the uploaded blobs came to.
    """

    repository: str
    address: str
    state: str = UNTOUCHED
    error: str = ""
    blobs_uploaded: int = 0
    blobs_present: int = 0
    bytes_uploaded: int = 0
    manifests_put: int = 0
    manifests_present: int = 0
    tags_set: list[str] = field(default_factory=list)
    tags_present: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Delivery:
    """The push to one registry; may be used by several threads."""

    repository: Repository
    outcome: Outcome
    layout: Layout
    _present: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    @property
    def failed(self) -> bool:
        """Whether anything went wrong."""
        return self.outcome.state == FAILED

    def attempt(self, action: Callable[[], None]) -> None:
        """Do something, unless something else failed before; what goes wrong becomes the outcome."""
        if self.failed:
            return
        try:
            action()
        except ProgramError as error:
            with self._lock:
                if not self.failed:
                    self.outcome.state, self.outcome.error = FAILED, str(error)
                    self._say(f"failed: {error}")

    def check(self, fixed: dict[str, str]) -> None:
        """Check that no fixed tag leads elsewhere. Raises RegistryError that names all that do."""
        moved = []
        for tag, digest in fixed.items():
            there = self.repository.find_manifest(tag)
            if there not in {"", digest}:
                moved.append(f"{tag} is {there} already, and would become {digest}")
        if moved:
            raise RegistryError(
                f"{self.repository.name}: a version is never moved: {'; '.join(moved)}",
                "Publish under a new version.",
            )

    def send_blob(self, part: Part) -> None:
        """Upload a blob that is not there."""
        if self.repository.has_blob(part.digest):
            with self._lock:
                self.outcome.blobs_present += 1
            return
        self.layout.check(part.descriptor, part.role)
        started = time.monotonic()
        self.repository.put_blob(part, self.layout.path(part.digest))
        took = time.monotonic() - started
        with self._lock:
            self.outcome.blobs_uploaded += 1
            self.outcome.bytes_uploaded += part.size
        self._say(f"{part.role}, {part.volume} in {took:.1f} s")

    def look_for(self, part: Part) -> None:
        """Note whether a manifest is there."""
        if self.repository.find_manifest(part.digest):
            with self._lock:
                self._present.add(part.digest)
                self.outcome.manifests_present += 1

    def send_manifest(self, part: Part) -> None:
        """Put a manifest that is not there, by its digest."""
        if part.digest in self._present:
            return
        self.repository.put_manifest(part.digest, self._manifest(part), str(part))
        with self._lock:
            self.outcome.manifests_put += 1
        self._say(f"{part.role}, {part.digest}")

    def send_in_order(self, images: Iterable[Part]) -> None:
        """Put the manifests of images: children before what names them."""
        for part in images:
            self.send_manifest(part)

    def list_attachments(self, attached: tuple[str, list[Descriptor]]) -> None:
        """See to it that a subject's attachments are found."""
        self.repository.add_referrers(*attached)

    def tag(self, tag: str, part: Part) -> None:
        """Let a tag lead to a manifest."""
        if self.repository.find_manifest(tag) == part.digest:
            self.outcome.tags_present.append(tag)
            return
        self.repository.put_manifest(tag, self._manifest(part), f"tag {tag}")
        self.outcome.tags_set.append(tag)
        self._say(f"tag {tag}, {part.digest}")

    def _manifest(self, part: Part) -> Manifest:
        return Manifest(part.media_type, self.layout.path(part.digest).read_bytes())

    def _say(self, line: str) -> None:
        self.repository.say(f"{self.repository.name}: {line}")
