"""`.ci/local` for real: a small repository, whose `dagger` only says what it is given; and this one's workflows."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TIME_LIMIT_SECONDS = 300
DAGGER = """#!/bin/sh
echo "called with: $*"
case $2 in
    bad) exit 3 ;;
    slow) touch started; sleep 60 ;;
esac
"""
WORKFLOW = """\
on: [push]
jobs:
  all:
    strategy: {matrix: {word: [good, bad]}}
    env: {WHO: "it's me"}
    steps:
      - uses: actions/checkout@v4
      - run: ./dagger call ${{ matrix.word }} --who="$WHO" --out="$RUNNER_TEMP/out"
  secret:
    env: {TOKEN: "${{ secrets.TOKEN }}"}
    steps: [{run: ./dagger call secret}]
"""
SLOW = "on: [push]\njobs: {a: {steps: [{run: ./dagger call slow}, {run: ./dagger call good}]}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / ".github" / "workflows" / "ci.yml").write_text(WORKFLOW, encoding="utf-8")
    (tmp_path / "dagger").write_text(DAGGER, encoding="utf-8")
    (tmp_path / "dagger").chmod(0o755)
    return tmp_path


def local(root: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(root / ".ci" / "local"), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_SECONDS,
        check=False,
    )


def test_the_calls_run_one_after_another_and_a_table_says_how_they_ended(
    root: Path, folder: Path
) -> None:
    ran = local(root, folder, "push", "--source=.")

    assert ran.returncode == 1, ran.stderr
    assert "called with: call good --who=it's me --out=/" in ran.stdout
    assert "/ci.yml-all-word=good/out\n" in ran.stdout
    assert "# left out: ci.yml secret: ./dagger call secret: not known here: secrets." in ran.stdout
    *_, good, bad, total = ran.stdout.splitlines()
    assert good.split() == ["passed", "0s", "ci.yml", "all", "word=good"]
    assert bad.split() == ["exit", "3", "0s", "ci.yml", "all", "word=bad"]
    assert total == "1 passed, 1 failed"


def test_an_event_that_starts_nothing_says_so(root: Path, folder: Path) -> None:
    ran = local(root, folder, "schedule", "--source=.")

    assert ran.returncode == 0, ran.stderr
    assert "# no workflow is started\n" in ran.stdout


def test_the_list_runs_nothing(root: Path, folder: Path) -> None:
    ran = local(root, folder, "--list", "push", "--source=.")

    assert ran.returncode == 0, ran.stderr
    assert "# job: ci.yml all word=bad\n" in ran.stdout
    assert "called with" not in ran.stdout


def test_the_end_of_a_call_is_the_end_of_all(root: Path, folder: Path) -> None:
    (folder / ".github" / "workflows" / "ci.yml").write_text(SLOW, encoding="utf-8")
    with subprocess.Popen(
        [str(root / ".ci" / "local"), "push", "--source=."],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        until = time.monotonic() + TIME_LIMIT_SECONDS
        while not (folder / "started").exists():
            assert time.monotonic() < until
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=20)

    assert process.returncode == 130
    assert "call good" not in said
    assert said.endswith("0 passed, 1 failed\nended before the last call\n")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ([], 2, "Run on this machine what an event would call"),
        (["merge", "--source=."], 1, "'merge' is no event"),
        (["push", "--source=.", "--workflow=cd.yml"], 1, "'cd.yml' is no workflow"),
    ],
)
def test_what_it_is_not_told_it_says(
    root: Path, folder: Path, words: list[str], code: int, says: str
) -> None:
    ran = local(root, folder, *words)

    assert ran.returncode == code
    assert says in ran.stderr


@pytest.mark.parametrize(
    ("event", "call"),
    [
        ("push", "call reproducible"),
        ("pull_request", '/bundles" check)'),
        ("schedule", "call scan"),
        ("workflow_dispatch", "call compare"),
    ],
)
def test_this_repository_tells_what_each_event_calls(root: Path, event: str, call: str) -> None:
    ran = local(root, root, "--list", event)

    assert ran.returncode == 0, ran.stderr
    assert call in ran.stdout
    subprocess.run(["bash", "-n"], input=ran.stdout, text=True, check=True)
