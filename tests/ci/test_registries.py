from __future__ import annotations

import pytest

from ci.errors import RegistryError
from ci.registries import Registry, parse, reach


@pytest.mark.parametrize(
    ("text", "host", "name", "address"),
    [
        ("ghcr.io/acme/shop", "ghcr.io", "acme/shop", "https://ghcr.io"),
        ("acme/shop", "docker.io", "acme/shop", "https://registry-1.docker.io"),
        ("shop", "docker.io", "library/shop", "https://registry-1.docker.io"),
        ("localhost/shop", "localhost", "shop", "https://localhost"),
        ("10.0.0.1:5000/a/b-c", "10.0.0.1:5000", "a/b-c", "https://10.0.0.1:5000"),
    ],
)
def test_names_are_read(text: str, host: str, name: str, address: str) -> None:
    registry = parse(text)

    assert registry == Registry(host, name)
    assert (registry.repository, registry.address) == (f"{host}/{name}", address)


@pytest.mark.parametrize("text", ["", "ghcr.io/", "ghcr.io/Acme", "ghcr.io/a:1", "ghcr.io/a@b"])
def test_what_names_no_repository_is_refused(text: str) -> None:
    with pytest.raises(RegistryError, match="names no repository"):
        parse(text)


def test_a_service_stands_for_a_loopback_registry() -> None:
    registry = Registry("127.0.0.1:5000", "shop", "registry-5000")

    assert registry.address == "http://registry-5000:5000"
    assert registry.repository == "127.0.0.1:5000/shop"


async def test_a_loopback_registry_needs_a_service() -> None:
    with pytest.raises(RegistryError, match="--service=tcp://localhost:5000"):
        await reach(["localhost:5000/shop"], [], None)
    with pytest.raises(RegistryError, match="no registry is given"):
        await reach([], [], None)


async def test_registries_elsewhere_need_none() -> None:
    found = await reach(["ghcr.io/a", "acme/shop"], [], None)

    assert [registry.host for registry in found.registries] == ["ghcr.io", "docker.io"]
    assert (found.services, found.arguments()) == ((), [])
