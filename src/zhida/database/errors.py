"""How the database room can fail."""

from typing import ClassVar

from zhida.errors import Kind, ZhidaError


class DatabaseUnavailableError(ZhidaError):
    """PostgreSQL did not answer, hung up, or could not finish now; the same call may succeed later."""

    code: ClassVar[str] = "database.unavailable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class CursorInvalidError(ZhidaError):
    """A page cursor that this list never handed out."""

    code: ClassVar[str] = "database.cursor_invalid"
    kind: ClassVar[Kind] = Kind.INVALID


class ServerTooOldError(ZhidaError):
    """The PostgreSQL server is older than what the schema needs."""

    code: ClassVar[str] = "database.server_too_old"
    kind: ClassVar[Kind] = Kind.CONFLICT


class SchemaAheadError(ZhidaError):
    """The database was migrated by a newer Zhida than this one."""

    code: ClassVar[str] = "database.schema_ahead"
    kind: ClassVar[Kind] = Kind.CONFLICT


class InstanceRunningError(ZhidaError):
    """Another process already runs PostgreSQL on this data directory; ``facts["pid"]`` names it."""

    code: ClassVar[str] = "database.instance_running"
    kind: ClassVar[Kind] = Kind.CONFLICT


class ClusterVersionError(ZhidaError):
    """The data directory was made by another major version of PostgreSQL."""

    code: ClassVar[str] = "database.cluster_version"
    kind: ClassVar[Kind] = Kind.CONFLICT


class EmbeddedStartError(ZhidaError):
    """The embedded PostgreSQL could not be set up or did not become ready."""

    code: ClassVar[str] = "database.embedded_start"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
