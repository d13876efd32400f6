from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ci.program import needed

if TYPE_CHECKING:
    from pathlib import Path


def test_a_program_is_made_of_what_it_imports_and_no_more() -> None:
    assert needed("pack") == ["__init__", "pack"]
    assert needed("sign") == ["__init__", "envelope", "errors", "keys", "sign"]


@pytest.mark.parametrize(
    "name",
    ["bundle", "changes", "commit", "feed", "fetch", "pack", "push", "sbom", "sign", "verify"],
)
def test_every_program_has_an_entry(root: Path, name: str) -> None:
    folder = root / "ci" / "src" / "ci" / "programs"

    assert 'if __name__ == "__main__":' in (folder / f"{name}.py").read_text(encoding="utf-8")
    assert all((folder / f"{module}.py").is_file() for module in needed(name))
