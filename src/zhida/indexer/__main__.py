"""The node's indexer process: the only writer of its search indexes."""

import asyncio
import logging
from dataclasses import asdict

from zhida.bootstrap import (
    Places,
    Process,
    database_url,
    index_writers,
    process,
    stop_on_signals,
    take_rebuild_requests,
)
from zhida.database import Database, DatabaseUnavailableError
from zhida.errors import ZhidaError
from zhida.indexer.follower import IndexFollower
from zhida.knowledge import FEED_CHANNEL, RecordChangeFeed
from zhida.observability import IndexMeter

_log = logging.getLogger(__name__)
_LOOK_FOR_REQUESTS_SECONDS = 0.5
_LISTEN_AGAIN_SECONDS = 1.0
_REPORT_SECONDS = 2.0


def main() -> None:
    """Follow the change feeds until SIGTERM."""
    with process("indexer") as started:
        asyncio.run(_index(started))


async def _index(started: Process) -> None:
    stop, wake = stop_on_signals(), asyncio.Event()
    url = database_url(started.settings)
    async with Database(url, started.settings.database) as database:
        writers = index_writers(started.places, started.settings)
        follower = IndexFollower(RecordChangeFeed(database), writers, started.settings.indexer, woken=wake)
        others = [
            asyncio.create_task(_wake_up(database, wake)),
            asyncio.create_task(_take_requests(follower, started.places)),
            asyncio.create_task(_report(follower, started.metrics.index)),
            asyncio.create_task(_stop_follower(follower, stop)),
        ]
        try:
            await follower.run()
        finally:
            for task in others:
                task.cancel()


async def _wake_up(database: Database, wake: asyncio.Event) -> None:
    """Hear of changes at once; polling covers the moments without a connection."""
    while True:
        try:
            async for _ in database.notifications(FEED_CHANNEL):
                wake.set()
        except DatabaseUnavailableError:
            await asyncio.sleep(_LISTEN_AGAIN_SECONDS)


async def _report(follower: IndexFollower, meter: IndexMeter) -> None:
    """Hand the follower's counts to the metrics."""
    before = asdict(follower.counts)
    while True:
        await asyncio.sleep(_REPORT_SECONDS)
        now = asdict(follower.counts)
        meter.lag(follower.lag())
        meter.applied(now["changes"] - before["changes"])
        for event in now.keys() - {"changes"}:
            meter.happened(event, now[event] - before[event])
        before = now


async def _stop_follower(follower: IndexFollower, stop: asyncio.Event) -> None:
    await stop.wait()
    follower.stop()


async def _take_requests(follower: IndexFollower, places: Places) -> None:
    while True:
        await asyncio.sleep(_LOOK_FOR_REQUESTS_SECONDS)
        for knowledge_base_id in await asyncio.to_thread(take_rebuild_requests, places):
            try:
                await follower.rebuild(knowledge_base_id)
            except (ZhidaError, OSError):
                _log.exception("a rebuild that was asked for failed")


if __name__ == "__main__":
    main()
