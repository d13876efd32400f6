"""Modes of --chmod: what GNU chmod makes of the same text, too."""

import re
import subprocess
from pathlib import Path

import pytest

from portable_dagger.dockerfile.permissions import Permissions

TEXTS = [
    "755",
    "0640",
    "u+x",
    "a=r",
    "u=rwX,go=rX",
    "go-rwx",
    "u=g",
    "g+u,o=",
    "+t",
    "u+s,g-s",
    "u=rw+x",
    "o=u-w",
    "ug=rwx,o+X",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("before", [0o600, 0o755, 0o6710])
@pytest.mark.parametrize("folder", [False, True])
def test_as_chmod_does_it(tmp_path: Path, text: str, before: int, *, folder: bool) -> None:
    place = tmp_path / "place"
    if folder:
        place.mkdir()
    else:
        place.touch()
    place.chmod(before)
    command = ["sh", "-c", 'umask 0; chmod -- "$1" "$2"', "sh", text, str(place)]
    subprocess.run(command, check=True)
    made = Permissions.parse(text).of(before, folder=folder)
    # chmod leaves the set-id bits of folders alone when the mode is octal
    kept = before & 0o6000 if folder and text.isdigit() else 0
    assert oct(made | kept) == oct(place.stat().st_mode & 0o7777)


@pytest.mark.parametrize("text", ["", "9", "77", "u", "u+q", "x+u", "u+x,", "12345"])
def test_what_is_no_mode(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        Permissions.parse(text)
