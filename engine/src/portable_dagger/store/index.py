"""The store's index: one SQLite file that says which layers, steps, recipes and volumes there are."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any

from portable_dagger.store.disk import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
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


class Index:
    """Rows by key; thread-safe by one lock, since every call is short."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    @contextlib.contextmanager
    def _cursor(self) -> Iterator[sqlite3.Cursor]:
        with (
            self._lock,
            disk_errors(self._path),
            contextlib.closing(self._database.cursor()) as cursor,
        ):
            yield cursor

    def layers(self) -> dict[str, int]:
        """Return every layer's number by digest."""
        with self._cursor() as cursor:
            return dict(cursor.execute("SELECT digest, number FROM layers"))

    def add_layer(self, digest: str, number: int) -> None:
        """Record a layer that is in place."""
        now = time.time()
        with self._cursor() as cursor:
            cursor.execute("INSERT INTO layers VALUES (?, ?, ?, ?)", (number, digest, now, now))

    def remove_layer(self, digest: str) -> None:
        """Forget a layer."""
        with self._cursor() as cursor:
            cursor.execute("DELETE FROM layers WHERE digest = ?", (digest,))

    def step(self, key: str) -> tuple[dict[str, Any], list[str]] | None:
        """Return a step's value and the layers that it needs."""
        with self._cursor() as cursor:
            row = cursor.execute("SELECT value, layers FROM steps WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            cursor.execute("UPDATE steps SET used = ? WHERE key = ?", (time.time(), key))
        return json.loads(row[0]), json.loads(row[1])

    def put_step(self, key: str, value: Mapping[str, Any], layers: Sequence[str]) -> None:
        """Keep a step's value; an older one is replaced."""
        now = time.time()
        with self._cursor() as cursor:
            cursor.execute(
                "INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?, ?)",
                (key, json.dumps(value), json.dumps(list(layers)), now, now),
            )

    def recipe(self, digest: str) -> str | None:
        """Return the text of a recipe."""
        with self._cursor() as cursor:
            row = cursor.execute("SELECT text FROM recipes WHERE digest = ?", (digest,)).fetchone()
        return row[0] if row else None

    def put_recipes(self, recipes: Mapping[str, str]) -> None:
        """Keep recipes by digest."""
        with self._cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.executemany("INSERT OR IGNORE INTO recipes VALUES (?, ?)", recipes.items())
            cursor.execute("COMMIT")

    def content(self, key: str) -> str | None:
        """Return a content digest that was computed before."""
        with self._cursor() as cursor:
            row = cursor.execute("SELECT digest FROM contents WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def put_content(self, key: str, digest: str) -> None:
        """Keep a content digest."""
        with self._cursor() as cursor:
            cursor.execute("INSERT OR REPLACE INTO contents VALUES (?, ?)", (key, digest))

    def volume(self, key: str) -> int:
        """Return the number of a cache volume; a new one is given to a new key."""
        with self._cursor() as cursor:
            cursor.execute(
                "INSERT OR IGNORE INTO volumes (key, created) VALUES (?, ?)", (key, time.time())
            )
            row = cursor.execute("SELECT number FROM volumes WHERE key = ?", (key,)).fetchone()
        return int(row[0])

    def volumes(self) -> dict[str, int]:
        """Return every cache volume's number by key."""
        with self._cursor() as cursor:
            return dict(cursor.execute("SELECT key, number FROM volumes"))
