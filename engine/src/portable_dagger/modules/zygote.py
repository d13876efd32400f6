"""The zygote: a process that has imported `dagger` once and forks a locked-in child for every call.

Started by modules.worker as `python -P -m portable_dagger.modules.zygote FD`: FD is a listening unix socket
(SOCK_SEQPACKET), stdin a pipe that the engine holds open. One connection is one call. The engine sends one message,
{"schema": path of an introspection result, or ""}, with descriptors: the order (modules.order), stdout, stderr, and the
network namespace if there is one. Tokens and arguments are in the order only, which nobody but the child reads. The
answer is {"exit": code} or {"error": text}; when the engine closes the connection, the child is killed.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Final

import dagger.client.gen
from graphql import build_client_schema

from portable_dagger.modules import sandbox, startup
from portable_dagger.modules.bindings import bindings

_SCHEMAS: Final = 4
"""How many schemas are kept; each takes about 10 MB."""

_MESSAGE: Final = 8192
_DESCRIPTORS: Final = 4


class Zygote:
    """Accepts calls, forks, and reports how each child ended."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._connections: dict[int, socket.socket] = {}
        self._schemas: OrderedDict[str, startup.Api] = OrderedDict()
        self._wake, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        """Serve until stdin, the engine's end, closes; then kill what still runs."""
        self._selector.register(0, selectors.EVENT_READ, "engine")
        self._selector.register(self._wake, selectors.EVENT_READ, "children")
        self._selector.register(self._listener, selectors.EVENT_READ, "call")
        while True:
            for key, _ in self._selector.select():
                if key.data == "engine":
                    self._end()
                    return
                if key.data == "children":
                    self._reap()
                elif key.data == "call":
                    self._accept()
                elif key.data in self._connections:
                    # nothing more is sent on a call's connection: readable means that the engine hung up
                    self._selector.unregister(key.fileobj)
                    os.kill(key.data, signal.SIGKILL)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        message, descriptors, _, _ = socket.recv_fds(connection, _MESSAGE, _DESCRIPTORS)
        try:
            path = json.loads(message)["schema"]
            schema = self._schema(path) if path else None
            sandbox.leave_pid_namespace()
            pid = os.fork()
            if pid == 0:
                startup.run(descriptors, connection, schema)
        except (OSError, ValueError, KeyError, TypeError) as error:
            _send(connection, {"error": f"{type(error).__name__}: {error}"})
        else:
            self._connections[pid] = connection
            self._selector.register(connection, selectors.EVENT_READ, pid)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _schema(self, path: str) -> startup.Api:
        if path not in self._schemas:
            schema = build_client_schema(json.loads(Path(path).read_bytes()))
            text = bindings(schema, vars(dagger.client.gen))
            code = compile(text, "<bindings of the module's dependencies>", "exec")
            self._schemas[path] = startup.Api(schema, code)
            gc.freeze()
        self._schemas.move_to_end(path)
        while len(self._schemas) > _SCHEMAS:
            self._schemas.popitem(last=False)
        return self._schemas[path]

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake, _MESSAGE)
        while self._connections:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            connection = self._connections.pop(pid)
            with contextlib.suppress(KeyError):
                self._selector.unregister(connection)
            code = os.waitstatus_to_exitcode(status)
            _send(connection, {"exit": code if code >= 0 else 128 - code})

    def _end(self) -> None:
        for pid in self._connections:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _send(connection: socket.socket, answer: dict[str, object]) -> None:
    """Answer and hang up; an engine that hung up first does not want to know."""
    with connection, contextlib.suppress(BrokenPipeError):
        connection.send(json.dumps(answer).encode())


def main() -> None:
    """Run as a program: the listening socket's descriptor is the only argument."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    sys.argv[1:] = []
    startup.warm_up()
    # What is imported from here on is a module's code, whose folder is not ours to write.
    sys.dont_write_bytecode = True
    gc.collect()
    gc.freeze()
    Zygote(listener).serve()


if __name__ == "__main__":
    main()
