"""Looks into a vulnerability database of Trivy: `python -m ci.programs.feed FILE`.

Prints a JSON object: digest (SHA-256, hexadecimal), vulnerabilities (how many it describes) and sources (how many lists
of advisories it has, each of one ecosystem or distribution, empty ones not counted). Returns 1 with a message on
standard error if it is no database.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import mmap
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

from ci.programs import bolt
from ci.programs.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Sequence

_VULNERABILITIES: Final = "vulnerability"
# Buckets of trivy-db that are no lists of advisories.
_OTHERS: Final = frozenset({_VULNERABILITIES, "data-source", "metadata"})


class Facts(TypedDict):
    """What the program prints."""

    digest: str
    vulnerabilities: int
    sources: int


def facts(path: Path) -> Facts:
    """Read a database. Raises DatabaseError."""
    if not path.stat().st_size:
        raise DatabaseError("it has no byte")
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as content,
    ):
        digest = hashlib.sha256(content).hexdigest()
        try:
            found = {name: bucket.size() for name, bucket in bolt.root(content).buckets().items()}
        except struct.error as error:
            raise DatabaseError(f"the database is cut short: {error}") from error
    lists = [size for name, size in found.items() if size and name not in _OTHERS]
    return {
        "digest": digest,
        "vulnerabilities": found.get(_VULNERABILITIES, 0),
        "sources": len(lists),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m ci.programs.feed", description=__doc__)
    parser.add_argument("file", type=Path)
    try:
        print(json.dumps(facts(parser.parse_args(arguments).file)))
    except DatabaseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
