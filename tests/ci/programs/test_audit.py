"""What pip-audit's report has to hold; pip-audit itself runs in tests/ci/dependencies."""

from __future__ import annotations

from typing import Any

import pytest
from packaging.version import Version

from ci.programs.audit import read
from ci.programs.errors import AuditError

WANTED = {("shop-core", Version("1.0")): "1.0.0", ("idna", Version("3.20")): "3.20"}


def entry(name: str, version: str, *vulns: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "version": version, "vulns": list(vulns)}


def vulnerability(name: str, *fixes: str) -> dict[str, Any]:
    return {"id": name, "aliases": ["CVE-1"], "fix_versions": list(fixes), "description": "A hole"}


def test_of_each_package_the_vulnerabilities_and_the_version_that_mends_all() -> None:
    vulns = (vulnerability("PYSEC-1", "0.9", "1.5"), vulnerability("PYSEC-2", "2.0", "3.0"))
    report = {"dependencies": [entry("shop.core", "1.0", *vulns), entry("idna", "3.20")]}

    (found,) = read(report, WANTED, {"PYSEC-1": "HIGH"})

    assert (found["package"], found["version"], found["upgrade"]) == ("shop-core", "1.0.0", "2.0")
    assert [each["ids"] for each in found["vulnerabilities"]] == [
        ["PYSEC-1", "CVE-1"],
        ["PYSEC-2", "CVE-1"],
    ]
    assert [each["fixes"] for each in found["vulnerabilities"]] == [["1.5"], ["2.0", "3.0"]]
    assert [each["severity"] for each in found["vulnerabilities"]] == ["HIGH", "UNKNOWN"]


@pytest.mark.parametrize(
    "others",
    [[], [{"name": "idna", "skip_reason": "Dependency not found on PyPI: idna (3.20)"}]],
)
def test_a_package_that_was_not_looked_at_is_no_pass(others: list[dict[str, Any]]) -> None:
    report = {"dependencies": [entry("shop-core", "1.0"), *others]}

    with pytest.raises(AuditError, match=r"did not look at 1 packages: idna 3\.20") as raised:
        read(report, WANTED, {})

    assert all(other["skip_reason"] in str(raised.value) for other in others)
