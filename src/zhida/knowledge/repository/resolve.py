"""Are these hits still true, and may this caller read them? One round trip that also fetches the texts."""

from collections.abc import Sequence
from typing import LiteralString

import msgspec
from psycopg.rows import tuple_row

from zhida.access import ReadGrant
from zhida.database import Connection
from zhida.ids import ChunkId, ChunkKey, DocumentId, KnowledgeBaseId, VersionId
from zhida.knowledge.documents import ResolvedChunk
from zhida.knowledge.location import Location

_RESOLVE: LiteralString = """
    WITH readable AS MATERIALIZED (SELECT readable_access_lists(%s) AS list_id)
    SELECT c.key, c.id, c.document_id, c.version_id, d.name, c.title, c.text, c.location::text
    FROM chunks c
    JOIN documents d ON d.id = c.document_id
    JOIN document_versions v ON v.id = c.version_id
    JOIN knowledge_bases b ON b.id = d.knowledge_base_id
    WHERE c.key = ANY(%s) AND d.knowledge_base_id = %s
        AND v.published_revision IS NOT NULL AND (v.retracted_revision IS NULL OR v.retracted_revision > %s)
        AND d.access_list_id IN (SELECT list_id FROM readable)
        AND b.access_list_id IN (SELECT list_id FROM readable)
"""
_location = msgspec.json.Decoder(Location)


async def resolve(
    connection: Connection,
    grant: ReadGrant,
    knowledge_base_id: KnowledgeBaseId,
    *,
    keys: Sequence[ChunkKey],
    revision: int,
) -> dict[ChunkKey, ResolvedChunk]:
    """The hits that stand: published as of the index's revision, not deleted, and readable by the caller now.

    A version that was replaced after ``revision`` still answers for an index that has not seen its successor, so that
    a replacement never leaves a gap; a deletion or a revoked right counts at once.
    """
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(_RESOLVE, (grant.principal_id, list(keys), knowledge_base_id, revision))
        return {
            ChunkKey(row[0]): ResolvedChunk(
                key=ChunkKey(row[0]),
                chunk_id=ChunkId(row[1]),
                document_id=DocumentId(row[2]),
                version_id=VersionId(row[3]),
                document_name=row[4],
                title=row[5],
                text=row[6],
                location=_location.decode(row[7]),
            )
            for row in await cursor.fetchall()
        }
