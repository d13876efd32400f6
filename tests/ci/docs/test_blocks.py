from __future__ import annotations

import pytest

from ci.docs.blocks import Help, Run, alike, mended
from ci.inspection.linter import Answer

RUN = Run(path="a.md", line=3, language="python", text="", output="1\n2\n", output_line=7)
HELP = Help(path="a.md", line=3, last=5, command="shop --help", text="usage\n")


def test_a_block_that_prints_what_it_should_is_good() -> None:
    assert RUN.findings(Answer(0, "1\n2  \n\n", "")) == []


def test_a_block_that_fails_says_so() -> None:
    (found,) = RUN.findings(Answer(1, "", "Traceback\nKeyError: 'x'\n"))

    assert (found.id, found.place) == ("run", "a.md:3")
    assert found.message == "the block ends with exit code 1: KeyError: 'x'"


@pytest.mark.parametrize(
    ("printed", "says"),
    [
        ("1\n3\n", "line 2 is '3', not '2'"),
        ("1\n", "line 2 is nothing, not '2'"),
        ("1\n2\n3\n", "line 3 is '3', not there"),
    ],
)
def test_an_output_that_is_another_is_told_at_its_block(printed: str, says: str) -> None:
    (found,) = RUN.findings(Answer(0, printed, ""))

    assert (found.id, found.place) == ("output", "a.md:7")
    assert found.message == f"the block prints otherwise: {says}"


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("…\n", "", True),
        ("a\n…\nz\n", "a\nb\nc\nz\n", True),
        ("a\n…\nz\n", "a\nz\n", True),
        ("a\n…\nz\n", "a\nb\n", False),
        ("  a\n", "a\n", False),
    ],
)
def test_an_ellipsis_stands_for_any_lines(expected: str, printed: str, *, same: bool) -> None:
    assert alike(expected, printed) is same


def test_help_out_of_step_is_told_with_what_mends_it() -> None:
    assert HELP.findings(Answer(0, "usage\n", "")) == []
    (other,) = HELP.findings(Answer(0, "usage: shop\n", ""))
    (broken,) = HELP.findings(Answer(127, "", "sh: shop: not found\n"))

    assert other.message == "`shop --help` prints otherwise: line 1 is 'usage: shop', not 'usage'"
    assert other.remedy == "`dagger generate docs-fix` mends it"
    assert broken.message == "`shop --help` ends with exit code 127: sh: shop: not found"


def test_pages_are_mended_where_their_blocks_are() -> None:
    page = "a\n\n```\nold\n```\n\n  ```\n  old\n  old\n  ```\nend\n"
    below = Help(path="a.md", line=7, last=10, command="", text="")

    found = mended(page, [(HELP, "new\n\nnew\n"), (below, "other\n")])

    assert found == "a\n\n```\nnew\n\nnew\n```\n\n  ```\n  other\n  ```\nend\n"
