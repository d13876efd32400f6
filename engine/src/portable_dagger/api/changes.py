"""What earlier releases of the API had under another name, or did otherwise; pure data.

Sources: the release notes of the reference engine (`.changes/vX.Y.0.md` in its repository, "Breaking Changes") and the
views of its schema (`View(BeforeVersion(…))` in core/schema). A view is what a module with an older `engineVersion`
is served; modules.older gives modules what of it is cheap to give.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

Version = tuple[int, int, int]

_VERSION: Final = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")
_UNKNOWN_FIELD: Final = re.compile(r"Cannot query field ['\"](\w+)['\"] on type ['\"](\w+)['\"]")
_UNKNOWN_ARGUMENT: Final = re.compile(
    r"Unknown argument ['\"](\w+)['\"] on field ['\"](\w+)\.(\w+)['\"]"
)


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a type, or an argument of a field, that is gone since `release`; `instead` says what to use."""

    type: str
    field: str
    release: Version
    instead: str
    argument: str = ""

    def __str__(self) -> str:
        """Return what happened to it, as a sentence without a full stop."""
        name = f"{self.type}.{self.field}"
        what = f'argument "{self.argument}" of {name}' if self.argument else name
        release = ".".join(map(str, self.release))
        return f"{what} was removed in v{release}: {self.instead}"


_PIPELINE: Final = "leave it out, it does nothing any more"
_BY_ID: Final = "use load{0}FromID"

CHANGES: Final = (
    # v0.12.0, pull requests 6934 and 7751
    Change("GitRef", "tree", (0, 12, 0), "pass it to `git`", "sshKnownHosts"),
    Change("GitRef", "tree", (0, 12, 0), "pass it to `git`", "sshAuthSocket"),
    Change("Query", "container", (0, 12, 0), _BY_ID.format("Container"), "id"),
    Change("Query", "directory", (0, 12, 0), _BY_ID.format("Directory"), "id"),
    Change("Query", "socket", (0, 12, 0), _BY_ID.format("Socket")),
    Change(
        "Query",
        "checkVersionCompatibility",
        (0, 12, 0),
        "leave it out, versions are checked when a client connects",
    ),
    # v0.13.0, pull request 8065
    Change(
        "Container",
        "withExec",
        (0, 13, 0),
        "leave it out where it is true; where it is false, use `useEntrypoint: true`",
        "skipEntrypoint",
    ),
    Change("Query", "pipeline", (0, 13, 0), _PIPELINE),
    Change("Container", "pipeline", (0, 13, 0), _PIPELINE),
    Change("Directory", "pipeline", (0, 13, 0), _PIPELINE),
    Change("ModuleSource", "cloneURL", (0, 13, 0), "use `cloneRef`"),
    # v0.14.0, pull requests 8568 and 8647
    Change("Query", "daggerEngine", (0, 14, 0), "use `engine`"),
    Change("Container", "withFocus", (0, 14, 0), "leave it out"),
    Change("Container", "withoutFocus", (0, 14, 0), "leave it out"),
    # v0.16.0, pull request 9505
    Change("Module", "initialize", (0, 16, 0), "leave it out, a module is ready when it is made"),
    Change("ModuleSource", "resolveFromCaller", (0, 16, 0), "leave it out"),
    # v0.19.0, pull requests 11032, 11115 and 11118; core/schema/container.go and directory.go
    Change("Container", "build", (0, 19, 0), "use `Directory.dockerBuild`"),
    Change("GitRepository", "withAuthToken", (0, 19, 0), "use `git(url, httpAuthToken: …)`"),
    Change("GitRepository", "withAuthHeader", (0, 19, 0), "use `git(url, httpAuthHeader: …)`"),
    Change("Host", "setSecretFile", (0, 19, 0), 'use `secret(uri: "file://…")`'),
    Change("Container", "withDirectory", (0, 19, 0), "it is called `source`", "directory"),
    Change("Directory", "withDirectory", (0, 19, 0), "it is called `source`", "directory"),
)

NEWEST: Final[Version] = max(change.release for change in CHANGES)
"""From this release on, nothing here applies."""


def version(text: str) -> Version:
    """Read an `engineVersion`; one that says none, or `latest`, is the newest."""
    found = _VERSION.match(text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else NEWEST


def explained(message: str) -> str:
    """Return a message about an unknown field or argument with what became of it, if earlier releases had it."""
    field, argument = _UNKNOWN_FIELD.search(message), _UNKNOWN_ARGUMENT.search(message)
    if argument:
        asked = (argument[2], argument[3], argument[1])
    elif field:
        asked = (field[2], field[1], "")
    else:
        return message
    for change in CHANGES:
        if (change.type, change.field, change.argument) == asked:
            return f"{message} {change}."
    return message
