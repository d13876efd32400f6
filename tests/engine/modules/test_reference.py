"""References of modules in git repositories."""

from __future__ import annotations

import pytest

from portable_dagger.errors import ModuleConfigError
from portable_dagger.modules.reference import Reference, is_git, parse


@pytest.mark.parametrize(
    ("text", "git"),
    [
        ("github.com/a/b", True),
        ("a@v1", True),
        ("https://host/a/b.git", True),
        ("./github.com/a/b", False),
        ("../a", False),
        ("/a/b.c", False),
        ("tools/loud", False),
        ("tools/v1.0", False),
    ],
)
def test_a_dot_in_the_first_part_makes_a_repository(text: str, *, git: bool) -> None:
    assert is_git(text) is git


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("github.com/a/b", Reference("https://github.com/a/b")),
        ("github.com/a/b@main", Reference("https://github.com/a/b", version="main")),
        ("github.com/a/b/c/d@c/v1", Reference("https://github.com/a/b", "c/d", "c/v1")),
        ("https://host/x/y/z.git/c", Reference("https://host/x/y/z.git", "c")),
        ("git@host.org:a/b.git/c@v1", Reference("git@host.org:a/b.git", "c", "v1")),
        ("ssh://git@host/a/b.git", Reference("ssh://git@host/a/b.git")),
        ("file:///srv/b.git/c@v1", Reference("file:///srv/b.git", "c", "v1")),
    ],
)
def test_repository_folder_and_version(text: str, expected: Reference) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["github.com/a", "github.com/a/b/../c", "host.org"])
def test_what_names_no_repository(text: str) -> None:
    with pytest.raises(ModuleConfigError, match="names no git repository"):
        parse(text)
