"""The indexer's loop: look at every knowledge base's head, and bring its index up to it.

The indexer process runs ``IndexFollower.run`` until it is stopped. Whatever goes wrong with one index (damaged files,
a full disk) is counted and tried again later, beside the others; the record's absence is waited out.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass

from zhida.database import DatabaseUnavailableError
from zhida.ids import KnowledgeBaseId
from zhida.indexer.open_writers import IndexKey, OpenWriters
from zhida.indexer.writing_threads import StoppedError, WritingThreads, rows_from_loop
from zhida.kit.memory import give_back_memory
from zhida.knowledge import ChangeFeed, FeedHead, IndexDamagedError, IndexerSettings, IndexWriter, IndexWriters

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class FollowerCounts:
    """What the follower has done since it started, for the metrics."""

    changes: int = 0
    rebuilds: int = 0
    damaged: int = 0
    folds: int = 0
    drops: int = 0
    failures: int = 0
    outages: int = 0


@dataclass(slots=True)
class _Trouble:
    """An index that failed, and when to try again."""

    delay: float
    retry_at: float


class IndexFollower:
    """Keeps every index of the node as new as the record."""

    def __init__(
        self,
        feed: ChangeFeed,
        writers: IndexWriters,
        settings: IndexerSettings,
        *,
        woken: asyncio.Event | None = None,
    ) -> None:
        """Make it; ``woken`` is set by whoever hears of a change, and by ``stop`` and ``rebuild``."""
        self.counts = FollowerCounts()
        self._feed = feed
        self._writers = OpenWriters(writers, settings.open_writers_max)
        self._settings = settings
        self._woken = woken or asyncio.Event()
        self._threads = WritingThreads(settings.nice)
        self._stopping = False
        self._lags: dict[IndexKey, int] = {}
        self._troubles: dict[IndexKey, _Trouble] = {}
        self._fold_wanted: dict[IndexKey, None] = {}
        self._folding: asyncio.Task[None] | None = None
        self._known: set[IndexKey] | None = None
        self._rebuild_wanted: dict[KnowledgeBaseId, asyncio.Future[None]] = {}

    def stop(self) -> None:
        """Ask ``run`` to end after the commit at hand; safe to call from a signal handler of the loop."""
        self._stopping = True
        self._woken.set()

    def lag(self) -> int:
        """Revisions by which the index furthest behind trails the record, as of the last round."""
        return max(self._lags.values(), default=0)

    async def rebuild(self, knowledge_base_id: KnowledgeBaseId) -> None:
        """Have every index of a knowledge base made anew from the record; returns when it is done.

        Searches go on in the old index until then. A knowledge base that the record does not know has none.
        """
        done = self._rebuild_wanted.setdefault(knowledge_base_id, asyncio.get_running_loop().create_future())
        self._woken.set()
        await asyncio.shield(done)

    async def run(self) -> None:
        """Follow until stopped, then close every file."""
        outage_delay = self._settings.retry_delay_first
        try:
            while not self._stopping:
                self._woken.clear()
                try:
                    behind = await self._round()
                except DatabaseUnavailableError as error:
                    self.counts.outages += 1
                    logger.warning("The record cannot be read; trying again in %s: %s", outage_delay, error)
                    await self._wait(outage_delay.total_seconds())
                    outage_delay = min(2 * outage_delay, self._settings.retry_delay_max)
                    continue
                outage_delay = self._settings.retry_delay_first
                if not behind:
                    await self._wait(self._settings.polling_interval.total_seconds())
        finally:
            await self._close()

    async def _round(self) -> bool:
        """Bring every index one commit nearer to its head; True while one is still behind."""
        heads = [head for head in await self._feed.knowledge_bases() if not head.deleted]
        await self._drop_unknown({_key(head) for head in heads})
        wanted = dict(self._rebuild_wanted)
        behind = False
        for head in heads:
            if self._stopping:
                return False
            behind |= await self._guarded(head, rebuild=head.knowledge_base_id in wanted)
        for knowledge_base_id, done in wanted.items():
            if self._rebuild_wanted.pop(knowledge_base_id, None) is not None and not self._stopping:
                done.set_result(None)
        await self._tidy()
        return behind

    async def _guarded(self, head: FeedHead, *, rebuild: bool) -> bool:
        """Follow one index; its trouble must not stop the others."""
        key, now = _key(head), asyncio.get_running_loop().time()
        trouble = self._troubles.get(key)
        if trouble is not None and now < trouble.retry_at and not rebuild:
            return False
        try:
            behind = await (self._rebuild(key) if rebuild else self._follow(head))
        except DatabaseUnavailableError:
            raise
        except StoppedError:
            return False
        except Exception as error:  # the door's own loop: log, count, try again later
            delay = min(2 * trouble.delay if trouble else self._first_delay(), self._longest_delay())
            self._troubles[key] = _Trouble(delay, now + delay)
            self.counts.failures += 1
            logger.exception("An index could not be written; trying again in %.1f s", delay)
            if rebuild:
                self._rebuild_wanted.pop(head.knowledge_base_id).set_exception(error)
            return False
        self._troubles.pop(key, None)
        return behind

    async def _follow(self, head: FeedHead) -> bool:
        """One commit; True if more is to come."""
        key = _key(head)
        if self._writers.revision(key) == head.revision:
            return False
        try:
            writer = await self._writer(key)
            if writer.revision() > head.revision:
                logger.warning("An index is ahead of the record, which was restored; it is made anew")
                return await self._rebuild(key)
            if writer.revision() == head.revision:
                return False
            return await self._apply_next(key, writer, head)
        except IndexDamagedError as error:
            self.counts.damaged += 1
            logger.warning("An index is made anew: %s", error)
            return await self._rebuild(key)

    async def _apply_next(self, key: IndexKey, writer: IndexWriter, head: FeedHead) -> bool:
        changes = await self._feed.changes(*key, after=writer.revision(), limit=self._settings.changes_per_commit)
        if not changes:
            logger.warning("The change feed does not reach back to an index's revision; it is made anew")
            return await self._rebuild(key)
        await self._threads.run(writer.apply, changes)
        self._writers.note_revision(key)
        self.counts.changes += len(changes)
        self._fold_wanted[key] = None
        self._lags[key] = max(0, head.revision - writer.revision())
        return writer.revision() < head.revision

    async def _rebuild(self, key: IndexKey) -> bool:
        """Make an index anew from the record; changes that came in meanwhile are applied after it."""
        try:
            writer = await self._writer(key)
        except IndexDamagedError:
            await self._drop(key)
            writer = await self._writer(key)
        revision, pages = await self._feed.full(*key)
        rows = rows_from_loop(pages, asyncio.get_running_loop(), lambda: self._stopping)
        await self._threads.run(writer.rebuild, rows, revision)
        self._writers.note_revision(key)
        self.counts.rebuilds += 1
        await self._threads.run(give_back_memory)
        self._fold_wanted[key] = None
        return True

    async def _drop(self, key: IndexKey) -> None:
        if self._folding is not None:
            await asyncio.wait([self._folding])
        await self._threads.run(self._writers.drop, key)
        self._fold_wanted.pop(key, None)

    async def _drop_unknown(self, known: set[IndexKey]) -> None:
        if known == self._known:
            return
        for key in await self._threads.run(self._writers.existing):
            if key not in known:
                await self._drop(key)
                self.counts.drops += 1
        self._known = known

    async def _tidy(self) -> None:
        """Start the next fold where one is due, and close what has been idle."""
        if self._folding is None and self._fold_wanted:
            key = next(iter(self._fold_wanted))
            del self._fold_wanted[key]
            self._writers.pinned.add(key)
            self._folding = asyncio.create_task(self._fold(key, self._writers.open_writer(key)))
        idle_since = asyncio.get_running_loop().time() - self._settings.idle_timeout.total_seconds()
        await self._threads.run(self._writers.close_idle, idle_since)

    async def _fold(self, key: IndexKey, writer: IndexWriter | None) -> None:
        """Fold one index beside the loop, which goes on applying changes to it."""
        try:
            if writer is not None and await self._threads.run(writer.compact):
                self.counts.folds += 1
                await self._threads.run(give_back_memory)
        except (IndexDamagedError, OSError):
            self.counts.failures += 1
            logger.exception("An index could not be folded")
        finally:
            self._writers.pinned.discard(key)
            self._folding = None
            self._woken.set()

    async def _writer(self, key: IndexKey) -> IndexWriter:
        return await self._threads.run(self._writers.writer, key, asyncio.get_running_loop().time())

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)

    async def _close(self) -> None:
        self._stopping = True
        if self._folding is not None:
            await asyncio.wait([self._folding])
        for done in self._rebuild_wanted.values():
            done.cancel()
        await self._threads.run(self._writers.close_all)
        self._threads.close()

    def _first_delay(self) -> float:
        return self._settings.retry_delay_first.total_seconds()

    def _longest_delay(self) -> float:
        return self._settings.retry_delay_max.total_seconds()


def _key(head: FeedHead) -> IndexKey:
    return head.knowledge_base_id, head.embedding_model
