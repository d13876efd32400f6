"""What the two sources are given, and how their answers are read."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from ci.dependencies import audit, matcher
from ci.dependencies.vulnerability import Package
from ci.errors import ReportError, ToolError

CORE, IDNA = Package("core", "1.0"), Package("idna", "3.20")
VULNERABILITY = {
    "VulnerabilityID": "CVE-1",
    "VendorIDs": ["GHSA-1"],
    "PkgName": "Core",
    "InstalledVersion": "1.0",
    "FixedVersion": "1.1, 2.0",
    "Title": "A hole",
    "Severity": "HIGH",
}


def report(*vulnerabilities: dict[str, Any], names: tuple[str, ...] = ("Core", "idna")) -> str:
    versions = {"Core": "1.0", "idna": "3.20"}
    packages = [{"Name": name, "Version": versions[name]} for name in names]
    result = {"Target": "requirements.txt", "Packages": packages}
    return json.dumps({"Results": [{**result, "Vulnerabilities": list(vulnerabilities)}]})


def test_pip_audit_is_given_each_version_in_a_lock_of_pep_751() -> None:
    packages = [CORE, Package("core", "2.0")]

    document = tomllib.loads(audit.document(packages))

    assert document["lock-version"] == "1.0"
    assert document["packages"] == [
        {"name": "core", "version": "1.0"},
        {"name": "core", "version": "2.0"},
    ]


def test_what_pip_audit_knows_is_read() -> None:
    found = {"ids": ["PYSEC-1", "CVE-1"], "fixes": ["1.1"], "summary": "A hole", "severity": "LOW"}
    entry = {"package": "core", "version": "1.0", "upgrade": "1.1", "vulnerabilities": [found]}

    (known,) = audit.read(json.dumps([entry]))

    assert (known.source, known.package, known.ids) == ("pip-audit", CORE, ("PYSEC-1", "CVE-1"))
    assert (known.fixes, known.upgrade, known.severity.name) == (("1.1",), "1.1", "LOW")
    with pytest.raises(ReportError, match="pip-audit's report cannot be read"):
        audit.read("[{}]")


def test_what_trivy_knows_is_read() -> None:
    (known,) = matcher.read(report(VULNERABILITY), [CORE, IDNA])

    assert (known.source, known.package, known.ids) == ("trivy", CORE, ("CVE-1", "GHSA-1"))
    assert (known.fixes, known.severity.name) == (("1.1", "2.0"), "HIGH")


@pytest.mark.parametrize("text", [report(names=("Core",)), "{}"])
def test_a_package_that_trivy_did_not_look_at_is_no_pass(text: str) -> None:
    with pytest.raises(ToolError, match=r"Trivy did not look at [12] packages: .*idna 3\.20"):
        matcher.read(text, [CORE, IDNA])


@pytest.mark.parametrize("text", ["", "[]", '{"Results": [{"Packages": [{}]}]}'])
def test_a_report_of_trivy_that_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(ReportError, match="Trivy's report cannot be read"):
        matcher.read(text, [CORE])
