from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from ci.errors import ReportError, SelectionError
from ci.findings import Finding, Kind, Severity
from ci.workflows import local
from ci.workflows.event import Event
from ci.workflows.local import event, script, selected

if TYPE_CHECKING:
    from collections.abc import Callable

    from ci.workflows.workflow import Workflow

TEXT = """\
on: [push]
env:
  WHO: ${{ github.ref_name }}
jobs:
  hello:
    strategy: {matrix: {word: [good, bad]}}
    steps:
      - run: ./dagger call ${{ matrix.word }} --who="$WHO" --out="$RUNNER_TEMP"
      - run: ./dagger call after
        if: failure()
      - run: echo no call
      - run: |
          ./dagger call one
          ./dagger call two
  never:
    if: github.event_name == 'schedule'
    steps: [{run: ./dagger call never}]
  unknown:
    if: github.actor == 'ada'
    steps: [{run: ./dagger call unknown}]
  secret:
    env: {TOKEN: '${{ secrets.TOKEN }}'}
    steps: [{run: ./dagger call secret}]
  host:
    steps: [{run: './dagger call host --at="$GITHUB_SHA"'}]
  reused:
    uses: ./.github/workflows/other.yml
"""


def test_each_call_stands_below_its_job_and_the_rest_is_told(
    parse: Callable[[str], Workflow],
) -> None:
    said = script(Event("push", "it's"), [parse(TEXT)])

    calls = [line for line in said.splitlines() if line and not line.startswith("#")]
    run = (
        """(export RUNNER_TEMP="$CI_LOCAL/ci.yml-hello-word=W" WHO='it'"'"'s'; """
        'mkdir -p "$RUNNER_TEMP"; ./dagger call W --who="$WHO" --out="$RUNNER_TEMP")'
    )
    words = [re.sub(r"(?<=[ =])W\b", word, run) for word in ("good", "bad")]
    assert calls == ["CI_LOCAL=${CI_LOCAL:-$(mktemp -d)}", *words]
    assert "# job: ci.yml hello word=good\n" in said
    for left in (
        "hello word=good: echo no call: it calls no function",
        "hello word=bad: more than one line, which the gate `workflows` refuses",
        "never: the condition does not hold: github.event_name == 'schedule'",
        "unknown: ./dagger call unknown: not known here: github.actor",
        "secret: ./dagger call secret: not known here: secrets.TOKEN",
        'host: ./dagger call host --at="$GITHUB_SHA": not known here: GITHUB_SHA',
        "reused: it is made of ./.github/workflows/other.yml",
    ):
        assert f"# left out: ci.yml {left}\n" in said
    assert "after" not in said


def test_the_script_is_one_that_a_shell_takes(parse: Callable[[str], Workflow]) -> None:
    said = script(Event("push", '$(x) `y` \\ "z'), [parse(TEXT)])

    subprocess.run(["sh", "-n"], input=said, text=True, check=True)


def test_what_a_workflow_says_becomes_no_line_of_the_script(
    parse: Callable[[str], Workflow],
) -> None:
    text = """\
on: [push]
jobs:
  left:
    strategy: {matrix: {word: ["1\\nevil"]}}
    steps: [{run: echo no call}]
  value:
    strategy: {matrix: {word: ["1\\nevil"]}}
    steps: [{run: './dagger call ${{ matrix.word }}'}]
  name:
    env: {"X;evil;Y": "1", "X\\nevil": "1"}
    steps: [{run: ./dagger call one}]
"""
    said = script(Event("push", "main"), [parse(text)])

    lines = [line for line in said.splitlines() if line and not line.startswith("#")]
    assert lines == ["CI_LOCAL=${CI_LOCAL:-$(mktemp -d)}"]
    assert "# left out: ci.yml left word=1 evil: echo no call: it calls no function\n" in said
    assert "# left out: ci.yml value word=1 evil: ./dagger call 1 evil: more than one line" in said
    assert "# left out: ci.yml name: ./dagger call one: 'X;evil;Y' is no name of a variable" in said


def test_an_event_that_starts_nothing_says_so(parse: Callable[[str], Workflow]) -> None:
    assert "# no workflow is started" in script(Event("schedule", "main"), [parse(TEXT)])


def test_a_value_that_no_shell_may_read_is_quoted_but_for_the_folder() -> None:
    assert local._quoted("$RUNNER_TEMP/$(x)") == "\"$RUNNER_TEMP\"'/$(x)'"  # noqa: SLF001
    assert local._quoted("") == "''"  # noqa: SLF001


def test_what_is_asked_for_has_to_be_there(parse: Callable[[str], Workflow]) -> None:
    workflow = parse(TEXT)

    assert event("push", "main", ["a=b=c"]) == Event("push", "main", {"a": "b=c"})
    assert selected([workflow], [], ["ci.yml"]) == [workflow]
    assert selected([workflow], [], []) == [workflow]
    with pytest.raises(SelectionError, match="'merge' is no event"):
        event("merge", "main", ())
    with pytest.raises(SelectionError, match="'a' has no value"):
        event("push", "main", ["a"])
    with pytest.raises(SelectionError, match=r"'cd\.yml' is no workflow\nThere is ci\.yml"):
        selected([workflow], [], ["cd.yml"])


def test_a_file_that_is_no_yaml_is_an_error(parse: Callable[[str], Workflow]) -> None:
    broken = Finding(
        kind=Kind.WORKFLOW,
        id="no-yaml",
        severity=Severity.HIGH,
        target="source",
        path="bad.yml",
        line=3,
        message="it is no YAML",
    )

    with pytest.raises(ReportError, match=r"bad\.yml:3: it is no YAML"):
        selected([parse(TEXT)], [broken], [])
