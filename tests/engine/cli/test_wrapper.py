"""The wrapper `dagger`: what it says when something is missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

DAGGER = Path(__file__).parents[3] / "dagger"


def run(path: str, state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", str(DAGGER), *words],
        env={"PATH": path, "HOME": str(state), "PORTABLE_DAGGER_STATE": str(state)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_missing_packages_are_named_where_there_is_no_apt_get(tmp_path: Path) -> None:
    done = run("/nonexistent", tmp_path, "version")
    assert done.returncode == 1
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert first.startswith("dagger: these system packages are missing: ")
    # What lies in /usr/sbin is found there, whatever the path.
    assert {"skopeo", "mmdebstrap", "tini", "zstd", "git"} <= set(
        first.partition("missing: ")[2].split()
    )
    assert "install them" in second
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("link", ["absolute", "relative"])
def test_works_through_a_link(link: str, tmp_path: Path) -> None:
    there = tmp_path / "bin" / "dagger"
    there.parent.mkdir()
    target = DAGGER if link == "absolute" else Path("../real")
    (tmp_path / "real").symlink_to(DAGGER)
    there.symlink_to(target)
    readlink = shutil.which("readlink")
    assert readlink is not None
    (tmp_path / "readlink").symlink_to(readlink)
    done = subprocess.run(
        ["/bin/bash", str(there), "version"],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "system packages are missing" in done.stderr
