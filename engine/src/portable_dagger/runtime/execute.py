"""A further process in a container that runs: the runtime's `exec`, with a time limit."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.runtime import bundle

if TYPE_CHECKING:
    from portable_dagger.runtime.plan import ProcessPlan

KEPT = 64 * 1024
"""Bytes that are kept of what it printed: the last ones."""


@dataclass(frozen=True, slots=True)
class Executed:
    """How it ended: the exit code, None when it took too long; and the end of its stdout and stderr."""

    code: int | None
    output: bytes


async def execute(
    program: list[str], container: str, plan: ProcessPlan, args: tuple[str, ...], limit: float
) -> Executed:
    """Run a command beside a container's own, with its user, environment and folder; killed after `limit` seconds.

    program: the container runtime's command line up to its verb. What the runtime itself complains of, such as a
    program that is not there, is part of the output. Cancelling this kills the process.
    """
    with tempfile.TemporaryDirectory(prefix="execute-") as name, tempfile.TemporaryFile() as output:
        description, pid_file = Path(name, "process.json"), Path(name, "pid")
        _describe(dataclasses.replace(plan, args=args, init=False, terminal=False), description)
        # A file, not a pipe: what the command leaves behind in the container would keep a pipe open.
        running = await asyncio.create_subprocess_exec(
            *program,
            *["exec", "--process", str(description), "--pid-file", str(pid_file), container],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={},
            start_new_session=True,
        )
        code = None
        try:
            async with asyncio.timeout(limit):
                code = await running.wait()
        except TimeoutError:
            pass
        finally:
            if running.returncode is None:
                _kill(pid_file)
                running.kill()
                await running.wait()
        size = output.seek(0, os.SEEK_END)
        output.seek(max(0, size - KEPT))
        return Executed(code, output.read())


def _describe(plan: ProcessPlan, description: Path) -> None:
    description.write_text(json.dumps(bundle.process(plan)))


def _kill(pid_file: Path) -> None:
    """Kill the process in the container; the runtime waits for it, so that its number is still its own."""
    with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
        os.kill(int(pid_file.read_text()), signal.SIGKILL)
