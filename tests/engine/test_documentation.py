"""The docs cannot lie: settings, errors, links and paths are compared with the code."""

from __future__ import annotations

import inspect
import re
import subprocess
from pathlib import Path

import pytest

from portable_dagger import errors

REPOSITORY = Path(__file__).parents[2]
SOURCES = REPOSITORY / "engine" / "src" / "portable_dagger"
REFERENCE = (REPOSITORY / "docs" / "reference" / "engine.md").read_text()
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]

CLASSES = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, errors.EngineError)
]


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_every_error_is_in_the_tree_and_its_family_in_the_reference(
    error: type[errors.EngineError],
) -> None:
    assert re.search(rf"\b{error.__name__}\b", errors.__doc__ or "")
    family = [c.__name__ for c in error.__mro__ if c.__mro__[1:2] == (errors.EngineError,)]
    assert error is errors.EngineError or f"`{family[0]}`" in REFERENCE


def test_every_setting_is_documented() -> None:
    files = [REPOSITORY / "dagger", *SOURCES.rglob("*.py")]
    used = {name for f in files for name in re.findall(r"\bPORTABLE_DAGGER_[A-Z_]+", f.read_text())}
    documented = set(re.findall(r"`(PORTABLE_DAGGER_[A-Z_]+)`", REFERENCE))
    assert used == documented


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_readme_names_what_is_there() -> None:
    text = (REPOSITORY / "README.md").read_text()
    listed = re.findall(r"^    ([\w./]+) {2,}\S", text, re.MULTILINE)
    assert len(listed) > 5
    for name in listed:
        if name not in {"3.9", "Python"}:
            assert (REPOSITORY / name).exists(), name


def test_the_readme_commands_are_ones_that_dagger_knows() -> None:
    text = (REPOSITORY / "README.md").read_text()
    verbs = set(re.findall(r"\./dagger (\w+)", text))
    shown = subprocess.run(
        [REPOSITORY / "dagger", "--help"], capture_output=True, text=True, check=True
    ).stdout
    known = set(re.findall(r"^  (\w+)", shown, re.MULTILINE))
    assert verbs - {"installs"} <= known
    for script in re.findall(r"`(\.ci/\w+)`", text):
        assert (REPOSITORY / script).stat().st_mode & 0o111
