"""Spellings of names, as the reference engine has them."""

import pytest

from portable_dagger.modules import names


@pytest.mark.parametrize(
    ("python", "expected"),
    [
        ("my_mod", "MyMod"),
        ("my-mod", "MyMod"),
        ("args", "Args"),
        ("userID", "UserId"),
        ("HTTPServer", "Httpserver"),
        ("sha256sum", "Sha256Sum"),
        ("greeter.tone v2", "GreeterToneV2"),
    ],
)
def test_pascal(python: str, expected: str) -> None:
    assert names.pascal(python) == expected


@pytest.mark.parametrize(
    ("python", "expected"),
    [
        ("container_echo", "containerEcho"),
        ("other-name", "otherName"),
        ("labelText", "labelText"),
        ("userID", "userId"),
        ("c1", "c1"),
        ("Value", "value"),
    ],
)
def test_camel(python: str, expected: str) -> None:
    assert names.camel(python) == expected


@pytest.mark.parametrize(
    ("api", "expected"),
    [
        ("withNewFile", "with-new-file"),
        ("userId", "user-id"),
        ("c1", "c-1"),
        ("python3Version", "python-3-version"),
        ("JSONData", "json-data"),
        ("snake_case", "snake-case"),
    ],
)
def test_kebab(api: str, expected: str) -> None:
    assert names.kebab(api) == expected


@pytest.mark.parametrize(
    ("python", "expected"),
    [("RED", "RED"), ("DARK_BLUE", "DARK_BLUE"), ("darkBlue", "DARK_BLUE"), ("low", "LOW")],
)
def test_member(python: str, expected: str) -> None:
    assert names.member(python) == expected


@pytest.mark.parametrize(
    ("name", "module", "expected"),
    [
        ("Args", "args", "Args"),
        ("Colour", "args", "ArgsColour"),
        ("MyModSub", "my-mod", "MyModSub"),
        ("Argsy", "args", "ArgsArgsy"),
        ("Tone", "greeter", "GreeterTone"),
    ],
)
def test_namespaced(name: str, module: str, expected: str) -> None:
    assert names.namespaced(name, module) == expected
