"""Which documents are there, and how far is each? Every statement that a request runs honours the caller's rights."""

import zlib
from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from zhida.access import ReadGrant
from zhida.database import Connection
from zhida.ids import AccessListId, DocumentId, KnowledgeBaseId, VersionId, VersionKey, new_uuid
from zhida.knowledge.documents import (
    Document,
    DocumentVersion,
    KnowledgeBase,
    NewVersion,
    StoredElements,
    VersionStatus,
)
from zhida.knowledge.repository.bases import rights_of

_DOCUMENT: LiteralString = """
    d.id, d.knowledge_base_id, d.access_list_id, d.name, d.latest_version_id, d.current_version_id,
    d.created_at, d.updated_at, v.status, v.stage, v.reason_code, v.reason, v.media_type, v.size_bytes,
    v.chunk_count, v.published_revision
"""
_FROM: LiteralString = "FROM documents d JOIN document_versions v ON v.id = d.latest_version_id"
_READABLE: LiteralString = """
    ((%(lists)s::integer[] IS NULL OR d.access_list_id = ANY(%(lists)s) AND EXISTS (
        SELECT 1 FROM knowledge_bases b WHERE b.id = d.knowledge_base_id AND b.access_list_id = ANY(%(lists)s)))
    AND (%(bases)s::uuid[] IS NULL OR d.knowledge_base_id = ANY(%(bases)s)))
"""
_VERSION: LiteralString = """
    v.id, v.key, v.document_id, v.knowledge_base_id, v.number, d.name, v.status, v.attempt, v.content_hash,
    v.object_key, v.media_type, v.size_bytes
"""


