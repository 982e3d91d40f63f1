"""How does the record reach the newest shape? ``migrate`` walks the steps in ``versions`` under one lock.

Steps only add (expand), and a later release removes what nothing uses any more (contract), so that the old and the
new program can run side by side during a release. There is no way down: a restore is the way back.
"""

from pathlib import Path

import psycopg
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from zhida.database import DatabaseUnavailableError, SchemaAheadError, ServerTooOldError

SERVER_VERSION_MIN = 150000
"""PostgreSQL 15: the oldest that this schema is tested on and that still gets fixes for years."""

MIGRATION_LOCK = 0x7A686964
"""Advisory lock number ("zhid"): two starting nodes must not migrate at once."""

CONNECT_TIMEOUT_SECONDS = 10


def head() -> str:
    """The newest step that this version knows."""
    newest = _scripts().get_current_head()
    if newest is None:
        raise RuntimeError("This package carries no migration steps.")
    return newest


def current(url: str) -> str | None:
    """The step that the database stands at; None before the first.

    Raises:
        DatabaseUnavailableError: it does not answer.
    """
    with _connected(url) as raw, _engine(raw).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def check_server(url: str) -> None:
    """Refuse a server that is too old.

    Raises:
        ServerTooOldError: it is older than PostgreSQL 15.
        DatabaseUnavailableError: it does not answer.
    """
    with _connected(url) as connection:
        version = connection.info.server_version
    if version < SERVER_VERSION_MIN:
        raise ServerTooOldError(
            f"PostgreSQL {version // 10000} is too old; Zhida needs {SERVER_VERSION_MIN // 10000} or newer.",
            advice="The operator upgrades the server, or points ZHIDA_DATABASE__URL to a newer one.",
            server_version=version,
        )


def migrate(url: str) -> None:
    """Bring the database to the newest step; waits while another process does the same, quiet where nothing is due.

    Raises:
        ServerTooOldError: the server is older than PostgreSQL 15.
        SchemaAheadError: a newer Zhida migrated this database.
        DatabaseUnavailableError: it does not answer.
    """
    check_server(url)
