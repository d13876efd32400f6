from __future__ import annotations

import hashlib
import json

from ci import oci

BLOB = oci.Descriptor(oci.LAYER, "sha256:" + "1" * 64, 10)
LAYER = oci.LayerEntry(BLOB, "sha256:" + "2" * 64, "the application's files")
ABOUT = oci.Config(
    platform="linux/arm64",
    created="2001-09-09T01:46:40Z",
    user="10001:10001",
    environment=(("PATH", "/bin"), ("EMPTY", "")),
    command=("python3", "-m", "shop"),
    folder="/app",
    port=8000,
    health=("true",),
    labels=(("org.opencontainers.image.title", "shop"),),
)


def test_a_configuration_says_how_an_image_runs() -> None:
    assert json.loads(oci.config(ABOUT, [LAYER]).text) == {
        "architecture": "arm64",
        "os": "linux",
        "created": "2001-09-09T01:46:40Z",
        "config": {
            "User": "10001:10001",
            "ExposedPorts": {"8000/tcp": {}},
            "Env": ["PATH=/bin", "EMPTY="],
            "Cmd": ["python3", "-m", "shop"],
            "WorkingDir": "/app",
            "Labels": {"org.opencontainers.image.title": "shop"},
            "Healthcheck": {"Test": ["CMD", "true"]},
            "StopSignal": "SIGTERM",
        },
        "rootfs": {"type": "layers", "diff_ids": [LAYER.diff_id]},
        "history": [
            {
                "created": "2001-09-09T01:46:40Z",
                "created_by": "the application's files",
                "comment": "ci",
            }
        ],
    }


def test_what_an_image_has_not_is_left_out() -> None:
    bare = oci.Config(
        platform="linux/amd64",
        created="2001-09-09T01:46:40Z",
        user="1:1",
        environment=(),
        command=("true",),
        folder="/",
    )

    config = json.loads(oci.config(bare, []).text)["config"]

    assert set(config) == {"User", "Cmd", "WorkingDir", "StopSignal"}


def test_a_manifest_and_an_index_point_to_what_they_are_of() -> None:
    config = oci.config(ABOUT, [LAYER])
    manifest = oci.manifest(config, [LAYER], (("a", "b"),))
    index = json.loads(oci.index([oci.describe(manifest, platform="linux/arm64/v8")]).text)

    assert json.loads(manifest.text) == {
        "schemaVersion": 2,
        "mediaType": oci.MANIFEST,
        "config": {"mediaType": oci.CONFIG, "digest": config.digest, "size": config.size},
        "layers": [{"mediaType": oci.LAYER, "digest": BLOB.digest, "size": 10}],
        "annotations": {"a": "b"},
    }
    assert index["manifests"] == [
        {
            "mediaType": oci.MANIFEST,
            "digest": f"sha256:{hashlib.sha256(manifest.text.encode()).hexdigest()}",
            "size": len(manifest.text),
            "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"},
        }
    ]


def test_an_artifact_is_attached_to_its_subject() -> None:
    subject = oci.Descriptor(oci.MANIFEST, "sha256:" + "3" * 64, 5, "linux/arm64")

    manifest, empty = oci.artifact("application/x", BLOB, subject, ())

    value = json.loads(manifest.text)
    assert (empty.text, empty.digest) == (
        "{}",
        "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    )
    assert value["artifactType"] == "application/x"
    assert value["config"]["digest"] == empty.digest
    # A subject is named without its platform.
    assert value["subject"] == {
        "mediaType": oci.MANIFEST,
        "digest": subject.digest,
        "size": 5,
    }


def test_a_document_is_one_text() -> None:
    assert oci.document("x", {"b": 1, "a": "é"}).text == '{"a":"\\u00e9","b":1}'
