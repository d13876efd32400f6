from __future__ import annotations

import datetime as dt

from ci import verdict
from ci.findings import Finding, Kind, Look, Severity, read
from ci.scan_attestation import ScanPolicy, predicate
from ci.scan_settings import ScanSettings
from ci.waivers import Waiver

TODAY = dt.date(2027, 1, 31)
FOUND = Finding(
    kind=Kind.VULNERABILITY,
    id="CVE-1",
    severity=Severity.HIGH,
    target="plain-amd64",
    package="libx",
    installed="1",
    fixed="2",
)


def waiver(expires: dt.date) -> Waiver:
    return Waiver(id="CVE-1", owner="ada", reason="not reachable", expires=expires)


def attested(*waivers: Waiver) -> dict[str, object]:
    look = Look((FOUND,), packages=1)
    found = verdict.judge(
        look, ScanSettings(), waivers, scanner="trivy 1", feed="of today", today=TODAY
    )
    return predicate(found)


def test_a_finding_is_read_as_it_was_written() -> None:
    assert read(FOUND.document()) == FOUND


def test_a_scan_is_judged_by_the_waivers_of_the_day() -> None:
    held = waiver(TODAY)
    policy = ScanPolicy(ScanSettings(), (held,), TODAY)
    later = ScanPolicy(ScanSettings(), (held,), TODAY + dt.timedelta(days=1))

    assert policy.faults(attested(held)) == []
    assert later.faults(attested(held)) == [
        "CVE-1 libx",
        "the waiver of CVE-1 by ada expired on 2027-01-31",
    ]


def test_a_waiver_that_is_gone_no_longer_counts() -> None:
    assert ScanPolicy(ScanSettings(), (), TODAY).faults(attested(waiver(TODAY))) == ["CVE-1 libx"]


def test_what_is_no_scan_of_ours_does_not_do() -> None:
    (fault,) = ScanPolicy(ScanSettings(), (), TODAY).faults({"scanner": {}})

    assert fault.startswith("it is no scan by this module")
