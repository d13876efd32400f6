"""What garbage collection takes, as pure functions of what there is. Sizes are in bytes, times since the epoch.

The limits are the reference engine's: a tenth of the disk, 10 GB at most, is kept in any case; the store takes
three quarters of the disk at most, and leaves a fifth of it free. What nothing used for 60 days goes too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from portable_dagger.store.sizes import Space, parse_duration, parse_size, size_setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GB: Final = 10**9
RESERVED_PART, RESERVED_MOST = "10%", 10 * GB
LARGEST, FREE, AGE = "75%", "20%", "60d"
FLOOR_PART, FLOOR_MOST = "1%", GB // 2

LASTING: Final = frozenset({"image", "stand-in", "layer", "volume", "packages"})
"""Kinds that are dear to get again; `layer` is one of which it was not written down what made it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that takes space and can be made again.

    `place` says how the store keeps it (layer, blob, volume, import, module, packages), `kind` what made it, `title`
    what it is. `active`: something that runs may need it, so it stays.
    """

    place: str
    name: str
    kind: str
    title: str
    size: int
    created: float
    used: float
    uses: int
    active: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits in bytes, and the age in seconds after which what is not used goes.

    Collection begins when the store has more than `largest` or the disk less than `free`, and ends at these limits, or
    at `target` if that is smaller; never below `reserved`.
    """

    reserved: int
    largest: int
    free: int
    target: int = 0
    age: float | None = None

    def excess(self, used: int, disk: Space) -> int:
        """Return how many bytes have to go of a store that takes `used`."""
        over = max(used - self.largest, self.free - disk.free)
        if over <= 0 or used <= self.reserved:
            return 0
        wanted = max(over, used - self.target) if self.target else over
        return min(wanted, used - self.reserved)


def configured(environment: Mapping[str, str], disk: Space) -> Policy:
    """Return the policy of the settings (docs/reference/engine.md); QueryError names one that does not parse."""

    def size(name: str, default: str) -> int:
        return size_setting(environment, name, default, disk.total)

    reserved = str(min(RESERVED_MOST, parse_size(RESERVED_PART, disk.total)))
    return Policy(
        reserved=size("PORTABLE_DAGGER_CACHE_RESERVED", reserved),
        largest=size("PORTABLE_DAGGER_CACHE_MAX", LARGEST),
        free=size("PORTABLE_DAGGER_CACHE_FREE", FREE),
        age=parse_duration(environment.get("PORTABLE_DAGGER_CACHE_AGE") or AGE),
    )


def floor(environment: Mapping[str, str], disk: Space) -> int:
    """Return how many bytes must be free before a step may write."""
    default = str(min(FLOOR_MOST, parse_size(FLOOR_PART, disk.total)))
    return size_setting(environment, "PORTABLE_DAGGER_DISK_FLOOR", default, disk.total)


def oldest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Return what may go, least recently used first; of equals the younger, which lies on the older."""
    return sorted((e for e in entries if not e.active), key=lambda e: (e.used, -e.created))


def chosen(entries: Iterable[Entry], policy: Policy, disk: Space, now: float) -> list[Entry]:
    """Return what the policy takes: what is too old, then as much as is too much."""
    everything = list(entries)
    excess = policy.excess(sum(entry.size for entry in everything), disk)
    taken = []
    for entry in oldest_first(everything):
        if excess > 0 or (policy.age is not None and entry.used < now - policy.age):
            taken.append(entry)
            excess -= entry.size
    return taken


def asked(
    entries: Iterable[Entry], *, everything: bool, keep: int, before: float | None
) -> list[Entry]:
    """Return what a user's prune takes: the least recently used, down to `keep` bytes.

    With `before` only what was not used since. Without `everything` images, cache volumes and installed packages stay.
    """
    present = list(entries)
    left = sum(entry.size for entry in present)
    taken = []
    for entry in oldest_first(present):
        if left <= keep:
            break
        if (everything or entry.kind not in LASTING) and (before is None or entry.used < before):
            taken.append(entry)
            left -= entry.size
    return taken
