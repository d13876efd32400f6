from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ci import trivy
from ci.errors import ReportError
from ci.findings import Finding, Kind, Severity
from ci.scan_settings import ScanSettings

if TYPE_CHECKING:
    from pathlib import Path


def test_a_report_becomes_findings_the_worst_first(reports: Path) -> None:
    look = trivy.parse((reports / "trivy.json").read_text(encoding="utf-8"), "source")
    found = look.findings

    assert (look.packages, look.files) == (3, 2)
    assert [(finding.severity.name, finding.id, finding.place) for finding in found] == [
        ("CRITICAL", "aws-access-key-id", "settings.py:1"),
        ("CRITICAL", "CVE-2020-14343", "app/requirements.txt:1"),
        ("HIGH", "DS-0002", "Dockerfile"),
        ("HIGH", "CVE-2024-0000", "app/requirements.txt:4"),
        ("MEDIUM", "DS-0001", "Dockerfile:1"),
        ("MEDIUM", "CVE-2020-28493", "app/requirements.txt:3"),
    ]
    assert found[1] == Finding(
        kind=Kind.VULNERABILITY,
        id="CVE-2020-14343",
        severity=Severity.CRITICAL,
        target="source",
        path="app/requirements.txt",
        line=1,
        package="pyyaml",
        installed="5.3",
        fixed="5.4",
        title="PyYAML: arbitrary code execution in full_load and FullLoader",
        link="https://avd.aquasec.com/nvd/cve-2020-14343",
    )


def test_a_secret_is_named_by_rule_and_place_and_by_nothing_of_its_line(reports: Path) -> None:
    found = trivy.parse((reports / "trivy.json").read_text(encoding="utf-8"), "source").findings

    assert "aws =" not in str([finding.document() for finding in found])


def test_each_installed_package_is_a_file_and_those_of_the_system_are_none() -> None:
    system = {"Target": "image (debian 12)", "Class": "os-pkgs", "Packages": [{"Name": "libc6"}]}
    installed = [{"Name": name, "FilePath": f"opt/{name}/METADATA"} for name in ("a", "b")]
    python = {"Target": "Python", "Class": "lang-pkgs", "Packages": installed}
    text = json.dumps({"SchemaVersion": 2, "Results": [system, python]})

    look = trivy.parse(text, "image")

    assert (look.packages, look.files) == (3, 2)
    assert str(look + look) == "6 packages, 4 files"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing", "cannot be read"),
        ('{"SchemaVersion": 3}', "has schema version 3"),
        ('{"SchemaVersion": 2, "Results": [{"Target": "x"}]}', "KeyError('Class')"),
    ],
)
def test_what_is_no_report_is_an_error(text: str, message: str) -> None:
    with pytest.raises(ReportError) as caught:
        trivy.parse(text, "source")

    assert message in str(caught.value)


def test_scans_ask_nothing_of_the_network() -> None:
    settings = ScanSettings(skip=("tests/seeds",), locks=("a[.]txt$",))
    for command in (
        trivy.source_command(settings, "/src", "/out"),
        trivy.image_command("/image.tar", "/out"),
    ):
        assert {"--offline-scan", "--skip-db-update", "--skip-check-update"} <= set(command)
    assert "--file-patterns=pip:a[.]txt$" in trivy.source_command(settings, "/src", "/out")
    assert "--skip-dirs=tests/seeds" in trivy.source_command(settings, "/src", "/out")
