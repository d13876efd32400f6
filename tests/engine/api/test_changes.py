"""What became of fields and arguments of earlier releases."""

import pytest

from portable_dagger.api.changes import CHANGES, NEWEST, Change, explained, version
from portable_dagger.api.core import core_types


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_names_what_is_gone(change: Change) -> None:
    fields = core_types().objects[change.type].fields
    if change.argument:
        arguments = [argument.name for argument in fields[change.field].arguments]
        assert change.argument not in arguments
    else:
        assert change.field not in fields


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("v0.11.9", (0, 11, 9)),
        ("0.12", (0, 12, 0)),
        ("v0.18.0-dev.1", (0, 18, 0)),
        ("", NEWEST),
        ("latest", NEWEST),
    ],
)
def test_versions(text: str, wanted: tuple[int, int, int]) -> None:
    assert version(text) == wanted


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (
            "Cannot query field 'build' on type 'Container'.",
            "Container.build was removed in v0.19.0: use `Directory.dockerBuild`.",
        ),
        (
            'Unknown argument "directory" on field "Directory.withDirectory".',
            'argument "directory" of Directory.withDirectory was removed in v0.19.0: it is called `source`.',
        ),
        ("Cannot query field 'never' on type 'Container'.", ""),
        ("Syntax Error", ""),
    ],
)
def test_explanations(message: str, wanted: str) -> None:
    assert explained(message) == f"{message} {wanted}".strip()
