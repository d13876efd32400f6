"""The store's index: one SQLite file that says which layers, steps, recipes and volumes there are."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any

from portable_dagger.store import facts
from portable_dagger.store.disk import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS layers (
    number INTEGER PRIMARY KEY, digest TEXT UNIQUE NOT NULL, created REAL NOT NULL, used REAL NOT NULL);
CREATE TABLE IF NOT EXISTS steps (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, layers TEXT NOT NULL, created REAL NOT NULL, used REAL NOT NULL);
CREATE TABLE IF NOT EXISTS recipes (digest TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS volumes (number INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS contents (key TEXT PRIMARY KEY, digest TEXT NOT NULL);
"""

UPGRADE = """
ALTER TABLE recipes ADD COLUMN kept REAL NOT NULL DEFAULT 0;
UPDATE recipes SET kept = strftime('%s', 'now');
ALTER TABLE steps ADD COLUMN blobs TEXT NOT NULL DEFAULT '[]';
UPDATE steps SET blobs = json_array(
    json_extract(value, '$.stdout'), json_extract(value, '$.stderr'), json_extract(value, '$.combined'))
    WHERE json_extract(value, '$.combined') IS NOT NULL;
"""
"""What indexes lack that were made before there was a collection."""

PORTABLE = "ALTER TABLE steps ADD COLUMN portable INTEGER NOT NULL DEFAULT 0;"
"""What indexes lack that were made before steps could go to another store."""

CONTENTS = 200_000
"""How many digests of contents are remembered."""


class Index:
    """Rows by key; thread-safe by one lock, since every call is short."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(SCHEMA + facts.SCHEMA)
        columns = {row[1] for row in self._database.execute("PRAGMA table_info(steps)")}
        if "blobs" not in columns:
            self._database.executescript(UPGRADE)
        if "portable" not in columns:
            self._database.executescript(PORTABLE)
        columns = {row[1] for row in self._database.execute("PRAGMA table_info(facts)")}
        if "private" not in columns:
            self._database.executescript(facts.UPGRADE)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    @contextlib.contextmanager
    def cursor(self) -> Iterator[sqlite3.Cursor]:
        """Hold the database alone; each statement is written by itself."""
        with (
            self._lock,
            disk_errors(self._path),
            contextlib.closing(self._database.cursor()) as cursor,
        ):
            yield cursor

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Cursor]:
        """Hold the database alone; the statements are written together, or none of them."""
        with self.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")

    def layers(self) -> dict[str, int]:
        """Return every layer's number by digest."""
        with self.cursor() as cursor:
            return dict(cursor.execute("SELECT digest, number FROM layers"))

    def add_layer(self, digest: str, number: int, kind: str, title: str, *, private: bool) -> None:
        """Record a layer that is in place, what made it and what it is; `private` as in store.facts."""
        now = time.time()
        with self.transaction() as cursor:
            cursor.execute("INSERT INTO layers VALUES (?, ?, ?, ?)", (number, digest, now, now))
            cursor.execute(facts.DESCRIBE, ("layer", digest, kind, title, None, now, now))
            cursor.execute(
                "UPDATE facts SET private = ? WHERE place = 'layer' AND name = ?", (private, digest)
            )

    def remove_layers(self, digests: Iterable[str]) -> None:
        """Forget layers, all at once or none."""
        names = [(digest,) for digest in digests]
        with self.transaction() as cursor:
            cursor.executemany("DELETE FROM layers WHERE digest = ?", names)
            cursor.executemany("DELETE FROM facts WHERE place = 'layer' AND name = ?", names)

    def step(self, key: str) -> tuple[dict[str, Any], list[str], list[str]] | None:
        """Return a step's value, and the layers and blobs that it needs."""
        with self.cursor() as cursor:
            row = cursor.execute(
                "SELECT value, layers, blobs FROM steps WHERE key = ?", (key,)
            ).fetchone()
        return (json.loads(row[0]), json.loads(row[1]), json.loads(row[2])) if row else None

    def put_step(
        self,
        key: str,
        value: Mapping[str, Any],
        layers: Sequence[str],
        blobs: Sequence[str],
        *,
        portable: bool,
    ) -> None:
        """Keep a step's value; an older one is replaced."""
        now = time.time()
        texts = (json.dumps(value), json.dumps(list(layers)))
        with self.cursor() as cursor:
            cursor.execute(
                "INSERT OR REPLACE INTO steps (key, value, layers, created, used, blobs, portable)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (key, *texts, now, now, json.dumps(list(blobs)), portable),
            )

    def needs(self) -> Iterator[tuple[str, list[str], list[str]]]:
        """Return every step's key, and the layers and blobs that it needs."""
        with self.cursor() as cursor:
            rows = cursor.execute("SELECT key, layers, blobs FROM steps").fetchall()
        return ((key, json.loads(layers), json.loads(blobs)) for key, layers, blobs in rows)

    def remove_steps(self, keys: Iterable[str]) -> None:
        """Forget steps."""
        with self.transaction() as cursor:
            cursor.executemany("DELETE FROM steps WHERE key = ?", [(key,) for key in keys])

    def trim(self, before: float) -> None:
        """Forget steps without files and recipes that are older than a time, and the oldest contents."""
        with self.transaction() as cursor:
            cursor.execute(
                "DELETE FROM steps WHERE layers = '[]' AND blobs = '[]' AND used < ?", (before,)
            )
            cursor.execute("DELETE FROM recipes WHERE kept < ?", (before,))
            cursor.execute(
                "DELETE FROM contents WHERE rowid <= (SELECT max(rowid) FROM contents) - ?",
                (CONTENTS,),
            )

    def recipe(self, digest: str) -> str | None:
        """Return the text of a recipe."""
        with self.cursor() as cursor:
            row = cursor.execute("SELECT text FROM recipes WHERE digest = ?", (digest,)).fetchone()
        return row[0] if row else None

    def put_recipes(self, recipes: Mapping[str, str]) -> None:
        """Keep recipes by digest; those of a result that is kept anew are as new as that."""
        now = time.time()
        with self.transaction() as cursor:
            cursor.executemany(
                "INSERT INTO recipes VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET kept = excluded.kept",
                [(digest, text, now) for digest, text in recipes.items()],
            )

    def content(self, key: str) -> str | None:
        """Return a content digest that was computed before."""
        with self.cursor() as cursor:
            row = cursor.execute("SELECT digest FROM contents WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def put_content(self, key: str, digest: str) -> None:
        """Keep a content digest."""
        with self.cursor() as cursor:
            cursor.execute("INSERT OR REPLACE INTO contents VALUES (?, ?)", (key, digest))

    def volume(self, key: str) -> int:
        """Return the number of a cache volume; a new one is given to a new key."""
        with self.cursor() as cursor:
            cursor.execute(
                "INSERT OR IGNORE INTO volumes (key, created) VALUES (?, ?)", (key, time.time())
            )
            row = cursor.execute("SELECT number FROM volumes WHERE key = ?", (key,)).fetchone()
        return int(row[0])

    def volumes(self) -> dict[str, int]:
        """Return every cache volume's number by key."""
        with self.cursor() as cursor:
            return dict(cursor.execute("SELECT key, number FROM volumes"))

    def remove_volume(self, key: str) -> None:
        """Forget a cache volume."""
        with self.transaction() as cursor:
            cursor.execute("DELETE FROM volumes WHERE key = ?", (key,))
            cursor.execute("DELETE FROM facts WHERE place = 'volume' AND name = ?", (key,))

    def shrink(self) -> None:
        """Give space that rows left behind back to the disk."""
        with self.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
