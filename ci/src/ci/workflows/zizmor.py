"""zizmor: its command line, and its JSON as findings (https://docs.zizmor.sh, format json-v1)."""

import json
import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any, Final

from ci import python
from ci.findings import Finding, Kind, Severity
from ci.inspection.linter import TARGET, Answer, relative
from ci.program import IMAGE
from ci.tool import Tool

NAME: Final = "zizmor"

UNREAD: Final = "unread"
"""The rule of a file that zizmor cannot read; zizmor itself passes over it."""

CODES: Final = frozenset({0, 3})
"""The exit codes of a zizmor that did not break off: 3 where it can read no file at all."""

_COMPLETED: Final = re.compile(r"completed (\S+)$", re.MULTILINE)
_SEVERITIES: Final = {
    "Unknown": Severity.UNKNOWN,
    "Informational": Severity.LOW,
    "Low": Severity.LOW,
    "Medium": Severity.MEDIUM,
    "High": Severity.HIGH,
}


async def find() -> Tool:
    """Return it out of the wheel of this module's own lock, which is the program itself."""
    lock = files("ci.workflows").joinpath("zizmor.txt").read_text(encoding="utf-8")
    (version,) = re.findall(rf"^{NAME}==(\S+)", lock, re.MULTILINE)
    return Tool(await python.container(IMAGE, lock), f"{NAME} {version}")


def command(paths: Sequence[str]) -> list[str]:
    """Return the command that looks at files, asks nobody else, and writes JSON."""
    return [NAME, "--offline", "--no-progress", "--no-exit-codes", "--format=json-v1", "--", *paths]


def read(answer: Answer, paths: Sequence[str]) -> Iterator[Finding]:
    """Yield zizmor's findings, and one for each file that it did not complete."""
    completed = {relative(path) for path in _COMPLETED.findall(answer.stderr)}
    for path in paths:
        if path not in completed:
            yield Finding(
                kind=Kind.WORKFLOW,
                id=UNREAD,
                severity=Severity.HIGH,
                target=TARGET,
                path=path,
                message="zizmor cannot read it",
                remedy="mend it: what else is said of the file tells where, or `zizmor` on it does",
                tool=NAME,
            )
    for entry in json.loads(answer.stdout or "[]"):
        if not entry["ignored"]:
            yield _finding(entry)


def _finding(entry: dict[str, Any]) -> Finding:
    place, *_ = [one for one in entry["locations"] if one["symbolic"]["kind"] == "Primary"]
    return Finding(
        kind=Kind.WORKFLOW,
        id=entry["ident"],
        severity=_SEVERITIES[entry["determinations"]["severity"]],
        target=TARGET,
        path=relative(place["symbolic"]["key"]["Local"]["verbatim_path"]),
        # Rows begin with 0.
        line=place["concrete"]["location"]["start_point"]["row"] + 1,
        title=entry["desc"],
        message=f"{entry['desc']}: {place['symbolic']['annotation']}",
        remedy=f"see {entry['url']}",
        link=entry["url"],
        tool=NAME,
    )
