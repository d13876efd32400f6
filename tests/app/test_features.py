from __future__ import annotations

from app import dataset
from app.api.schemas import Row
from app.features import FEATURES, NAMES
from app.sample.make import SAMPLE


def test_requests_have_the_features_in_their_order() -> None:
    assert tuple(Row.model_fields) == NAMES


def test_every_sample_row_and_example_is_in_range() -> None:
    inputs = dataset.load(str(SAMPLE)).inputs

    for column, feature in enumerate(FEATURES):
        assert feature.low <= inputs[:, column].min(), feature.name
        assert inputs[:, column].max() <= feature.high, feature.name
        assert feature.low <= feature.example <= feature.high, feature.name
