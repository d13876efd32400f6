"""Variables of .env as defaults."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from portable_dagger.cli import queries, user_defaults
from portable_dagger.cli.chain import Types, read
from portable_dagger.cli.display import Silent
from portable_dagger.cli.options import CALL
from portable_dagger.cli.progress import Verbosity
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.cli.typedefs import Module


def test_parse() -> None:
    text = "# comment\n\nVAULT_Greeting=servus\nexport a = 'x y'\nEMPTY=\n"
    assert user_defaults.parse(text) == {"vaultgreeting": "servus", "a": "x y", "empty": ""}


def test_line_that_is_none_is_named() -> None:
    with pytest.raises(CommandLineError, match=r"\.env, line 2: 'oops' is no NAME=VALUE"):
        user_defaults.parse("A=1\noops\n")


@pytest.mark.parametrize(
    "text",
    ["STATE_NAME=cnt\nSTATE_ADD_N=5\n", "state_name=cnt\nadd_n=5\n", "NAME=cnt\nStateAddN=5"],
)
def test_spellings(
    text: str, module: Module, types: Types, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(text)
    monkeypatch.chdir(tmp_path)
    out = io.StringIO()
    default = user_defaults.of(module, Silent(out, Verbosity()))
    chain = read(["add", "value"], module.constructor, types, CALL, default)
    assert queries.request(chain.calls, {}, "") == '{ state(name: "cnt") { add(n: 5) { value } } }'
    assert out.getvalue() == "user default: --name=cnt\nuser default: add, --n=5\n"


def test_flag_goes_before_the_file(
    module: Module, types: Types, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("NAME=file\n")
    monkeypatch.chdir(tmp_path)
    default = user_defaults.of(module, Silent(io.StringIO(), Verbosity()))
    chain = read(["--name=flag", "value"], module.constructor, types, CALL, default)
    assert queries.request(chain.calls, {}, "") == '{ state(name: "flag") { value } }'


def test_plain_text_of_a_secret_is_not_shown(
    module: Module, types: Types, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("NAME=n\nMAYBE_TOKEN=hunter2\n")
    monkeypatch.chdir(tmp_path)
    out = io.StringIO()
    default = user_defaults.of(module, Silent(out, Verbosity()))
    read(["maybe"], module.constructor, types, CALL, default)
    assert "hunter2" not in out.getvalue()
    assert "--token=***" in out.getvalue()


def test_without_a_file(module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    default = user_defaults.of(module, Silent(io.StringIO(), Verbosity()))
    assert default(module.constructor, module.constructor.args[0]) is None
