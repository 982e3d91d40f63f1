"""A worker process that begins one job and never ends it, until it is killed. Argument: the database's URL."""

import asyncio
import sys
from collections.abc import Mapping

from tests.integration.jobs.recording import RecordingHandler
from zhida.database import Database
from zhida.jobs import JobsSettings
from zhida.jobs.adapters.procrastinate_worker import ProcrastinateWorker


async def hang(_payload: Mapping[str, str], _attempt: int) -> None:
    """Say that the job began, then wait for ever."""
    sys.stdout.write("began\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def main(url: str) -> None:
    """Work until killed."""
    settings = JobsSettings.model_validate({"heartbeat_interval": 0.1, "polling_interval": 0.05})
    async with Database(url) as database:
        await ProcrastinateWorker(database, [RecordingHandler(hang)], settings).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
