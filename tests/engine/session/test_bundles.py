"""What the command line is told of a bundle."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from portable_dagger.bundle import signing
from portable_dagger.bundle.description import Description, Host, Outcome, Place, Step
from portable_dagger.bundle.images import Image
from portable_dagger.bundle.writing import write
from portable_dagger.errors import BundleError, BundleSignatureError
from portable_dagger.images.config import ImageConfig
from portable_dagger.session.bundles import answer
from portable_dagger.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DESCRIPTION = Description(
    created=1.0,
    command="dagger call test",
    workdir="/srv",
    host=Host("6.1", "x86_64", 2, 2**30),
    versions={"engine": "1"},
    steps=(Step("true", "exec", Place("step-1", "linux/amd64", ("true",), ()), Outcome(1)),),
)
IMAGES = (Image("step-1", "linux/amd64", ImageConfig(user="u", workdir="/srv"), ()),)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store")
    yield opened
    opened.close()


def test_show(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "step.bundle"
    digest = write(store, path, DESCRIPTION, IMAGES)
    facts = answer({"verb": "show", "path": str(path)})
    assert facts["digest"] == digest
    assert facts["size"] == path.stat().st_size
    assert facts["signers"] == []
    assert facts["images"] == {"step-1": {"user": "u", "workdir": "/srv"}}
    assert facts["description"]["steps"][0]["place"]["args"] == ("true",)


def test_verify(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "step.bundle"
    make = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    key = subprocess.run(make, check=True, capture_output=True, text=True).stdout
    show = ["openssl", "pkey", "-pubout"]
    public = subprocess.run(show, input=key, check=True, capture_output=True, text=True).stdout
    wish = {"verb": "verify", "path": str(path)}
    write(store, path, DESCRIPTION, IMAGES)
    unsigned = answer(wish)
    assert (unsigned["blobs"], unsigned["signers"], unsigned["signed"]) == (4, [], "")
    with pytest.raises(BundleSignatureError, match="is not signed"):
        answer({**wish, "key": public})
    write(store, path, DESCRIPTION, IMAGES, signer=signing.signer(key))
    told = answer(wish)
    assert (len(told["signers"]), told["signed"]) == (1, "")
    assert answer({**wish, "key": public})["signed"] == told["signers"][0]


def test_export(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "step.bundle"
    write(store, path, DESCRIPTION, IMAGES)
    assert answer({"verb": "export", "path": str(path)})["script"].startswith("#!/bin/sh\n")
    with pytest.raises(BundleError, match="no step 2"):
        answer({"verb": "export", "path": str(path), "step": 2})
