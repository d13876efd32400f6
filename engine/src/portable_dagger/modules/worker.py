"""Runs module code: starts the zygote (modules.zygote) and has it fork a locked-in process per run."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import portable_dagger
from portable_dagger.errors import WorkerError
from portable_dagger.modules import interpreter
from portable_dagger.modules.order import Invocation, Order
from portable_dagger.modules.sandbox import USER, Sandbox
from portable_dagger.modules.source import MOUNT, ModuleSource

if TYPE_CHECKING:
    from asyncio.subprocess import Process

Stream = Literal["stdout", "stderr"]
STREAMS: Final[tuple[Stream, ...]] = ("stdout", "stderr")
Output = Callable[[Stream, bytes], None]
"""Receives what module code prints, as it comes."""

PACKAGES: Final = "/opt/packages"
"""Where a worker sees the packages that a module brings along."""

_POINTS: Final = "/opt/module"
_ANSWER: Final = 65536
_CHUNK: Final = 65536
_RESTART: Final = (
    "run the command again; if it stays so, `./dagger engine stop` starts a fresh engine"
)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a module's code: `files` is the materialised source, `packages` the folder of its own packages.

    `port` and `token` are of the API; `network` is the path of the network namespace where it listens on loopback.
    `scratch` becomes the working directory; `schema` is a file with an introspection result (None: the code asks);
    `files_inside` are (path, text) of further files that the code sees, such as /etc/hosts. Without an `invocation` the
    code registers its types. `entrances` lead to the control group that limits it.
    """

    module: ModuleSource
    files: Path
    scratch: Path
    port: int
    token: str
    network: Path | None = None
    packages: Path | None = None
    schema: Path | None = None
    environment: tuple[tuple[str, str], ...] = ()
    files_inside: tuple[tuple[str, str], ...] = ()
    invocation: Invocation | None = None
    entrances: tuple[str, ...] = ()


class Worker:
    """The zygote process, started when it is first needed; `folder` is for its own use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: Process | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Start the zygote unless it runs; it takes about two seconds until the first run is answered."""
        async with self._starting:
            if self._process is not None and self._process.returncode is None:
                return
            self.stage.mkdir(parents=True, exist_ok=True)
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
                self._address.unlink(missing_ok=True)
                listener.bind(str(self._address))
                listener.listen(128)
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *("-P", "-m", "portable_dagger.modules.zygote", str(listener.fileno())),
                    env={
                        "PATH": os.defpath,
                        "PYTHONPATH": str(Path(portable_dagger.__file__).parents[1]),
                        "LANG": "C.UTF-8",
                    },
                    stdin=asyncio.subprocess.PIPE,
                    pass_fds=[listener.fileno()],
                    cwd="/",
                )

    async def stop(self) -> None:
        """End the zygote and every run."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(2):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def run(self, run: Run, output: Output) -> int:
        """Run the module's code and return its exit code (signals as 128 + n); cancelling kills it.

        Raises WorkerError when it could not be started.
        """
        os.chown(run.scratch, USER, USER)
        return await self.execute(order_of(run, self.stage), output, run.network, run.schema)

    async def execute(
        self, order: Order, output: Output, network: Path | None, schema: Path | None = None
    ) -> int:
        """Run what an order says and return its exit code, as `run` does."""
        await self.start()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            connection.setblocking(False)  # noqa: FBT003  positional only
            pumps = [
                asyncio.ensure_future(_pump(descriptor, stream, output))
                for descriptor, stream in self._send(connection, order, network, schema)
            ]
            try:
                answer = await _answer(connection)
                await asyncio.gather(*pumps)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.wait(pumps)
        return _exit_code(answer)

    @property
    def pid(self) -> int | None:
        """The zygote's process id, None while it does not run."""
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def stage(self) -> Path:
        """An empty folder, on which each process assembles its root."""
        return self._folder / "stage"

    @property
    def _address(self) -> Path:
        return self._folder / "zygote"

    def _send(
        self,
        connection: socket.socket,
        order: Order,
        network: Path | None,
        schema: Path | None,
    ) -> list[tuple[int, Stream]]:
        """Hand the order to the zygote; return the reading ends of the run's streams."""
        with contextlib.ExitStack() as passed:
            text = os.memfd_create("order")
            passed.callback(os.close, text)
            os.write(text, order.encode())
            os.lseek(text, 0, os.SEEK_SET)
            descriptors, readers = [text], []
            for name in STREAMS:
                reader, writer = os.pipe()
                passed.callback(os.close, writer)
                descriptors.append(writer)
                readers.append((reader, name))
            if network is not None:
                descriptors.append(os.open(network, os.O_RDONLY))
                passed.callback(os.close, descriptors[-1])
            header = json.dumps({"schema": str(schema or "")}).encode()
            try:
                connection.connect(str(self._address))
                socket.send_fds(connection, [header], descriptors)
            except OSError as error:
                for reader, _ in readers:
                    os.close(reader)
                raise WorkerError(
                    f"the process that runs module code cannot be reached: {error}", _RESTART
                ) from error
        return readers


