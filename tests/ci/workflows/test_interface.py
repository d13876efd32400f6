from __future__ import annotations

import pytest

from ci.errors import SettingsError
from ci.workflows.interface import Argument, Function, Interface, kebab, parts, read

OPTIONAL = {"kind": "STRING_KIND", "optional": True}
NEEDED = {"kind": "STRING_KIND", "optional": False}
FLAG = {"kind": "BOOLEAN_KIND", "optional": False}


def argument(
    name: str, kind: dict[str, object], value: str = "", path: str = ""
) -> dict[str, object]:
    return {"name": name, "typeDef": kind, "defaultValue": value, "defaultPath": path}


def function(name: str, *args: dict[str, object], returns: str = "") -> dict[str, object]:
    given = {"name": returns} if returns else None
    return {"name": name, "args": list(args), "returnType": {"kind": "", "asObject": given}}


def test_an_answer_of_the_api_is_read() -> None:
    module = {
        "name": "my-shop",
        "objects": [
            {
                "asObject": {
                    "name": "MyShop",
                    "constructor": function("", argument("source", NEEDED, path="/")),
                    "functions": [
                        function("testReport", argument("inDepth", FLAG, "false")),
                        function("docs", argument("of", NEEDED), returns="MyShopDocs"),
                    ],
                }
            },
            {"asObject": {"name": "MyShopDocs", "constructor": None, "functions": []}},
        ],
        "checks": {"list": [{"name": "docs:spelling"}]},
        "generators": {"list": []},
        "services": {"list": [{"name": "serve"}]},
    }

    assert read(module) == Interface(
        main="MyShop",
        constructor=Function({"--source": Argument(required=False, switch=False)}, ""),
        objects={
            "MyShop": {
                "test-report": Function({"--in-depth": Argument(required=False, switch=True)}, ""),
                "docs": Function({"--of": Argument(required=True, switch=False)}, "MyShopDocs"),
            },
            "MyShopDocs": {},
        },
        checks=("docs:spelling",),
        generators=(),
        services=("serve",),
    )
    assert read(module).name == "my-shop"


def test_names_are_those_of_the_command_line() -> None:
    assert [*map(kebab, ("ciLocal", "code_security", "Ci", "python3Versions"))] == [
        "ci-local",
        "code-security",
        "ci",
        "python3-versions",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"source": "ci"}', ["dagger.json", "ci/**"]),
        ('{"source": "ci/.", "toolchains": [{"source": "./tools"}]}', ["dagger.json", "ci/**", "tools/**"]),
        (
            '{"source": "ci", "dependencies": [{"source": "a"}], "blueprint": {"source": "b"}}',
            ["dagger.json", "ci/**", "a/**", "b/**"],
        ),
        ("{}", ["**"]),
        ('{"source": "."}', ["**"]),
    ],
)  # fmt: skip
def test_a_module_is_made_of_its_code_and_the_modules_beside_it(
    text: str, expected: list[str]
) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize("text", ["", "[]", '{"toolchains": [1]}', '{"dependencies": [{}]}'])
def test_a_configuration_that_cannot_be_read_says_so(text: str) -> None:
    with pytest.raises(SettingsError, match=r"dagger\.json cannot be read"):
        parts(text)
