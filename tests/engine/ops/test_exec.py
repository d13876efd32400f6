"""Exit codes that are expected, words of a command, and what an error keeps of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import QueryError
from portable_dagger.graph.values import Container
from portable_dagger.images.config import ImageConfig
from portable_dagger.ops.command import ReturnType
from portable_dagger.ops.exec import ERROR_STREAM_LIMIT, command_args, shortened

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("expected", "accepted", "refused"),
    [
        (ReturnType.SUCCESS, [0], [1, 127, 137, 192, 255]),
        (ReturnType.FAILURE, [1, 127, 192, 255], [0, 128, 137, 191]),
        (ReturnType.ANY, [0, 1, 127, 192, 255], [128, 137, 191]),
    ],
)
def test_which_exit_codes_are_expected(
    expected: ReturnType, accepted: list[int], refused: list[int]
) -> None:
    assert [code for code in (*accepted, *refused) if expected.accepts(code)] == accepted


def test_words_of_a_command() -> None:
    config = ImageConfig(entrypoint=("ep",), cmd=("default",), env=(("A", "x"),))
    container = Container("linux/amd64", config=config)
    assert command_args(container, ["a"], use_entrypoint=False, expand=False) == ("a",)
    assert command_args(container, [], use_entrypoint=True, expand=False) == ("ep", "default")
    assert command_args(container, ["$A"], use_entrypoint=False, expand=True) == ("x",)
    with pytest.raises(QueryError, match="no command has been set"):
        command_args(Container("linux/amd64"), [], use_entrypoint=True, expand=False)


def test_an_error_keeps_the_end_of_a_long_stream(tmp_path: Path) -> None:
    path = tmp_path / "stream"
    path.write_bytes(b"  short \n")
    assert shortened(path) == "short"
    path.write_bytes(b"BEGIN" + b"x" * ERROR_STREAM_LIMIT + b"\n")
    kept = shortened(path)
    assert kept.startswith("[omitting 6 bytes]...x")
    assert "BEGIN" not in kept
