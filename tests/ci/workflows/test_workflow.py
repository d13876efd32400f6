from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ci.workflows.workflow import Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from ci.workflows.workflow import Workflow

TEXT = """\
name: all
on: [push]
env: {A: workflow, B: workflow}
jobs:
  test:
    if: github.ref == 'x'
    permissions: {}
    env: {B: job, C: job}
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@v4
      - name: run
        if: always()
        run: |
          ./dagger call test
        env: {C: step}
  reused:
    uses: ./.github/workflows/other.yml
"""


def test_a_job_knows_its_lines_conditions_and_variables(parse: Callable[[str], Workflow]) -> None:
    found = parse(TEXT)
    test, reused = found.jobs

    assert (found.name, list(found.events), found.path) == (
        "all",
        ["push"],
        ".github/workflows/ci.yml",
    )
    assert (test.id, test.line, test.condition) == ("test", 5, "github.ref == 'x'")
    assert test.timeout
    env = {"A": "workflow", "B": "job", "C": "step"}
    assert test.runs == (Run(14, "./dagger call test", "always()", env),)
    assert (reused.reused, reused.timeout, reused.runs) == (
        "./.github/workflows/other.yml",
        False,
        (),
    )


@pytest.mark.parametrize("text", ["", "[]", "3", "on: 3\njobs: 4\n", "jobs: {a: 1, b: {steps: 2}}"])
def test_what_is_no_workflow_is_read_as_far_as_it_goes(
    parse: Callable[[str], Workflow], text: str
) -> None:
    assert not any(job.runs for job in parse(text).jobs)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ("{}", [{}]),
        ("{a: [1, 2]}", [{"a": "1"}, {"a": "2"}]),
        ("{a: [1, 2], b: [x], exclude: [{a: 2}]}", [{"a": "1", "b": "x"}]),
        ("{a: [1], include: [{a: 1, c: y}]}", [{"a": "1", "c": "y"}]),
        ("{a: [1], include: [{a: 2, c: y}]}", [{"a": "1"}, {"a": "2", "c": "y"}]),
        ("{include: [{a: 1}, {a: 2}]}", [{"a": "1"}, {"a": "2"}]),
        ("${{ fromJSON(x) }}", [{}]),
    ],
)
def test_a_matrix_is_its_combinations(
    parse: Callable[[str], Workflow], matrix: str, expected: list[dict[str, str]]
) -> None:
    text = f"jobs:\n  a:\n    strategy:\n      matrix: {matrix}\n    steps: []\n"

    (job,) = parse(text).jobs

    assert job.combinations() == expected
