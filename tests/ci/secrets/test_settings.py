from __future__ import annotations

import dataclasses

import pytest

from ci.errors import SettingsError
from ci.findings import Finding, Kind, Severity
from ci.secrets import settings

FINDING = Finding(
    kind=Kind.SECRET, id="jwt", severity=Severity.CRITICAL, target="source", path="docs/api/a.md"
)


def test_without_the_table_it_is_off() -> None:
    assert settings.parse("[tool.ci]\n") is None


@pytest.mark.parametrize(
    ("text", "fails"),
    [
        ("", True),
        ("paths = ['app/*']", False),
        ("paths = ['docs/*']", True),
        ("skip = ['docs/*']", False),
        ("skip = ['docs/*.txt']", True),
    ],
)
def test_paths_and_skip_say_what_fails(text: str, *, fails: bool) -> None:
    read = settings.parse(f"[tool.ci.secrets]\n{text}\n")

    assert read is not None
    assert read.fails(FINDING) is fails


def test_images_are_pinned() -> None:
    for name in ("image", "trufflehog-image"):
        with pytest.raises(SettingsError, match="an image with its digest"):
            settings.parse(f"[tool.ci.secrets]\n{name} = 'gitleaks:latest'\n")
    read = settings.parse("[tool.ci.secrets]\n")
    assert read is not None
    for entry in dataclasses.fields(read):
        if entry.name.endswith("image"):
            assert "@sha256:" in getattr(read, entry.name)
