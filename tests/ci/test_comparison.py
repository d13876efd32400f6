from __future__ import annotations

from ci.comparison import (
    AS_BEFORE,
    DIFFERENT,
    FAILS,
    MISSING,
    PASSES,
    SAME,
    Ending,
    Verdict,
    compare,
    recorded,
)

PASSED = Ending(0, passed=True)
LABEL = {
    "expect": "ANY",
    "exit_code": 1,
    "error": "",
    "failing": ["a::x"],
    "reasons": {"a::x": "assert 1 == 2"},
    "reports": ["/report/junit.xml"],
    "last_lines": ["1 failed in 0.1s"],
}


def failed(code: int = 1, *, lines: tuple[str, ...] = (), **tests: str) -> Ending:
    return Ending(code, passed=False, failing=tests or None, last_lines=lines)


def test_a_step_that_passes_now_passes_as_before_or_only_here() -> None:
    assert compare("s", failed(), PASSED).words == PASSES
    assert compare("s", PASSED, PASSED).words == AS_BEFORE


def test_a_step_that_passed_and_fails_now_is_shown_with_its_output() -> None:
    verdict = compare("s", PASSED, failed(3, lines=("no such file",)))

    assert (verdict.words, verdict.differences) == (FAILS, ("exit code 3", "no such file"))


def test_the_same_tests_failing_for_the_same_reasons_are_the_same_failure() -> None:
    # What else was printed does not count then.
    before = failed(x="assert took 0.1s", lines=("one",))

    assert compare("s", before, failed(x="assert took 0.2s", lines=("two",))).words == SAME


def test_other_tests_and_other_reasons_are_named() -> None:
    verdict = compare("s", failed(x="assert 1", y="e"), failed(y="f", z="g"))

    assert verdict.words == DIFFERENT
    assert verdict.differences == (
        "fails no more: x",
        "fails only here: z",
        "y: was 'e'",
        "y: is  'f'",
    )


def test_without_tests_the_output_tells_failures_apart() -> None:
    before = failed(lines=("a", "b 0.1s"))

    assert compare("s", before, failed(lines=("a", "b 0.2s"))).words == SAME
    verdict = compare("s", before, failed(lines=("a", "c")))
    assert (verdict.words, verdict.differences) == (DIFFERENT, ("was 'b 0.1s'", "is  'c'"))


def test_another_exit_code_is_another_failure() -> None:
    assert compare("s", failed(1), failed(139)).differences == ("exit code 1, here 139",)


def test_a_report_that_is_written_no_more_is_told() -> None:
    verdict = compare("s", failed(x="e"), failed())

    assert verdict.differences == ("no report of tests was written",)


def test_what_a_label_does_not_say_is_not_compared() -> None:
    full = recorded(LABEL)
    bare = recorded({key: LABEL[key] for key in ("expect", "exit_code", "error", "failing")})

    assert full.failing == {"a::x": "assert 1 == 2"}
    assert full.last_lines == ("1 failed in 0.1s",)
    assert bare.failing is None
    assert bare.last_lines is None
    assert compare("s", bare, full).words == SAME
    names = recorded({**LABEL, "reasons": {}})
    assert names.failing == {"a::x": ""}
    assert compare("s", names, full).words == SAME


def test_a_step_that_has_to_fail_passes_by_failing() -> None:
    assert recorded({**LABEL, "expect": "FAILURE"}).passed
    assert not recorded({**LABEL, "expect": "FAILURE", "exit_code": 0}).passed


def test_the_verdict_names_the_step_and_holds_for_the_same_end_only() -> None:
    assert [Verdict("s", words).same for words in (SAME, AS_BEFORE)] == [True, True]
    assert not any(Verdict("s", words).same for words in (DIFFERENT, PASSES, FAILS, MISSING))
    assert (
        Verdict("test", MISSING, ("the secret key",)).text()
        == "test: missing input\n  the secret key"
    )
