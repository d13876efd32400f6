from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.smoke import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_model_predicts_one_district(
    model_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("APP_MODEL_PATH", str(model_path))

    assert main() == 0

    answer = json.loads(capsys.readouterr().out)
    assert answer["device"] == "cpu"
    assert 0 < answer["median house value, in 100,000 US dollars"] < 20


def test_a_missing_model_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("APP_MODEL_PATH", str(tmp_path / "absent.ubj"))

    assert main() == 1

    assert "absent.ubj" in capsys.readouterr().err
