"""The program that strips, on a library that is compiled here, and on what is to stay as it is."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from portable_dagger.images.standins import strip
from portable_dagger.images.standins.recipe import data_path

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "int zeros[4096]; int seven = 7; int answer(void) { return seven * 6 + zeros[5]; }"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    source, made = tmp_path / "answer.c", tmp_path / "libanswer.so"
    source.write_text(SOURCE)
    subprocess.run([compiler, "-g", "-shared", "-fPIC", "-o", made, source], check=True)
    return made


def test_a_stripped_library_loads_and_links(library: Path, tmp_path: Path) -> None:
    library.chmod(0o750)
    before = library.read_bytes()
    subprocess.run([sys.executable, data_path("strip.py"), library], check=True)
    after = library.read_bytes()
    assert b"answer.c" in before
    assert b"answer.c" not in after
    assert len(after) < len(before)
    assert library.stat().st_mode & 0o777 == 0o750
    assert ctypes.CDLL(str(library)).answer() == 42
    main, program = tmp_path / "main.c", tmp_path / "main"
    main.write_text("int answer(void); int main(void) { return answer(); }")
    link = ["cc", "-o", program, main, library, f"-Wl,-rpath,{tmp_path}"]
    subprocess.run(link, check=True)
    assert subprocess.run([program], check=False).returncode == 42
    assert strip.stripped(after) == after


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"#!/bin/sh\n",
        b"\x7fELF\x01\x01" + bytes(100),
        b"\x7fELF\x02\x01" + bytes(10) + b"\x01\x00" + bytes(100),
    ],
    ids=["empty", "script", "32 bits", "object file"],
)
def test_what_stays_as_it_is(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    strip.main([str(path)])
    assert path.read_bytes() == data
