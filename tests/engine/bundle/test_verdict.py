"""The four ways in which a replay ends, and the fifth of a step that did not fail."""

from __future__ import annotations

import pytest

from portable_dagger.bundle.description import Missing
from portable_dagger.bundle.fingerprint import Fingerprint, Observed, fingerprint
from portable_dagger.bundle.verdict import Verdict, judge
from portable_dagger.errors import BundleError

NETWORK = Missing("network", "pypi.example", "replays have none")


def seen(code: int, output: str = "", error: str = "") -> Fingerprint:
    return fingerprint(Observed(code, error, output))


@pytest.mark.parametrize(
    ("recorded", "replayed", "expect", "missing", "verdict"),
    [
        (seen(1, "a"), seen(1, "a"), "SUCCESS", (), Verdict.SAME),
        (seen(1, "a"), seen(1, "a"), "SUCCESS", (NETWORK,), Verdict.SAME),
        (seen(1, "a"), seen(1, "b"), "SUCCESS", (), Verdict.DIFFERENT),
        (seen(1, "a"), seen(2, "a"), "SUCCESS", (), Verdict.DIFFERENT),
        (seen(1, "a"), seen(0, "b"), "SUCCESS", (), Verdict.PASSES),
        (seen(1, "a"), seen(0, "b"), "ANY", (), Verdict.PASSES),
        (seen(1, "a"), seen(2, "a"), "ANY", (), Verdict.DIFFERENT),
        (seen(1, "a"), seen(2, "b"), "SUCCESS", (NETWORK,), Verdict.MISSING),
        (seen(1, "a"), seen(0, "b"), "SUCCESS", (NETWORK,), Verdict.MISSING),
        (seen(1, "a"), seen(0, "a", "timed out"), "SUCCESS", (), Verdict.DIFFERENT),
        # A command that was to fail, and did not.
        (seen(0, "a"), seen(0, "a"), "FAILURE", (), Verdict.SAME),
        (seen(0, "a"), seen(3, "a"), "FAILURE", (), Verdict.PASSES),
        (seen(0, "a"), seen(139, "a"), "FAILURE", (), Verdict.DIFFERENT),
        # Captured although it passed.
        (seen(0, "a"), seen(0, "a"), "SUCCESS", (), Verdict.AGAIN),
        (seen(0, "a"), seen(0, "b"), "SUCCESS", (NETWORK,), Verdict.AGAIN),
        (seen(0, "a"), seen(1, "b"), "SUCCESS", (), Verdict.DIFFERENT),
        (seen(2, "a"), seen(3, "a"), "FAILURE", (), Verdict.AGAIN),
    ],
)
def test_verdicts(
    recorded: Fingerprint,
    replayed: Fingerprint,
    expect: str,
    missing: tuple[Missing, ...],
    verdict: Verdict,
) -> None:
    assert judge(recorded, replayed, expect=expect, missing=missing)[0] is verdict


def test_words_and_exit_codes() -> None:
    assert [(str(verdict), verdict.exit_code) for verdict in Verdict] == [
        ("same failure", 0),
        ("passes again", 0),
        ("different failure", 10),
        ("passes here", 11),
        ("missing input", 12),
    ]


def test_missing_inputs_are_named_first() -> None:
    inputs = (NETWORK, Missing("secret", "TOKEN"), Missing("temp", ""))
    found = judge(seen(1, "a"), seen(1, "b"), expect="SUCCESS", missing=inputs)
    assert found == (
        Verdict.MISSING,
        [
            "the bundle does not hold network pypi.example: replays have none",
            "the bundle does not hold secret TOKEN",
            "the bundle does not hold temp",
            "- a",
            "+ b",
        ],
    )


def test_an_expectation_that_is_none() -> None:
    with pytest.raises(BundleError, match="'MAYBE', which is none of SUCCESS, FAILURE, ANY"):
        judge(seen(1), seen(1), expect="MAYBE", missing=())
