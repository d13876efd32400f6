"""actionlint: its command line, its JSON as findings (https://github.com/rhysd/actionlint), and where it comes from."""

import json
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Final

from ci import go, python, tool
from ci.findings import Finding, Kind, Severity
from ci.inspection.linter import TARGET, Answer, relative
from ci.program import IMAGE
from ci.tool import Tool

NAME: Final = "actionlint"

FOLDER: Final = "workflows/actionlint"
"""Where its go.mod is, in this module."""

PACKAGE: Final = "github.com/rhysd/actionlint/cmd/actionlint"
_CHECKS: Final = "https://github.com/rhysd/actionlint/blob/main/docs/checks.md"


def command(paths: Sequence[str]) -> list[str]:
    """Return the command that looks at files, lines of shells with shellcheck, and writes JSON."""
    return [NAME, "-no-color", "-pyflakes=", "-format", "{{json .}}", "--", *paths]


def read(answer: Answer) -> Iterator[Finding]:
    """Yield actionlint's findings."""
    for entry in json.loads(answer.stdout or "[]"):
        yield Finding(
            kind=Kind.WORKFLOW,
            id=entry["kind"],
            severity=Severity.HIGH,
            target=TARGET,
            path=relative(entry["filepath"]),
            line=entry["line"],
            message=entry["message"],
            remedy=f"see {_CHECKS}",
            link=_CHECKS,
            tool=NAME,
        )


async def find(image: str) -> Tool:
    """Return it out of its image where a registry gives it, else built from its sources, with shellcheck beside it."""
    official = await tool.official(image)
    if official is not None:
        return official
    built = await go.build(FOLDER, PACKAGE)
    lock = files("ci.workflows").joinpath("shellcheck.txt").read_text(encoding="utf-8")
    container = await python.container(IMAGE, lock)
    made = container.with_file(go.path(NAME), built.container.file(go.path(NAME)))
    return Tool(await made.sync(), f"{built.origin}, standing in for {image}")
