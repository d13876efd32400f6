from __future__ import annotations

from typing import TYPE_CHECKING

from app.__main__ import main

if TYPE_CHECKING:
    import pytest


def test_a_wrong_environment_ends_the_start_with_its_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main() == 2
    assert "APP_DATABASE_URL: Field required" in capsys.readouterr().err
