"""Why a program did not start: words of init and container runtimes, put into Dagger's."""

from __future__ import annotations

import pytest

from portable_dagger.runtime.failure import StartErrors

RUNC = "runc run failed: unable to start container process: exec: "


@pytest.mark.parametrize(
    ("program", "said", "words"),
    [
        (
            "x",
            "[FATAL tini (7)] exec x failed: No such file or directory\n",
            'exec: "x": executable file not found in $PATH\n',
        ),
        (
            "/x",
            "[FATAL tini (7)] exec /x failed: Permission denied\n",
            "fork/exec /x: permission denied\n",
        ),
        ("/x", "open executable: Permission denied\n", "fork/exec /x: permission denied\n"),
        (
            "/x",
            "exec container process `/x`: Exec format error\n",
            "fork/exec /x: exec format error\n",
        ),
        (
            "x",
            RUNC + '"x": executable file not found in $PATH\n',
            'exec: "x": executable file not found in $PATH\n',
        ),
        (
            "/x",
            RUNC + '"/x": stat /x: no such file or directory\n',
            "fork/exec /x: no such file or directory\n",
        ),
    ],
)
def test_words_for_a_program_that_did_not_start(program: str, said: str, words: str) -> None:
    errors = StartErrors(program)
    passed = b"".join(errors.feed(bytes([byte])) for byte in said.encode())
    assert (passed, errors.end(127)) == (b"", (1, words.encode()))


def test_other_output_passes_as_it_comes() -> None:
    errors = StartErrors("x")
    assert errors.feed(b"[FAT") == b""
    assert errors.feed(b" cat") == b"[FAT cat"
    assert errors.feed(b"[FATAL tini (") == b"[FATAL tini ("
    assert errors.end(3) == (3, b"")


def test_success_is_never_a_failed_start() -> None:
    errors = StartErrors("x")
    text = b"[FATAL tini (7)] exec x failed: No such file or directory\n"
    assert errors.feed(text) == b""
    assert errors.end(0) == (0, text)
