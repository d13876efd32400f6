from __future__ import annotations

from typing import TYPE_CHECKING

import dagger
from dagger.client import _core

from portable_dagger.modules import startup

if TYPE_CHECKING:
    import pytest


def test_the_calls_of_a_chain_share_a_converter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_core, "make_converter", _core.make_converter)
    startup.warm_up()

    chain = dagger.Client().container(platform=dagger.Platform("linux/arm64")).with_workdir("/src")

    assert chain._ctx.converter is dagger.Client()._ctx.converter  # noqa: SLF001
    fields = [(field.name, field.args) for field in chain._ctx.selections]  # noqa: SLF001
    assert fields == [
        ("container", {"platform": "linux/arm64"}),
        ("withWorkdir", {"path": "/src"}),
    ]
