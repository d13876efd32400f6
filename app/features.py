"""The eight inputs: their names, units and ranges, and their order in every matrix."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Feature:
    """One input of the model; values are accepted from `low` to `high`, both included."""

    name: str
    meaning: str
    low: float
    high: float
    example: float


# Names, order and meanings are those of scikit-learn's California Housing data set (1990 census).
# The ranges hold every row of it with room to spare, and end where a value can only be a slip.
FEATURES = (
    Feature("MedInc", "median income, in 10,000 US dollars", 0, 20, 8.3252),
    Feature("HouseAge", "median age of the houses, in years", 0, 100, 41),
    Feature("AveRooms", "rooms per household", 0, 200, 6.9841),
    Feature("AveBedrms", "bedrooms per household", 0, 50, 1.0238),
    Feature("Population", "people in the district", 1, 50_000, 322),
    Feature("AveOccup", "people per household", 0, 2_000, 2.5556),
    Feature("Latitude", "degrees north", 32, 42.5, 37.88),
    Feature("Longitude", "degrees east (negative: west)", -125, -114, -122.23),
)
NAMES = tuple(feature.name for feature in FEATURES)
EXAMPLE = tuple(feature.example for feature in FEATURES)
TARGET = "MedHouseVal"
TARGET_MEANING = "median house value, in 100,000 US dollars"
