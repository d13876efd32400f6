from __future__ import annotations

import pytest

from ci.licences.licence import Licence, Lists, text

EITHER = ["OR", "MIT", ["AND", "ISC", "GPL-3.0-only"]]


@pytest.mark.parametrize(
    ("licence", "allowed", "denied", "stopping"),
    [
        ("MIT", [], [], []),
        ("MIT", ["MIT"], [], []),
        ("MIT", ["ISC"], [], ["MIT"]),
        ("MIT", [], ["MIT"], ["MIT"]),
        ("MIT", ["MIT"], ["MIT"], ["MIT"]),
        (EITHER, ["MIT"], [], []),
        (EITHER, ["ISC"], [], ["MIT", "GPL-3.0-only"]),
        (EITHER, ["ISC", "GPL-3.0-only"], [], []),
        (EITHER, [], ["MIT"], []),
        (["AND", "MIT", "ISC"], [], ["ISC"], ["ISC"]),
        # An exception permits more, never less.
        ("GPL-2.0-only WITH LLVM-exception", ["GPL-2.0-only"], [], []),
        ("GPL-2.0-only WITH LLVM-exception", ["GPL-2.0-only WITH LLVM-exception"], [], []),
        (
            "GPL-2.0-only WITH LLVM-exception",
            ["GPL-2.0-only WITH LLVM-exception"],
            ["GPL-2.0-only"],
            [],
        ),
        (
            "GPL-2.0-only WITH LLVM-exception",
            [],
            ["GPL-2.0-only"],
            ["GPL-2.0-only WITH LLVM-exception"],
        ),
        ("GPL-2.0-only", ["GPL-2.0-only WITH LLVM-exception"], [], ["GPL-2.0-only"]),
    ],
)
def test_lists_let_pass_what_one_may_choose(
    licence: Licence, allowed: list[str], denied: list[str], stopping: list[str]
) -> None:
    lists = Lists(allowed, denied)

    passes = lists.let_pass(licence)

    assert passes or lists.stopping(licence) == stopping
    assert passes is not bool(stopping)


def test_a_licence_is_written_as_spdx_has_it() -> None:
    assert text("MIT") == "MIT"
    assert text(EITHER) == "MIT OR (ISC AND GPL-3.0-only)"
