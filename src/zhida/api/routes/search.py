"""Search: ranked passages, nothing written."""

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from zhida.api.callers import App, Reading
from zhida.api.guarding import GuardedRoute
from zhida.api.views.answers import SearchReply, SearchRequest, search_body

router = APIRouter(prefix="/api/v1", tags=["search"], route_class=GuardedRoute)
_encode = msgspec.json.Encoder().encode


@router.post("/search", response_model=SearchReply)
async def search(app: App, reader: Reading, body: SearchRequest) -> Response:
    """The passages that answer a query best, under your rights."""
    base = await app.retrieval.base(reader.grant, body.knowledge_base)
    outcome = await app.retrieval.search(reader.grant, base.id, body.query, top_k=body.top_k, profile=body.profile)
    app.metrics.queries.query(status="answered", language=outcome.plan.language.value, timings_ms=outcome.timings_ms)
    if outcome.warning is not None:
        app.metrics.errors.error(component="retrieval", kind=outcome.warning)
    return Response(_encode(search_body(outcome)), media_type="application/json")
