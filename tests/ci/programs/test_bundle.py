"""Bundles of images that are made here, as an engine packs them."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from ci.programs.bundle import main, write
from ci.programs.description import LABEL
from portable_dagger.bundle.description import decode

if TYPE_CHECKING:
    from pathlib import Path

PLAN: dict[str, Any] = {
    "command": "ci capture",
    "commit": "abc",
    "created": 7.0,
    "versions": {"engine": "v0.21.0"},
    "name": "test python-3.11",
    "kind": "exec",
    "args": ["pytest"],
    "use_entrypoint": False,
    "expect": "ANY",
    "source": "/src",
    "mounts": ["/src"],
    "caches": [["/cache", "wheels"]],
    "services": [["postgres", "service-1"]],
    "servers": [
        {"name": "service-1", "args": ["postgres"], "use_entrypoint": True, "services": []}
    ],
    "started": 5.0,
    "duration": 1.5,
    "exit_code": 1,
    "error": "",
    "reports": ["/junit.xml"],
    "failing": {"a::x": "assert 1 == 2"},
    "last_lines": ["1 failed"],
}


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def pack(path: Path, *layers: bytes, nested: bool = False, **config: object) -> None:
    """Write an image whose layers are any bytes: programs do not look into them."""
    blobs = {}

    def add(media_type: str, data: bytes) -> dict[str, object]:
        blobs[f"blobs/sha256/{digest(data).partition(':')[2]}"] = data
        return {"mediaType": media_type, "digest": digest(data), "size": len(data)}

    def document(value: object) -> dict[str, object]:
        return add("application/vnd.oci.image.json", json.dumps(value).encode())

    rootfs = {"type": "layers", "diff_ids": [digest(b"tar of " + data) for data in layers]}
    described = {"architecture": "amd64", "os": "linux", "config": config, "rootfs": rootfs}
    entries = [add("application/vnd.oci.image.layer.v1.tar+zstd", data) for data in layers]
    top = document({"config": document(described), "layers": entries})
    if nested:
        top = document({"manifests": [top]})
    blobs["index.json"] = json.dumps({"manifests": [top]}).encode()
    with tarfile.open(path, "w") as tar:
        for name, data in blobs.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give what an engine leaves for the program."""
    made = tmp_path / "input"
    made.mkdir()
    (made / "plan.json").write_text(json.dumps(PLAN), encoding="utf-8")
    pack(made / "step.tar", b"base", b"venv", Env=["A=1"], Entrypoint=["sh"], Labels={"x": "y"})
    pack(made / "mount-1.tar", b"source")
    pack(
        made / "service-1.tar",
        b"base",
        nested=True,
        Entrypoint=["entry.sh"],
        ExposedPorts={"5432/tcp": {}},
    )
    pack(made / "service-1-data.tar", b"data")
    (made / "stdout").write_text("1 failed\n", encoding="utf-8")
    (made / "report-1").write_text("<testsuites/>", encoding="utf-8")
    return made


