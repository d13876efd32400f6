"""Posting to a forge on the loopback: who comes a second time, whose comments are whose, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from ci.programs import post
from ci.programs.errors import ForgeError, PlanError
from ci.programs.hiccup import Patience
from tests.ci.programs.code_host import REPOSITORY, Account, CodeHost, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMIT = "5" * 40
OWN = "of-ada"
MARKER = "<!-- ci/pr -->"
QUICK = Patience(attempts=3, first=0.01, longest=1.0)
ADA = Account("ada")
BOT = Account("github-actions[bot]", installation=True)
TOKENS = {
    "of-ada": ADA,
    "of-bot": BOT,
    "of-bob": Account("bob"),
    "reads": Account("eve", frozenset()),
    "comments": Account("eve", frozenset({"pull-requests"})),
}


@pytest.fixture
def host() -> Iterator[CodeHost]:
    with CodeHost(TOKENS).running() as running:
        yield running


def plan(host: CodeHost, text: str = "one", **changes: object) -> post.Plan:
    statuses = [
        {
            "context": "ci/lint",
            "state": "failure",
            "description": "1 new",
            "target_url": "https://ci.test/1",
        },
        {"context": "ci/pr", "state": "success", "description": "d" * 140},
    ]
    document = {
        "address": host.address,
        "repository": REPOSITORY,
        "number": 7,
        "commit": COMMIT,
        "marker": MARKER,
        "comment": f"{MARKER}\n{text}",
        "statuses": statuses,
    }
    return post.parse(json.dumps({**document, **changes}))


def posted(made: post.Plan, token: str = OWN) -> dict[str, Any]:
    return post.post(made, token, QUICK, lambda _: None)


@pytest.mark.parametrize("token", ["of-ada", "of-bot"])
def test_the_comment_is_made_once_and_then_kept_up_to_date(host: CodeHost, token: str) -> None:
    first = posted(plan(host), token)
    second = posted(plan(host, "two"), token)
    third = posted(plan(host, "two"), token)

    assert [each["comment"] for each in (first, second, third)] == [
        "created",
        "updated",
        "unchanged",
    ]
    assert [each["body"] for each in host.comments] == [f"{MARKER}\ntwo"]
    assert third == {"comment": "unchanged", "page": host.comments[0]["html_url"], "statuses": 2}


@pytest.mark.parametrize("token", ["of-ada", "of-bot"])
def test_comments_of_others_stay_as_they_are_even_marked_ones(host: CodeHost, token: str) -> None:
    said = [f"{MARKER}\nof bob", "no marker", f"quoted: {MARKER}"]
    for text in said:
        host.comment(TOKENS["of-bob"], text)

    posted(plan(host), token)
    posted(plan(host, "two"), token)

    assert [each["body"] for each in host.comments] == [*said, f"{MARKER}\ntwo"]


def test_the_comment_is_found_on_a_later_page(host: CodeHost) -> None:
    for number in range(250):
        host.comment(TOKENS["of-bob"], f"{number}")
    posted(plan(host))

    assert posted(plan(host, "two"))["comment"] == "updated"
    assert len(host.comments) == 251


def test_statuses_are_those_of_the_plan_and_the_last_ones_hold(host: CodeHost) -> None:
    posted(plan(host))
    mended = {"context": "ci/lint", "state": "success", "description": "nothing new"}
    posted(plan(host, statuses=[mended]))

    latest = host.latest(COMMIT)
    assert latest["ci/lint"] == mended
    assert latest["ci/pr"]["state"] == "success"
    assert host.statuses[COMMIT][0]["target_url"] == "https://ci.test/1"


def test_without_a_pull_request_there_are_statuses_alone(host: CodeHost) -> None:
    assert posted(plan(host, number=0)) == {"comment": "", "page": "", "statuses": 2}
    assert not host.comments


@pytest.mark.parametrize(
    "fault",
    [
        Fault("POST", 502),
        Fault("POST", 403, {"Retry-After": "1"}),
        Fault("POST", 429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "0"}),
        Fault("GET", 500),
    ],
)
def test_what_passes_is_tried_again(host: CodeHost, fault: Fault) -> None:
    host.faults = [fault]

    assert posted(plan(host)) == {
        "comment": "created",
        "page": host.comments[0]["html_url"],
        "statuses": 2,
    }


def test_a_comment_that_was_made_though_the_answer_says_otherwise_is_not_made_again(
    host: CodeHost,
) -> None:
    host.faults = [Fault("POST", 502, done=True)]

    assert posted(plan(host))["comment"] == "unchanged"
    assert len(host.comments) == 1


@pytest.mark.parametrize("header", ["Retry-After", "x-ratelimit-reset"])
def test_a_long_wait_is_not_waited_for(host: CodeHost, header: str) -> None:
    # The one is a time span, the other one a time.
    until = 3600 if header == "Retry-After" else round(time.time() + 3600)
    headers = {header: str(until), "x-ratelimit-remaining": "0"}
    host.faults = [Fault("GET", 403, headers), Fault("POST", 403, headers)]

    with pytest.raises(ForgeError, match=r"wants no more for 3[56]\d\d s"):
        posted(plan(host))


def test_a_forge_that_stays_unwell_is_given_up(host: CodeHost) -> None:
    host.faults = [Fault("GET", 503)] * 3

    with pytest.raises(ForgeError, match=r"comment on pull request 7: HTTP 503 as told, 3 times"):
        posted(plan(host))


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("wrong", r"comment on pull request 7: HTTP 401 Bad credentials\nThe token is none"),
        ("reads", r"(?s)HTTP 403 .*\n.*permission 'pull-requests: write'.*'statuses: write'"),
        ("comments", r"^the status ci/lint of commit 5+: HTTP 403 .*\n.*'statuses: write' there"),
    ],
)
def test_a_refusal_says_what_the_token_lacks(host: CodeHost, token: str, says: str) -> None:
    with pytest.raises(ForgeError, match=says):
        posted(plan(host), token)


def test_a_comment_that_is_refused_does_not_keep_statuses_from_being_set(host: CodeHost) -> None:
    with pytest.raises(ForgeError, match="pull request 8: HTTP 404"):
        posted(plan(host, number=8))

    assert host.latest(COMMIT).keys() == {"ci/lint", "ci/pr"}


def test_a_repository_or_commit_that_is_not_there_is_named(host: CodeHost) -> None:
    with pytest.raises(ForgeError, match=r"HTTP 404 Not Found\nCheck that ada/none has it"):
        posted(plan(host, repository="ada/none"))
    with pytest.raises(ForgeError, match="No commit found for SHA: 123"):
        posted(plan(host, commit="123"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"comment": f"{MARKER}{'x' * 65_536}"}, "more than 65,536 characters"),
        ({"comment": "one"}, "does not begin with its marker"),
        ({"statuses": [{"context": "a", "state": "red", "description": ""}]}, "take: a"),
        ({"statuses": [{"context": "a", "state": "error", "description": "x" * 141}]}, "take: a"),
        ({"statuses": [{}]}, "cannot be read: KeyError"),
        ({"more": 1}, "cannot be read: TypeError"),
    ],
)
def test_a_plan_that_no_forge_would_take_is_refused(
    host: CodeHost, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(PlanError, match=says):
        plan(host, **changes)


def run(
    folder: Path, environment: dict[str, str], text: str, token: str
) -> subprocess.CompletedProcess[str]:
    (folder / "plan.json").write_text(text, encoding="utf-8")
    (folder / "token").write_text(f"{token}\n", encoding="utf-8")
    command = [sys.executable, "-m", "ci.programs.post", "--plan=plan.json", "--token=token"]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_program_never_writes_the_token(
    host: CodeHost, tmp_path: Path, environment: dict[str, str]
) -> None:
    made = plan(host)
    text = json.dumps({name: getattr(made, name) for name in made.__slots__})

    ran = run(tmp_path, environment, text, "of-ada")
    wrong = run(tmp_path, environment, text, "s3cret-token")
    empty = run(tmp_path, environment, text, "")
    broken = run(tmp_path, environment, "{", "s3cret-token")

    assert json.loads(ran.stdout)["comment"] == "created"
    assert (ran.returncode, wrong.returncode, empty.returncode, broken.returncode) == (0, 1, 1, 1)
    assert "HTTP 401" in wrong.stderr
    assert "the token is empty" in empty.stderr
    assert "the plan cannot be read" in broken.stderr
    assert "s3cret" not in f"{wrong}{broken}"
