"""Bodies that are too large or do not come, and requests beyond what a process can serve, end with a clear refusal."""

import asyncio
from datetime import timedelta

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from tests.unit.api.asgi import HANGS, exchange, http_scope, piece
from zhida.api.limits import BodyLimits, LimitedBody, Shedding

_UPLOAD = "multipart/form-data; boundary=x"
_LIMITS = BodyLimits(json_bytes=10, upload_bytes=100, patience=timedelta(milliseconds=20))


async def reads(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that reads the whole body and answers how much came."""
    size = 0
    while True:
        message = await receive()
        size += len(message["body"])
        if not message["more_body"]:
            break
    await PlainTextResponse(str(size))(scope, receive, send)


async def swallows(scope: Scope, receive: Receive, send: Send) -> None:
    """As frameworks do: whatever goes wrong while the body is read is the client's mistake."""
    try:
        await reads(scope, receive, send)
    except Exception:  # noqa: BLE001 - what it stands for
        await PlainTextResponse("bad request", 400)(scope, receive, send)


async def never(_scope: Scope, _receive: Receive, _send: Send) -> None:
    pytest.fail("The application must not be reached.")


@pytest.mark.parametrize(("content_type", "limit"), [("application/json", 10), (_UPLOAD, 100)])
async def test_a_body_declared_too_large_is_refused_before_it_is_read(content_type: str, limit: int) -> None:
    scope = http_scope(content_type=content_type, content_length=str(limit + 1))
    answer = await exchange(LimitedBody(never, _LIMITS), scope)
    assert (answer.status, answer.problem["code"]) == (413, "request.too_large")


@pytest.mark.parametrize("app", [reads, swallows])
async def test_a_body_that_grows_too_large_is_refused_whatever_the_framework_makes_of_it(app: object) -> None:
    pieces = [piece(b"x" * 6, is_last=False), piece(b"x" * 6, is_last=False), piece(b"", is_last=True)]
    answer = await exchange(LimitedBody(app, _LIMITS), http_scope(), pieces)  # type: ignore[arg-type]
    assert (answer.status, answer.problem["code"]) == (413, "request.too_large")
    assert len(answer.messages) == 2


@pytest.mark.parametrize("app", [reads, swallows])
async def test_a_body_that_does_not_come_is_not_waited_for(app: object) -> None:
    answer = await exchange(LimitedBody(app, _LIMITS), http_scope(), [piece(b"x", is_last=False), HANGS])  # type: ignore[arg-type]
    assert (answer.status, answer.problem["code"]) == (408, "request.too_slow")


async def test_an_upload_has_patience_for_each_piece_and_another_body_for_the_whole() -> None:
    patient = BodyLimits(json_bytes=10, upload_bytes=100, patience=timedelta(seconds=0.5))

    async def dripping(scope: Scope, receive: Receive, send: Send) -> None:
        async def slowly() -> Message:
            await asyncio.sleep(0.15)
            return await receive()

        await LimitedBody(reads, patient)(scope, slowly, send)

    pieces = [piece(b"x", is_last=False)] * 4 + [piece(b"", is_last=True)]
    assert (await exchange(dripping, http_scope(content_type=_UPLOAD), pieces)).body == b"4"
    assert (await exchange(dripping, http_scope(), pieces)).status == 408


async def test_a_body_within_its_limits_passes_untouched() -> None:
    pieces = [piece(b"x" * 5, is_last=False), piece(b"x" * 5, is_last=True)]
    assert (await exchange(LimitedBody(reads, _LIMITS), http_scope(content_length="10"), pieces)).body == b"10"


class _Working:
    """An application that works until told to go on; then it answers, and streams until told to end."""

    def __init__(self) -> None:
        self.goes_on = asyncio.Event()
        self.ends = asyncio.Event()
        self._arrivals = asyncio.Semaphore(0)

    async def reached_by(self, requests: int) -> None:
        """Wait until so many more requests have come."""
        for _ in range(requests):
            await self._arrivals.acquire()

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        self._arrivals.release()
        await self.goes_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await self.ends.wait()
        await send({"type": "http.response.body", "body": b""})


async def test_what_comes_beyond_the_places_is_refused_at_once_and_told_when_to_come_back() -> None:
    working = _Working()
    shedding = Shedding(working, requests_max=2, uploads_max=1)
    first = [asyncio.create_task(exchange(shedding, http_scope())) for _ in range(2)]
    upload = asyncio.create_task(exchange(shedding, http_scope(content_type=_UPLOAD)))
    await working.reached_by(3)
    for scope in (http_scope(), http_scope(content_type=_UPLOAD)):
        refused = await exchange(shedding, scope)
        assert (refused.status, refused.problem["code"]) == (503, "request.overloaded")
        assert refused.headers["retry-after"] == "1"
    watching = asyncio.create_task(exchange(shedding, http_scope("/health")))
    await working.reached_by(1)
    working.goes_on.set()
    working.ends.set()
    assert {(await task).status for task in (*first, upload, watching)} == {200}
    assert (await exchange(shedding, http_scope())).status == 200


async def test_an_answer_that_streams_gives_its_place_back() -> None:
    working = _Working()
    shedding = Shedding(working, requests_max=1, uploads_max=1)
    working.goes_on.set()
    streaming = [asyncio.create_task(exchange(shedding, http_scope())) for _ in range(3)]
    await working.reached_by(3)
    working.ends.set()
    assert [(await task).status for task in streaming] == [200, 200, 200]


async def test_a_place_is_given_back_where_the_application_fails() -> None:
    async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ZeroDivisionError

    shedding = Shedding(fails, requests_max=1, uploads_max=1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await exchange(shedding, http_scope())
