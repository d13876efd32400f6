"""Modules as the API sees them, in a real engine: loaded from directories, checked, generated, in their workspace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from portable_dagger.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

DAGGER = str(Path(__file__).parents[3] / "dagger")
TASKS = Path(__file__).parent / "tasks"
SECONDS = 120

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="the engine needs root"),
]


USER = """
from dagger import dag, function, object_type

@object_type
class User:
    @function
    async def asked(self) -> str:
        return (await dag.tasks().own())[0]
"""


class Place:
    """A copy of the module in a git work tree, and the state directory of an engine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout" / "tasks"
        shutil.copytree(TASKS, self.folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "checkout" / ".git").mkdir()
        (folder / "outside.txt").write_text("secret")
        self.environment = {**os.environ, "PORTABLE_DAGGER_STATE": str(folder / "state")}

    def run(self, *words: str, given: str = "") -> str:
        done = subprocess.run(
            [DAGGER, *words],
            cwd=self.folder,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode:
            raise EngineError(done.stderr)
        return done.stdout

    def ask(self, query: str) -> Any:  # noqa: ANN401  JSON
        data = json.loads(self.run("-s", "query", "-M", given=query))
        while isinstance(data, dict) and len(data) == 1:
            (data,) = data.values()
        return data

    def module(self, query: str) -> Any:  # noqa: ANN401  JSON
        return self.ask(f'{{ host {{ directory(path: ".") {{ asModule {{ {query} }} }} }} }}')


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("modules"))
    yield made
    made.run("engine", "stop")


def test_a_directory_is_a_module_with_its_types(place: Place) -> None:
    assert place.module("name") == "tasks"
    assert place.module("description") == "Checks, generators and services."
    assert place.module("objects { asObject { name } }") == [
        {"asObject": {"name": "TasksDocs"}},
        {"asObject": {"name": "Tasks"}},
    ]


def test_checks_run_and_say_how_it_went(place: Place) -> None:
    fields = "name checkType passed error { message }"
    assert place.module(f"checks {{ run {{ list {{ {fields} }} }} }}") == [
        {
            "name": "docs:spelling",
            "checkType": "check",
            "passed": False,
            "error": {"message": "FunctionError: teh"},
        },
        {
            "name": "lists",
            "checkType": "generate",
            "passed": False,
            "error": {"message": "produced changes"},
        },
        {"name": "passes", "checkType": "check", "passed": True, "error": None},
    ]
    report = place.module("checks(noGenerate: true) { run { report { contents } } }")
    assert "| docs:spelling | Words are right | ❌ |\n| passes | Always passes | ✅ |\n" in report
    assert place.module('checks(include: ["docs:*"]) { list { name } }') == [
        {"name": "docs:spelling"}
    ]
    assert place.module('check(name: "passes") { run { completed } }') is True
    with pytest.raises(EngineError, match="no check 'nope'"):
        place.module('check(name: "nope") { name }')


def test_generators_answer_their_changes(place: Place) -> None:
    assert place.module("generators { changes { addedPaths } }") == ["list.txt"]
    assert place.module("generators { isEmpty }") is False
    assert place.module('generator(name: "lists") { run { completed } }') is True
    assert place.module("services { list { name path } }") == [{"name": "web", "path": ["web"]}]


def test_the_workspace_is_the_checkout_and_nothing_else(place: Place) -> None:
    ask = "{{ currentWorkspace {{ {} }} }}".format
    assert place.ask(ask("path")) == "tasks"
    assert place.ask(ask('file(path: "notes.txt") { contents }')) == "hello\n"
    assert place.ask(ask('file(path: "/tasks/notes.txt") { contents }')) == "hello\n"
    assert place.ask(ask('findUp(name: "notes.txt", from: "src")')) == "/tasks/notes.txt"
    assert place.ask(ask('findUp(name: "outside.txt")')) is None
    assert place.ask(ask("checks(onlyGenerate: true) { list { name } }")) == [
        {"name": "tasks:lists"}
    ]
    (place.folder / "link").symlink_to("../../outside.txt")
    for path in ("/../outside.txt", "../../outside.txt", "link"):
        with pytest.raises(EngineError, match="leads out of the workspace"):
            place.ask(ask(f'file(path: "{path}") {{ contents }}'))
    (place.folder / "link").unlink()


def test_functions_are_given_the_workspace(place: Place) -> None:
    assert place.run("-s", "call", "given", "--path", "notes.txt") == "hello\n"
    assert place.run("-s", "call", "own") == "lists\nhello\n\n"
    (place.folder / "notes.txt").write_text("changed\n")
    assert place.run("-s", "call", "given", "--path", "/tasks/notes.txt") == "changed\n"
    assert place.run("-s", "call", "own") == "lists\nchanged\n\n"
    with pytest.raises(EngineError, match="leads out of the workspace"):
        place.run("-s", "call", "given", "--path", "/../outside.txt")


