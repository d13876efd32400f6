from __future__ import annotations

import pytest

from ci.programs.parts import MANIFEST, Part, referrer
from tests.ci.programs.sample import KIND


@pytest.mark.parametrize(
    ("size", "volume"),
    [(20, "0.0 kB"), (2_340, "2.3 kB"), (1_000_000, "1.0 MB"), (3e9, "3000.0 MB")],
)
def test_volume(size: float, volume: str) -> None:
    assert Part({"size": size}, "layer").volume == volume


def test_referrer() -> None:
    entry = {"mediaType": MANIFEST, "digest": "sha256:a", "size": 1}
    assert str(referrer(entry)) == "attachment (no type) sha256:a"
    assert str(referrer({**entry, "artifactType": KIND})) == f"attachment ({KIND}) sha256:a"
    assert referrer(entry).is_manifest
