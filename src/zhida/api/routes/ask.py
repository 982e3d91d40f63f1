"""Ask: an answer with its evidence, whole or as a stream. Closing the connection stops the model."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from zhida.answering import Answer, AnswerEvent, AnswerRequest, Finished, Refusal, Refused, fold
from zhida.api.callers import App, Reading
from zhida.api.disconnects import while_connected
from zhida.api.guarding import GuardedRoute
from zhida.api.problems import problem_of
from zhida.api.sse import STREAM_RESPONSE, event, event_stream
from zhida.api.views.answers import AskReply, AskRequest, event_body, reply_body
from zhida.bootstrap import Application
from zhida.errors import ZhidaError

router = APIRouter(prefix="/api/v1", tags=["ask"], route_class=GuardedRoute)
_encode = msgspec.json.Encoder().encode


@router.post("/ask", response_model=AskReply, responses=STREAM_RESPONSE)
async def ask(http: Request, app: App, reader: Reading, body: AskRequest) -> Response:
    """Answer a question from a knowledge base, or say that its documents do not.

    With ``stream``: ``retrieved``, then ``delta`` and ``citation`` events, then ``finished`` or ``refused``; a failure
    after the first text comes as ``error`` with the problem as its data.
    """
    base = await app.retrieval.base(reader.grant, body.base)
    request = AnswerRequest(reader.grant, base.id, body.question, top_k=body.top_k)
    events = app.answering.answer(request)
    if not body.stream:
        # without a model there is nothing to stop: the answer is there within milliseconds
        result = await (fold(events) if app.chat is None else while_connected(http, fold(events)))
        _count(app, result.outcome)
        return Response(_encode(reply_body(result)), media_type="application/json")
    first = await anext(events)  # so that a failure before the first event is an ordinary error
    return event_stream(_sent(app, first, events))


async def _sent(app: Application, first: AnswerEvent, events: AsyncGenerator[AnswerEvent]) -> AsyncIterator[bytes]:
    yield event(*event_body(first))
    try:
        async with aclosing(events) as rest:
            async for item in rest:
                yield event(*event_body(item))
                if isinstance(item, Finished | Refused):
                    _count(app, item.answer if isinstance(item, Finished) else item.refusal)
    except ZhidaError as error:
        app.metrics.queries.query(status="failed", timings_ms={})
        yield event("error", problem_of(error))


def _count(app: Application, outcome: Answer | Refusal) -> None:
    status = "answered" if isinstance(outcome, Answer) else "refused"
    app.metrics.queries.query(status=status, language=outcome.language.value, timings_ms=outcome.timings_ms)
    if outcome.warning is not None:
        app.metrics.errors.error(component="answering", kind=outcome.warning)
