"""The golden cases of the command line."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.golden import DAGGER, HERE, LATER, marks, runner

RUNNER = runner("modules")
CASES = dict(RUNNER.load_cases(HERE / "modules" / "cases", [], []))
SECONDS = 300


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=name, marks=marks("modules", name, slow=bool(case.get("needs"))))
        for name, case in CASES.items()
    ],
)
def test_case(case: dict[str, Any]) -> None:
    run = RUNNER.Run(case, HERE / "modules" / "modules", [str(DAGGER)], SECONDS)
    try:
        problems = run.all()
    finally:
        run.clean()
    assert not problems, "\n".join(problems)


def test_list_of_later_cases_names_cases() -> None:
    assert LATER["modules"].keys() <= CASES.keys()
