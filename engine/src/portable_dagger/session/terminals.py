"""The terminals of one session: the command line that opened it lends its own, one at a time.

The engine emits {"event": "terminal", "id"}; the command line answers with POST /terminal/{id}, a request whose two
bodies flow at once: the answer's is what the process prints, the request's has a line of JSON for each thing done:
    {"input": base64}  typed          {"size": [rows, columns]}  the window has, or got, this size
Whichever side closes ends the process.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
from typing import TYPE_CHECKING

from portable_dagger.errors import TerminalError
from portable_dagger.runtime.process import start

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable

    from portable_dagger.runtime.plan import ProcessPlan
    from portable_dagger.runtime.process import Process
    from portable_dagger.runtime.visit import Visit
    from portable_dagger.session.session import Session

    Watch = Callable[[Process], Awaitable[int]]

ATTACH_SECONDS = 10.0


class Terminals:
    """Lends the terminal of the command line to processes."""

    def __init__(self, session: Session, *, possible: bool, on_failure: bool) -> None:
        self._session = session
        self._possible = possible
        self.on_failure = on_failure
        """Whether a failed step is to be followed by a shell in its container."""
        self._lock = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._open: dict[str, Attachment] = {}

    def check(self) -> None:
        """Raise TerminalError when there is no terminal to lend."""
        if not self._possible:
            raise TerminalError(
                "there is no terminal: standard input or standard error of the command line is not one",
                "run it in a terminal, or run a command with withExec instead",
            )

    async def run(
        self, plan: ProcessPlan, *, banner: str = "", typed: str = "", watch: Watch | None = None
    ) -> int:
        """Run a process in a container of its own on the terminal and return its exit code.

        `banner` is printed first, `typed` is put behind the process' first prompt, `watch` waits for the end.
        """
        async with self._lent(banner, typed) as attachment:
            process = await start(plan, lambda _, data: attachment.print(data))
            await attachment.begin(process)
            return await (watch(process) if watch else process.wait())

    async def visit(self, process: Process, change: Callable[[ProcessPlan], ProcessPlan]) -> int:
        """Run a further process in a container on the terminal and return its exit code; see Process.visit."""
        async with self._lent() as attachment:
            visit = await process.visit(change, attachment.print)
            await attachment.begin(visit)
            return await visit.wait()

    @contextlib.asynccontextmanager
    async def _lent(self, banner: str = "", typed: str = "") -> AsyncIterator[Attachment]:
        """Have the terminal of the command line, when it is free, until the block ends."""
        self.check()
        async with self._lock:
            attachment = Attachment(typed)
            number = str(next(self._numbers))
            self._open[number] = attachment
            self._session.progress.emit({"event": "terminal", "id": number})
            try:
                try:
                    async with asyncio.timeout(ATTACH_SECONDS):
                        await attachment.connected.wait()
                except TimeoutError as error:
                    raise TerminalError(
                        "the command line did not lend its terminal", "try again"
                    ) from error
                if banner:
                    attachment.print(banner.replace("\n", "\r\n").encode())
                yield attachment
            finally:
                attachment.end()
                del self._open[number]

    def find(self, number: str) -> Attachment:
        """Return a terminal that waits for its command line; TerminalError when there is none."""
        if number not in self._open:
            raise TerminalError(f"no terminal {number} is open in this session")
        return self._open[number]


class Attachment:
    """One process and the terminal that it has."""

    def __init__(self, typed: str) -> None:
        self.connected = asyncio.Event()
        self._typed = typed
        self._printed: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._process: Process | Visit | None = None
        self._size: tuple[int, int] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def print(self, data: bytes) -> None:
        """Show what the process printed."""
        self._printed.put_nowait(data)
        if self._process is not None and self._typed:
            assert self._process.terminal is not None
            task = asyncio.ensure_future(self._process.terminal.write(self._typed.encode()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            self._typed = ""

    async def begin(self, process: Process | Visit) -> None:
        """Take input from now on for this process."""
        self._process = process
        if self._size is not None:
            await self._resize(self._size)

    def end(self) -> None:
        """Let the command line have its terminal back."""
        self._printed.put_nowait(None)

    async def output(self) -> AsyncIterator[bytes]:
        """Give what is printed, to the process' end."""
        self.connected.set()
        while (data := await self._printed.get()) is not None:
            yield data

    async def feed(self, lines: AsyncIterable[bytes]) -> None:
        """Pass on what is done at the command line; when that closes its side the process is killed."""
        try:
            async for line in lines:
                done = json.loads(line)
                if "size" in done:
                    rows, columns = done["size"]
                    await self._resize((int(rows), int(columns)))
                elif self._process is not None and self._process.terminal is not None:
                    await self._process.terminal.write(base64.b64decode(done["input"]))
        finally:
            if self._process is not None:
                await self._process.signal(9)

    async def _resize(self, size: tuple[int, int]) -> None:
        self._size = size
        if self._process is not None and self._process.terminal is not None:
            # The process may have ended before it opened its terminal.
            with contextlib.suppress(asyncio.CancelledError):
                await self._process.terminal.resize(*size)
