"""A step: a command in a container, with what is mounted there and the servers that it is bound to.

Gates describe the commands that may fail as steps and have them run here. Nobody looks on in a usual run, and a step is
what the API makes of it; who captures (capture.py) is told of each step, without the gates knowing.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Protocol

import dagger

from ci import known


@dataclass(frozen=True, slots=True)
class Mount:
    """A directory that a step sees at `target`; no part of the container's own files."""

    target: str
    directory: dagger.Directory


@dataclass(frozen=True, slots=True)
class Cache:
    """A cache volume at `target`. A step has to do without what is in it, and no capture holds it."""

    target: str
    name: str


@dataclass(frozen=True, slots=True)
class Backup:
    """What a server holds at a moment: the directory that is its data, and where the server has it."""

    target: str
    directory: dagger.Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A service by what it is made of: what a `dagger.Service` does not tell.

    container: with its exposed ports, without bindings. backup: makes a copy of its data while it runs.
    """

    alias: str
    container: dagger.Container
    args: tuple[str, ...]
    use_entrypoint: bool = False
    servers: tuple["Server", ...] = ()
    backup: Callable[["Server"], Awaitable[Backup]] | None = None

    def service(self) -> dagger.Service:
        """Return the service; equal servers are one instance in a session."""
        return bind(self.container, self.servers).as_service(
            args=[*self.args], use_entrypoint=self.use_entrypoint
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command, and all that it is to find. Whoever mounts at a target has nothing else there.

    name: in a form for people. container: just before the command, without mounts and bindings. source: the target of
    the mount with the source under test, "" for none. reports: paths of the JUnit reports that the command writes.
    output: a file that takes what it prints, where that is for a program to read and none of the progress; a replay
    of its bundle prints it.
    judged: the gate may be red for what the command finds, though it does not fail.
    """

    name: str
    container: dagger.Container
    command: tuple[str, ...]
    mounts: tuple[Mount, ...] = ()
    caches: tuple[Cache, ...] = ()
    servers: tuple[Server, ...] = ()
    expect: dagger.ReturnType = dagger.ReturnType.SUCCESS
    use_entrypoint: bool = False
    source: str = ""
    reports: tuple[str, ...] = ()
    output: str = ""
    judged: bool = False

    def ready(self) -> dagger.Container:
        """Return the container with all that the command is to find."""
        container = self.container
        for cache in self.caches:
            container = container.with_mounted_cache(cache.target, known.volume(cache.name))
        for mount in self.mounts:
            container = container.with_mounted_directory(mount.target, mount.directory)
        return bind(container, self.servers)

    def after(self) -> dagger.Container:
        """Return the container after the command, which runs when something of it is asked for."""
        return self.ready().with_exec(
            [*self.command],
            expect=self.expect,
            use_entrypoint=self.use_entrypoint,
            redirect_stdout=self.output,
        )


class Watch(Protocol):
    """Who looks on while steps run."""

    async def run(self, step: Step) -> dagger.Container:
        """Run a step; return its container after the command, or raise what the API raises."""

    async def start(self, name: str, server: Server) -> None:
        """Start a server, and end it; raise what the API raises if it does not come up."""


async def run(step: Step) -> dagger.Container:
    """Return a step's container after its command; unless somebody looks on, nothing has run yet."""
    watch = _watch.get()
    return step.after() if watch is None else await watch.run(step)


async def start(name: str, server: Server) -> None:
    """Start a server to see that it comes up, and end it. Raises dagger.QueryError if it does not."""
    watch = _watch.get()
    if watch is not None:
        await watch.start(name, server)
        return
    service = server.service()
    await service.start()
    await service.stop()


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Have somebody look on at all steps that run meanwhile, in tasks started here too."""
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)


def bind(container: dagger.Container, servers: tuple[Server, ...]) -> dagger.Container:
    """Return a container that is bound to servers, by their aliases."""
    for server in servers:
        container = container.with_service_binding(server.alias, server.service())
    return container


_watch: Final[ContextVar[Watch | None]] = ContextVar("watch", default=None)
