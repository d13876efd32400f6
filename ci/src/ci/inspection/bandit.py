"""Bandit: its command line, and its JSON as findings (https://bandit.readthedocs.io)."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from ci.findings import Finding, Kind, Severity
from ci.inspection.linter import TARGET, Answer, Linter, relative
from ci.settings import FILE

NAME: Final = "bandit"
UNREAD: Final = "unread"
"""The rule of a file that Bandit cannot read; Bandit itself passes over it."""

_PASSWORDS: Final = {"B105", "B106", "B107"}
"""The rules whose texts quote what they found: no report holds a secret's value."""

_SEVERITIES: Final = {
    "UNDEFINED": Severity.UNKNOWN,
    "LOW": Severity.LOW,
    "MEDIUM": Severity.MEDIUM,
    "HIGH": Severity.HIGH,
}


def command(paths: Sequence[str]) -> list[str]:
    """Return the command that writes findings as JSON, with the settings in [tool.bandit], if there are any."""
    settings = f"--configfile={FILE}"
    return ["python", "-m", NAME, "--quiet", "--recursive", "--format=json", settings, *paths]


def read(answer: Answer) -> Iterator[Finding]:
    """Yield Bandit's findings, and one for each file that it could not read."""
    report = json.loads(answer.stdout)
    for entry in report["results"]:
        rule = entry["test_id"]
        message = entry["issue_text"]
        yield Finding(
            kind=Kind.CODE,
            id=rule,
            severity=_SEVERITIES[entry["issue_severity"]],
            target=TARGET,
            path=relative(entry["filename"]),
            line=entry["line_number"],
            title=entry["test_name"],
            message=message.partition(":")[0] if rule in _PASSWORDS else message,
            remedy=f"see {entry['more_info']}; where it is meant, say why beside `# nosec {rule}`",
            link=entry["more_info"],
            tool=NAME,
        )
    for entry in report["errors"]:
        yield Finding(
            kind=Kind.CODE,
            id=UNREAD,
            severity=Severity.HIGH,
            target=TARGET,
            path=relative(entry["filename"]),
            message=entry["reason"],
            tool=NAME,
        )


BANDIT: Final = Linter(name=NAME, command=command, read=read, alone=True)
