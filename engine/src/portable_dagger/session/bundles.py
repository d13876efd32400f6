"""What the command line asks of bundles.

POST /bundle {"verb", "path", "key", "step"} ->
    show    {"path", "size", "digest", "signers": […], "images": {NAME: {"user", "workdir"}}, "description": {…}}
    verify  {"path", "blobs", "size", "signers": […], "signed": KEY}
    export  {"script"}
`description` is that of docs/reference/bundles.md. A signer is the name of the key that a signature claims to be of;
`signed` is that of `key` (PEM), which signed it indeed, or empty if no key was given. Sizes are in bytes.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portable_dagger.bundle import signing
from portable_dagger.bundle.export import script
from portable_dagger.bundle.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping


def answer(wish: Mapping[str, Any]) -> dict[str, Any]:
    """Answer; BundleError if the file is none, BundleDamagedError or BundleSignatureError if it is not to be used."""
    with Reader(Path(wish["path"])) as reader:
        if wish["verb"] == "export":
            return {"script": script(reader, int(wish.get("step") or 1))}
        facts: dict[str, Any] = {
            "path": str(reader.path),
            "signers": [signing.hint(signature) for signature in reader.signatures()],
        }
        if wish["verb"] == "verify":
            blobs, size = reader.verify()
            key = wish.get("key") or ""
            signed = signing.check(reader, key) if key else ""
            return {**facts, "blobs": blobs, "size": size, "signed": signed}
        return {
            **facts,
            "size": reader.path.stat().st_size,
            "digest": reader.digest,
            "images": {
                name: {"user": stored.image.config.user, "workdir": stored.image.config.workdir}
                for name, stored in reader.images.items()
            },
            "description": dataclasses.asdict(reader.description),
        }
