"""How does a version become visible? Attempts are fenced; one transaction writes everything that makes it answer."""

from collections.abc import Sequence
from typing import Any, LiteralString

import msgspec
import numpy as np

from zhida.database import Connection
from zhida.ids import DocumentId, KnowledgeBaseId, VersionId, new_uuid
from zhida.knowledge.documents import DocumentVersion, NewChunk, Publication, Refused
from zhida.knowledge.repository import bases
from zhida.knowledge.repository.documents import pack_elements

FEED_CHANNEL = "zhida_feed"
"""The notification channel that wakes the indexers."""
GAVE_UP = "gave_up"
"""The reason code of a version whose job used up its attempts; requeuing that job takes the version up again."""
_CURRENT: LiteralString = "status = 'processing' AND attempt = %(attempt)s AND id = %(version)s"


async def begin_attempt(connection: Connection, version_id: VersionId) -> int | None:
    """Take a version up: its new attempt number, or None if it is finished or gone."""
    cursor = await connection.execute(
        """
        UPDATE document_versions SET status = 'processing', stage = 'parse', progress = NULL, attempt = attempt + 1,
            reason_code = NULL, reason = NULL, finished_at = NULL
        WHERE id = %s AND (status IN ('queued', 'processing') OR status = 'failed' AND reason_code = %s)
        RETURNING attempt
        """,
        (version_id, GAVE_UP),
    )
    row = await cursor.fetchone()
    return None if row is None else row["attempt"]


async def set_stage(
    connection: Connection, version_id: VersionId, *, attempt: int, stage: str, progress: float | None
) -> bool:
    """Tell what the attempt does now; False if another attempt has taken over."""
    cursor = await connection.execute(
        f"UPDATE document_versions SET stage = %(stage)s, progress = %(progress)s WHERE {_CURRENT}",
        {"stage": stage, "progress": progress, "version": version_id, "attempt": attempt},
    )
    return cursor.rowcount == 1


async def fail(connection: Connection, version_id: VersionId, *, attempt: int | None, refused: Refused) -> bool:
    """End an attempt with a reason; without ``attempt``, end whichever is under way. False if there was none."""
    cursor = await connection.execute(
        """
        UPDATE document_versions SET status = 'failed', stage = NULL, progress = NULL,
            reason_code = %(code)s, reason = %(reason)s, finished_at = now()
        WHERE id = %(version)s AND status IN ('queued', 'processing')
            AND (%(attempt)s::integer IS NULL OR attempt = %(attempt)s)
        """,
        {"code": refused.code, "reason": refused.reason, "version": version_id, "attempt": attempt},
    )
    return cursor.rowcount == 1


async def requeue(connection: Connection, version_id: VersionId) -> bool:
    """Put a failed version back in the queue; False if it did not fail or has no original."""
    cursor = await connection.execute(
        """
        UPDATE document_versions SET status = 'queued', stage = NULL, reason_code = NULL, reason = NULL,
            finished_at = NULL
        WHERE id = %s AND status = 'failed' AND object_key IS NOT NULL
        """,
        (version_id,),
    )
    return cursor.rowcount == 1


async def publish(connection: Connection, version: DocumentVersion, *, attempt: int, publication: Publication) -> bool:
    """Make a version the one that answers, in the caller's transaction, after ``documents.lock``.

    Returns False, having written nothing, if another attempt has taken over.
    """
    cursor = await connection.execute(
        f"""
        UPDATE document_versions SET status = 'ready', stage = NULL, progress = NULL,
            chunk_count = %(chunks)s, finished_at = now()
        WHERE {_CURRENT}
        """,
        {"version": version.id, "attempt": attempt, "chunks": len(publication.chunks)},
    )
    if cursor.rowcount != 1:
        return False
    await connection.execute(
        "INSERT INTO document_elements (version_id, body) VALUES (%s, %s)",
        (version.id, pack_elements(publication.elements)),
    )
    keys = await _insert_chunks(connection, version, publication.chunks)
    await _insert_embeddings(connection, keys, publication)
    return await _switch(connection, version)


