from __future__ import annotations

import json

import pytest

from ci.errors import ReportError, ToolError
from ci.licences.gate import held, notes
from ci.licences.settings import KnownLicence, LicencesSettings
from ci.licences.wheels import parse
from ci.lock import Pin

SHOP, BAG = Pin("shop", "1.0", "lock.txt", 1), Pin("bag", "2", "lock.txt", 4)
ELSEWHERE = Pin("colorama", "0.4", "lock.txt", 7, "sys_platform == 'win32'")
REPORT = json.dumps(
    {
        "packages": [
            {"package": "shop", "version": "1.0", "said": "BSD", "licence": None},
            {
                "package": "bag",
                "version": "2",
                "said": "x",
                "licence": ["AND", "MIT", "GPL-3.0-only"],
            },
        ],
        "identifiers": {"mit": "MIT", "isc": "ISC"},
    }
)
KNOWN = KnownLicence(licence="MIT", reason="read")
SETTINGS = LicencesSettings(allowed=("mit",), known={"gone": KNOWN}, variants=())


def test_unknown_and_not_allowed_are_findings_that_say_where_and_what_to_do() -> None:
    unknown, other = held(parse(REPORT, (SHOP, BAG)), SETTINGS)

    assert (unknown.id, unknown.place, unknown.message) == (
        "unknown",
        "lock.txt:1",
        "its metadata says 'BSD'",
    )
    assert "name it: [tool.ci.licences.known.shop] in pyproject.toml" in unknown.remedy
    assert (other.id, other.place) == ("MIT AND GPL-3.0-only", "lock.txt:4")
    assert other.message == "not let pass: GPL-3.0-only"
    assert other.remedy.startswith("do without bag, or let GPL-3.0-only pass in")


def test_what_there_is_and_what_was_not_looked_at_is_told() -> None:
    read = parse(REPORT, (SHOP, BAG, ELSEWHERE))

    assert list(notes([read], SETTINGS)) == [
        "licences: unknown 1, MIT AND GPL-3.0-only 1",
        "for other systems or Pythons, and not looked at: colorama 0.4",
        "[tool.ci.licences.known.gone]: no lock has it",
    ]


def test_a_package_without_metadata_is_no_pass() -> None:
    with pytest.raises(ToolError, match=r"no metadata of lock\.txt:9 coat 3"):
        parse(REPORT, (SHOP, Pin("coat", "3", "lock.txt", 9)))


def test_a_package_by_another_name_of_its_version_is_no_pass() -> None:
    bag = Pin("bag", "2.0", "lock.txt", 4, "python_version >= '3.9'")

    with pytest.raises(ToolError, match=r"lock\.txt names otherwise .* they are: bag 2\n"):
        parse(REPORT, (SHOP, bag))


@pytest.mark.parametrize("text", ["", "{}", '{"packages": [{}]}'])
def test_what_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(ReportError, match="the licences cannot be read"):
        parse(text, (SHOP,))
