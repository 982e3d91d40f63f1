"""Migration steps on the real PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql

from tests.conftest import with_database
from zhida.database import DatabaseUnavailableError, SchemaAheadError
from zhida.migrations import check_server, current, head, migrate

NAME = "empty_for_migrations"


@pytest.fixture
def empty_url(postgres_url: str) -> Iterator[str]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        yield with_database(postgres_url, NAME)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME)))


def test_an_empty_database_is_brought_to_the_newest_step(empty_url: str) -> None:
    assert current(empty_url) is None
    migrate(empty_url)
    assert current(empty_url) == head()


def test_a_second_run_changes_nothing(empty_url: str) -> None:
    migrate(empty_url)
    migrate(empty_url)
    assert current(empty_url) == head()


def test_several_nodes_may_start_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as nodes:
        list(nodes.map(migrate, [empty_url] * 4))
    assert current(empty_url) == head()


def test_a_database_that_a_newer_version_migrated_is_refused_and_left_alone(empty_url: str) -> None:
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("UPDATE schema_version SET version_num = '9999'")
    with pytest.raises(SchemaAheadError, match="9999"):
        migrate(empty_url)
    assert current(empty_url) == "9999"


def test_this_server_is_new_enough(postgres_url: str) -> None:
    check_server(postgres_url)


def test_a_server_that_does_not_answer_is_unavailable() -> None:
    with pytest.raises(DatabaseUnavailableError):
        migrate("postgresql://nobody@127.0.0.1:1/none")
