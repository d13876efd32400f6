from __future__ import annotations

import pytest

from ci.errors import SettingsError
from ci.findings import Finding, Kind, Severity
from ci.workflows.settings import WorkflowSettings, parse


def test_without_the_table_the_gate_is_off() -> None:
    assert parse("[tool.ci]\n") is None
    assert parse("[tool.ci.workflows]\n") == WorkflowSettings()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("also-called = 1", r"workflows\.also-called .* has to be a list of texts"),
        ("actionlint-image = 'x:1'", r"workflows\.actionlint-image .* an image with its digest"),
        ("severity = ['BAD']", r"workflows\.severity .* a list out of UNKNOWN"),
        ("other = 1", r"workflows\.other in pyproject\.toml is not known"),
    ],
)
def test_a_wrong_setting_says_what_is_allowed(line: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        parse(f"[tool.ci.workflows]\n{line}\n")


def test_the_severities_decide_what_fails() -> None:
    finding = Finding(kind=Kind.WORKFLOW, id="x", severity=Severity.LOW, target="source")

    assert WorkflowSettings().fails(finding)
    assert not WorkflowSettings(severity=("HIGH",)).fails(finding)
