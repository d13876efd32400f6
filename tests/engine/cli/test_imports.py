"""The command line starts fast: it imports nothing heavy, and nothing from outside the standard library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parents[3] / "engine" / "src"
HEAVY = {
    "aiohttp",
    "argparse",
    "asyncio",
    "dagger",
    "dataclasses",
    "graphql",
    "http.client",
    "inspect",
    "subprocess",
    "urllib.request",
}


def test_what_a_call_imports() -> None:
    code = "import portable_dagger.cli.main, portable_dagger.cli.call, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={"PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(done.stdout.split())
    assert "portable_dagger.cli.chain" in imported
    assert imported & HEAVY == set()
