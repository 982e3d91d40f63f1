"""Every identifier of the product as its own type, and the few enums that several rooms share."""

import os
import time
from enum import StrEnum
from typing import NewType
from uuid import UUID

KnowledgeBaseId = NewType("KnowledgeBaseId", UUID)
DocumentId = NewType("DocumentId", UUID)
VersionId = NewType("VersionId", UUID)
ChunkId = NewType("ChunkId", UUID)
BatchId = NewType("BatchId", UUID)
PrincipalId = NewType("PrincipalId", UUID)
GroupId = NewType("GroupId", UUID)

AccessListId = NewType("AccessListId", int)
"""Small on purpose: the search index keeps one per chunk and filters by it."""
VersionKey = NewType("VersionKey", int)
"""A document version's number in the search index; the record's identity column."""
ChunkKey = NewType("ChunkKey", int)
"""A chunk's number in the search index; the record's identity column."""
JobId = NewType("JobId", int)


class Language(StrEnum):
    """What a text is written in, as far as search treats it differently (BCP 47 primary tag)."""

    CHINESE = "zh"
    ENGLISH = "en"
    OTHER = "und"


def new_uuid() -> UUID:
    """A time-ordered identifier, so that new rows stand beside each other in an index (RFC 9562, version 7)."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10))
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= (random >> 68 & 0xFFF) << 64
    value |= 0b10 << 62
    value |= random & ((1 << 62) - 1)
    return UUID(int=value)
