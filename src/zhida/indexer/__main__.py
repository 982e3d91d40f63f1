"""The node's indexer process: the only writer of its search indexes."""

import asyncio

from zhida.bootstrap import (
    Places,
    Process,
    database_url,
    index_writers,
    process,
    stop_on_signals,
    take_rebuild_requests,
)
from zhida.database import Database, listen
from zhida.indexer.follower import IndexFollower
from zhida.knowledge import FEED_CHANNEL, RecordChangeFeed

_LOOK_FOR_REQUESTS_SECONDS = 0.5


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
            asyncio.create_task(listen(url, FEED_CHANNEL, heard=wake, stop=stop)),
            asyncio.create_task(_take_requests(follower, started.places)),
            asyncio.create_task(_stop_follower(follower, stop)),
        ]
        try:
            await follower.run()
        finally:
            for task in others:
                task.cancel()


async def _stop_follower(follower: IndexFollower, stop: asyncio.Event) -> None:
    await stop.wait()
    follower.stop()


async def _take_requests(follower: IndexFollower, places: Places) -> None:
    while True:
        await asyncio.sleep(_LOOK_FOR_REQUESTS_SECONDS)
        for knowledge_base_id in await asyncio.to_thread(take_rebuild_requests, places):
            await follower.rebuild(knowledge_base_id)


if __name__ == "__main__":
    main()
