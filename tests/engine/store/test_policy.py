"""What garbage collection takes, as values."""

from __future__ import annotations

from portable_dagger.store import policy
from portable_dagger.store.policy import Entry, Policy
from portable_dagger.store.sizes import Space

GB = 10**9
DISK = Space(total=100 * GB, free=50 * GB)
NOW = 1000 * 86_400.0


def entry(name: str, size: int, used: float, *, kind: str = "exec", active: bool = False) -> Entry:
    return Entry("layer", name, kind, name, size, used, used, 1, active)


def names(entries: list[Entry]) -> list[str]:
    return [found.name for found in entries]


def test_the_defaults_are_those_of_the_reference_engine() -> None:
    assert policy.configured({}, DISK) == Policy(10 * GB, 75 * GB, 20 * GB, age=60 * 86_400)
    small = Space(total=GB, free=GB)
    assert policy.configured({}, small).reserved == GB // 10
    assert policy.floor({}, small) == GB // 100
    assert policy.floor({}, DISK) == GB // 2


def test_settings() -> None:
    given = {
        "PORTABLE_DAGGER_CACHE_MAX": "30GB",
        "PORTABLE_DAGGER_CACHE_FREE": "5%",
        "PORTABLE_DAGGER_CACHE_RESERVED": "1GB",
        "PORTABLE_DAGGER_CACHE_AGE": "7d",
        "PORTABLE_DAGGER_DISK_FLOOR": "2GB",
    }
    assert policy.configured(given, DISK) == Policy(GB, 30 * GB, 5 * GB, age=7 * 86_400)
    assert policy.floor(given, DISK) == 2 * GB


def test_excess() -> None:
    rules = Policy(reserved=10, largest=100, free=20)
    roomy, tight = Space(1000, 500), Space(1000, 5)
    assert rules.excess(90, roomy) == 0
    assert rules.excess(130, roomy) == 30
    assert rules.excess(90, tight) == 15
    assert rules.excess(12, tight) == 2
    assert rules.excess(9, tight) == 0
    assert Policy(10, 100, 20, target=60).excess(130, roomy) == 70
    assert Policy(10, 100, 20, target=60).excess(90, roomy) == 0


def test_the_least_recently_used_goes_first_and_no_more_than_needed() -> None:
    entries = [entry("new", 40, NOW - 1), entry("old", 40, NOW - 9), entry("mid", 40, NOW - 5)]
    rules = Policy(reserved=0, largest=70, free=0)
    assert names(policy.chosen(entries, rules, DISK, NOW)) == ["old", "mid"]


def test_what_is_in_use_stays_and_what_is_too_old_goes() -> None:
    entries = [
        entry("used", 90, NOW - 9, active=True),
        entry("ancient", 1, NOW - 61 * 86_400),
        entry("ancient, used", 1, NOW - 61 * 86_400, active=True),
        entry("new", 1, NOW - 1),
    ]
    rules = Policy(reserved=0, largest=1000, free=0, age=60 * 86_400)
    assert names(policy.chosen(entries, rules, DISK, NOW)) == ["ancient"]


def test_of_equals_the_younger_goes_first() -> None:
    below, above = entry("below", 1, NOW), entry("above", 1, NOW)
    below = Entry(**{**{f: getattr(below, f) for f in Entry.__slots__}, "created": 1.0})
    assert names(policy.oldest_first([below, above])) == ["above", "below"]


def test_what_users_ask_for() -> None:
    entries = [
        entry("image", 50, NOW - 900, kind="image"),
        entry("cache", 50, NOW - 800, kind="volume"),
        entry("old", 50, NOW - 700),
        entry("new", 50, NOW - 1),
        entry("used", 50, NOW - 950, active=True),
    ]

    def asked(*, everything: bool = False, keep: int = 0, before: float | None = None) -> list[str]:
        return names(policy.asked(entries, everything=everything, keep=keep, before=before))

    assert asked() == ["old", "new"]
    assert asked(everything=True) == ["image", "cache", "old", "new"]
    assert asked(before=NOW - 60) == ["old"]
    assert asked(keep=200) == ["old"]
    assert asked(keep=250) == []
