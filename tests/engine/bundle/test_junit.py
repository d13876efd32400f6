"""Which tests failed, from reports as pytest, Maven and Go's tools write them."""

from __future__ import annotations

import pytest

from portable_dagger.bundle.junit import failures

PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="2" tests="4" time="0.123">
<testcase classname="tests.app.test_api" name="test_total[3]" time="0.002">
<failure message="AssertionError: assert 3 == 4&#10; +  where 3 = total()">def test_total(): ...</failure></testcase>
<testcase classname="tests.app.test_api" name="test_path" time="0.002">
<failure message="FileNotFoundError: '/tmp/pytest-of-root/pytest-7/test_path0/a.csv'">…</failure></testcase>
<testcase classname="tests.app.test_api" name="test_database" time="0.001">
<error message="failed on setup with &quot;OSError: port 43127 is taken&quot;">…</error></testcase>
<testcase classname="tests.app.test_api" name="test_fine" time="0.001"><skipped message="no GPU"/></testcase>
</testsuite></testsuites>"""

MAVEN = """<testsuite xmlns="urn:x" name="com.shop.CartTest" tests="2">
  <testcase classname="com.shop.CartTest" name="adds"><failure type="java.lang.AssertionError"><![CDATA[
java.lang.AssertionError: expected:<3> but was:<4>
	at com.shop.CartTest.adds(CartTest.java:17)]]></failure></testcase>
  <testcase classname="com.shop.CartTest" name="empties"><flakyFailure message="once"/></testcase>
</testsuite>"""


def test_pytest() -> None:
    assert failures(PYTEST) == {
        "tests.app.test_api::test_total[3]": ("failure", "AssertionError: assert 3 == 4"),
        "tests.app.test_api::test_path": (
            "failure",
            "FileNotFoundError: '/tmp/pytest-of-root/pytest-7/test_path0/a.csv'",
        ),
        "tests.app.test_api::test_database": (
            "error",
            'failed on setup with "OSError: port 43127 is taken"',
        ),
    }


def test_others() -> None:
    assert failures(MAVEN) == {
        "com.shop.CartTest::adds": (
            "failure",
            "java.lang.AssertionError: expected:<3> but was:<4>",
        )
    }


@pytest.mark.parametrize(
    ("case", "name", "failure"),
    [
        (
            '<testcase file="tests/a.py" classname="A" name="t"><failure message="m"/></testcase>',
            "tests/a.py::A::t",
            ("failure", "m"),
        ),
        ('<testcase name="t"><error type="E"/></testcase>', "t", ("error", "E")),
        ('<testcase name="t"><failure/></testcase>', "t", ("failure", "")),
        (
            '<testcase name="t"><failure message="m"/><error message="teardown"/></testcase>',
            "t",
            ("failure", "m"),
        ),
        ('<testcase name="t"><failure message="\x0a\x0a m"/></testcase>', "t", ("failure", "m")),
    ],
)
def test_names_and_messages(case: str, name: str, failure: tuple[str, str]) -> None:
    nested = f"<testsuites><testsuite><testsuite>{case}</testsuite></testsuite></testsuites>"
    assert failures(nested) == {name: failure}


@pytest.mark.parametrize(
    "text",
    [
        "",
        PYTEST[:400],
        "{}",
        "<html/>",
        '<coverage line-rate="1"/>',
        "<testsuites>\x00</testsuites>",
        # Entities of entities, a hundred million in the end.
        "<!DOCTYPE t [<!ENTITY a0 'aaaaaaaaaa'>"
        + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 9))
        + "]><testsuite>&a8;</testsuite>",
    ],
    ids=["empty", "cut off", "JSON", "HTML", "coverage", "control character", "bomb"],
)
def test_what_is_no_readable_report(text: str) -> None:
    assert failures(text) is None


def test_a_report_without_failures() -> None:
    assert failures('<testsuite><testcase name="t"/></testsuite>') == {}
