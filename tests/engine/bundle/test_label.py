"""What the label of a step's image tells a reader that has no blobs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from portable_dagger.bundle.description import Mount, Port
from portable_dagger.bundle.label import LABEL, LAST_SIZE, told
from portable_dagger.bundle.reading import Reader

if TYPE_CHECKING:
    from pathlib import Path


Tell = Callable[..., dict[str, Any]]


@pytest.fixture
def tell(made: Any) -> Tell:  # noqa: ANN401  of conftest
    """Give what returns the label of the step, with another output, exit code or other fields."""
    (step,) = made.description.steps

    def label(output: bytes = b"", code: int = 1, **changes: object) -> dict[str, Any]:
        outcome = dataclasses.replace(step.outcome, exit_code=code)
        if output:
            outcome = dataclasses.replace(outcome, combined=made.store.put_blob(output))
        changed = dataclasses.replace(step, outcome=outcome, **changes)
        return told(changed, made.description, made.store.get_blob)

    return label


def test_in_the_steps_image_alone(made: Any, tell: Tell, tmp_path: Path) -> None:  # noqa: ANN401
    path = tmp_path / "step.bundle"
    made.write(path)
    with Reader(path) as reader:
        label = json.loads(dict(reader.image_config("step-1").labels)[LABEL])
        assert reader.image_config("service-1").labels == ()
    assert label == tell()


def test_what_runs_and_what_it_is_bound_to(tell: Tell) -> None:
    label = tell()
    assert (label["name"], label["args"]) == ("pytest", ["pytest", "-q"])
    assert (label["expect"], label["exit_code"]) == ("SUCCESS", 1)
    assert label["services"] == {"db": "database"}
    assert label["definitions"]["database"]["image"] == "service-1"
    assert label["definitions"]["database"]["ports"][0]["port"] == 5432
    assert label["secrets"] == {"TOKEN": "token"}


def test_tests_and_reasons_are_as_reports_have_them(tell: Tell) -> None:
    label = tell()
    assert label["failing"] == ["tests/test_it.py::test_it"]
    assert label["reasons"] == {"tests/test_it.py::test_it": "assert 3 == 4 in 0.12s"}
    assert label["reports"] == ["/srv/junit.xml"]


def test_the_end_of_the_output(tell: Tell) -> None:
    assert tell()["last_lines"] == ["1 failed"]
    assert tell(b"both\nstreams\n")["last_lines"] == ["both", "streams"]
    lines = tell(b"line\n" * 300)["last_lines"]
    assert len(lines) == 200


@pytest.mark.parametrize(
    "changes",
    [{"code": 137}, {"code": 124}, {"kind": "service"}, {"output": b"x" * (LAST_SIZE + 1)}],
)
def test_no_end_that_is_never_the_same_or_long(tell: Tell, changes: dict[str, Any]) -> None:
    assert "last_lines" not in tell(**changes)


def test_what_is_given_to_the_command(made: Any, tell: Tell) -> None:  # noqa: ANN401
    stdin = made.store.put_blob(b"yes\n")
    label = tell(stdin=stdin, redirects=("", "/out", ""), source="/srv/src")
    assert (label["stdin"], label["redirects"]) == ("yes\n", ["", "/out", ""])
    assert label["source"] == "/srv/src"


def test_files_with_secrets_and_ports(made: Any, tell: Tell) -> None:  # noqa: ANN401
    (step,) = made.description.steps
    place = dataclasses.replace(step.place, mounts=(Mount("/run/key", "secret", name="key"),))
    label = tell(kind="service", place=place, hostname="web", ports=(Port(80),))
    assert label["secrets"] == {"TOKEN": "token", "/run/key": "key"}
    assert label["hostname"] == "web"
    assert label["ports"] == [{"port": 80, "protocol": "TCP", "skip_healthcheck": False}]
