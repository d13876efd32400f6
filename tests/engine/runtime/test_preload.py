"""Libraries with functions taken out, on a library of this machine."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from portable_dagger.runtime.preload import defined, without

LIBRARY = Path(f"/usr/lib/{platform.machine()}-linux-gnu/libm.so.6")
LOAD = "import ctypes, sys; m = ctypes.CDLL(sys.argv[1]); print(hasattr(m, 'cbrt'), hasattr(m, 'hypot'))"


@pytest.fixture
def library() -> bytes:
    if not LIBRARY.exists():
        pytest.skip(f"no {LIBRARY}")
    return LIBRARY.read_bytes()


def test_a_function_is_taken_out_and_the_others_stay(library: bytes, tmp_path: Path) -> None:
    assert {"cbrt", "hypot"} < defined(library)
    changed = without(library, {"cbrt", "unheard_of"})
    assert defined(library) - defined(changed) == {"cbrt"}
    assert len(changed) == len(library)
    copy = tmp_path / "changed.so"
    copy.write_bytes(changed)
    done = subprocess.run(
        [sys.executable, "-c", LOAD, copy], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False True\n"
    assert hasattr(ctypes.CDLL(str(LIBRARY)), "cbrt")


def test_what_is_no_library_is_refused() -> None:
    for content in (b"", b"\x7fELF\x01\x01" + bytes(60), b"#!/bin/sh\n"):
        with pytest.raises(ValueError, match="no library of 64 bits"):
            defined(content)
