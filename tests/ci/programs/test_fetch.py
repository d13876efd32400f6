"""Fetching an image from a real registry, with all that is attached to it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ci.programs import logins, push, shipment
from ci.programs.errors import AbsentError, AccessError, DigestError, RegistryError
from ci.programs.fetch import Fetch
from ci.programs.hiccup import Patience
from ci.programs.layout import Layout
from ci.programs.logins import Logins
from ci.programs.registry import Repository
from tests.ci.programs.proxy import FOR_EVER, Fault, Proxy
from tests.ci.programs.sample import KIND, Sample
from tests.ci.programs.service import serve, with_passwords

if TYPE_CHECKING:
    from pathlib import Path

NAME = "one.test/team/app"
QUICK = Patience(attempts=3, first=0.01, longest=0.3)


def publish(sample: Sample, address: str, tag: str = "1") -> None:
    plan = {
        "registries": [{"repository": NAME, "address": address}],
        "images": [{"digest": sample.digest, "tags": [tag], "moving": []}],
    }
    (outcome,) = push.push(
        Layout(sample.folder), shipment.parse(json.dumps(plan)), Logins(), QUICK, lambda _: None
    )
    assert outcome.state == "pushed"


def fetched(address: str, reference: str, output: Path, auth: str = "{}") -> dict[str, Any]:
    repository = Repository(NAME, address, logins.parse(auth), patience=QUICK, say=lambda _: None)
    try:
        return Fetch(repository, Layout(output)).run(reference)
    finally:
        repository.close()


def blobs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "blobs/sha256").iterdir()}


@pytest.mark.parametrize("referrers", [False, True], ids=["by tag", "by the API"])
def test_all_of_it(tmp_path: Path, sample: Sample, *, referrers: bool) -> None:
    with (
        serve(tmp_path / "registry") as address,
        Proxy(address, referrers=referrers).running() as proxy,
    ):
        second = sample.attach(sample.index, "second signature")
        sample.save()
        publish(sample, proxy.address)
        answer = fetched(proxy.address, "1", tmp_path / "out")
        assert proxy.count("PUT", "/manifests/sha256-") == (0 if referrers else 3)
    assert blobs(tmp_path / "out") == blobs(sample.folder)
    entries = json.loads((tmp_path / "out/index.json").read_text())["manifests"]
    assert entries[0] == {
        **sample.index,
        "annotations": {"org.opencontainers.image.ref.name": "1"},
    }
    assert {entry["digest"] for entry in entries[1:]} == {
        one["digest"] for one in sample.attachments
    }
    assert second["digest"] in [entry["digest"] for entry in entries]
    assert {entry["artifactType"] for entry in entries[1:]} == {KIND}
    assert answer["digest"] == sample.digest
    assert (answer["manifests"], answer["blobs"], answer["attachments"]) == (7, 10, 4)


def test_by_digest_and_what_is_not_there(registry: str, tmp_path: Path) -> None:
    sample = Sample(tmp_path / "layout", "by digest", 10)
    publish(sample, registry, "digest")
    assert fetched(registry, sample.digest, tmp_path / "out")["digest"] == sample.digest
    with pytest.raises(AbsentError, match=r"one\.test/team/app: there is no image 9\.9\.9\n"):
        fetched(registry, "9.9.9", tmp_path / "other")


def test_download_that_breaks_off(registry: str, tmp_path: Path) -> None:
    sample = Sample(tmp_path / "layout", "breaks")
    publish(sample, registry, "breaks")
    fault = Fault("GET", f"/blobs/{sample.own_layer()}", times=2)
    with Proxy(registry, [fault]).running() as proxy:
        fetched(proxy.address, "breaks", tmp_path / "out")
    assert blobs(tmp_path / "out") == blobs(sample.folder)


def test_download_that_always_breaks_off(registry: str, tmp_path: Path) -> None:
    sample = Sample(tmp_path / "layout", "never")
    publish(sample, registry, "never")
    layer = sample.own_layer(1)
    with (
        Proxy(registry, [Fault("GET", f"/blobs/{layer}", times=FOR_EVER)]).running() as proxy,
        pytest.raises(RegistryError) as error,
    ):
        fetched(proxy.address, "never", tmp_path / "out")
    assert f"{NAME}: download layer 2 of linux/arm64 {layer}: the connection was dropped" in str(
        error.value
    )
    assert not (tmp_path / "out/index.json").exists()
    assert layer[7:] not in blobs(tmp_path / "out")


def stored(folder: Path, digest: str) -> Path:
    """Return the file in which the registry keeps a blob (distribution, docs/storage)."""
    value = digest.partition(":")[2]
    return folder / f"data/docker/registry/v2/blobs/sha256/{value[:2]}/{value}/data"


@pytest.mark.parametrize("size", ["same", "smaller", "larger"])
def test_layer_changed_in_the_registry(tmp_path: Path, sample: Sample, size: str) -> None:
    folder = tmp_path / "registry"
    layer = sample.own_layer()
    with serve(folder) as address:
        publish(sample, address)
        file = stored(folder, layer)
        content = bytearray(file.read_bytes())
        content[0] ^= 1
        changed = {"same": content, "smaller": content[1:], "larger": content + b"x"}
        file.write_bytes(changed[size])
        with pytest.raises(DigestError) as error:
            fetched(address, "1", tmp_path / "out")
    message = str(error.value)
    if size == "larger":
        assert message == f"{NAME}: layer 2 of linux/amd64 {layer} is larger than 3000000 B"
    else:
        assert f"{NAME}: layer 2 of linux/amd64 {layer} has been changed: its content" in message
        assert "Do not use this image." in message


def test_attachment_changed_in_the_registry(tmp_path: Path, sample: Sample) -> None:
    folder = tmp_path / "registry"
    attached = sample.attachments[1]["digest"]
    blob = sample.read(attached)["layers"][0]["digest"]
    with serve(folder) as address:
        publish(sample, address)
        stored(folder, blob).write_bytes(b"another signature")
        with pytest.raises(
            DigestError, match=re.escape(f"content of attachment ({KIND}) {blob} has been")
        ):
            fetched(address, "1", tmp_path / "out")


def test_manifest_that_is_another(registry: str, tmp_path: Path) -> None:
    sample = Sample(tmp_path / "layout", "manifest", 10)
    publish(sample, registry, "manifest")
    arm = sample.images[1]["digest"]
    fault = Fault("GET", f"/manifests/{arm}", 200, body=sample.path(sample.digest).read_bytes())
    with (
        Proxy(registry, [fault]).running() as proxy,
        pytest.raises(DigestError, match=f"image linux/arm64 {arm} has been changed"),
    ):
        fetched(proxy.address, "manifest", tmp_path / "out")


def test_blob_is_missing(tmp_path: Path, sample: Sample) -> None:
    folder = tmp_path / "registry"
    with serve(folder) as address:
        publish(sample, address)
        stored(folder, sample.own_layer()).unlink()
        with pytest.raises(AbsentError, match=r"layer 2 of linux/amd64 \S* is missing"):
            fetched(address, "1", tmp_path / "out")


def test_no_password(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    with (
        serve(folder, **with_passwords(folder)) as address,
        pytest.raises(AccessError, match=r"asks for a login \(basic\); no login was given"),
    ):
        fetched(address, "1", tmp_path / "out")


def test_command_line(registry: str, tmp_path: Path, environment: dict[str, str]) -> None:
    sample = Sample(tmp_path / "layout", "command", 10)
    publish(sample, registry, "fetched")
    command = [sys.executable, "-m", "ci.programs.fetch", f"--repository={NAME}"]
    command += [f"--address={registry}", f"--output={tmp_path / 'out'}"]
    options: dict[str, Any] = {"capture_output": True, "text": True, "env": environment}
    done = subprocess.run([*command, "--reference=fetched"], **options, check=False)
    assert done.returncode == 0
    assert json.loads(done.stdout)["digest"] == sample.digest
    assert f"{NAME}: layer 2 of linux/arm64, 0.0 kB\n" in done.stderr
    done = subprocess.run([*command, "--reference=nothing"], **options, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{NAME}: there is no image nothing\nCheck the tag or digest.\n"
