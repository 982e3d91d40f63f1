"""What does each process of a node run? One coroutine per role, each until its stop event is set."""

import asyncio
import logging
import signal
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from zhida.bootstrap import adapters
from zhida.bootstrap.application import Application
from zhida.bootstrap.places import Places
from zhida.bootstrap.process import Process
from zhida.database import IdempotencyKeys
from zhida.errors import Kind, ZhidaError
from zhida.ids import KnowledgeBaseId
from zhida.ingestion import IngestDocument
from zhida.settings import Settings

_log = logging.getLogger(__name__)
_SWEEP_EVERY = timedelta(seconds=60)
_COUNT_JOBS_EVERY = timedelta(seconds=10)


class DatabaseUrlMissingError(ZhidaError):
    """A process was started by hand without the record's address."""

    code = "bootstrap.database_url_missing"
    kind = Kind.INVALID


def database_url(settings: Settings) -> str:
    """Where the record is; the supervisor tells its children.

    Raises:
        DatabaseUrlMissingError: nobody said.
    """
    if settings.database.url is None:
        raise DatabaseUrlMissingError(
            "This process does not start a database of its own.",
            advice="Set ZHIDA_DATABASE__URL, or run “zhida up”, which brings a database along.",
        )
    return settings.database.url.get_secret_value()


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def run_worker(started: Process, stop: asyncio.Event) -> None:
    """Run jobs until stopped; running ones may finish."""
    settings = started.settings
    url = database_url(settings)
    async with Application(settings, started.places, url, metrics=started.metrics) as application:
        parser = adapters.document_parser(settings)
        handler = IngestDocument(
            application.register,
            application.originals,
            parser,
            application.model,
            settings=settings.ingestion,
            meter=application.metrics.documents,
        )
        worker = adapters.load(adapters.PROCRASTINATE_WORKER)(
            application.database, [handler], settings.jobs, meter=started.metrics.jobs
        )
        others = [asyncio.create_task(_sweep(application, stop)), asyncio.create_task(_count_jobs(application))]
        try:
            await worker.run(stop)
        finally:
            for task in others:
                task.cancel()
            await parser.close()


async def _count_jobs(application: Application) -> None:
    """Show how many jobs wait, and how long."""
    while True:
        try:
            counts = await application.jobs.counts()
            application.metrics.jobs.depths(
                {
                    (count.kind, count.state.value): (
                        count.depth,
                        count.oldest_age.total_seconds() if count.oldest_age else 0.0,
                    )
                    for count in counts
                }
            )
        except ZhidaError as error:
            _log.info("jobs cannot be counted", extra={"code": error.code})
        await asyncio.sleep(_COUNT_JOBS_EVERY.total_seconds())


async def _sweep(application: Application, stop: asyncio.Event) -> None:
    """Clear away, once a minute, what replaced versions and interrupted uploads left behind."""
    grace = application.settings.knowledge.retraction_grace_seconds
    while not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _SWEEP_EVERY.total_seconds())
        try:
            await application.ingestion.sweep(retraction_grace_seconds=grace)
            await IdempotencyKeys(application.database).sweep()
        except ZhidaError as error:
            _log.warning("sweep failed", extra={"code": error.code, "detail": str(error)})


def take_rebuild_requests(places: Places) -> list[KnowledgeBaseId]:
    """The rebuilds that commands asked for; each is taken once."""
    wanted: list[KnowledgeBaseId] = []
    for request in places.index_requests.iterdir():
        with suppress(ValueError):
            wanted.append(KnowledgeBaseId(UUID(request.name)))
        request.unlink(missing_ok=True)
    return wanted
