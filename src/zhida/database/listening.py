"""Who hears that something has changed? A connection of its own that waits for a channel's notifications."""

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta

import psycopg
from psycopg import sql

_log = logging.getLogger(__name__)
_AGAIN_AFTER = timedelta(seconds=1)


async def listen(url: str, channel: str, *, heard: asyncio.Event, stop: asyncio.Event) -> None:
    """Set ``heard`` at each notification, and once at each new connection, for something may have been missed.

    Runs until ``stop`` is set or it is cancelled; outages of the server are waited out.
    """
    while not stop.is_set():
        try:
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                heard.set()
                async for _ in connection.notifies():
                    heard.set()
        except (psycopg.Error, OSError) as error:
            _log.info("not listening", extra={"channel": channel, "detail": str(error)})
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _AGAIN_AFTER.total_seconds())