async def _insert_chunks(connection: Connection, version: DocumentVersion, chunks: Sequence[NewChunk]) -> list[int]:
    cursor = await connection.execute(
        "SELECT nextval(pg_get_serial_sequence('chunks', 'key')) AS key FROM generate_series(1, %s)", (len(chunks),)
    )
    keys = [row["key"] for row in await cursor.fetchall()]
    async with (
        connection.cursor() as writing,
        writing.copy(
            """
            COPY chunks (key, id, version_id, document_id, knowledge_base_id, ordinal, title, text, location) FROM STDIN
            """
        ) as copy,
    ):
        for ordinal, (key, chunk) in enumerate(zip(keys, chunks, strict=True)):
            location = msgspec.json.encode(chunk.location).decode()
            row = (key, new_uuid(), version.id, version.document_id, version.knowledge_base_id)
            await copy.write_row((*row, ordinal, chunk.title, chunk.text, location))
    return keys


async def _insert_embeddings(connection: Connection, keys: list[int], publication: Publication) -> None:
    """Write the vectors as float16: half the size, and search rounds to it anyway."""
    rows = [
        (key, publication.embedding_model, chunk.embedding.astype(np.float16).tobytes())
        for key, chunk in zip(keys, publication.chunks, strict=True)
        if chunk.embedding is not None
    ]
    if not rows:
        return
    async with (
        connection.cursor() as writing,
        writing.copy("COPY embeddings (chunk_key, model, vector) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["int8", "text", "bytea"])
        for row in rows:
            await copy.write_row(row)


async def _switch(connection: Connection, version: DocumentVersion) -> bool:
    """Point the document at the version and append one feed entry that retracts the old and publishes the new."""
    cursor = await connection.execute(
        """
        SELECT v.key, v.id, v.number FROM documents d JOIN document_versions v ON v.id = d.current_version_id
        WHERE d.id = %s
        """,
        (version.document_id,),
    )
    old = await cursor.fetchone()
    if old is not None and old["number"] > version.number:
        # A newer upload of the document was published while this one was slow: this version is history already, and
        # its chunks are swept like those of any version that was replaced.
        await connection.execute("UPDATE document_versions SET retracted_at = now() WHERE id = %s", (version.id,))
        return True
    await connection.execute(
        "UPDATE documents SET current_version_id = %s, updated_at = now() WHERE id = %s",
        (version.id, version.document_id),
    )
    revision = await append(
        connection,
        version.knowledge_base_id,
        retracted_key=old["key"] if old else None,
        published_key=version.key,
    )
    if revision is None:
        return False
    await connection.execute(
        "UPDATE document_versions SET published_revision = %s WHERE id = %s", (revision, version.id)
    )
    if old is not None:
        await connection.execute(
            "UPDATE document_versions SET retracted_revision = %s, retracted_at = now() WHERE id = %s",
            (revision, old["id"]),
        )
    return True


async def append(
    connection: Connection,
    knowledge_base_id: KnowledgeBaseId,
    *,
    retracted_key: int | None,
    published_key: int | None,
) -> int | None:
    """Append one entry to the change feed and wake the indexers; its revision, or None if the base is gone."""
    revision = await bases.next_revision(connection, knowledge_base_id)
    if revision is None:
        return None
    await connection.execute(
        """
        INSERT INTO change_feed (knowledge_base_id, revision, retracted_key, published_key) VALUES (%s, %s, %s, %s)
        """,
        (knowledge_base_id, revision, retracted_key, published_key),
    )
    await connection.execute("SELECT pg_notify(%s, %s)", (FEED_CHANNEL, str(knowledge_base_id)))
    return revision


async def delete_document(connection: Connection, document_id: DocumentId, knowledge_base_id: KnowledgeBaseId) -> None:
    """Delete a document with all its versions, after ``documents.lock``; it answers no more from this commit on."""
    cursor = await connection.execute(
        """
        SELECT v.key FROM documents d JOIN document_versions v ON v.id = d.current_version_id WHERE d.id = %s
        """,
        (document_id,),
    )
    current: dict[str, Any] | None = await cursor.fetchone()
    await connection.execute("DELETE FROM documents WHERE id = %s", (document_id,))
    if current is not None:
        await append(connection, knowledge_base_id, retracted_key=current["key"], published_key=None)


async def sweep(connection: Connection, *, older_than_seconds: float, limit: int = 100) -> int:
    """Delete the chunks of versions that were replaced long enough ago that no index can show them any more."""
    cursor = await connection.execute(
        """
        WITH old AS (
            SELECT id FROM document_versions
            WHERE retracted_at < now() - make_interval(secs => %(age)s)
            ORDER BY retracted_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        ), gone AS (DELETE FROM chunks WHERE version_id IN (SELECT id FROM old))
        UPDATE document_versions SET retracted_at = NULL WHERE id IN (SELECT id FROM old)
        """,
        {"age": older_than_seconds, "limit": limit},
    )
    return cursor.rowcount
