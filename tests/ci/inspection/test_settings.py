from __future__ import annotations

import pytest

from ci.errors import SettingsError
from ci.findings import Finding, Kind, Severity
from ci.inspection import settings as inspection_settings
from ci.inspection.settings import CodeSecuritySettings, FormatSettings


def test_a_gate_without_its_table_is_off() -> None:
    settings = inspection_settings.parse("[tool.ci]\n")

    assert (settings.format, settings.lint, settings.code_security) == (None, None, None)
    assert settings.types == {}


def test_few_settings_will_do() -> None:
    settings = inspection_settings.parse("""
        [tool.ci.format]
        requirements = "lint.txt"
        [tool.ci.types.shop]
        requirements = "lint.txt"
        paths = ["shop"]
        [tool.ci.code-security]
        """)

    assert settings.format == FormatSettings(requirements="lint.txt", paths=(".",))
    assert settings.types["shop"].paths == ("shop",)
    assert settings.code_security == CodeSecuritySettings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.ci.format]", r"tool\.ci\.format\.requirements is missing"),
        ("[tool.ci.lint]\nrequirement = 'a'", r"tool\.ci\.lint\.requirement .* is not known"),
        (
            "[tool.ci.lint]\nrequirements = 'a'\ntools = ['pylint']",
            r"tool\.ci\.lint\.tools .* but has to be a list out of ruff, flake8",
        ),
        ("[tool.ci.types]\npaths = ['a']", r"tool\.ci\.types\.paths .* has to be a table"),
        ("[tool.ci.types.a]\npaths = []", r"tool\.ci\.types\.a\.requirements is missing"),
        ("[tool.ci]\ntypes = 'a'", r"tool\.ci\.types .* has to be tables"),
        (
            "[tool.ci.code-security]\nseverity = ['BAD']",
            r"tool\.ci\.code-security\.severity .* a list out of UNKNOWN, LOW",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_key(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        inspection_settings.parse(text)


def test_severities_decide_for_the_security_of_code_alone() -> None:
    found = Finding(kind=Kind.CODE, id="B404", severity=Severity.LOW, target="source")

    assert FormatSettings(requirements="lint.txt").fails(found)
    assert not CodeSecuritySettings().fails(found)
    assert CodeSecuritySettings(severity=("LOW",)).fails(found)