def test_sources_on_the_host_say_what_they_are(place: Place) -> None:
    ask = '{{ moduleSource(refString: ".") {{ {} }} }}'.format
    assert place.ask(ask("kind configExists moduleName sourceRootSubpath engineVersion")) == {
        "kind": "LOCAL_SOURCE",
        "configExists": True,
        "moduleName": "tasks",
        "sourceRootSubpath": "tasks",
        "engineVersion": "v0.21.7",
    }
    assert place.ask(ask("localContextDirectoryPath")) == str(place.folder.parent)
    assert place.ask(ask('directory(path: "src/tasks") { entries }')) == ["__init__.py"]
    included = 'withIncludes(patterns: ["notes.txt"]) { contextDirectory { entries } }'
    assert place.ask(ask(included)) == ["tasks/"]
    assert place.ask(ask('withIncludes(patterns: ["x"]) { asModule { name } }')) == "tasks"
    renamed = 'withName(name: "other") { asModule { objects { asObject { name } } } }'
    assert place.ask(ask(renamed)) == [
        {"asObject": {"name": "OtherDocs"}},
        {"asObject": {"name": "Other"}},
    ]
    changed = (
        'withEngineVersion(version: "v0.20.0") { generatedContextChangeset { modifiedPaths } }'
    )
    assert place.ask(ask(changed)) == ["tasks/dagger.json"]


def test_a_new_module_runs_at_once(place: Place) -> None:
    root = place.folder.parent / "new"
    assert place.run("-s", "init", "--sdk=python", "../new") == (
        f"Initialized module new in {root}\n"
    )
    assert place.run("-s", "call", "-m", "../new", "hello", "--name", "Bo") == "Hello, Bo!"
    assert "class Container(" in (root / "sdk/src/dagger/client/gen.py").read_text()
    with pytest.raises(EngineError, match="there is a module in"):
        place.run("init", "../new")
    place.run("install", "-m", "../new", ".")
    config = json.loads((root / "dagger.json").read_text())
    assert config["dependencies"] == [{"name": "tasks", "source": "../tasks"}]
    bindings = (root / "sdk/src/dagger/client/gen.py").read_text()
    assert 'def tasks(self) -> "Tasks":' in bindings
    place.run("uninstall", "-m", "../new", "tasks")
    assert "class Tasks(" not in (root / "sdk/src/dagger/client/gen.py").read_text()
    assert "dependencies" not in json.loads((root / "dagger.json").read_text())
    shutil.rmtree(root / "sdk")
    (root / "src/new/main.py").write_text("# mine\n")
    place.run("develop", "-m", "../new")
    assert (root / "sdk/pyproject.toml").is_file()
    assert (root / "src/new/main.py").read_text() == "# mine\n"


def test_services_are_listed_and_must_match(place: Place) -> None:
    assert "tasks:web   Serves HTTP" in place.run("-s", "up", "--list")
    with pytest.raises(EngineError, match="no service matches nope"):
        place.run("up", "nope")


def test_git_references_are_pinned_and_updated(place: Place) -> None:
    top = place.folder.parents[1]
    work = top / "work"
    shutil.copytree(place.folder, work / "tasks")

    def git(*words: str) -> str:
        author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        command = ["git", *author, "-C", str(work), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-qm", "one")
    git("tag", "tasks/v1")
    git("clone", "-q", "--bare", ".", str(top / "bare.git"))
    first = git("rev-parse", "HEAD")
    reference = f"file://{top}/bare.git/tasks"
    asked = "kind version commit moduleName sourceRootSubpath asModule { name }"
    assert place.ask(f'{{ moduleSource(refString: "{reference}@v1") {{ {asked} }} }}') == {
        "kind": "GIT_SOURCE",
        "version": "v1",
        "commit": first,
        "moduleName": "tasks",
        "sourceRootSubpath": "tasks",
        "asModule": {"name": "tasks"},
    }
    assert place.run("-s", "functions", "-m", f"{reference}@v1").splitlines()[1].startswith("docs ")
    place.run("init", "--name", "user", "../user")
    place.run("install", "-m", "../user", f"{reference}@main")
    place.run("develop", "-m", "../user", "--sdk=python")
    (place.folder.parent / "user/src/user/main.py").write_text(USER)
    assert place.run("-s", "call", "-m", "../user", "asked") == "lists"
    git("commit", "-q", "--allow-empty", "-m", "two")
    git("push", "-q", str(top / "bare.git"), "main")
    file = place.folder.parent / "user" / "dagger.json"
    assert json.loads(file.read_text())["dependencies"] == [
        {"name": "tasks", "source": f"{reference}@main", "pin": first}
    ]
    place.run("update", "-m", "../user")
    (entry,) = json.loads(file.read_text())["dependencies"]
    assert entry["pin"] == git("rev-parse", "HEAD") != first
    place.run("update", "-m", "../user", "tasks@v1")
    (entry,) = json.loads(file.read_text())["dependencies"]
    assert entry == {"name": "tasks", "source": f"{reference}@v1", "pin": first}
    with pytest.raises(EngineError, match="not among the dependencies"):
        place.run("update", "-m", "../user", "other")


def test_the_types_that_are_served(place: Place) -> None:
    query = """{ currentTypeDefs(hideCore: true) {
        kind asObject { name sourceModuleName constructor { name } functions { name } } } }"""
    answer = json.loads(place.run("-s", "query", given=query))["currentTypeDefs"]
    objects = {t["asObject"]["name"]: t["asObject"] for t in answer if t["asObject"]}
    assert len(objects) == sum(t["kind"] == "OBJECT_KIND" for t in answer)
    assert objects["Tasks"]["sourceModuleName"] == "tasks"
    assert {"name": "docs"} in objects["Tasks"]["functions"]
    assert objects["Query"]["functions"] == [{"name": "tasks"}]
    assert {"name": "withExec"} in objects["Container"]["functions"]
