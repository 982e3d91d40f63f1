"""How is the record reached? Connections, units of work, paging, and the PostgreSQL that we start ourselves."""

from zhida.database.database import Connection, Database
from zhida.database.embedded import EmbeddedPostgres
from zhida.database.errors import (
    ClusterVersionError,
    CursorInvalidError,
    DatabaseUnavailableError,
    EmbeddedStartError,
    InstanceRunningError,
    SchemaAheadError,
    ServerTooOldError,
)
from zhida.database.idempotency import Claim, ClaimResult, IdempotencyKeys
from zhida.database.paging import Page, decode_cursor, encode_cursor, page_of
from zhida.database.settings import DatabaseSettings
from zhida.database.unit_of_work import UnitOfWork, unit_of_work_is_open

__all__ = [
    "Claim",
    "ClaimResult",
    "ClusterVersionError",
    "Connection",
    "CursorInvalidError",
    "Database",
    "DatabaseSettings",
    "DatabaseUnavailableError",
    "EmbeddedPostgres",
    "EmbeddedStartError",
    "IdempotencyKeys",
    "InstanceRunningError",
    "Page",
    "SchemaAheadError",
    "ServerTooOldError",
    "UnitOfWork",
    "decode_cursor",
    "encode_cursor",
    "page_of",
    "unit_of_work_is_open",
]
