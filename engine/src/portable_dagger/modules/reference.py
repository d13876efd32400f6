"""References of modules in git repositories: `github.com/owner/name/folder@version`. Pure.

A scheme may stand before it, and `.git` marks where the repository's own path ends; without that the path has two parts
below the host. `git@host:owner/name` is ssh's form.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Final

from portable_dagger.errors import ModuleConfigError

PARTS: Final = 2
"""How many parts the path of a repository has when nothing says where it ends: the owner, and the name."""

_SSH: Final = re.compile(r"(?:[\w.-]+)@([\w.-]+):(.+)")


@dataclass(frozen=True, slots=True)
class Reference:
    """What to clone, the module's folder in it, and the version ("" for the default branch)."""

    clone: str
    folder: str = "."
    version: str = ""


def is_git(text: str) -> bool:
    """Whether a reference names a repository; a path has no dot in its first part, or begins with one."""
    if text.startswith((".", "/")):
        return False
    return "://" in text or "@" in text or "." in text.partition("/")[0]


def parse(text: str) -> Reference:
    """Split a reference; ModuleConfigError for one that names no repository."""
    ssh = _SSH.fullmatch(text)
    if ssh:
        user = text.partition("@")[0]
        path, version = _version(ssh[2])
        repository, folder = _split(path, text)
        return Reference(f"{user}@{ssh[1]}:{repository}", folder, version)
    scheme, separator, rest = text.rpartition("://")
    host, _, below = rest.partition("/")
    path, version = _version(below)
    repository, folder = _split(path, text)
    return Reference(f"{scheme or 'https'}{separator or '://'}{host}/{repository}", folder, version)


def _version(text: str) -> tuple[str, str]:
    path, _, version = text.partition("@")
    return path, version


def _split(path: str, text: str) -> tuple[str, str]:
    """Split a path below the host into the repository's and the module's folder in it."""
    parts = [part for part in path.split("/") if part]
    end = next((at for at, part in enumerate(parts, 1) if part.endswith(".git")), PARTS)
    if len(parts) < end or ".." in parts:
        raise ModuleConfigError(
            f"{text!r} names no git repository", "write host/owner/name[/folder][@version]"
        )
    return "/".join(parts[:end]), posixpath.join(*parts[end:]) if parts[end:] else "."