async def lock_content(connection: Connection, knowledge_base_id: KnowledgeBaseId, content_hash: str) -> None:
    """Make uploads of the same content into the same knowledge base wait for each other until the transaction ends."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"content:{knowledge_base_id}:{content_hash}",)
    )


async def find_by_content(
    connection: Connection, knowledge_base_id: KnowledgeBaseId, content_hash: str
) -> Document | None:
    """The document whose newest version has this content."""
    cursor = await connection.execute(
        f"""
        SELECT {_DOCUMENT} {_FROM}
        WHERE v.knowledge_base_id = %(base)s AND v.content_hash = %(hash)s ORDER BY d.id LIMIT 1
        """,
        {"base": knowledge_base_id, "hash": content_hash},
    )
    row = await cursor.fetchone()
    return None if row is None else _document(row)


async def find_by_name(connection: Connection, knowledge_base_id: KnowledgeBaseId, name: str) -> list[Document]:
    """Every document of exactly this name, newest first."""
    cursor = await connection.execute(
        f"SELECT {_DOCUMENT} {_FROM} WHERE d.knowledge_base_id = %s AND d.name = %s ORDER BY d.id DESC",
        (knowledge_base_id, name),
    )
    return [_document(row) for row in await cursor.fetchall()]


async def insert(
    connection: Connection, base: KnowledgeBase, *, name: str, version: NewVersion
) -> tuple[DocumentId, VersionId]:
    """Write a new document with its first version."""
    document_id, version_id = DocumentId(new_uuid()), VersionId(new_uuid())
    await connection.execute(
        """
        INSERT INTO documents (id, knowledge_base_id, access_list_id, name, latest_version_id)
        VALUES (%s, %s, %s, %s, %s)
        """,
        (document_id, base.id, base.access_list_id, name, version_id),
    )
    await _insert_version(
        connection,
        version,
        {"id": version_id, "document": document_id, "base": base.id, "number": 1},
    )
    return document_id, version_id


async def insert_version(connection: Connection, document: Document, *, name: str, version: NewVersion) -> VersionId:
    """Write one more version of a document; the published one goes on answering until the new one is ready."""
    version_id = VersionId(new_uuid())
    cursor = await connection.execute(
        "SELECT max(number) AS number FROM document_versions WHERE document_id = %s", (document.id,)
    )
    row = await cursor.fetchone()
    number = (row["number"] if row else 0) + 1
    await _insert_version(
        connection,
        version,
        {"id": version_id, "document": document.id, "base": document.knowledge_base_id, "number": number},
    )
    await connection.execute(
        "UPDATE documents SET latest_version_id = %s, name = %s, updated_at = now() WHERE id = %s",
        (version_id, name, document.id),
    )
    return version_id


async def _insert_version(connection: Connection, version: NewVersion, place: dict[str, UUID | int]) -> None:
    refused = version.refused
    await connection.execute(
        """
        INSERT INTO document_versions (id, document_id, knowledge_base_id, number, content_hash, object_key,
            media_type, size_bytes, status, reason_code, reason, finished_at)
        VALUES (%(id)s, %(document)s, %(base)s, %(number)s, %(hash)s, %(object)s, %(type)s, %(size)s, %(status)s,
            %(code)s, %(reason)s, CASE WHEN %(status)s = 'failed' THEN now() END)
        """,
        {
            **place,
            "hash": version.content_hash,
            "object": version.object_key,
            "type": version.media_type,
            "size": version.size_bytes,
            "status": VersionStatus.QUEUED if refused is None else VersionStatus.FAILED,
            "code": refused.code if refused else None,
            "reason": refused.reason if refused else None,
        },
    )


async def lock(connection: Connection, document_id: DocumentId) -> bool:
    """Hold the document, and its knowledge base against deletion, until the transaction ends; False if it is gone.

    Whoever changes a document takes this lock first: one order of locks, no deadlock.
    """
    await connection.execute(
        """
        SELECT 1 FROM knowledge_bases WHERE id = (SELECT knowledge_base_id FROM documents WHERE id = %s)
        FOR KEY SHARE
        """,
        (document_id,),
    )
    cursor = await connection.execute("SELECT 1 FROM documents WHERE id = %s FOR UPDATE", (document_id,))
    return await cursor.fetchone() is not None


async def find(connection: Connection, grant: ReadGrant, document_id: DocumentId) -> Document | None:
    """One document, if the grant lets it be seen."""
    cursor = await connection.execute(
        f"SELECT {_DOCUMENT} {_FROM} WHERE d.id = %(id)s AND {_READABLE}",
        {"id": document_id, **rights_of(grant)},
    )
    row = await cursor.fetchone()
    return None if row is None else _document(row)


async def page(
    connection: Connection,
    grant: ReadGrant,
    knowledge_base_id: KnowledgeBaseId,
    *,
    after: UUID | None,
    limit: int,
) -> Sequence[Document]:
    """Documents of a knowledge base, newest first, after ``after``."""
    cursor = await connection.execute(
        f"""
        SELECT {_DOCUMENT} {_FROM}
        WHERE d.knowledge_base_id = %(base)s AND {_READABLE} AND (%(after)s::uuid IS NULL OR d.id < %(after)s)
        ORDER BY d.id DESC LIMIT %(limit)s
        """,
        {"base": knowledge_base_id, **rights_of(grant), "after": after, "limit": limit},
    )
    return [_document(row) for row in await cursor.fetchall()]


async def find_version(connection: Connection, version_id: VersionId) -> DocumentVersion | None:
    """One version, for the worker and for reading its original."""
    cursor = await connection.execute(
        f"SELECT {_VERSION} FROM document_versions v JOIN documents d ON d.id = v.document_id WHERE v.id = %s",
        (version_id,),
    )
    row = await cursor.fetchone()
    return None if row is None else _version(row)


async def object_keys(connection: Connection, document_id: DocumentId) -> list[str]:
    """Where the originals of all versions are kept."""
    cursor = await connection.execute(
        "SELECT DISTINCT object_key FROM document_versions WHERE document_id = %s AND object_key IS NOT NULL",
        (document_id,),
    )
    return [row["object_key"] for row in await cursor.fetchall()]


async def known_objects(connection: Connection, object_keys: Sequence[str]) -> set[str]:
    """Those of the originals that a version names."""
    cursor = await connection.execute(
        "SELECT object_key FROM document_versions WHERE object_key = ANY(%s)", (list(object_keys),)
    )
    return {row["object_key"] for row in await cursor.fetchall()}


async def elements(connection: Connection, version_id: VersionId) -> StoredElements | None:
    """The parsed blocks of a version; None until it is parsed."""
    cursor = await connection.execute("SELECT body FROM document_elements WHERE version_id = %s", (version_id,))
    row = await cursor.fetchone()
    return None if row is None else unpack_elements(row["body"])


def pack_elements(elements: StoredElements) -> bytes:
    """Elements as one compressed value: they are only ever read whole."""
    return zlib.compress(msgspec.msgpack.encode(elements), 6)


def unpack_elements(body: bytes) -> StoredElements:
    """The reverse of ``pack_elements``."""
    return msgspec.msgpack.decode(zlib.decompress(body), type=StoredElements)


def _document(row: dict[str, Any]) -> Document:
    return Document(
        id=DocumentId(row["id"]),
        knowledge_base_id=KnowledgeBaseId(row["knowledge_base_id"]),
        access_list_id=AccessListId(row["access_list_id"]),
        name=row["name"],
        version_id=VersionId(row["latest_version_id"]),
        current_version_id=None if row["current_version_id"] is None else VersionId(row["current_version_id"]),
        status=VersionStatus(row["status"]),
        stage=row["stage"],
        reason_code=row["reason_code"],
        reason=row["reason"],
        media_type=row["media_type"],
        size_bytes=row["size_bytes"],
        chunk_count=row["chunk_count"],
        published_revision=row["published_revision"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _version(row: dict[str, Any]) -> DocumentVersion:
    return DocumentVersion(
        id=VersionId(row["id"]),
        key=VersionKey(row["key"]),
        document_id=DocumentId(row["document_id"]),
        knowledge_base_id=KnowledgeBaseId(row["knowledge_base_id"]),
        number=row["number"],
        name=row["name"],
        status=VersionStatus(row["status"]),
        attempt=row["attempt"],
        content_hash=row["content_hash"],
        object_key=row["object_key"],
        media_type=row["media_type"],
        size_bytes=row["size_bytes"],
    )
