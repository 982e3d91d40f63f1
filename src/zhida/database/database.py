"""How does a process reach the record? Bootstrap makes one ``Database``; services open units of work and reads."""

import select
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from types import TracebackType
from typing import Any, Literal, Self

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from zhida.database.errors import DatabaseUnavailableError
from zhida.database.settings import DatabaseSettings
from zhida.database.unit_of_work import UnitOfWork, current_unit, unit_of_work_is_open

Connection = AsyncConnection[DictRow]
Pool = AsyncConnectionPool[Connection]

QUEUE_FACTOR = 50
"""Callers that may wait per connection; beyond it a burst is refused at once instead of timing out later."""


class Database:
    """Bounded connections to PostgreSQL: one pool for units of work, one for reads, so that neither starves the other.

    The pools mend themselves: a connection whose server went away is noticed before use and replaced.
    """

    def __init__(self, url: str, settings: DatabaseSettings | None = None) -> None:
        self._settings = settings or DatabaseSettings()
        self._url = url
        self._writing = self._pool("writing", size=self._settings.writing_connections_max, read_only="off")
        self._reading = self._pool("reading", size=self._settings.reading_connections_max, read_only="on")

    @property
    def url(self) -> str:
        """Where the record is, password included: for rooms that must connect on their own (jobs, LISTEN)."""
        return self._url

    async def open(self) -> None:
        """Start the pools; quiet while PostgreSQL is away, since it may come back."""
        await self._writing.open(wait=False)
        await self._reading.open(wait=False)

    async def close(self) -> None:
        """Close every connection."""
        await self._writing.close()
        await self._reading.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncGenerator[UnitOfWork]:
        """One short transaction: commits at the end of the block, rolls back when the block raises.

        Raises:
            DatabaseUnavailableError: no connection in time, or the server failed within the block. After a failed
                commit it is unknown whether the work was done: repeat only what is idempotent.
            RuntimeError: a unit of work is already open in this task; pass that one down instead.
        """
        if unit_of_work_is_open():
            raise RuntimeError("A unit of work is already open here; pass it down instead of opening another.")
        before = current_unit.get()
        try:
            async with _connection(self._writing) as connection, connection.transaction():
                unit = UnitOfWork(connection)
                current_unit.set(unit)
                try:
                    yield unit
                finally:
                    unit.is_open = False
                    current_unit.set(before)
        except psycopg.errors.ReadOnlySqlTransaction as error:  # a failover left us on a replica
            raise _unavailable("The database takes no writes now.") from error
        for call in unit.after_commit:
            call()

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Connection]:
        """A connection for reads, each statement its own transaction; the server refuses writes on it.

        Raises:
            DatabaseUnavailableError: no connection in time, or the server failed within the block.
        """
        async with _connection(self._reading) as connection:
            yield connection

    async def notifications(self, channel: str) -> AsyncGenerator[str]:
        """The payloads of NOTIFY on a channel, from now on, over a connection of their own. Begins with one "".

        What was notified while nobody listened is lost: look once after each first item, and now and then besides.

        Raises:
            DatabaseUnavailableError: the server went away; ask again.
        """
        try:
            async with await AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=self._connect_seconds(), application_name="zhida listening"
            ) as connection:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                yield ""
                async for notification in connection.notifies():
                    yield notification.payload
        except psycopg.OperationalError as error:
            raise _unavailable("The database hung up on a listener.") from error

    def sibling(self, *, writing_connections_max: int, reading_connections_max: int) -> "Database":
        """Another set of pools to the same server, for work that must not wait behind the first."""
        return Database(
            self._url,
            self._settings.model_copy(
                update={
                    "writing_connections_max": writing_connections_max,
                    "reading_connections_max": reading_connections_max,
                }
            ),
        )

    async def check(self) -> None:
        """Ask the server for a sign of life.

        Raises:
            DatabaseUnavailableError: it gave none.
        """
        async with self.reading() as connection:
            await connection.execute("SELECT 1")

    def _connect_seconds(self) -> int:
        return max(2, round(self._settings.connect_timeout.total_seconds()))

    def _pool(self, name: str, *, size: int, read_only: Literal["on", "off"]) -> Pool:
        settings = self._settings

        async def configure(connection: Connection) -> None:
            await connection.execute(
                "SELECT set_config('default_transaction_read_only', %s, false), set_config('TimeZone', 'UTC', false),"
                " set_config('statement_timeout', %s, false),"
                " set_config('idle_in_transaction_session_timeout', %s, false)",
                [
                    read_only,
                    _milliseconds(settings.statement_timeout),
                    _milliseconds(settings.idle_in_transaction_timeout),
                ],
            )

        return AsyncConnectionPool(
            self._url,
            connection_class=AsyncConnection[DictRow],
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "prepare_threshold": settings.prepare_after_executions,
                "connect_timeout": self._connect_seconds(),
                "application_name": f"zhida {name}",
            },
            configure=configure,
            check=refuse_if_hung_up,
            name=name,
            min_size=1,
            max_size=size,
            max_waiting=size * QUEUE_FACTOR,
            max_idle=settings.idle_timeout.total_seconds(),
            timeout=settings.acquire_timeout.total_seconds(),
            reconnect_timeout=settings.reconnect_timeout.total_seconds(),
            open=False,
        )


def _milliseconds(duration: timedelta) -> str:
    return str(round(duration.total_seconds() * 1000))


async def refuse_if_hung_up(connection: AsyncConnection[Any]) -> None:
    """Raise if the server closed an idle connection: seen on the socket alone, without a round trip.

    An idle connection has nothing to read, save a farewell, an end of file, or a notice that nobody waits for.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        connection.pgconn.consume_input()
        await connection.execute("")


@asynccontextmanager
async def _connection(pool: Pool) -> AsyncGenerator[Connection]:
    """A pooled connection whose failures wear our name."""
    try:
        async with pool.connection() as connection:
            yield connection
    except psycopg.errors.ProgramLimitExceeded:
        raise
    except PoolTimeout as error:
        raise _unavailable("The database gave no connection in time.") from error
    except psycopg.OperationalError as error:
        raise _unavailable("The database hung up or could not finish the work.") from error


def _unavailable(message: str) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(
        message, advice="Try again shortly; if it lasts, the operator checks PostgreSQL and ZHIDA_DATABASE__URL."
    )
