from __future__ import annotations

import pytest

from ci.errors import ReportError, ToolError
from ci.inspection.linter import Answer, relative
from ci.inspection.ruff import RUFF


def test_a_tool_that_breaks_off_is_an_error_with_what_it_said() -> None:
    with pytest.raises(ToolError, match=r"ruff broke off with exit code 2:\nno such option"):
        RUFF.findings(Answer(2, "", "no such option\n"))


def test_an_answer_that_is_no_report_is_an_error() -> None:
    with pytest.raises(ReportError, match="ruff's report cannot be read: JSONDecodeError"):
        RUFF.findings(Answer(0, "warning: all is well", ""))
    with pytest.raises(ReportError, match="KeyError"):
        RUFF.findings(Answer(1, '[{"rule": "F401"}]', ""))


def test_a_failure_without_a_finding_is_no_pass() -> None:
    with pytest.raises(ToolError, match=r"ruff broke off with exit code 1:\nout of memory"):
        RUFF.findings(Answer(1, "[]", "out of memory"))


def test_the_version_is_that_of_the_lock() -> None:
    lock = "ruff-lsp==1.0 \\\n    --hash=sha256:1\nruff==0.17.6 ; python_version > '3' \\\n"

    assert RUFF.version(lock) == "0.17.6"
    assert RUFF.version("ruff-lsp==1.0\n") == ""


@pytest.mark.parametrize("path", ["/src/shop/price.py", "./shop/price.py", "shop/price.py"])
def test_paths_are_below_the_source(path: str) -> None:
    assert relative(path) == "shop/price.py"
