"""The engine: one asyncio process that holds the store, the network, and the sessions.

    python -m portable_dagger --state DIR

starts it (runtime.launcher makes its namespaces); it ends when idle, or when asked to.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import logging
import os
import platform
import secrets
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from portable_dagger import __version__
from portable_dagger.api.core import core_types
from portable_dagger.api.describe import describe_type
from portable_dagger.api.schema import Schema
from portable_dagger.graph.evaluation import Evaluator
from portable_dagger.graph.sharing import Sharing
from portable_dagger.graph.steps import Steps
from portable_dagger.housekeeping import Housekeeping
from portable_dagger.images.resolve import Images
from portable_dagger.modules.loader import Modules
from portable_dagger.record.runs import Runs
from portable_dagger.runtime import launcher, limits, linux, rootless, surroundings
from portable_dagger.session.server import Server
from portable_dagger.store.store import Store

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator

    from portable_dagger.api.registry import Types
    from portable_dagger.runtime.network import Network
    from portable_dagger.runtime.slot import Slot
    from portable_dagger.session.client import Client
    from portable_dagger.session.session import Session

IDLE = float(os.environ.get("PORTABLE_DAGGER_IDLE", "900"))
"""Seconds without a session after which the engine ends."""

RUNS = int(os.environ.get("PORTABLE_DAGGER_RUNS", "200"))
"""How many runs are kept on record."""

FEWEST_PLACES = 8
"""Commands that run side by side on a small machine: many of them wait for something else than a processor."""

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
RECURSION = 20_000
"""Python frames: queries nest hundreds of fields, each a few frames deep."""


class Engine:
    """What every part of the engine shares."""

    def __init__(self, state: Path, network: Network, listener: socket.socket, pid: int) -> None:
        self.state = state
        self.network = network
        self.log = logging.getLogger("portable_dagger")
        self.platform = f"linux/{ARCHITECTURES.get(platform.machine(), platform.machine())}"
        self.token = secrets.token_hex(24)
        self.pid = pid
        self.name = platform.node()
        self.port: int = listener.getsockname()[1]
        self.sessions: dict[str, Session] = {}
        self.clients: dict[str, Client] = {}
        self.limits = limits.configured(os.environ, state)
        self.store = Store(state / "store")
        self.housekeeping = Housekeeping(self)
        self.runs = Runs(state / "runs", RUNS)
        self.salt = self._salt()
        self.evaluator = Evaluator(self.store)
        self.steps = Steps(self.store)
        self.sharing = Sharing()
        self.images = Images(self.store, state)
        self.core_types = core_types()
        self.all_types = self.core_types
        self.modules = Modules(self)
        self.places = asyncio.Semaphore(max(FEWEST_PLACES, 2 * (os.cpu_count() or 1)))
        self.volume_locks: dict[str, asyncio.Lock] = collections.defaultdict(asyncio.Lock)
        self.surroundings = surroundings.read(os.environ, state / "run" / "surroundings")
        self.logs_folder = self._folder("logs")
        self._listener = listener
        self._started = time.time()
        self.idle_since = time.monotonic()
        self._stopping = asyncio.Event()
        self._runner: web.AppRunner | None = None

    def _folder(self, name: str) -> Path:
        folder = self.state / "run" / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def _salt(self) -> bytes:
        path = self.state / "salt"
        if not path.exists():
            path.write_bytes(os.urandom(32))
            path.chmod(0o600)
        return path.read_bytes()

    async def serve(self) -> None:
        """Answer requests until the engine is stopped or idle for long."""
        sys.setrecursionlimit(RECURSION)
        await self.network.open()
        self._runner = web.AppRunner(
            Server(self).application, access_log=None, handler_cancellation=True
        )
        await self._runner.setup()
        await web.SockSite(self._runner, self._listener).start()
        self._announce()
        idle = asyncio.ensure_future(self._end_when_idle())
        healthy = asyncio.ensure_future(self.housekeeping.run())
        # The first call need not wait until the worker has imported what module code imports.
        warm = asyncio.ensure_future(self.modules.worker.start())
        try:
            await self._stopping.wait()
        finally:
            idle.cancel()
            healthy.cancel()
            await asyncio.wait([warm, healthy])
            (self.state / "engine.json").unlink(missing_ok=True)
            for session in list(self.sessions.values()):
                await session.close()
            await self.housekeeping.close()
            await self._runner.cleanup()
            await self.modules.close()
            await self.network.close()
            self.store.close()

    def stop(self) -> None:
        """End the engine."""
        self._stopping.set()

    @property
    def idle_for(self) -> float:
        """Seconds since the last session ended."""
        return time.monotonic() - self.idle_since

    async def close_session(self, session: Session) -> None:
        """End a session; the engine's idle time starts with the last one's end."""
        await session.close()
        if not self.sessions:
            self.evaluator.forget()
        self.idle_since = time.monotonic()

    @contextlib.asynccontextmanager
    async def served_in(self, slot: Slot) -> AsyncIterator[int]:
        """Serve the API on 127.0.0.1 of a container's network; yields the port."""
        assert self._runner is not None
        listener = await asyncio.to_thread(slot.listen)
        site = web.SockSite(self._runner, listener)
        await site.start()
        try:
            yield listener.getsockname()[1]
        finally:
            await site.stop()

    def schema_of(self, types: Types) -> Schema:
        """Return the GraphQL schema of a set of types; it is built once."""
        if types.schema is None:
            types.schema = Schema(types)
        return types.schema

    async def serve_module(self, client: Client, ref: str | None) -> dict[str, Any]:
        """Load a module, serve its types to a client, and describe it."""
        return await self.modules.serve(client, ref)

    def describe_type(self, types: Types, name: str) -> dict[str, Any]:
        """Describe an object type for the command line."""
        return describe_type(types, name)

    def status(self) -> dict[str, Any]:
        """Return what `engine status` shows."""
        running = [
            {"name": span.name, "kind": span.kind, "seconds": time.time() - span.started}
            for session in self.sessions.values()
            for span in session.progress.running.values()
        ]
        return {
            "pid": self.pid,
            "uptime": time.time() - self._started,
            "memory": _memory(),
            "state": str(self.state),
            "version": __version__,
            "sessions": [
                {"id": s.id, "workdir": str(s.workdir), "seconds": time.time() - s.started}
                for s in self.sessions.values()
            ],
            "running": running,
            "missing": [] if linux.is_root_of_machine() else list(rootless.MISSING),
        }

    def _announce(self) -> None:
        """Write engine.json: whoever may read it may use the engine."""
        path = self.state / "engine.json"
        text = json.dumps(
            {
                "pid": self.pid,
                "port": self.port,
                "token": self.token,
                "started": self._started,
                "version": __version__,
                # By these a command line sees whether it has the same code.
                "sources": str(Path(__file__).resolve().parent),
            }
        )
        aside = path.with_suffix(".new")
        aside.touch(mode=0o600)
        aside.write_text(text)
        aside.rename(path)

    async def _end_when_idle(self) -> None:
        while True:
            await asyncio.sleep(min(IDLE, 5))
            if self.sessions:
                self.idle_since = time.monotonic()
            elif self.idle_for > IDLE:
                self.stop()


def _memory() -> int:
    """Return the memory in bytes of the engine's own processes: shared pages count in parts (PSS).

    The launcher's first process is outside of the engine's view; what runs in containers is not the engine's.
    """
    total = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if b"portable_dagger" in (entry / "cmdline").read_bytes():
                    facts = (entry / "smaps_rollup").read_text().split()
                    total += int(facts[facts.index("Pss:") + 1]) * 1024
    return total


def run(started: launcher.Started) -> None:
    """Run the engine in the namespaces that the launcher made."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)

    async def main() -> None:
        engine = Engine(started.state, started.network, started.listener, started.pid)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, engine.stop)
        await engine.serve()

    asyncio.run(main())
