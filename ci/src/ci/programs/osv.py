"""Advisories in OSV's schema (https://ossf.github.io/osv-schema), as far as packages of PyPI are affected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ci.programs.errors import AdvisoryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Document = Mapping[str, Any]

ECOSYSTEM: Final = "PyPI"
UNKNOWN: Final = "UNKNOWN"
"""The severity of an advisory that tells none."""

_RANGE: Final = "ECOSYSTEM"
_INTRODUCED: Final = "introduced"
_FIXED: Final = "fixed"
_LAST: Final = "last_affected"
_FIRST: Final = "0"
"""Introduced here: in the first version, whatever it is."""

# Of events at one version: a mended one ends before another begins, and one that is the last begins before it ends.
_ORDER: Final = (_FIXED, _INTRODUCED, _LAST)


@dataclass(frozen=True, slots=True)
class Interval:
    """Affected versions: from `introduced` on, below `fixed` or up to `last`; what is None bounds nothing."""

    introduced: Version | None = None
    fixed: Version | None = None
    last: Version | None = None

    def __contains__(self, version: Version) -> bool:
        return (
            (self.introduced is None or version >= self.introduced)
            and (self.fixed is None or version < self.fixed)
            and (self.last is None or version <= self.last)
        )


@dataclass(frozen=True, slots=True)
class Affected:
    """A package, by its normalised name, and its versions that are affected: by intervals and one by one."""

    package: str
    intervals: tuple[Interval, ...]
    versions: frozenset[Version]

    def __contains__(self, version: Version) -> bool:
        return version in self.versions or any(version in interval for interval in self.intervals)

    def fixes(self, version: Version) -> list[Version]:
        """Return the later versions in which it is mended, the least first."""
        found = {interval.fixed for interval in self.intervals if interval.fixed is not None}
        return sorted(fixed for fixed in found if fixed > version)


@dataclass(frozen=True, slots=True)
class Advisory:
    """What is told of one vulnerability."""

    id: str
    aliases: tuple[str, ...]
    summary: str
    severity: str
    affected: tuple[Affected, ...]


def affected(document: Document) -> list[Document]:
    """Return the entries of an advisory that are of packages of PyPI."""
    return [
        entry
        for entry in document.get("affected") or ()
        if entry.get("package", {}).get("ecosystem") == ECOSYSTEM
    ]


def read(document: Document) -> Advisory:
    """Return an advisory. Raises AdvisoryError if it is none of the schema."""
    try:
        return Advisory(
            id=document["id"],
            aliases=tuple(document.get("aliases") or ()),
            summary=_summary(document),
            severity=(document.get("database_specific") or {}).get("severity") or UNKNOWN,
            affected=tuple(map(_affected, affected(document))),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise AdvisoryError(f"it is no advisory of OSV's schema: {error!r}") from error


def _summary(document: Document) -> str:
    text = str(document.get("summary") or document.get("details") or "").strip()
    return " ".join(text.partition("\n\n")[0].split())


def _affected(entry: Document) -> Affected:
    listed = frozenset(filter(None, map(_version, entry.get("versions") or ())))
    ranges = [each for each in entry.get("ranges") or () if each["type"] == _RANGE]
    intervals = [
        interval
        for each in ranges
        # What PEP 440 cannot order bounds nothing: the versions that are listed say it better, if there are any.
        if not listed or all(map(_sound, each["events"]))
        for interval in _intervals(each["events"])
    ]
    return Affected(canonicalize_name(entry["package"]["name"]), tuple(intervals), listed)


def _intervals(events: list[Document]) -> Iterator[Interval]:
    """Yield the intervals of a range's events, which stand in any order."""
    read_events = [(kind, text) for event in events for kind, text in event.items()]
    ordered = sorted(
        (
            (_version(text) if text != _FIRST else None, _ORDER.index(kind))
            for kind, text in read_events
            if kind in _ORDER and (text == _FIRST or _version(text) is not None)
        ),
        key=lambda event: (event[0] is not None, event[0] or Version("0"), event[1]),
    )
    is_open, begin = False, None
    for version, place in ordered:
        if _ORDER[place] == _INTRODUCED:
            is_open, begin = True, begin if is_open else version
        elif is_open:
            ends = {"fixed": version} if _ORDER[place] == _FIXED else {"last": version}
            yield Interval(begin, **ends)
            is_open, begin = False, None
    if is_open:
        yield Interval(begin)


def _sound(event: Document) -> bool:
    return all(_version(text) is not None for kind, text in event.items() if kind in _ORDER)


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