def order_of(run: Run, stage: Path) -> Order:
    """Plan a run: what its process sees, its environment, and where Python looks for code."""
    module = run.module
    binds, links = interpreter.system_view()
    files = [*interpreter.FILES, *run.files_inside]
    packages: list[str] = []
    if run.packages is not None:
        binds += ((PACKAGES, str(run.packages)),)
        packages.append(PACKAGES)
    if module.project.main_object:
        files += _entry_point(module.project.main_object)
        packages.append(_POINTS)
    return Order(
        sandbox=Sandbox(
            stage=str(stage),
            scratch=str(run.scratch),
            binds=(*binds, (str(MOUNT), str(run.files))),
            files=tuple(files),
            links=links,
            entrances=run.entrances,
        ),
        environment=interpreter.environment(
            os.environ,
            {
                "DAGGER_SESSION_PORT": str(run.port),
                "DAGGER_SESSION_TOKEN": run.token,
                "DAGGER_MODULE": module.config.name,
                "DAGGER_DEFAULT_PYTHON_PACKAGE": module.project.package,
                "DAGGER_MAIN_OBJECT": module.config.main_object,
                **dict(run.environment),
            },
        ),
        search_path=module.search_path,
        packages=tuple(packages),
        module=module.config.name,
        package=module.project.package,
        main_object=module.config.main_object,
        engine_version=module.config.engine_version,
        invocation=run.invocation,
    )


def _entry_point(main_object: str) -> list[tuple[str, str]]:
    """Return the metadata that installing the module would leave: where its main class is."""
    folder = f"{_POINTS}/module-0.dist-info"
    return [
        (f"{folder}/METADATA", "Metadata-Version: 2.1\nName: module\nVersion: 0\n"),
        (f"{folder}/entry_points.txt", f"[dagger.mod]\nmain_object = {main_object}\n"),
    ]


async def _pump(descriptor: int, stream: Stream, output: Output) -> None:
    """Hand what comes out of a pipe to `output` until its end."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    with os.fdopen(descriptor, "rb") as pipe:
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        try:
            while chunk := await reader.read(_CHUNK):
                output(stream, chunk)
        finally:
            transport.close()


async def _answer(connection: socket.socket) -> bytes:
    with contextlib.suppress(ConnectionResetError):
        return await asyncio.get_running_loop().sock_recv(connection, _ANSWER)
    return b""


def _exit_code(answer: bytes) -> int:
    if not answer:
        raise WorkerError("the process that runs module code ended unexpectedly", _RESTART)
    message: dict[str, Any] = json.loads(answer)
    if "error" in message:
        raise WorkerError(
            f"module code could not be locked in: {message['error']}",
            "the engine needs root, and a kernel with mount, pid and network namespaces",
        )
    return int(message["exit"])
