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

from portable_dagger.cli.http import Connection
from portable_dagger.errors import EngineStartError

if TYPE_CHECKING:
    import subprocess

START_SECONDS = 60.0
POLL_SECONDS = 0.02
LOG_LINES = 20


class Engine(NamedTuple):
    """A running engine; `token` is what its own endpoints want."""

    pid: int
    port: int
    token: str

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
        engine = Engine(int(data["pid"]), int(data["port"]), str(data["token"]))
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
    """Return the running engine, started if none runs; EngineStartError with the end of its log if that fails."""
    return running() or _start(state_directory())


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
    sources = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DAGGER_SESSION_")}
    environment["PYTHONPATH"] = sources
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
