"""Batches: how far is an upload? By asking, or by a stream that tells."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from zhida.access import ReadGrant
from zhida.api.callers import App, Reading
from zhida.api.guarding import GuardedRoute
from zhida.api.sse import STREAM_RESPONSE, event, event_stream
from zhida.api.views.knowledge import BatchView
from zhida.bootstrap import Application
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
async def watch_batch(app: App, reader: Reading, batch_id: UUID) -> StreamingResponse:
    """The same as a stream: ``progress`` at each change, ``done`` at the end."""
    first = await _view(app, reader.grant, BatchId(batch_id))
    return event_stream(_progress(app, reader.grant, first))


async def _progress(app: Application, grant: ReadGrant, view: BatchView) -> AsyncIterator[bytes]:
    yield event("progress", view.model_dump(mode="json"))
    looks = 0
    while not view.is_done:
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
        looks += 1
        seen, view = view, await _view(app, grant, BatchId(view.id))
        if view != seen:
            yield event("progress", view.model_dump(mode="json"))
        elif looks % _ALIVE_EVERY_LOOKS == 0:
            yield b": alive\n\n"
    yield event("done", view.model_dump(mode="json"))


async def _view(app: Application, grant: ReadGrant, batch_id: BatchId) -> BatchView:
    batch = await app.ingestion.batch(grant, batch_id)
    return BatchView.of(batch, index_revision=app.index_revision(batch.knowledge_base_id, batch.embedding_model))
