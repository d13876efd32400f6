"""The shapes of requests and answers, as the OpenAPI document shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Optional, Union

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from app.features import FEATURES, NAMES, TARGET_MEANING

MAXIMUM_ROWS = 1000
MAXIMUM_PAGE = 500


def _feature(name: str) -> Any:  # noqa: ANN401 - stands for the field's default, as Field does
    feature = FEATURES[NAMES.index(name)]
    return Field(
        ge=feature.low, le=feature.high, description=feature.meaning, examples=[feature.example]
    )


class Row(BaseModel):
    """One district to predict."""

    # Strict: "3" is not 3. Forbid: a misspelt feature is an error, not ignored.
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    MedInc: float = _feature("MedInc")
    HouseAge: float = _feature("HouseAge")
    AveRooms: float = _feature("AveRooms")
    AveBedrms: float = _feature("AveBedrms")
    Population: float = _feature("Population")
    AveOccup: float = _feature("AveOccup")
    Latitude: float = _feature("Latitude")
    Longitude: float = _feature("Longitude")


ONE, MANY = "one", "many"


def kind_of(body: object) -> str:
    """Tell one row from many, so that errors speak of the kind that was meant."""
    return MANY if isinstance(body, list) else ONE


Rows = Annotated[
    Union[
        Annotated[Row, Tag(ONE)],
        Annotated[list[Row], Field(min_length=1, max_length=MAXIMUM_ROWS), Tag(MANY)],
    ],
    Discriminator(kind_of),
]


class Predicted(BaseModel):
    """One prediction, as stored."""

    id: int
    value: float = Field(description=TARGET_MEANING)


class PredictAnswer(BaseModel):
    """The predictions of one request, in the order of its rows."""

    request_id: str
    model_version: str
    predictions: list[Predicted]


class StoredPrediction(BaseModel):
    """One row of the history."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    request_id: str
    row: int = Field(description="index of the row in its request")
    model_version: str
    features: dict[str, float]
    value: float = Field(description=TARGET_MEANING)
    created_at: datetime


class HistoryPage(BaseModel):
    """One page of the history, newest first."""

    predictions: list[StoredPrediction]
    next: Optional[int] = Field(
        description="give this as `before` for the next page; null at the end"
    )


class ModelAnswer(BaseModel):
    """The model that serves."""

    version: str
    features: list[str]
    target: str
    metrics: dict[str, float] = Field(description="on the rows held out of training")
    rows_trained: int
    rows_held_out: int
    data_source: str
    data_sha256: str
    parameters: dict[str, Any]
    xgboost: str = Field(description="version of XGBoost that trained it")


class HealthAnswer(BaseModel):
    """The process is alive."""

    status: str
    version: str


class ReadyAnswer(BaseModel):
    """Whether requests can be served, and what each part says."""

    ready: bool
    checks: dict[str, str] = Field(description="`ok`, or what is wrong, by part")


class Problem(BaseModel):
    """One thing wrong with the input."""

    row: Optional[int] = Field(description="index of the row; null when it is not about a row")
    field: Optional[str] = Field(description="name of the field; null when it is about the whole")
    message: str


class ErrorAnswer(BaseModel):
    """What happened and what to do next."""

    message: str
    hint: str
    request_id: str
    problems: list[Problem]
