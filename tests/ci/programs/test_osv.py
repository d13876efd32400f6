from __future__ import annotations

from typing import Any

import pytest
from packaging.version import Version

from ci.programs.errors import AdvisoryError
from ci.programs.osv import read


def advisory(
    *events: dict[str, str], versions: tuple[str, ...] = (), **more: object
) -> dict[str, Any]:
    entry = {
        "package": {"name": "Shop.Core", "ecosystem": "PyPI"},
        "ranges": [
            {"type": "GIT", "events": [{"introduced": "0"}]},
            {"type": "ECOSYSTEM", "events": list(events)},
        ],
        "versions": list(versions),
    }
    other = {"package": {"name": "shop", "ecosystem": "npm"}}
    return {"id": "PYSEC-1", "affected": [entry, other], **more}


@pytest.mark.parametrize(
    ("events", "affected", "others"),
    [
        (({"introduced": "0"},), ["0.dev1", "1", "9!1"], []),
        (({"introduced": "1.0"}, {"fixed": "2.0"}), ["1.0", "1.5", "2.0rc1"], ["0.9", "2.0", "3"]),
        (({"introduced": "1"}, {"last_affected": "2"}), ["1", "2", "2.0"], ["2.0.post1", "1.0rc1"]),
        # In any order, and more than once.
        (
            ({"fixed": "4"}, {"introduced": "3"}, {"fixed": "2"}, {"introduced": "0"}),
            ["1", "3.5"],
            ["2", "2.5", "4"],
        ),
        (({"introduced": "1"}, {"fixed": "2"}, {"introduced": "2"}), ["1", "2", "3"], ["0.9"]),
        (({"introduced": "1"}, {"last_affected": "1"}), ["1"], ["1.1"]),
        # Without versions that say it better, an end that cannot be read is none.
        (({"introduced": "1"}, {"fixed": "2019-09-12"}), ["1", "3000"], ["0.9"]),
    ],
)
def test_a_version_is_affected_between_the_events(
    events: tuple[dict[str, str], ...], affected: list[str], others: list[str]
) -> None:
    (entry,) = read(advisory(*events)).affected

    assert entry.package == "shop-core"
    assert all(Version(version) in entry for version in affected)
    assert not any(Version(version) in entry for version in others)


def test_versions_count_one_by_one_too_and_say_it_where_a_range_cannot_be_read() -> None:
    events = ({"introduced": "0"}, {"fixed": "0.2.0-n653"})

    (entry,) = read(advisory(*events, versions=("1.0", "no version"))).affected

    assert Version("1") in entry
    assert Version("0.1") not in entry


def test_only_later_versions_mend() -> None:
    events = ({"introduced": "0"}, {"fixed": "4.0"}, {"fixed": "3.2"}, {"introduced": "3.5"})
    (entry,) = read(advisory(*events)).affected

    assert list(map(str, entry.fixes(Version("3.6")))) == ["4.0"]
    assert list(map(str, entry.fixes(Version("1.0")))) == ["3.2", "4.0"]


def test_what_is_told_is_one_line() -> None:
    found = read(advisory(aliases=["CVE-1"], details="Two\nlines.\n\nAnd more."))

    assert (found.id, found.aliases, found.summary) == ("PYSEC-1", ("CVE-1",), "Two lines.")
    assert found.severity == "UNKNOWN"


def test_what_is_no_advisory_is_an_error() -> None:
    with pytest.raises(AdvisoryError, match="no advisory of OSV's schema: KeyError"):
        read({"affected": []})
