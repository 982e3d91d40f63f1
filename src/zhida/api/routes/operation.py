"""Jobs, models, indexes, health, metrics."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.responses import JSONResponse

from zhida.access import Permission, require
from zhida.api.callers import App, Caller, principal_of
from zhida.api.idempotency import IdempotentRoute
from zhida.api.routes.knowledge_bases import Cursor, Limit
from zhida.api.views.operation import (
    ChatModelView,
    EmbeddingModelView,
    Health,
    IndexReportList,
    IndexReportView,
    JobList,
    JobView,
    ModelsView,
    Readiness,
)
from zhida.bootstrap import MULTILINGUAL_COMMAND
from zhida.errors import ZhidaError
from zhida.ids import JobId
from zhida.jobs import JobState

router = APIRouter(tags=["operation"], route_class=IdempotentRoute)
open_router = APIRouter(tags=["operation"])
"""For whoever watches over the process."""
JobNumber = Annotated[int, Path(ge=1, le=2**63 - 1)]


@open_router.head("/health", include_in_schema=False)
@open_router.get("/health")
async def health() -> Health:
    """Alive: the process answers."""
    return Health()


@open_router.head("/ready", include_in_schema=False)
@open_router.get("/ready", responses={503: {"model": Readiness}})
async def ready(request: Request, app: App) -> Response:
    """Ready: every dependency answers. Callers with a key see which does not."""
    states = await app.dependencies()
    everything = all(state == "ok" for state in states.values())
    body = Readiness(status="ready" if everything else "not_ready")
    if await _is_known(request, app):
        body.dependencies = states
    headers = {} if everything else {"Retry-After": "2"}
    return JSONResponse(body.model_dump(exclude_none=True), 200 if everything else 503, headers)


async def _is_known(request: Request, app: App) -> bool:
    try:
        await principal_of(request, app)
    except ZhidaError:
        return False
    return True


@router.get("/metrics", response_class=Response)
async def metrics(request: Request, caller: Caller) -> Response:
    """The figures of every process of this machine, in Prometheus' text form."""
    require(caller, Permission.OPERATE)
    return Response(request.app.state.metrics_page.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/api/v1/models")
async def models(app: App, _caller: Caller) -> ModelsView:
    """The models in use, and what would make search better."""
    card = app.embedding_card
    return ModelsView(
        embedding=EmbeddingModelView(
            name=card.name if card else None,
            dimensions=card.dimensions if card else None,
            languages=sorted(card.languages) if card else [],
            advice=app.embedding_advice,
            advice_command=MULTILINGUAL_COMMAND if app.embedding_advice else None,
        ),
        chat=ChatModelView(name=app.chat_name),
    )


@router.get("/api/v1/jobs")
async def list_jobs(
    app: App,
    caller: Caller,
    state: Literal["queued", "running", "succeeded", "dead"] | None = None,
    kind: Annotated[str | None, Query(max_length=100, pattern=r"^[a-z._-]+$")] = None,
    *,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> JobList:
    """Background work, newest first."""
    require(caller, Permission.JOBS_MANAGE)
    page = await app.jobs.list(state=JobState(state) if state else None, kind=kind, cursor=cursor, limit=limit)
    return JobList(items=[JobView.of(job) for job in page.items], next_cursor=page.next_cursor)


@router.get("/api/v1/jobs/{job_id}")
async def get_job(app: App, caller: Caller, job_id: JobNumber) -> JobView:
    """One job."""
    require(caller, Permission.JOBS_MANAGE)
    return JobView.of(await app.jobs.get(JobId(job_id)))


@router.post("/api/v1/jobs/{job_id}/requeue", status_code=202)
async def requeue_job(app: App, caller: Caller, job_id: JobNumber) -> JobView:
    """Give a dead job another round of attempts."""
    require(caller, Permission.JOBS_MANAGE)
    return JobView.of(await app.jobs.requeue(JobId(job_id)))


@router.get("/api/v1/indexes")
async def report_indexes(app: App, caller: Caller) -> IndexReportList:
    """How far this machine's indexes are behind the record."""
    require(caller, Permission.OPERATE)
    grant = await app.access.read_grant(caller)
    page = await app.knowledge.list_bases(grant, cursor=None, limit=200)
    return IndexReportList(
        items=[
            IndexReportView(
                knowledge_base=base.name,
                embedding_model=base.embedding_model,
                revision=app.index_revision(base.id, base.embedding_model),
                feed_revision=base.revision,
            )
            for base in page.items
        ]
    )


@router.post("/api/v1/indexes/{knowledge_base}/rebuild", status_code=202)
async def rebuild_index(app: App, caller: Caller, knowledge_base: str) -> IndexReportView:
    """Ask the indexer to rebuild an index from the record; searches go on with the old one meanwhile."""
    require(caller, Permission.OPERATE)
    base = await app.knowledge.base(await app.access.read_grant(caller), knowledge_base)
    app.request_rebuild(base)
    return IndexReportView(
        knowledge_base=base.name,
        embedding_model=base.embedding_model,
        revision=app.index_revision(base.id, base.embedding_model),
        feed_revision=base.revision,
    )
