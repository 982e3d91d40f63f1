"""What the sandbox and its child say to each other: length-prefixed MessagePack over the child's standard streams."""

import struct

import msgspec

from zhida.ingestion.elements import ParsedDocument
from zhida.ingestion.errors import RefusalReason
from zhida.ingestion.media_types import MediaType
from zhida.ingestion.ports import ParseLimits

LENGTH = struct.Struct(">I")
"""Every message is preceded by its length in bytes, unsigned, big-endian."""


class ChildOrders(msgspec.Struct, frozen=True):
    """What the child is told as it starts: its address space, idle seconds until it ends, which class reads what."""

    memory_bytes: int
    idle_seconds: float
    parsers: dict[MediaType, str]


class ParseRequest(msgspec.Struct, frozen=True):
    """One file to read."""

    path: str
    name: str
    media_type: MediaType
    limits: ParseLimits
    cpu_seconds: int


class ParseResponse(msgspec.Struct, frozen=True):
    """The document, or why there is none; and the child's resident memory in bytes afterwards."""

    document: ParsedDocument | None = None
    reason: RefusalReason | None = None
    message: str = ""
    resident_bytes: int = 0


class ChildReady(msgspec.Struct, frozen=True):
    """Said once, when the child can take its first file."""

    pid: int
