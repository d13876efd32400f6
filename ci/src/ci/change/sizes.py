"""What a change does to the sizes of images: as they are pulled, and unpacked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import dagger

from ci import images
from ci.change.since import Change
from ci.images import Build
from ci.reports.markdown import cell
from ci.together import both

_MEGABYTE: Final = 1e6


@dataclass(frozen=True, slots=True)
class Size:
    """How large an image is, in bytes: as it is pulled, and unpacked."""

    pulled: int
    unpacked: int


def measured(build: Build) -> dict[str, Size]:
    """Return the sizes of images, each by its variant and platform."""
    return {
        f"{image.variant} {image.platform}": Size(
            sum(packed.entry.blob.size for packed in image.layers), image.unpacked
        )
        for image in build.images
    }


def render(before: Mapping[str, Size], now: Mapping[str, Size]) -> str:
    """Return a table in Markdown."""
    rows = [
        f"| {cell(name)} | {_moved(before.get(name), now.get(name))} |"
        for name in _names(before, now)
    ]
    head = ["| Image | Pulled before | now | | Unpacked before | now | |"]
    return "\n".join([*head, "|---|--:|--:|--:|--:|--:|--:|", *rows])


def _names(*sides: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for side in sides for name in side))


def _moved(before: Size | None, now: Size | None) -> str:
    pulled = [None if side is None else side.pulled for side in (before, now)]
    unpacked = [None if side is None else side.unpacked for side in (before, now)]
    return " | ".join((*_cells(*pulled), *_cells(*unpacked)))


def _cells(before: int | None, now: int | None) -> tuple[str, str, str]:
    return (_megabytes(before), _megabytes(now), _difference(before, now))


def _megabytes(size: int | None) -> str:
    return "none" if size is None else f"{size / _MEGABYTE:.1f} MB"


def _difference(before: int | None, now: int | None) -> str:
    if before is None or now is None:
        return ""
    return "same" if before == now else f"{(now - before) / _MEGABYTE:+.1f} MB"


async def compared(source: dagger.Directory, git: dagger.GitRepository, change: Change) -> str:
    """Build the images of both sides, and return their sizes in Markdown. Raises what building raises."""
    before, now = await both(
        # Which commit their labels name makes no difference to sizes.
        images.build(change.baseline.source, git, committed=True),
        images.build(source, git, committed=True),
    )
    return render(measured(before), measured(now))
