from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ci.errors import SettingsError
from ci.lock import Pin, pins

if TYPE_CHECKING:
    from pathlib import Path

LOCK = """\
# made by a tool
--index-url https://index.example.org
alembic==1.16.5 ; python_full_version < '3.10' \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via shop
alembic==1.20.1 ; python_full_version >= '3.10' \\
    --hash=sha256:cc

Zope.Interface[test, docs] == 6.0  # why
psycopg===3.2
"""


def test_each_version_is_a_pin_at_its_line_whatever_its_marker() -> None:
    assert pins(LOCK, "lock.txt") == (
        Pin("alembic", "1.16.5", "lock.txt", 3, "python_full_version < '3.10'"),
        Pin("alembic", "1.20.1", "lock.txt", 7, "python_full_version >= '3.10'"),
        Pin("zope-interface", "6.0", "lock.txt", 10),
        Pin("psycopg", "3.2", "lock.txt", 11),
    )


@pytest.mark.parametrize(
    "line",
    [
        "shop",
        "shop>=1",
        "shop==1.*",
        "shop==1,<2",
        "shop @ https://example.org/shop.whl",
        "-r other.txt",
        "-e .",
        "git+https://example.org/shop",
        "shop \\",
    ],
)
def test_what_names_no_version_is_an_error_that_says_where(line: str) -> None:
    with pytest.raises(SettingsError, match=r"lock\.txt:2 locks no package by its version"):
        pins(f"idna==3.20\n{line}\n", "lock.txt")


def test_the_repositorys_own_locks_can_be_read(root: Path) -> None:
    text = (root / "app" / "requirements" / "serve-cpu.txt").read_text(encoding="utf-8")

    found = pins(text, "serve-cpu.txt")

    assert len(found) == sum(line[:1].isalpha() for line in text.splitlines())
