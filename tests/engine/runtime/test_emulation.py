"""What is said of programs that the machine cannot run."""

from __future__ import annotations

import pytest

from portable_dagger.runtime.emulation import advice


def test_a_foreign_program_that_did_not_start_says_how_to_run_it() -> None:
    said = advice("linux/arm64", "linux/amd64", "fork/exec /bin/true: exec format error")
    assert said.startswith("this machine (linux/amd64) runs no programs of linux/arm64: install")
    assert "qemu-user-static" in said


@pytest.mark.parametrize(
    ("platform", "said"), [("linux/amd64", "exec format error"), ("linux/arm64", "no such file")]
)
def test_other_failures_have_other_reasons(platform: str, said: str) -> None:
    assert advice(platform, "linux/amd64", said) == ""
