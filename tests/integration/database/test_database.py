"""Units of work and reads on the real PostgreSQL."""

import asyncio
from typing import LiteralString

import psycopg
import pytest

from zhida.database import Database, DatabaseSettings, DatabaseUnavailableError, unit_of_work_is_open


async def names(database: Database) -> list[str]:
    async with database.reading() as connection:
        rows = await (await connection.execute("SELECT name FROM notes ORDER BY name")).fetchall()
    return [row["name"] for row in rows]


@pytest.fixture
async def notes(database: Database) -> Database:
    async with database.unit_of_work() as unit:
        await unit.connection.execute("CREATE TABLE notes (name text PRIMARY KEY)")
    return database


async def test_a_unit_of_work_commits_at_its_end(notes: Database) -> None:
    async with notes.unit_of_work() as unit:
        await unit.connection.execute("INSERT INTO notes VALUES ('kept')")
        assert await names(notes) == []
    assert await names(notes) == ["kept"]


async def test_a_unit_of_work_that_raises_leaves_nothing(notes: Database) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        async with notes.unit_of_work() as unit:
            await unit.connection.execute("INSERT INTO notes VALUES ('lost'), ('lost')")
    assert await names(notes) == []


async def test_it_is_known_whether_a_unit_of_work_is_open(database: Database) -> None:
    assert not unit_of_work_is_open()
    async with database.unit_of_work() as unit:
        assert unit_of_work_is_open()
        left_behind = asyncio.create_task(asyncio.to_thread(unit_of_work_is_open))
        assert await left_behind
    assert not unit.is_open
    assert not unit_of_work_is_open()
    async with database.reading():
        assert not unit_of_work_is_open()


async def test_a_task_that_outlives_the_unit_of_work_knows_that_it_ended(database: Database) -> None:
    ended = asyncio.Event()

    async def later() -> bool:
        await ended.wait()
        return unit_of_work_is_open()

    async with database.unit_of_work():
        task = asyncio.create_task(later())
    ended.set()
    assert not await task


async def test_units_of_work_do_not_nest(database: Database) -> None:
    async with database.unit_of_work():
        with pytest.raises(RuntimeError, match="already open"):
            async with database.unit_of_work():
                pass


async def test_a_reading_connection_refuses_to_write(notes: Database) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        async with notes.reading() as connection:
            await connection.execute("INSERT INTO notes VALUES ('no')")


async def test_what_waits_for_the_commit_is_called_after_it_and_never_after_a_rollback(notes: Database) -> None:
    called: list[str] = []

    async def work(statement: LiteralString) -> None:
        async with notes.unit_of_work() as unit:
            unit.after_commit.append(lambda: called.append(statement))
            await unit.connection.execute(statement)
            assert statement not in called

    await work("SELECT 1")
    with pytest.raises(psycopg.errors.DivisionByZero):
        await work("SELECT 1 / 0")
    assert called == ["SELECT 1"]


async def test_a_listener_hears_what_is_committed(database: Database) -> None:
    heard = database.notifications("news")
    assert await anext(heard) == ""
    async with database.unit_of_work() as unit:
        await unit.connection.execute("SELECT pg_notify('news', 'hello')")
    assert await anext(heard) == "hello"
    await heard.aclose()


async def test_a_statement_that_is_run_often_is_prepared_on_the_server(database: Database) -> None:
    async with database.reading() as connection:
        for number in range(6):
            await connection.execute("SELECT %s::int + 1 AS n", [number])
        rows = await (await connection.execute("SELECT statement FROM pg_prepared_statements")).fetchall()
    assert any("+ 1 AS n" in row["statement"] for row in rows)


async def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    async with database.reading() as connection:
        row = await (await connection.execute("SELECT timestamptz '2024-05-01 12:00+08' AS at")).fetchone()
    assert row is not None
    assert row["at"].isoformat() == "2024-05-01T04:00:00+00:00"


async def test_a_statement_that_takes_too_long_is_cancelled(database_url: str) -> None:
    settings = DatabaseSettings.model_validate({"statement_timeout": 0.05})
    async with Database(database_url, settings) as impatient:
        with pytest.raises(DatabaseUnavailableError):
            async with impatient.reading() as connection:
                await connection.execute("SELECT pg_sleep(30)")
        await impatient.check()


async def test_a_caller_who_finds_every_connection_busy_is_told_so(database_url: str) -> None:
    settings = DatabaseSettings.model_validate({"reading_connections_max": 1, "acquire_timeout": 2})
    async with Database(database_url, settings) as small, small.reading():
        with pytest.raises(DatabaseUnavailableError):
            await small.check()


async def test_a_database_that_is_away_at_the_start_is_unavailable() -> None:
    settings = DatabaseSettings.model_validate({"acquire_timeout": 0.1})
    async with Database("postgresql://nobody@127.0.0.1:1/none", settings) as away:
        with pytest.raises(DatabaseUnavailableError):
            await away.check()


async def test_connections_that_the_server_ended_are_replaced_before_use(database: Database) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(database.check())
    async with database.reading() as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'zhida %%' AND datname = current_database() AND pid <> pg_backend_pid()"
        )
    for _ in range(8):
        await database.check()
        async with database.unit_of_work() as unit:
            await unit.connection.execute("SELECT 1")
