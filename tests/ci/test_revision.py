from __future__ import annotations

import pytest

from ci.revision import Revision, Tags, tags

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SHA = "sha-0123456789ab"


def revision(at: str = "", versions: str = "", branch: str = "") -> Revision:
    here = tuple(at.split())
    return Revision(COMMIT, 0, here, (*here, *versions.split()), branch)


@pytest.mark.parametrize(
    ("given", "fixed", "moving"),
    [
        (revision(), [SHA], []),
        (revision(branch="main"), [SHA], ["main"]),
        (revision(branch="feature/new model#1"), [SHA], ["feature-new-model-1"]),
        (revision(at="v1.2.3"), [SHA, "1.2.3"], ["1.2", "1", "latest"]),
        (revision(at="1.2.3", branch="main"), [SHA, "1.2.3"], ["main", "1.2", "1", "latest"]),
        # A pre-release, a later version elsewhere, a fix of an older series, a series that may break.
        (revision(at="v2.0.0-rc.1", versions="v1.2.3"), [SHA, "2.0.0-rc.1"], []),
        (revision(at="v1.2.3", versions="v1.3.0"), [SHA, "1.2.3"], ["1.2"]),
        (revision(at="v1.2.3", versions="v1.2.4 v2.0.0"), [SHA, "1.2.3"], []),
        (revision(at="v1.9.9", versions="v2.0.0-rc.1"), [SHA, "1.9.9"], ["1.9", "1", "latest"]),
        (revision(at="v0.3.1"), [SHA, "0.3.1"], ["0.3", "latest"]),
        (revision(at="v1.0.0+build.5"), [SHA, "1.0.0-build.5"], ["1.0", "1", "latest"]),
        (revision(at="nightly"), [SHA], []),
    ],
)
def test_tags_follow_from_git(given: Revision, fixed: list[str], moving: list[str]) -> None:
    assert tags(given) == Tags(tuple(fixed), tuple(moving))


def test_a_variant_ends_its_tags() -> None:
    assert Tags(("1.2.3",), ("latest", "main")).ending("-cuda") == Tags(
        ("1.2.3-cuda",), ("latest-cuda", "main-cuda")
    )


def test_the_time_is_written_as_documents_have_it() -> None:
    assert Revision(COMMIT, 1_000_000_000).created == "2001-09-09T01:46:40Z"


def test_what_is_not_the_commit_says_so() -> None:
    clean = Revision(COMMIT, 0)
    dirty = Revision(COMMIT, 0, changes=("a", "b", "c", "d", "e"))

    assert (clean.name, dirty.name) == (COMMIT, f"{COMMIT}-dirty")
    assert clean.title == f"commit {COMMIT} of 1970-01-01T00:00:00Z"
    assert dirty.title == f"{clean.title}, with uncommitted changes of a, b, c and 2 more"
