"""Changes of dagger.json."""

from __future__ import annotations

import json

import pytest

from portable_dagger.errors import ModuleConfigError
from portable_dagger.modules import configuring

CONFIG = {
    "own": 1,
    "dependencies": ["../plain", {"name": "late", "source": "github.com/a/b/c@v1", "pin": "f00"}],
    "sdk": {"source": "python", "debug": True},
    "name": "it",
}


def test_text_has_the_usual_order_and_nothing_empty() -> None:
    text = configuring.text({**CONFIG, "include": [], "source": "", "blueprint": None})
    assert list(json.loads(text)) == ["name", "sdk", "dependencies", "own"]
    assert text.endswith("}\n")


def test_sdk_keeps_its_settings() -> None:
    assert configuring.sdk_of({"sdk": "python"}) == configuring.sdk_of(CONFIG) == "python"
    assert configuring.with_sdk(CONFIG, "python")["sdk"]["debug"] is True
    assert configuring.with_sdk(CONFIG, "go")["sdk"] == {"source": "go"}


def test_features() -> None:
    enabled = configuring.with_features(CONFIG, ["SELF_CALLS"], enabled=True)
    assert enabled["sdk"]["experimental"] == {"SELF_CALLS": True}
    assert configuring.with_features(enabled, ["SELF_CALLS"], enabled=False)["sdk"] == CONFIG["sdk"]


def test_dependencies_are_sorted_and_replaced_by_name() -> None:
    added = [{"name": "late", "source": "../late"}, {"name": "b", "source": "../b"}]
    found = configuring.with_entries(CONFIG, "dependencies", added)["dependencies"]
    assert [entry["source"] for entry in found] == ["../b", "../late", "../plain"]


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        ("plain", ["github.com/a/b/c@v1"]),
        ("../plain/", ["github.com/a/b/c@v1"]),
        ("late", ["../plain"]),
        ("github.com/a/b/c", ["../plain"]),
        ("github.com/a/b/c@v1", ["../plain"]),
    ],
)
def test_dependencies_are_removed_by_name_or_source(wanted: str, left: list[str]) -> None:
    found = configuring.without_entries(CONFIG, "dependencies", [wanted])["dependencies"]
    assert [entry["source"] for entry in found] == left


@pytest.mark.parametrize("wanted", ["other", "github.com/a/b/c@v2"])
def test_what_is_not_there_cannot_be_removed(wanted: str) -> None:
    with pytest.raises(ModuleConfigError, match="not among the dependencies") as raised:
        configuring.without_entries(CONFIG, "dependencies", [wanted])
    assert raised.value.hint == "there are: plain, late"


def test_clients_are_named_by_their_directory() -> None:
    one = configuring.with_client({}, "python", "client")
    assert configuring.with_client(one, "go", "./client")["clients"] == [
        {"generator": "go", "directory": "./client"}
    ]
    assert configuring.without_client(one, "client/")["clients"] == []
