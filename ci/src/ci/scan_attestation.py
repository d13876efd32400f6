"""A scan as what is said of an image: everything that was found, so that it can be judged again on another day."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ci import findings, verdict
from ci.scan_settings import ScanSettings
from ci.verdict import Verdict
from ci.waivers import Waiver


def predicate(found: Verdict) -> dict[str, Any]:
    """Return a scan's predicate (cosign, specs/COSIGN_VULN_ATTESTATION_SPEC.md)."""
    date = f"{found.date.isoformat()}T00:00:00Z"
    return {
        "invocation": {"parameters": [], "uri": "", "event_id": "", "builder.id": ""},
        "scanner": {
            "uri": found.scanner,
            "version": "",
            "db": {"uri": "", "version": found.feed},
            "result": found.document(),
        },
        "metadata": {"scanStartedOn": date, "scanFinishedOn": date},
    }


@dataclass(frozen=True, slots=True)
class ScanPolicy:
    """What a scan is held against: the settings and waivers of today, not those of the day that it was made."""

    settings: ScanSettings
    waivers: tuple[Waiver, ...]
    today: dt.date

    def faults(self, given: Mapping[str, Any]) -> Sequence[str]:
        """Return why a scan's predicate does not do; nothing if it does."""
        try:
            scanner = given["scanner"]
            found = [findings.read(entry) for entry in scanner["result"]["findings"]]
            origin, feed = scanner["uri"], scanner["db"]["version"]
        except (KeyError, ValueError, TypeError) as error:
            return [f"it is no scan by this module ({error!r})"]
        judged = verdict.judge(
            findings.Look(tuple(found)),
            self.settings,
            self.waivers,
            scanner=origin,
            feed=feed,
            today=self.today,
        )
        named = [f"{finding.id} {finding.package}".rstrip() for finding in judged.division.counting]
        expired = [
            f"{waiver} expired on {waiver.expires}"
            for _, waiver in _waived(found, judged.division.expired)
        ]
        return [*named, *expired]


def _waived(
    found: Sequence[findings.Finding], expired: Sequence[Waiver]
) -> list[tuple[findings.Finding, Waiver]]:
    """Return what an expired waiver was for, of what was found in this image."""
    return [(one, waiver) for waiver in expired for one in found if waiver.matches(one)]
