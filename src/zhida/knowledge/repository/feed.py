"""What has changed since a revision? Read by the indexer alone; rights are filtered by the index and the resolve."""

from collections.abc import AsyncIterator

import numpy as np
from psycopg.rows import TupleRow, tuple_row

from zhida.database import Connection, Database
from zhida.ids import AccessListId, ChunkKey, KnowledgeBaseId, VersionKey
from zhida.knowledge.feed import FeedHead
from zhida.knowledge.ports import IndexChange, IndexRow

_PAGE_ROWS = 2_000


class RecordChangeFeed:
    """The change feed of every knowledge base, read from the record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def knowledge_bases(self) -> list[FeedHead]:
        """Every knowledge base with its newest revision."""
        async with self._database.reading() as connection:
            cursor = await connection.execute("SELECT id, embedding_model, revision FROM knowledge_bases")
            return [
                FeedHead(
                    knowledge_base_id=KnowledgeBaseId(row["id"]),
                    embedding_model=row["embedding_model"],
                    revision=row["revision"],
                    deleted=False,
                )
                for row in await cursor.fetchall()
            ]

    async def changes(
        self, knowledge_base_id: KnowledgeBaseId, embedding_model: str, *, after: int, limit: int
    ) -> list[IndexChange]:
        """Entries after ``after``, in order; only versions that are still current at the last of them carry rows."""
        async with self._database.reading() as connection:
            cursor = await connection.execute(
                """
                SELECT revision, retracted_key, published_key FROM change_feed
                WHERE knowledge_base_id = %s AND revision > %s ORDER BY revision LIMIT %s
                """,
                (knowledge_base_id, after, limit),
            )
            entries = await cursor.fetchall()
            if not entries:
                return []
            published = [entry["published_key"] for entry in entries if entry["published_key"] is not None]
            rows = await _rows_of(
                connection, published, embedding_model=embedding_model, revision=entries[-1]["revision"]
            )
        return [
            IndexChange(
                revision=entry["revision"],
                retracted=() if entry["retracted_key"] is None else (VersionKey(entry["retracted_key"]),),
                rows=tuple(rows.get(entry["published_key"], ())),
            )
            for entry in entries
        ]

    async def full(
        self, knowledge_base_id: KnowledgeBaseId, embedding_model: str
    ) -> tuple[int, AsyncIterator[list[IndexRow]]]:
        """Everything that is published, and a revision that it is at least as new as.

        The revision is read first: rows that are published meanwhile may come along, and applying their feed entry
        again later changes nothing.
        """
        async with self._database.reading() as connection:
            cursor = await connection.execute(
                "SELECT revision FROM knowledge_bases WHERE id = %s", (knowledge_base_id,)
            )
            row = await cursor.fetchone()
        return (row["revision"] if row else 0), self._pages(knowledge_base_id, embedding_model)

    async def _pages(self, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> AsyncIterator[list[IndexRow]]:
        after = 0
        while True:
            async with self._database.reading() as connection, connection.cursor(row_factory=tuple_row) as cursor:
                await cursor.execute(
                    """
                    SELECT c.key, v.key, d.access_list_id, c.title, c.text, e.vector
                    FROM chunks c
                    JOIN documents d ON d.id = c.document_id AND d.current_version_id = c.version_id
                    JOIN document_versions v ON v.id = c.version_id
                    LEFT JOIN embeddings e ON e.chunk_key = c.key AND e.model = %s
                    WHERE c.knowledge_base_id = %s AND c.key > %s ORDER BY c.key LIMIT %s
                    """,
                    (embedding_model, knowledge_base_id, after, _PAGE_ROWS),
                )
                page = [_row(row) for row in await cursor.fetchall()]
            if not page:
                return
            after = page[-1].key
            yield page


async def _rows_of(
    connection: Connection, version_keys: list[int], *, embedding_model: str, revision: int
) -> dict[int, list[IndexRow]]:
    rows: dict[int, list[IndexRow]] = {}
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(
            """
            SELECT c.key, v.key, d.access_list_id, c.title, c.text, e.vector
            FROM document_versions v
            JOIN documents d ON d.id = v.document_id
            JOIN chunks c ON c.version_id = v.id
            LEFT JOIN embeddings e ON e.chunk_key = c.key AND e.model = %s
            WHERE v.key = ANY(%s) AND (v.retracted_revision IS NULL OR v.retracted_revision > %s)
            ORDER BY c.key
            """,
            (embedding_model, version_keys, revision),
        )
        for row in await cursor.fetchall():
            rows.setdefault(row[1], []).append(_row(row))
    return rows


def _row(row: TupleRow) -> IndexRow:
    key, version_key, access_list_id, title, text, vector = row
    return IndexRow(
        key=ChunkKey(key),
        version_key=VersionKey(version_key),
        access_list_id=AccessListId(access_list_id),
        title=title,
        text=text,
        embedding=None if vector is None else np.frombuffer(vector, dtype=np.float16).astype(np.float32),
    )
