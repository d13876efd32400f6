from __future__ import annotations

import json

from ci.delivery import Tagged, faults, plan, references, table
from ci.registries import Registry
from ci.revision import Tags

DIGEST = "sha256:" + "1" * 64
REGISTRIES = [Registry("ghcr.io", "a/shop"), Registry("127.0.0.1:5000", "shop", "registry-5000")]
INDEX = Tagged("plain", DIGEST, Tags(("1.2.3",), ("latest",)))
OUTCOME = {
    "repository": "ghcr.io/a/shop",
    "state": "pushed",
    "error": "",
    "blobs_uploaded": 2,
    "blobs_present": 3,
    "bytes_uploaded": 1_500_000,
    "tags_set": ["1.2.3", "latest"],
    "tags_present": [],
}


def test_the_plan_says_where_each_registry_is_reached() -> None:
    assert json.loads(plan(REGISTRIES, [INDEX])) == {
        "registries": [
            {"repository": "ghcr.io/a/shop", "address": "https://ghcr.io"},
            {"repository": "127.0.0.1:5000/shop", "address": "http://registry-5000:5000"},
        ],
        "images": [{"digest": DIGEST, "tags": ["1.2.3"], "moving": ["latest"]}],
    }


def test_references_have_tag_and_digest() -> None:
    assert references(REGISTRIES, [INDEX]) == [
        f"ghcr.io/a/shop:1.2.3@{DIGEST}",
        f"ghcr.io/a/shop:latest@{DIGEST}",
        f"127.0.0.1:5000/shop:1.2.3@{DIGEST}",
        f"127.0.0.1:5000/shop:latest@{DIGEST}",
    ]


def test_the_table_says_where_each_registry_stands() -> None:
    assert table([OUTCOME]).splitlines() == [
        "Registry        State   Blobs sent  there    Sent  Tags set  there",
        "ghcr.io/a/shop  pushed           2      3  1.5 MB         2      0",
    ]


def test_faults_name_the_registry_and_what_is_tagged_nevertheless() -> None:
    failed = {**OUTCOME, "state": "failed", "error": "it answers 500", "tags_set": []}
    partly = {**OUTCOME, "repository": "b", "state": "partly tagged", "tags_set": ["1.2.3"]}

    assert faults([OUTCOME]) == ""
    assert faults([failed, partly]) == "\nghcr.io/a/shop: it answers 500\n\nb has the tags 1.2.3"
