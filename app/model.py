"""The model: one artifact file with the trained trees and their metadata, and its predictions."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xgboost
from pydantic import TypeAdapter, ValidationError

from app.errors import ArtifactError, DeviceError
from app.features import EXAMPLE, NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

# XGBoost stores string attributes beside the trees, so trees and metadata cannot be parted.
METADATA_ATTRIBUTE = "california_housing"


@dataclass(frozen=True)
class Metadata:
    """What is known of a model; `version` is taken from the trees' own digest.

    `metrics` are of the held-out rows: `r2` without unit, `rmse` and `mae` in 100,000 US dollars.
    """

    version: str
    features: tuple[str, ...]
    target: str
    metrics: dict[str, float]
    rows_trained: int
    rows_held_out: int
    data_source: str
    data_sha256: str
    parameters: dict[str, Any]
    xgboost: str


def version_of(booster: xgboost.Booster) -> str:
    """Name a model by its trees: equal trees, equal version."""
    return hashlib.sha256("\n".join(booster.get_dump()).encode()).hexdigest()[:12]


def device_of(booster: xgboost.Booster) -> str:
    """Return where `booster`, having run, ran: cpu or cuda.

    XGBoost only warns when it finds no GPU and goes on by CPU; its configuration tells the truth.
    """
    actual = json.loads(booster.save_config())["learner"]["generic_param"]["device"]
    return str(actual).partition(":")[0]


def require_device(booster: xgboost.Booster, device: str) -> None:
    """Check that `booster`, having run, ran on `device` (cpu or cuda). Raises DeviceError."""
    actual = device_of(booster)
    if actual != device:
        raise DeviceError(
            f"the model was to run on {device} and ran on {actual}",
            "Use a machine with a GPU and app/requirements/serve-cuda.txt, or choose cpu.",
        )


class Model:
    """A trained model, ready to predict; safe to share between threads."""

    def __init__(self, booster: xgboost.Booster, metadata: Metadata, threads: int = 1) -> None:
        self.booster = booster
        self.metadata = metadata
        self.threads = threads
        self.device = "cpu"
        """Where it predicts: cpu or cuda."""

    @classmethod
    def load(cls, path: Path, *, device: str = "cpu", threads: int = 1) -> Model:
        """Read the artifact at `path`; without a GPU, `cuda` falls back to the CPU with a warning.

        Raises ArtifactError.
        """
        hint = "Make one by `python -m app.train --data … --out …` and point APP_MODEL_PATH to it."
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ArtifactError(f"cannot read the model {path}: {error.strerror}", hint) from error
        booster = xgboost.Booster()
        try:
            booster.load_model(bytearray(content))
        except xgboost.core.XGBoostError as error:
            raise ArtifactError(f"{path} is not an XGBoost model", hint) from error
        text = booster.attr(METADATA_ATTRIBUTE)
        if text is None:
            raise ArtifactError(f"the model {path} carries no metadata of ours", hint)
        try:
            metadata = TypeAdapter(Metadata).validate_json(text)
        except ValidationError as error:
            raise ArtifactError(f"the metadata of {path} is damaged: {error}", hint) from error
        if metadata.features != NAMES:
            found = ", ".join(metadata.features)
            raise ArtifactError(f"the model {path} is made for other features: {found}", hint)
        booster.set_param({"device": device, "nthread": threads})
        model = cls(booster, metadata, threads)
        # The first prediction sets XGBoost up and shows where it runs.
        model.predict([EXAMPLE])
        model.device = device_of(booster)
        if model.device != device:
            booster.set_param({"device": model.device})
            logger.warning("no usable %s: the model predicts on %s", device, model.device)
        return model

    def save(self, path: Path) -> None:
        """Write the artifact; it appears at `path` whole or not at all. Raises OSError."""
        text = TypeAdapter(Metadata).dump_json(self.metadata).decode()
        self.booster.set_attr(**{METADATA_ATTRIBUTE: text})
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            aside.write_bytes(self.booster.save_raw("ubj"))
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)

    def predict(self, inputs: Sequence[Sequence[float]] | NDArray[np.float64]) -> list[float]:
        """Predict from shape (rows, 8), in the order of `features.NAMES`; in 100,000 US dollars."""
        # A matrix of its own per call is what makes this safe between threads (XGBoost's
        # "Prediction" page, "Thread Safety").
        matrix = xgboost.DMatrix(
            np.asarray(inputs, dtype=np.float64), feature_names=list(NAMES), nthread=self.threads
        )
        return [float(value) for value in self.booster.predict(matrix)]

    def describe(self) -> dict[str, Any]:
        """Return the metadata as plain values, for storage and display."""
        return asdict(self.metadata)
