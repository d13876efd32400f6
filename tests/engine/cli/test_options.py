"""The command line's own options."""

from __future__ import annotations

import pytest

from portable_dagger.cli.options import CALL, GLOBAL, merged, parse, scan
from portable_dagger.errors import CommandLineError

OPTIONS = (*CALL, *GLOBAL)


def test_short_ones_in_one_word_and_attached_values() -> None:
    given, rest = parse(OPTIONS, ["-sj", "-oout.txt", "-m=..", "a", "--progress=plain"], "call")
    assert given == {
        "silent": ["true"],
        "json": ["true"],
        "output": ["out.txt"],
        "mod": [".."],
        "progress": ["plain"],
    }
    assert rest == ["a"]


def test_repeated_switches_are_counted() -> None:
    given, _ = parse(OPTIONS, ["-vv", "-q", "--verbose"], "call")
    assert len(given["verbose"]) == 3
    assert given["quiet"] == ["true"]


def test_switch_can_be_taken_back() -> None:
    assert parse(OPTIONS, ["--silent", "--silent=false"], "call")[0] == {"silent": []}


def test_nothing_is_an_option_after_two_dashes() -> None:
    assert parse(OPTIONS, ["--", "-s"], "call") == ({}, ["-s"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--jsn"], "unknown flag: --jsn"),
        (["-x"], "unknown shorthand flag: 'x' in -x"),
        (["-sx"], "unknown shorthand flag: 'x' in -sx"),
        (["--mod"], "flag needs an argument: --mod"),
        (
            ["--silent=maybe"],
            'invalid argument "maybe" for "--silent" flag: true or false is wanted',
        ),
    ],
)
def test_wrong_options(words: list[str], message: str) -> None:
    with pytest.raises(CommandLineError) as caught:
        parse(OPTIONS, words, "call")
    assert caught.value.message == message


def test_scan_passes_over_flags_that_are_not_known_yet() -> None:
    words = ["--name", "cnt", "add", "--n", "-m", "--loud", "value", "-m", "..", "--x=1", "-s"]
    assert scan(OPTIONS, words[:2] + words[5:]) == {"mod": [".."], "silent": ["true"]}


def test_merged_keeps_the_order() -> None:
    assert merged({"mod": ["a"], "silent": ["true"]}, {"mod": ["b"]}) == {
        "mod": ["a", "b"],
        "silent": ["true"],
    }
