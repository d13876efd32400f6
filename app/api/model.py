"""What serves."""

from __future__ import annotations

from fastapi import APIRouter

from app.api.answers import UNAVAILABLE
from app.api.schemas import ModelAnswer
from app.api.state import ServiceDependency

router = APIRouter(tags=["model"])


@router.get("/model", responses=UNAVAILABLE)
def model(service: ServiceDependency) -> ModelAnswer:
    """Version, features, metrics and data digest of the model that serves."""
    return ModelAnswer.model_validate(service.model.describe())
