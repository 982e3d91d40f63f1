"""Who embeds chunks without slowing questions down? One thread of the lowest priority, a few chunks a run.

Called by the server, which hands requests over from the event loop's thread.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

from zhida.embedder.running import Observe, count_run, embed_run
from zhida.embedder.waiting import STOPPING, Run, WaitingRequest, WaitingTexts
from zhida.inference import LocalEmbeddingModel, RoleStatistics, TextRole

LOWEST_PRIORITY = 19
"""Linux knows a niceness for each thread: beside a question, such a thread gets about a seventieth of a core."""


class PassageThread:
    """Embeds what waits, run after run, until it is stopped."""

    def __init__(
        self,
        model: LocalEmbeddingModel,
        *,
        run_size: int,
        limit: int,
        deliver: Callable[[Callable[[], None]], None],
        observe: Observe,
    ) -> None:
        """``deliver`` runs a function on the event loop's thread; ``observe`` is told of each run."""
        self._observe = observe
        self._model = model
        self._deliver = deliver
        self._waiting = WaitingTexts(run_size=run_size, limit=limit)
        self._changed = threading.Condition()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._work, name="passages", daemon=True)
        self.statistics = RoleStatistics()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def add(self, request: WaitingRequest) -> bool:
        """Let a request wait. False: too much waits already."""
        with self._changed:
            taken = not self._is_stopping and self._waiting.add(request)
            self.statistics.waiting = self._waiting.count
            self.statistics.refused += 0 if taken else len(request.texts)
            self._changed.notify()
        return taken

    def stop(self) -> None:
        """Refuse what waits and let the present run end; returns at once."""
        with self._changed:
            self._is_stopping = True
            self._waiting.refuse_all(STOPPING)
            self._changed.notify()

    def join(self) -> None:
        """Wait for the end of the present run."""
        self._thread.join()

    def _work(self) -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)
        while (run := self._next_run()) is not None:
            self._embed(run)

    def _next_run(self) -> Run | None:
        with self._changed:
            while not self._is_stopping:
                run = self._waiting.next_run()
                self.statistics.waiting = self._waiting.count
                if run is not None:
                    return run
                self._changed.wait()
        return None

    def _embed(self, run: Run) -> None:
        started = time.perf_counter()
        vectors, failure = embed_run(self._model, run, TextRole.PASSAGE)
        if vectors is None:
            self._deliver(partial(run.fail, failure))
            return
        count_run(self.statistics, run, since=started, observe=self._observe)
        self._deliver(partial(run.finish, vectors))
