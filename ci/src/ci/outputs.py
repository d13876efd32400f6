"""Outputs of two runs, held against each other by the digests of their files' contents."""

from collections.abc import Mapping
from dataclasses import dataclass

import dagger

from ci.errors import ReproductionError
from ci.together import both, together


@dataclass(frozen=True, slots=True)
class Compared:
    """What two outputs come to. differences: a line for each file that is not the same in both."""

    files: int
    differences: tuple[str, ...]


async def compare(one: dagger.Directory, other: dagger.Directory) -> Compared:
    """Compare two outputs. Raises ReproductionError if both are empty: nothing equals nothing."""
    first, second = await both(_digests(one), _digests(other))
    if not first and not second:
        raise ReproductionError("both outputs are empty", "Give what two runs made.")
    return differences(first, second)


def differences(first: Mapping[str, str], second: Mapping[str, str]) -> Compared:
    """Return what differs between two mappings of paths to digests."""
    lines = []
    for path in sorted({*first, *second}):
        if path not in second:
            lines.append(f"{path}: only in the first one")
        elif path not in first:
            lines.append(f"{path}: only in the second one")
        elif first[path] != second[path]:
            lines.append(f"{path}: {first[path]} and {second[path]}")
    return Compared(len(first), tuple(lines))


async def _digests(directory: dagger.Directory) -> dict[str, str]:
    paths = [path for path in await directory.glob("**/*") if not path.endswith("/")]
    # Rights and times are those of the copy.
    files = [directory.file(path).digest(exclude_metadata=True) for path in paths]
    return dict(zip(paths, await together(files), strict=True))
