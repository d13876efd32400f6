"""A session of the engine, as the command line uses it: queries, the module, types, and the stream of events."""

from __future__ import annotations

import binascii
import json
import os
import select
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from portable_dagger.cli import capture, engine_process, terminal
from portable_dagger.cli.http import BrokenAnswerError, Connection, exchange
from portable_dagger.cli.typedefs import Module, Object
from portable_dagger.errors import EngineStartError, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from portable_dagger.cli.display import Renderer
    from portable_dagger.cli.options import Given

TICK_SECONDS = 0.1
SETTLE_SECONDS = 0.3
QUIET_SECONDS = 0.01
CLOSE_SECONDS = 5.0
REFUSED = 400
UNAUTHORIZED = 401
OK = 200


class Session:
    """One session; closing its connection makes the engine stop everything that it started."""

    def __init__(
        self,
        renderer: Renderer,
        given: Given | None = None,
        labels: dict[str, str] | None = None,
        offer: terminal.Offer = terminal.NONE,
    ) -> None:
        """Open a session in the current folder, on an engine that is started if none runs.

        `given` are the options of the command line.
        """
        self.renderer = renderer
        self._capture = capture.order(given or {})
        self._objects: dict[str, Object] = {}
        self._members: dict[str, tuple[str, ...]] = {}
        self._asking: set[Connection] = set()
        self._left = b""
        self._heard = time.monotonic()
        self._lent = threading.Lock()
        self._ended = False
        command = {"command": " ".join(["dagger", *sys.argv[1:]])}
        body = {
            "workdir": os.getcwd(),
            "env": dict(os.environ),
            "labels": {**command, **(labels or {})},
            "terminal": offer.possible,
            "interactive": offer.on_failure,
            "offline": "offline" in (given or {}),
            "capture": self._capture,
        }
        try:
            status = self._connect(body)
        except OSError:
            # An engine that was just killed still took the connection: the next look finds it gone.
            time.sleep(SETTLE_SECONDS)
            status = self._connect(body)
        if status == REFUSED:
            raise _refused(json.loads(self._stream.body()))
        if status != OK:
            detail = self._stream.body().decode(errors="replace")[:500]
            raise EngineStartError(
                f"the engine (process {self.engine.pid}) opened no session: HTTP {status} {detail}",
                "stop it with: dagger engine stop",
            )
        self._pieces = self._stream.pieces()
        opened, *early = self._events()
        self.token: str = opened["token"]
        self.port: int = opened["port"]
        for event in early:
            self._take(event)
        self._reader = threading.Thread(target=self._follow, daemon=True)
        self._reader.start()

    def _connect(self, body: dict[str, Any]) -> int:
        """Ask the running engine, started if none runs, for a session; returns the HTTP status."""
        self.engine = engine_process.ensure()
        self._stream = Connection(self.engine.port)
        self._stream.send("POST", "/session", self.engine.headers, body)
        return self._stream.status()

    def __enter__(self) -> Self:
        """Return the session itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the session; after Ctrl-C wait until the request under way has ended."""
        if kind is KeyboardInterrupt:
            self._interrupt()
            return
        self.end(failed=kind is not None)
        if isinstance(error, RequestError) and self.renderer.told_output:
            error.stdout = error.stderr = ""
        self._stream.close()
        self._returned()

    def end(self, *, failed: bool) -> None:
        """Write what was captured, and let the progress become whole; a second call does nothing."""
        if self._ended:
            return
        self._ended = True
        lines = list(self._written_capture(failed=failed))
        self.settle(failed=failed)
        for line in lines:
            self.renderer.note(line)

    def _interrupt(self) -> None:
        """End the session and wait until what was asked of it has ended too."""
        self.renderer.note("stopping; press Ctrl-C again to leave at once")
        self._stream.close()
        for asking in list(self._asking):
            asking.socket.settimeout(CLOSE_SECONDS)
            try:
                asking.status()
            except OSError:
                # Either the engine ended the request by closing it, or it takes too long.
                continue
        self._returned()
        self.renderer.finish(failed=False)

    def _written_capture(self, *, failed: bool) -> Iterator[str]:
        """Have what was captured written, once a session; yields where it is and how to replay it."""
        if self._capture is None:
            return
        self._capture = None
        body = {"token": self.token, "failed": failed}
        status, answer = self._exchange("POST", "/capture", body)
        capture.summarize(answer)
        yield from capture.told(answer, failed=failed, refused=status != OK)

    def query(self, text: str, **more: object) -> dict[str, Any]:
        """Send a GraphQL document and return the answer's data; RequestError for an answer with errors."""
        answer = self.ask(text, **more)
        if answer.get("errors"):
            raise failure(answer["errors"])
        data: dict[str, Any] = answer["data"]
        return data

    def ask(self, text: str, **more: object) -> dict[str, Any]:
        """Send a GraphQL document and return the whole answer."""
        self.renderer.debug(text)
        user = binascii.b2a_base64(f"{self.token}:".encode(), newline=False).decode()
        headers = {"Authorization": f"Basic {user}"}
        _, answer = self._ask("/query", headers, {"query": text, **more})
        return answer

    def _ask(
        self, path: str, headers: dict[str, str], body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        """Ask for work that may take long: Ctrl-C waits until it has ended."""
        asking = Connection(self.port)
        self._asking.add(asking)
        try:
            asking.send("POST", path, headers, body)
            status = asking.status()
            answer: dict[str, Any] = json.loads(asking.body())
        except (OSError, ValueError) as error:
            raise self._lost(error) from error
        asking.close()
        self._asking.discard(asking)
        return status, answer

    def module(self, reference: str | None) -> Module:
        """Load a module (None: the one of the current folder or above) and serve it in this session."""
        body = {"token": self.token, "ref": reference}
        _, answer = self._exchange("POST", "/module", body)
        if "module" not in answer:
            raise _refused(answer)
        module = Module.from_json(answer["module"])
        self._objects.update(module.objects)
        self._members.update(module.enums)
        return module

    def object_type(self, name: str) -> Object:
        """Return a type of the module or of the engine's own API."""
        if name not in self._objects:
            status, answer = self._exchange("GET", f"/type/{name}?token={self.token}")
            if status != OK:
                raise _refused(answer)
            self._objects[name] = Object.from_json(answer)
        return self._objects[name]

    def members(self, name: str) -> tuple[str, ...]:
        """Return the members of an enumeration."""
        if name not in self._members:
            data = self.query(f'{{ __type(name: "{name}") {{ enumValues {{ name }} }} }}')
            self._members[name] = tuple(v["name"] for v in data["__type"]["enumValues"])
        return self._members[name]

    def order(self, path: str, order: dict[str, Any]) -> dict[str, Any]:
        """Have the engine do something in this session, such as `/replay`; RequestError if it cannot."""
        status, answer = self._ask(path, self.engine.headers, {"token": self.token, **order})
        if status != OK:
            raise _refused(answer)
        return answer

    def settle(self, *, failed: bool) -> None:
        """Let the events of what has been answered arrive, so that progress is whole before the result is printed."""
        if self.renderer.silent:
            return
        until = time.monotonic() + SETTLE_SECONDS
        quiet = QUIET_SECONDS * (5 if failed else 1)
        while time.monotonic() < until and self._reader.is_alive():
            if not self.renderer.busy and time.monotonic() - self._heard > quiet:
                break
            time.sleep(QUIET_SECONDS / 2)
        self.renderer.finish(failed=failed)

    def wait(self) -> None:
        """Wait until the engine ends the session."""
        self._reader.join()

    def _exchange(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        try:
            return exchange(self.engine.port, method, path, self.engine.headers, body)
        except OSError as error:
            raise self._lost(error) from error

    def _lost(self, error: Exception) -> EngineStartError:
        """Return the error for a request that got no answer."""
        log = os.path.join(engine_process.state_directory(), "engine.log")
        return EngineStartError(
            f"the engine (process {self.engine.pid}) broke off the request: {error}",
            f"its log is {log}; what was finished is kept, so try again",
        )

    def _follow(self) -> None:
        """Render events as they come; runs in a thread until the stream ends."""
        try:
            while True:
                if not self._stream.has_more:
                    self._idle()
                for event in self._events():
                    self._heard = time.monotonic()
                    self._take(event)
        except (OSError, ValueError):
            # The session was closed on this side, or the engine has gone: whoever waits for an answer meets the same.
            return

    def _take(self, event: dict[str, Any]) -> None:
        """Render an event; while the terminal is lent, those that follow wait."""
        if event["event"] != "terminal":
            self.renderer.feed(event, time.time())
            return
        self.renderer.pause()
        path = f"/terminal/{event['id']}?token={self.token}"
        with self._lent:
            terminal.lend(Connection(self.engine.port), path, self.engine.headers)

    def _returned(self) -> None:
        """Wait until the terminal is as it was before it was lent."""
        if self._lent.acquire(timeout=CLOSE_SECONDS):
            self._lent.release()

    def _events(self) -> list[dict[str, Any]]:
        """Read the stream until at least one event is whole; OSError where it ends."""
        while True:
            piece = next(self._pieces, None)
            if piece is None:
                raise BrokenAnswerError("the engine ended the session")
            *whole, self._left = (self._left + piece).split(b"\n")
            if whole:
                return [json.loads(line) for line in whole if line]

    def _idle(self) -> None:
        """Wait for more, and keep elapsed times moving meanwhile."""
        while not select.select([self._stream.socket], [], [], TICK_SECONDS)[0]:
            self.renderer.tick(time.time())


def failure(errors: list[dict[str, Any]]) -> RequestError:
    """Return the errors of a GraphQL answer as one exception; the first exit code counts."""
    messages, exit_code, hints, output = [], 1, [], {"stdout": "", "stderr": ""}
    for error in errors:
        facts = error.get("extensions") or {}
        message = str(error.get("message"))
        if facts.get("cmd"):
            message = f"{' '.join(facts['cmd'])}: {message}"
        if message not in messages:
            messages.append(message)
        if exit_code == 1:
            exit_code = int(facts.get("exitCode") or 1)
        if facts.get("hint"):
            hints.append(str(facts["hint"]))
        for stream, text in output.items():
            output[stream] = text or str(facts.get(stream) or "")
    return RequestError("\n".join(messages), "; ".join(hints), exit_code=exit_code, **output)


def _refused(answer: dict[str, Any]) -> RequestError:
    error = answer.get("error") or {"message": json.dumps(answer)[:500]}
    return RequestError(error["message"], error.get("hint") or "")
