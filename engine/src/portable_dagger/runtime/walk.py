"""Paths inside a root: links are followed, but never lead outside.

Descriptor by descriptor, so that a command that changes a shared volume meanwhile cannot lead the engine out either.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from typing import Protocol

LINK_LIMIT = 40
FLAGS = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


class Make(Protocol):
    """Creates `name` in the directory of a descriptor; `last` says that it is the end of the path."""

    def __call__(self, parent: int, name: str, *, last: bool) -> None:
        """Create it."""


def descriptor_path(descriptor: int) -> str:
    """Return a path that leads to what a descriptor of this process refers to."""
    return f"/proc/self/fd/{descriptor}"


def walk(root: int, path: str, make: Make | None = None) -> int:
    """Return a descriptor of `path` below the directory `root`; OSError if it is missing and there is no `make`."""
    stack = [os.dup(root)]
    parts = deque(_parts(path))
    links = 0
    try:
        while parts:
            part = parts.popleft()
            if part == "..":
                _leave(stack, 1)
                continue
            found = _open(stack[-1], part, make, last=not parts)
            stack.append(found)
            if stat.S_ISLNK(os.fstat(found).st_mode):
                links += 1
                if links > LINK_LIMIT:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                target = os.readlink("", dir_fd=found)
                _leave(stack, len(stack) if target.startswith("/") else 1)
                parts.extendleft(reversed(_parts(target)))
        return stack.pop()
    finally:
        for descriptor in stack:
            os.close(descriptor)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]


def _open(parent: int, name: str, make: Make | None, *, last: bool) -> int:
    try:
        return os.open(name, FLAGS, dir_fd=parent)
    except FileNotFoundError:
        if make is None:
            raise
    make(parent, name, last=last)
    return os.open(name, FLAGS, dir_fd=parent)


def _leave(stack: list[int], levels: int) -> None:
    """Go up, at most to the root."""
    for _ in range(min(levels, len(stack) - 1)):
        os.close(stack.pop())
