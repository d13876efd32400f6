"""The engine as a background process: where its state is, whether it runs, how it is started.

While an engine runs, `engine.json` in its state directory holds its process id, port and token. A killed engine leaves
the file behind, so it counts only if the process lives and its port answers. Two command lines at once start one
engine: a lock file lets one of them start it, the other one then finds it.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from portable_dagger.cli.http import Connection, exchange
from portable_dagger.errors import EngineStartError

if TYPE_CHECKING:
    import subprocess

START_SECONDS = 60.0
POLL_SECONDS = 0.02
STOP_SECONDS = 30.0
LOG_LINES = 20
SOURCES = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
"""Where the package's code is."""


class Engine(NamedTuple):
    """A running engine; `token` is what its own endpoints want.

    started: when it read its code, in seconds since the epoch; sources: where that is.
    """

    pid: int
    port: int
    token: str
    started: float = 0.0
    sources: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request to its own endpoints."""
        return {"Authorization": f"Bearer {self.token}"}


def state_directory() -> str:
    """Return the state directory: PORTABLE_DAGGER_STATE, else `portable-dagger` in the user's state folder."""
    chosen = os.environ.get("PORTABLE_DAGGER_STATE")
    if chosen:
        return os.path.abspath(chosen)
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(home, "portable-dagger")


def running() -> Engine | None:
    """Return the engine of the state directory; None if none runs, a killed one included."""
    try:
        with open(os.path.join(state_directory(), "engine.json"), encoding="utf-8") as file:
            data = json.load(file)
        engine = Engine(
            int(data["pid"]),
            int(data["port"]),
            str(data["token"]),
            float(data["started"]),
            str(data.get("sources", "")),
        )
    except (OSError, ValueError, KeyError):
        return None
    return engine if alive(engine.pid) and _answers(engine.port) else None


def alive(pid: int) -> bool:
    """Whether a process exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def ensure() -> Engine:
    """Return the running engine, started if none runs; EngineStartError with the end of its log if that fails.

    One that runs other code than is there now, as after an update, is replaced, unless it is at work.
    """
    engine = running()
    if engine and _is_outdated(engine) and stop(engine, only_idle=True):
        engine = None
    return engine or _start(state_directory())


def stop(engine: Engine, *, only_idle: bool = False) -> bool:
    """Stop an engine, and wait until it has ended; whether it did. EngineStartError if it does not end in time."""
    _, answer = exchange(
        engine.port, "POST", "/stop", engine.headers, {"idle": True} if only_idle else {}
    )
    if not answer.get("stopping", True):
        return False
    until = time.monotonic() + STOP_SECONDS
    while alive(engine.pid):
        if time.monotonic() > until:
            raise EngineStartError(
                f"the engine (process {engine.pid}) did not stop within {STOP_SECONDS:.0f} s",
                f"end it with: kill -9 {engine.pid}; its next start cleans up",
            )
        time.sleep(POLL_SECONDS)
    return True


def _is_outdated(engine: Engine) -> bool:
    """Whether an engine has other code than this command line: of another checkout, or of before a change."""
    if engine.sources != SOURCES:
        return True
    folders = [SOURCES]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    if entry.name != "__pycache__":
                        folders.append(entry.path)
                elif entry.stat().st_mtime > engine.started:
                    return True
    return False


def _answers(port: int) -> bool:
    try:
        Connection(port).close()
    except OSError:
        return False
    return True


def _start(directory: str) -> Engine:
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        lock = os.open(os.path.join(directory, "start.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise EngineStartError(
            f"cannot write the state directory {directory}: {error.strerror}",
            "set PORTABLE_DAGGER_STATE to a folder that you can write",
        ) from error
    try:
        _wait_for(lock, directory)
        return running() or _wait(_spawn(directory), directory)
    finally:
        os.close(lock)


def _wait_for(lock: int, directory: str) -> None:
    """Take the lock, after another command line that is starting the engine."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise EngineStartError(
                    f"another command has been starting the engine of {directory} for {START_SECONDS:.0f} s",
                    f"see {directory}/engine.log, end that command and try again",
                ) from None
            time.sleep(POLL_SECONDS)
        else:
            return


class _Starting(NamedTuple):
    process: subprocess.Popen[bytes]
    log: str
    offset: int


def _spawn(directory: str) -> _Starting:
    # Only a start pays for this import.
    import subprocess

    log = os.path.join(directory, "engine.log")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DAGGER_SESSION_")}
    environment["PYTHONPATH"] = os.path.dirname(SOURCES)
    # Compiling the sources would double the time of a start.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with open(log, "ab") as output:
        offset = output.tell()
        process = subprocess.Popen(  # noqa: S603  the engine itself
            [sys.executable, "-m", "portable_dagger", "--state", directory],
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return _Starting(process, log, offset)


def _wait(starting: _Starting, directory: str) -> Engine:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        engine = running()
        if engine:
            return engine
        code = starting.process.poll()
        if code:
            raise EngineStartError(
                f"the engine ended while starting (exit code {code})\n{_tail(starting)}",
                f"its log is {starting.log}",
            )
        time.sleep(POLL_SECONDS)
    raise EngineStartError(
        f"the engine of {directory} did not come up within {START_SECONDS:.0f} s\n{_tail(starting)}",
        f"its process is {starting.process.pid}, its log is {starting.log}",
    )


def _tail(starting: _Starting) -> str:
    with open(starting.log, encoding="utf-8", errors="replace") as file:
        file.seek(starting.offset)
        lines = file.read().splitlines()[-LOG_LINES:]
    return "\n".join(f"  | {line}" for line in lines) or "  (its log is empty)"
