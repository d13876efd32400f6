"""Where cases work: the command under test, its state directory, a scratch folder, and sessions of its API."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import subprocess
import urllib.request
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMAGE = "debian:bookworm-slim"


class BenchError(Exception):
    """A command or query of the benchmark failed; says which, and with what."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session of the API under test, as `dagger session` announces it."""

    port: int
    token: str

    def query(self, text: str) -> Any:  # noqa: ANN401  an answer has the query's shape
        """Send a query and return its data; BenchError when it has errors."""
        authorization = base64.b64encode(f"{self.token}:".encode()).decode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/query",
            json.dumps({"query": text}).encode(),
            {"Content-Type": "application/json", "Authorization": f"Basic {authorization}"},
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310 # nosec B310
            found = json.load(answer)
        if found.get("errors"):
            raise BenchError(f"{text[:200]}: {found['errors'][0]['message']}")
        return found["data"]


@dataclass(frozen=True, slots=True)
class Workplace:
    """What every case gets: the command, its state, a folder of its own, and how many rounds are wanted."""

    dagger: Path
    state: Path
    scratch: Path
    rounds: int

    def environment(self) -> dict[str, str]:
        """Return the environment that the command under test runs with."""
        return os.environ | {"PORTABLE_DAGGER_STATE": str(self.state)}

    def call(self, *words: str, folder: Path | None = None) -> str:
        """Run the command under test and return its output; BenchError when it fails."""
        return run([str(self.dagger), *words], folder or self.scratch, self.environment())

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """Open a session; it ends with the block."""
        process = subprocess.Popen(
            [str(self.dagger), "session"],
            cwd=self.scratch,
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise BenchError(f"{self.dagger} session said nothing; try it by hand")
            facts = json.loads(line)
            yield Session(facts["port"], facts["session_token"])
        finally:
            process.stdin.close()
            process.stdout.close()
            process.wait()

    @contextlib.contextmanager
    def empty(self) -> Iterator[Workplace]:
        """Another state directory, empty but for the command's own Python environment; stopped at the end."""
        state = self.scratch / f"state-{nonce()}"
        state.mkdir()
        (state / "environment").symlink_to(self.state / "environment")
        other = replace(self, state=state)
        try:
            yield other
        finally:
            other.call("engine", "stop")


def run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    """Run a program and return its output; BenchError with what it said when it fails."""
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchError(f"{' '.join(command)}: exit {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def nonce() -> str:
    """Return a word that no earlier run used, so that nothing is cached."""
    return secrets.token_hex(6)


def container(inner: str) -> str:
    """Return a query about the benchmark's image."""
    return f'{{ container {{ from(address: "{IMAGE}") {{ {inner} }} }} }}'
