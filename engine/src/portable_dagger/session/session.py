"""A session: from a command line's first word to its last. What it starts ends with it."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portable_dagger.errors import NetworkError, NotFoundError
from portable_dagger.record.progress import Progress
from portable_dagger.record.runs import RunLog
from portable_dagger.session.client import Client
from portable_dagger.session.secrets import SecretStore
from portable_dagger.session.services import Services
from portable_dagger.session.terminals import Terminals
from portable_dagger.session.tunnels import Tunnels

if TYPE_CHECKING:
    from portable_dagger.bundle.capture import Captures
    from portable_dagger.engine import Engine
    from portable_dagger.graph.values import Socket
    from portable_dagger.record.progress import Span

Closer = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Session:
    """One session and its clients, secrets, services and requests under way."""

    engine: Engine
    workdir: Path
    environment: dict[str, str]
    labels: dict[str, str]
    terminal: bool = False
    """Whether the command line has a terminal to lend."""
    interactive: bool = False
    """Whether a failed step is to be followed by a shell."""
    offline: bool = False
    """Whether its containers reach each other and nothing else; the engine itself still fetches images and git."""
    sealed: bool = False
    """Whether the engine itself fetches nothing for it either, as for a replay: its commands may ask for anything."""
    captures: Captures | None = None
    """What notes the steps that fail, if the command line wants to have them in a bundle."""
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    started: float = field(default_factory=time.time)
    progress: Progress = field(default_factory=Progress)
    clients: dict[str, Client] = field(default_factory=dict)
    client_ids: dict[str, Client] = field(default_factory=dict)
    """Every client that there was: a recipe may outlive the client that made it, and still speaks of its host."""
    secrets: SecretStore = field(init=False)
    log: RunLog = field(init=False)
    services: Services = field(init=False)
    tunnels: Tunnels = field(init=False)
    terminals: Terminals = field(init=False)
    main: Client = field(init=False)
    _requests: set[asyncio.Task[Any]] = field(default_factory=set)
    _closers: list[Closer] = field(default_factory=list)
    closed: bool = False

    def __post_init__(self) -> None:
        """Open the main client."""
        self.secrets = SecretStore(self)
        self.log = RunLog(
            self.engine.runs.folder,
            self.id,
            str(self.workdir),
            self.labels.get("command", ""),
            lambda: self.secrets.known,
            self.started,
        )
        self.progress.record = self._record
        self.services = Services(self)
        self.tunnels = Tunnels(self)
        self.terminals = Terminals(
            self, possible=self.terminal, on_failure=self.terminal and self.interactive
        )
        self.main = self.open_client(Client(self, self.engine.core_types, self.workdir))

    def open_client(self, client: Client) -> Client:
        """Make a client's token valid."""
        self.clients[client.token] = client
        self.client_ids[client.id] = client
        self.engine.clients[client.token] = client
        return client

    def close_client(self, client: Client) -> None:
        """Make a client's token invalid."""
        self.clients.pop(client.token, None)
        self.engine.clients.pop(client.token, None)

    def on_close(self, closer: Closer) -> None:
        """Have `closer` awaited when the session ends; the last one registered goes first."""
        self._closers.append(closer)

    async def run(self, work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401
        """Await work that ends with the session."""
        task = asyncio.ensure_future(work)
        self._requests.add(task)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            raise
        finally:
            self._requests.discard(task)

    async def close(self) -> None:
        """End everything that the session started."""
        self.closed = True
        for client in list(self.clients.values()):
            self.close_client(client)
        requests = list(self._requests)
        for task in requests:
            task.cancel()
        if requests:
            await asyncio.wait(requests)
        for closer in reversed(self._closers):
            try:
                await closer()
            except Exception:
                self.engine.log.exception("while closing session %s", self.id)
        self.engine.sessions.pop(self.id, None)
        try:
            self.log.close()
            self.engine.runs.trim()
        except OSError:
            self.engine.log.exception("while closing the record of session %s", self.id)

    def _record(self, span: Span, parent: int | None, error: str | None, duration: float) -> None:
        try:
            self.log.step(span, parent, error, duration)
        except OSError as failed:
            # A step is worth more than its record.
            self.progress.record = None
            self.progress.warning(f"the record of this run ends here: {failed}")

    @property
    def world(self) -> str:
        """What is the same for the sessions that may answer with each other's remembered results."""
        if self.captures is not None:
            return self.id
        return "offline" if self.offline else ""

    def check_way_out(self, what: str) -> None:
        """Raise NetworkError if the engine may fetch nothing for this session; `what` leads out."""
        if self.sealed:
            raise NetworkError(
                f"{what} leads out of a replay, which has no network",
                "give it the network with --network",
            )

    def environment_of(self, name: str) -> str | None:
        """Return a variable of the client's environment."""
        return self.environment.get(name)

    def socket_path(self, socket: Socket) -> Path:
        """Return where a socket of the host lies; NotFoundError when another session was given it, not this one."""
        if socket.client not in self.client_ids:
            raise NotFoundError(
                f"the socket {Path(socket.path).name} belongs to another session",
                "hand the socket over as an argument",
            )
        return Path(socket.path)

    def home(self) -> Path:
        """Return the client's home folder."""
        return Path(self.environment.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111
