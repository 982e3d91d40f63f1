"""What happens around every request? Ids, logs, security headers, size limits.

Pure ASGI: a middleware of the framework's own wrapper class costs 0.4 ms a request.
"""

import time
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zhida.api.problems import MEDIA_TYPE, problem
from zhida.observability import HttpMeter, request_scope

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


class Observed:
    """Gives each request an id, measures it, and adds the headers that every response carries."""

    def __init__(self, app: ASGIApp, meter: HttpMeter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = HTTPStatus.INTERNAL_SERVER_ERROR.value
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


class TooLargeError(Exception):
    """The body has grown past its limit."""


class LimitedBody:
    """Refuses bodies that are too large, before and while they are read."""

    def __init__(self, app: ASGIApp, *, json_bytes_max: int, upload_bytes_max: int) -> None:
        self._app = app
        self._json_bytes_max = json_bytes_max
        self._upload_bytes_max = upload_bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a body that counts."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_upload = headers.get("content-type", "").startswith("multipart/form-data")
        limit = self._upload_bytes_max if is_upload else self._json_bytes_max
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > limit:
            await _refuse(send, limit)
            return
        read, started = 0, False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise TooLargeError
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, counted, noted)
        except TooLargeError:
            if started:
                raise
            await _refuse(send, limit)


async def _refuse(send: Send, limit: int) -> None:
    detail = f"The request's body is larger than {limit} bytes."
    advice = "Send less at once; an upload can be split into several."
    body = msgspec.json.encode(problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request.too_large", detail, advice=advice))
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
