"""The threads in which index files are written, so that the event loop stays free and searches go first."""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from zhida.knowledge import IndexRow

_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")
_NOTHING_LEFT: list[IndexRow] = []


class StoppedError(Exception):
    """The indexer is to end; a rebuild breaks off and leaves the index as it was."""


class WritingThreads:
    """Two threads of lower priority: one writes, the other folds."""

    def __init__(self, nice: int) -> None:
        self._executor = ThreadPoolExecutor(
            max_workers=2, thread_name_prefix="index", initializer=_lower_priority, initargs=(nice,)
        )

    async def run(
        self, work: Callable[_Arguments, _Result], *arguments: _Arguments.args, **named: _Arguments.kwargs
    ) -> _Result:
        """Do blocking work in a thread. A caller that is cancelled leaves it running; ``close`` waits for it."""
        done = asyncio.get_running_loop().run_in_executor(self._executor, lambda: work(*arguments, **named))
        return await asyncio.shield(done)

    def close(self) -> None:
        """Wait for what runs."""
        self._executor.shutdown(wait=True, cancel_futures=True)


def rows_from_loop(
    pages: AsyncIterator[list[IndexRow]], loop: asyncio.AbstractEventLoop, stopping: Callable[[], bool]
) -> Iterator[IndexRow]:
    """Read an iterator of the event loop from a writing thread, page by page.

    Raises:
        StoppedError: the indexer is to end.
    """

    async def next_page() -> list[IndexRow]:
        return await anext(pages, _NOTHING_LEFT)

    while page := asyncio.run_coroutine_threadsafe(next_page(), loop).result():
        if stopping():
            raise StoppedError
        yield from page


def _lower_priority(nice: int) -> None:
    """On Linux a priority belongs to a thread; elsewhere it would slow the whole process down."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
