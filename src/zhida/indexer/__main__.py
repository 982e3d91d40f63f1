"""The node's indexer process: the only writer of its search indexes."""

import asyncio

from pydantic_settings import BaseSettings, SettingsConfigDict

from zhida.bootstrap import (
    Places,
    Process,
    database_url,
    index_writers,
    listen_for_changes,
    process,
    stop_on_signals,
    take_rebuild_requests,
)
from zhida.database import Database
from zhida.indexer.follower import IndexFollower
from zhida.indexer.settings import IndexerSettings
from zhida.knowledge import RecordChangeFeed

_LOOK_FOR_REQUESTS_SECONDS = 0.5


class _Environment(BaseSettings):
    """This door's own settings; no other process reads them."""

    model_config = SettingsConfigDict(env_prefix="ZHIDA_", env_nested_delimiter="__", env_file=".env", extra="ignore")

    indexer: IndexerSettings = IndexerSettings()


def main() -> None:
    """Follow the change feeds until SIGTERM."""
    with process("indexer") as started:
        asyncio.run(_index(started))


async def _index(started: Process) -> None:
    stop, wake = stop_on_signals(), asyncio.Event()
    url = database_url(started.settings)
    async with Database(url, started.settings.database) as database:
        writers = index_writers(started.places, started.settings)
        follower = IndexFollower(RecordChangeFeed(database), writers, _Environment().indexer, woken=wake)
        others = [
            asyncio.create_task(listen_for_changes(url, wake, stop)),
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
