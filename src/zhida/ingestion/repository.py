"""The only SQL over batches."""

from typing import Any

from zhida.access import ReadGrant
from zhida.database import Connection
from zhida.ids import BatchId, DocumentId, KnowledgeBaseId, VersionId
from zhida.ingestion.batches import Batch, BatchDocument
from zhida.knowledge import VersionStatus


async def insert_batch(connection: Connection, batch_id: BatchId, knowledge_base_id: KnowledgeBaseId) -> None:
    """Write a new batch."""
    await connection.execute(
        "INSERT INTO batches (id, knowledge_base_id) VALUES (%s, %s)", (batch_id, knowledge_base_id)
    )


async def insert_batch_document(
    connection: Connection,
    batch_id: BatchId,
    *,
    ordinal: int,
    document_id: DocumentId,
    version_id: VersionId,
    duplicate: bool,
) -> None:
    """Write one file of a batch."""
    await connection.execute(
        """
        INSERT INTO batch_documents (batch_id, ordinal, document_id, version_id, duplicate) VALUES (%s, %s, %s, %s, %s)
        """,
        (batch_id, ordinal, document_id, version_id, duplicate),
    )


async def find_batch(connection: Connection, grant: ReadGrant, batch_id: BatchId) -> Batch | None:
    """A batch with the state of every document that still exists, if the grant may see its knowledge base."""
    cursor = await connection.execute(
        """
        SELECT b.id, b.knowledge_base_id, k.embedding_model FROM batches b
        JOIN knowledge_bases k ON k.id = b.knowledge_base_id
        WHERE b.id = %(id)s AND (%(lists)s::integer[] IS NULL OR k.access_list_id = ANY(%(lists)s))
            AND (%(bases)s::uuid[] IS NULL OR k.id = ANY(%(bases)s))
        """,
        {
            "id": batch_id,
            "lists": None if grant.access_lists is None else sorted(grant.access_lists),
            "bases": None if grant.knowledge_bases is None else sorted(grant.knowledge_bases),
        },
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    cursor = await connection.execute(
        """
        SELECT i.document_id, i.duplicate, d.name, v.status, v.stage, v.progress, v.reason_code, v.reason,
            v.published_revision
        FROM batch_documents i JOIN documents d ON d.id = i.document_id JOIN document_versions v ON v.id = i.version_id
        WHERE i.batch_id = %s ORDER BY i.ordinal
        """,
        (batch_id,),
    )
    return Batch(
        id=BatchId(row["id"]),
        knowledge_base_id=KnowledgeBaseId(row["knowledge_base_id"]),
        embedding_model=row["embedding_model"],
        documents=tuple(_document(item) for item in await cursor.fetchall()),
    )


def _document(row: dict[str, Any]) -> BatchDocument:
    return BatchDocument(
        document_id=DocumentId(row["document_id"]),
        name=row["name"],
        status=VersionStatus(row["status"]),
        stage=row["stage"],
        progress=row["progress"],
        duplicate=row["duplicate"],
        reason_code=row["reason_code"],
        reason=row["reason"],
        published_revision=row["published_revision"],
    )
