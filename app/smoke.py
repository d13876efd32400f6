"""Predict one district as the service would: `python -m app.smoke`, without a database."""

from __future__ import annotations

import json
import math
import os
import platform
import sys
from pathlib import Path

from app.errors import ArtifactError
from app.features import EXAMPLE, TARGET_MEANING
from app.model import Model
from app.settings import PREFIX, Settings

_HIGHEST = 20.0
"""No census has districts whose median house is worth two million dollars."""


def main() -> int:
    """Print where and what the model of APP_MODEL_PATH predicts. Returns 1 if it cannot."""
    fields = Settings.model_fields
    path = Path(os.environ.get(f"{PREFIX}MODEL_PATH", str(fields["model_path"].default)))
    device = os.environ.get(f"{PREFIX}DEVICE", str(fields["device"].default))
    try:
        model = Model.load(path, device=device)
    except ArtifactError as error:
        print(error, file=sys.stderr)
        return 1
    (value,) = model.predict([EXAMPLE])
    answer = {
        "machine": platform.machine(),
        "device": model.device,
        "model": model.metadata.version,
        TARGET_MEANING: round(value, 4),
    }
    print(json.dumps(answer))
    if not (math.isfinite(value) and 0 < value < _HIGHEST):
        print(f"the model {path} predicts {value}, which no district is", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
