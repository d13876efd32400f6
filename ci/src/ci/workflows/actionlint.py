"""actionlint: its command line, its JSON as findings (https://github.com/rhysd/actionlint), and where it comes from."""

import json
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Final

import dagger

from ci import known, python, step, tool
from ci.findings import Finding, Kind, Severity
from ci.inspection.linter import TARGET, Answer, relative
from ci.program import IMAGE
from ci.step import Step
from ci.tool import Tool

NAME: Final = "actionlint"

VERSION: Final = "1.7.12"

_FOLDER: Final = "/actionlint"
_PROGRAM: Final = f"{_FOLDER}/bin/actionlint"
_SOURCES: Final = ("go.mod", "go.sum")
_PACKAGE: Final = "github.com/rhysd/actionlint/cmd/actionlint"
_BUILD: Final = ("go", "build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", _PROGRAM)
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
    container = await python.container(IMAGE, _text("shellcheck.txt"))
    program = (await _built()).file(_PROGRAM)
    made = container.with_file(f"/usr/local/bin/{NAME}", program)
    origin = f"{NAME} {VERSION}, built from its sources, standing in for {image}"
    return Tool(await made.sync(), origin)


async def _built() -> dagger.Container:
    """Return the container that it was built in: what go.sum does not name, Go does not take."""
    container = (
        (await python.container(IMAGE, _text("go.txt")))
        .with_env_variable("CGO_ENABLED", "0")
        .with_env_variable("GOTOOLCHAIN", "local")
        .with_workdir(_FOLDER)
    )
    texts = tuple((name, _text(f"{NAME}/{name}")) for name in _SOURCES)
    return await step.run(
        Step(
            name=f"build {NAME}",
            container=container.with_directory(_FOLDER, known.folder(texts)),
            command=(*_BUILD, _PACKAGE),
        )
    )


def _text(name: str) -> str:
    return files("ci.workflows").joinpath(name).read_text(encoding="utf-8")
