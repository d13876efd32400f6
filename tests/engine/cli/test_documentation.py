"""docs/reference/cli.md has every verb and option, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portable_dagger.cli.options import GLOBAL, Option
from portable_dagger.cli.verbs import VERBS, Verb

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"
SECTIONS = dict(
    re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
)


def documented(section: str) -> set[str]:
    """Return the options of a section's table, in the form `-x, --name`."""
    rows = re.findall(r"^\| ((?:`-\w`, )?`--[\w-]+`) \|", section, re.MULTILINE)
    return {row.replace("`", "") for row in rows}


def spelled(options: tuple[Option, ...]) -> set[str]:
    return {f"-{o.short}, --{o.name}" if o.short else f"--{o.name}" for o in options}


def test_global_options() -> None:
    section = SECTIONS["Options of every verb"]
    assert documented(section) == spelled(GLOBAL)
    for option in GLOBAL:
        assert option.variable in section


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_verb(verb: Verb) -> None:
    section = SECTIONS[verb.name]
    assert f"    ./{verb.usage}\n" in section
    assert documented(section) == spelled(verb.options)


def test_no_other_verbs() -> None:
    names = [name for name in SECTIONS if name not in {"Options of every verb", "Environment"}]
    assert names == [verb.name for verb in VERBS]
