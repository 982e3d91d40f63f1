"""How much may a request ask of us?

Bodies that are too large or too slow are refused while they are read, and requests beyond what this process can serve
are refused at once, before anything is spent on them.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zhida.api.problems import problem, problem_response

_UPLOAD = "multipart/form-data"
_ALWAYS_SERVED = frozenset({"/health", "/ready", "/metrics"})
"""Whoever watches over us must see us while we are busy."""


class BodyRefusedError(Exception):
    """Unwinds whoever reads a body that has broken its limit; the answer is sent by ``LimitedBody``."""


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What a body may be.

    Attributes:
        json_bytes: of a body that is not an upload.
        upload_bytes: of a whole upload.
        patience: for a whole body that is not an upload; for each next piece of one that is.
    """

    json_bytes: int
    upload_bytes: int
    patience: timedelta


class LimitedBody:
    """Refuses bodies that are too large, before and while they are read, and those that do not come."""

    def __init__(self, app: ASGIApp, limits: BodyLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a body that counts."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, send, self._limits, headers=Headers(scope=scope))
        if body.is_declared_too_large:
            await problem_response(_too_large(body.bytes_max))(scope, receive, send)
            return
        try:
            await self._app(scope, body.receive, body.send)
        except BodyRefusedError:
            if not body.is_answered:
                await body.refuse()


class _Body:
    """One request's body and answer. A framework that catches our error answers something of its own: it is dropped."""

    def __init__(self, receive: Receive, send: Send, limits: BodyLimits, *, headers: Headers) -> None:
        self._receive = receive
        self._send = send
        self._is_upload = headers.get("content-type", "").startswith(_UPLOAD)
        self.bytes_max = limits.upload_bytes if self._is_upload else limits.json_bytes
        self._patience = limits.patience.total_seconds()
        self._deadline: float | None = None
        declared = headers.get("content-length", "0")
        self.is_declared_too_large = declared.isdigit() and int(declared) > self.bytes_max
        self._read = 0
        self._is_read = False
        self._refusal: dict[str, Any] | None = None
        self.is_answered = False

    async def receive(self) -> Message:
        if self._is_read:
            return await self._receive()  # nothing but a disconnect is left to come
        now = asyncio.get_running_loop().time()
        if self._deadline is None or self._is_upload:
            self._deadline = now + self._patience
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            self._refusal = _too_slow()
            raise BodyRefusedError from error
        self._read += len(message.get("body", b""))
        self._is_read = not message.get("more_body", False)
        if self._read > self.bytes_max:
            self._refusal = _too_large(self.bytes_max)
            raise BodyRefusedError
        return message

    async def send(self, message: Message) -> None:
        if self._refusal is None:
            self.is_answered = True
            await self._send(message)
        elif not self.is_answered:
            await self.refuse()

    async def refuse(self) -> None:
        self.is_answered = True
        assert self._refusal is not None  # noqa: S101 - whoever raises has said why
        response = problem_response(self._refusal)
        await self._send(
            {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
        )
        await self._send({"type": "http.response.body", "body": response.body})


class Shedding:
    """Refuses what comes beyond a number of requests being worked on: a late answer helps nobody, a quick no does."""

    def __init__(self, app: ASGIApp, *, requests_max: int, uploads_max: int) -> None:
        self._app = app
        self._free = {False: requests_max, True: uploads_max}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http" or scope["path"] in _ALWAYS_SERVED:
            await self._app(scope, receive, send)
            return
        is_upload = Headers(scope=scope).get("content-type", "").startswith(_UPLOAD)
        if self._free[is_upload] <= 0:
            await problem_response(_busy(), {"Retry-After": "1"})(scope, receive, send)
            return
        is_held = True

        def let_go() -> None:
            nonlocal is_held
            if is_held:
                is_held = False
                self._free[is_upload] += 1

        async def answered(message: Message) -> None:
            let_go()  # an answer that streams waits for others: a model, a batch
            await send(message)

        self._free[is_upload] -= 1
        try:
            await self._app(scope, receive, answered)
        finally:
            let_go()


def _too_large(limit: int) -> dict[str, Any]:
    detail = f"The request's body is larger than {limit} bytes."
    advice = "Send less at once; an upload can be split into several."
    return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request.too_large", detail, advice=advice)


def _too_slow() -> dict[str, Any]:
    detail = "The request's body did not come in time."
    return problem(HTTPStatus.REQUEST_TIMEOUT, "request.too_slow", detail, advice="Send it again.")


def _busy() -> dict[str, Any]:
    detail = "Too many requests are under way."
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "request.overloaded", detail, advice="Try again in a second.")
