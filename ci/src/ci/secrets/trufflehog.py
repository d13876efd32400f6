"""TruffleHog, the second source: its command line, and its JSON as findings (https://github.com/trufflesecurity/trufflehog).

It comes as an image alone, and so runs where a registry answers. Its JSON holds the values that it found: it goes into
a file of the container, and of it nothing is taken but where they are.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

import dagger
from dagger import dag

from ci import step
from ci.errors import ReportError, ToolError
from ci.findings import Finding, Kind, Look, Severity
from ci.inspection.linter import TARGET
from ci.secrets import gitleaks, history
from ci.step import Mount, Step

NAME: Final = "trufflehog"
_REPORT: Final = "/report.jsonl"
_FOUND: Final = 183
"""The exit code of `--fail` where something is found."""

# Nothing is tried out at those who gave it: the step needs no network.
_COMMAND: Final = (
    f"exec trufflehog git file://{history.FOLDER} --json --fail --no-verification --no-update >{_REPORT} 2>/dev/null"
)


async def look(image: str, repository: dagger.Directory) -> Look:
    """Return what TruffleHog finds in a history. Raises ToolError if it breaks off or is not to be had, ReportError."""
    container = dag.container().from_(image)
    try:
        await container.sync()
    except dagger.QueryError as error:
        raise ToolError(
            f"TruffleHog's image {image} is not to be had: {error}",
            "It is the second source; where no registry answers, leave tool.ci.secrets.trufflehog out.",
        ) from None
    for name, value in history.GIT:
        container = container.with_env_variable(name, value)
    ran = await step.run(
        Step(
            name="secrets in the history by TruffleHog",
            container=container,
            command=("sh", "-c", _COMMAND),
            mounts=(Mount(history.FOLDER, repository),),
            expect=dagger.ReturnType.ANY,
            judged=True,
        )
    )
    exit_code = await ran.exit_code()
    if exit_code not in {0, _FOUND}:
        raise ToolError(
            f"TruffleHog broke off with exit code {exit_code}", "Run it by hand on the repository."
        )
    return Look(parse(await ran.file(_REPORT).contents()))


def parse(text: str) -> tuple[Finding, ...]:
    """Read a report, a JSON object a line. Raises ReportError, which never quotes it."""
    try:
        return tuple(_findings(text))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ReportError(
            f"TruffleHog's report cannot be read ({type(error).__name__})",
            "This module reads the JSON of TruffleHog 3; take the default image.",
        ) from None


def _findings(text: str) -> Iterator[Finding]:
    for line in text.splitlines():
        entry = json.loads(line)
        yield _finding(entry, entry["SourceMetadata"]["Data"]["Git"])


def _finding(entry: dict[str, Any], place: dict[str, Any]) -> Finding:
    return Finding(
        kind=Kind.SECRET,
        id=entry["DetectorName"],
        severity=Severity.CRITICAL,
        target=TARGET,
        path=place["file"],
        line=int(place.get("line", 0)),
        title=f"a secret of {entry['DetectorName']}",
        message=gitleaks.came(place["commit"], place["timestamp"]),
        remedy=gitleaks.REMEDY,
        commit=place["commit"],
        tool=NAME,
    )
