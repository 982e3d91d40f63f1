"""How long may a stranger hold a connection? The server's own limits: slow or endless heads, too many connections.

uvicorn has none of them: its parser takes headers without end, for as long as they come. A request that is answered
before its body has come may go on sending for a while: to close at once would reset the connection, and the client
would never read the answer.
"""

import resource
from asyncio import TimerHandle, Transport
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from zhida.api.problems import MEDIA_TYPE, problem

_HEAD_BYTES_MAX = 1 << 16
_LINGER_SECONDS = 30.0
_FILES_BESIDES_CONNECTIONS = 256
"""Descriptors for the database, the indexes, the logs and uploads."""


def guarded_connections(*, head_patience: timedelta, connections_max: int) -> type[HttpToolsProtocol]:
    """The protocol class that uvicorn makes one of for each connection."""
    seconds = head_patience.total_seconds()

    class GuardedConnection(_GuardedConnection):
        head_seconds = seconds
        connections_limit = connections_max

    return GuardedConnection


def connections_that_fit(wished: int) -> int:
    """Let this process open as many files as it is allowed to; how many connections that leaves room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = wished + _FILES_BESIDES_CONNECTIONS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wished if soft == resource.RLIM_INFINITY else max(16, min(wished, soft - _FILES_BESIDES_CONNECTIONS))


class _GuardedConnection(HttpToolsProtocol):
    """Counts and times a head only where it does not come in one piece, so that honest requests pay nothing."""

    head_seconds: float
    connections_limit: int

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] - as uvicorn has it
        super().connection_made(transport)
        self._head_bytes = 0
        self._is_in_head = True
        self._linger_timer: TimerHandle | None = None
        self._head_timer: TimerHandle | None = self.loop.call_later(self.head_seconds, self._head_is_late)
        if len(self.connections) > self.connections_limit:
            self._turn_away(HTTPStatus.SERVICE_UNAVAILABLE, "request.overloaded", "Too many connections are open.")

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        if not self._is_in_head or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > _HEAD_BYTES_MAX:
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            self._turn_away(status, "request.head_too_large", "The request's headers are too large.")
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self._head_is_late)

    def on_message_begin(self) -> None:
        self._head_bytes = 0
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self._linger_timer is not None:
            self._linger_timer.cancel()
            self._linger_timer = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.more_body and self._linger_timer is None and not self.transport.is_closing():
            self._linger_timer = self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own sentence
        self._turn_away(HTTPStatus.BAD_REQUEST, "request.malformed", "This is no HTTP request.")

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._head_bytes == 0:
            self.transport.close()  # a browser's connection in reserve: it expects no answer
        elif self._is_in_head and not self.transport.is_closing():
            detail = "The request's headers did not come in time."
            self._turn_away(HTTPStatus.REQUEST_TIMEOUT, "request.too_slow", detail)

    def _forget_timers(self) -> None:
        for timer in (self._head_timer, self._linger_timer):
            if timer is not None:
                timer.cancel()
        self._head_timer = self._linger_timer = None

    def _turn_away(self, status: HTTPStatus, code: str, detail: str) -> None:
        self._forget_timers()
        self.transport.write(_answer(status, problem(status, code, detail)))
        self.transport.close()


def _answer(status: HTTPStatus, body: dict[str, Any]) -> bytes:
    encoded = msgspec.json.encode(body)
    again = "Retry-After: 1\r\n" if status is HTTPStatus.SERVICE_UNAVAILABLE else ""
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(encoded)}\r\n"
        f"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n{again}Connection: close\r\n\r\n"
    )
    return head.encode() + encoded
