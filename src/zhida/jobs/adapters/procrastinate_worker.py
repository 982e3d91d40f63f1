"""Who runs the queued jobs? The worker door runs one of these per process.

Procrastinate's own worker ends when a connection breaks, leaves a killed worker's jobs lying, and lets a stalled
worker overwrite what its successor does; this loop over the same tables outlives an outage, recovers and fences.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from typing import Any

from zhida.database import Database, DatabaseUnavailableError
from zhida.jobs.adapters.procrastinate import WAKE_CHANNEL
from zhida.jobs.adapters.procrastinate_ledger import Claim, ProcrastinateLedger, WorkerForgottenError, WorkerId
from zhida.jobs.ports import JobHandler
from zhida.jobs.retrying import GiveUp, TryAgain, after_failure, delay_before_next, error_text
from zhida.jobs.settings import JobsSettings
from zhida.observability import JobMeter, Metrics

logger = logging.getLogger("zhida.jobs")

OUTAGE_DELAY_FIRST = timedelta(milliseconds=100)
SWEEP_INTERVAL = timedelta(hours=1)
CANCEL_AGAIN = timedelta(seconds=5)
GIVING_UP_TRIES = 10
"""After so many failures to tell the record, the job counts as dead all the same."""

KILLED = "The worker ended while it did this job, as often as the job may be tried."


class ProcrastinateWorker:
    """Runs jobs of every handler's kind, each kind up to its own concurrency.

    Handlers run on the event loop: what computes belongs into a thread or a process, or the heartbeat falls silent
    and the job is given to another worker.
    """

    def __init__(
        self,
        database: Database,
        handlers: Iterable[JobHandler],
        settings: JobsSettings | None = None,
        *,
        draw: random.Random | None = None,
        meter: JobMeter | None = None,
    ) -> None:
        self._meter = meter or Metrics().jobs
        # connections of its own, so that handlers that use up the others cannot silence the heartbeat
        self._database = database.sibling(writing_connections_max=3, reading_connections_max=1)
        self._ledger = ProcrastinateLedger(self._database)
        self._handlers = {handler.kind: handler for handler in handlers}
        self._settings = settings or JobsSettings()
        self._draw = draw or random.Random()  # noqa: S311  spreads retries, guards nothing
        self._wake = asyncio.Event()
        self._running: dict[asyncio.Task[None], Claim] = {}
        self._worker: WorkerId | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Run jobs until ``stop`` is set; outages of the database are waited out.

        After the stop, running jobs may finish within the settings' ``stop_timeout``; then they are cancelled and
        put back untried. A cancelled ``run`` does the same without the wait.
        """
        async with self._database:
            background = [
                asyncio.create_task(self._forever(step, pause), name=name)
                for name, step, pause in (
                    ("job heartbeat", self._beat, self._settings.heartbeat_interval),
                    ("job recovery", self._recover, self._settings.recovery_interval),
                    ("job sweep", self._sweep, SWEEP_INTERVAL),
                    ("job listener", self._listen, timedelta()),
                )
            ]
            feeding = asyncio.create_task(self._forever(self._feed, timedelta()), name="job feed")
            stopping = asyncio.create_task(stop.wait(), name="job stop")
            try:
                done, _ = await asyncio.wait([stopping, feeding, *background], return_when=asyncio.FIRST_COMPLETED)
                for task in done - {stopping}:
                    task.result()  # a fault of ours: end loudly, the supervisor starts a new worker
                await _cancel([feeding])
                if self._running:
                    await asyncio.wait(self._running, timeout=self._settings.stop_timeout.total_seconds())
            finally:
                await _cancel([stopping, feeding, *self._running])
                await _cancel(background)
                await self._leave()

    async def _forever(self, step: Callable[[], Awaitable[None]], pause: timedelta) -> None:
        """Repeat a step; in an outage, ever more slowly up to the settings' maximum."""
        delay = OUTAGE_DELAY_FIRST
        while True:
            try:
                await step()
                delay = OUTAGE_DELAY_FIRST
                await asyncio.sleep(pause.total_seconds())
            except WorkerForgottenError:
                logger.warning("This worker was taken for dead; it registers again.")
                self._worker = None
            except DatabaseUnavailableError as error:
                logger.warning("Jobs wait for the database: %s", error)
                await asyncio.sleep(delay.total_seconds())
                delay = min(delay * 2, self._settings.outage_delay_max)

    async def _beat(self) -> None:
        if self._worker is None:
            self._worker = await self._ledger.register()
            self._wake.set()
        else:
            await self._ledger.beat(self._worker)

    async def _recover(self) -> None:
        if self._worker is None:
            return
        await self._ledger.beat(self._worker)  # after an outage everybody's last beat is old, our own too
        recovered = await self._ledger.recover(self._settings.stall_timeout)
        if recovered:
            logger.warning("Jobs of workers that are gone run again: %s", recovered)

    async def _sweep(self) -> None:
        await self._ledger.sweep(retention=self._settings.retention, dead_retention=self._settings.dead_retention)

    async def _listen(self) -> None:
        async for _ in self._database.notifications(WAKE_CHANNEL):
            self._wake.set()

    async def _feed(self) -> None:
        """Start every due job for which there is room, then wait for news."""
        self._wake.clear()
        while self._worker is not None and (kinds := self._kinds_with_room()):
            claim = await self._ledger.claim(self._worker, kinds)
            if claim is None:
                break
            task = asyncio.create_task(self._do(claim), name=f"job {claim.id} {claim.kind}")
            self._running[task] = claim
            task.add_done_callback(self._ended)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.polling_interval.total_seconds()):
                await self._wake.wait()

    def _kinds_with_room(self) -> list[str]:
        busy = [claim.kind for claim in self._running.values()]
        return [kind for kind, handler in self._handlers.items() if busy.count(kind) < handler.concurrency]

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("A job's end could not be recorded.", exc_info=error)

    async def _do(self, claim: Claim) -> None:
        handler = self._handlers[claim.kind]
        attempt = claim.attempts + 1
        started = monotonic()
        try:
            if attempt > handler.max_attempts:
                await self._give_up(handler, claim, claim.last_error or KILLED)
                return
            try:
                await handler(claim.payload, attempt)
            except Exception as error:  # noqa: BLE001  the job loop: whatever a handler raises decides about a retry
                await self._failed(handler, claim, error)
            else:
                await self._surely(lambda: self._ledger.succeed(claim), claim)
                self._meter.attempt(kind=claim.kind, result="done")
                logger.info("Job %s %s done in %.2f s", claim.id, claim.kind, monotonic() - started)
        except asyncio.CancelledError:
            with suppress(DatabaseUnavailableError):
                await self._ledger.release(claim)
            raise

    async def _failed(self, handler: JobHandler, claim: Claim, error: Exception) -> None:
        text = error_text(error)
        decision = after_failure(
            error,
            attempt=claim.attempts + 1,
            max_attempts=handler.max_attempts,
            settings=self._settings,
            draw=self._draw,
        )
        match decision:
            case TryAgain(delay):
                self._meter.attempt(kind=claim.kind, result="retried")
                logger.warning("Job %s %s failed, again in %s: %s", claim.id, claim.kind, delay, text, exc_info=error)
                await self._surely(lambda: self._ledger.retry(claim, error=text, delay=delay), claim)
            case GiveUp():
                self._meter.attempt(kind=claim.kind, result="dead")
                logger.error("Job %s %s is dead: %s", claim.id, claim.kind, text, exc_info=error)
                await self._give_up(handler, claim, text)

    async def _give_up(self, handler: JobHandler, claim: Claim, text: str) -> None:
        try:
            await handler.gave_up(claim.payload, text)
        except Exception:
            logger.exception("Job %s %s: giving up failed", claim.id, claim.kind)
            if claim.attempts < handler.max_attempts + GIVING_UP_TRIES:
                delay = delay_before_next(claim.attempts + 1, settings=self._settings, draw=self._draw)
                await self._surely(lambda: self._ledger.retry(claim, error=text, delay=delay), claim)
                return
        await self._surely(lambda: self._ledger.bury(claim, error=text), claim)

    async def _surely(self, record: Callable[[], Awaitable[bool]], claim: Claim) -> None:
        """Record a job's end, through an outage if need be."""
        delay = OUTAGE_DELAY_FIRST
        while True:
            try:
                counted = await record()
            except DatabaseUnavailableError:
                await asyncio.sleep(delay.total_seconds())
                delay = min(delay * 2, self._settings.outage_delay_max)
            else:
                break
        if not counted:
            logger.warning("Job %s %s ended here after another worker had taken it over.", claim.id, claim.kind)

    async def _leave(self) -> None:
        if self._worker is not None:
            with suppress(DatabaseUnavailableError):
                await self._ledger.unregister(self._worker)
        self._worker = None


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for their end.

    Again and again: before Python 3.12, ``asyncio.wait_for``, which the connection pool uses, loses a cancellation
    that arrives together with what it waits for.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        done, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN.total_seconds())
        for task in done:
            if not task.cancelled() and (error := task.exception()) is not None:
                logger.error("A task of the worker ended badly.", exc_info=error)
