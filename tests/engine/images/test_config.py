from __future__ import annotations

from portable_dagger.images.config import ImageConfig, lookup, merge, without
from portable_dagger.images.healthcheck import Healthcheck

# The configuration of the vector container/image-config.
RECORDED = {
    "Cmd": ["c"],
    "Entrypoint": ["e"],
    "Env": ["E=1"],
    "ExposedPorts": {"53/udp": {}, "8080/tcp": {}},
    "Labels": {"l": "v"},
    "User": "u:g",
    "WorkingDir": "/w",
}


def test_read_and_written_as_recorded() -> None:
    config = ImageConfig.from_json(RECORDED)
    assert config == ImageConfig(
        env=(("E", "1"),),
        entrypoint=("e",),
        cmd=("c",),
        workdir="/w",
        user="u:g",
        labels=(("l", "v"),),
        exposed_ports=("53/udp", "8080/tcp"),
    )
    assert config.to_json() == RECORDED


def test_rest_of_the_fields() -> None:
    config = ImageConfig(  # noqa: S604  an image's SHELL, no process
        volumes=("/data",),
        healthcheck=Healthcheck(("exit", "0"), interval=5),
        stop_signal="SIGINT",
        shell=("bash", "-c"),
        on_build=("RUN true",),
    )
    assert ImageConfig.from_json(config.to_json()) == config


def test_empty() -> None:
    assert ImageConfig.from_json(None) == ImageConfig()
    assert ImageConfig.from_json({"Cmd": None, "Env": None, "Labels": None}) == ImageConfig()
    assert ImageConfig().to_json() == {}


def test_variable_without_value() -> None:
    assert ImageConfig.from_json({"Env": ["A=b=c", "EMPTY"]}).env == (("A", "b=c"), ("EMPTY", ""))


def test_from_merges_environment_and_labels_only() -> None:
    parent = ImageConfig(env=(("A", "1"), ("B", "1")), labels=(("x", "1"),), workdir="/p", user="p")
    image = ImageConfig(env=(("B", "2"), ("C", "2")), labels=(("y", "2"),), cmd=("sh",))
    assert image.over(parent) == ImageConfig(
        env=(("A", "1"), ("B", "2"), ("C", "2")), labels=(("x", "1"), ("y", "2")), cmd=("sh",)
    )


def test_pairs() -> None:
    pairs = merge((("A", "1"), ("B", "2")), [("A", "3"), ("C", "4")])
    assert pairs == (("A", "3"), ("B", "2"), ("C", "4"))
    assert without(pairs, "B") == (("A", "3"), ("C", "4"))
    assert lookup(pairs, "C") == "4"
    assert lookup(pairs, "D") is None
