"""The data set to learn from: a CSV file, or scikit-learn's California Housing loader."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.errors import DataSetError
from app.features import NAMES, TARGET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

SCIKIT_LEARN = "sklearn"

CENSUS_COLUMNS = (
    "longitude",
    "latitude",
    "housing_median_age",
    "total_rooms",
    "total_bedrooms",
    "population",
    "households",
    "median_income",
    "median_house_value",
)


@dataclass(frozen=True)
class DataSet:
    """Rows to learn from.

    `inputs` is float64 of shape (rows, 8) in the order of `features.NAMES`; `target` is float64 of
    shape (rows,), in 100,000 US dollars. `sha256` is the digest of the bytes that were read;
    `dropped` counts the rows left out because a value was missing.
    """

    inputs: NDArray[np.float64]
    target: NDArray[np.float64]
    sha256: str
    source: str
    dropped: int = 0


def load(source: str) -> DataSet:
    """Load from the path of a CSV file, or from scikit-learn's loader when `source` is `sklearn`.

    Raises DataSetError.
    """
    if source == SCIKIT_LEARN:
        return _load_scikit_learn()
    path = Path(source)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataSetError(
            f"cannot read the data set {source}: {error.strerror}",
            "Give --data the path of a CSV file, or `sklearn`.",
        ) from error
    return parse(content, path.name)


def parse(content: bytes, source: str) -> DataSet:
    """Parse a CSV with the eight features and MedHouseVal, or with the census' own columns.

    The census' columns are totals per district, as in the widely copied `housing.csv`; the
    features are derived from them the way scikit-learn does. Raises DataSetError.
    """
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8")))
    except UnicodeDecodeError as error:
        raise DataSetError(
            f"{source} is not UTF-8 text", "Give a CSV file with a header."
        ) from error
    header = set(reader.fieldnames or ())
    if header.issuperset((*NAMES, TARGET)):
        columns, convert = (*NAMES, TARGET), _from_features
    elif header.issuperset(CENSUS_COLUMNS):
        columns, convert = CENSUS_COLUMNS, _from_census
    else:
        raise DataSetError(
            f"{source} has the columns {', '.join(sorted(header)) or '(none)'}",
            f"It needs {', '.join((*NAMES, TARGET))}; or {', '.join(CENSUS_COLUMNS)}.",
        )
    rows, dropped = [], 0
    for number, row in enumerate(reader, start=2):
        if any(not row[column] for column in columns):
            dropped += 1
            continue
        try:
            rows.append(convert({column: float(row[column]) for column in columns}))
        except (ValueError, ZeroDivisionError) as error:
            raise DataSetError(
                f"{source}, line {number}: {error}", "Correct the line or remove it."
            ) from error
    if not rows:
        raise DataSetError(f"{source} has no complete row", "Give a CSV file with data.")
    table = np.asarray(rows, dtype=np.float64)
    return DataSet(
        table[:, :-1], table[:, -1], hashlib.sha256(content).hexdigest(), source, dropped
    )


def _from_features(row: Mapping[str, float]) -> list[float]:
    return [row[name] for name in (*NAMES, TARGET)]


def _from_census(row: Mapping[str, float]) -> list[float]:
    households = row["households"]
    return [
        row["median_income"],
        row["housing_median_age"],
        row["total_rooms"] / households,
        row["total_bedrooms"] / households,
        row["population"],
        row["population"] / households,
        row["latitude"],
        row["longitude"],
        row["median_house_value"] / 100_000,
    ]


def _load_scikit_learn() -> DataSet:
    # Imported here: training from a file, and all serving, must work without scikit-learn.
    try:
        from sklearn.datasets import fetch_california_housing  # noqa: PLC0415
    except ImportError as error:
        raise DataSetError(
            "scikit-learn is not installed",
            "Install app/requirements/train.txt, or give --data the path of a CSV file.",
        ) from error
    try:
        bunch = fetch_california_housing()
    except OSError as error:
        raise DataSetError(
            f"scikit-learn could not download California Housing: {error}",
            "Try again with network, or give --data the path of a CSV file.",
        ) from error
    inputs = np.ascontiguousarray(bunch.data, dtype=np.float64)
    target = np.ascontiguousarray(bunch.target, dtype=np.float64)
    digest = hashlib.sha256(inputs.tobytes() + target.tobytes()).hexdigest()
    return DataSet(inputs, target, digest, "scikit-learn")
