"""The golden vectors of the API."""

from __future__ import annotations

import copy
import os
import shlex
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.golden import DAGGER, HERE, LATER, marks, runner

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNNER = runner("api")
VECTORS: dict[str, dict[str, Any]] = {
    vector["id"]: vector for _, vector in RUNNER.load([str(HERE / "api")])
}
REGISTRY = os.environ.get("CONFORMANCE_REGISTRY")
SLOW_AREAS = {
    "cache",
    "dockerbuild",
    "exec",
    "git",
    "http",
    "mounts",
    "publish",
    "secrets",
    "service",
}


class Session(RUNNER.Session):  # type: ignore[misc, name-defined]  # imported by path
    """The runner's session; it also closes the pipe, since an open one is a warning here."""

    def close(self) -> None:
        super().close()
        if self.process:
            self.process.stdout.close()


@pytest.fixture(scope="module")
def sessions() -> Iterator[Any]:
    """One session for all vectors; some open further ones of their own."""
    environment = {k: v for vector in VECTORS.values() for k, v in vector.get("env", {}).items()}
    command = shlex.join([str(DAGGER), "session"])
    options = SimpleNamespace(session_cmd=command, port=None, token=None, registry=REGISTRY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RUNNER, "Session", Session)
        opened = RUNNER.Sessions(options, environment)
        yield opened
        opened.close()


@pytest.mark.parametrize(
    "vector",
    [
        pytest.param(vector, id=name, marks=marks("api", name, slow=vector["area"] in SLOW_AREAS))
        for name, vector in VECTORS.items()
    ],
)
def test_vector(vector: dict[str, Any], sessions: Any) -> None:  # noqa: ANN401  the runner's class
    reason = sessions.why_not(vector)
    if reason:
        pytest.skip(f"{reason}: set CONFORMANCE_REGISTRY")
    wanted = RUNNER.loosen(copy.deepcopy(vector["expect"]), vector.get("must", []))
    answers = RUNNER.loosen(RUNNER.run_vector(vector, sessions), vector.get("must", []))
    if answers != wanted and vector.get("optional"):
        pytest.skip("differs where an engine may: " + vector.get("note", vector["title"]))
    assert answers == wanted, RUNNER.diff(wanted, answers)


def test_list_of_later_vectors_names_vectors() -> None:
    assert LATER["api"].keys() <= VECTORS.keys()
