"""A process in a container of its own: from plan to exit code, with everything undone at its end.

    output sink <- stdout, stderr <- crun run -> init (process 1 of the container) -> the command

`crun run` stays for the container's life, passes its streams on and answers its exit code. A container's folder lies in
BUNDLES: the OCI bundle, its mounts, crun's state. Nothing outlives it.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from portable_dagger.errors import ContainerError, RuntimeToolError
from portable_dagger.runtime import bundle, failure, limits, linux
from portable_dagger.runtime.execute import Executed, execute
from portable_dagger.runtime.plan import BindMount
from portable_dagger.runtime.rootfs import RootFileSystem
from portable_dagger.runtime.terminal import Terminal
from portable_dagger.runtime.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from portable_dagger.runtime.plan import Mount, ProcessPlan

Output = Callable[[Literal["stdout", "stderr"], bytes], None]

# In the engine's mount namespace a file system in memory (see launcher.py): quick, and gone with the engine.
BUNDLES = linux.RUNTIME / "bundles"
PROGRAMS = os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin:/sbin"
PID_PATIENCE = 2.0
PID_INTERVAL = 0.005


async def start(plan: ProcessPlan, output: Output) -> Process:
    """Start the process; `output` gets each chunk of its streams as it comes.

    Raises MountError, RuntimeToolError. What the container runtime refuses comes from `Process.wait`.
    """
    preparing = asyncio.ensure_future(asyncio.to_thread(Container.prepare, plan))
    try:
        container = await asyncio.shield(preparing)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):  # the cancellation is what counts
            await asyncio.to_thread((await preparing).remove)
        raise
    process = Process(container, output)
    try:
        await process.run()
    except BaseException:
        await asyncio.to_thread(container.remove)
        raise
    return process


class Container:
    """A container's folder and mounts."""

    def __init__(self, folder: Path, plan: ProcessPlan, rootfs: RootFileSystem) -> None:
        self.group = limits.make(plan.limits, folder.name) if plan.limits.any else None
        self.folder = folder
        self.plan = plan
        self.log = folder / "log"
        self.pid_file = folder / "pid"
        self.console = folder / "console"
        self._rootfs = rootfs

    @classmethod
    def prepare(cls, plan: ProcessPlan) -> Container:
        """Make the folder, mount the root file system, write the bundle."""
        BUNDLES.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{plan.name[:40].replace('/', '-')}-", dir=BUNDLES))
        rootfs = RootFileSystem(folder, plan, (*_own_mounts(plan, folder), *plan.mounts))
        try:
            rootfs.assemble()
            config = bundle.config(plan, rootfs.path, rootfs.covers)
            (folder / "config.json").write_text(json.dumps(config))
            return cls(folder, plan, rootfs)
        except BaseException:
            rootfs.dismantle()
            shutil.rmtree(folder)
            raise

    def runtime(self) -> list[str]:
        """Return the command line of the container runtime, up to its verb."""
        program = runtime_program()
        crun = ["--cgroup-manager=disabled"] if Path(program).name == "crun" else []
        return [program, *crun, "--root", str(self.folder / "state")]

    def command(self) -> list[str]:
        """Return the command line that runs the container."""
        words = [*self.runtime(), "--log", str(self.log)]
        words += ["run", "--bundle", str(self.folder), "--pid-file", str(self.pid_file)]
        if self.plan.terminal:
            words += ["--console-socket", str(self.console)]
        words.append(self.folder.name)
        return self.group.entering(words) if self.group else words

    def pid(self) -> int | None:
        """Return the id of the container's process 1, None before it has one."""
        try:
            return int(self.pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def remove(self) -> None:
        """Unmount everything and remove the folder."""
        self._rootfs.dismantle()
        shutil.rmtree(self.folder)
        if self.group:
            self.group.remove()


class Process(asyncio.SubprocessProtocol):
    """A running process; `terminal` is its pseudo-terminal if the plan wants one."""

    def __init__(self, container: Container, output: Output) -> None:
        self._container = container
        self._output = output
        self._stderr = failure.StartErrors(container.plan.args[0])
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.SubprocessTransport | None = None
        self._ended: asyncio.Task[int] | None = None
        self.terminal: Terminal | None = None

    @property
    def plan(self) -> ProcessPlan:
        """What runs."""
        return self._container.plan

    @property
    def address(self) -> str:
        """The address on the containers' network; "" when cut off."""
        network = self._container.plan.network
        return network.address if network else ""

    async def run(self) -> None:
        """Start the container; called once, by `start`."""
        given = self._container.plan.stdin
        if self._container.plan.terminal:
            self.terminal = Terminal(
                self._container.console, lambda data: self._output("stdout", data)
            )
        await asyncio.get_running_loop().subprocess_exec(
            lambda: self,
            *self._container.command(),
            stdin=asyncio.subprocess.DEVNULL if given is None else asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # crun keeps these for its own use; a container's variables are in its bundle.
            env={"PATH": PROGRAMS},
            start_new_session=True,
        )
        if given is not None:
            assert self._transport is not None
            pipe = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(0))
            pipe.write(given)
            pipe.close()
        self._ended = asyncio.ensure_future(self._life())

    async def wait(self) -> int:
        """Return the exit code, 128 + n for signal n, once everything is undone.

        Cancelling this kills the process. Raises ContainerError when it could not be started.
        """
        assert self._ended is not None
        try:
            return await asyncio.shield(self._ended)
        except asyncio.CancelledError:
            if not self._ended.done():
                await self.kill()
            raise

    async def signal(self, number: int) -> None:
        """Send a signal to process 1 of the container; its init passes it on."""
        pid = await self.pid()
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
                os.kill(pid, number)

    async def execute(self, args: tuple[str, ...], limit: float) -> Executed:
        """Run a further command in the container; see execute.py."""
        if await self.pid() is None:
            return Executed(None, b"the container has ended")
        container = self._container
        return await execute(
            container.runtime(), container.folder.name, container.plan, args, limit
        )

    async def visit(
        self, change: Callable[[ProcessPlan], ProcessPlan], output: Callable[[bytes], None]
    ) -> Visit:
        """Start a further process on a terminal, by the container's own plan with `change`s; see visit.py.

        Raises ContainerError when the container has ended.
        """
        if await self.pid() is None:
            raise ContainerError("the container has ended")
        container = self._container
        plan = dataclasses.replace(change(container.plan), init=False, stdin=None)
        return await Visit.start(container.runtime(), container.folder.name, plan, output)

    async def kill(self) -> None:
        """Kill all processes of the container and wait until everything is undone."""
        assert self._ended is not None
        await self.signal(signal.SIGKILL)
        await _uninterrupted(asyncio.wait([self._ended]))

    async def pid(self) -> int | None:
        """Return the id of process 1, None when the container has ended."""
        assert self._transport is not None
        for _ in range(int(PID_PATIENCE / PID_INTERVAL)):
            if self._closed.done():
                return None
            pid = self._container.pid()
            if pid is not None:
                return pid
            await asyncio.sleep(PID_INTERVAL)
        self._transport.kill()
        return None

    async def _life(self) -> int:
        await self._closed
        if self.terminal:
            await self.terminal.close()
        assert self._transport is not None
        code = self._transport.get_returncode()
        assert code is not None
        # A negative code is crun's own end by a signal.
        code = 128 - code if code < 0 else code
        try:
            return await asyncio.to_thread(self._finish, code)
        finally:
            self._transport.close()
            await asyncio.to_thread(self._container.remove)

    def _finish(self, code: int) -> int:
        """Pass on what is left of stderr and return the exit code as the API has it."""
        code, held = self._stderr.end(code)
        if held:
            self._output("stderr", held)
        group = self._container.group
        if group and code != 0 and (met := group.exceeded()):
            self._output("stderr", f"portable-dagger: {met}\n".encode())
        log = self._container.log
        refusal = log.read_text().strip() if log.exists() else ""
        if refusal and code != 0 and not held:
            raise ContainerError(
                f"cannot start {self._container.plan.args[0]!r}: {refusal}",
                "this is the container runtime's own message; the engine's log may say more",
            )
        return code

    # asyncio.SubprocessProtocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        """Pass a chunk on."""
        assert isinstance(data, bytes)
        if fd == 1:
            self._output("stdout", data)
        elif passed := self._stderr.feed(data):
            self._output("stderr", passed)

    def connection_lost(self, _: Exception | None, /) -> None:
        """Note that the process has ended and its streams are read."""
        if not self._closed.done():
            self._closed.set_result(None)


