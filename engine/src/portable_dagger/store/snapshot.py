"""Snapshots: immutable file systems as lists of layers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A file system: the digests of its layers (`sha256:<hex>`), bottom first; none is the empty one."""

    layers: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The digest of the list; equal file systems may have different ones."""
        return "sha256:" + hashlib.sha256("\n".join(self.layers).encode()).hexdigest()
