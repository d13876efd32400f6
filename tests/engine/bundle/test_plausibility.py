"""Descriptions that no engine writes are refused, whatever they ask for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from portable_dagger.bundle.description import decode, encode
from portable_dagger.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.bundle.conftest import Made


def step(**fields: object) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["steps"][0].update(fields)


def place(**fields: object) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["steps"][0]["place"].update(fields)


def mount(**fields: object) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["steps"][0]["place"]["mounts"][0].update(fields)


def service(**fields: object) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["services"][0].update(fields)


def bound(value: dict[str, Any]) -> None:
    value["services"][0]["place"]["services"] = [["itself", "database"]]


ODD: dict[str, Callable[[dict[str, Any]], object]] = {
    "another layer": place(root=["sha256:" + "0" * 64]),
    "no words": place(args=[]),
    "image": place(image="x; reboot"),
    "unknown service": place(services=[["db", "none"]]),
    "itself": bound,
    "kind": step(kind="host"),
    "expect": step(expect="NOTHING"),
    "memory": step(memory=-1),
    "processes": step(processes=2**70),
    "started": step(started=float("inf")),
    "created": lambda value: value.update(created=float("nan")),
    "far": lambda value: value.update(created=1e300),
    "record": lambda value: value.update(record="$(reboot)"),
    "source": step(source="src"),
    "mount kind": mount(kind="bind"),
    "mount above": mount(target="/a/../../etc"),
    "mount relative": mount(target="work"),
    "mount root": mount(target="/"),
    "mount plain": mount(target="/a//b"),
    "path": mount(path="../x"),
    "content": mount(content=""),
    "owner": mount(owner=[0, 2**32]),
    "mode": mount(mode=2**20),
    "digits": mount(mode=10**400),
    "name": mount(name="\udcff"),
    "port": service(ports=[{"port": 2**16}]),
    "protocol": service(ports=[{"port": 1, "protocol": "SCTP"}]),
}


def test_what_engines_write_is_plausible(made: Made) -> None:
    assert decode(encode(made.description)) == made.description


@pytest.mark.parametrize("name", ODD)
def test_what_no_engine_writes_is_refused(made: Made, name: str) -> None:
    value = json.loads(encode(made.description))
    ODD[name](value)
    with pytest.raises(BundleError, match="the bundle's description has"):
        decode(json.dumps(value).encode())


def test_json_that_is_too_deep_is_refused() -> None:
    with pytest.raises(BundleError, match="cannot be read"):
        decode(b'{"format": 1, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
