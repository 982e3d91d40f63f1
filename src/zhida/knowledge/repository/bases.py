"""Which knowledge bases are there? Every statement names the rights that it honours."""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from psycopg.errors import UniqueViolation

from zhida.access import ReadGrant
from zhida.database import Connection
from zhida.ids import AccessListId, KnowledgeBaseId
from zhida.knowledge.documents import KnowledgeBase
from zhida.knowledge.errors import KnowledgeBaseExistsError

_COLUMNS: LiteralString = """
    b.id, b.name, b.access_list_id, b.embedding_model, b.chunk_size, b.chunk_overlap, b.revision, b.created_at,
    (SELECT count(*) FROM documents d WHERE d.knowledge_base_id = b.id) AS document_count,
    (SELECT count(*) FROM documents d WHERE d.knowledge_base_id = b.id AND d.current_version_id IS NOT NULL)
        AS ready_count
"""
_READABLE: LiteralString = """
    ((%(lists)s::integer[] IS NULL OR b.access_list_id = ANY(%(lists)s))
    AND (%(bases)s::uuid[] IS NULL OR b.id = ANY(%(bases)s)))
"""


def rights_of(grant: ReadGrant) -> dict[str, Any]:
    """A grant as the parameters ``lists`` and ``bases``; None stands for all."""
    return {
        "lists": None if grant.access_lists is None else sorted(grant.access_lists),
        "bases": None if grant.knowledge_bases is None else sorted(grant.knowledge_bases),
    }


async def insert(connection: Connection, base: KnowledgeBase) -> None:
    """Write a new knowledge base.

    Raises:
        KnowledgeBaseExistsError: the name is taken, upper and lower case alike.
    """
    try:
        await connection.execute(
            """
            INSERT INTO knowledge_bases
                (id, name, access_list_id, embedding_model, chunk_size, chunk_overlap, created_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s)
            """,
            (
                base.id,
                base.name,
                base.access_list_id,
                base.embedding_model,
                base.chunk_size,
                base.chunk_overlap,
                base.created_at,
            ),
        )
    except UniqueViolation as error:
        raise KnowledgeBaseExistsError(
            f"A knowledge base named “{base.name}” exists already.", advice="Choose another name.", name=base.name
        ) from error


async def find(connection: Connection, grant: ReadGrant, id_or_name: str) -> KnowledgeBase | None:
    """The knowledge base of that id or name, if the grant lets it be seen."""
    if "\0" in id_or_name:
        return None  # PostgreSQL holds no such text, and refuses to look for it
    cursor = await connection.execute(
        f"""
        SELECT {_COLUMNS} FROM knowledge_bases b
        WHERE {_READABLE} AND (b.id = %(id)s OR lower(b.name) = lower(%(name)s))
        """,
        {**rights_of(grant), "id": _uuid_or_none(id_or_name), "name": id_or_name},
    )
    row = await cursor.fetchone()
    return None if row is None else _base(row)


async def find_by_id(connection: Connection, knowledge_base_id: KnowledgeBaseId) -> KnowledgeBase | None:
    """The knowledge base of that id, for work that is done for nobody in particular."""
    cursor = await connection.execute(f"SELECT {_COLUMNS} FROM knowledge_bases b WHERE b.id = %s", (knowledge_base_id,))
    row = await cursor.fetchone()
    return None if row is None else _base(row)


async def page(connection: Connection, grant: ReadGrant, *, after: UUID | None, limit: int) -> Sequence[KnowledgeBase]:
    """Knowledge bases in order of creation, after ``after``."""
    cursor = await connection.execute(
        f"""
        SELECT {_COLUMNS} FROM knowledge_bases b
        WHERE {_READABLE} AND (%(after)s::uuid IS NULL OR b.id > %(after)s)
        ORDER BY b.id LIMIT %(limit)s
        """,
        {**rights_of(grant), "after": after, "limit": limit},
    )
    return [_base(row) for row in await cursor.fetchall()]


async def delete(connection: Connection, knowledge_base_id: KnowledgeBaseId) -> list[str]:
    """Delete a knowledge base with all it holds; returns the object keys of its originals."""
    cursor = await connection.execute(
        "SELECT DISTINCT object_key FROM document_versions WHERE knowledge_base_id = %s AND object_key IS NOT NULL",
        (knowledge_base_id,),
    )
    keys = [row["object_key"] for row in await cursor.fetchall()]
    await connection.execute("DELETE FROM knowledge_bases WHERE id = %s", (knowledge_base_id,))
    return keys


async def next_revision(connection: Connection, knowledge_base_id: KnowledgeBaseId) -> int | None:
    """Take the next revision of the change feed; None if the knowledge base is gone.

    The row lock lives until the transaction ends, so that revisions become visible in their own order and a follower
    that reads "greater than my last" cannot miss a late commit. Call it as the last act of a transaction.
    """
    cursor = await connection.execute(
        "UPDATE knowledge_bases SET revision = revision + 1 WHERE id = %s RETURNING revision", (knowledge_base_id,)
    )
    row = await cursor.fetchone()
    return None if row is None else row["revision"]


def _uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _base(row: dict[str, Any]) -> KnowledgeBase:
    return KnowledgeBase(
        id=KnowledgeBaseId(row["id"]),
        name=row["name"],
        access_list_id=AccessListId(row["access_list_id"]),
        embedding_model=row["embedding_model"],
        chunk_size=row["chunk_size"],
        chunk_overlap=row["chunk_overlap"],
        revision=row["revision"],
        created_at=row["created_at"],
        document_count=row["document_count"],
        ready_count=row["ready_count"],
    )
