"""Facts of the machine and of the work tree."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from portable_dagger.bundle import facts

if TYPE_CHECKING:
    from pathlib import Path

X86 = "processor\t: 0\nmodel name\t: A fast one\nflags\t\t: sse fpu avx\n\nprocessor\t: 1\nmodel name\t: Another\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd\nCPU part\t: 0xd40\n"


@pytest.mark.parametrize(
    ("text", "model", "flags"),
    [
        (X86, "A fast one", ("avx", "fpu", "sse")),
        (ARM, "0xd40", ("asimd", "fp")),
        ("processor : 0\n", "", ()),
    ],
)
def test_the_first_processor_is_told(text: str, model: str, flags: tuple[str, ...]) -> None:
    assert facts.processor(text) == (model, flags)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue\nGCC version:",
            "550.54.15",
        ),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.10  Release Build",
            "570.86.10",
        ),
        ("something else\nand more", "something else"),
    ],
)
def test_the_driver_is_told(text: str, version: str) -> None:
    assert facts.driver(text) == version


def test_this_machine() -> None:
    host = facts.host()
    assert host.machine == os.uname().machine
    assert host.processors >= 1
    assert host.memory > 2**20


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.invalid"]
    return subprocess.run(
        ["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_commit_is_told_and_that_it_was_edited(tmp_path: Path) -> None:
    assert facts.commit(tmp_path) == ""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "file").write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=one")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert facts.commit(tmp_path) == head
    (tmp_path / "untracked").write_text("2")
    assert facts.commit(tmp_path) == f"{head}-dirty"
