"""The soak: its verdicts as values, and a short one for real."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.soak.__main__ import Course
from bench.soak.report import report
from bench.soak.series import ENOUGH, Sample, trends

ROOT = Path(__file__).parents[2]
IDLE = Sample(processes=4, threads=6, mounts=25, networks=7, descriptors=22, files=5, memory=150.0)


def growing(**steps: float) -> list[Sample]:
    """Forty samples, in which what is named grows by a step a sample."""
    return [
        replace(IDLE, **{name: getattr(IDLE, name) + n * step for name, step in steps.items()})
        for n in range(40)
    ]


def test_what_stays_is_flat_and_what_grows_is_found() -> None:
    assert not any(one.grows for one in trends(growing()))
    assert [one.name for one in trends(growing(descriptors=1)) if one.grows] == ["descriptors"]
    assert [one.name for one in trends(growing(memory=0.8, mounts=1)) if one.grows] == [
        "mounts",
        "memory",
    ]


def test_pools_that_fill_in_the_beginning_are_no_leak() -> None:
    warming = [replace(IDLE, descriptors=10), replace(IDLE, descriptors=15)]
    assert not any(one.grows for one in trends([*warming, *growing()]))


def test_a_soak_is_good_only_with_enough_samples_and_nothing_wrong() -> None:
    course = Course(lives=[growing()])
    course.counts["exec_new"] = 400
    text, good = report(1, {"processors": 2}, course)
    assert good
    assert "| descriptors | 22 | 22 | 22 | 6 | flat |" in text
    assert not report(1, {}, replace(course, lives=[growing()[: ENOUGH - 1]]))[1]
    assert not report(1, {}, replace(course, lives=[growing(files=1)]))[1]
    text, good = report(1, {}, replace(course, wrong=["exec_new: wanted 'a', got 'b'"]))
    assert not good
    assert "- exec_new: wanted 'a', got 'b'" in text


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="a soak mounts its own disks")
def test_a_short_soak_finds_nothing_wrong() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.soak", "--calls", "40", "--seed", "5"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    # So few samples say nothing of growth, and the exit code says that.
    assert "0 wrong or lost results" in done.stdout, done.stdout + done.stderr
    assert "| engine killed | 3 |" in done.stdout
    mounts = Path("/proc/self/mounts").read_text()
    assert "/soak-" not in mounts
