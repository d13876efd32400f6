"""The engine's process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "engine" / "src"
# The client is what modules' workers need; importing it takes as long as all else of the engine together.
HEAVY = ("dagger", "beartype", "gql")


def test_the_engine_imports_nothing_that_only_modules_need() -> None:
    script = (
        f"import sys, portable_dagger.engine; print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
