"""Knowledge bases: create, list, read, delete."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from zhida.access import Permission, require
from zhida.api.callers import App, Reading, Writing
from zhida.api.uploads import KnowledgeRoute
from zhida.api.views.knowledge import KnowledgeBaseList, KnowledgeBaseView, NewKnowledgeBase

router = APIRouter(prefix="/api/v1/knowledge-bases", tags=["knowledge bases"], route_class=KnowledgeRoute)

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=1024)]


@router.post("", status_code=201)
async def create_knowledge_base(app: App, writer: Writing, body: NewKnowledgeBase) -> KnowledgeBaseView:
    """Create a knowledge base. You may write it; administrators may; everyone may read it if you say so."""
    require(writer.principal, Permission.KNOWLEDGE_CREATE)
    base = await app.knowledge.create_base(
        writer.principal,
        body.name,
        embedding_model=app.embedding_model_name,
        open_to_everyone="everyone" in body.readers,
        chunk_size=body.chunk_size,
        chunk_overlap=body.chunk_overlap,
    )
    return KnowledgeBaseView.of(base)


@router.get("")
async def list_knowledge_bases(
    app: App, reader: Reading, cursor: Cursor = None, limit: Limit = 50
) -> KnowledgeBaseList:
    """The knowledge bases that you may read, oldest first."""
    page = await app.knowledge.list_bases(reader.grant, cursor=cursor, limit=limit)
    return KnowledgeBaseList(items=[KnowledgeBaseView.of(base) for base in page.items], next_cursor=page.next_cursor)


@router.get("/{knowledge_base}")
async def get_knowledge_base(app: App, reader: Reading, knowledge_base: str) -> KnowledgeBaseView:
    """One knowledge base, by id or name."""
    return KnowledgeBaseView.of(await app.knowledge.base(reader.grant, knowledge_base))


@router.delete("/{knowledge_base}", status_code=204)
async def delete_knowledge_base(app: App, writer: Writing, knowledge_base: str) -> Response:
    """Delete a knowledge base with all its documents. It answers no more from now on."""
    base = await app.knowledge.base(writer.reading, knowledge_base)
    keys = await app.knowledge.delete_base(base, writer.writing)
    app.retrieval.forget_bases()
    await app.ingestion.discard_originals(keys)
    return Response(status_code=204)
