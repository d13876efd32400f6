"""The cells of a run: every Python version with every Postgres version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ci.errors import SelectionError


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of a suite runs: Python and Postgres versions, and tests; None is all."""

    python: list[str] | None = None
    postgres: list[str] | None = None
    tests: str | None = None


ALL: Final = Selection()
"""The whole suite."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One Python version, with one Postgres version or none."""

    python: str
    postgres: str | None

    @property
    def name(self) -> str:
        """The cell in a form for folders and host names."""
        database = "" if self.postgres is None else f"-postgres-{self.postgres}"
        return f"python-{self.python}{database}"

    def __str__(self) -> str:
        database = "" if self.postgres is None else f", Postgres {self.postgres}"
        return f"Python {self.python}{database}"


def cells(python: Sequence[str], postgres: Sequence[str]) -> tuple[Cell, ...]:
    """Return every pair, in the order given; without Postgres versions, a cell a Python version."""
    if not postgres:
        return tuple(Cell(version, None) for version in python)
    return tuple(Cell(version, database) for version in python for database in postgres)


def narrow(key: str, versions: Sequence[str], wanted: Sequence[str] | None) -> tuple[str, ...]:
    """Return those `versions` that are `wanted`, all without a wish, in the order of the settings.

    `key` is where the versions come from. Raises SelectionError for a wish that is not among them.
    """
    if not wanted:
        return tuple(versions)
    for version in wanted:
        if version not in versions:
            raise SelectionError(
                f"{version!r} is not among the versions of {key}: {', '.join(versions) or '(none)'}",
                "Ask for one of them, or add it to the settings.",
            )
    return tuple(version for version in versions if version in wanted)