def opened(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the index's entries by name, and the blobs, each held against its digest."""
    with tarfile.open(path) as tar:
        files = {}
        for member in tar:
            content = tar.extractfile(member)
            assert content is not None
            assert member.name not in files
            files[member.name] = content.read()
    assert json.loads(files.pop("oci-layout")) == {"imageLayoutVersion": "1.0.0"}
    index = json.loads(files.pop("index.json"))
    blobs = {f"sha256:{name.rpartition('/')[2]}": data for name, data in files.items()}
    assert all(digest(data) == name for name, data in blobs.items())
    names = {
        entry["annotations"]["org.opencontainers.image.ref.name"]: entry
        for entry in index["manifests"]
    }
    return names, blobs


def test_the_description_is_one_that_the_embedded_engine_reads(folder: Path) -> None:
    output = folder.parent / "bundle.tar"
    write(folder, output)

    names, blobs = opened(output)
    manifest = json.loads(blobs[names["bundle"]["digest"]])
    described = decode(blobs[manifest["config"]["digest"]])
    (step,), (service,) = described.steps, described.services
    base, venv, source, data = (
        digest(b"tar of " + each) for each in (b"base", b"venv", b"source", b"data")
    )
    assert step.place.root == (base, venv)
    assert [(mount.target, mount.content, mount.path) for mount in step.place.mounts] == [
        ("/src", source, "/src")
    ]
    assert (step.place.platform, step.place.args) == ("linux/amd64", ("pytest",))
    assert step.place.services == (("postgres", "service-1"),)
    assert [(missing.kind, missing.name) for missing in step.missing] == [("cache", "wheels")]
    assert blobs[step.outcome.stdout] == b"1 failed\n"
    assert step.outcome.stderr == ""
    assert [blobs[report.blob] for report in step.outcome.reports] == [b"<testsuites/>"]
    assert (service.place.root, service.data) == ((base, data), True)
    assert service.place.args == ("entry.sh", "postgres")
    assert [port.port for port in service.ports] == [5432]
    assert {layer.diff_id: layer.title for layer in described.layers} == {
        base: "",
        venv: "",
        source: "mount /src",
        data: "data of service-1",
    }
    assert described.host.processors > 0


def test_images_have_mounts_and_data_on_top_and_each_blob_is_there_once(folder: Path) -> None:
    output = folder.parent / "bundle.tar"
    write(folder, output)

    names, blobs = opened(output)
    layers = {}
    configs = {}
    for name in ("step-1", "service-1"):
        manifest = json.loads(blobs[names[name]["digest"]])
        layers[name] = [blobs[layer["digest"]] for layer in manifest["layers"]]
        configs[name] = json.loads(blobs[manifest["config"]["digest"]])
    assert layers == {"step-1": [b"base", b"venv", b"source"], "service-1": [b"base", b"data"]}
    run = configs["step-1"]["config"]
    assert (run["Cmd"], run["Env"], "Entrypoint" in run) == (["pytest"], ["A=1"], False)
    assert configs["service-1"]["config"]["Cmd"] == ["entry.sh", "postgres"]
    assert LABEL not in configs["service-1"]["config"].get("Labels", {})
    assert run["Labels"]["x"] == "y"
    label = json.loads(run["Labels"][LABEL])
    assert (label["failing"], label["reasons"]) == (["a::x"], PLAN["failing"])
    assert label["definitions"]["service-1"]["args"] == ["entry.sh", "postgres"]
    assert label["definitions"]["service-1"]["ports"] == [
        {"port": 5432, "protocol": "TCP", "skip_healthcheck": False}
    ]


def test_the_bundles_manifest_stands_for_its_images_and_outputs(folder: Path) -> None:
    output = folder.parent / "bundle.tar"
    write(folder, output)

    names, blobs = opened(output)
    manifest = json.loads(blobs[names["bundle"]["digest"]])
    listed = {layer["digest"] for layer in manifest["layers"]}
    assert {names["step-1"]["digest"], names["service-1"]["digest"]} <= listed
    assert digest(b"1 failed\n") in listed
    assert manifest["artifactType"] == names["bundle"]["artifactType"]


def test_the_same_inputs_give_the_same_file(folder: Path) -> None:
    first, second = folder.parent / "1.tar", folder.parent / "2.tar"
    write(folder, first)
    write(folder, second)

    assert first.read_bytes() == second.read_bytes()


def test_a_mount_of_several_layers_becomes_a_folder(folder: Path) -> None:
    pack(folder / "mount-1.tar", b"source", b"more")
    output = folder.parent / "bundle.tar"
    write(folder, output)

    names, blobs = opened(output)
    manifest = json.loads(blobs[names["bundle"]["digest"]])
    (step,) = decode(blobs[manifest["config"]["digest"]]).steps
    assert step.place.mounts == ()
    assert step.place.root[2:] == (digest(b"tar of source"), digest(b"tar of more"))


def test_an_image_that_is_none_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "step.tar").write_bytes(b"no tar")

    assert main([str(folder), str(folder.parent / "bundle.tar")]) == 1
    assert "step.tar is no tar of an OCI layout" in capsys.readouterr().err


def test_it_runs_with_nothing_else_of_the_module(folder: Path, environment: dict[str, str]) -> None:
    output = folder.parent / "bundle.tar"
    command = [sys.executable, "-m", "ci.programs.bundle", str(folder), str(output)]

    subprocess.run(command, check=True, env=environment)

    assert output.is_file()
