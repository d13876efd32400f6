"""The command line starts fast: it imports nothing heavy, and nothing from outside the standard library."""

from __future__ import annotations

import subprocess
import sys

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
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    assert "portable_dagger.cli.chain" in imported
    assert imported & HEAVY == set()
