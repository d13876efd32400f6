"""Origins of layers: the same on two machines that did the same."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from portable_dagger.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def layer(store: Store, text: str, kind: str, digest: str = "") -> str:
    """Return a layer with one file."""
    stage = store.stage()
    (stage.root / "file").write_text(text)
    name = digest or "sha256:" + secrets.token_hex(32)
    stage.commit(name, kind, "of a test")
    return name


def test_two_stores_agree_and_find_each_others_layers(tmp_path: Path) -> None:
    here, there = Store(tmp_path / "here"), Store(tmp_path / "there")
    image = "sha256:" + "a" * 64
    made = []
    for store in (here, there):
        base = layer(store, "base", "stand-in", image)
        edit = layer(store, "edit", "edit")
        result = layer(store, secrets.token_hex(4), "exec")
        store.origins.record(result, ["exec", {"args": ["true"]}], [base, edit])
        made.append(result)
    assert here.origins.of(made[0]) == there.origins.of(made[1])
    assert there.origins.find(here.origins.of(made[0])) == made[1]
    assert here.origins.of(image) == image


def test_other_inputs_are_another_origin(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first, second, third = (layer(store, name, "exec") for name in "abc")
    store.origins.record(first, ["a"], [])
    store.origins.record(second, ["b"], [])
    store.origins.record(third, ["a"], [first])
    assert len({store.origins.of(made) for made in (first, second, third)}) == 3
    assert store.origins.find("sha256:unknown") is None


def test_origins_are_kept_over_a_restart_and_end_with_their_layer(tmp_path: Path) -> None:
    store = Store(tmp_path)
    made = layer(store, "a", "exec")
    store.origins.record(made, ["a"], [])
    origin = store.origins.of(made)
    store.close()
    again = Store(tmp_path)
    assert again.origins.of(made) == origin
    assert again.origins.find(origin) == made
    assert again.drop_layers([made], float("inf")) == [made]
    assert again.origins.find(origin) is None
