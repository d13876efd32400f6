"""Garbage collection: what the store and the engine's other folders hold, and taking what a policy chooses.

Something in use, that is, which was used since the oldest running session began, stays. What goes first loses its row
in the index, then its place (it is renamed into the trash), then its files: so a kill in between loses nothing that the
index still knows, and leaves nothing half (Store._clean finds what has a place and no row).
"""

from __future__ import annotations

import dataclasses
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from portable_dagger.errors import CollectionStoppedError
from portable_dagger.store import policy
from portable_dagger.store.policy import Entry, Policy
from portable_dagger.store.sizes import size_of, space

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from portable_dagger.store.facts import Fact
    from portable_dagger.store.store import Store

WEEK_AND_DAY: Final = 8 * 86_400.0
"""Seconds after which no kept result of a function needs its recipes any more: the longest are kept for a week."""

KINDS: Final = {"volume": "volume", "import": "import", "module": "module", "packages": "packages"}
"""What things are whose place says it all."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What went: entries, and bytes by their sizes."""

    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        """Bytes that the entries took."""
        return sum(entry.size for entry in self.entries)


class Collection:
    """The collector of a store.

    `folders` are further places of the engine whose entries can be made again, such as `packages`; `since` says when
    the oldest running session began (now if there is none).
    """

    def __init__(
        self, store: Store, folders: Mapping[str, Path], since: Callable[[], float]
    ) -> None:
        self._store = store
        self._folders = {**folders, "import": store.root / "imports"}
        self._since = since
        self._lock = threading.RLock()
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End what is under way, and wait until it has ended; nothing can be asked any more."""
        self._stopped.set()
        with self._lock:
            return

    def check(self) -> None:
        """Raise CollectionStoppedError once the collector was stopped."""
        if self._stopped.is_set():
            raise CollectionStoppedError("the engine stops, so the cache was not looked through")

    def entries(self, check: Callable[[], None] | None = None) -> list[Entry]:
        """Return all that takes space; what has no known size yet is measured, which may take seconds.

        `check` is called all the time and may end it by raising: what was measured until then is kept.
        """
        with self._lock:
            return self._entries(check or self.check)

    def _entries(self, check: Callable[[], None]) -> list[Entry]:
        check()
        store = self._store
        store.write_usage()
        facts = store.facts.all()
        since = self._since()
        sizes: dict[tuple[str, str], int] = {}
        found = []
        try:
            for place, name, path in self._places():
                fact = facts.get((place, name))
                if _unmeasured(place, fact):
                    sizes[place, name] = size_of(path, check)
                found.append(self._entry(place, name, fact, since))
        finally:
            store.facts.measured(sizes)
        return [
            dataclasses.replace(entry, size=sizes.get((entry.place, entry.name), entry.size))
            for entry in found
        ]

    def collect(
        self,
        choose: Callable[[list[Entry]], list[Entry]],
        check: Callable[[], None] | None = None,
    ) -> Collected:
        """Take what `choose` picks of the entries, but what came into use meanwhile; `check` as in `entries`."""
        with self._lock:
            gone = self._take(choose(self.entries(check)))
            self._forget_steps()
            self._store.empty_trash(self.check)
        return Collected(tuple(gone))

    def empty_trash(self) -> None:
        """Delete what was taken, if an engine before was killed at it."""
        with self._lock:
            self._store.empty_trash(self.check)

    def tidy(self, rules: Policy, check: Callable[[], None] | None = None) -> Collected:
        """Take what the policy takes, and bookkeeping that nothing needs any more."""
        disk = space(self._store.root)
        with self._lock:
            done = self.collect(
                lambda entries: policy.chosen(entries, rules, disk, time.time()), check
            )
            self._store.index.trim(time.time() - WEEK_AND_DAY)
        return done

    def _places(self) -> list[tuple[str, str, Path]]:
        """Return place, name and path of all that takes space."""
        store = self._store
        found = [("layer", digest, store.layer_path(digest)) for digest in store.layers]
        found += [("volume", key, path) for key, path in store.volumes().items() if path.exists()]
        folders = {**self._folders, "blob": store.root / "blobs"}
        for place, folder in folders.items():
            if folder.is_dir():
                found += [
                    (place, p.name, p) for p in folder.iterdir() if not p.name.startswith(".")
                ]
        return found

    def _entry(self, place: str, name: str, fact: Fact | None, since: float) -> Entry:
        last = self._store.usage.last(place, name)
        used = max(fact.used if fact else time.time(), last)
        return Entry(
            place=place,
            name=name,
            kind=(fact.kind if fact else "") or KINDS.get(place, place),
            title=(fact.title if fact else "") or name,
            size=(fact.size if fact else 0) or 0,
            created=fact.created if fact else used,
            used=used,
            uses=fact.uses if fact else 0,
            active=last >= since,
        )

    def _take(self, entries: list[Entry]) -> list[Entry]:
        store, since = self._store, self._since()
        wanted = [entry.name for entry in entries if entry.place == "layer"]
        layers = set(store.drop_layers(wanted, since))
        gone = []
        for entry in entries:
            match entry.place:
                case "layer":
                    taken = entry.name in layers
                case "volume":
                    taken = store.drop_volume(entry.name, since)
                case "blob":
                    taken = store.drop_path("blob", store.blob_path(entry.name), since)
                case place:
                    taken = store.drop_path(place, self._folders[place] / entry.name, since)
            if taken:
                gone.append(entry)
        for place in {entry.place for entry in gone}:
            store.facts.forget(place, [entry.name for entry in gone if entry.place == place])
        return gone

    def _forget_steps(self) -> None:
        """Forget the steps whose layers or blobs are gone."""
        store = self._store
        # Read first: what comes into the store meanwhile is then among what is there.
        needs = list(store.index.needs())
        layers = set(store.layers)
        blobs = {f"sha256:{path.name}" for path in (store.root / "blobs").iterdir()}
        lost = [
            key
            for key, needed, outputs in needs
            if not (layers.issuperset(needed) and blobs.issuperset(outputs))
        ]
        if lost:
            store.index.remove_steps(lost)


def _unmeasured(place: str, fact: Fact | None) -> bool:
    """Whether the size is not known, or may be another one by now; layers and blobs never change."""
    if fact is None or fact.size is None:
        return True
    return place not in {"layer", "blob"} and fact.measured < fact.used
