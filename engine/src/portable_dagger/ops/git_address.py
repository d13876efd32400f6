"""Addresses of git: `URL#REF:FOLDER`, as flags and defaults of the command line give them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_GIT = re.compile(r"(https?|ssh|git|file)://|[\w.-]+@[\w.-]+:")
_LOCAL = re.compile(r"file://[^#]*(?<!\.git)")


@dataclass(frozen=True, slots=True)
class GitAddress:
    """A repository's URL, a ref ("" for its head), and a folder in it ("" for all)."""

    url: str
    ref: str = ""
    folder: str = ""


def is_git(address: str) -> bool:
    """Whether an address leads to a repository; `file://` does only if it names a ref or ends with .git."""
    return bool(_GIT.match(address)) and not _LOCAL.fullmatch(address)


def parse(address: str) -> GitAddress:
    """Read an address of git."""
    url, _, fragment = address.partition("#")
    ref, _, folder = fragment.partition(":")
    return GitAddress(url, ref, folder)
