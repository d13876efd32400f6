from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ci.programs import shipment
from ci.programs.errors import LayoutError, PlanError
from ci.programs.layout import Layout
from tests.ci.programs.sample import KIND, Sample

if TYPE_CHECKING:
    from pathlib import Path


def plan(*digests: str) -> shipment.Plan:
    value = {
        "registries": [{"repository": "one.test/app", "address": "https://one.test"}],
        "images": [
            {"digest": digest, "tags": [f"1-{number}"], "moving": [f"latest-{number}"]}
            for number, digest in enumerate(digests)
        ],
    }
    return shipment.parse(json.dumps(value))


def test_plan() -> None:
    made = plan("sha256:a", "sha256:b")
    assert made.targets == (shipment.Target("one.test/app", "https://one.test"),)
    assert made.digests == ("sha256:a", "sha256:b")
    assert made.fixed == {"1-0": "sha256:a", "1-1": "sha256:b"}
    assert made.moving == {"latest-0": "sha256:a", "latest-1": "sha256:b"}


def test_order_and_roles(tmp_path: Path) -> None:
    sample = Sample(tmp_path / "layout", size=10)
    made = shipment.collect(Layout(sample.folder), plan(sample.digest))
    assert [part.role for part in made.manifests.values()] == [
        "image linux/amd64",
        "image linux/arm64",
        "index cpu",
        *[f"attachment ({KIND})"] * 3,
    ]
    assert [part.role for part in made.blobs.values()] == [
        "configuration of linux/amd64",
        "layer 1 of linux/amd64",
        "layer 2 of linux/amd64",
        "configuration of linux/arm64",
        "layer 2 of linux/arm64",
        f"configuration of attachment ({KIND})",
        *[f"content of attachment ({KIND})"] * 3,
    ]
    assert list(made.by_subject()) == [
        sample.digest,
        *[image["digest"] for image in sample.images],
    ]


def test_what_is_attached_to_an_attachment(tmp_path: Path) -> None:
    sample = Sample(tmp_path / "layout", size=10)
    counter = sample.attach(sample.attachments[0], "a signature of the signature")
    # Named before what it is attached to.
    sample.attachments.reverse()
    sample.save()
    made = shipment.collect(Layout(sample.folder), plan(sample.digest))
    assert list(made.manifests)[-1] == counter["digest"]
    assert made.by_subject()[sample.attachments[-1]["digest"]] == [
        {
            **counter,
            "artifactType": KIND,
            "annotations": {"about": "a signature of the signature"},
        }
    ]


def test_what_belongs_to_another_image_is_left(tmp_path: Path) -> None:
    sample = Sample(tmp_path / "layout", size=10)
    entries = json.loads((sample.folder / "index.json").read_text())
    entries["manifests"].append(sample.images[0])
    (sample.folder / "index.json").write_text(json.dumps(entries))
    made = shipment.collect(Layout(sample.folder), plan(sample.images[0]["digest"]))
    assert len(made.manifests) == 2
    assert list(made.by_subject()) == [sample.images[0]["digest"]]


def test_changed_manifest(tmp_path: Path) -> None:
    sample = Sample(tmp_path / "layout", size=10)
    digest = sample.images[1]["digest"]
    sample.path(digest).write_text("{}")
    with pytest.raises(LayoutError, match=f"image linux/arm64 {digest} has been changed"):
        shipment.collect(Layout(sample.folder), plan(sample.digest))


def test_image_that_is_none(tmp_path: Path) -> None:
    sample = Sample(tmp_path / "layout", size=10)
    sample.index = sample.document({"schemaVersion": 2}, sample.index["mediaType"])
    sample.save()
    with pytest.raises(LayoutError, match=r"index cpu sha256:\w* is neither an index nor"):
        shipment.collect(Layout(sample.folder), plan(sample.digest))


def test_plan_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"the plan \S*plan\.json cannot be read"):
        shipment.load_plan(tmp_path / "plan.json")
