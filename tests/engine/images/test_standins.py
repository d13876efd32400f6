"""The recipes as data; test_standin builds them."""

from __future__ import annotations

import dataclasses
import subprocess
from typing import TYPE_CHECKING

import pytest

from portable_dagger.images import platform as platforms
from portable_dagger.images import standins
from portable_dagger.images.reference import parse
from portable_dagger.images.standins import debian, foreign, postgres, python
from portable_dagger.images.standins.recipe import ANNOTATION, data_path

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.images.standins.recipe import StandIn

FOREIGN = ("linux/amd64", "linux/arm64")


def find(text: str) -> StandIn:
    found = standins.find(parse(text))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        "debian:bookworm-slim",
        "debian:12-slim",
        "docker.io/library/debian:trixie-slim",
        "python:3.9-slim",
        "python:3.12-slim-bookworm",
        "postgres:15",
        "postgres:15-bookworm",
    ],
)
def test_known_names(text: str) -> None:
    stand_in = find(text)
    for variant in stand_in.variants:
        assert dict(variant.config.annotations) == {ANNOTATION: stand_in.name}
        assert variant.layer.chain()[0].script == "debian.sh"


@pytest.mark.parametrize(
    "text",
    [
        "debian:bookworm-slim@sha256:" + "0" * 64,
        "debian",
        "debian:sid",
        "python:3.8-slim",
        "python:3.12",
        "python:3.12-alpine",
        "python:3.11-slim-trixie",
        "python:3.12-slim-trixie",
        "postgres:15-alpine",
        "postgres",
        "other/debian:bookworm-slim",
        "registry.example/library/debian:bookworm-slim",
    ],
)
def test_no_stand_in(text: str) -> None:
    assert standins.find(parse(text)) is None


def test_contract_of_postgres() -> None:
    config = find("postgres:15").variants[0].config
    environment = dict(config.env)
    assert config.entrypoint == ("docker-entrypoint.sh",)
    assert config.cmd == ("postgres",)
    assert (config.exposed_ports, config.stop_signal) == (("5432/tcp",), "SIGINT")
    assert (environment["PG_MAJOR"], environment["PGDATA"]) == ("15", "/var/lib/postgresql/data")
    assert environment["PATH"].endswith(":/usr/lib/postgresql/15/bin")


def test_stand_ins_share_layers() -> None:
    base = debian.base("bookworm")
    assert python.libraries().below == base
    assert postgres.layer("15", "bookworm").below == base


def test_foreign_stand_in_is_one_layer_of_packages() -> None:
    platform = next(p for p in map(platforms.parse, FOREIGN) if p != platforms.default())
    native = find("debian:bookworm-slim")
    made = foreign.stand_in_for(platform, native).variants[0]
    assert made.layer.below == native.variants[0].layer
    assert (made.layer.place, made.config) == ("beside", native.variants[0].config)
    assert (
        made.note
        == f"Debian bookworm by mmdebstrap, put together for {platform} without running it"
    )
    keys = {foreign.layer(made.layer, architecture).key for architecture in foreign.ARCHITECTURES}
    assert len(keys) == len(foreign.ARCHITECTURES)


def test_no_foreign_stand_in_of_a_host_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "PREFIXES", (str(tmp_path),))
    interpreter(tmp_path, "3.12", "3.12.1")
    made = foreign.stand_in_for(platforms.parse("linux/arm64"), find("python:3.12-slim"))
    assert made.variants == ()
    assert made.missing[-1] == (
        "CPython 3.12.1 of this machine on Debian bookworm: not only packages of Debian, so not for linux/arm64"
    )


@pytest.mark.parametrize(
    ("platform", "possible"),
    [
        ("linux/arm64/v8", True),
        ("linux/amd64", True),
        ("linux/amd64/v3", False),
        ("linux/s390x", False),
    ],
)
def test_platforms_of_foreign_stand_ins(platform: str, possible: bool) -> None:  # noqa: FBT001
    assert foreign.is_possible(platforms.parse(platform)) is possible


def test_key_tells_machines_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    here = debian.base("bookworm").key
    monkeypatch.setattr(platforms, "default", lambda: platforms.parse("linux/riscv64"))
    assert debian.base("bookworm").key != here


def test_key_follows_the_recipe(tmp_path: Path) -> None:
    layer = python.from_host("3.12", "3.12.1", tmp_path)
    assert layer.key == python.from_host("3.12", "3.12.1", tmp_path / "elsewhere").key
    assert layer.key != python.from_host("3.12", "3.12.2", tmp_path).key
    assert layer.key != dataclasses.replace(layer, below=debian.base("trixie")).key
    assert layer.key != dataclasses.replace(layer, script="python-debian.sh").key


def interpreter(prefix: Path, minor: str, version: str) -> None:
    for name, text in {
        f"bin/python{minor}": "",
        f"lib/python{minor}/os.py": "",
        f"include/python{minor}/patchlevel.h": f'#define PY_VERSION   "{version}"\n',
    }.items():
        path = prefix / name
        path.parent.mkdir(parents=True)
        path.write_text(text)


def test_newest_interpreter_of_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    for version in ("3.12.9", "3.12.10"):
        interpreter(tmp_path / "versions" / version, "3.12", version)
    (tmp_path / "versions/3.12.11/bin").mkdir(parents=True)
    assert python.host_interpreter("3.12") == (tmp_path / "versions/3.12.10", "3.12.10")


@pytest.fixture
def no_interpreters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python, "PREFIXES", ())


@pytest.mark.parametrize(
    "tag", ["3.9-slim-bullseye", "3.11-slim-bookworm", "3.13-slim-trixie", "3.12-slim-bookworm"]
)
def test_name_with_a_suite_prefers_that_suite(
    tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "PREFIXES", (str(tmp_path / "{minor}"),))
    minor, _, suite = tag.partition("-slim-")
    interpreter(tmp_path / minor, minor, f"{minor}.1")
    wanted = ["python-host.sh"] if minor == "3.12" else ["python-debian.sh", "python-host.sh"]
    variants = find(f"python:{tag}").variants
    assert [variant.layer.script for variant in variants] == wanted
    if minor != "3.12":
        assert variants[0].layer.below == debian.base(suite)
    plain = find(f"python:{minor}-slim").variants
    assert [variant.layer.script for variant in plain] == wanted[::-1]


@pytest.mark.usefixtures("no_interpreters")
def test_debian_when_the_host_has_no_interpreter() -> None:
    stand_in = find("python:3.11-slim")
    assert [variant.layer.script for variant in stand_in.variants] == ["python-debian.sh"]
    assert stand_in.missing[0].startswith("no interpreter of CPython 3.11")


@pytest.mark.usefixtures("no_interpreters")
def test_nothing_ships_that_version() -> None:
    stand_in = find("python:3.12-slim")
    assert stand_in.variants == ()
    assert stand_in.missing[1] == "no Debian suite has CPython 3.12"


@pytest.mark.parametrize(
    "script", sorted(data_path("enter.sh").parent.glob("*.sh")), ids=lambda p: p.name
)
def test_scripts_parse(script: Path) -> None:
    shell = "bash" if script.read_text().startswith("#!/bin/bash") else "sh"
    assert subprocess.run([shell, "-n", script], check=False).returncode == 0
