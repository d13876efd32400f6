"""Pull, push and publish against a real registry on the loopback."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import ImageReferenceError, ImageUnavailableError, RegistryError
from portable_dagger.images.archive import Packable
from portable_dagger.images.config import ImageConfig
from portable_dagger.images.packing import layer_digest
from portable_dagger.images.platform import default
from portable_dagger.images.publish import publish
from portable_dagger.images.reference import parse
from portable_dagger.images.registry import Credentials, Registries
from portable_dagger.images.resolve import Images, resolve
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="layers have owners: needs root")

CONFIG = ImageConfig(env=(("E", "v"),), entrypoint=("sh", "-c"), annotations=(("n", "a"),))


def quiet(kind: str, text: str) -> None:
    """Drop the progress of a call whose result is what is looked at."""


def image(store: Store, platform: str = "linux/amd64", text: str = "x") -> Packable:
    stage = store.stage()
    (stage.root / "mark").write_text(text)
    digest = layer_digest(stage.root)
    stage.commit(digest)
    return Packable(platform, CONFIG, Snapshot((digest,)))


@pytest.fixture
def images(store: Store, tmp_path: Path) -> Images:
    return Images(store, tmp_path)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Images]:
    """The images of another engine, which has nothing yet."""
    store = Store(tmp_path / "elsewhere/store")
    yield Images(store, tmp_path / "elsewhere")
    store.close()


@pytest.fixture
def name(registry: str) -> str:
    return f"{registry}/team/{secrets.token_hex(4)}"


async def test_publish_and_from(images: Images, elsewhere: Images, name: str) -> None:
    reference = await publish(images, f"{name}:v1", [image(images.store)])
    assert reference.startswith(f"{name}:v1@sha256:")
    by_tag = await resolve(elsewhere, f"{name}:v1", "linux/amd64", quiet)
    assert (by_tag.full_reference, by_tag.origin, by_tag.config) == (reference, "registry", CONFIG)
    assert (elsewhere.store.layer_path(by_tag.snapshot.layers[0]) / "mark").read_text() == "x"
    by_digest = await resolve(elsewhere, reference, "linux/amd64", quiet)
    assert (by_digest.full_reference, by_digest.origin) == (reference, "store")
    assert by_digest.snapshot == by_tag.snapshot


async def test_without_tag(images: Images, name: str) -> None:
    reference = await publish(images, name, [image(images.store)])
    assert reference.startswith(f"{name}@sha256:")
    found = await resolve(images, name, "linux/amd64", quiet)
    assert found.full_reference == reference.replace("@", ":latest@")


async def test_moved_tag(images: Images, name: str) -> None:
    await publish(images, name, [image(images.store, text="old")])
    old = await resolve(images, name, "linux/amd64", quiet)
    await publish(images, name, [image(images.store, text="new")])
    new = await resolve(images, name, "linux/amd64", quiet)
    assert old.digest != new.digest
    assert (images.store.layer_path(new.snapshot.layers[0]) / "mark").read_text() == "new"


async def test_platforms(images: Images, elsewhere: Images, name: str) -> None:
    both = [image(images.store, text="amd"), image(images.store, "linux/arm64", "arm")]
    reference = await publish(images, name, both)
    marks = {}
    for platform in ("linux/amd64", "linux/arm64"):
        found = await resolve(elsewhere, name, platform, quiet)
        assert found.digest == reference.rpartition("@")[2]
        marks[platform] = (
            elsewhere.store.layer_path(found.snapshot.layers[0]) / "mark"
        ).read_text()
    assert marks == {"linux/amd64": "amd", "linux/arm64": "arm"}
    with pytest.raises(ImageUnavailableError, match="no manifest matches requested platform"):
        await resolve(elsewhere, name, "linux/s390x", quiet)


async def test_single_image_of_another_platform(images: Images, name: str) -> None:
    await publish(images, name, [image(images.store, "linux/arm64")])
    with pytest.raises(ImageUnavailableError, match="no manifest matches requested platform"):
        await resolve(images, name, "linux/amd64", quiet)


async def test_docker_media_types(images: Images, elsewhere: Images, name: str) -> None:
    reference = await publish(images, name, [image(images.store)], docker=True)
    found = await resolve(elsewhere, name, "linux/amd64", quiet)
    assert found.digest == reference.rpartition("@")[2]
    assert found.config.entrypoint == ("sh", "-c")


async def test_login_that_nobody_asks_for(images: Images, registry: str, name: str) -> None:
    login = Credentials(registry, "bob", "pw")
    reference = await publish(images, f"{name}:1", [image(images.store)], credentials=login)
    found = await resolve(images, f"{name}:1", "linux/amd64", quiet, login)
    assert found.full_reference == reference


async def test_missing_image(images: Images, name: str) -> None:
    with pytest.raises(ImageUnavailableError) as error:
        await resolve(images, f"{name}:1", "linux/amd64", quiet)
    assert f'failed to resolve image "{name}:1" (platform: "linux/amd64")' in error.value.message
    assert "not found" in error.value.message
    assert "stand-in: none for this name" in error.value.message


async def test_registry_gone(images: Images) -> None:
    with pytest.raises(ImageUnavailableError, match="connection refused"):
        await resolve(images, "127.0.0.1:1/tool:1", "linux/amd64", quiet)


async def test_silence_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registries = Registries()
    address = parse("registry.invalid/tool:1")
    with pytest.raises(RegistryError) as first:
        await registries.find(address, default())
    # Without skopeo a second request would fail with another message.
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RegistryError) as second:
        await registries.find(address, default())
    assert second.value.message == first.value.message


async def test_last_answer_holds_when_the_registry_is_gone(
    images: Images, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await publish(images, name, [image(images.store)])
    before = await resolve(images, name, "linux/amd64", quiet)
    monkeypatch.setenv("PATH", str(tmp_path))
    after = await resolve(images, name, "linux/amd64", quiet)
    assert (after.digest, after.origin) == (before.digest, "store")
    assert "what it gave last time" in after.note


async def test_digest_is_not_publishable(images: Images, name: str) -> None:
    with pytest.raises(ImageReferenceError, match="a digest follows from the content"):
        await publish(images, f"{name}@sha256:{'0' * 64}", [image(images.store)])


async def test_nothing_is_left_in_the_scratch_folder(images: Images, name: str) -> None:
    await publish(images, name, [image(images.store)])
    await resolve(images, name, "linux/amd64", quiet)
    assert list(images.scratch.iterdir()) == []
