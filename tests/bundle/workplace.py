"""A state directory with its engine, on the network of this machine or on none."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.bundle.isolation import Isolation

DAGGER: Final = Path(__file__).resolve().parents[2] / "dagger"

LIMIT: Final = 300
"""Seconds after which a command is given up."""


class CorpusError(Exception):
    """A seed could not be planted, captured or replayed; says which, and what was said."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended: exit code, what it printed, and the seconds that it took."""

    exit_code: int
    stdout: str
    stderr: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Workplace:
    """One engine: its state directory, and where it has no network, the namespace that it lives in."""

    state: Path
    isolation: Isolation | None = None

    def run(
        self, *words: str, folder: Path, environment: Mapping[str, str] | None = None
    ) -> Answer:
        """Run `./dagger` and return how it ended. CorpusError if it does not end."""
        enter = self.isolation.enter() if self.isolation else ()
        surroundings = {
            **os.environ,
            **(environment or {}),
            "PORTABLE_DAGGER_STATE": str(self.state),
        }
        start = time.perf_counter()
        try:
            done = subprocess.run(
                [*enter, str(DAGGER), *words],
                cwd=folder,
                env=surroundings,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired as expired:
            raise CorpusError(f"dagger {' '.join(words)}: no end after {LIMIT} s") from expired
        seconds = time.perf_counter() - start
        texts = [stream.decode(errors="replace") for stream in (done.stdout, done.stderr)]
        return Answer(done.returncode, texts[0], texts[1], seconds)

    def check(self) -> None:
        """Set the command up where that is still to be done. Raises CorpusError if it does not work."""
        done = self.run("version", folder=DAGGER.parent)
        if done.exit_code:
            raise CorpusError(f"dagger version: exit {done.exit_code}: {done.stderr}")


@contextmanager
def empty(state: Path, isolation: Isolation) -> Iterator[Workplace]:
    """A state directory that holds nothing but the command's own Python environment; gone afterwards."""
    state.mkdir(parents=True)
    (state / "environment").symlink_to((own_state() / "environment").resolve())
    place = Workplace(state, isolation)
    try:
        yield place
    finally:
        place.run("engine", "stop", folder=state)
        shutil.rmtree(state)


def own_state() -> Path:
    """Return this user's state directory, as the command line finds it."""
    above = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(
        os.environ.get("PORTABLE_DAGGER_STATE") or Path(above) / "portable-dagger"
    ).absolute()
