"""Batches: how far is an upload? By asking, or by a stream that tells."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from zhida.access import Principal, ReadGrant
from zhida.api.callers import App, Reading
from zhida.api.guarding import GuardedRoute
from zhida.api.problems import problem_of
from zhida.api.sse import STREAM_RESPONSE, event, event_stream
from zhida.api.views.knowledge import BatchView
from zhida.bootstrap import Application
from zhida.errors import ZhidaError
from zhida.ids import BatchId

router = APIRouter(prefix="/api/v1/batches", tags=["batches"], route_class=GuardedRoute)

_LOOK_EVERY_SECONDS = 0.3
_ALIVE_EVERY_LOOKS = 50
"""A comment line every 15 seconds, so that proxies do not close a stream on which nothing happens."""


@router.get("/{batch_id}")
async def get_batch(app: App, reader: Reading, batch_id: UUID) -> BatchView:
    """An upload and the state of each of its files."""
    return await _view(app, reader.grant, BatchId(batch_id))


@router.get("/{batch_id}/events", responses=STREAM_RESPONSE, response_class=StreamingResponse)
async def watch_batch(request: Request, app: App, reader: Reading, batch_id: UUID) -> StreamingResponse:
    """The same as a stream: ``progress`` at each change, ``done`` at the end.

    A failure comes as ``error`` with the problem as its data. The stream may end before the batch does, as when this
    process is stopped: ask again.
    """
    first = await _view(app, reader.grant, BatchId(batch_id))
    is_stopping: Callable[[], bool] = request.app.state.is_stopping
    return event_stream(_progress(app, reader.principal, first, is_stopping=is_stopping))


async def _progress(
    app: Application, principal: Principal, view: BatchView, *, is_stopping: Callable[[], bool]
) -> AsyncIterator[bytes]:
    yield event("progress", view.model_dump(mode="json"))
    looks = 0
    try:
        while not view.is_done:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            if is_stopping():
                return
            looks += 1
            grant = await app.access.read_grant(principal)  # rights may be withdrawn while somebody watches
            seen, view = view, await _view(app, grant, BatchId(view.id))
            if view != seen:
                yield event("progress", view.model_dump(mode="json"))
            elif looks % _ALIVE_EVERY_LOOKS == 0:
                yield b": alive\n\n"
    except ZhidaError as error:
        yield event("error", problem_of(error))
        return
    yield event("done", view.model_dump(mode="json"))


async def _view(app: Application, grant: ReadGrant, batch_id: BatchId) -> BatchView:
    batch = await app.ingestion.batch(grant, batch_id)
    return BatchView.of(batch, index_revision=app.index_revision(batch.knowledge_base_id, batch.embedding_model))
