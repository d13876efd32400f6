from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ci.coverage import Coverage, parse
from ci.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path


def test_lines_and_branches_count_alike(reports: Path) -> None:
    assert parse((reports / "coverage.xml").read_text(encoding="utf-8")) == Coverage(4, 6)


@pytest.mark.parametrize(
    ("coverage", "text"),
    [
        (Coverage(4, 6), "66.6 %"),
        (Coverage(8996, 10000), "89.9 %"),
        (Coverage(9, 10), "90.0 %"),
        (Coverage(9999, 10000), "99.9 %"),
        (Coverage(0, 0), "100.0 %"),
    ],
)
def test_percentages_are_rounded_down(coverage: Coverage, text: str) -> None:
    assert str(coverage) == text


@pytest.mark.parametrize("text", ["", "<coverage/>", '<coverage lines-covered="a"/>'])
def test_what_is_not_cobertura_is_refused(text: str) -> None:
    with pytest.raises(ReportError, match="the coverage report is not Cobertura XML"):
        parse(text)
