"""Work for a caller who hangs up is stopped, and has ended before anybody goes on."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect, Request

from tests.unit.api.asgi import GOES, HANGS, http_scope
from zhida.api.disconnects import while_connected


def request(message: dict[str, object]) -> Request:
    async def receive() -> dict[str, object]:
        if message is HANGS:
            await asyncio.Event().wait()
        return message

    return Request(http_scope(), receive)


async def test_the_work_of_somebody_who_stays_is_done() -> None:
    async def work() -> int:
        return 42

    assert await while_connected(request(HANGS), work()) == 42  # type: ignore[arg-type]


async def test_the_work_of_somebody_who_goes_is_stopped() -> None:
    is_stopped = False

    async def work() -> None:
        nonlocal is_stopped
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            is_stopped = True

    with pytest.raises(ClientDisconnect):
        await while_connected(request(GOES), work())  # type: ignore[arg-type]
    assert is_stopped


async def test_a_failure_of_the_work_is_its_own() -> None:
    async def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await while_connected(request(HANGS), work())  # type: ignore[arg-type]
