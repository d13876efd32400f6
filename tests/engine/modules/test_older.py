"""The SDK in the process of a module that was written for an earlier release."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import portable_dagger
from portable_dagger.errors import EngineError
from tests.engine.modules.bench import Bench, Talk

PROGRAM = """
import dagger, json, multiprocessing, sys
from dagger import dag
from portable_dagger.api.changes import version
from portable_dagger.modules import older

def answer(case):
    older.adapt(version(case[0]))
    try:
        return [[made.name, made.args] for made in eval(case[1])._ctx.selections]
    except Exception as error:
        return str(error)

with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
    print(json.dumps(pool.map(answer, json.load(sys.stdin), chunksize=1)))
"""
"""Prints what the SDK of each case's release would ask for, or the text of the error; a process for each release."""

ANSWERS: list[tuple[str, str, object]] = [
    (
        "v0.11.0",
        'dag.container().with_exec(["a"])',
        [["container", {}], ["withExec", {"args": ["a"], "useEntrypoint": True}]],
    ),
    (
        "v0.11.0",
        'dag.container().with_exec(["a"], skip_entrypoint=True)',
        [["container", {}], ["withExec", {"args": ["a"]}]],
    ),
    (
        "v0.12.7",
        'dag.container().with_exec(["a"], skip_entrypoint=False)',
        [["container", {}], ["withExec", {"args": ["a"], "useEntrypoint": True}]],
    ),
    (
        "v0.12.0",
        'dag.pipeline("x").container().pipeline("y", description="z").with_focus()',
        [["container", {}]],
    ),
    ("v0.13.0", "dag.dagger_engine()", [["engine", {}]]),
    (
        "v0.14.0",
        'dag.container().with_exec(["a"], no_init=True).with_exposed_port(80).as_service()',
        [
            ["container", {}],
            ["withExposedPort", {"port": 80}],
            ["asService", {"args": ["a"], "noInit": True}],
        ],
    ),
    (
        "v0.14.0",
        "dag.container().as_service()",
        [["container", {}], ["asService", {"useEntrypoint": True}]],
    ),
    (
        "v0.15.0",
        'dag.container().with_exec(["a"]).as_service()',
        [["container", {}], ["withExec", {"args": ["a"]}], ["asService", {}]],
    ),
    (
        "v0.11.0",
        'dag.container().with_new_file("/a")',
        [["container", {}], ["withNewFile", {"path": "/a", "contents": ""}]],
    ),
    (
        "v0.18.0",
        'dag.container().build(dag.directory(), target="t")',
        [["directory", {}], ["dockerBuild", {"target": "t"}]],
    ),
]

ERRORS = [
    (
        "v0.19.0",
        "dag.container().build(dag.directory())",
        "Container.build was removed in v0.19.0",
    ),
    ("v0.13.0", "dag.container().with_exec([], skip_entrypoint=True)", '"skipEntrypoint" of '),
    ("", 'dag.directory().with_directory("a", directory=1)', "it is called `source`"),
    ("v0.11.0", 'dag.git("u").with_auth_token(1)', "use `git(url, httpAuthToken: …)`"),
    ("v0.11.0", 'dag.git("u").head().tree(ssh_known_hosts="x")', "pass it to `git`"),
]


@pytest.fixture(scope="module")
def answers() -> dict[tuple[str, str], object]:
    cases = [(version, code) for version, code, _ in (*ANSWERS, *ERRORS)]
    sources = str(Path(portable_dagger.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(cases),
        env={**os.environ, "PYTHONPATH": sources},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(cases, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize(("version", "code", "wanted"), ANSWERS)
def test_names_and_behaviour_of_then(
    answers: dict[tuple[str, str], object], version: str, code: str, wanted: object
) -> None:
    assert answers[version, code] == wanted


@pytest.mark.parametrize(("version", "code", "message"), ERRORS)
def test_what_is_gone_says_so(
    answers: dict[tuple[str, str], object], version: str, code: str, message: str
) -> None:
    assert message in str(answers[version, code])


OLD = """
from dagger import dag, function, object_type

@object_type
class Old:
    @function
    async def names(self) -> list[str]:
        made = dag.directory().with_new_file("b/c", "")
        return await dag.directory().with_directory("a", directory=made).entries()

    @function
    async def export(self) -> str:
        return str(await dag.directory().with_new_file("a", "").export("out"))

    @function
    async def by_id(self) -> list[str]:
        made = await dag.directory().with_new_file("a", "").id()
        return await dag.directory(id=made).entries()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="workers need root")
@pytest.mark.parametrize(
    ("version", "query", "wanted"),
    [
        ("v0.11.0", "names", ["a"]),
        ("v0.18.0", "names", ["a/"]),
        (
            "v0.19.0",
            "names",
            'argument "directory" of Directory.withDirectory was removed in v0.19.0',
        ),
        ("v0.11.0", "export", "True"),
        ("v0.11.0", "byId", ["a"]),
        ("v0.12.0", "byId", 'argument "id" of Query.directory was removed in v0.12.0'),
    ],
)
def test_modules_of_earlier_releases(
    bench: Bench, tmp_path: Path, version: str, query: str, wanted: object
) -> None:
    config = {"name": "old", "engineVersion": version, "sdk": {"source": "python"}}
    (tmp_path / "dagger.json").write_text(json.dumps(config))
    (tmp_path / "main.py").write_text(OLD)
    talk = Talk(bench, tmp_path)
    talk.serve()
    if version >= "v0.12" and isinstance(wanted, str):
        with pytest.raises(EngineError, match=wanted):
            talk.ask(f"{{old{{{query}}}}}")
    else:
        assert talk.ask(f"{{old{{{query}}}}}") == wanted
    talk.close()
