from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ci.errors import ReportError
from ci.findings import Severity
from ci.inspection.black import BLACK
from ci.inspection.linter import Answer

if TYPE_CHECKING:
    from pathlib import Path


def test_what_would_change_is_found_at_its_first_line(reports: Path) -> None:
    diff = (reports / "black.diff").read_text(encoding="utf-8")

    (found,) = BLACK.findings(Answer(1, diff, ""))

    assert (found.id, found.place, found.severity) == ("format", "shop/price.py:11", Severity.LOW)
    assert found.says == "Black would change it here (places in all: 2)"
    assert "dagger generate format-fix" in found.remedy


@pytest.mark.parametrize("name", ["black.txt", "black-25.txt"])
def test_a_file_that_is_no_python_is_found(reports: Path, name: str) -> None:
    diff = (reports / "black.diff").read_text(encoding="utf-8")
    errors = (reports / name).read_text(encoding="utf-8")

    changed, broken = BLACK.findings(Answer(123, diff, errors))

    assert changed.id == "format"
    assert (broken.id, broken.place) == ("syntax", "shop/broken.py:1")
    assert broken.severity is Severity.HIGH


def test_a_failure_that_names_no_file_is_an_error(reports: Path) -> None:
    diff = (reports / "black.diff").read_text(encoding="utf-8")

    with pytest.raises(ReportError, match="a file could not be read"):
        BLACK.findings(Answer(123, diff, "error: INTERNAL ERROR"))


def test_nothing_to_change_is_no_finding() -> None:
    assert BLACK.findings(Answer(0, "", "")) == ()


def test_a_line_put_in_before_the_first_is_at_the_first() -> None:
    diff = '--- /src/a.py\tnow\n+++ /src/a.py\tthen\n@@ -0,0 +1 @@\n+"""Text."""\n'

    (found,) = BLACK.findings(Answer(1, diff, ""))

    assert found.place == "a.py:1"


def test_a_form_feed_is_no_end_of_a_line() -> None:
    header = "--- /src/a.py\tnow\n+++ /src/a.py\tthen\n@@ -4,3 +4,3 @@\n"

    (found,) = BLACK.findings(Answer(1, f"{header} a\x0cb\n-c\n+d\n", ""))

    assert found.place == "a.py:5"
