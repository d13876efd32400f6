"""Terminals, with a real pseudo-terminal: asked for in a chain, and after a step that failed."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import pytest

DAGGER = str(Path(__file__).parents[3] / "dagger")
CONTAINER = ("-M", "container", "from", "--address=debian:bookworm-slim")
SECONDS = 240

pytestmark = pytest.mark.slow


class Ended(NamedTuple):
    code: int
    screen: str


def typed(words: tuple[str, ...], *keys: tuple[str, str]) -> Ended:
    """Run the command line on a terminal; each of `keys` is a text to wait for, and what is typed then."""
    child, screen = pty.fork()
    if child == 0:
        os.execv(DAGGER, [DAGGER, *words])  # noqa: S606
    left, shown, seen = list(keys), b"", 0
    until = time.monotonic() + SECONDS
    while True:
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
        if select.select([screen], [], [], 0.2)[0]:
            try:
                shown += os.read(screen, 65536)
            except OSError:  # what Linux answers when the other side is closed
                break
        if left and left[0][0].encode() in shown[seen:]:
            seen = len(shown)
            os.write(screen, left.pop(0)[1].encode())
    os.close(screen)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Ended(code, shown.decode(errors="replace"))


def test_a_terminal_in_a_chain_leaves_the_container_as_it_was() -> None:
    done = typed(
        (
            "call",
            *CONTAINER,
            "with-env-variable",
            "--name=A",
            "--value=b",
            "terminal",
            "directory",
            "--path=/root",
            "entries",
        ),
        ("# ", "tty; echo $A$((1+1)); touch /root/here\n"),
        ("b2", "sleep 60\n"),
        ("sleep 60", "\x03"),
        ("^C", "exit 3\n"),
    )
    assert done.code == 0, done.screen
    assert "/dev/pts/0" in done.screen
    assert "here" not in done.screen.rpartition("exit 3")[2]


def test_a_directory_is_shown_in_a_container() -> None:
    done = typed(
        (
            "call",
            "-M",
            "directory",
            "with-new-file",
            "--path=a.txt",
            "--contents=x",
            "terminal",
            "--cmd=bash",
        ),
        ("# ", "pwd; ls; exit\n"),
    )
    assert done.code == 0, done.screen
    assert "/src\r\na.txt\r\n" in done.screen


def test_a_terminal_in_a_service_is_one_more_process_in_it() -> None:
    service = ("with-new-file", "--path=/served", "--contents=by-the-service", "as-service")
    args = f"--args=sh,-c,read mark{time.time_ns()} <> /dev/ptmx; sleep 60"
    done = typed(
        ("call", *CONTAINER, *service, args, "terminal", "hostname"),
        ("# ", "tty; cat /served; grep -c sleep /proc/1/cmdline; stty size\n"),
        ("\r\n0 0", "exit 3\n"),
    )
    assert done.code == 0, done.screen
    assert "/dev/pts/" in done.screen
    assert "by-the-service1\r\n" in done.screen


def test_interactive_opens_a_shell_in_what_a_failed_step_left() -> None:
    command = f"echo left-$((40+2)) >/left; touch /cache/kept; echo {time.time_ns()}; exit 4"
    done = typed(
        (
            "call",
            "-i",
            *CONTAINER,
            "with-mounted-cache",
            "--path=/cache",
            "--cache=terminal-test",
            "with-exec",
            f'--args=sh,-c,"{command}"',
            "stdout",
        ),
        # The failed command stands at the prompt, ready to be run again.
        ("# sh -c", "\n"),
        ("# ", "cat /left; ls /cache\n"),
        ("kept", "exit\n"),
    )
    assert done.code == 4, done.screen
    assert "This step failed, exit code: 4" in done.screen
    assert "left-42\r\nkept" in done.screen


@pytest.mark.parametrize("words", [("call", *CONTAINER, "terminal"), ("-i", "call", *CONTAINER)])
def test_without_a_terminal_both_say_so(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [DAGGER, *words], input="id\n", capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 1
    assert "terminal" in done.stderr
    assert "is not one" in done.stderr
    assert "Hint: " in done.stderr


def test_a_killed_command_line_ends_the_shell() -> None:
    command = f"read mark{time.time_ns()}"
    words = ("call", *CONTAINER, "terminal", f"--cmd=sh,-c,{command}")
    child, screen = pty.fork()
    if child == 0:
        os.execv(DAGGER, [DAGGER, *words])  # noqa: S606
    until = time.monotonic() + SECONDS
    while not _running(command) and time.monotonic() < until:
        time.sleep(0.1)
    assert _running(command)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(screen)
    while _running(command) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _running(command)


def _running(words: str) -> bool:
    """Whether a container's process has these words in its command line."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words.encode() in arguments:
            return True
    return False
