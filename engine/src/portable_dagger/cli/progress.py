"""Progress as lines of text. Pure: events of the session in, lines out; `display.py` writes them.

An event is what the session's stream carries: `start`, `log`, `end` of a span (one step), and `warning`.
"""

from __future__ import annotations

import collections
from typing import Any, NamedTuple

LAST_LINES = 20
NAME_WIDTH = 100
REASON_WIDTH = 160
MINUTE = 60


class Verbosity(NamedTuple):
    """How much is shown: `-v` and `-q` on the command line; `files`: what commands have in files, too."""

    quiet: int = 0
    verbose: int = 0
    files: bool = False


USUAL = Verbosity()


class Step:
    """One span, as far as its events have come."""

    def __init__(self, number: int, event: dict[str, Any]) -> None:
        self.number = number
        self.id = event["span"]
        self.parent = event.get("parent")
        self.kind: str = event.get("kind", "")
        self.name: str = " ".join(str(event.get("name", "")).split())
        self.started = float(event.get("time", 0.0))
        self.duration: float | None = None
        self.cached = False
        self.error: str | None = None
        self.lines = 0
        self.last: collections.deque[str] = collections.deque(maxlen=LAST_LINES)
        self.partial = {"stdout": "", "stderr": ""}

    @property
    def title(self) -> str:
        """Its name, cut where it gets too long for a line."""
        return self.name if len(self.name) <= NAME_WIDTH else f"{self.name[: NAME_WIDTH - 1]}…"

    @property
    def reason(self) -> str:
        """Why it failed, in one line; the whole message comes at the end."""
        lines = (self.error or "").strip().splitlines()
        return lines[0][:REASON_WIDTH] if lines else ""

    def take(self, stream: str, text: str) -> list[str]:
        """Take output and return the lines that it completes."""
        *whole, left = (self.partial.get(stream, "") + text).split("\n")
        self.partial[stream] = left
        return self._keep([line.rstrip("\r") for line in whole])

    def end(self, event: dict[str, Any]) -> list[str]:
        """Note how the step ended and return the lines that were still incomplete."""
        self.duration = float(event.get("duration") or 0.0)
        self.cached = bool(event.get("cached"))
        self.error = event.get("error")
        left = [text for text in self.partial.values() if text]
        self.partial = {}
        return self._keep(left)

    def _keep(self, lines: list[str]) -> list[str]:
        self.lines += len(lines)
        self.last.extend(lines)
        return lines


class Steps:
    """All steps of a session."""

    def __init__(self) -> None:
        self.all: dict[Any, Step] = {}

    def start(self, event: dict[str, Any]) -> Step:
        """Note a new step."""
        step = Step(len(self.all) + 1, event)
        self.all[step.id] = step
        return step

    def running(self) -> list[Step]:
        """Return the steps that have not ended, in the order of their start."""
        return [step for step in self.all.values() if step.duration is None]

    def failed(self) -> list[Step]:
        """Return the steps that failed by themselves, and that no step around them got over."""
        failed = [step for step in self.all.values() if step.error is not None]
        parents = {step.parent for step in failed}
        return [step for step in failed if step.id not in parents and not self._got_over(step)]

    def _got_over(self, step: Step) -> bool:
        """Return whether a step around this one ended well: such as one that asked for another image then."""
        around = self.all.get(step.parent)
        while around is not None:
            if around.duration is not None and around.error is None:
                return True
            around = self.all.get(around.parent)
        return False


def seconds(duration: float) -> str:
    """Return a duration for people: `0.4s`, `12.0s`, `2m05s`."""
    if duration < MINUTE:
        return f"{duration:.1f}s"
    minutes, rest = divmod(int(duration), 60)
    return f"{minutes}m{rest:02}s"


def summary(steps: Steps) -> str:
    """Return one line about everything: `12 steps, 9 cached`."""
    count = len(steps.all)
    cached = sum(step.cached for step in steps.all.values())
    return f"{count} step{'s' * (count != 1)}, {cached} cached"


def failure(step: Step) -> list[str]:
    """Return what there is to say about a failed step: what it was, why it failed, its last lines."""
    head = (
        f"failed: {step.title} (step {step.number}, {seconds(step.duration or 0.0)}): {step.reason}"
    )
    return [head, *(f"  | {line}" for line in step.last)]


class Plain:
    """Progress for a plain log: a line where a step starts, where it ends, and for each line of its output."""

    def __init__(self, verbosity: Verbosity = USUAL) -> None:
        self.steps = Steps()
        self._verbosity = verbosity
        self._announced: Step | None = None

    def feed(self, event: dict[str, Any]) -> list[str]:
        """Return the lines for one event."""
        kind = event["event"]
        if kind == "warning":
            return [*self.flush(), f"warning: {event['text']}"]
        if kind == "start":
            lines = self.flush()
            # Held back: a cached step ends at once and then needs one line, not two.
            self._announced = self.steps.start(event)
            return lines
        step = self.steps.all.get(event.get("span"))
        if step is None:
            return []
        if event.get("redirected") and not (self._verbosity.verbose or self._verbosity.files):
            # It is in a file, for a program to read: a report, an archive.
            return []
        if kind == "log":
            return self.flush() + self._output(step, step.take(event["stream"], event["text"]))
        left = step.end(event)
        if left or self._announced is not step:
            lines = self.flush() + self._output(step, left)
        else:
            self._announced, lines = None, []
        return lines + self._ended(step)

    def flush(self) -> list[str]:
        """Return the line of a step that has started and says nothing for a while."""
        step, self._announced = self._announced, None
        if step is None or self._verbosity.quiet > 1:
            return []
        within = self.steps.all.get(step.parent)
        note = f" ({step.kind}, in #{within.number})" if self._verbosity.verbose and within else ""
        return [f"#{step.number} {step.title}{note}"]

    def _output(self, step: Step, lines: list[str]) -> list[str]:
        # A service talks all the time; what it said last is shown when it fails, and all of it with -v.
        talkative = step.kind == "service" and not self._verbosity.verbose
        if self._verbosity.quiet or talkative:
            return []
        return [f"#{step.number} | {line}" for line in lines]

    def _ended(self, step: Step) -> list[str]:
        took = seconds(step.duration or 0.0)
        if step.error is not None:
            return [f"#{step.number} {step.title} FAILED {took}: {step.reason}"]
        if self._verbosity.quiet > (0 if step.cached else 1):
            return []
        return [f"#{step.number} {step.title} {'CACHED' if step.cached else f'done {took}'}"]
