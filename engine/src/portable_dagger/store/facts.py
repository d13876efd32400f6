"""What the index knows of things that take space: what made them, how large they are, when they were last used.

A layer is private when a secret went into what made it, as far as the engine can tell: it stays in this store.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from portable_dagger.store.index import Index

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (
    place TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL DEFAULT '', title TEXT NOT NULL DEFAULT '',
    size INTEGER, measured REAL NOT NULL DEFAULT 0, created REAL NOT NULL, used REAL NOT NULL,
    uses INTEGER NOT NULL DEFAULT 0,
    private INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (place, name));
"""

UPGRADE = """
ALTER TABLE facts ADD COLUMN private INTEGER NOT NULL DEFAULT 0;
UPDATE facts SET private = 1 WHERE place = 'layer' AND kind IN ('exec', 'edit');
"""
"""What indexes lack that were made before layers could be private: of theirs nobody knows."""

DESCRIBE = (
    "INSERT INTO facts (place, name, kind, title, size, created, used) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET size = coalesce(excluded.size, size),"
    " kind = iif(excluded.kind = '', kind, excluded.kind),"
    " title = iif(excluded.title = '', title, excluded.title)"
)


class Fact(NamedTuple):
    """What is known of something that takes space; `size` in bytes is None until it was measured."""

    place: str
    name: str
    kind: str
    title: str
    size: int | None
    measured: float
    created: float
    used: float
    uses: int


class Facts:
    """The rows of an index."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def all(self) -> dict[tuple[str, str], Fact]:
        """Return all that is known of what takes space, by place and name."""
        with self._index.cursor() as cursor:
            rows = cursor.execute(
                "SELECT place, name, kind, title, size, measured, created, used, uses FROM facts"
            ).fetchall()
        return {(row[0], row[1]): Fact(*row) for row in rows}

    def of(self, place: str, name: str) -> Fact | None:
        """Return what is known of a thing; None for nothing."""
        with self._index.cursor() as cursor:
            row = cursor.execute(
                "SELECT place, name, kind, title, size, measured, created, used, uses FROM facts"
                " WHERE place = ? AND name = ?",
                (place, name),
            ).fetchone()
        return Fact(*row) if row else None

    def kind(self, place: str, name: str) -> str:
        """Return what made a thing; "" where that is not known."""
        found = self.of(place, name)
        return found.kind if found else ""

    def private(self, layers: Iterable[str]) -> bool:
        """Whether one of some layers is private."""
        with self._index.cursor() as cursor:
            row = cursor.execute(
                "SELECT 1 FROM facts WHERE private AND place = 'layer'"
                " AND name IN (SELECT value FROM json_each(?))",
                (json.dumps(list(layers)),),
            ).fetchone()
        return row is not None

    def describe(
        self, place: str, name: str, kind: str, title: str, size: int | None = None
    ) -> None:
        """Say what something that takes space is; what was said last holds."""
        now = time.time()
        with self._index.cursor() as cursor:
            cursor.execute(DESCRIBE, (place, name, kind, title, size, now, now))

    def measured(self, sizes: Mapping[tuple[str, str], int]) -> None:
        """Keep sizes that were measured now."""
        now = time.time()
        rows = [(place, name, size, now, now, now) for (place, name), size in sizes.items()]
        with self._index.transaction() as cursor:
            cursor.executemany(
                "INSERT INTO facts (place, name, size, measured, created, used) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET size = excluded.size, measured = excluded.measured",
                rows,
            )

    def used(self, uses: Iterable[tuple[str, str, float, int]]) -> None:
        """Keep last uses and counts of uses: place, name, time, number of uses since the last time."""
        things, steps = [], []
        for place, name, used, count in uses:
            if place == "step":
                steps.append((used, name))
            else:
                things.append((place, name, used, used, count))
        if not things and not steps:
            return
        with self._index.transaction() as cursor:
            cursor.executemany("UPDATE steps SET used = ? WHERE key = ?", steps)
            cursor.executemany(
                "INSERT INTO facts (place, name, created, used, uses) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET used = max(used, excluded.used), uses = uses + excluded.uses",
                things,
            )

    def forget(self, place: str, names: Iterable[str]) -> None:
        """Drop what is known of things that are gone."""
        rows = [(place, name) for name in names]
        with self._index.transaction() as cursor:
            cursor.executemany("DELETE FROM facts WHERE place = ? AND name = ?", rows)
