"""A real PostgreSQL for whoever asks: one server for the whole run, one fresh migrated database for each test."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql

from zhida.database import Database, DatabaseSettings, EmbeddedPostgres
from zhida.inference import forbid_real_calls
from zhida.migrations import migrate

forbid_real_calls()  # a test that reached a provider would cost money and depend on it

TEMPLATE: LiteralString = "template_for_tests"
_numbers = count(1)


def with_database(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    return url.replace("/zhida?", f"/{name}?").removesuffix("/zhida") + ("" if "?" in url else f"/{name}")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of an empty database on a server of this run's own."""
    folder = Path(tempfile.mkdtemp(prefix="zhida-test-"))
    server = EmbeddedPostgres(folder / "postgres")
    (folder / "postgres").mkdir()
    # whatever this run writes may be lost with the machine; a killed server loses nothing all the same
    (folder / "postgres" / "custom.conf").write_text("fsync = off\nsynchronous_commit = off\n")
    yield server.start()
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> str:
    """The name of a migrated database, to copy from: ten times faster than to migrate for each test."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    migrate(with_database(postgres_url, TEMPLATE))
    return TEMPLATE


@pytest.fixture
def database_url(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """The URL of a fresh migrated database."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(migrated_template))
        )
        yield with_database(postgres_url, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh migrated database, open."""
    async with Database(database_url, DatabaseSettings()) as opened:
        yield opened
