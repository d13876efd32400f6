"""Waivers: findings that somebody answers for, until a date; [[tool.ci.waivers]] of pyproject.toml."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from ci.errors import SettingsError
from ci.findings import Finding
from ci.printable import printable
from ci.settings import FILE, HINT, TABLE, TEXT, Kind, key, our_tables, read_table
from ci.tools import PYTEST, TOOLS

WAIVERS: Final = f"{TABLE}.waivers"


def _date(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        return None
    return value


_WAIVABLE: Final = tuple(name for name in TOOLS if name != PYTEST)
TOOL: Final = Kind(
    f"one of {', '.join(_WAIVABLE)}", lambda value: value if value in _WAIVABLE else None
)
DATE: Final = Kind("a date, such as 2027-01-31", _date)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One entry of [[tool.ci.waivers]]."""

    id: str = key(TEXT)
    """Of the findings that it waives, or the address of one."""

    package: str = key(TEXT, "")
    path: str = key(TEXT, "")
    """A pattern of paths."""

    tool: str = key(TOOL, "")
    """What found it; with none, any tool."""

    owner: str = key(TEXT)
    reason: str = key(TEXT)
    expires: dt.date = key(DATE)  # noqa: RUF009 - as every field of `key`
    """The last day on which it holds."""

    def matches(self, finding: Finding) -> bool:
        """Return whether it is about a finding."""
        return (
            self.id in {finding.id, finding.address}
            and self.package in {"", finding.package}
            and (not self.path or fnmatchcase(finding.path, self.path))
            and self.tool in {"", finding.tool}
        )

    @property
    def says(self) -> str:
        """Why what it names may pass, who says so, and for how long."""
        return printable(f"{self.reason} ({self.owner}, until {self.expires})")

    def __str__(self) -> str:
        where = "".join(f" {part}" for part in (self.package, self.path, self.tool) if part)
        return printable(f"the waiver of {self.id}{where} by {self.owner}")


@dataclass(frozen=True, slots=True)
class Division:
    """Findings that count, findings with what waives them, and the waivers that are worth a word."""

    counting: tuple[Finding, ...]
    waived: tuple[tuple[Finding, Waiver], ...]
    expired: tuple[Waiver, ...]
    unmatched: tuple[Waiver, ...]
    """Waivers, not expired, of nothing that was found."""


def parse(text: str) -> tuple[Waiver, ...]:
    """Read the waivers from the text of a pyproject.toml. Raises SettingsError naming the entry and key."""
    entries = our_tables(text).get("waivers", [])
    if not isinstance(entries, list):
        raise SettingsError(
            f"{WAIVERS} in {FILE} has to be a list of tables: [[{WAIVERS}]] for each", HINT
        )
    return tuple(
        Waiver(**read_table(Waiver, entry, f"{WAIVERS}[{number}]"))
        for number, entry in enumerate(entries)
    )


def addressed(
    waivers: Iterable[Waiver], tools: Iterable[str], findings: Iterable[Finding]
) -> tuple[Waiver, ...]:
    """Return the waivers that are these tools' own: those that name one, and those that are of what was found."""
    tools, findings = set(tools), tuple(findings)
    return tuple(
        waiver
        for waiver in waivers
        if waiver.tool in tools or (not waiver.tool and any(map(waiver.matches, findings)))
    )


def divide(findings: Iterable[Finding], waivers: Iterable[Waiver], today: dt.date) -> Division:
    """Return which findings count: all but those that a waiver holds for on the day."""
    waivers = tuple(waivers)
    expired = tuple(waiver for waiver in waivers if waiver.expires < today)
    holding = [waiver for waiver in waivers if waiver not in expired]
    counting, waived, used = [], [], set()
    for finding in findings:
        matching = [waiver for waiver in holding if waiver.matches(finding)]
        used |= set(matching)
        if matching:
            waived.append((finding, matching[0]))
        else:
            counting.append(finding)
    unmatched = tuple(waiver for waiver in holding if waiver not in used)
    return Division(tuple(counting), tuple(waived), expired, unmatched)
