"""When two outcomes are the same failure, and how their difference is told."""

from __future__ import annotations

import pytest

from portable_dagger.bundle.fingerprint import Fingerprint, Observed, differences, fingerprint


def report(*cases: tuple[str, str]) -> str:
    failed = "".join(
        f'<testcase name="{name}"><failure message="{message}"/></testcase>'
        for name, message in cases
    )
    return f'<testsuite><testcase name="fine"/>{failed}</testsuite>'


def seen(code: int, output: str = "", *reports: str, error: str = "") -> Fingerprint:
    return fingerprint(Observed(code, error, output, reports))


PYTEST = """\
============================= test session starts ==============================
platform linux -- Python 3.12.1, pytest-9.0.1, pluggy-1.6.0
collected 2 items

tests/test_model.py F.                                                   [100%]

=================================== FAILURES ===================================
__________________________________ test_total __________________________________
    def test_total(tmp_path):
>       assert total(tmp_path) == 4
E       AssertionError: assert 3 == 4
tests/test_model.py:12: AssertionError
=========================== short test summary info ============================
FAILED tests/test_model.py::test_total - AssertionError: assert 3 == 4
========================= 1 failed, 1 passed in 0.12s ==========================
"""
MYPY = """\
app/model.py:7: error: Incompatible return value type (got "str", expected "int")  [return-value]
Found 1 error in 1 file (checked 12 source files)
"""
RUFF = """\
F401 [*] `os` imported but unused
 --> app/model.py:3:8
Found 1 error.
"""
GCC = """\
main.c: In function 'main':
main.c:7:5: error: 'totl' undeclared (first use in this function)
make: *** [Makefile:3: main] Error 1
"""
SEGFAULT = """\
Fatal Python error: Segmentation fault

Current thread 0x00007f3a1b2c3d4e (most recent call first):
  File "/src/app/native.py", line 31 in call
"""
PSQL = """\
psql:schema.sql:12: ERROR:  column "median" of relation "districts" does not exist
LINE 1: INSERT INTO districts (median) VALUES (1)
"""
JAVA = """\
Exception in thread "main" java.lang.IllegalStateException: com.shop.Cart@1b6d3586 is closed
	at com.shop.Cart.add(Cart.java:17)
"""
GO = """\
panic: runtime error: index out of range [5] with length 3

goroutine 18 [running]:
main.total(0xc000012345, 0x3)
	/src/main.go:12 +0x1d
exit status 2
"""
OUTPUTS = {
    "pytest": (PYTEST, PYTEST.replace("= 1 failed, 1 passed in 0.12s =", " 1 failed, 1 passed in 12.34s ")),
    "mypy": (MYPY, MYPY),
    "ruff": (RUFF, RUFF),
    "gcc": (GCC, GCC),
    "segfault": (SEGFAULT, SEGFAULT.replace("7f3a1b2c3d4e", "7f9999999abc")),
    "psql": (PSQL, PSQL),
    "java": (JAVA, JAVA.replace("1b6d3586", "77f03bb1")),
    "go": (GO, GO.replace("18", "7").replace("c000012345", "c000fffff0")),
}  # fmt: skip
ALTERED = [
    (PYTEST, ("3 == 4", "5 == 4")),
    (PYTEST, ("test_total", "test_mean")),
    (PYTEST, ("model.py:12", "model.py:13")),
    (PYTEST, ("Python 3.12.1", "Python 3.9.18")),
    (MYPY, ("model.py:7", "model.py:8")),
    (MYPY, ("return-value", "arg-type")),
    (RUFF, ("F401", "F841")),
    (GCC, ("totl", "ttal")),
    (PSQL, ("median", "mean")),
    (JAVA, ("is closed", "is open")),
    (GO, ("[5]", "[6]")),
    (GO, ("exit status 2", "exit status 1")),
]


@pytest.mark.parametrize(("recorded", "replayed"), OUTPUTS.values(), ids=OUTPUTS)
def test_the_same_failure_on_another_day(recorded: str, replayed: str) -> None:
    assert differences(seen(1, recorded), seen(1, replayed)) == []
    assert seen(1, recorded).digest == seen(1, replayed).digest


@pytest.mark.parametrize(("output", "edit"), ALTERED)
def test_another_failure_of_the_same_tool(output: str, edit: tuple[str, str]) -> None:
    one, other = seen(1, output), seen(1, output.replace(*edit))
    told = differences(one, other)
    assert any(line.startswith("- ") and edit[0] in line for line in told)
    assert any(line.startswith("+ ") and edit[1] in line for line in told)
    assert one.digest != other.digest


@pytest.mark.parametrize("code", [1, 139, -1])
def test_every_two_tools_differ(code: int) -> None:
    for name, (one, _) in OUTPUTS.items():
        for other_name, (other, _) in OUTPUTS.items():
            assert bool(differences(seen(code, one), seen(code, other))) is (name != other_name)


