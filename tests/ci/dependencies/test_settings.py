from __future__ import annotations

import datetime as dt

import pytest

from ci.dependencies.advisories import check_age
from ci.dependencies.settings import DependenciesSettings, parse
from ci.errors import FeedError, SettingsError
from ci.findings import Finding, Kind, Severity

NOW = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)


def finding(severity: Severity, fixed: str = "2.0") -> Finding:
    return Finding(
        kind=Kind.VULNERABILITY, id="CVE-1", severity=severity, target="source", fixed=fixed
    )


def test_without_the_table_it_is_off() -> None:
    assert parse("[tool.ci]\n") is None


def test_what_is_wrong_is_named() -> None:
    with pytest.raises(SettingsError, match=r"tool\.ci\.dependencies\.severity"):
        parse("[tool.ci.dependencies]\nseverity = ['BAD']\n")


def test_one_without_a_severity_fails_whatever_the_settings_are() -> None:
    settings = DependenciesSettings(severity=("HIGH",))

    assert settings.fails(finding(Severity.UNKNOWN))
    assert settings.fails(finding(Severity.HIGH))
    assert not settings.fails(finding(Severity.MEDIUM))


@pytest.mark.parametrize("ignored", [True, False])
def test_one_that_no_version_mends_passes_where_it_may(*, ignored: bool) -> None:
    settings = DependenciesSettings(ignore_unfixed=ignored)

    assert settings.fails(finding(Severity.HIGH, fixed="")) is not ignored
    assert settings.fails(finding(Severity.HIGH))


def test_advisories_of_the_last_days_will_do() -> None:
    check_age(NOW - dt.timedelta(days=6), NOW, 7, "the setting")
    check_age(NOW + dt.timedelta(hours=6), NOW, 7, "the setting")


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (-30, r"30 days ago; the setting allows 7\nGive newer ones, or --max-age-days=31"),
        (2, "to come"),
    ],
)
def test_advisories_of_another_time_will_not(days: int, says: str) -> None:
    with pytest.raises(FeedError, match=says):
        check_age(NOW + dt.timedelta(days=days), NOW, 7, "the setting")
