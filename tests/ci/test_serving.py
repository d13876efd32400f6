from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ci import image_settings, serving
from ci.errors import SettingsError
from ci.serving import ServeSettings

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_table_there_is_no_database() -> None:
    assert serving.parse("[tool.ci]\n") == ServeSettings()


def test_what_is_prepared_runs_before_the_application(root: Path) -> None:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    image, serve = image_settings.parse(text), serving.parse(text)

    assert serving.command(image, ServeSettings()) == [*image.command]
    assert serving.command(image, serve) == [
        "sh",
        "-c",
        "python3 -m app.migrate up && exec python3 -m app",
    ]


def test_a_wrong_key_is_named() -> None:
    with pytest.raises(SettingsError, match=r"tool\.ci\.serve\.database is|database .* not known"):
        serving.parse('[tool.ci.serve]\ndatabase = "x"\n')
