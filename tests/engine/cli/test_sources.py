"""Where the files of a module go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portable_dagger.cli import sources

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], "."),
        (["dagger.json", ".git"], "."),
        (["README.md"], ".dagger"),
        ([".dagger"], ".dagger"),
    ],
)
def test_code_goes_aside_in_a_folder_with_files(
    tmp_path: Path, names: list[str], expected: str
) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert sources.inferred(str(tmp_path)) == expected


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert sources.inferred(str(tmp_path / "none")) == "."
