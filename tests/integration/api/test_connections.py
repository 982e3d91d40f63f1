"""Strangers who hold connections: endless heads, silence, too many at once, and bodies that nobody wants to read."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from zhida.api.connections import connections_that_fit, guarded_connections

_CONNECTIONS = 8
_HEAD_SECONDS = 0.5


async def refuses(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers at once, without reading what is sent."""
    await PlainTextResponse("no", 401)(scope, receive, send)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where a server with short patience listens."""
    protocol = guarded_connections(head_patience=timedelta(seconds=_HEAD_SECONDS), connections_max=_CONNECTIONS)
    config = uvicorn.Config(refuses, http=protocol, lifespan="off", log_config=None, server_header=False)
    server = uvicorn.Server(config)
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def connect(port: int) -> Iterator[Callable[[], socket.socket]]:
    """Open connections that are closed after the test."""
    opened: list[socket.socket] = []

    def one_more() -> socket.socket:
        opened.append(socket.create_connection(("127.0.0.1", port), timeout=20))
        return opened[-1]

    yield one_more
    for connection in opened:
        connection.close()
    _await_free_places(port)


def _await_free_places(port: int) -> None:
    """The server has noticed that the last test's connections are gone."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as looking:
            looking.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            if looking.recv(20).startswith(b"HTTP/1.1 401"):
                return
    raise AssertionError("The server has no place any more.")


def all_of(connection: socket.socket) -> bytes:
    """What comes until the server closes."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\nHost: x\r\nX-Endless: ", b"GET /"])
def test_an_endless_head_is_cut_off(connect: Callable[[], socket.socket], start: bytes) -> None:
    connection = connect()
    connection.sendall(start)
    sent = 0
    try:
        while sent < 64 << 20:
            sent += connection.send(b"a" * 65536)
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert sent < 64 << 20


def test_many_headers_are_too_large_together(connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(8000)))
    assert all_of(connection).startswith(b"HTTP/1.1 431 ")


def test_a_head_that_does_not_come_is_not_waited_for(connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    connection.sendall(b"GET / HTTP/1.1\r\nHos")
    answer = all_of(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"request.too_slow"' in answer


def test_a_second_head_that_does_not_come_is_not_waited_for(connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT")
    assert b"HTTP/1.1 408 " in all_of(connection)


def test_a_silent_connection_ends_without_a_word(connect: Callable[[], socket.socket]) -> None:
    assert all_of(connect()) == b""


def test_nonsense_is_answered_in_the_common_form(connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    connection.sendall(b"\x16\x03\x01\x02\x00\x01 TLS, spoken to a server of plain HTTP\r\n\r\n")
    answer = all_of(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Content-Type: application/problem+json" in answer


def test_a_refusal_reaches_a_client_that_is_still_sending(connect: Callable[[], socket.socket]) -> None:
    connection = connect()
    size = 32 << 20
    connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
    for _ in range(size >> 16):
        connection.sendall(b"x" * 65536)
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert all_of(connection).count(b"HTTP/1.1 401 ") == 2


def test_more_connections_than_there_are_places_for_are_turned_away(connect: Callable[[], socket.socket]) -> None:
    held = [connect() for _ in range(_CONNECTIONS)]
    for connection in held:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(20).startswith(b"HTTP/1.1 401 ")
    answer = all_of(connect())
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 1\r\n" in answer


def test_there_is_room_for_as_many_connections_as_the_system_lets_us_have() -> None:
    assert connections_that_fit(16) == 16
    assert 16 <= connections_that_fit(10**9) < 10**9
