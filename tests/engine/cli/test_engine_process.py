"""Which engine a command line talks to: one with its own code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]

pytestmark = pytest.mark.slow


class Checkout:
    """A copy of the command and the engine's code, with a state directory of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        (self.folder / "engine").mkdir(parents=True)
        shutil.copy2(REPOSITORY / "dagger", self.folder)
        shutil.copy2(REPOSITORY / "engine" / "requirements.lock", self.folder / "engine")
        ignored = shutil.ignore_patterns("__pycache__")
        sources = REPOSITORY / "engine" / "src"
        shutil.copytree(sources, self.folder / "engine" / "src", ignore=ignored)
        self.state = folder / "state"
        self.state.mkdir()
        (self.state / "environment").symlink_to(own_state() / "environment")

    def dagger(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / "dagger", *words],
            env={**os.environ, "PORTABLE_DAGGER_STATE": str(self.state)},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )

    def engine(self) -> int:
        """Have the command line talk to an engine, and return its process."""
        self.dagger("core", "--silent", "version")
        found: int = json.loads((self.state / "engine.json").read_text())["pid"]
        return found


def own_state() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(os.environ.get("PORTABLE_DAGGER_STATE") or Path(home, "portable-dagger"))


def test_an_engine_is_replaced_when_its_code_changes(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    try:
        first = checkout.engine()
        assert checkout.engine() == first
        (checkout.folder / "engine" / "src" / "portable_dagger" / "errors.py").touch()
        second = checkout.engine()
        assert second != first
        assert checkout.engine() == second
        # Another way to the same code is no other code.
        link = tmp_path / "link"
        link.symlink_to(checkout.folder)
        checkout.folder = link
        assert checkout.engine() == second
    finally:
        checkout.dagger("engine", "stop")


def test_an_engine_at_work_stays(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    try:
        first = checkout.engine()
        with subprocess.Popen(
            [checkout.folder / "dagger", "session"],
            env={**os.environ, "PORTABLE_DAGGER_STATE": str(checkout.state)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as session:
            assert session.stdout is not None
            assert b"port" in session.stdout.readline()
            (checkout.folder / "engine" / "src" / "portable_dagger" / "errors.py").touch()
            assert checkout.engine() == first
            session.terminate()
        assert checkout.engine() != first
    finally:
        checkout.dagger("engine", "stop")
