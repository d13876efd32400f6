"""Says what git knows of a checkout's commit: `python -m ci.programs.commit FOLDER`.

Prints a JSON object: commit (40 hexadecimal digits), time (of the commit, seconds since 1970), tags (at this commit)
and versions (all tags). The API of Dagger answers neither the time nor which tags a commit has.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, TypedDict

from dulwich.objects import Commit, Tag
from dulwich.repo import Repo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dulwich.objects import ObjectID

_TAGS = b"refs/tags/"


class Facts(TypedDict):
    """What the program prints."""

    commit: str
    time: int
    tags: list[str]
    versions: list[str]


def facts(folder: str) -> Facts:
    """Read a checkout's HEAD and tags."""
    with Repo(folder) as repository:
        head = repository.head()
        commit = repository[head]
        assert isinstance(commit, Commit)
        tags = {
            name.removeprefix(_TAGS).decode(): _peeled(repository, target)
            for name, target in repository.get_refs().items()
            if name.startswith(_TAGS)
        }
    return {
        "commit": head.decode(),
        "time": commit.commit_time,
        "tags": sorted(name for name, target in tags.items() if target == head),
        "versions": sorted(tags),
    }


def _peeled(repository: Repo, target: ObjectID) -> ObjectID:
    """Return what an annotated tag, or a tag of a tag, is of."""
    while target in repository.object_store and isinstance(found := repository[target], Tag):
        target = found.object[1]
    return target


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m ci.programs.commit", description=__doc__)
    parser.add_argument("folder")
    print(json.dumps(facts(parser.parse_args(arguments).folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