def test_order_and_white_space_do_not_count() -> None:
    assert seen(1, "b\n\na  \nb\n") == seen(1, "a\nb\nb")
    assert seen(1, "b\na\nb").digest == seen(1, "a\nb\nb").digest
    assert differences(seen(1, "a\nb\nb"), seen(1, "a\nb")) == ["- b"]


A, B = ("a", "assert 1 == 2"), ("b", "KeyError: 'x'")
TIMED_OUT = "the command took longer than 60 s"

TOLD = [
    (seen(1), seen(2), ["exit code 1, then 2"]),
    (seen(1, error="x"), seen(1), ["x, then: ended by itself"]),
    (seen(-1, error=TIMED_OUT), seen(-1, error=TIMED_OUT.replace("60", "5")), []),
    # Tests decide, and output does not.
    (seen(1, "x", report(A, B)), seen(1, "y", report(B, A)), []),
    (seen(1, "x", report(A), report(B)), seen(1, "x", report(A, B)), []),
    (seen(1, "x", report(A, B)), seen(1, "x", report(A)), ["b fails only in the recording: KeyError: 'x'"]),
    (seen(1, "x", report(A)), seen(1, "x", report(A, B)), ["b fails only here: KeyError: 'x'"]),
    (
        seen(1, "x", report(A)),
        seen(1, "x", report(("a", "assert 1 == 3"))),
        ["a fails in another way: assert 1 == 2, then: assert 1 == 3"],
    ),
    (
        seen(1, "x", report(A)),
        seen(1, "x", report(A).replace("failure", "error")),
        ["a fails in another way: failure, then error: assert 1 == 2"],
    ),
    (
        seen(1, "x", report(A)),
        seen(0, "y", report()),
        ["exit code 1, then 0", "a fails only in the recording: assert 1 == 2"],
    ),
    # A report without a failed test: a coverage threshold, an internal error.
    (seen(2, "total 80 %", report()), seen(2, "total 81 %", report()), ["- total 80 %", "+ total 81 %"]),
    # A report that cannot be read.
    (seen(1, "x", "<tests"), seen(1, "x", "<tes"), []),
    (
        seen(1, "x", report(A)),
        seen(1, "x", report(A)[:30]),
        [
            "the recording has a report of its tests, and here is none that can be read",
            "a fails only in the recording: assert 1 == 2",
        ],
    ),
    (
        seen(1, "x"),
        seen(1, "x", report()),
        ["here is a report of the tests, and the recording has none that can be read"],
    ),
    # Ended from outside, at some moment.
    (seen(137, "one\ntwo\nthree"), seen(137, "one\ntwo\nth"), []),
    (seen(124, "one"), seen(124, "one\ntwo"), []),
    (seen(-1, "", error="e"), seen(-1, "one\ntwo", error="e"), []),
    (seen(137, "one", report()), seen(137, "one", report()[:20]), []),
    (seen(137, "one\ntwo"), seen(137, "one\nthree"), ["- two", "+ three"]),
    (seen(137, "one\ntwo"), seen(143, "one\ntwo"), ["exit code 137, then 143"]),
    (seen(137, "one\ntwo"), seen(1, "one"), ["exit code 137, then 1", "- two"]),
    # Not these: git's own failure, and a script's -1.
    (seen(128, "one\ntwo"), seen(128, "one"), ["- two"]),
    (seen(255, "one\ntwo"), seen(255, "one"), ["- two"]),
]  # fmt: skip


@pytest.mark.parametrize(("recorded", "replayed", "told"), TOLD)
def test_differences(recorded: Fingerprint, replayed: Fingerprint, told: list[str]) -> None:
    assert differences(recorded, replayed) == told


def test_few_differences_are_shown() -> None:
    many = differences(seen(1, "\n".join(f"line {n}" for n in range(9))), seen(1, "x" * 999))
    assert [line[:8] for line in many] == [
        *(f"- line {n}" for n in range(5)),
        "and 4 more like that"[:8],
        "+ xxxxxx",
    ]
    assert len(many[-1]) == 200


def test_digests_are_the_same_everywhere() -> None:
    digest = seen(1, "a\nb in 3s").digest
    assert digest == "2c243f8ee8b1b1fe04b1837ce7d90709b7cb5d90f8b3f6b21a545594a34c93f4"


def test_of_a_long_output_the_first_and_the_last_lines_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("portable_dagger.bundle.fingerprint.COMPARED", 400)
    middle = "".join(f"line {number} of many\n" for number in range(100))
    first, other, elsewhere = (
        fingerprint(Observed(1, "", f"begin\n{middle}{more}{middle}end {end}\n"))
        for more, end in (("", 1), ("", 2), ("in the middle\n", 1))
    )
    assert 10 < sum(first.lines.values()) < 30
    assert differences(first, other) == ["- end 1", "+ end 2"]
    assert differences(first, elsewhere) == []
