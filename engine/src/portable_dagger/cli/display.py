"""Progress on standard error, in one of several forms; the lines come from `progress.py` and `tree.py`."""

from __future__ import annotations

import io
import os
import sys
import threading
from typing import TYPE_CHECKING, Any, TextIO

from portable_dagger.cli import tree
from portable_dagger.cli.progress import Plain, Steps, Verbosity, failure, summary
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given

MODES = ("auto", "plain", "tty", "dots", "logs")
SHOWN_FAILURES = 3
DOTS_A_LINE = 80
FRAME_SECONDS = 0.05


class Renderer:
    """Shows nothing but notes and failures; the forms of progress build on it. Two threads use it."""

    silent = False
    tells_failures = True

    def __init__(self, out: TextIO, verbosity: Verbosity, *, debug: bool = False) -> None:
        self.out = out
        self.verbosity = verbosity
        self.debugging = debug
        self.plain = Plain(verbosity)
        self.now = 0.0
        self.told_output = False
        """Whether the whole output of what failed has been shown at the end."""
        self._lock = threading.Lock()
        self._paused = False
        self._told: set[int] = set()

    @property
    def steps(self) -> Steps:
        """All steps so far."""
        return self.plain.steps

    @property
    def busy(self) -> bool:
        """Whether a step is under way."""
        return bool(self.steps.running())

    def feed(self, event: dict[str, Any], now: float) -> None:
        """Take one event; `now` is in seconds since the epoch."""
        with self._lock:
            self.now = now
            self._paused = False
            self.show(event)

    def tick(self, now: float) -> None:
        """Be told that nothing has come for a while."""
        with self._lock:
            self.now = now
            if not self._paused:
                self.idle()

    def note(self, text: str) -> None:
        """Show a line of the command line's own."""
        with self._lock:
            self.clear()
            self.write([text])

    def debug(self, text: str) -> None:
        """Show what is asked of the engine, if that is wanted."""
        if self.debugging:
            self.note(f"query: {text}")

    def pause(self) -> None:
        """Leave the terminal to somebody else until the next event."""
        with self._lock:
            self._paused = True
            self.clear()

    def finish(self, *, failed: bool) -> None:
        """End the progress; after a failure tell the steps that failed and their last lines."""
        with self._lock:
            self._paused = True
            self.idle()
            self.clear()
            self.last_words()
            if failed and self.tells_failures:
                for step in self.steps.failed()[-SHOWN_FAILURES:]:
                    # A function that printed nothing: the error says it all.
                    if step.number not in self._told and (step.last or step.kind != "function"):
                        self.write(failure(step))
                        self.told_output |= step.lines == len(step.last)
                    self._told.add(step.number)

    def show(self, event: dict[str, Any]) -> None:
        """Show one event."""
        self.plain.feed(event)

    def idle(self) -> None:
        """Show what was held back."""

    def clear(self) -> None:
        """Take away what is not to last."""

    def last_words(self) -> None:
        """Say what is left to say at the end."""

    def write(self, lines: list[str]) -> None:
        """Write lines that last."""
        try:
            for line in lines:
                self.out.write(f"{line}\n")
            self.out.flush()
        except BrokenPipeError:
            # Nobody reads progress any more; the work goes on.
            self.out = io.StringIO()


class Silent(Renderer):
    """`--silent`: no progress at all."""

    silent = True
    tells_failures = False


class Log(Renderer):
    """`--progress plain`."""

    def show(self, event: dict[str, Any]) -> None:
        """Write the lines of the event."""
        self.write(self.plain.feed(event))

    def idle(self) -> None:
        """Write the start of a step that takes its time."""
        self.write(self.plain.flush())


class Output(Renderer):
    """`--progress logs`: the output of steps and nothing else."""

    def show(self, event: dict[str, Any]) -> None:
        """Write output without what is before it."""
        lines = self.plain.feed(event)
        step = self.steps.all.get(event.get("span"))
        if step is not None:
            head = f"#{step.number} | "
            self.write([line[len(head) :] for line in lines if line.startswith(head)])


class Dots(Renderer):
    """`--progress dots`: a character for each step that ended (`c` cached, `x` failed)."""

    def __init__(self, out: TextIO, verbosity: Verbosity, *, debug: bool = False) -> None:
        super().__init__(out, verbosity, debug=debug)
        self._written = 0

    def show(self, event: dict[str, Any]) -> None:
        """Write a character."""
        self.plain.feed(event)
        if event["event"] == "end" and event["span"] in self.steps.all:
            step = self.steps.all[event["span"]]
            self.out.write("x" if step.error is not None else "c" if step.cached else ".")
            self._written += 1
            if self._written % DOTS_A_LINE == 0:
                self.out.write("\n")
            self.out.flush()

    def last_words(self) -> None:
        """End the line."""
        if self._written % DOTS_A_LINE:
            self.write([""])


class Live(Renderer):
    """`--progress tty`: a live tree of what is under way, above it what has ended."""

    def __init__(self, out: TextIO, verbosity: Verbosity, *, debug: bool = False) -> None:
        super().__init__(out, verbosity, debug=debug)
        self._drawn = 0
        self._painted = 0.0

    def show(self, event: dict[str, Any]) -> None:
        """Write what has ended, and the tree anew."""
        self.plain.feed(event)
        lasting = []
        if event["event"] == "warning":
            lasting = [f"warning: {event['text']}"]
        elif event["event"] == "end" and event["span"] in self.steps.all:
            step = self.steps.all[event["span"]]
            wanted = self.verbosity.verbose or not (step.cached or self.verbosity.quiet)
            if step.error is not None or wanted:
                lasting = [tree.ended(step)]
        if lasting:
            self.clear()
            self.write(lasting)
        if lasting or self.now - self._painted > FRAME_SECONDS:
            self.idle()

    def idle(self) -> None:
        """Draw the tree with the times of now."""
        self._painted = self.now
        self.clear()
        try:
            width, height = os.get_terminal_size(self.out.fileno())
        except OSError:
            width, height = 80, 24
        lines = tree.frame(self.steps, self.now, width, max(2, height - 2))
        self.write(lines)
        self._drawn = len(lines)

    def clear(self) -> None:
        """Take the tree away."""
        if self._drawn:
            # From the first column: the terminal itself may have written, as it does ^C.
            self.out.write(f"\r\x1b[{self._drawn}A\x1b[J")
            self.out.flush()
            self._drawn = 0

    def last_words(self) -> None:
        """Say how much there was to do."""
        if self.steps.all and not self.verbosity.quiet:
            self.write([summary(self.steps)])


def renderer(given: Given, *, lines_only: bool = False, files: bool = False) -> Renderer:
    """Return the form of progress that the options, the environment and the terminal ask for.

    `lines_only`: something else writes to the terminal too, so nothing may be redrawn. `files`: what commands have in
    files is shown too.
    """
    verbosity = Verbosity(len(given.get("quiet", [])), len(given.get("verbose", [])), files)
    debug = "debug" in given
    if "silent" in given or os.environ.get("DAGGER_SILENT", "") not in {"", "0", "false"}:
        return Silent(sys.stderr, verbosity, debug=debug)
    mode = given.get("progress", [os.environ.get("DAGGER_PROGRESS") or "auto"])[-1]
    if mode not in MODES:
        raise CommandLineError(f'unknown progress type "{mode}"', f"one of {', '.join(MODES)}")
    if mode == "auto":
        terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not lines_only
        mode = "tty" if terminal else "plain"
    forms = {"plain": Log, "tty": Live, "dots": Dots, "logs": Output}
    return forms[mode](sys.stderr, verbosity, debug=debug)
