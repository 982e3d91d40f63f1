"""How does the record reach the newest shape? ``migrate`` walks the steps in ``versions`` under one lock.

Steps only add (expand), and a later release removes what nothing uses any more (contract), so that the old and the
new program can run side by side during a release. There is no way down: a restore is the way back.
"""

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory
from psycopg.rows import TupleRow
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from zhida.database import DatabaseUnavailableError, SchemaAheadError, ServerTooOldError

SERVER_VERSION_MIN = 150000
"""PostgreSQL 15: the oldest that this schema is tested for."""

MIGRATION_LOCK = 0x7A686964
"""Advisory lock number ("zhid"): two starting nodes must not migrate at once."""

CONNECT_TIMEOUT_SECONDS = 10

VERSION_TABLE = "schema_version"


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
    with _server(url) as raw, _bound(raw) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        return context.get_current_revision()


def check_server(url: str) -> None:
    """Refuse a server that is too old.

    Raises:
        ServerTooOldError: it is older than PostgreSQL 15.
        DatabaseUnavailableError: it does not answer.
    """
    with _server(url) as raw:
        refuse_old_server(raw.info.server_version)


def migrate(url: str) -> None:
    """Bring the database to the newest step; waits while another process does the same, quiet where nothing is due.

    Each step is a transaction of its own: what a failed step had begun is rolled back, the steps before it stay.

    Raises:
        ServerTooOldError: the server is older than PostgreSQL 15.
        SchemaAheadError: a newer Zhida migrated this database.
        DatabaseUnavailableError: it does not answer.
    """
    with _server(url) as lock, _server(url) as raw:
        refuse_old_server(raw.info.server_version)
        lock.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        with _bound(raw) as connection:
            _walk(connection)


def refuse_old_server(version: int) -> None:
    """Raise ``ServerTooOldError`` for a server version number (160004 is 16.4) below the oldest supported."""
    if version < SERVER_VERSION_MIN:
        raise ServerTooOldError(
            f"PostgreSQL {version // 10000} is too old; Zhida needs {SERVER_VERSION_MIN // 10000} or newer.",
            advice="The operator upgrades the server, or points ZHIDA_DATABASE__URL to a newer one.",
            server_version=version,
        )


def _walk(connection: Connection) -> None:
    scripts = _scripts()
    found = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise SchemaAheadError(
            f"The database stands at step {found}, which this version of Zhida does not know.",
            advice="The operator installs the version that migrated it or a newer one, or restores a backup.",
            found=found,
        )
    connection.rollback()  # ends the transaction of that look

    def due(revision: tuple[str, ...], _context: MigrationContext) -> list[MigrationStep]:
        # alembic's own upgrade command does the same; it offers no public way without its configuration files
        return scripts._upgrade_revs("head", revision)  # type: ignore[arg-type, return-value]  # noqa: SLF001

    environment = EnvironmentContext(Config(), scripts, fn=due, destination_rev="head")
    with environment:
        environment.configure(
            connection=connection, version_table=VERSION_TABLE, transaction_per_migration=True, fn=due
        )
        environment.run_migrations()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(Path(__file__).parent), version_locations=[str(Path(__file__).parent / "versions")])


@contextmanager
def _server(url: str) -> Generator[psycopg.Connection[TupleRow]]:
    try:
        with closing(psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_SECONDS)) as connection:
            yield connection
    except psycopg.OperationalError as error:
        raise DatabaseUnavailableError(
            f"PostgreSQL did not answer: {error}", advice="The operator checks that it runs and ZHIDA_DATABASE__URL."
        ) from error


@contextmanager
def _bound(raw: psycopg.Connection[Any]) -> Generator[Connection]:
    """Alembic's way to speak, over a connection that we opened."""
    raw.autocommit = False
    engine = create_engine("postgresql+psycopg://", creator=lambda: raw, poolclass=StaticPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
