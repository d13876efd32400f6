from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def test_the_installer_is_locked_by_version_and_hash_without_an_index(root: Path) -> None:
    lock = (root / "ci" / "src" / "ci" / "uv.txt").read_text(encoding="utf-8")

    assert re.findall(r"^(\w+)==[\d.]+ \\$", lock, flags=re.MULTILINE) == ["uv"]
    assert len(re.findall(r"^    --hash=sha256:[0-9a-f]{64}", lock, flags=re.MULTILINE)) > 1
    assert "://" not in lock
    assert "--index" not in lock
