"""Write the OpenAPI document: `python -m app.openapi > app/openapi.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydantic import SecretStr

from app.main import create_app
from app.settings import Settings

COMMITTED = Path(__file__).with_name("openapi.json")


def render() -> str:
    """Return the application's OpenAPI document as stable JSON text."""
    # The document depends on no setting, and building the application opens nothing.
    settings = Settings(
        database_url=SecretStr("postgresql://localhost/none"), model_path=Path("none")
    )
    return json.dumps(create_app(settings).openapi(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
