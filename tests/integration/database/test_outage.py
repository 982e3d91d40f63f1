"""PostgreSQL goes away and comes back under a running program."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.jobs.recording import eventually
from zhida.database import Database, DatabaseSettings, DatabaseUnavailableError, EmbeddedPostgres

IMPATIENT = DatabaseSettings.model_validate({"acquire_timeout": 0.5})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    own = EmbeddedPostgres(tmp_path / "postgres")
    yield own
    own.stop()


async def works(database: Database) -> bool:
    try:
        await database.check()
        async with database.unit_of_work() as unit:
            await unit.connection.execute("SELECT 1")
    except DatabaseUnavailableError:
        return False
    return True


async def kill(server: EmbeddedPostgres) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)

    async def ended() -> bool:
        return not server.is_alive()

    await eventually(ended)


async def test_callers_are_told_of_an_outage_and_served_again_after_it(server: EmbeddedPostgres) -> None:
    async with Database(server.start(), IMPATIENT) as database:
        for _ in range(2):
            assert await works(database)
            await kill(server)
            assert not await works(database)
            assert not await works(database)
            server.start()
            await eventually(lambda: works(database))


async def test_a_unit_of_work_that_loses_its_server_ends_as_unavailable_and_leaves_nothing(
    server: EmbeddedPostgres,
) -> None:
    async with Database(server.start(), IMPATIENT) as database:
        async with database.unit_of_work() as unit:
            await unit.connection.execute("CREATE TABLE notes (name text)")

        async def cut_short() -> None:
            async with database.unit_of_work() as unit:
                await unit.connection.execute("INSERT INTO notes VALUES ('lost')")
                await kill(server)

        with pytest.raises(DatabaseUnavailableError):
            await cut_short()
        server.start()
        await eventually(lambda: works(database))
        async with database.reading() as connection:
            assert await (await connection.execute("SELECT * FROM notes")).fetchall() == []


async def test_a_statement_in_flight_ends_as_unavailable(server: EmbeddedPostgres) -> None:
    async with Database(server.start(), IMPATIENT) as database:

        async def sleep() -> None:
            async with database.reading() as connection:
                await connection.execute("SELECT pg_sleep(60)")

        sleeping = asyncio.create_task(sleep())

        async def is_asleep() -> bool:
            async with database.reading() as connection:
                cursor = await connection.execute("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
                return await cursor.fetchone() is not None

        await eventually(is_asleep)
        server.stop()
        with pytest.raises(DatabaseUnavailableError):
            await sleeping


async def test_a_listener_learns_of_the_outage(server: EmbeddedPostgres) -> None:
    async with Database(server.start(), IMPATIENT) as database:
        heard = database.notifications("news")
        assert await anext(heard) == ""
        await kill(server)
        with pytest.raises(DatabaseUnavailableError):
            await anext(heard)
