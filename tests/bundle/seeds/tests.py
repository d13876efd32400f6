"""Failures of test suites: what people see most."""

from __future__ import annotations

from typing import Final

from tests.bundle.pipeline import PYTHON, execute, run, with_packages
from tests.bundle.seed import Seed, changed, fixed

_PACKAGES: Final = "pytest pytest-timeout"

_ASSERTION: Final = """\
def price(rooms):
    return 100 * rooms


def test_one_room():
    assert price(1) == 100


def test_two_rooms():
    assert price(2) == {two}


def test_no_room():
    assert price(0) == {none}
"""

_TIMEOUT: Final = """\
import threading


def test_answer():
    answered = threading.Event()
    {action}
    assert answered.wait({seconds})
"""

_EXCEPTION: Final = """\
def load(settings):
    return settings[{key!r}]["url"]


def main():
    settings = {{"database": {{"url": "postgres://db"}}, "cache": {{}}}}
    print("connecting to", load(settings))


main()
"""

SEEDS: Final = (
    Seed(
        "assertion",
        "one of three tests fails",
        {"test_price.py": _ASSERTION.format(two=250, none=0)},
        1,
        "assert 200 == 250",
        with_packages(_PACKAGES, "python3 -m pytest -q"),
        altered=(
            fixed({"test_price.py": _ASSERTION.format(two=200, none=0)}),
            changed("test_no_room", {"test_price.py": _ASSERTION.format(two=200, none=7)}),
        ),
    ),
    Seed(
        "test-timeout",
        "a test is ended by its time limit",
        {"test_answer.py": _TIMEOUT.format(action="pass", seconds=60)},
        1,
        "Timeout",
        with_packages(_PACKAGES, "python3 -m pytest -q --timeout=1"),
        altered=(
            fixed({"test_answer.py": _TIMEOUT.format(action="answered.set()", seconds=60)}),
            changed("(?i)assert", {"test_answer.py": _TIMEOUT.format(action="pass", seconds=0.01)}),
        ),
    ),
    Seed(
        "exception",
        "a program ends with a traceback",
        {"main.py": _EXCEPTION.format(key="cache")},
        1,
        "KeyError: 'url'",
        run(PYTHON, execute("python3 main.py")),
        altered=(
            fixed({"main.py": _EXCEPTION.format(key="database")}),
            changed("queue", {"main.py": _EXCEPTION.format(key="queue")}),
        ),
    ),
    Seed(
        "report",
        "a suite writes JUnit and fails; the report is what is compared",
        {"test_price.py": _ASSERTION.format(two=250, none=1)},
        1,
        "2 failed",
        with_packages(_PACKAGES, "python3 -m pytest -q --junit-xml=report.xml"),
        altered=(changed("test_no_room", {"test_price.py": _ASSERTION.format(two=250, none=0)}),),
    ),
)
