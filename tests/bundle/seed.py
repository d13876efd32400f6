"""What a seeded failure is: files, a pipeline that fails on them, and what its replay is to answer. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

VERDICTS: Final = {"same": 0, "again": 0, "different": 10, "passes": 11, "missing": 12}
"""What a replay can answer, and the exit code of `./dagger reproduce` for it."""

NONCE: Final = "@NONCE@"
"""In files and scripts: a word of this run alone, so that no step after it is cached."""

DEADLINE: Final = "@DEADLINE@"
"""In files: a moment shortly after the seed is written, in seconds since the epoch."""

SECRET: Final = "@SECRET@"  # noqa: S105 - a mark, not a secret
"""In files: the text of the secret that the seed plants."""


@dataclass(frozen=True, slots=True)
class Altered:
    """A copy of a seed's source with other files, and the verdict of a replay with it.

    difference: an expression that must be found in what the replay tells of the differences.
    """

    name: str
    files: Mapping[str, str]
    verdict: str
    difference: str = ""


@dataclass(frozen=True, slots=True)
class Seed:
    """A failure that is seeded.

    script: pipelines for `./dagger -c`; command: other words of the command line, instead.
    exit_code, says: how the run ends and an expression found in what it prints, so that it fails for the reason that
    it is named for. verdict: of the replay on another machine; of what is not
    deterministic there is none to expect, but repeated attempts are to differ.
    """

    name: str
    shows: str
    files: Mapping[str, str | bytes]
    exit_code: int
    says: str
    script: str = ""
    command: tuple[str, ...] = ()
    verdict: str = "same"
    deterministic: bool = True
    altered: tuple[Altered, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    """Symbolic links of the source, by path: their targets."""

    prepare: tuple[tuple[str, ...], ...] = ()
    """Commands that are run in the source folder before."""

    secret: str = ""
    """The text of the variable CORPUS_SECRET of the machine at capture, which must be nowhere in the bundle."""

    replay: tuple[str, ...] = ()
    """More words for `./dagger reproduce`."""

    missing: str = ""
    """Kind of the input that the replay is to name as missing."""

    lapse: int = 0
    """Seconds that must pass between capture and replay."""

    capture: tuple[str, ...] = ()
    """More words before the verb at capture."""


def fixed(files: Mapping[str, str]) -> Altered:
    """Return a copy that passes."""
    return Altered("fixed", files, "passes")


def changed(difference: str, files: Mapping[str, str]) -> Altered:
    """Return a copy that fails otherwise, so that the replay's differences match an expression."""
    return Altered("changed", files, "different", difference)
