"""What is captured, as far as it needs no engine; tests/ci/test_capturing.py runs it for real."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest
from dagger import dag

from ci import bundle, gates
from ci.bundle import About
from ci.capture import EXEC, SERVICE, Captured, Outcome, inner_first
from ci.capturing import file_names
from ci.errors import SelectionError
from ci.step import Cache, Mount, Server, Step
from ci.subject import Subject

if TYPE_CHECKING:
    from pathlib import Path


def server(alias: str, *servers: Server) -> Server:
    return Server(alias=alias, container=dag.container(), args=(alias,), servers=servers)


def captured(name: str = "test", exit_code: int = 1, report: str = "") -> Captured:
    database = server("database")
    step = Step(
        name=name,
        container=dag.container(),
        command=("pytest",),
        mounts=(Mount("/src", dag.directory()),),
        caches=(Cache("/cache", "wheels"),),
        servers=(server("proxy", database), database),
        source="/src",
        reports=("/junit.xml",),
    )
    reports = {"/junit.xml": report} if report else {}
    outcome = Outcome(exit_code, "out", "err", "out\nerr", reports=reports)
    return Captured(step, EXEC, outcome, started=5.0, duration=1.5)


def test_servers_come_after_those_that_they_need() -> None:
    servers = (server("a", server("b", server("c"))), server("d"))

    assert [found.alias for found in inner_first(servers)] == ["c", "b", "a", "d"]
    assert inner_first((servers[1], *servers)) == [servers[1], *inner_first(servers)[:-1]]


def test_a_step_failed_if_its_exit_code_says_so() -> None:
    assert captured(exit_code=1).failed
    assert captured(exit_code=-1).failed
    assert not captured(exit_code=0).failed


def test_files_are_called_like_their_steps() -> None:
    names = file_names([captured("Test, Python 3.11"), captured("a/b"), captured("a b")])

    assert list(names) == ["test-python-3.11.tar", "a-b.tar", "a-b-2.tar"]


def test_the_plan_says_all_that_files_do_not(reports: Path) -> None:
    report = (reports / "junit.xml").read_text(encoding="utf-8")

    plan = bundle.plan(captured(report=report), About("ci capture", "abc", 7.0, "v0.21.0"))

    assert plan == json.loads(json.dumps(plan))
    assert plan["services"] == [["proxy", "service-2"], ["database", "service-1"]]
    assert [(each["name"], each["services"]) for each in plan["servers"]] == [
        ("service-1", []),
        ("service-2", [["database", "service-1"]]),
    ]
    assert (plan["mounts"], plan["caches"]) == (["/src"], [["/cache", "wheels"]])
    assert (plan["exit_code"], plan["last_lines"]) == (1, ["out", "err"])
    assert plan["failing"]
    assert all(plan["failing"].values())


def test_the_end_of_the_output_is_told_where_it_is_known_and_no_chance() -> None:
    def told(exit_code: int = 1, kind: str = EXEC, **output: str) -> object:
        outcome = Outcome(exit_code, **output)
        found = dataclasses.replace(captured(), outcome=outcome, kind=kind)
        return bundle.plan(found, About("ci capture", "abc", 7.0, "v0.21.0"))["last_lines"]

    assert told(combined="a\n" * 300) == ["a"] * bundle.LAST_LINES
    assert told(stdout="out\n", stderr="err\n") == ["out", "err"]
    assert told(stdout="a\n" * 150, stderr="b\n" * 150) is None
    assert told(exit_code=137, combined="a\n") is None
    assert told(kind=SERVICE, combined="a\n") is None


def test_a_report_that_is_none_names_no_test() -> None:
    assert bundle.failing({"/junit.xml": "no XML"}) == {}


async def test_a_gate_that_is_none_is_refused() -> None:
    subject = Subject(source=dag.directory(), git=dag.git("https://example.org/x"))

    with pytest.raises(SelectionError, match="'tests' is no gate"):
        await gates.run(subject, "tests")
