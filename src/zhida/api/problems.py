"""What does a client see of an error? The only table from kinds of errors to HTTP, in RFC 9457's form."""

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from zhida.errors import Kind, ZhidaError
from zhida.observability import current_request_id

_log = logging.getLogger(__name__)

STATUS_OF_KIND: dict[Kind, HTTPStatus] = {
    Kind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Kind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
RETRY_AFTER_SECONDS = 2
"""What a client is told where the error itself does not know: databases and processes are back within seconds."""
MEDIA_TYPE = "application/problem+json"
_FOR_OPERATORS = frozenset({"provider_message"})
"""Facts that stay in the logs: what a provider says may name its customer's account."""


class Problem(BaseModel):
    """An error, in the form of RFC 9457."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such knowledge base for you."])
    code: str = Field(description="Stable; what programs should test.", examples=["knowledge.base_not_found"])
    advice: str = Field(description="Who must do what; empty where the detail says it all.")
    trace_id: str = Field(description="Names the request in the logs.")
    facts: dict[str, str | int | float | bool | None] = Field(default_factory=dict[str, Any])


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status.value: {
        "description": status.phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status in (
        HTTPStatus.BAD_REQUEST,
        *STATUS_OF_KIND.values(),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    )
}


def problem(
    status: HTTPStatus, code: str, detail: str, *, advice: str = "", facts: dict[str, Any] | None = None
) -> dict[str, Any]:
    """An error as a JSON object."""
    return {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
        "advice": advice,
        "trace_id": current_request_id(),
        "facts": facts or {},
    }


def problem_of(error: ZhidaError) -> dict[str, Any]:
    """One of our own errors as a JSON object."""
    facts = {name: fact for name, fact in error.facts.items() if name not in _FOR_OPERATORS}
    return problem(STATUS_OF_KIND[error.kind], error.code, error.message, advice=error.advice, facts=facts)


def problem_response(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """An error as a response."""
    return Response(msgspec.json.encode(body), body["status"], headers, MEDIA_TYPE)


def headers_of(error: ZhidaError) -> dict[str, str]:
    """``Retry-After`` and ``WWW-Authenticate`` where they belong."""
    if error.kind in (Kind.UNAVAILABLE, Kind.LIMITED):
        known = error.facts.get("retry_after_s")
        seconds = known if isinstance(known, int | float) else RETRY_AFTER_SECONDS
        return {"Retry-After": str(max(1, round(seconds)))}
    if error.kind is Kind.UNAUTHENTICATED:
        return {"WWW-Authenticate": 'Bearer realm="zhida"'}
    return {}


def handle_problems(app: FastAPI) -> None:
    """Answer every error that has a name in one form; the outermost middleware answers the others."""
    app.add_exception_handler(ZhidaError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, ZhidaError)  # noqa: S101 - registered for this class
    if error.kind is Kind.UNAVAILABLE:
        request.app.state.application.metrics.errors.error(component="api", kind=error.code)
        _log.warning("unavailable", extra={"code": error.code, "detail": str(error)})
    return problem_response(problem_of(error), headers_of(error))


def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    details = [f"{_field(item['loc'])}{item['msg'].removeprefix('Value error, ')}" for item in error.errors()]
    detail = "; ".join(details)[:2000].rstrip(".") + "."
    advice = "Correct the request; /openapi.json describes it."
    return problem_response(problem(HTTPStatus.UNPROCESSABLE_ENTITY, "request.invalid", detail, advice=advice))


def _field(location: tuple[int | str, ...]) -> str:
    """The field's name, without where in a request it stands, which a person at a terminal need not know."""
    return ".".join(str(part) for part in location[1:]) + ": " if len(location) > 1 else ""


def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    status = HTTPStatus(error.status_code)
    code = f"request.{status.name.lower()}"
    return problem_response(problem(status, code, str(error.detail)), dict(error.headers or {}))
