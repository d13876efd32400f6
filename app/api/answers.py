"""Errors as answers: every error has the shape of `schemas.ErrorAnswer`."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app import logs
from app.api.schemas import MANY, ONE, ErrorAnswer, Problem
from app.errors import PlatformError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI
    from starlette.requests import Request

INVALID: dict[int | str, dict[str, Any]] = {
    422: {"model": ErrorAnswer, "description": "The input is wrong; row and field are named."}
}
UNAVAILABLE: dict[int | str, dict[str, Any]] = {
    503: {"model": ErrorAnswer, "description": "The model or the database is missing."}
}


def answer(
    status: int,
    message: str,
    hint: str,
    *,
    problems: Sequence[Problem] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Build an error's answer."""
    content = ErrorAnswer(
        message=message,
        hint=hint,
        request_id=logs.request_id.get() or "",
        problems=list(problems),
    )
    return JSONResponse(content.model_dump(), status_code=status, headers=headers)


def problem_of(error: Mapping[str, Any]) -> Problem:
    """Translate one of Pydantic's errors; its `loc` is (body, one|many, row, field)."""
    where = list(error["loc"])
    if error["type"] == "json_invalid":
        return Problem(row=None, field=None, message=f"not JSON, from character {where[-1]} on")
    row: int | None = None
    if where[:2] == ["body", ONE]:
        where, row = where[2:], 0
    elif where[:2] == ["body", MANY]:
        where = where[2:]
        row = where.pop(0) if where else None
    else:
        where = where[1:]
    field = ".".join(str(part) for part in where) or None
    return Problem(row=row, field=field, message=error["msg"])


async def invalid(_: Request, error: Exception) -> JSONResponse:
    """Answer 422, naming row and field of each problem, never repeating the input."""
    assert isinstance(error, RequestValidationError)
    problems = [problem_of(each) for each in error.errors()]
    return answer(
        422,
        f"the input has {len(problems)} problem{'s' if len(problems) > 1 else ''}",
        "Correct the rows and fields named in `problems`; /docs shows the ranges.",
        problems=problems,
    )


async def unavailable(_: Request, error: Exception) -> JSONResponse:
    """Answer 503 when model or database is missing."""
    assert isinstance(error, PlatformError)
    return answer(503, error.message, error.hint, headers={"Retry-After": "5"})


async def refused(_: Request, error: Exception) -> JSONResponse:
    """Answer unknown paths, wrong methods and unreadable bodies in the same shape."""
    assert isinstance(error, HTTPException)
    hint = "/docs lists every endpoint."
    return answer(
        error.status_code,
        HTTPStatus(error.status_code).phrase.lower(),
        hint,
        headers=error.headers,
    )


def install(app: FastAPI) -> None:
    """Let `app` answer every error this way."""
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(PlatformError, unavailable)
    app.add_exception_handler(HTTPException, refused)