def _own_mounts(plan: ProcessPlan, folder: Path) -> tuple[Mount, ...]:
    """Return the mounts that every container has."""
    hosts, resolver = folder / "hosts", folder / "resolv.conf"
    hosts.write_text(bundle.hosts_file(plan))
    resolver.write_text(plan.network.resolver if plan.network else "")
    mounts: list[Mount] = [
        BindMount("/etc/hosts", hosts, read_only=True),
        BindMount("/etc/resolv.conf", resolver, read_only=True),
    ]
    if plan.init:
        mounts.append(BindMount(bundle.INIT, Path(init_program()), read_only=True))
    return tuple(mounts)


@functools.cache
def runtime_program() -> str:
    """Return the path of crun, or of runc where crun is absent."""
    return _program(("crun", "runc"), "a container runtime", "crun")


@functools.cache
def init_program() -> str:
    """Return the path of a statically linked tini."""
    return _program(("tini-static", "docker-init"), "a static init for containers", "tini")


def _program(names: tuple[str, ...], what: str, package: str) -> str:
    for name in names:
        found = shutil.which(name, path=PROGRAMS)
        if found:
            return found
    raise RuntimeToolError(
        f"{what} is not installed: none of {', '.join(names)} is in the path",
        f"install the package {package}",
    )


async def _uninterrupted(work: Coroutine[Any, Any, Any]) -> None:
    """Await work to its end even when cancelled; the cancellation is raised afterwards."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
