"""The application, put together; `python -m app` serves it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from app import __version__, settings
from app.api import answers, health, model, page, predictions
from app.requests import RequestMiddleware
from app.service import Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.settings import Settings


def create_app(given: Settings | None = None) -> FastAPI:
    """Build the application from `given` settings, or from the environment. Raises SettingsError.

    Nothing is opened before it starts.
    """
    chosen = given or settings.load()
    service = Service(chosen)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(service.start)
        yield
        # The server comes here once the last request in flight has been answered.
        await run_in_threadpool(service.stop)

    app = FastAPI(
        title="California Housing",
        description="Predicts the median house value of a Californian district.",
        version=__version__,
        lifespan=lifespan,
    )
    app.state.service = service
    app.add_middleware(RequestMiddleware, metrics=service.metrics)
    answers.install(app)
    for part in (predictions, model, health, page):
        app.include_router(part.router)
    return app
