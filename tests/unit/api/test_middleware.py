"""Every response carries an id and the security headers, also where something broke."""

import logging

import pytest
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from tests.unit.api.asgi import exchange, http_scope
from zhida.api.middleware import Observed
from zhida.observability import Metrics

_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("well", headers={"Cache-Control": "no-cache"})(scope, receive, send)


async def breaks(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise ZeroDivisionError("the secret cause")


async def breaks_off(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise ZeroDivisionError


async def hangs_up(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise ClientDisconnect


async def test_what_breaks_is_answered_in_the_common_form_and_its_cause_stays_in_the_logs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = await exchange(Observed(breaks, Metrics().http), http_scope())
    assert (answer.status, answer.problem["code"]) == (500, "internal")
    assert answer.problem["trace_id"] == answer.headers["x-request-id"] != ""
    assert answer.headers.items() >= _HEADERS.items()
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert b"secret" not in answer.body
    assert [record.exc_text is not None or record.exc_info is not None for record in caplog.records] == [True]


async def test_a_response_keeps_its_own_headers_and_gets_the_others() -> None:
    answer = await exchange(Observed(answers, Metrics().http), http_scope())
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_an_answer_that_broke_off_breaks_the_connection() -> None:
    with pytest.raises(ZeroDivisionError):
        await exchange(Observed(breaks_off, Metrics().http), http_scope())


async def test_a_caller_who_hangs_up_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics()
    with caplog.at_level(logging.WARNING):
        answer = await exchange(Observed(hangs_up, metrics.http), http_scope())
    assert (answer.messages, caplog.records) == ([], [])
    assert 'status="499"' in metrics.exposition()


@pytest.mark.parametrize("wished", ["", "a" * 65, "new\nline", "<script>", "é"])
async def test_an_id_that_would_do_harm_in_a_log_is_replaced(wished: str) -> None:
    answer = await exchange(Observed(answers, Metrics().http), http_scope(x_request_id=wished))
    assert answer.headers["x-request-id"] != wished


async def test_an_id_from_a_proxy_is_kept() -> None:
    answer = await exchange(Observed(answers, Metrics().http), http_scope(x_request_id="proxy-1.2_3"))
    assert answer.headers["x-request-id"] == "proxy-1.2_3"
