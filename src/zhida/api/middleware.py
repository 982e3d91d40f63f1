"""What happens around every request? Ids, figures, security headers, an answer where something broke.

Pure ASGI: a middleware of the framework's own wrapper class costs 0.4 ms a request.
"""

import logging
import time
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zhida.api.problems import problem, problem_response
from zhida.observability import HttpMeter, request_scope

_log = logging.getLogger(__name__)

_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_REQUEST_ID_LENGTH_MAX = 64
_CLIENT_CLOSED_REQUEST = 499
"""nginx's number for it. It stands in our figures alone: nobody is there to receive it."""


class Observed:
    """Gives each request an id, measures it, adds the headers that every response carries, answers what broke."""

    def __init__(self, app: ASGIApp, meter: HttpMeter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0
        started = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in _SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        traceparent = headers.get("traceparent")
        with (
            request_scope(_wished_id(headers), traceparent=traceparent) as request_id,
            self._meter.in_flight(scope["method"]),
        ):
            try:
                await self._app(scope, receive, send_with_headers)
            except ClientDisconnect:
                status = status or _CLIENT_CLOSED_REQUEST
            except Exception:
                _log.exception("unexpected error")
                if status:
                    raise  # breaks the connection, so that nobody takes half an answer for a whole one
                await _unexpected()(scope, receive, send_with_headers)
            finally:
                route: Any = scope.get("route")
                self._meter.request(
                    method=scope["method"],
                    route=getattr(route, "path", "unmatched"),
                    status=status,
                    seconds=time.perf_counter() - started,
                )


def _wished_id(headers: Headers) -> str | None:
    """The id that a proxy or client gave the request, where it is harmless to write into logs."""
    wished = headers.get("x-request-id", "")
    harmless = 0 < len(wished) <= _REQUEST_ID_LENGTH_MAX and all(c.isalnum() or c in "-_." for c in wished)
    return wished if harmless and wished.isascii() else None


def _unexpected() -> Response:
    detail = "Something went wrong that should not have."
    advice = "Tell the operator the trace id; the logs hold the cause."
    return problem_response(problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail, advice=advice))
