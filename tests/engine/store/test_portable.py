"""What of a store may go to another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.store import edit
from portable_dagger.store.copy import copy
from portable_dagger.store.portable import portable_steps
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def add_layer(store: Store, digest: str, *, private: bool = False) -> Snapshot:
    stage = store.stage()
    (stage.root / "file").write_text(digest)
    stage.commit(digest, "exec", private=private)
    return Snapshot((digest,))


def keys(store: Store) -> list[str]:
    return [step.key for step in portable_steps(store)]


def test_steps_go_whose_maker_said_so(store: Store) -> None:
    store.put_step("stays", {})
    store.put_step("goes", {"n": 1}, portable=True)
    (step,) = portable_steps(store)
    assert (step.key, step.value, step.layers) == ("goes", {"n": 1}, ())


def test_the_last_used_one_goes_first(store: Store) -> None:
    for key in ("one", "two", "three"):
        store.put_step(key, {}, portable=True)
    store.get_step("one")
    assert keys(store) == ["one", "three", "two"]
    assert portable_steps(store, since=4e9) == []


def test_what_lies_on_a_private_layer_stays(store: Store) -> None:
    add_layer(store, "sha256:open")
    add_layer(store, "sha256:private", private=True)
    store.put_step("open", {}, ["sha256:open"], portable=True)
    store.put_step("private", {}, ["sha256:open", "sha256:private"], portable=True)
    assert keys(store) == ["open"]


def test_what_is_taken_from_a_private_layer_is_private(store: Store) -> None:
    base = add_layer(store, "sha256:open")
    private = add_layer(store, "sha256:private", private=True)
    made = {
        "copied": copy(store, base, "/to", private, "/"),
        "edited": edit.write_file(store, private, "/other", b"text"),
        "squashed": edit.squashed(store, Snapshot((*base.layers, *private.layers))),
        "unrelated": edit.write_file(store, base, "/other", b"text"),
    }
    for key, snapshot in made.items():
        store.put_step(key, {}, snapshot.layers[-1:], portable=True)
    assert keys(store) == ["unrelated"]


def test_of_a_store_made_before_nobody_knows(store: Store, tmp_path: Path) -> None:
    add_layer(store, "sha256:old")
    store.put_step("old", {}, ["sha256:old"])
    with store.index.cursor() as cursor:
        cursor.execute("ALTER TABLE facts DROP COLUMN private")
        cursor.execute("ALTER TABLE steps DROP COLUMN portable")
    store.close()
    opened = Store(tmp_path / "store")
    opened.put_step("on it", {}, ["sha256:old"], portable=True)
    assert opened.get_step("old") == {}
    assert keys(opened) == []
    opened.close()
