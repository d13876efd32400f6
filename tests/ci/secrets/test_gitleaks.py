from __future__ import annotations

import json

import pytest

from ci.errors import ReportError, ToolError
from ci.secrets import gitleaks, trufflehog

COMMIT = "1" * 40
ENTRY = {
    "RuleID": "jwt",
    "Description": "Uncovered a JSON Web Token",
    "StartLine": 3,
    "File": "after/a.py",
    "Match": "REDACTED",
    "Secret": "REDACTED",
    "Commit": COMMIT,
    "Date": "2026-11-20T03:24:57Z",
}


def hog() -> str:
    place = {"commit": COMMIT, "file": "a.py", "line": 3, "timestamp": "2026-11-20 03:24:57 +0000"}
    entry = {"SourceMetadata": {"Data": {"Git": place}}, "DetectorName": "Github"}
    return json.dumps({**entry, "Raw": "the value", "RawV2": "the value"})


def test_a_finding_says_which_commit_and_has_the_path_of_the_repository() -> None:
    (found,) = gitleaks.parse(json.dumps([ENTRY]))

    assert (found.place, found.id, found.commit) == ("a.py:3", "jwt", COMMIT)
    assert found.message == f"in {COMMIT[:12]} of 2026-11-20"
    assert found.address == f"{COMMIT[:12]}:a.py:jwt:3"


def test_what_is_not_committed_says_so() -> None:
    (found,) = gitleaks.parse(json.dumps([{**ENTRY, "Commit": "", "Date": ""}]))

    assert found.message == "not committed yet"
    assert found.address == "a.py:jwt:3"


def test_a_general_rule_is_silent_where_another_one_knows_better() -> None:
    general = [{**ENTRY, "RuleID": rule} for rule in ("password-assignment", "generic-api-key")]
    below = {**general[0], "StartLine": 4}

    found = gitleaks.parse(json.dumps([general[0], ENTRY, *general[1:], below]))

    assert [(finding.line, finding.id) for finding in found] == [
        (3, "jwt"),
        (4, "password-assignment"),
    ]


@pytest.mark.parametrize("text", ["1", "{}", '[{"Secret": "the value"}]', "the value"])
def test_a_report_that_cannot_be_read_is_not_quoted(text: str) -> None:
    for parse in (gitleaks.parse, trufflehog.parse):
        with pytest.raises(ReportError) as raised:
            parse(text)
        assert "the value" not in str(raised.value)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (1, "FTL unable to load gitleaks config"),
        (0, "6:26AM ERR [git] fatal: not a git repository"),
        (10, "6:26AM ERR error=stderr is not empty"),
        (2, "panic: regexp"),
        (137, ""),
    ],
)
def test_gitleaks_broke_off_whatever_its_exit_code(code: int, said: str) -> None:
    with pytest.raises(ToolError, match=f"exit code {code}"):
        gitleaks.ended(code, said)


def test_no_commit_looked_at_is_no_pass() -> None:
    gitleaks.ended(10, "6:26AM WRN leaks found: 2")

    assert gitleaks.commits("6:26AM INF 12 commits scanned.") == 12
    for said in ("6:26AM INF 0 commits scanned.", ""):
        with pytest.raises(ToolError, match="no commit"):
            gitleaks.commits(said)


def test_trufflehogs_report_gives_places_and_no_values() -> None:
    (found,) = trufflehog.parse(f"{hog()}\n")

    assert (found.place, found.id, found.tool) == ("a.py:3", "Github", "trufflehog")
    assert found.message == f"in {COMMIT[:12]} of 2026-11-20"
    assert "the value" not in json.dumps(found.document())
