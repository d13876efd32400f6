"""How the service is, for those who run it."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from app import __version__, metrics
from app.api.schemas import HealthAnswer, ReadyAnswer
from app.api.state import ServiceDependency

router = APIRouter(tags=["operation"])


@router.get("/health")
def health() -> HealthAnswer:
    """Answer while the process lives."""
    return HealthAnswer(status="alive", version=__version__)


@router.get(
    "/ready",
    response_model=ReadyAnswer,
    responses={503: {"model": ReadyAnswer, "description": "Not ready; `checks` says why."}},
)
def ready(service: ServiceDependency) -> Response:
    """Answer 200 when the model is loaded and the database fits, 503 otherwise."""
    faults = service.faults()
    checks = {
        part: f"{fault.message}: {fault.hint}" if fault else "ok" for part, fault in faults.items()
    }
    answer = ReadyAnswer(ready=not any(faults.values()), checks=checks)
    return JSONResponse(answer.model_dump(), status_code=200 if answer.ready else 503)


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses={200: {"description": "Prometheus' text format."}},
)
def figures(service: ServiceDependency) -> Response:
    """Figures for Prometheus."""
    return Response(service.metrics.render(), media_type=metrics.CONTENT_TYPE)
