"""Modules that another one installs: toolchains and blueprints, in a real engine."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from portable_dagger.errors import ModuleError
from tests.engine.modules.bench import Bench, Talk

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="workers need root")

GREETER = """
from typing import Annotated
import dagger
from dagger import DefaultPath, check, dag, field, function, object_type

@object_type
class Greeter:
    config: Annotated[dagger.File, DefaultPath("./config.txt")] = field()

    @function
    async def configured(self) -> str:
        return await self.config.contents()

    @function
    async def own(self) -> str:
        return await dag.current_module().source().file("own.txt").contents()

    @function
    def greet(self, name: str = "you") -> str:
        return f"Hello, {name}"

    @function
    @check
    def passes(self) -> None: ...

    @function
    @check
    def fails(self) -> None:
        raise ValueError("no")
"""


@pytest.fixture
def greeter(tmp_path: Path) -> Path:
    """A repository with the module `greeter`, and a folder `app` without code."""
    (tmp_path / ".git").mkdir()
    for folder in ("greeter", "app"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "config.txt").write_text(f"of {folder}")
    config = {"name": "greeter", "sdk": {"source": "python"}}
    (tmp_path / "greeter/dagger.json").write_text(json.dumps(config))
    (tmp_path / "greeter/main.py").write_text(GREETER)
    (tmp_path / "greeter/own.txt").write_text("own")
    (tmp_path / "app/other.txt").write_text("other")
    return tmp_path


def use(bench: Bench, greeter: Path, config: dict[str, Any]) -> Talk:
    (greeter / "app/dagger.json").write_text(json.dumps({"name": "app", **config}))
    return Talk(bench, greeter / "app")


def test_toolchains_stand_below_their_names(bench: Bench, greeter: Path) -> None:
    customization = {"function": ["greet"], "argument": "name", "default": "Mars"}
    path = {"argument": "config", "defaultPath": "./other.txt"}
    toolchain = {"source": "../greeter", "ignoreChecks": ["fail*"]}
    talk = use(
        bench,
        greeter,
        {
            "toolchains": [
                {**toolchain, "name": "changed", "customizations": [customization, path]},
                toolchain,
            ]
        },
    )
    described = talk.serve()
    functions = described["objects"]["App"]["functions"]
    assert [(f["name"], [a["name"] for a in f["args"]]) for f in functions] == [
        ("changed", ["config"]),
        ("greeter", ["config"]),
    ]
    assert talk.ask("{app{greeter{configured}}}") == "of app"
    assert talk.ask("{app{greeter{own}}}") == "own"
    assert talk.ask("{app{greeter{greet}}}") == "Hello, you"
    assert talk.ask("{app{changed{configured}}}") == "other"
    assert talk.ask("{app{changed{greet}}}") == "Hello, Mars"
    assert talk.ask('{app{changed{greet(name:"x")}}}') == "Hello, x"
    names = talk.ask("{currentWorkspace{checks{list{name}}}}")
    assert [one["name"] for one in names] == ["app:changed:passes", "app:greeter:passes"]
    run = "{currentWorkspace{checks{run{list{passed}}}}}"
    assert talk.ask(run) == [{"passed": True}, {"passed": True}]
    talk.close()


def test_a_blueprint_is_used_as_the_module_itself(bench: Bench, greeter: Path) -> None:
    talk = use(bench, greeter, {"blueprint": "../greeter", "toolchains": ["../greeter"]})
    assert talk.serve()["main"] == "App"
    assert talk.ask("{app{configured}}") == "of app"
    assert talk.ask("{app{own}}") == "own"
    assert talk.ask("{app{greeter{configured}}}") == "of app"
    talk.close()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"toolchains": ["../greeter", "../greeter"]}, "has two of the name greeter"),
        ({"toolchains": ["../none"]}, 'key "toolchains": there is no module at ../none'),
        ({"blueprint": "../app"}, 'key "blueprint": ../app depends on this module'),
        ({"blueprint": "../greeter", "sdk": "python"}, 'a module with a "blueprint" has no "sdk"'),
    ],
)
def test_toolchains_that_cannot_be(
    bench: Bench, greeter: Path, config: dict[str, Any], message: str
) -> None:
    talk = use(bench, greeter, config)
    with pytest.raises(ModuleError, match=message):
        talk.serve()
    talk.close()


def test_toolchains_out_of_reach_are_left_out(bench: Bench, greeter: Path) -> None:
    (greeter / "go").mkdir()
    (greeter / "go/dagger.json").write_text('{"name": "go", "sdk": "go"}')
    talk = use(bench, greeter, {"toolchains": ["../greeter", "../go"]})
    assert [f["name"] for f in talk.serve()["objects"]["App"]["functions"]] == ["greeter"]
    assert any("../go is left out" in str(event) for event in talk.events)
    talk.close()
