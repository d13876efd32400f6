"""Train, evaluate and write one artifact: `python -m app.train --data PATH|sklearn --out DIR`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xgboost

from app import dataset
from app.errors import DataSetError, PlatformError
from app.features import NAMES, TARGET
from app.model import Metadata, Model, require_device, version_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from app.dataset import DataSet

ARTIFACT_NAME = "model.ubj"
HELD_OUT = 0.2
MINIMUM_ROWS = 10


@dataclass(frozen=True)
class Options:
    """How to train: where, for how many rounds, and the seed of split and trees."""

    device: str = "cpu"
    rounds: int = 800
    seed: int = 1990

    def parameters(self) -> dict[str, str | int | float]:
        """Return XGBoost's own parameters."""
        return {
            "objective": "reg:squarederror",
            "tree_method": "hist",
            "device": self.device,
            "learning_rate": 0.05,
            "max_depth": 7,
            "min_child_weight": 5,
            "subsample": 0.8,
            "colsample_bytree": 0.8,
            "reg_lambda": 1.0,
            "seed": self.seed,
        }


def split(rows: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the row numbers to train on and those to hold out, a fifth, shuffled by `seed`."""
    order = np.random.default_rng(seed).permutation(rows)
    held_out = round(rows * HELD_OUT)
    return order[held_out:], order[:held_out]


def evaluate(actual: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, float]:
    """Return R² (no unit); root mean square and mean absolute error in 100,000 US dollars."""
    residual = actual - predicted
    total = float(np.sum((actual - actual.mean()) ** 2))
    return {
        "r2": round(1 - float(np.sum(residual**2)) / total, 6),
        "rmse": round(float(np.sqrt(np.mean(residual**2))), 6),
        "mae": round(float(np.mean(np.abs(residual))), 6),
    }


def train(data: DataSet, options: Options) -> Model:
    """Fit on four fifths of `data` and measure on the rest. Raises DataSetError and DeviceError."""
    rows = len(data.target)
    if rows < MINIMUM_ROWS:
        raise DataSetError(f"{data.source} has {rows} rows", f"Give at least {MINIMUM_ROWS}.")
    learn, held_out = split(rows, options.seed)
    matrix = xgboost.DMatrix(
        data.inputs[learn], label=data.target[learn], feature_names=list(NAMES)
    )
    parameters = options.parameters()
    booster = xgboost.train(parameters, matrix, num_boost_round=options.rounds)
    require_device(booster, options.device)
    test = xgboost.DMatrix(data.inputs[held_out], feature_names=list(NAMES))
    predicted = np.asarray(booster.predict(test), dtype=np.float64)
    metadata = Metadata(
        version=version_of(booster),
        features=NAMES,
        target=TARGET,
        metrics=evaluate(data.target[held_out], predicted),
        rows_trained=len(learn),
        rows_held_out=len(held_out),
        data_source=data.source,
        data_sha256=data.sha256,
        parameters={**parameters, "rounds": options.rounds},
        xgboost=xgboost.__version__,
    )
    return Model(booster, metadata)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; print the metadata as JSON. Returns 1 with a message on bad input."""
    parser = argparse.ArgumentParser(prog="python -m app.train", description=__doc__)
    parser.add_argument("--data", required=True, help="a CSV file, or `sklearn`")
    parser.add_argument("--out", required=True, type=Path, help=f"where {ARTIFACT_NAME} goes")
    parser.add_argument("--device", choices=("cpu", "cuda"), default=Options.device)
    parser.add_argument("--rounds", type=int, default=Options.rounds, help="trees to grow")
    parser.add_argument("--seed", type=int, default=Options.seed, help="of the split and the trees")
    given = parser.parse_args(arguments)
    try:
        options = Options(device=given.device, rounds=given.rounds, seed=given.seed)
        model = train(dataset.load(given.data), options)
        given.out.mkdir(parents=True, exist_ok=True)
        model.save(given.out / ARTIFACT_NAME)
    except (PlatformError, OSError, xgboost.core.XGBoostError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(model.describe(), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
