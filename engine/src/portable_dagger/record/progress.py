"""Progress of a session: spans of steps, their logs, warnings; the events that the command line renders.

Events are plain dictionaries:
    {"event": "start", "span", "parent", "kind", "name", "time"}      time in seconds since the epoch
    {"event": "log", "span", "stream": "stdout" | "stderr", "text"}   and "redirected": true where it goes into a file
    {"event": "end", "span", "cached", "error", "duration"}           duration in seconds
    {"event": "warning", "text"}
"""

from __future__ import annotations

import contextlib
import contextvars
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portable_dagger.record.inputs import Account

Emit = Callable[[dict[str, Any]], None]
Record = Callable[["Span", int | None, str | None, float], None]

_numbers = itertools.count(1)
_current: contextvars.ContextVar[Span | None] = contextvars.ContextVar("span", default=None)


@dataclass(slots=True)
class Span:
    """One step under way; set `cached` when its answer was there already."""

    kind: str
    name: str
    emit: Emit
    id: int = field(default_factory=lambda: next(_numbers))
    started: float = field(default_factory=time.time)
    cached: bool = False
    number: int = 0
    """Which step of its session it is, from 1."""

    account: Account | None = None
    """What the step tells of itself for the record; see record.runs."""

    def log(self, stream: str, text: str, *, redirected: bool = False) -> None:
        """Report output of the step; `redirected` where the step has it in a file, for a program to read."""
        event = {"event": "log", "span": self.id, "stream": stream, "text": text}
        self.emit({**event, "redirected": True} if redirected else event)


class Progress:
    """The spans of one session."""

    def __init__(self) -> None:
        self.running: dict[int, Span] = {}
        self._listeners: list[Emit] = []
        self._reported: set[str] = set()
        self._steps = itertools.count(1)
        self.record: Record | None = None
        """Told of every step that has ended: the step, the number of the one it is part of, its error, its seconds."""

    def listen(self, listener: Emit) -> None:
        """Send every further event to `listener`."""
        self._listeners.append(listener)

    def emit(self, event: dict[str, Any]) -> None:
        """Send one event to all who listen."""
        for listener in self._listeners:
            listener(event)

    def warning(self, text: str) -> None:
        """Report something that the user should know, which stops nothing."""
        self.emit({"event": "warning", "text": text})

    @contextlib.contextmanager
    def span(self, kind: str, name: str) -> Iterator[Span]:
        """Report a step from here to the end of the block."""
        span = Span(kind, name, self.emit, number=next(self._steps))
        parent = _current.get()
        self.running[span.id] = span
        self.emit(
            {
                "event": "start",
                "span": span.id,
                "parent": parent.id if parent else None,
                "kind": kind,
                "name": name,
                "time": span.started,
            }
        )
        token = _current.set(span)
        error: str | None = None
        try:
            yield span
        except BaseException as raised:
            error = str(raised) or type(raised).__name__
            raise
        finally:
            _current.reset(token)
            del self.running[span.id]
            duration = time.time() - span.started
            if self.record is not None:
                self.record(span, parent.number if parent else None, error, duration)
            self.emit(
                {
                    "event": "end",
                    "span": span.id,
                    "cached": span.cached,
                    "error": error,
                    "duration": duration,
                }
            )

    def first(self, digest: str) -> bool:
        """Whether a recipe's step was not reported in this session yet; from now on it was."""
        new = digest not in self._reported
        self._reported.add(digest)
        return new

    def reused(self, kind: str, name: str, account: Account | None = None) -> None:
        """Report a step whose result was remembered."""
        with self.span(kind, name) as span:
            span.cached = True
            span.account = account
