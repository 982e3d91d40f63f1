"""Documents: upload, list, read the original and its text, replace, retry, delete."""

import codecs
from collections.abc import AsyncIterator
from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID

import anyio
from fastapi import APIRouter, File, Form, Response, UploadFile
from starlette.responses import StreamingResponse

from zhida.api.callers import App, Reading, Writing
from zhida.api.routes.knowledge_bases import Cursor, Limit
from zhida.api.uploads import KnowledgeRoute
from zhida.api.views.knowledge import DocumentList, DocumentView, ElementList, SubmissionView, SubmittedDocumentView
from zhida.bootstrap import Application
from zhida.ids import DocumentId
from zhida.ingestion import Upload
from zhida.knowledge import Document, DocumentVersion, NameConflict

router = APIRouter(prefix="/api/v1", tags=["documents"], route_class=KnowledgeRoute)

_PIECE_BYTES = 1 << 18
_INLINE_TYPES = ("application/pdf", "text/plain", "text/markdown")
_BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.post("/knowledge-bases/{knowledge_base}/documents", status_code=202)
async def upload_documents(
    app: App,
    writer: Writing,
    knowledge_base: str,
    files: Annotated[list[UploadFile], File(description="One file or many.")],
    on_conflict: Annotated[
        Literal["keep_both", "replace"], Form(description="What a file under the name of an existing document means.")
    ] = "keep_both",
) -> SubmissionView:
    """Accept files. Each stands for itself: one that cannot be read is refused with its reason, the others go on."""
    base = await app.knowledge.base(writer.reading, knowledge_base)
    uploads = [Upload(file.filename or "", file.file) for file in files]
    submission = await app.ingestion.submit(base, writer.writing, uploads, on_conflict=NameConflict(on_conflict))
    return SubmissionView.of(submission)


@router.get("/knowledge-bases/{knowledge_base}/documents")
async def list_documents(
    app: App, reader: Reading, knowledge_base: str, cursor: Cursor = None, limit: Limit = 50
) -> DocumentList:
    """The documents of a knowledge base that you may read, newest first."""
    base = await app.knowledge.base(reader.grant, knowledge_base)
    page = await app.knowledge.list_documents(reader.grant, base.id, cursor=cursor, limit=limit)
    revision = app.retrieval.revision(base)
    items = [DocumentView.of(document, index_revision=revision) for document in page.items]
    return DocumentList(items=items, next_cursor=page.next_cursor)


@router.get("/documents/{document_id}")
async def get_document(app: App, reader: Reading, document_id: UUID) -> DocumentView:
    """One document, with the state of its newest version."""
    document = await app.knowledge.document(reader.grant, DocumentId(document_id))
    base = await app.retrieval.base(reader.grant, str(document.knowledge_base_id))
    return DocumentView.of(document, index_revision=app.retrieval.revision(base))


@router.get("/documents/{document_id}/elements")
async def get_elements(app: App, reader: Reading, document_id: UUID) -> ElementList:
    """The document's text in blocks, where citations open; empty until a version is ready."""
    document, stored = await app.knowledge.elements(reader.grant, DocumentId(document_id))
    return ElementList.of(document, stored)


@router.get(
    "/documents/{document_id}/content",
    response_class=Response,
    responses={200: {"content": dict.fromkeys((*_INLINE_TYPES, "application/octet-stream"), _BINARY)}},
)
async def get_content(app: App, reader: Reading, document_id: UUID) -> Response:
    """The original, byte for byte."""
    document, version = await app.knowledge.original(reader.grant, DocumentId(document_id))
    pieces = _pieces(app, version)
    first = await anext(pieces, b"")  # so that a missing original is an error and no empty file

    async def body() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return StreamingResponse(body(), headers=_content_headers(document, version, beginning=first))


async def _pieces(app: Application, version: DocumentVersion) -> AsyncIterator[bytes]:
    async with app.ingestion.original(version) as path, await anyio.open_file(path, "rb") as file:
        while piece := await file.read(_PIECE_BYTES):
            yield piece


def _content_headers(document: Document, version: DocumentVersion, *, beginning: bytes) -> dict[str, str]:
    """HTML and Office files are downloads: a browser must never run a stranger's page under our address."""
    media_type = version.media_type or "application/octet-stream"
    inline = media_type in _INLINE_TYPES
    if inline and media_type.startswith("text/") and _may_be_utf_8(beginning):
        media_type += "; charset=utf-8"  # of other encodings the browser's guess is as good as ours
    name = document.name.rsplit("/", 1)[-1]
    return {
        "Content-Type": media_type if inline else "application/octet-stream",
        "Content-Length": str(version.size_bytes),
        "Content-Disposition": f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }


def _may_be_utf_8(beginning: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return False
    return True


@router.put("/documents/{document_id}", status_code=202)
async def replace_document(
    app: App, writer: Writing, document_id: UUID, file: Annotated[UploadFile, File()]
) -> SubmittedDocumentView:
    """Replace a document's content, keeping its id. The present version answers until the new one is ready."""
    document = await app.knowledge.document(writer.reading, DocumentId(document_id))
    upload = Upload(file.filename or document.name, file.file)
    return SubmittedDocumentView.of(await app.ingestion.replace(document, writer.writing, upload))


@router.post("/documents/{document_id}/retry", status_code=202)
async def retry_document(app: App, writer: Writing, document_id: UUID) -> DocumentView:
    """Try a failed document again."""
    document = await app.knowledge.document(writer.reading, DocumentId(document_id))
    await app.ingestion.retry(document, writer.writing)
    document = await app.knowledge.document(writer.reading, DocumentId(document_id))
    base = await app.retrieval.base(writer.reading, str(document.knowledge_base_id))
    return DocumentView.of(document, index_revision=app.retrieval.revision(base))


@router.delete("/documents/{document_id}", status_code=204)
async def delete_document(app: App, writer: Writing, document_id: UUID) -> Response:
    """Delete a document with all its versions. It answers no more from now on."""
    document = await app.knowledge.document(writer.reading, DocumentId(document_id))
    keys = await app.knowledge.delete_document(document, writer.writing)
    await app.ingestion.discard_originals(keys)
    return Response(status_code=204)
