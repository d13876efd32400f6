"""The commit that images are made of, with what its repository says of it, and the tags that follow from that."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import dagger

from ci import known, program
from ci.together import both

VERSION: Final = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
"""Semantic versioning 2.0.0; the v is git's habit, not the version's."""

_CHECKOUT: Final = "/checkout"
_COMMITTED: Final = "/committed"
_SOURCE: Final = "/source"
_SHOWN: Final = 3
_SHORT: Final = 12
_LONGEST_TAG: Final = 128
_BRANCHES: Final = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit: its time in seconds since 1970, the tags at it, all tags, and the branch ("" for none).

    changes: the files that are not as in the commit, of those that a source was compared by.
    """

    commit: str
    time: int
    tags: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    branch: str = ""
    changes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The commit, or that it is not that commit (`git describe --dirty` says it so)."""
        return f"{self.commit}-dirty" if self.changes else self.commit

    @property
    def title(self) -> str:
        """The commit, its time and what was changed since, for people."""
        named = f"commit {self.commit} of {self.created}"
        if not self.changes:
            return named
        more = len(self.changes) - _SHOWN
        rest = f" and {more} more" if more > 0 else ""
        return f"{named}, with uncommitted changes of {', '.join(self.changes[:_SHOWN])}{rest}"

    @property
    def created(self) -> str:
        """The commit's time as RFC 3339 writes it."""
        return datetime.fromtimestamp(self.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of an image: those that stay where they are, and those that move to each new image."""

    fixed: tuple[str, ...]
    moving: tuple[str, ...]

    def ending(self, suffix: str) -> "Tags":
        """Return the tags of a variant: with its suffix; `latest` becomes the suffix's own, as in `latest-cuda`."""
        return Tags(
            tuple(f"{tag}{suffix}" for tag in self.fixed),
            tuple(f"{tag}{suffix}" for tag in self.moving),
        )


async def read(repository: dagger.GitRepository) -> Revision:
    """Ask a repository for its HEAD."""
    head = repository.head()
    return await _read(head, head.tree(include_tags=True))


async def compare(
    repository: dagger.GitRepository,
    source: dagger.Directory,
    material: Callable[[dagger.Directory], dagger.Directory],
) -> Revision:
    """Ask a repository for its HEAD, and compare a source with it by `material`, the part of either that matters."""
    head = repository.head()
    tree = known.once(head.tree(include_tags=True))

    async def changes() -> tuple[str, ...]:
        found = (
            (await program.container("changes"))
            .with_mounted_directory(_COMMITTED, material(tree))
            .with_mounted_directory(_SOURCE, material(source))
            .with_exec([_COMMITTED, _SOURCE], use_entrypoint=True)
        )
        return tuple(json.loads(await found.stdout()))

    revision, changed = await both(_read(head, tree), changes())
    return replace(revision, changes=changed)


async def _read(head: dagger.GitRef, tree: dagger.Directory) -> Revision:
    found = json.loads(
        await (await program.container("commit"))
        .with_mounted_directory(_CHECKOUT, tree)
        .with_exec([_CHECKOUT], use_entrypoint=True)
        .stdout()
    )
    name = await head.ref()
    return Revision(
        found["commit"],
        found["time"],
        tuple(found["tags"]),
        tuple(found["versions"]),
        name.removeprefix(_BRANCHES) if name.startswith(_BRANCHES) else "",
    )


def tags(revision: Revision) -> Tags:
    """Return the tags of a commit's images.

    Each version tag of git gives the version, and where it is no pre-release its series (1.2 and 1) and `latest`, as
    far as no later version of that series, or at all, is there. The commit gives sha-…, a branch its name.
    """
    fixed = [f"sha-{revision.commit[:_SHORT]}"]
    moving = [_tag(revision.branch)] if revision.branch else []
    released = {number for name in revision.versions if (number := _release(name))}
    for name in revision.tags:
        match = VERSION.fullmatch(name)
        if match is None:
            continue
        fixed.append(_tag(name.removeprefix("v")))
        number = _release(name)
        if number is None:
            continue
        major, minor, _ = number
        if number == max(other for other in released if other[:2] == number[:2]):
            moving.append(f"{major}.{minor}")
        # In a series 0 any version may break what used the one before: it has no tag of its own.
        if major and number == max(other for other in released if other[0] == major):
            moving.append(str(major))
        if number == max(released):
            moving.append("latest")
    return Tags(tuple(dict.fromkeys(fixed)), tuple(dict.fromkeys(moving)))


def _release(name: str) -> tuple[int, int, int] | None:
    match = VERSION.fullmatch(name)
    if match is None or match[4]:
        return None
    return int(match[1]), int(match[2]), int(match[3])


def _tag(name: str) -> str:
    """Return a name as a tag may be (distribution specification v1.1, "Pulling manifests")."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", name).lstrip(".-")[:_LONGEST_TAG]
