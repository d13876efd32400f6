"""Stages: names and numbers, what needs what, arguments before the first FROM."""

from __future__ import annotations

import pytest

from portable_dagger.dockerfile.parser import parse
from portable_dagger.dockerfile.stages import Plan, mount_options, plan
from portable_dagger.errors import DockerfileError

TEXT = """
ARG VERSION=12
ARG IMAGE=debian:$VERSION
FROM $IMAGE AS Base
RUN true
FROM scratch AS files
COPY a /a
FROM base
COPY --from=files /a /a
COPY --from=0 /etc /etc
RUN --mount=type=bind,from=other,target=/o true
FROM debian AS other
"""


def planned(text: str, **given: str) -> Plan:
    return plan(parse(text), given, {"TARGETPLATFORM": "linux/amd64"})


def test_bases_use_the_arguments_before_them() -> None:
    assert planned(TEXT).stages[0].base == "debian:12"
    assert planned(TEXT, VERSION="13").stages[0].base == "debian:13"
    assert planned("FROM --platform=$TARGETPLATFORM debian\n").stages[0].platform == "linux/amd64"


def test_a_stage_needs_only_earlier_ones() -> None:
    found = planned(TEXT)
    assert [s.index for s in found.needs(found.stages[2])] == [0, 1]
    assert found.needs(found.stages[0]) == []


def test_targets() -> None:
    found = planned(TEXT)
    assert found.target("").name == "other"
    assert found.target("BASE").index == 0
    assert found.target("2").index == 2
    with pytest.raises(DockerfileError, match='target stage "nope" could not be found') as caught:
        found.target("nope")
    assert caught.value.hint == "the stages are base, files, 2, other"


def test_mount_options() -> None:
    assert mount_options("type=secret,id=x,required") == {
        "type": "secret",
        "id": "x",
        "required": "true",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("USER x\nFROM debian\n", "line 1: USER: comes before the first FROM"),
        ("FROM $NOPE\n", "the base name is blank"),
        ("FROM debian as\n", "takes one base"),
        ("FROM ${X:?give\\ X}\n", "Dockerfile line 1: FROM: X: give X"),
        ("ARG A=${B^}\nFROM debian\n", "Dockerfile line 1: ARG: .*unsupported modifier"),
    ],
)
def test_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(DockerfileError, match=message):
        planned(text)
