"""A further process in a container that runs, on a pseudo-terminal: the runtime's `exec --console-socket`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.errors import ContainerError
from portable_dagger.runtime import bundle
from portable_dagger.runtime.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from portable_dagger.runtime.plan import ProcessPlan


class Visit:
    """One such process; it ends with its container at the latest."""

    def __init__(self, folder: Path, output: Callable[[bytes], None]) -> None:
        self._folder = folder
        self._output = output
        self.terminal = Terminal(folder / "console", output)
        self._ended: asyncio.Task[int] | None = None

    @classmethod
    async def start(
        cls, program: list[str], container: str, plan: ProcessPlan, output: Callable[[bytes], None]
    ) -> Visit:
        """Start the plan's command beside the container's own; `plan` has a terminal and no init.

        program: the container runtime's command line up to its verb. `output` gets what the process prints.
        """
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="visit-"))
        made = cls(folder, output)
        description = folder / "process.json"
        await asyncio.to_thread(description.write_text, json.dumps(bundle.process(plan)))
        running = await asyncio.create_subprocess_exec(
            *program,
            *("--log", str(folder / "log")),
            *("exec", "--process", str(description), "--pid-file", str(folder / "pid")),
            *("--console-socket", str(folder / "console"), container),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            start_new_session=True,
        )
        made._ended = asyncio.ensure_future(made._life(running))
        return made

    async def wait(self) -> int:
        """Return the exit code; cancelling this kills the process. ContainerError when it could not be started."""
        assert self._ended is not None
        try:
            return await asyncio.shield(self._ended)
        except asyncio.CancelledError:
            await self.signal(signal.SIGKILL)
            await asyncio.wait([self._ended])
            raise

    async def signal(self, number: int) -> None:
        """Send a signal to the process."""
        with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
            text = await asyncio.to_thread((self._folder / "pid").read_text)
            os.kill(int(text), number)

    async def _life(self, running: asyncio.subprocess.Process) -> int:
        try:
            code = await running.wait()
            await self.terminal.close()
            return await asyncio.to_thread(self._finish, code)
        finally:
            await asyncio.to_thread(shutil.rmtree, self._folder)

    def _finish(self, code: int) -> int:
        log = self._folder / "log"
        refusal = log.read_text().strip() if log.exists() else ""
        if refusal and code:
            raise ContainerError(
                f"cannot start a process in the running container: {refusal}",
                "this is the container runtime's own message; the engine's log may say more",
            )
        return 128 - code if code < 0 else code
